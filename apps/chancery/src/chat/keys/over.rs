//! Keys while something stands over the panes.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    super::{
        act::Act,
        state::{Chat, Over, Question},
        typed::Typed,
    },
    composing::line,
};

/// What is offered to react with, by the keys 1 to 6.
pub(in super::super) const REACTIONS: [&str; 6] = ["👍", "❤", "😄", "🎉", "👀", "✅"];

/// Takes a key.
pub(super) fn press(chat: &mut Chat, key: KeyEvent) -> Option<Act> {
    let over = chat.over.take()?;
    // Esc leaves everything, but for the list of files while one is on its way: there it stops that.
    let (over, act) = match over {
        Over::Transfers { chosen } => return transfers(chat, chosen, key),
        _ if key.code == KeyCode::Esc => return None,
        Over::Help { top } => match key.code {
            KeyCode::Up => (Some(Over::Help { top: top.saturating_sub(1) }), None),
            KeyCode::Down => (Some(Over::Help { top: top + 1 }), None),
            KeyCode::PageUp => (Some(Over::Help { top: top.saturating_sub(10) }), None),
            KeyCode::PageDown => (Some(Over::Help { top: top + 10 }), None),
            _ => (None, None),
        },
        Over::Search(search) => searching(search, key),
        Over::People(mut people) => {
            match key.code {
                KeyCode::Up => people.scroll(-1),
                KeyCode::Down => people.scroll(1),
                KeyCode::PageUp => people.scroll(-10),
                KeyCode::PageDown => people.scroll(10),
                _ => return None,
            }
            (Some(Over::People(people)), None)
        }
        Over::Place(mut place) => {
            let act = match key.code {
                KeyCode::Enter => Some(match &place.save {
                    Some(file) => Act::Save(file.clone(), place.meant()),
                    None => Act::Send(place.meant()),
                }),
                KeyCode::Tab => Some(Act::Complete),
                _ => {
                    place.wrong = None;
                    line(&mut place.path, key);
                    None
                }
            };
            (Some(Over::Place(place)), act)
        }
        Over::React(to, typed) => reacting(to, typed, key),
        Over::Question(question) => answered(question, key),
    };
    chat.over = over;
    act
}

/// Takes what was pasted, as one line.
pub(super) fn paste(over: &mut Over, text: &str) -> Option<Act> {
    let text: String = text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match over {
        Over::Search(search) => {
            search.asked.insert(&text);
            return Some(Act::Search);
        }
        Over::Place(place) => place.path.insert(&text),
        Over::React(_, typed) => typed.insert(&text),
        _ => {}
    }
    None
}

fn searching(mut search: super::super::search::Search, key: KeyEvent) -> (Option<Over>, Option<Act>) {
    let last = search.found.len().saturating_sub(1);
    match key.code {
        KeyCode::Up => search.chosen = search.chosen.saturating_sub(1),
        KeyCode::Down => search.chosen = (search.chosen + 1).min(last),
        KeyCode::PageUp => search.chosen = search.chosen.saturating_sub(8),
        KeyCode::PageDown => search.chosen = (search.chosen + 8).min(last),
        KeyCode::Enter => {
            let found = search.chosen().map(|line| Act::Find(line.message.room, line.message.seq));
            return if found.is_some() { (None, found) } else { (Some(Over::Search(search)), None) };
        }
        _ => {
            line(&mut search.asked, key);
            return (Some(Over::Search(search)), Some(Act::Search));
        }
    }
    (Some(Over::Search(search)), None)
}

fn reacting(
    to: chancery_wire::content::MessageId,
    mut typed: Typed,
    key: KeyEvent,
) -> (Option<Over>, Option<Act>) {
    match key.code {
        KeyCode::Enter if !typed.is_empty() => (None, Some(Act::React(to, typed.as_str().trim().to_owned()))),
        KeyCode::Char(digit @ '1'..='6') if typed.is_empty() && key.modifiers == KeyModifiers::NONE => {
            let at = usize::try_from(digit.to_digit(10).unwrap_or(1)).unwrap_or(1) - 1;
            (None, REACTIONS.get(at).map(|with| Act::React(to, (*with).to_owned())))
        }
        _ => {
            line(&mut typed, key);
            (Some(Over::React(to, typed)), None)
        }
    }
}

fn answered(question: Question, key: KeyEvent) -> (Option<Over>, Option<Act>) {
    match (key.code, &question) {
        (KeyCode::Char('y' | 'Y'), Question::Withdraw(id, _)) => (None, Some(Act::Withdraw(*id))),
        (KeyCode::Char('y' | 'Y'), Question::Forget(wish, _)) => (None, Some(Act::Forget(*wish))),
        (KeyCode::Char('y' | 'Y'), Question::End(_)) => (None, Some(Act::End)),
        (KeyCode::Char('n' | 'N'), _) => (None, None),
        // Anything else is no answer.
        _ => (Some(Over::Question(question)), None),
    }
}

fn transfers(chat: &mut Chat, chosen: usize, key: KeyEvent) -> Option<Act> {
    let last = chat.transfers.len().saturating_sub(1);
    let going = chat.transfers.get(chosen).is_some_and(super::super::transfer::Transfer::is_going);
    let chosen = match key.code {
        KeyCode::Up => chosen.saturating_sub(1),
        KeyCode::Down => (chosen + 1).min(last),
        KeyCode::Esc if going => {
            chat.over = Some(Over::Transfers { chosen });
            return Some(Act::Stop(chosen));
        }
        KeyCode::Enter => {
            chat.over = Some(Over::Transfers { chosen });
            return Some(Act::Again(chosen));
        }
        _ => return None,
    };
    chat.over = Some(Over::Transfers { chosen });
    None
}
