//! Drawing: every pane in its place, and over them what stands over them.

use chancery_sdk::Said;
use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
    text::Line,
    widgets::{Clear, Widget as _},
};

use super::{
    ask_line, help,
    keys::REACTIONS,
    paint::{Ink, cell, put},
    panes::{Panes, too_small},
    rooms,
    state::{Chat, Focus, Over},
    status, transfer, wrap,
};
use crate::{commands::title, output::one_line};

/// Draws everything.
pub(super) fn draw(chat: &mut Chat, frame: &mut Frame<'_>) {
    let area = frame.area();
    chat.size = (area.width, area.height);
    let cursor = whole(chat, frame.buffer_mut());
    if let Some((x, y)) = cursor.filter(|(x, y)| area.contains(Position { x: *x, y: *y })) {
        frame.set_cursor_position((x, y));
    }
}

/// Draws everything into a buffer; answers where the cursor stands.
pub(super) fn whole(chat: &mut Chat, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let Some(panes) = chat.panes() else {
        put(buffer, buffer.area, 0, &Line::from(too_small()));
        return None;
    };
    chat.lay();
    let (chat, paint) = (&*chat, chat.paint);
    let about = chat.room().map_or_else(|| "no rooms yet".to_owned(), about);
    status::title(buffer, panes.title, (&chat.title, &about), paint);
    let focused = chat.focus == Focus::Rooms && chat.over.is_none();
    rooms::draw(buffer, panes.rooms, (&chat.rooms, chat.place(), focused), paint);
    for row in 0..usize::from(panes.edge.height) {
        put(buffer, panes.edge, row, &Line::from(paint.span(Ink::Dim, "│")));
    }
    said(chat, buffer, &panes);
    let cursor = chat.composer().map(|composer| {
        let whom = whom(chat);
        composer.draw(buffer, panes.composer, (&whom, paint))
    });
    if !chat.shown().is_at_end(chat.rows()) {
        let text = " newer below: PageDown, Ctrl-End ";
        let at = panes.composer.right().saturating_sub(cell(text.len() + 2));
        let corner = Rect { x: at, width: cell(text.len()), ..panes.composer };
        put(buffer, corner, 0, &Line::from(paint.span(Ink::Bar, text)));
    }
    let standing = (&chat.connection, &chat.draft, chat.transfers.as_slice());
    let keys = selected_keys(chat);
    status::status(buffer, panes.status, standing, chat.note.as_deref().or(keys), paint);
    match &chat.over {
        Some(over) => over_all(chat, over, buffer, panes.middle),
        None => cursor.filter(|_| chat.focus == Focus::Composer),
    }
}

/// What was said, and above it what must be known first.
fn said(chat: &Chat, buffer: &mut Buffer, panes: &Panes) {
    let (paint, area) = (chat.paint, panes.timeline);
    let most = usize::from(area.width);
    let mut row = 0;
    let pad = |text: &str| {
        let text = wrap::fit(text, most);
        format!("{text}{}", " ".repeat(most.saturating_sub(wrap::width(&text))))
    };
    if let Some(alarm) = chat.alarm() {
        let text = format!("!! ALARM: {}", one_line(&alarm));
        put(buffer, area, 0, &Line::from(paint.span(Ink::Loud, pad(&text))));
        let what = "   Do not go on here: tell your security officer.";
        put(buffer, area, 1, &Line::from(paint.span(Ink::Loud, pad(what))));
        row += 2;
    }
    if let Some((seq, gist)) = &chat.urgent {
        let text = format!("! URGENT #{seq} (Ctrl-G goes there) {gist}");
        put(buffer, area, row, &Line::from(paint.span(Ink::Loud, pad(&text))));
        row += 1;
    }
    if let Some(pinned) = &chat.pinned {
        put(buffer, area, row, &Line::from(paint.span(Ink::Bar, pad(&format!("pinned: {pinned}")))));
        row += 1;
    }
    if let Some(thread) = &chat.thread {
        let text = format!("── thread of {} (Esc: back) ", thread.gist);
        let text = wrap::fit(&text, most);
        let rest = "─".repeat(most.saturating_sub(wrap::width(&text)));
        put(buffer, area, row, &Line::from(paint.span(Ink::Strong, text + &rest)));
    }
    let banner = chat.banner().min(area.height);
    let below = Rect { y: area.y + banner, height: area.height - banner, ..area };
    if chat.rooms.is_empty() {
        let text = " No rooms yet. Open one with: chancery room new <name> <people>";
        put(buffer, below, 0, &Line::from(paint.span(Ink::Plain, text)));
    }
    chat.shown().draw(buffer, below, paint);
}

/// Draws what stands over the panes; answers where the cursor stands.
fn over_all(chat: &Chat, over: &Over, buffer: &mut Buffer, area: Rect) -> Option<(u16, u16)> {
    let paint = chat.paint;
    let (name, height) = match over {
        Over::Help { .. } => ("Help (Esc: back)", area.height),
        Over::Search(_) => ("Search everything on this device (Esc: back)", area.height),
        Over::People(_) => ("People and devices (Up, Down; Esc: back)", area.height),
        Over::Place(_) => ("A file (Esc: back)", area.height.min(10)),
        Over::Transfers { .. } => ("Files since the program began (Ctrl-T: back)", area.height),
        Over::React(..) => ("React (Esc: not)", 5),
        Over::Question(_) => ("Sure?", 6),
    };
    let area = Rect { y: area.y + area.height - height, height, ..area };
    Clear.render(area, buffer);
    let head = format!("══ {name} ");
    let rest = "═".repeat(usize::from(area.width).saturating_sub(wrap::width(&head)));
    put(buffer, area, 0, &Line::from(paint.span(Ink::Strong, head + &rest)));
    let inside = Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 1 };
    match over {
        Over::Help { top } => help::draw(buffer, inside, *top, paint),
        Over::Search(search) => return Some(search.draw(buffer, inside, paint)),
        Over::People(people) => people.draw(buffer, inside, paint),
        Over::Place(place) => return Some(place.draw(buffer, inside, paint)),
        Over::Transfers { chosen } => transfer::draw(buffer, inside, (&chat.transfers, *chosen), paint),
        Over::React(_, typed) => {
            let offered: Vec<String> =
                REACTIONS.iter().enumerate().map(|(at, it)| format!("{} {it}", at + 1)).collect();
            put(buffer, inside, 0, &Line::from(offered.join("   ")));
            return Some(ask_line(buffer, inside, (2, "or type one, and Enter: ", typed), paint));
        }
        Over::Question(question) => {
            let (words, most) = (question.words(), usize::from(inside.width));
            let ranges = wrap::rows(&words, most, most);
            let below = ranges.len() + 1;
            for (at, range) in ranges.into_iter().enumerate() {
                put(buffer, inside, at, &Line::from(words.get(range).unwrap_or_default().to_owned()));
            }
            put(buffer, inside, below, &Line::from(paint.span(Ink::Strong, "y: yes   n: no")));
        }
    }
    None
}

/// What a room is, for the title.
fn about(view: &chancery_sdk::RoomView) -> String {
    let mut people: Vec<_> = view.members.iter().map(|member| &member.handle).collect();
    people.sort_unstable();
    people.dedup();
    let topic = view.topic.as_deref().map(|topic| format!(": {}", one_line(topic))).unwrap_or_default();
    wrap::fit(&format!("{}{topic} ({} in it)", title(view), people.len()), 50)
}

/// For whom it is that something is typed.
fn whom(chat: &Chat) -> String {
    match (&chat.thread, chat.room()) {
        (Some(_), _) => "into the thread".to_owned(),
        (None, Some(view)) => format!("to {}", title(view)),
        (None, None) => String::new(),
    }
}

/// The keys for a line that is selected.
fn selected_keys(chat: &Chat) -> Option<&'static str> {
    if chat.focus == Focus::Rooms {
        return Some("Up, Down: another room   m: quiet or not   Tab: back");
    }
    let line = chat.shown().selected().filter(|_| chat.focus == Focus::Lines)?;
    Some(match &line.message.said {
        _ if line.message.marks.urgent && !line.acknowledged.contains(&chat.me) => {
            "a acknowledge  r answer  t thread  + react  F1 all"
        }
        Said::File(_) => "s save  r answer  t thread  d take back  + react  F1 all",
        _ => "r answer  t thread  e change  d take back  + react  F1 all",
    })
}
