//! Keys while a text is typed.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::{
    act::Act,
    composer::Composer,
    state::{Chat, Focus, Over},
    typed::Typed,
};

/// Takes a key.
pub(super) fn press(chat: &mut Chat, key: KeyEvent) -> Option<Act> {
    let blank = chat.is_blank();
    let bare = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    match key.code {
        KeyCode::Char('?') if blank && bare => chat.over = Some(Over::Help { top: 0 }),
        KeyCode::Tab => chat.focus = Focus::Rooms,
        KeyCode::BackTab => select(chat),
        KeyCode::Up if blank && bare => select(chat),
        KeyCode::Esc => {
            if !chat.drop_target() {
                // Nothing is answered: Esc leaves the thread, or what is scrolled.
                return if chat.thread.take().is_some() { None } else { Some(Act::Newest) };
            }
        }
        KeyCode::Enter if bare && !key.modifiers.contains(KeyModifiers::SHIFT) => {
            let says = chat.composer().is_some_and(|composer| !composer.is_blank());
            return says.then_some(Act::Say);
        }
        _ => {
            let width = chat.panes().map_or(1, |panes| Composer::text_width(panes.composer.width));
            if let Some(composer) = chat.composer_mut() {
                edit(&mut composer.typed, key, width);
            }
        }
    }
    None
}

/// Changes a text of one or more rows.
fn edit(typed: &mut Typed, key: KeyEvent, width: usize) {
    match (key.code, key.modifiers) {
        (KeyCode::Enter, _) | (KeyCode::Char('j'), KeyModifiers::CONTROL) => typed.insert("\n"),
        (KeyCode::Up, _) => {
            if !typed.up(width) {
                typed.home();
            }
        }
        (KeyCode::Down, _) => {
            if !typed.down(width) {
                typed.end();
            }
        }
        _ => line(typed, key),
    }
}

/// Changes a text as every line of text is changed.
pub(super) fn line(typed: &mut Typed, key: KeyEvent) {
    let (control, alt) =
        (key.modifiers.contains(KeyModifiers::CONTROL), key.modifiers.contains(KeyModifiers::ALT));
    match key.code {
        KeyCode::Left if control || alt => typed.word_left(),
        KeyCode::Right if control || alt => typed.word_right(),
        KeyCode::Left => typed.left(),
        KeyCode::Right => typed.right(),
        KeyCode::Home => typed.home(),
        KeyCode::End => typed.end(),
        KeyCode::Backspace if control || alt => typed.cut_word(),
        KeyCode::Backspace => typed.back(),
        KeyCode::Delete => typed.delete(),
        KeyCode::Char(letter) if control => match letter {
            'a' => typed.home(),
            'e' => typed.end(),
            'b' => typed.left(),
            'd' => typed.delete(),
            'h' => typed.back(),
            'w' => typed.cut_word(),
            'u' => typed.cut_before(),
            'y' => typed.put_back(),
            _ => {}
        },
        KeyCode::Char('b') if alt => typed.word_left(),
        KeyCode::Char('f') if alt => typed.word_right(),
        KeyCode::Char(letter) if !alt => typed.insert(letter.encode_utf8(&mut [0; 4])),
        _ => {}
    }
}

/// Goes over to the lines, if there are any.
fn select(chat: &mut Chat) {
    let height = chat.rows();
    chat.lay();
    if chat.shown_mut().select(0, height) {
        chat.focus = Focus::Lines;
    }
}
