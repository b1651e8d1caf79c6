//! Answers: what the server says to a submission, to a fetch, to a claim.

use chancery_groups::check_key_package;
use chancery_vault::{Room, Standing, WishId, Wished};
use chancery_wire::{
    api::Claimed,
    frames::{Accepted, Kind, Refused, UpTo},
    ids::{RoomId, SubmissionId},
    names::Handle,
    problem::Code,
    time::Instant,
};
use serde_bytes::ByteBuf;

use crate::{
    alarm::Alarm,
    engine::{Engine, Turn},
    error::EngineError,
    open::RENEW_AFTER,
    trust::{Distrust, Verdict},
    wish::Wish,
};

/// The most characters of the server's own words that are shown.
const WORDS: usize = 200;

/// What the refusal of a fetch names in the place of a submission (`protocol/frames.md`).
const FETCH: SubmissionId = SubmissionId([0; 16]);

impl Engine {
    /// A submission is durable, at a promised place. The wish is fulfilled when it is seen there.
    pub fn accepted(&mut self, answer: &Accepted, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            turn.memory.in_flight.remove(&answer.id);
            let Some(wished) = turn.step.submitted(answer.id)? else { return Ok(()) };
            let mut room = turn.room(wished.room)?;
            if answer.seq <= room.seq {
                // The log has gone past that place, and something else stood there.
                return turn.alarm(&mut room, &Alarm::Dropped);
            }
            Ok(turn.step.accept_wish(wished.wish, answer.seq)?)
        })
    }

    /// A submission or a fetch was refused. Answers why, when trying again later makes sense.
    pub fn refused(&mut self, answer: &Refused, now: Instant) -> Result<Option<String>, EngineError> {
        self.turn(now, |turn| {
            turn.memory.in_flight.remove(&answer.id);
            let code = std::str::from_utf8(answer.code.as_slice()).ok().and_then(Code::parse);
            let title = quoted(&String::from_utf8_lossy(answer.title.as_slice()));
            let again = match turn.step.submitted(answer.id)? {
                Some(wished) => turn.refused(&wished, code, &title)?,
                // Of a submission that is answered already it says nothing new: what was said before it was put out can still be read.
                None if answer.id == FETCH && code == Some(Code::NoRoom) => {
                    turn.gone(answer.room, &title).map(|()| false)?
                }
                None => code.is_some_and(passes),
            };
            Ok(again.then_some(title))
        })
    }

    /// The server says, in these words, that a room is none of this device's.
    pub fn gone(&mut self, room: RoomId, why: &str, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| turn.gone(room, &quoted(why)))
    }

    /// A fetch that asked for what comes after `after` was answered. Says whether the log was followed to its end.
    pub fn up_to(&mut self, after: u64, answer: &UpTo, now: Instant) -> Result<bool, EngineError> {
        self.turn(now, |turn| {
            let Some(mut room) = turn.step.room(answer.room)? else { return Ok(true) };
            let followed = matches!(room.standing, Standing::Opening | Standing::Joined | Standing::Lost);
            if !followed {
                return Ok(true);
            }
            let promised = turn.memory.promised.get(&room.id);
            if answer.last < after {
                turn.alarm(&mut room, &Alarm::RolledBack)?;
            } else if promised.is_some_and(|seq| *seq > answer.last) {
                turn.alarm(&mut room, &Alarm::Dropped)?;
            } else if room.seq < answer.seq {
                turn.alarm(&mut room, &Alarm::Gap)?;
            } else if room.seq < answer.last {
                return Ok(false);
            }
            turn.memory.caught_up.insert(room.id);
            Ok(true)
        })
    }

    /// Key packages of accounts that are to be added, or why there are none (the account, and the reason in words).
    ///
    /// The wish is refused for those who cannot be added; the others become a wish of their own.
    /// Answers whose chains are needed before they can be believed; the same call is made again with them known.
    pub fn claimed(
        &mut self,
        wish: WishId,
        claims: &[(Handle, Result<Claimed, String>)],
        now: Instant,
    ) -> Result<Vec<Handle>, EngineError> {
        self.turn(now, |turn| {
            let Some(wished) = turn.step.wished(wish)? else { return Ok(vec![]) };
            let role = match Wish::read(&wished.what)? {
                Wish::Add { role, .. } => Some(role),
                Wish::Mend { .. } => None,
                _ => return Ok(vec![]),
            };
            let (mut handles, mut packages, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
            let (mut left_out, mut reasons) = (Vec::new(), Vec::new());
            for (handle, claim) in claims {
                let found = match claim {
                    Ok(found) => turn.offers(handle, found),
                    Err(why) => Err(format!("{handle} cannot be added: {}", quoted(why))),
                };
                match found {
                    Ok(found) => {
                        handles.push(handle.clone());
                        for (leaf, package) in found {
                            leaves.push(leaf);
                            packages.push(package);
                        }
                    }
                    Err(why) => {
                        left_out.push(handle.clone());
                        reasons.push(why);
                    }
                }
            }
            let verdict = turn.verdict(&leaves)?;
            if let Verdict::Needs(handles) = verdict {
                return Ok(handles);
            }
            let Some(role) = role else {
                // A device that cannot be added now is brought another time. What was revoked goes all the same.
                let Some((handle, _)) = claims.first() else { return Ok(vec![]) };
                let packages = if matches!(verdict, Verdict::Trusted) { packages } else { vec![] };
                let room = turn.room(wished.room)?;
                turn.mended(&room, handle);
                let mend = Wish::Mend { handle: handle.clone(), packages: Some(packages) };
                turn.step.rewrite_wish(wish, &mend.write())?;
                return Ok(vec![]);
            };
            match verdict {
                Verdict::Needs(handles) => return Ok(handles),
                Verdict::Distrusted(why) => turn.step.refuse_wish(wish, &why.to_string())?,
                Verdict::Trusted => {
                    let add = Wish::Add { handles, role, packages }.write();
                    if left_out.is_empty() {
                        turn.step.rewrite_wish(wish, &add)?;
                        return Ok(vec![]);
                    }
                    if !leaves.is_empty() {
                        turn.step.wish(wished.room, turn.now, &add)?;
                    }
                    let rest = Wish::Add { handles: left_out, role, packages: vec![] };
                    turn.step.rewrite_wish(wish, &rest.write())?;
                    turn.step.refuse_wish(wish, &reasons.join("; "))?;
                }
            }
            Ok(vec![])
        })
    }
}

impl Turn<'_> {
    /// The key packages of one account, each checked; whether their leaves are believed comes after.
    fn offers(
        &self,
        handle: &Handle,
        found: &Claimed,
    ) -> Result<Vec<(chancery_groups::Leaf, ByteBuf)>, String> {
        let mut offers = Vec::new();
        for package in &found.packages {
            let offer = check_key_package(&package.0, self.now)
                .map_err(|why| format!("{}: {why}", Distrust::OtherPackage(handle.clone())))?;
            if offer.leaf.name.account != *handle {
                return Err(Distrust::OtherPackage(handle.clone()).to_string());
            }
            let known = self.step.trusted(handle).map_err(|error| error.to_string())?;
            if known.iter().any(|known| known.device == offer.leaf.name.device && !known.speaks()) {
                return Err(Distrust::OtherPackage(handle.clone()).to_string());
            }
            offers.push((offer.leaf, ByteBuf::from(package.0.clone())));
        }
        if offers.is_empty() {
            Err(format!("{handle} has no device that could be added"))
        } else {
            Ok(offers)
        }
    }

    /// Raises an alarm: the room is stopped, and says why. What stopped it first stays the reason.
    pub(crate) fn alarm(&mut self, room: &mut Room, alarm: &Alarm) -> Result<(), EngineError> {
        if room.standing == Standing::Stopped {
            return Ok(());
        }
        room.standing = Standing::Stopped;
        room.why = Some(alarm.to_string());
        self.memory.forget_group(room.id);
        Ok(self.step.keep_room(room)?)
    }

    fn refused(&mut self, wished: &Wished, code: Option<Code>, title: &str) -> Result<bool, EngineError> {
        match code {
            Some(Code::WrongEpoch) => {
                self.take_back(wished)?;
                // The room has moved on; it is followed to its end before the wish is sealed again.
                self.memory.caught_up.remove(&wished.room);
                Ok(true)
            }
            Some(Code::OldCharter) => {
                // The charter is read on before it is made again, in the same epoch.
                self.take_back(wished)?;
                if let Some(sealed) = &wished.sealed {
                    self.step.unseal_wish(wished.wish, sealed.epoch)?;
                }
                Ok(true)
            }
            Some(code) if passes(code) => {
                // What was sealed after it may be taken all the same, and then it would come too late to be opened: it is
                // sealed anew, after those.
                if let Some(sealed) = wished.sealed.as_ref().filter(|sealed| sealed.kind == Kind::Message) {
                    self.step.unseal_wish(wished.wish, sealed.epoch)?;
                }
                Ok(true)
            }
            _ => {
                self.take_back(wished)?;
                if Wish::read(&wished.what)?.is_the_persons() {
                    self.step.refuse_wish(wished.wish, title)?;
                } else {
                    self.give_up(wished)?;
                }
                Ok(false)
            }
        }
    }

    /// Gives up something the device wished by itself. It is wished again when it is due the next time.
    fn give_up(&mut self, wished: &Wished) -> Result<(), EngineError> {
        self.step.drop_wish(wished.wish)?;
        let mut room = self.room(wished.room)?;
        if room.standing == Standing::Lost {
            // It comes back over another connection.
            self.memory.caught_up.remove(&room.id);
        }
        room.settle_at = self.mends_at(room.id);
        room.renew_at = room.renew_at.max(self.now.plus_seconds(RENEW_AFTER));
        Ok(self.step.keep_room(&room)?)
    }

    /// Takes back what was sealed for a wish, with what its sealing changed in the group.
    pub(crate) fn take_back(&mut self, wished: &Wished) -> Result<(), EngineError> {
        let Some(sealed) = &wished.sealed else { return Ok(()) };
        self.memory.in_flight.remove(&sealed.submission);
        match (sealed.kind, Wish::read(&wished.what)?) {
            (Kind::Commit, Wish::Return) => {
                // What it made is a group nobody else is in; it is made anew from the room as it is then.
                self.forget(wished.room)?;
                return Ok(self.step.drop_wish(wished.wish)?);
            }
            (Kind::Commit, _) => {
                let mut group = self.group(wished.room)?;
                group.clear_pending_commit(&self.step.mls())?;
                self.put(wished.room, group);
            }
            (Kind::Proposal, _) => {
                let mut group = self.group(wished.room)?;
                self.forget_own_proposals(&mut group)?;
                self.put(wished.room, group);
            }
            (Kind::Message, _) => {}
        }
        Ok(self.step.unseal_wish(wished.wish, sealed.epoch.saturating_add(1))?)
    }

    /// The server says the room is none of the device's.
    pub(crate) fn gone(&mut self, room: RoomId, title: &str) -> Result<(), EngineError> {
        let Some(mut room) = self.step.room(room)? else { return Ok(()) };
        if !matches!(room.standing, Standing::Opening | Standing::Stopped) {
            self.part(&mut room, title.to_owned(), false)?;
            self.step.keep_room(&room)?;
        }
        Ok(())
    }
}

/// The server's words as the server's: nothing in them steers a screen or fills it.
pub(crate) fn quoted(words: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let words: String = words.chars().filter(|c| !steers(*c)).take(WORDS).collect();
    format!("the server says: {words}")
}

/// Whether a refusal passes by itself.
fn passes(code: Code) -> bool {
    matches!(code, Code::Full | Code::Busy | Code::Failed | Code::TooMany)
}
