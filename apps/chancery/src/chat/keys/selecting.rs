//! Keys while a line is selected.

use chancery_sdk::Said;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    super::{
        act::Act,
        composer::Target,
        gist::gist,
        state::{Chat, Focus, Over, Question},
        transfer::Place,
        typed::Typed,
        wrap::fit,
    },
    beyond, composing,
};

/// How much of a message is quoted.
const QUOTE: usize = 40;

/// Takes a key.
pub(super) fn press(chat: &mut Chat, key: KeyEvent) -> Option<Act> {
    let bare = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Up => return walk(chat, -1),
        KeyCode::Down => return walk(chat, 1),
        KeyCode::Esc | KeyCode::Tab | KeyCode::BackTab => back(chat),
        KeyCode::Enter => return thread(chat),
        KeyCode::Char(letter) if bare => match letter {
            't' => return thread(chat),
            'r' => answer(chat),
            'e' => change(chat),
            'd' => withdraw(chat),
            's' => save(chat),
            'a' => return acknowledge(chat),
            'p' => return chat.spoken_of().map(|(line, id)| Act::Pin(id, !line.pinned)),
            '+' => match chat.spoken_of() {
                Some((_, id)) => chat.over = Some(Over::React(id, Typed::default())),
                None => chat.note = Some("nobody can react to that".to_owned()),
            },
            '-' => return chat.shown().selected.map(Act::Unreact),
            '?' => chat.over = Some(Over::Help { top: 0 }),
            // Who types something else has gone back to typing.
            _ => {
                back(chat);
                return composing::press(chat, key);
            }
        },
        _ => {
            back(chat);
            return composing::press(chat, key);
        }
    }
    None
}

/// To the next line, or the one before; past the last one is the composer.
fn walk(chat: &mut Chat, by: isize) -> Option<Act> {
    let height = chat.rows();
    chat.lay();
    let went = chat.shown_mut().select(by, height);
    if !went && by > 0 && chat.shown().is_whole.1 {
        back(chat);
        return None;
    }
    if by < 0 && (went || chat.shown().is_at_beginning(height)) || by > 0 {
        beyond(chat, by, height)
    } else {
        None
    }
}

fn back(chat: &mut Chat) {
    chat.shown_mut().selected = None;
    chat.focus = Focus::Composer;
}

fn thread(chat: &mut Chat) -> Option<Act> {
    let Some((line, _)) = chat.spoken_of() else {
        chat.note = Some("that has no thread".to_owned());
        return None;
    };
    Some(Act::Thread(line.message.seq))
}

fn answer(chat: &mut Chat) {
    let found = chat.spoken_of().and_then(|(line, id)| {
        let (who, _) = line.message.from.as_ref()?;
        let speaks = matches!(line.message.said, Said::Text(_) | Said::File(_));
        speaks.then(|| Target::Answer { to: id, who: who.to_string(), gist: fit(&gist(line), QUOTE) })
    });
    match found {
        Some(target) => {
            back(chat);
            if let Some(composer) = chat.composer_mut() {
                composer.target = target;
            }
        }
        None => chat.note = Some("that is nothing that could be answered".to_owned()),
    }
}

fn change(chat: &mut Chat) {
    let me = &chat.me;
    let found =
        chat.spoken_of().filter(|(line, _)| line.message.from.as_ref().is_some_and(|(who, _)| who == me));
    let text = found.and_then(|(line, id)| Some((id, line.text()?.reveal().to_owned())));
    let Some((of, was)) = text else {
        chat.note = Some("only a text of your own can be changed".to_owned());
        return;
    };
    if !chat.is_blank() {
        // What is typed would be in the way, and is not to be lost.
        chat.note = Some("send or cut what is typed first".to_owned());
        return;
    }
    back(chat);
    if let Some(composer) = chat.composer_mut() {
        composer.typed = Typed::of(&was);
        composer.target = Target::Edit { of, was };
    }
}

fn withdraw(chat: &mut Chat) {
    let me = &chat.me;
    let found =
        chat.spoken_of().filter(|(line, _)| line.message.from.as_ref().is_some_and(|(who, _)| who == me));
    let question = found.map(|(line, id)| Question::Withdraw(id, fit(&gist(line), QUOTE)));
    match question {
        Some(question) => chat.over = Some(Over::Question(question)),
        None => chat.note = Some("only who said something can take it back".to_owned()),
    }
}

fn acknowledge(chat: &mut Chat) -> Option<Act> {
    let me = &chat.me;
    let found =
        chat.spoken_of().filter(|(line, _)| line.message.marks.urgent && !line.acknowledged.contains(me));
    let act = found.map(|(_, id)| Act::Acknowledge(id));
    if act.is_none() {
        chat.note = Some("that does not wait to be acknowledged by you".to_owned());
    }
    act
}

fn save(chat: &mut Chat) {
    let file = chat.shown().selected().and_then(|line| match &line.message.said {
        Said::File(file) => Some(file.clone()),
        _ => None,
    });
    match file {
        Some(file) => {
            let path = Typed::of(&format!("./{}", crate::output::one_line(file.name.reveal())));
            chat.over = Some(Over::Place(Place { path, save: Some(file), wrong: None }));
        }
        None => chat.note = Some("that brought no file".to_owned()),
    }
}
