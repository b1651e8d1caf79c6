//! The title above and the status below: where one is, and how everything stands.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{
    paint::{Ink, Paint, put},
    transfer::Transfer,
    wrap::{fit, width},
};

/// How the connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Connection {
    /// The first one is being made.
    Connecting,
    /// It is there.
    Online,
    /// It is not, for this reason, and is tried again.
    Broken(String),
    /// It will not be there any more, for this reason.
    Over(String),
}

/// How what is typed stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Draft {
    /// Nothing is typed.
    None,
    /// It is not kept yet.
    Typing,
    /// It is kept in the vault.
    Kept,
    /// It is not, for this reason.
    Failed(String),
}

/// Draws the title.
pub(super) fn title(buffer: &mut Buffer, area: Rect, (left, right): (&str, &str), paint: Paint) {
    put(buffer, area, 0, &Line::from(paint.span(Ink::Bar, ends(left, right, area))));
}

/// Draws the status; what was noted last stands before everything else.
pub(super) fn status(
    buffer: &mut Buffer,
    area: Rect,
    (connection, draft, transfers): (&Connection, &Draft, &[Transfer]),
    note: Option<&str>,
    paint: Paint,
) {
    let mut parts = vec![match connection {
        Connection::Connecting => "connecting …".to_owned(),
        Connection::Online => "online".to_owned(),
        Connection::Broken(why) => format!("not connected: {why}"),
        Connection::Over(why) => format!("OFFLINE FOR GOOD: {why}"),
    }];
    let going: Vec<&Transfer> = transfers.iter().filter(|it| it.is_going()).collect();
    parts.extend(match going.as_slice() {
        [] => None,
        [one] => Some(format!("{} {} {}%", fit(&one.name, 16), one.bar(8), one.percent())),
        several => {
            let percent = several.iter().map(|it| it.percent()).sum::<u64>() / several.len().max(1) as u64;
            Some(format!("{} files {percent}%", several.len()))
        }
    });
    // What could be lost is said before everything else.
    match draft {
        Draft::None | Draft::Typing => {}
        Draft::Kept => parts.push("draft kept".to_owned()),
        Draft::Failed(why) => parts.insert(0, format!("DRAFT NOT KEPT: {why}")),
    }
    if let Some(note) = note {
        let left = usize::from(area.width).saturating_sub(width(&parts.join(" | ")) + 14);
        parts.insert(0, fit(note, left.max(usize::from(area.width) / 2)));
    }
    let ink = match (connection, draft) {
        (Connection::Over(_), _) | (_, Draft::Failed(_)) => Ink::Loud,
        _ => Ink::Bar,
    };
    put(buffer, area, 0, &Line::from(paint.span(ink, ends(&parts.join(" | "), "F1 help", area))));
}

/// One text at the left end and one at the right.
fn ends(left: &str, right: &str, area: Rect) -> String {
    let most = usize::from(area.width);
    let left = format!(" {}", fit(left, most.saturating_sub(width(right) + 3)));
    let gap = " ".repeat(most.saturating_sub(width(&left) + width(right) + 1));
    format!("{left}{gap}{right} ")
}
