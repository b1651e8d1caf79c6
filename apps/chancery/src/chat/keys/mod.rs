//! Keys: what each does to the model, and what it asks for beside that.

mod composing;
mod over;
mod selecting;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

pub(super) use over::REACTIONS;

use super::{
    act::Act,
    search::Search,
    state::{Chat, Focus, Over, Question},
    transfer::Place,
    typed::Typed,
};

/// Takes a key.
pub(super) fn press(chat: &mut Chat, key: KeyEvent) -> Option<Act> {
    chat.note = None;
    let ended = std::mem::take(&mut chat.ending);
    if is(key, KeyModifiers::CONTROL, 'c') {
        if ended {
            return end(chat);
        }
        chat.ending = true;
        chat.note = Some("Ctrl-C again ends; what is typed is kept".to_owned());
        return None;
    }
    if is(key, KeyModifiers::CONTROL, 'q') {
        return end(chat);
    }
    if is(key, KeyModifiers::CONTROL, 'l') {
        return Some(Act::Redraw);
    }
    if key.code == KeyCode::F(1) {
        chat.over = match chat.over.take() {
            Some(Over::Help { .. }) => None,
            _ => Some(Over::Help { top: 0 }),
        };
        return None;
    }
    if chat.over.is_some() {
        return over::press(chat, key);
    }
    match everywhere(chat, key) {
        Ok(act) => act,
        Err(()) => match chat.focus {
            Focus::Composer => composing::press(chat, key),
            Focus::Rooms => in_rooms(chat, key),
            Focus::Lines => selecting::press(chat, key),
        },
    }
}

/// Takes what was pasted: as one, wherever something can be typed.
pub(super) fn paste(chat: &mut Chat, text: &str) -> Option<Act> {
    chat.note = None;
    match &mut chat.over {
        None => {
            chat.focus = Focus::Composer;
            if let Some(composer) = chat.composer_mut() {
                composer.typed.insert(text);
            }
            None
        }
        Some(over) => over::paste(over, text),
    }
}

/// Keys that mean the same wherever one is.
fn everywhere(chat: &mut Chat, key: KeyEvent) -> Result<Option<Act>, ()> {
    let aside = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Ok(match key.code {
        KeyCode::Up if aside => chat.room_beside(-1).map(Act::Go),
        KeyCode::Down if aside => chat.room_beside(1).map(Act::Go),
        KeyCode::End if aside => {
            chat.focus = Focus::Composer;
            Some(Act::Newest)
        }
        KeyCode::PageUp => page(chat, -1),
        KeyCode::PageDown => page(chat, 1),
        KeyCode::Char('n') if control => {
            let next = chat.room_with_news();
            if next.is_none() {
                chat.note = Some("nothing is unread in another room".to_owned());
            }
            next.map(Act::Go)
        }
        KeyCode::Char('f' | 'k') if control => {
            chat.over = Some(Over::Search(Search::default()));
            None
        }
        KeyCode::Char('p') if control => Some(Act::People),
        KeyCode::Char('g') if control => {
            let urgent = chat.at.zip(chat.urgent.as_ref().map(|(seq, _)| *seq));
            if urgent.is_none() {
                chat.note = Some("nothing here waits to be acknowledged".to_owned());
            }
            urgent.map(|(room, seq)| Act::Find(room, seq))
        }
        KeyCode::Char('o') if control && chat.at.is_some() => {
            chat.over = Some(Over::Place(Place { path: Typed::default(), save: None, wrong: None }));
            None
        }
        KeyCode::Char('t') if control => {
            chat.over = Some(Over::Transfers { chosen: chat.transfers.len().saturating_sub(1) });
            None
        }
        KeyCode::Char('x') if control => {
            let unsent = chat.timeline.last_unsent().map(|it| (it.wish, it.what.clone()));
            match unsent {
                Some((wish, what)) => {
                    let what = super::wrap::fit(&crate::output::one_line(&what), 40);
                    chat.over = Some(Over::Question(Question::Forget(wish, what)));
                }
                None => chat.note = Some("everything here was done, or waits for that".to_owned()),
            }
            None
        }
        _ => return Err(()),
    })
}

/// A page up or down; what is older or newer is loaded when the end of what is here is near.
fn page(chat: &mut Chat, by: isize) -> Option<Act> {
    let height = chat.rows();
    chat.lay();
    let step = isize::try_from(height.saturating_sub(2).max(1)).unwrap_or(1);
    chat.shown_mut().scroll(by * step, height);
    beyond(chat, by, height)
}

/// What has to be loaded to go on in this direction.
fn beyond(chat: &Chat, by: isize, height: usize) -> Option<Act> {
    let shown = chat.shown();
    if by < 0 {
        (shown.is_at_beginning(height) && !shown.is_whole.0).then_some(Act::Older)
    } else {
        // Where newer lines are missing, the end of what is here is not the end.
        (!shown.is_whole.1 && shown.on_screen(height) == shown.ends().map(|(_, last)| last))
            .then_some(Act::Newer)
    }
}

fn in_rooms(chat: &mut Chat, key: KeyEvent) -> Option<Act> {
    match key.code {
        KeyCode::Up => chat.room_beside(-1).map(Act::Go),
        KeyCode::Down => chat.room_beside(1).map(Act::Go),
        KeyCode::Char('m') if key.modifiers == KeyModifiers::NONE => Some(Act::Mute),
        KeyCode::Enter | KeyCode::Tab | KeyCode::BackTab | KeyCode::Esc | KeyCode::Right => {
            chat.focus = Focus::Composer;
            None
        }
        // Who types has gone on to typing.
        _ => {
            chat.focus = Focus::Composer;
            composing::press(chat, key)
        }
    }
}

fn end(chat: &mut Chat) -> Option<Act> {
    let going = chat.transfers.iter().filter(|it| it.is_going()).count();
    if going > 0 {
        chat.over = Some(Over::Question(Question::End(going)));
        return None;
    }
    Some(Act::End)
}

fn is(key: KeyEvent, modifiers: KeyModifiers, letter: char) -> bool {
    key.modifiers == modifiers && key.code == KeyCode::Char(letter)
}
