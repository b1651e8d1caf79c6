//! How things look: names for looks, with colours where there are any. No meaning is in a colour alone.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::{Line, Span},
};

/// A look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// What somebody says.
    Plain,
    /// What is to be seen first.
    Strong,
    /// What is not so important.
    Dim,
    /// Somebody's name.
    Name,
    /// The person's own name.
    Own,
    /// What must not be overlooked.
    Loud,
    /// What is new.
    New,
    /// A bar across the screen.
    Bar,
    /// What is chosen.
    Chosen,
}

/// Whether there are colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    colours: bool,
}

impl Paint {
    pub(super) fn new(colours: bool) -> Self {
        Self { colours }
    }

    /// What this terminal can show, and the person wants to see (<https://no-color.org>).
    #[expect(clippy::disallowed_methods, reason = "what a terminal can do is told in no other way")]
    pub(super) fn of_surroundings() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
        Self::new(!refused && std::env::var_os("TERM").is_some_and(|it| it != "dumb"))
    }

    pub(super) fn style(self, ink: Ink) -> Style {
        let plain = match ink {
            Ink::Plain => Style::new(),
            Ink::Strong | Ink::Name | Ink::New => Style::new().add_modifier(Modifier::BOLD),
            Ink::Dim => Style::new().add_modifier(Modifier::DIM),
            Ink::Own => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Ink::Loud => Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Ink::Bar | Ink::Chosen => Style::new().add_modifier(Modifier::REVERSED),
        };
        if !self.colours {
            return plain;
        }
        match ink {
            Ink::Name => plain.fg(Color::Cyan),
            Ink::Own => Style::new().add_modifier(Modifier::BOLD).fg(Color::Green),
            Ink::New => plain.fg(Color::Yellow),
            Ink::Loud => Style::new().add_modifier(Modifier::BOLD).fg(Color::White).bg(Color::Red),
            _ => plain,
        }
    }

    pub(super) fn span(self, ink: Ink, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.style(ink))
    }
}

/// Writes a line into a row of an area, if it has that row.
pub(super) fn put(buffer: &mut Buffer, area: Rect, row: usize, line: &Line<'_>) {
    let area = area.intersection(buffer.area);
    if let Ok(row) = u16::try_from(row)
        && row < area.height
        && area.width > 0
    {
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}

/// A number of cells or rows, as the terminal counts them.
pub(super) fn cell(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
