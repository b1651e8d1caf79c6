//! Transfers: the files on their way, each with how far it is; and the question where a file lies or goes.

use std::{path::PathBuf, sync::Arc};

use chancery_wire::content::Attachment;
use indicatif::HumanBytes;
use ratatui::{buffer::Buffer, layout::Rect, text::Line};
use tokio::sync::Notify;

use super::{
    carry::Load,
    paint::{Ink, Paint, put},
    typed::Typed,
    wrap::fit,
};

/// How a transfer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It goes on.
    Going,
    /// It is done, in these words.
    Done(String),
    /// It is not, for this reason.
    Failed(String),
}

/// A file on its way.
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    pub(super) name: String,
    pub(super) load: Load,
    pub(super) done: u64,
    pub(super) all: u64,
    pub(super) standing: Standing,
    pub(super) stop: Arc<Notify>,
}

impl Transfer {
    /// How much of it is done, of a hundred.
    pub(super) fn percent(&self) -> u64 {
        self.done.saturating_mul(100).checked_div(self.all).unwrap_or(0)
    }

    pub(super) fn is_going(&self) -> bool {
        self.standing == Standing::Going
    }

    /// A bar of so many cells.
    pub(super) fn bar(&self, cells: usize) -> String {
        let full = usize::try_from(self.percent()).unwrap_or(0).min(100) * cells / 100;
        format!("[{}{}]", "#".repeat(full), "-".repeat(cells.saturating_sub(full)))
    }

    fn way(&self) -> &'static str {
        match self.load {
            Load::Send { .. } => "sending",
            Load::Save { .. } => "saving",
        }
    }
}

/// Where a file lies that is to be sent, or is to lie that is to be saved.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) path: Typed,
    /// The file that is to be saved; none: one is to be sent.
    pub(super) save: Option<Attachment>,
    /// What is wrong with what was typed.
    pub(super) wrong: Option<String>,
}

impl Place {
    /// Draws the question; answers where the cursor stands.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, paint: Paint) -> (u16, u16) {
        let (what, hint) = match &self.save {
            None => ("send the file: ", "Tab completes the path. Enter sends it, and Esc does not."),
            Some(_) => (
                "save it as: ",
                "A folder, or a name that nothing has yet. Enter saves it, and Esc does not.",
            ),
        };
        let cursor = super::ask_line(buffer, area, (0, what, &self.path), paint);
        let (ink, text) = self.wrong.as_ref().map_or((Ink::Dim, hint), |wrong| (Ink::Strong, wrong.as_str()));
        for (at, range) in
            super::wrap::rows(text, usize::from(area.width), usize::from(area.width)).into_iter().enumerate()
        {
            put(buffer, area, 2 + at, &Line::from(paint.span(ink, text.get(range).unwrap_or_default())));
        }
        cursor
    }

    /// The path that is meant: `~` is the person's own folder.
    pub(super) fn meant(&self) -> PathBuf {
        let text = self.path.as_str().trim();
        let home = directories::BaseDirs::new();
        match (text.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.home_dir().join(rest),
            _ => PathBuf::from(text),
        }
    }
}

/// Draws the list.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, (all, chosen): (&[Transfer], usize), paint: Paint) {
    if all.is_empty() {
        let text = "No files were sent or saved since the program began. Ctrl-O sends one.";
        put(buffer, area, 0, &Line::from(paint.span(Ink::Dim, text)));
    }
    let most = usize::from(area.width);
    let rows = (usize::from(area.height) / 2).max(1);
    let first = (chosen + 1).saturating_sub(rows);
    for (at, transfer) in all.iter().enumerate().skip(first).take(rows) {
        let mark = if at == chosen { ">" } else { " " };
        let name = format!("{mark} {} {}", transfer.way(), transfer.name);
        let ink = if at == chosen { Ink::Chosen } else { Ink::Strong };
        put(buffer, area, (at - first) * 2, &Line::from(paint.span(ink, fit(&name, most))));
        let (ink, state) = match &transfer.standing {
            Standing::Going => {
                let (done, all) = (HumanBytes(transfer.done), HumanBytes(transfer.all));
                (Ink::Plain, format!("{} {done} of {all}; Esc stops it", transfer.bar(20)))
            }
            Standing::Done(how) => (Ink::Dim, how.clone()),
            Standing::Failed(why) => (Ink::Strong, format!("not done: {why}; Enter tries again")),
        };
        put(
            buffer,
            area,
            (at - first) * 2 + 1,
            &Line::from(paint.span(ink, fit(&format!("    {state}"), most))),
        );
    }
}
