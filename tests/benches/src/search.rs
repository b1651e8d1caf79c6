//! What searching costs over everything a device has: 1,000,000 messages in an encrypted vault, on disk.
//!
//! The texts are drawn from a vocabulary in which words are as unevenly common as in a language (Zipf), so that there are words
//! in a quarter of all messages and words in a few of them.

use std::path::Path;

use chancery_engine::Engine;
use chancery_trail::room_start;
use chancery_vault::{Message, Room, Said, Search, Standing, Title, Vault, VaultKey};
use chancery_wire::{
    content::{Marks, MessageId, TEXT_LIMIT, Written},
    ids::{DeviceId, RoomId},
    names::Handle,
    time::{DAY, Instant},
};
use serde::Serialize;

use crate::{
    Failure, Outcome,
    clock::{Os, Watch, draw, now},
    tell,
};

/// How many messages are kept in one transaction while the vault is filled.
const STEP: u64 = 20_000;
/// How many rooms and people there are.
const ROOMS: u8 = 40;
const PEOPLE: u64 = 150;
/// How many words a message has, and how many there are to choose from.
const WORDS: usize = 12;
const VOCABULARY: u64 = 50_000;
/// How many are shown at once, and how often each question is asked.
const SHOWN: u32 = 50;
const TIMES: usize = 25;

/// One question.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    /// What was asked.
    pub(crate) question: &'static str,
    /// The median, in milliseconds.
    pub(crate) p50_ms: f64,
    /// The longest, in milliseconds.
    pub(crate) longest_ms: f64,
    /// How many were shown.
    pub(crate) shown: usize,
}

/// Randomness that is the same every time, so that two runs search the same texts.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    /// A word; the n-th is about one n-th as common as the first.
    fn word(&mut self) -> String {
        let most = VOCABULARY >> self.below(VOCABULARY.ilog2().into());
        format!("word{}", 1 + self.below(most))
    }
}

/// Fills a vault with so many messages and asks everything a person may ask.
pub(crate) fn measure(messages: u64, dir: &Path) -> Outcome<Vec<Found>> {
    tell(&format!("search: keeping {messages} messages"));
    let mut vault = Vault::open(&dir.join("vault.db"), &VaultKey::from_bytes(draw()))?;
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let at = now().plus_seconds(-(i64::try_from(messages)?));
    let rooms: Vec<RoomId> = (0..ROOMS).map(|room| RoomId([room; 16])).collect();
    vault.step(|step| rooms.iter().try_for_each(|room| step.keep_room(&opened(*room))))?;
    let mut kept = 0;
    while kept < messages {
        let upto = messages.min(kept + STEP);
        vault.step(|step| {
            (kept..upto).try_for_each(|number| {
                let room = u8::try_from(number % u64::from(ROOMS)).unwrap_or(0);
                step.keep_message(&said(&mut dice, RoomId([room; 16]), number, at)?)
                    .map(drop)
                    .map_err(Failure::from)
            })
        })?;
        kept = upto;
    }
    tell("search: asking");
    let engine = Engine::new(vault, Box::new(Os));
    let from =
        |search: Search, who: &str| -> Outcome<Search> { Ok(Search { from: Some(who.parse()?), ..search }) };
    let words = |words: &str| Search { words: Some(words.to_owned()), ..Search::default() };
    let month = Search { since: Some(now().plus_seconds(-3 * DAY)), ..words(r#""word2" "word3""#) };
    let questions = [
        ("a word in most messages", words(r#""word1""#)),
        ("a word in few messages", words(r#""word49999""#)),
        ("two words", words(r#""word2" "word7""#)),
        ("two words, both rare", words(r#""word4001" "word9001""#)),
        ("a phrase", words(r#""word1 word2""#)),
        ("how words begin", words(r#""word123"*"#)),
        ("a common word, from one person", from(words(r#""word1""#), "p7")?),
        ("a common word, in one room", Search { room: Some(RoomId([3; 16])), ..words(r#""word1""#) }),
        ("two words, in the last days", month),
        ("anything from one person", from(Search::default(), "p7")?),
        ("a word nobody said", words(r#""nobody""#)),
    ];
    questions.into_iter().map(|(question, search)| ask(&engine, question, &search)).collect()
}

fn ask(engine: &Engine, question: &'static str, search: &Search) -> Outcome<Found> {
    let (mut took, mut shown) = (Vec::new(), 0);
    for _ in 0..TIMES {
        let mut watch = Watch::default();
        shown = watch.run(|| engine.search(search, SHOWN))?.len();
        took.push(watch.milliseconds());
    }
    took.sort_by(f64::total_cmp);
    tell(&format!("search: {question}: {shown}"));
    let at = |place: usize| took.get(place).copied().unwrap_or_default();
    Ok(Found { question, p50_ms: at(TIMES / 2), longest_ms: at(TIMES - 1), shown })
}

fn said(dice: &mut Dice, room: RoomId, number: u64, from: Instant) -> Outcome<Message> {
    let text: Vec<String> = (0..WORDS).map(|_| dice.word()).collect();
    let who: Handle = format!("p{}", dice.below(PEOPLE)).parse()?;
    let mut id = [1; 32];
    id.iter_mut().skip(1).zip(number.to_be_bytes()).for_each(|(to, byte)| *to = byte);
    Ok(Message {
        room,
        seq: number + 1,
        id: MessageId::from_slice(&id),
        at: from.plus_seconds(i64::try_from(number)?),
        from: Some((who, DeviceId([9; 16]))),
        said: Said::Text(Written::parse(&text.join(" "), TEXT_LIMIT)?),
        about: None,
        thread: None,
        marks: Marks::default(),
        told_by: None,
    })
}

fn opened(id: RoomId) -> Room {
    Room {
        id,
        name: Title::default(),
        topic: Title::default(),
        standing: Standing::Joined,
        why: None,
        seq: 0,
        head: room_start(id),
        joined: 0,
        read: 0,
        renew_at: Instant(i64::MAX),
        sealed: 0,
        settle_at: None,
        own: false,
        muted: false,
        draft: None,
        draft_at: None,
        report_at: None,
        names_since: None,
        brought_by: None,
        charter: 0,
    }
}
