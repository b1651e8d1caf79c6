//! The rooms: the most recently active first, each with what is unread in it.

use chancery_sdk::{RoomView, Standing};
use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{
    paint::{Ink, Paint, put},
    wrap::{fit, width},
};
use crate::commands::title;

/// A room in the list.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) view: RoomView,
    /// When something was said or happened in it last, in milliseconds since 1970.
    pub(super) active: i64,
    /// What must not be, if something was found here.
    pub(super) alarm: bool,
}

impl Listed {
    /// What stands behind its name; in the order of what a person must know first.
    fn badge(&self) -> String {
        let mut unread = if self.view.unread > 0 { self.view.unread.to_string() } else { String::new() };
        if self.view.mentions > 0 {
            unread.insert_str(0, &format!("@{} ", self.view.mentions));
        }
        if self.view.muted {
            unread.push_str(if unread.is_empty() { "quiet" } else { " quiet" });
        }
        match self.view.standing {
            _ if self.alarm => "!!".to_owned(),
            Standing::Stopped => "!!".to_owned(),
            Standing::Joined if !self.view.unsent.is_empty() || !self.view.urgent.is_empty() => {
                format!("! {unread}").trim_end().to_owned()
            }
            Standing::Joined => unread,
            Standing::Left if self.view.unread > 0 => format!("left {unread}"),
            other => other.as_str().to_owned(),
        }
    }
}

/// Draws the list so that the chosen one is in it.
pub(super) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    (rooms, chosen, focused): (&[Listed], Option<usize>, bool),
    paint: Paint,
) {
    let shown = usize::from(area.height);
    let first = chosen.map_or(0, |at| (at + 1).saturating_sub(shown));
    for (at, room) in rooms.iter().enumerate().skip(first).take(shown) {
        let here = chosen == Some(at);
        let badge = room.badge();
        let most = usize::from(area.width).saturating_sub(width(&badge) + 2);
        let name = fit(&title(&room.view), most);
        let gap = " ".repeat(most.saturating_sub(width(&name)) + 1);
        let ink = match room.view.standing {
            _ if here && focused => Ink::Chosen,
            _ if badge == "!!" => Ink::Loud,
            _ if here || (room.view.unread > 0 && !room.view.muted) => Ink::Strong,
            Standing::Left => Ink::Dim,
            _ => Ink::Plain,
        };
        let mark = if here { ">" } else { " " };
        put(buffer, area, at - first, &Line::from(paint.span(ink, format!("{mark}{name}{gap}{badge}"))));
    }
    let more = rooms.len().saturating_sub(first + shown);
    if more > 0 {
        let text = format!(" … {} more", more + 1);
        put(buffer, area, shown.saturating_sub(1), &Line::from(paint.span(Ink::Dim, pad(&text, area))));
    }
}

fn pad(text: &str, area: Rect) -> String {
    format!("{text:<most$}", most = usize::from(area.width))
}
