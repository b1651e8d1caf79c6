//! `chancery chat`: rooms, timeline and composer on the whole screen, driven by keys.
//!
//! `state` is the model, and knows neither vault nor terminal; `keys` changes it; `desk` does with the vault what keys ask
//! for; each pane draws itself. Three kinds of client are open on one vault: one that is online, on a thread of its own; the
//! one of the desk, which reads and wishes; and one for each file on its way.

mod act;
mod carry;
mod composer;
mod desk;
mod draw;
mod ends;
mod events;
mod gist;
mod help;
mod keys;
mod lines;
mod online;
mod paint;
mod panes;
mod people;
mod rooms;
mod screen;
mod search;
mod state;
mod status;
mod timeline;
mod told;
mod transfer;
mod typed;
mod wrap;

use std::{
    collections::HashSet,
    io::{IsTerminal as _, stdin, stdout},
    time::Duration,
};

use crossterm::event::{Event, KeyEventKind};
use ratatui::{buffer::Buffer, layout::Rect, text::Line};
use tokio::{sync::mpsc, time::sleep};

use self::{
    act::Act,
    desk::Desk,
    ends::Ends,
    paint::{Ink, Paint, cell},
    screen::Screen,
    state::Chat,
    status::Draft,
    typed::Typed,
};
use crate::{arguments::Common, failure::Failure, output::Output, unlock};

/// How long after the last key what is typed is kept.
const PAUSE: Duration = Duration::from_millis(300);
/// How long at most somebody types on before that.
const LONGEST: u32 = 40;
/// How often is looked what became of things while that may change untold: what waits, what is there for a while, receipts.
const LOOK: Duration = Duration::from_secs(1);

/// Chats until the person ends it.
pub(crate) async fn run(common: &Common, output: &mut Output, room: Option<&str>) -> Result<(), Failure> {
    if common.json {
        let text = "chat is for people; scripts use read --json, tail --json and send --json";
        return Err(Failure::Usage(text.to_owned()));
    }
    if !stdin().is_terminal() || !stdout().is_terminal() {
        let text = "chat needs a terminal, and this is none: use chancery read, chancery tail <room> --follow, or chancery listen";
        return Err(Failure::Usage(text.to_owned()));
    }
    let door = unlock::door(common)?;
    let client = door.open()?;
    let identity = client.enrolled()?;
    let (to, mut told) = mpsc::unbounded_channel();
    let mut desk = Desk::new(client, door.clone(), to.clone());
    let title = format!("{} at {}", identity.handle, identity.domain);
    let mut chat = Chat::new(identity.handle, title, Paint::of_surroundings());
    desk.begin(&mut chat, room)?;
    let mut ends = Ends::listen()?;
    let screen = Screen::take()?;
    online::begin(door, to)?;
    let done = talk(screen, &mut chat, &mut desk, (&mut told, &mut ends)).await;
    // However it ended: what is typed is kept.
    desk.keep_draft(&mut chat);
    if let Draft::Failed(why) = &chat.draft {
        output.note(&format!("what you typed could not be kept: {why}"));
    }
    desk.take_leave().await;
    let waiting: usize = chat.rooms.iter().map(|room| room.view.waiting.len()).sum();
    if waiting > 0 {
        output.note(&format!("{waiting} not sent yet; kept, and sent the next time this profile is online"));
    }
    done
}

/// Draws, waits for a key or for news, and does what is to be done.
async fn talk(
    mut screen: Screen,
    chat: &mut Chat,
    desk: &mut Desk,
    (told, ends): (&mut mpsc::UnboundedReceiver<told::Told>, &mut Ends),
) -> Result<(), Failure> {
    let mut events = events::listen()?;
    let (mut typing, mut pause) = (0, Box::pin(sleep(PAUSE)));
    loop {
        screen.draw(|frame| draw::draw(chat, frame))?;
        if desk.seen(chat) {
            // What was counted as unread is not any more.
            screen.draw(|frame| draw::draw(chat, frame))?;
        }
        let waits = chat.waits();
        tokio::select! {
            event = events.recv() => {
                // A terminal that is gone says nothing more.
                let Some(event) = event else { return Ok(()) };
                let mut next = Some(event);
                // What was typed together is drawn together.
                while let Some(event) = next {
                    match take(chat, event) {
                        Some(Act::End) => return Ok(()),
                        Some(Act::Redraw) => screen.clear()?,
                        Some(act) => desk.perform(chat, act),
                        None => {}
                    }
                    next = events.try_recv().ok();
                }
                typing += 1;
                pause = Box::pin(sleep(PAUSE));
                if typing > LONGEST || !chat.attentive {
                    typing = 0;
                    desk.keep_typed(chat);
                }
            }
            Some(what) = told.recv() => {
                let mut changed = HashSet::new();
                changed.extend(desk.hear(chat, what));
                while let Ok(what) = told.try_recv() {
                    changed.extend(desk.hear(chat, what));
                }
                desk.refresh(chat, &changed);
            }
            () = &mut pause, if chat.draft == Draft::Typing => {
                typing = 0;
                desk.keep_typed(chat);
            }
            () = sleep(LOOK), if !waits.is_empty() => desk.refresh(chat, &waits),
            () = ends.come() => {
                // What was typed until then is kept as well.
                while let Ok(event) = events.try_recv() {
                    take(chat, event);
                }
                return Ok(());
            }
        }
    }
}

/// Takes an event of the terminal.
fn take(chat: &mut Chat, event: Event) -> Option<Act> {
    let before = chat.composer().map(|composer| composer.typed.as_str().to_owned());
    let at = chat.at;
    let act = match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => keys::press(chat, key),
        Event::Paste(text) => keys::paste(chat, &text),
        Event::FocusGained => {
            chat.attentive = true;
            None
        }
        Event::FocusLost => {
            chat.attentive = false;
            None
        }
        _ => None,
    };
    if chat.at == at && chat.composer().map(|composer| composer.typed.as_str()) != before.as_deref() {
        chat.draft = Draft::Typing;
    }
    act
}

/// Draws a line that is typed in, in row `row` behind `what`; answers where the cursor stands.
fn ask_line(
    buffer: &mut Buffer,
    area: Rect,
    (row, what, typed): (usize, &str, &Typed),
    paint: Paint,
) -> (u16, u16) {
    let before = wrap::width(what);
    let most = usize::from(area.width).saturating_sub(before + 1).max(1);
    let (at, column) = typed.place(most);
    let text = typed.rows(most).into_iter().nth(at).unwrap_or_default();
    let line = Line::from(vec![paint.span(Ink::Strong, what), paint.span(Ink::Plain, text)]);
    paint::put(buffer, area, row, &line);
    (area.x + cell(before + column), area.y + cell(row))
}

#[cfg(test)]
mod tests;
