//! The composer: what is being typed, whom it is for, and where the cursor stands in it.

use chancery_wire::content::MessageId;
use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{
    paint::{Ink, Paint, cell, put},
    typed::Typed,
    wrap::{fit, width},
};

/// The most rows of it that are shown at once.
const MOST: usize = 6;
/// What stands before the first row.
const PROMPT: &str = "> ";

/// What a text is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Target {
    /// To be said in the room, or in the thread that is open.
    #[default]
    Here,
    /// To answer a message.
    Answer { to: MessageId, who: String, gist: String },
    /// To take the place of an own message's text, which was this.
    Edit { of: MessageId, was: String },
}

/// A text for a room while it is typed.
#[derive(Clone, Debug, Default)]
pub(super) struct Composer {
    pub(super) typed: Typed,
    pub(super) target: Target,
}

impl Composer {
    /// How many cells a row of the text has in an area so wide: one is left for the cursor.
    pub(super) fn text_width(area: u16) -> usize {
        usize::from(area).saturating_sub(PROMPT.len() + 1).max(1)
    }

    /// How many rows it takes, the line above included.
    pub(super) fn height(&self, area: u16) -> u16 {
        cell(self.typed.rows(Self::text_width(area)).len().clamp(1, MOST) + 1)
    }

    /// Whether there is nothing but blanks in it.
    pub(super) fn is_blank(&self) -> bool {
        self.typed.as_str().trim().is_empty()
    }

    /// Draws it, with `whom` it is for in the line above; answers where the cursor stands.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, (whom, paint): (&str, Paint)) -> (u16, u16) {
        let most = usize::from(area.width);
        let title = match &self.target {
            Target::Here => whom.to_owned(),
            Target::Answer { who, gist, .. } => {
                let quote = fit(gist, most.saturating_sub(width(who) + 27));
                format!("answers {who}: “{quote}” (Esc: not)")
            }
            Target::Edit { .. } => "changes what you said (Esc: not)".to_owned(),
        };
        let title = format!("── {} ", fit(&title, most.saturating_sub(4)));
        let rest = "─".repeat(most.saturating_sub(width(&title)));
        let ink = if self.target == Target::Here { Ink::Dim } else { Ink::Strong };
        put(buffer, area, 0, &Line::from(paint.span(ink, title + &rest)));
        let text_width = Self::text_width(area.width);
        let (row, column) = self.typed.place(text_width);
        let shown = usize::from(area.height).saturating_sub(1).max(1);
        let first = (row + 1).saturating_sub(shown);
        for (at, text) in self.typed.rows(text_width).into_iter().enumerate().skip(first).take(shown) {
            let before = if at == 0 { PROMPT } else { "  " };
            let line = Line::from(vec![
                paint.span(Ink::Strong, before),
                paint.span(Ink::Plain, fit(text.trim_end(), text_width)),
            ]);
            put(buffer, area, 1 + at - first, &line);
        }
        (area.x + cell(PROMPT.len() + column), area.y + cell(1 + row - first))
    }
}
