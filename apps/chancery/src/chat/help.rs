//! Help: every key, on one screen.

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{
    paint::{Ink, Paint, put},
    wrap::{fit, width},
};

/// The keys and what they do; an empty key begins a part. The first half stands on the left where there is room for two.
const KEYS: [(&str, &str); 42] = [
    ("", "Typing"),
    ("Enter", "send"),
    ("Alt-Enter, Ctrl-J", "a new line"),
    ("Ctrl-W, -U, -Y", "cut; put it back"),
    ("Ctrl-A, Ctrl-E", "to the line's ends"),
    ("Esc", "no answer, thread"),
    ("", "Rooms"),
    ("Ctrl-Up, Ctrl-Down", "another (or Alt)"),
    ("Ctrl-N", "next with news"),
    ("Tab", "into the list, back"),
    ("Tab m", "quiet, or not"),
    ("Ctrl-G", "to what is urgent"),
    ("Ctrl-P", "people and devices"),
    ("", "Looking"),
    ("PageUp, PageDown", "older, newer"),
    ("Ctrl-End", "to the newest"),
    ("Ctrl-F, Ctrl-K", "search everywhere"),
    ("", "Files"),
    ("Ctrl-O", "send a file"),
    ("Ctrl-T", "files on their way"),
    ("", ""),
    ("", "A line: Up where nothing is typed"),
    ("Up, Down", "another line"),
    ("r", "answer it"),
    ("t, Enter", "show its thread"),
    ("e", "change your own"),
    ("d", "take back your own"),
    ("+, -", "react; not any more"),
    ("s", "save its file"),
    ("a", "acknowledge it"),
    ("p", "pin it, or no more"),
    ("Esc", "back to typing"),
    ("", "Anywhere"),
    ("F1; ? where empty", "this help"),
    ("Ctrl-X", "forget what failed"),
    ("Ctrl-L", "draw it all anew"),
    ("Ctrl-Q, 2x Ctrl-C", "end, all kept"),
    ("", "Marks"),
    ("3, @1", "unread; naming you"),
    ("!", "failed, or urgent"),
    ("!!", "an alarm: read it"),
    ("│", "what others wrote"),
];

/// Draws it in two columns where there is room, and otherwise from row `top` on.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, top: usize, paint: Paint) {
    let half = KEYS.len() / 2;
    if area.width >= 76 && usize::from(area.height) >= half {
        let left = Rect { width: area.width / 2, ..area };
        let right = Rect { x: area.x + left.width, width: area.width - left.width, ..area };
        let (first, second) = KEYS.split_at(half);
        column(buffer, left, first, paint);
        column(buffer, right, second, paint);
        return;
    }
    let top = top.min(KEYS.len().saturating_sub(usize::from(area.height)));
    column(buffer, area, KEYS.get(top..).unwrap_or_default(), paint);
}

fn column(buffer: &mut Buffer, area: Rect, keys: &[(&str, &str)], paint: Paint) {
    for (at, (key, what)) in keys.iter().enumerate() {
        let line = if key.is_empty() {
            Line::from(paint.span(Ink::Strong, *what))
        } else {
            let gap = " ".repeat(19_usize.saturating_sub(width(key)));
            let what = fit(what, usize::from(area.width).saturating_sub(20));
            Line::from(vec![paint.span(Ink::Name, format!(" {key}{gap}")), paint.span(Ink::Plain, what)])
        };
        put(buffer, area, at, &line);
    }
}
