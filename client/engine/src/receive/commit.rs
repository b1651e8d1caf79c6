//! A commit: read, judged by the room's rules, every newcomer checked, and only then followed.

use chancery_groups::{Author, Breach, Change, Company, Leaf, judge, meet, roster};
use chancery_vault::{Room, Said, Standing, Wished};
use chancery_wire::{
    frames::{Entry, Kind},
    ids::RoomId,
    names::Handle,
    policy::InvalidPolicy,
    time::Instant,
};
use openmls::{
    framing::ProcessedMessageContent,
    group::{MlsGroup, ProcessMessageError, StagedCommit},
    prelude::{MlsMessageIn, ProtocolMessage, Sender},
};
use tls_codec::Deserialize as _;

use super::{Taken, entry_at, line};
use crate::{
    alarm::Alarm,
    charter::{Needs, with_whose},
    engine::Turn,
    error::EngineError,
    open::RENEW_AFTER,
    trust::Verdict,
    wish::Wish,
};

/// What came of reading a commit.
enum Read {
    Staged(Sender, Box<StagedCommit>),
    /// It is well formed, and this device's state cannot follow it.
    Unfollowed,
    Alarm(Alarm),
}

impl Turn<'_> {
    pub(super) fn take_commit(
        &mut self,
        room: &mut Room,
        entry: &Entry,
        own: Option<Wished>,
    ) -> Result<Taken, EngineError> {
        if let Some(wished) = own {
            return self.take_own_commit(room, entry, &wished);
        }
        if room.standing == Standing::Lost {
            self.give_up_return(room)?;
            return self.watch_commit(room, entry);
        }
        let Some(body) = &entry.body else { return Ok(Taken::Lost(None)) };
        let mut group = self.group(room.id)?;
        let (sender, staged) = match self.read_commit(&mut group, body.as_slice())? {
            Read::Staged(sender, staged) => (sender, staged),
            Read::Unfollowed => return Ok(Taken::Lost(None)),
            Read::Alarm(alarm) => return Ok(Taken::Alarm(alarm)),
        };
        let change = match Change::read(group.public_group(), &sender, &staged) {
            Ok(change) => change,
            Err(Breach::Policy(why @ InvalidPolicy::TooNew { .. })) => {
                return Ok(Taken::Paused(why.to_string()));
            }
            Err(breach) => return Ok(Taken::Alarm(breach.into())),
        };
        let before = roster(group.public_group())?;
        let silent = self.once_silent(change.removed.iter().map(|(leaf, _)| leaf), entry_at(entry))?;
        if let Err(breach) = judge(&before, &change, &|leaf| silent.contains(leaf)) {
            // Perhaps a chain says more by now.
            let needs = self.asked_again(&change, entry_at(entry))?;
            if needs.is_empty() {
                return Ok(Taken::Alarm(breach.into()));
            }
            self.put(room.id, group);
            return Ok(Taken::Needs(needs));
        }
        match self.verdict(change.newcomers())? {
            Verdict::Trusted => {}
            Verdict::Needs(handles) => {
                self.put(room.id, group);
                return Ok(Taken::Needs(handles.into()));
            }
            Verdict::Distrusted(distrust) => return Ok(Taken::Alarm(distrust.into())),
        }
        if self.needs_charter(change.after.charter)? {
            self.put(room.id, group);
            return Ok(Taken::Needs(Needs::of_charter()));
        }
        if let Err(breach) = self.meets(room, (&before, entry_at(entry)), &change)? {
            return Ok(Taken::Alarm(breach.into()));
        }
        // Another copy of this device has come back in its place: this one has lost the room, and may do the same.
        if change.author.is_returning() && change.author.leaf().name.device == self.me.identity.device {
            self.memory.replaced.insert(room.id);
            room.why = Some(
                "another copy of this device has taken its place; it takes it back for something to send, or when it starts again"
                    .to_owned(),
            );
            return Ok(Taken::Lost(None));
        }
        self.lost_race(room, &mut group)?;
        let provider = self.provider();
        group
            .merge_staged_commit(&provider, *staged)
            .map_err(|_| EngineError::Mls("a change of the room cannot be kept"))?;
        self.entered(room, entry, group, &change)
    }

    /// A commit of this device, seen in the log: what it did to the group is kept.
    fn take_own_commit(
        &mut self,
        room: &mut Room,
        entry: &Entry,
        wished: &Wished,
    ) -> Result<Taken, EngineError> {
        let wish = Wish::read(&wished.what)?;
        match &wished.sealed {
            // Who has taken the own devices out is alone now, and leaves.
            Some(sealed) if wish == Wish::Leave => {
                self.step.unseal_wish(wished.wish, sealed.epoch.saturating_add(1))?;
            }
            _ => self.step.drop_wish(wished.wish)?,
        }
        if room.standing == Standing::Lost && wish != Wish::Return {
            self.give_up_return(room)?;
            return self.watch_commit(room, entry);
        }
        let mut group = self.group(room.id)?;
        if wish == Wish::Return {
            room.standing = Standing::Joined;
            room.why = None;
            self.step.keep_face(room.id, None)?;
            self.plan_names_alone(room, &group)?;
            self.renewed(room);
            self.step.keep_epoch(room.id, group.epoch().as_u64(), group.epoch_authenticator().as_slice())?;
            self.put(room.id, group);
            return Ok(Taken::Silent);
        }
        let Some(staged) = group.pending_commit() else { return Ok(Taken::Lost(None)) };
        let change = Change::read(group.public_group(), &Sender::Member(group.own_leaf_index()), staged)?;
        let provider = self.provider();
        group
            .merge_pending_commit(&provider)
            .map_err(|_| EngineError::Mls("a change of the room cannot be kept"))?;
        self.renewed(room);
        self.owe(room, &change)?;
        self.grant(room, entry.seq, &change)?;
        self.entered(room, entry, group, &change)
    }

    /// Whether those who come in with a change may meet those who are there, and came in by a charter that is no older than what was known
    /// in the room before.
    pub(super) fn meets(
        &self,
        room: &Room,
        (before, at): (&[Leaf], Instant),
        change: &Change,
    ) -> Result<Result<(), Breach>, EngineError> {
        let charter = self.charter()?;
        let (room, since) = (room.id, room.charter);
        with_whose(self.step, |whose| {
            meet(before, change, Company { room, at, charter: &charter, since, whose })
        })
    }

    /// Whose chains are asked for again before a commit is refused: those of removed leaves that had nothing against them when the chain
    /// was last asked for.
    pub(super) fn asked_again(&mut self, change: &Change, at: Instant) -> Result<Needs, EngineError> {
        let mut needs = Needs::default();
        for (leaf, by) in &change.removed {
            let other = leaf.name.account != by.name.account;
            if other && !self.was_silent(leaf, at)? && self.memory.questioned.insert(leaf.name.device) {
                needs.chains.push(leaf.name.account.clone());
                // A guest's terms may have become others.
                needs.charter |= with_whose(self.step, |whose| whose(&leaf.name.account))?.is_some();
            }
        }
        Ok(needs)
    }

    fn read_commit(&self, group: &mut MlsGroup, body: &[u8]) -> Result<Read, EngineError> {
        let malformed = Read::Alarm(Breach::Malformed.into());
        let Ok(message) = MlsMessageIn::tls_deserialize_exact(body) else { return Ok(malformed) };
        let Ok(message) = message.try_into_protocol_message() else { return Ok(malformed) };
        if !matches!(message, ProtocolMessage::PublicMessage(_)) {
            return Ok(malformed);
        }
        if message.group_id() != group.group_id() {
            return Ok(Read::Alarm(Breach::OtherRoom.into()));
        }
        if message.epoch() != group.epoch() {
            return Ok(Read::Alarm(Breach::OtherEpoch.into()));
        }
        let processed = match group.process_message(&self.provider(), message) {
            Ok(processed) => processed,
            Err(ProcessMessageError::StorageError(error)) => return Err(error.into()),
            // Made by this device and not in its outbox, or with a path that was made wrong for this device only:
            // what is public about it holds, so the room goes on, and the device comes back as a new leaf.
            Err(ProcessMessageError::InvalidCommit(_)) => return Ok(Read::Unfollowed),
            Err(_) => return Ok(Read::Alarm(Breach::Invalid.into())),
        };
        let sender = processed.sender().clone();
        Ok(match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => Read::Staged(sender, staged),
            _ => malformed,
        })
    }

    /// Somebody else's commit came first: what this device had made for the epoch is made again for the next one.
    fn lost_race(&mut self, room: &Room, group: &mut MlsGroup) -> Result<(), EngineError> {
        group.clear_pending_commit(&self.step.mls())?;
        let next = group.epoch().as_u64().saturating_add(1);
        for wished in self.step.wishes(room.id)? {
            let handshake = wished.sealed.as_ref().is_some_and(|sealed| sealed.kind != Kind::Message);
            if handshake {
                self.step.unseal_wish(wished.wish, next)?;
            }
        }
        Ok(())
    }

    /// A return that was made for an epoch that is over is made again.
    fn give_up_return(&mut self, room: &Room) -> Result<(), EngineError> {
        for wished in self.step.wishes(room.id)? {
            if Wish::read(&wished.what)? == Wish::Return {
                self.take_back(&wished)?;
            }
        }
        Ok(())
    }

    fn renewed(&mut self, room: &mut Room) {
        room.renew_at = self.now.plus_seconds(RENEW_AFTER);
        room.sealed = 0;
    }

    /// The room is in its next epoch.
    fn entered(
        &mut self,
        room: &mut Room,
        entry: &Entry,
        group: MlsGroup,
        change: &Change,
    ) -> Result<Taken, EngineError> {
        for (leaf, _) in &change.added {
            // Somebody has brought in what a chain has revoked, or did not know: it goes again.
            if self.is_silent(leaf)? {
                self.memory.mend.entry(room.id).or_default().insert(leaf.name.account.clone());
            }
        }
        // What is still amiss is seen to in the next epoch, by whoever is first.
        room.settle_at = self.mends_at(room.id);
        let after = roster(group.public_group())?;
        if group.is_active() {
            self.plan_names(room, change, (&after, group.epoch().as_u64()));
            self.step.keep_epoch(room.id, group.epoch().as_u64(), group.epoch_authenticator().as_slice())?;
            let alone = after.len() == 1;
            self.put(room.id, group);
            // The person may have left on another device, and this one has taken that in.
            let me = &self.me.identity.handle;
            let (asked, elsewhere) = (self.asked_to_leave(room.id)?, change.leaves(me));
            if alone && (asked || elsewhere) {
                self.abandon(room)?;
            } else if elsewhere && !asked {
                self.step.wish(room.id, self.now, &Wish::Leave.write())?;
            }
        } else {
            self.left(room, change)?;
        }
        self.happened(entry, change, &after)
    }

    /// Whether the person wants to leave a room.
    pub(crate) fn asked_to_leave(&self, room: RoomId) -> Result<bool, EngineError> {
        let wishes = self.step.wishes(room)?;
        Ok(wishes.iter().any(|wished| Wish::read(&wished.what).is_ok_and(|wish| wish == Wish::Leave)))
    }

    /// The device is not in the room any more.
    pub(super) fn left(&mut self, room: &mut Room, change: &Change) -> Result<(), EngineError> {
        let me = self.me.identity.device;
        let own = change.removed.iter().find(|(leaf, _)| leaf.name.device == me);
        let revoked = own.map(|(leaf, _)| self.is_silent(leaf)).transpose()?.unwrap_or_default();
        let by = own.map(|(_, by)| &by.name);
        let away = change.after.away.contains(&self.me.identity.handle);
        let why = match by {
            Some(by) if change.leaves(&self.me.identity.handle) && by.device != me => {
                "you have left this room on another device".to_owned()
            }
            Some(by) if by.account != self.me.identity.handle && away => {
                "this account was suspended; it comes back here when that is over".to_owned()
            }
            Some(by) if by.account != self.me.identity.handle => format!("{} removed you", by.account),
            Some(by) if by.device != me && revoked => {
                "another device of yours has revoked this one".to_owned()
            }
            Some(by) if by.device != me => "you have left this room on another device".to_owned(),
            _ => "you have left this room".to_owned(),
        };
        self.part(room, why, away)
    }
}

impl Turn<'_> {
    /// The line that says what a change is to the people in the room, if it is anything to them; `after` are the leaves afterwards.
    pub(super) fn happened(
        &self,
        entry: &Entry,
        change: &Change,
        after: &[Leaf],
    ) -> Result<Taken, EngineError> {
        let author = change.author.leaf();
        let from = Some((author.name.account.clone(), author.name.device));
        Ok(match self.tell(change, after, entry_at(entry))? {
            Some(text) => Taken::Line(line(entry, from, Said::Event(text))),
            None => Taken::Silent,
        })
    }

    /// What a change is to the people in the room; nothing when only keys changed.
    fn tell(&self, change: &Change, after: &[Leaf], at: Instant) -> Result<Option<String>, EngineError> {
        let who = &change.author.leaf().name.account;
        if matches!(change.author, Author::Returning(_)) {
            return Ok(Some(format!("{who} came back on the same device, with new keys")));
        }
        let came = |leaf: &&Leaf| change.added.iter().any(|(added, _)| added.name == leaf.name);
        let stays = |handle: &Handle| {
            let others = after.iter().filter(|leaf| !came(leaf));
            others.map(|leaf| &leaf.name.account).any(|other| other == handle)
        };
        let is_here = |handle: &Handle| after.iter().any(|leaf| leaf.name.account == *handle);
        let was_here = |handle: &Handle| {
            let replaced = change.removed.iter().any(|(leaf, _)| leaf.name.account == *handle);
            stays(handle) || replaced || change.before.away.contains(handle)
        };
        let (mut parts, mut brought, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for (leaf, _) in &change.added {
            let handle = &leaf.name.account;
            let known = self.step.trusted(handle)?;
            let known = known.into_iter().find(|known| known.device == leaf.name.device);
            let restored = known.as_ref().is_some_and(|known| known.has_been_suspended);
            let restored = restored || self.had_run_out(handle, at)?;
            if restored && change.before.away.contains(handle) {
                parts.push(format!("{handle} is back"));
                continue;
            }
            match known.and_then(|known| known.recovered_by) {
                Some(by) if was_here(handle) && by.is_empty() => {
                    parts.push(format!("{handle} came back on a new device, by the recovery key"));
                }
                Some(by) if was_here(handle) => {
                    let by = by.replace(' ', " and ");
                    parts.push(format!("{handle} came back on a new device, vouched for by {by}"));
                }
                None if was_here(handle) => brought.push(handle),
                _ => added.push(handle),
            }
        }
        let (mut fewer, mut left, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for (leaf, by) in &change.removed {
            let handle = &leaf.name.account;
            if change.leaves(handle) {
                let told = if is_here(handle) { &mut fewer } else { &mut left };
                if !told.contains(&handle) {
                    told.push(handle);
                }
                continue;
            }
            match (*handle == by.name.account, self.was_silent(leaf, at)?) {
                (_, true) | (true, false) if is_here(handle) => fewer.push(handle),
                (false, true) if change.after.away.contains(handle) => {
                    let suspended = self.step.trusted(handle)?.iter().any(|it| it.has_been_suspended);
                    parts.push(if self.had_run_out(handle, at)? {
                        format!("the time of {handle} is over")
                    } else if suspended {
                        format!("{handle} is suspended, and away until that is over")
                    } else {
                        format!(
                            "{handle}'s only device here was revoked: {handle} is away until there is another"
                        )
                    });
                }
                (true, _) => left.push(handle),
                (false, _) => removed.push(handle),
            }
        }
        // Once, however many devices somebody has.
        parts.dedup();
        let away = change.before.away.iter();
        removed.extend(away.filter(|handle| !change.after.away.contains(*handle) && !is_here(handle)));
        let names =
            |handles: &[&Handle]| handles.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let mut say = |handles: &[&Handle], text: &dyn Fn(String) -> String| {
            if !handles.is_empty() {
                parts.push(text(names(handles)));
            }
        };
        say(&brought, &|names| format!("{names} is here with another device"));
        say(&added, &|names| format!("{who} added {names}"));
        say(&fewer, &|names| format!("{names} has one device less here"));
        say(&left, &|names| format!("{names} left"));
        say(&removed, &|names| format!("{who} removed {names}"));
        parts.extend(settings(who, change));
        parts.extend(roles(who, change));
        Ok((!parts.is_empty()).then(|| parts.join("; ")))
    }
}

/// Who may do something else now.
fn roles(who: &Handle, change: &Change) -> Vec<String> {
    let mut parts = Vec::new();
    for (handle, role) in &change.after.roles {
        if change.before.roles.get(handle) != Some(role) {
            parts.push(format!("{who} made {handle} {}", word(*role)));
        }
    }
    let gone = |handle: &Handle| change.removed.iter().any(|(leaf, _)| leaf.name.account == *handle);
    for handle in change.before.roles.keys() {
        if !change.after.roles.contains_key(handle) && !gone(handle) {
            parts.push(format!("{who} made {handle} a member"));
        }
    }
    parts
}

/// What was set anew in the room, for everybody to see.
fn settings(who: &Handle, change: &Change) -> Vec<String> {
    let (before, after) = (&change.before, &change.after);
    let mut parts = Vec::new();
    if before.receipts != after.receipts {
        let what = if after.receipts {
            "now hear what each of you has got and read"
        } else {
            "no longer hear what each of you has got and read"
        };
        parts.push(format!("{who} changed the room: all here {what}"));
    }
    if before.history != after.history {
        parts.push(match after.history {
            0 => format!("{who} changed the room: new members are told nothing that was said before they came"),
            1 => format!("{who} changed the room: new members are told what was said on the day before they came"),
            days => format!("{who} changed the room: new members are told what was said in the {days} days before they came"),
        });
    }
    parts
}

fn word(role: chancery_wire::policy::Role) -> &'static str {
    match role {
        chancery_wire::policy::Role::Member => "a member",
        chancery_wire::policy::Role::Moderator => "a moderator",
        chancery_wire::policy::Role::Owner => "an owner",
    }
}
