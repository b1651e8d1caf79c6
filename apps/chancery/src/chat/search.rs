//! Search: a question, and what was found, the newest first.

use chancery_sdk::Line;
use ratatui::{buffer::Buffer, layout::Rect, text::Line as Shown};

use super::{
    gist::{day, gist},
    paint::{Ink, Paint, put},
    typed::Typed,
    wrap::fit,
};

/// A search.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    pub(super) asked: Typed,
    /// What was found, with the name of its room.
    pub(super) found: Vec<(String, Line)>,
    pub(super) chosen: usize,
    /// Why nothing was asked.
    pub(super) why: Option<String>,
}

impl Search {
    /// The line that is chosen.
    pub(super) fn chosen(&self) -> Option<&Line> {
        self.found.get(self.chosen).map(|(_, line)| line)
    }

    /// Draws it; answers where the cursor stands.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, paint: Paint) -> (u16, u16) {
        let cursor = super::ask_line(buffer, area, (0, "search: ", &self.asked), paint);
        let count = match (&self.why, self.asked.is_empty(), self.found.len()) {
            (_, true, _) => {
                "words, \"a phrase\", begin*, from:bob, in:\"Ward 7\", has:file, before:2026-11-01, after:…"
                    .to_owned()
            }
            (Some(why), ..) => why.clone(),
            (None, _, 0) => "nothing on this device has all of that in it".to_owned(),
            (None, _, count) => format!("{count} found, the newest first; Enter goes there"),
        };
        put(buffer, area, 1, &Shown::from(paint.span(Ink::Dim, fit(&count, usize::from(area.width)))));
        let rows = usize::from(area.height).saturating_sub(2);
        let first = (self.chosen + 1).saturating_sub(rows / 2);
        for (at, (room, line)) in self.found.iter().enumerate().skip(first).take(rows / 2) {
            let here = at == self.chosen;
            let who = line.message.from.as_ref().map_or("somebody", |(handle, _)| handle.as_str());
            let head = format!(
                "{} {} #{}  {room}",
                if here { ">" } else { " " },
                day(line.message.at.0),
                line.message.seq
            );
            let head = fit(&head, usize::from(area.width));
            let ink = if here { Ink::Chosen } else { Ink::Dim };
            put(buffer, area, 2 + (at - first) * 2, &Shown::from(paint.span(ink, head)));
            let text = fit(&gist(line), usize::from(area.width).saturating_sub(who.len() + 8));
            let row = Shown::from(vec![
                paint.span(Ink::Plain, "    "),
                paint.span(Ink::Name, who),
                paint.span(Ink::Plain, format!(": {text}")),
            ]);
            put(buffer, area, 3 + (at - first) * 2, &row);
        }
        cursor
    }
}
