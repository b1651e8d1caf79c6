//! The truth: what was wished on every device, as the person meant it, known without asking any of them.

use std::collections::BTreeMap;

use chancery_vault::WishId;
use chancery_wire::{content::MessageId, ids::RoomId};

/// What was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Something was said; by the number of the wish in its text.
    Say,
    /// Another text in the place of an earlier wish's.
    Edit(usize),
    /// An earlier wish's words are taken back.
    Withdraw(usize),
    /// A reaction to an earlier wish's words.
    React(usize),
    /// An account is to be in the room, by its number.
    Bring(usize),
    /// An account is to be in it no more: it leaves, or is removed.
    Go(usize),
    /// Something that leaves no words.
    Other,
}

/// One wish.
#[derive(Clone, Debug)]
pub(crate) struct Wished {
    /// Where.
    pub(crate) room: RoomId,
    /// On which device.
    pub(crate) device: usize,
    /// As the vault there knows it.
    pub(crate) wish: WishId,
    /// The message it becomes.
    pub(crate) id: Option<MessageId>,
    /// What was meant.
    pub(crate) deed: Deed,
    /// In which account's name.
    pub(crate) account: usize,
    /// Whether the vault was put back to before it: it may have been forgotten.
    pub(crate) unsure: bool,
}

/// Who is to be in a room from the beginning.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The device that opens it.
    pub(crate) device: usize,
    /// The accounts, by number.
    pub(crate) with: Vec<usize>,
}

/// All wishes, in the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// The wishes.
    pub(crate) wishes: Vec<Wished>,
    /// How each room was opened.
    pub(crate) opened: BTreeMap<RoomId, Opened>,
}

impl Truth {
    /// The text of a wish: the number it will have, so that it stands nowhere else.
    pub(crate) fn next_text(&self, deed: Deed) -> String {
        let letter = if matches!(deed, Deed::Edit(_)) { 'e' } else { 'w' };
        format!("{letter}{}", self.wishes.len())
    }

    /// The wish whose text this is.
    pub(crate) fn by_text(text: &str) -> Option<usize> {
        text.get(1..)?.parse().ok()
    }

    /// The wish that became this message.
    pub(crate) fn by_id(&self, room: RoomId, id: MessageId) -> Option<usize> {
        self.wishes.iter().position(|wished| wished.room == room && wished.id == Some(id))
    }

    /// Words that were said in a room.
    pub(crate) fn said_in(&self, room: RoomId) -> Vec<usize> {
        let said = |(_, wished): &(usize, &Wished)| wished.room == room && wished.deed == Deed::Say;
        self.wishes.iter().enumerate().filter(said).map(|(number, _)| number).collect()
    }
}
