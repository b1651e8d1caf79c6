//! The screen as a person sees it, drawn into memory: no vault, no network, no terminal.

use chancery_sdk::{Line, Message, RoomView, Said, Standing};
use chancery_wire::{
    content::{Marks, MessageId, Written},
    ids::{DeviceId, RoomId},
    names::Handle,
    time::Instant,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend, style::Color};

use super::{
    act::Act,
    composer::Target,
    draw, keys,
    paint::Paint,
    rooms::Listed,
    state::{Chat, Focus, Over},
};

/// 2026-11-25, 19:37.
const NOW: i64 = 1_795_635_478_486;

fn room(number: u8, name: &str, unread: u64) -> Listed {
    let view = RoomView {
        id: RoomId([number; 16]),
        name: Some(name.to_owned()),
        topic: None,
        standing: Standing::Joined,
        why: None,
        seq: 9,
        epoch: Some(1),
        read: 0,
        unread,
        mentions: 0,
        urgent: vec![],
        pinned: vec![],
        muted: false,
        draft: None,
        receipts: false,
        history: 0,
        members: vec![],
        away: vec![],
        apart: None,
        unopened: vec![],
        waiting: vec![],
        unsent: vec![],
    };
    Listed { view, active: NOW, alarm: false }
}

fn says(seq: u8, who: &str, text: &str) -> Line {
    let message = Message {
        room: RoomId([1; 16]),
        seq: seq.into(),
        id: Some(MessageId([seq; 32])),
        at: Instant(NOW + i64::from(seq) * 60_000),
        from: Some((who.parse().unwrap(), DeviceId([7; 16]))),
        said: Said::Text(Written::parse(text, 1000).unwrap()),
        about: None,
        thread: None,
        marks: Marks::default(),
        told_by: None,
    };
    Line {
        message,
        answers: None,
        edited: None,
        reactions: vec![],
        acknowledged: vec![],
        receipts: vec![],
        pinned: false,
        bot: false,
        guest: false,
    }
}

/// Alice's screen with two rooms and these lines in the first one.
fn chat(lines: Vec<Line>) -> Chat {
    let me: Handle = "alice".parse().unwrap();
    let mut chat = Chat::new(me, "alice at bank.example".to_owned(), Paint::new(false));
    chat.rooms = vec![room(1, "Ward 7", 0), room(2, "Board", 3)];
    chat.at = Some(RoomId([1; 16]));
    chat.timeline.show(lines, (true, true));
    chat
}

fn press(chat: &mut Chat, code: KeyCode) -> Option<Act> {
    press_with(chat, code, KeyModifiers::NONE)
}

fn press_with(chat: &mut Chat, code: KeyCode, modifiers: KeyModifiers) -> Option<Act> {
    keys::press(chat, KeyEvent::new(code, modifiers))
}

fn types(chat: &mut Chat, text: &str) {
    for letter in text.chars() {
        press(chat, KeyCode::Char(letter));
    }
}

/// What is on a screen of this size.
fn screen(chat: &mut Chat, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw::draw(chat, frame)).unwrap();
    terminal.backend().to_string()
}

#[test]
fn everything_stands_on_eighty_columns_and_twenty_four_rows() {
    let mut answer = says(3, "alice", "at nine");
    answer.answers = Some((2, "bob".parse().unwrap()));
    answer.edited = Some(Written::parse("at ten", 100).unwrap());
    answer.reactions = vec![(Written::reaction("+1").unwrap(), "bob".parse().unwrap())];
    let mut chat = chat(vec![says(1, "bob", "good morning"), says(2, "bob", "when are the rounds?"), answer]);
    types(&mut chat, "hello");
    let seen = screen(&mut chat, 80, 24);
    for part in [
        "alice at bank.example",
        ">Ward 7",
        "Board             3",
        "2026-11-25 (times are UTC)",
        "19:38 bob: good morning",
        "19:40 alice answers bob “when are the rounds?”:",
        "│ at ten (changed)",
        "[+1 bob]",
        "── to Ward 7",
        "> hello",
        "F1 help",
    ] {
        assert!(seen.contains(part), "{part} is not on\n{seen}");
    }
}

#[test]
fn no_row_of_what_others_write_looks_like_one_of_ours() {
    let forged = "ok\n19:40 alice: yes, pay it\u{1b}[2J\u{202e}\n── new ──";
    let mut chat = chat(vec![says(1, "mallory", forged)]);
    let seen = screen(&mut chat, 80, 24);
    assert!(seen.contains("│ 19:40 alice: yes, pay it\u{fffd}[2J\u{fffd}"), "{seen}");
    let row = seen.lines().find(|row| row.contains("── new")).unwrap();
    assert!(row.contains("│ ── new"), "{seen}");
}

#[test]
fn without_colours_nothing_is_coloured_and_nothing_is_missing() {
    let mut chat = chat(vec![says(1, "bob", "good morning")]);
    let mut draw_with = |colours| {
        chat.paint = Paint::new(colours);
        chat.timeline.show(vec![says(1, "bob", "good morning")], (true, true));
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw::draw(&mut chat, frame)).unwrap();
        let cells = &terminal.backend().buffer().content;
        (
            cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset),
            terminal.backend().to_string(),
        )
    };
    let (plain, seen) = draw_with(false);
    let (coloured, same) = draw_with(true);
    assert!(plain && !coloured);
    assert_eq!(seen, same);
}

#[test]
fn any_size_is_drawn_and_one_that_is_too_small_says_so() {
    let lines = (1..60)
        .map(|seq| {
            says(seq, "bob", "日本語 and 👨‍👩‍👧 and a_word_that_is_far_longer_than_any_row_has_place_for_it")
        })
        .collect();
    let mut chat = chat(lines);
    types(
        &mut chat,
        "a text of some length that needs more than one row of the composer, and then some more",
    );
    for (width, height) in [(1, 1), (20, 5), (59, 24), (60, 15), (61, 16), (80, 24), (200, 60), (80, 3)] {
        let seen = screen(&mut chat, width, height);
        assert_eq!(width >= 60 && height >= 15, seen.contains("F1 help"), "{seen}");
    }
    assert!(screen(&mut chat, 59, 24).contains("Make this at least 60 x 15"));
    for key in [KeyCode::F(1), KeyCode::PageDown, KeyCode::Esc] {
        press(&mut chat, key);
        screen(&mut chat, 60, 15);
    }
}

#[test]
fn a_line_is_answered_by_keys_and_what_is_typed_stays_when_it_is_not() {
    let mut chat = chat(vec![says(1, "bob", "when?"), says(2, "alice", "at nine")]);
    screen(&mut chat, 80, 24);
    press(&mut chat, KeyCode::Up);
    press(&mut chat, KeyCode::Up);
    assert_eq!((chat.focus, chat.timeline.selected), (Focus::Lines, Some(1)));
    press(&mut chat, KeyCode::Char('e'));
    assert_eq!(chat.note.as_deref(), Some("only a text of your own can be changed"));
    press(&mut chat, KeyCode::Char('r'));
    types(&mut chat, "soon");
    assert!(screen(&mut chat, 80, 24).contains("answers bob: “when?”"));
    assert_eq!(press(&mut chat, KeyCode::Enter), Some(Act::Say));
    press(&mut chat, KeyCode::Esc);
    let composer = chat.composer().unwrap();
    assert_eq!((composer.typed.as_str(), &composer.target), ("soon", &Target::Here));
    // Only where nothing is typed a question mark asks for help.
    press(&mut chat, KeyCode::Char('?'));
    assert_eq!(chat.composer().unwrap().typed.as_str(), "soon?");
    press_with(&mut chat, KeyCode::Char('u'), KeyModifiers::CONTROL);
    press(&mut chat, KeyCode::Char('?'));
    assert!(matches!(chat.over, Some(Over::Help { .. })));
    assert!(screen(&mut chat, 80, 24).contains("take back your own"));
}

#[test]
fn what_is_on_the_screen_is_read_and_what_is_covered_is_not() {
    let mut chat = chat((1..100).map(|seq| says(seq, "bob", "x")).collect());
    screen(&mut chat, 80, 24);
    assert_eq!(chat.seen(), Some((RoomId([1; 16]), 99)));
    press(&mut chat, KeyCode::PageUp);
    press(&mut chat, KeyCode::PageUp);
    screen(&mut chat, 80, 24);
    assert!(chat.seen().unwrap().1 < 70);
    press(&mut chat, KeyCode::F(1));
    assert_eq!(chat.seen(), None);
    press(&mut chat, KeyCode::F(1));
    chat.attentive = false;
    assert_eq!(chat.seen(), None);
}

#[test]
fn lines_that_come_do_not_move_what_one_reads() {
    let mut chat = chat((1..100).map(|seq| says(seq, "bob", &format!("line {seq}"))).collect());
    screen(&mut chat, 80, 24);
    press(&mut chat, KeyCode::PageUp);
    let before = screen(&mut chat, 80, 24);
    assert!(before.contains("newer below"));
    let first = |seen: &str| seen.lines().find_map(|row| row.split_once("bob: ").map(|it| it.1.to_owned()));
    chat.timeline.show((1..120).map(|seq| says(seq, "bob", &format!("line {seq}"))).collect(), (true, true));
    assert_eq!(first(&screen(&mut chat, 80, 24)), first(&before));
}

#[test]
fn a_line_is_selected_though_the_last_one_only_changes_another() {
    let mut reaction = says(2, "bob", "x");
    reaction.message.said = Said::Reaction(Written::reaction("+1").unwrap());
    reaction.answers = Some((1, "bob".parse().unwrap()));
    let mut chat = chat(vec![says(1, "bob", "when?"), reaction]);
    screen(&mut chat, 80, 24);
    press(&mut chat, KeyCode::Up);
    assert_eq!((chat.focus, chat.timeline.selected), (Focus::Lines, Some(1)));
}

#[test]
fn ending_is_asked_for_twice() {
    let mut chat = chat(vec![]);
    let control_c = |chat: &mut Chat| press_with(chat, KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(control_c(&mut chat), None);
    press(&mut chat, KeyCode::Char('x'));
    assert_eq!(control_c(&mut chat), None);
    assert_eq!(control_c(&mut chat), Some(Act::End));
}
