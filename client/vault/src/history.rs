//! History: what was said before a device came, told by another device of the account and taken in below everything else.

use chancery_wire::{
    content::MessageId,
    ids::{DeviceId, FileId, RoomId},
    names::Handle,
    time::Instant,
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::{
    error::VaultError,
    marks::mentioned,
    messages::{Erased, Message, Said},
    step::{Step, counted, id, number},
};

/// The most bytes of lines in one piece.
const BYTES: usize = 768 * 1024;

/// A line as it is told: what stands in the vault. Stored and sent: changed only by adding (`protocol/devices.md`, *History*).
#[derive(Debug, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of the columns")]
struct Told {
    seq: u64,
    id: Option<ByteBuf>,
    at: i64,
    handle: Option<String>,
    device: Option<ByteBuf>,
    kind: String,
    said: String,
    about: Option<ByteBuf>,
    thread: Option<ByteBuf>,
    gone: i64,
    file: Option<ByteBuf>,
    mentions: Option<String>,
    urgent: bool,
    expires: Option<i64>,
    told_by: Option<String>,
}

/// Whom a piece is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Another device of this account.
    Device(DeviceId),
    /// Those who came into the room by this entry.
    Newcomers(u64),
}

/// A piece that was told and is to be taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPiece {
    /// The room in which its file lies.
    pub place: RoomId,
    /// The room it is about.
    pub room: RoomId,
    /// The other member who has told it; nobody where it was another device of this account.
    pub told_by: Option<Handle>,
    /// The content that told of it.
    pub content: Vec<u8>,
}

/// A piece of a room's history, ready to be told.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// Whom it is for.
    pub to: To,
    /// The room.
    pub room: RoomId,
    /// The first and the last entry it speaks of.
    pub range: (u64, u64),
    /// The lines.
    pub bytes: Vec<u8>,
}

/// Lines that fit into a piece: from which entry to which, and as they are told.
struct Lines {
    range: (u64, u64),
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Piece({} {:?})", self.room, self.range)
    }
}

impl Step<'_> {
    /// All that was said in all rooms so far is to be told to a device.
    pub fn owe_history(&self, to: DeviceId) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO history_owed (device, room, below, told)
             SELECT ?1, room, ?2, 0 FROM rooms WHERE own = 0 AND standing <> 'left' ON CONFLICT DO NOTHING",
            &[&to.0, &i64::MAX],
        )?;
        Ok(())
    }

    /// Those who came into a room by an entry are to be told what was said since a moment.
    pub fn grant_history(&self, room: RoomId, before: u64, since: Instant) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO history_granted (room, before, since, below) VALUES (?1, ?2, ?3, ?2) ON CONFLICT DO NOTHING",
            &[&room.0, &number(before), &since.0],
        )?;
        Ok(())
    }

    /// The next piece that is to be told: the newest of each room before the second newest of any.
    pub fn next_piece(&self, lines: u32) -> Result<Option<Piece>, VaultError> {
        loop {
            let granted = self.find(
                "SELECT room, before, since, below FROM history_granted ORDER BY room, before LIMIT 1",
                &[],
                |row| {
                    Ok((
                        RoomId(id(row, 0)?),
                        counted(row.get(1)?),
                        row.get::<_, i64>(2)?,
                        row.get::<_, i64>(3)?,
                    ))
                },
            )?;
            if let Some((room, before, since, below)) = granted {
                if let Some(Lines { range: (first, last), bytes }) =
                    self.lines_below(room, (since, below), lines)?
                {
                    // The newest piece reaches up to the entry by which they came.
                    let all = below == number(before);
                    let range = (first, if all { before.saturating_sub(1) } else { last });
                    return Ok(Some(Piece { to: To::Newcomers(before), room, range, bytes }));
                }
                let sql = "DELETE FROM history_granted WHERE room = ?1 AND before = ?2";
                self.run(sql, &[&room.0, &number(before)])?;
                continue;
            }
            let next = self.find(
                "SELECT device, room, below FROM history_owed ORDER BY told, room, device LIMIT 1",
                &[],
                |row| Ok((DeviceId(id(row, 0)?), RoomId(id(row, 1)?), row.get::<_, i64>(2)?)),
            )?;
            let Some((to, room, below)) = next else { return Ok(None) };
            if let Some(Lines { range, bytes }) = self.lines_below(room, (i64::MIN, below), lines)? {
                return Ok(Some(Piece { to: To::Device(to), room, range, bytes }));
            }
            self.run("DELETE FROM history_owed WHERE device = ?1 AND room = ?2", &[&to.0, &room.0])?;
        }
    }

    /// A piece was told.
    pub fn piece_told(&self, piece: &Piece) -> Result<(), VaultError> {
        let below = number(piece.range.0);
        match piece.to {
            To::Device(to) => self.run(
                "UPDATE history_owed SET below = ?3, told = told + 1 WHERE device = ?1 AND room = ?2",
                &[&to.0, &piece.room.0, &below],
            )?,
            To::Newcomers(before) => self.run(
                "UPDATE history_granted SET below = ?3 WHERE room = ?1 AND before = ?2",
                &[&piece.room.0, &number(before), &below],
            )?,
        };
        Ok(())
    }

    /// Whether anything is still to be told or taken in.
    pub fn has_history(&self) -> Result<bool, VaultError> {
        let sql = "SELECT 1 FROM history_owed UNION ALL SELECT 1 FROM history_granted UNION ALL
                   SELECT 1 FROM history_told LIMIT 1";
        Ok(self.find(sql, &[], |_| Ok(()))?.is_some())
    }

    fn lines_below(
        &self,
        room: RoomId,
        (since, below): (i64, i64),
        most: u32,
    ) -> Result<Option<Lines>, VaultError> {
        let lines = self.told(
            "room = ?1 AND seq < ?2 AND at >= ?4 ORDER BY seq DESC LIMIT ?3",
            &[&room.0, &below, &most, &since],
        )?;
        // The newest that fit; at least one.
        let (mut size, mut fit) = (0, Vec::new());
        for line in lines {
            size += 200 + line.said.len() + line.file.as_ref().map_or(0, |file| file.len());
            if size > BYTES && !fit.is_empty() {
                break;
            }
            fit.push(line);
        }
        let (Some(last), Some(first)) = (fit.first(), fit.last()) else { return Ok(None) };
        Ok(Some(Lines { range: (first.seq, last.seq), bytes: encoded(&fit)? }))
    }

    /// The lines between two entries, as they are told, the newest first.
    pub(crate) fn lines_between(
        &self,
        room: RoomId,
        (first, upto): (u64, u64),
    ) -> Result<Vec<u8>, VaultError> {
        let which = "room = ?1 AND seq >= ?2 AND seq < ?3 ORDER BY seq DESC";
        encoded(&self.told(which, &[&room.0, &number(first), &number(upto)])?)
    }

    /// What a line that is told says something to: the message of the same account that it changes or takes back, if it is here.
    fn told_about(&self, room: RoomId, line: &Told) -> Result<Option<Message>, VaultError> {
        let (Some(of), Some(by)) = (&line.about, &line.handle) else { return Ok(None) };
        if !matches!(line.kind.as_str(), "withdrawal" | "edit") {
            return Ok(None);
        }
        let wrong = || VaultError::Damaged("history");
        let of = MessageId::from_slice(of).ok_or_else(wrong)?;
        self.message_of(room, of, &by.parse().map_err(|_| wrong())?)
    }

    fn told(&self, which: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Told>, VaultError> {
        let bytes = |row: &rusqlite::Row<'_>, at| -> Result<Option<ByteBuf>, VaultError> {
            Ok(row.get::<_, Option<Vec<u8>>>(at)?.map(ByteBuf::from))
        };
        let sql = format!(
            "SELECT seq, id, at, handle, device, kind, said, about, thread, gone, file, mentions, urgent, expires,
               told_by FROM messages WHERE {which}"
        );
        self.list(&sql, values, |row| {
            Ok(Told {
                seq: counted(row.get(0)?),
                id: bytes(row, 1)?,
                at: row.get(2)?,
                handle: row.get(3)?,
                device: bytes(row, 4)?,
                kind: row.get(5)?,
                said: row.get(6)?,
                about: bytes(row, 7)?,
                thread: bytes(row, 8)?,
                gone: row.get(9)?,
                file: bytes(row, 10)?,
                mentions: row.get(11)?,
                urgent: row.get(12)?,
                expires: row.get(13)?,
                told_by: row.get(14)?,
            })
        })
    }

    /// Somebody has told a piece that speaks of what was said up to an entry.
    pub fn keep_told(&self, file: FileId, upto: u64, it: &ToldPiece) -> Result<(), VaultError> {
        self.run(
            "INSERT INTO history_told (file, place, told_by, room, upto, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING",
            &[
                &file.0,
                &it.place.0,
                &it.told_by.as_ref().map(Handle::as_str),
                &it.room.0,
                &number(upto),
                &it.content,
            ],
        )?;
        Ok(())
    }

    /// The next piece that can be taken in: the newest of each room before the second newest of any.
    pub fn next_told(&self) -> Result<Option<ToldPiece>, VaultError> {
        self.find(
            "SELECT place, told_by, room, content FROM history_told h WHERE room IN (SELECT room FROM rooms)
             ORDER BY (SELECT COUNT(*) FROM history_told o WHERE o.room = h.room AND o.upto > h.upto), room LIMIT 1",
            &[],
            |row| {
                let told_by: Option<String> = row.get(1)?;
                let told_by = told_by.map(|by| by.parse()).transpose();
                Ok(ToldPiece {
                    place: RoomId(id(row, 0)?),
                    told_by: told_by.map_err(|_| VaultError::Damaged("history"))?,
                    room: RoomId(id(row, 2)?),
                    content: row.get(3)?,
                })
            },
        )
    }

    /// A piece was taken in, or never will be.
    pub fn drop_told(&self, file: FileId) -> Result<(), VaultError> {
        self.run("DELETE FROM history_told WHERE file = ?1", &[&file.0])?;
        Ok(())
    }

    /// Takes in the lines of a piece up to an entry, below all that are here, and those that could not be opened here. What is here already and could be opened stays as it is. Answers how many were new;
    /// an error means that these are no lines.
    pub fn take_in(
        &self,
        (room, told_by): (RoomId, Option<&Handle>),
        upto: u64,
        bytes: &[u8],
    ) -> Result<u64, VaultError> {
        let wrong = || VaultError::Damaged("history");
        let lines: Vec<Told> =
            ciborium::de::from_reader_with_recursion_limit(bytes, 16).map_err(|_| wrong())?;
        let mut new = 0;
        // The newest first: each finds what was said of it later.
        for line in &lines {
            // Another device of the account could open what this one has only heard of, also after it came.
            let here = self.message_at(room, line.seq)?;
            let unopened = here.is_some_and(|here| matches!(here.said, Said::Unopened(_)));
            let replaces = unopened && told_by.is_none() && line.kind != "unopened";
            if line.seq > upto && !replaces {
                continue;
            }
            let file = line.file.as_ref().map(|file| file.to_vec());
            // Only what could be read again is kept.
            Said::parse(&line.kind, line.said.clone(), line.gone, file.clone())?;
            mentioned(line.mentions.as_deref())?;
            let id = line.id.as_ref().map(|id| MessageId::from_slice(id).ok_or_else(wrong)).transpose()?;
            let at: i64 = self
                .find("SELECT COALESCE(MIN(line), 1) - 1 FROM messages", &[], |row| Ok(row.get(0)?))?
                .unwrap_or_default();
            let blob = |it: &Option<ByteBuf>| it.as_ref().map(|bytes| bytes.to_vec());
            if replaces {
                // But for a copy of what stands here already.
                let sql = "DELETE FROM messages WHERE room = ?1 AND seq = ?2
                           AND NOT EXISTS (SELECT 1 FROM messages WHERE room = ?1 AND id = ?3 AND handle = ?4)";
                self.run(sql, &[&room.0, &number(line.seq), &blob(&line.id), &line.handle])?;
            }
            let earlier = self.told_about(room, line)?;
            let until_now = earlier.as_ref().map(|first| self.text_of(first)).transpose()?.flatten();
            let kept = self.run(
                "INSERT INTO messages (line, room, seq, id, at, handle, device, kind, said, about, thread, gone, file,
                                       mentions, urgent, expires, told_by)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17) ON CONFLICT DO NOTHING",
                &[
                    &at,
                    &room.0,
                    &number(line.seq),
                    &blob(&line.id),
                    &line.at,
                    &line.handle,
                    &blob(&line.device),
                    &line.kind,
                    &line.said,
                    &blob(&line.about),
                    &blob(&line.thread),
                    &line.gone,
                    &file,
                    &line.mentions,
                    &line.urgent,
                    &line.expires,
                    &told_by.map(Handle::as_str).or(line.told_by.as_deref()),
                ],
            )?;
            if kept == 0 {
                continue;
            }
            new += 1;
            match (line.kind.as_str(), earlier) {
                ("withdrawal", Some(Message { id: Some(of), from: Some((by, _)), .. })) => {
                    self.erase(room, of, &by, Erased::Withdrawn)?;
                }
                ("edit", Some(first)) if line.gone == 0 => {
                    let now = self.text_of(&first)?;
                    self.index(room, first.seq, (until_now.as_deref(), now.as_deref()))?;
                }
                _ => {}
            }
            if let (Some(id), Some(handle), false) = (id, &line.handle, line.gone != 0) {
                let by = handle.parse().map_err(|_| wrong())?;
                self.index_anew(room, id, &by)?;
                // It may have been taken back while it was on its way here.
                if self.was_withdrawn(room, id, &by)? {
                    self.erase(room, id, &by, Erased::Withdrawn)?;
                }
            }
        }
        Ok(new)
    }
}

fn encoded(lines: &[Told]) -> Result<Vec<u8>, VaultError> {
    let mut out = Vec::new();
    ciborium::into_writer(lines, &mut out).map_err(|_| VaultError::Damaged("messages"))?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::tests::{ROOM, keeps, line, vault, written};

    #[test]
    fn what_is_told_after_it_was_taken_back_says_nothing() {
        let (mut old, mut new) = (vault(), vault());
        let first = line(1, "alice", Said::Text(written("zanzibar")), None);
        keeps(&mut old, &first);
        old.step(|step| step.owe_history(DeviceId([5; 16]))).unwrap();
        let piece = old.step(|step| step.next_piece(9)).unwrap().unwrap();
        keeps(&mut new, &line(2, "mallory", Said::Withdrawal, first.id));
        let taken = |vault: &mut crate::Vault, at| {
            vault.step(|step| step.take_in((ROOM, None), 9, &piece.bytes)).unwrap();
            vault.step(|step| step.message_at(ROOM, at)).unwrap().unwrap().said
        };
        assert_eq!(taken(&mut new, 1), first.said);
        let mut new = vault();
        keeps(&mut new, &line(2, "alice", Said::Withdrawal, first.id));
        assert_eq!(taken(&mut new, 1), Said::Gone(Erased::Withdrawn));
        let search = crate::Search { words: Some("zanzibar".to_owned()), ..crate::Search::default() };
        assert_eq!(new.step(|step| step.search(&search, 9)).unwrap(), []);
    }

    #[test]
    fn what_could_not_be_opened_here_is_told_by_a_device_that_could() {
        let (mut old, mut new) = (vault(), vault());
        for (seq, words) in [(1, "one"), (2, "two"), (3, "three")] {
            keeps(&mut old, &line(seq, "alice", Said::Text(written(words)), None));
        }
        old.step(|step| step.owe_history(DeviceId([5; 16]))).unwrap();
        let piece = old.step(|step| step.next_piece(9)).unwrap().unwrap();
        let unopened = |seq| Message {
            id: None,
            from: None,
            ..line(seq, "alice", Said::Unopened("old-epoch".to_owned()), None)
        };
        // The new one came by entry 1, and could not open what was sealed before.
        keeps(&mut new, &unopened(2));
        let said = |vault: &mut crate::Vault, seq| {
            vault.step(|step| step.message_at(ROOM, seq)).unwrap().map(|line| line.said)
        };
        let mallory = "mallory".parse().unwrap();
        new.step(|step| step.take_in((ROOM, Some(&mallory)), 1, &piece.bytes)).unwrap();
        assert_eq!(said(&mut new, 2), Some(unopened(2).said), "somebody else's word replaces nothing");
        new.step(|step| step.take_in((ROOM, None), 1, &piece.bytes)).unwrap();
        assert_eq!(said(&mut new, 2), Some(Said::Text(written("two"))));
        assert_eq!(said(&mut new, 3), None, "what it has not heard of yet it reads itself");
        // What it changes or takes back of what is here already is changed and taken back.
        keeps(
            &mut old,
            &line(4, "alice", Said::Edit(written("quokka")), line(1, "alice", Said::Withdrawal, None).id),
        );
        keeps(&mut old, &line(5, "alice", Said::Withdrawal, line(2, "alice", Said::Withdrawal, None).id));
        old.step(|step| step.owe_history(DeviceId([6; 16]))).unwrap();
        let later = old.step(|step| step.next_piece(9)).unwrap().unwrap();
        new.step(|step| step.take_in((ROOM, None), 9, &later.bytes)).unwrap();
        assert_eq!(said(&mut new, 2), Some(Said::Gone(Erased::Withdrawn)));
        let search =
            |words: &str| crate::Search { words: Some(words.to_owned()), ..crate::Search::default() };
        let mut found = |words| new.step(|step| step.search(&search(words), 9)).unwrap().len();
        assert_eq!((found("quokka"), found("one"), found("two")), (1, 0, 0));
        // A copy of what stands here stays one.
        let (mut other, copy) = (vault(), line(2, "alice", Said::Text(written("two")), None));
        keeps(&mut other, &Message { seq: 9, ..copy });
        keeps(&mut other, &unopened(2));
        other.step(|step| step.take_in((ROOM, None), 1, &piece.bytes)).unwrap();
        assert_eq!(said(&mut other, 2), Some(unopened(2).said));
    }
}
