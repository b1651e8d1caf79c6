//! Reading: which messages a device must be able to open, and how what was said must read on it.

use std::collections::BTreeSet;

use chancery_engine::Line;
use chancery_wire::ids::RoomId;

use crate::{
    model::{Shown, unopened},
    truth::Deed,
    world::World,
};

impl World {
    /// From which entry on a device is owed everything in a room: its keys may have been lost before, by an old image.
    fn owed_from(&self, device: usize, room: RoomId) -> u64 {
        if !self.devices[device].was_restored {
            return 0;
        }
        let restored = self.devices[device].restored.get(&room).unwrap_or(&0);
        let book = &self.door.books[&room];
        let id = self.devices[device].id;
        let back = book.returns.iter().rfind(|(who, _)| *who == id).map_or(0, |(_, seq)| *seq);
        back.max(*restored)
    }

    /// Whether a device must be able to read the message at an entry.
    fn must_read(&self, device: usize, room: RoomId, seq: u64) -> bool {
        let book = &self.door.books[&room];
        let id = self.devices[device].id;
        let (Some(epoch), Ok(at)) = (book.sealed_in.get(&seq), usize::try_from(seq)) else { return false };
        let author = book.authors[at];
        let Some(stay) = book.stay(id, seq) else { return false };
        if stay.removed.is_some() && !stay.entered {
            return false;
        }
        // Whoever had lost the keys by an old image, and was removed before coming back, never had them again.
        let restored = self.devices[device].restored.get(&room).copied();
        let came_back = |since: u64| book.returns.iter().any(|(who, at)| *who == id && *at > since);
        if stay.removed.is_some() && restored.is_some_and(|since| !came_back(since)) {
            return false;
        }
        let (opened, inside) = &book.epochs[usize::try_from(*epoch).unwrap()];
        let now = &book.epochs.iter().rfind(|(opened, _)| *opened < seq).unwrap().1;
        let owed = self.owed_from(device, room);
        let back = book.returns.iter().rfind(|(who, at)| *who == id && *at < seq).map_or(0, |(_, at)| *at);
        author != id
            && inside.contains(&id)
            && now.contains(&author)
            && *opened >= stay.joined.max(back)
            && seq > owed
    }

    /// Whether somebody who sent a message was put back to an old image in that room: it may have been sent twice.
    fn was_restored(&self, author: chancery_wire::ids::DeviceId) -> bool {
        self.devices.iter().any(|device| device.id == author && device.was_restored)
    }

    /// What is not opened was not for that device, or its keys had been lost by an old image.
    pub(crate) fn check_messages(&self, shown: &Shown, wrong: &mut Vec<String>) {
        let book = &self.door.books[&shown.room];
        for (at, seen) in &shown.seen {
            for (seq, line) in &seen.lines {
                let Some(cause) = unopened(line) else { continue };
                let author = book.authors[usize::try_from(*seq).unwrap()];
                let must = match cause {
                    // What a room is called is said by somebody whose role may be gone by then.
                    "not-allowed" => shown.wishes.contains_key(seq) && self.must_read(*at, shown.room, *seq),
                    "repeated" | "replayed" => {
                        !self.was_restored(author) && !self.was_restored(self.devices[*at].id)
                    }
                    _ => self.must_read(*at, shown.room, *seq),
                };
                if must {
                    let name = &self.devices[*at].name;
                    wrong.push(format!("room {}: {name} does not read entry {seq}: {cause}", shown.place));
                }
            }
        }
        for (device, seq) in &book.returns {
            // An old image also lacks the keys of key packages that were made after it.
            let lost = self.devices.iter().find(|it| it.id == *device && !it.was_restored);
            if let Some(lost) = lost {
                let what = format!("{} had lost its keys at entry {seq} without a cause", lost.name);
                wrong.push(format!("room {}: {what}", shown.place));
            }
        }
    }

    /// What was said reads the same for everybody who has the same of it: the last text, what was taken back, reactions.
    pub(crate) fn check_readings(&self, shown: &Shown, wrong: &mut Vec<String>) {
        let book = &self.door.books[&shown.room];
        let all: Vec<(u64, usize)> = shown.wishes.iter().map(|(seq, wish)| (*seq, *wish)).collect();
        for (at, seen) in &shown.seen {
            let id = self.devices[*at].id;
            let owed = self.owed_from(*at, shown.room);
            let has = |seq: u64| {
                let own = book.authors[usize::try_from(seq).unwrap()] == id && seq > owed;
                let read = seen.lines.get(&seq).is_some_and(|line| unopened(line).is_none());
                own || read || self.must_read(*at, shown.room, seq)
            };
            let has: Vec<(u64, usize)> =
                shown.wishes.iter().filter(|(seq, _)| has(**seq)).map(|(seq, wish)| (*seq, *wish)).collect();
            for (seq, number) in &has {
                // What a device sent once more after it was put back is shown where it stood first.
                let author = book.authors[usize::try_from(*seq).unwrap()];
                let again = seen.lines.get(seq).and_then(unopened) == Some("repeated");
                if self.truth.wishes[*number].deed != Deed::Say || again && self.was_restored(author) {
                    continue;
                }
                let expected = self.reading(&has, *number);
                let here = seen.lines.get(seq).map(reading);
                // History is told as it reads on the device that tells it, which may have read more of what came later.
                let told = book.stay(id, *seq).is_none() && here == Some(self.reading(&all, *number));
                if here.as_ref() != Some(&expected) && !told {
                    let name = &self.devices[*at].name;
                    wrong.push(format!(
                        "room {}: at entry {seq} {name} shows {here:?}, and not {expected:?}",
                        shown.place
                    ));
                }
            }
        }
    }

    /// How words read after everything that was said of them.
    fn reading(&self, has: &[(u64, usize)], number: usize) -> (Option<String>, usize) {
        let author = self.truth.wishes[number].account;
        let (mut text, mut gone) = (format!("w{number}"), false);
        // What a device that was put back has sent once more counts once.
        let mut reactions = BTreeSet::new();
        for (_, wish) in has {
            let wished = &self.truth.wishes[*wish];
            match wished.deed {
                Deed::Edit(of) if of == number && wished.account == author => text = format!("e{wish}"),
                Deed::Withdraw(of) if of == number && wished.account == author => gone = true,
                Deed::React(to) if to == number && !gone => {
                    reactions.insert(*wish);
                }
                _ => {}
            }
        }
        if gone { (None, 0) } else { (Some(text), reactions.len()) }
    }
}

/// How a line reads: its text, unless it was taken back, and how many reactions there are.
fn reading(line: &Line) -> (Option<String>, usize) {
    (line.text().map(|text| text.reveal().to_owned()), line.reactions.len())
}
