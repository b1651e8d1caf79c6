//! A sealed message: opened, its sender and its sender's view of the room checked.

use chancery_groups::{Leaf, policy_of, roster, sealed_epoch};
use chancery_vault::{Message, Room, Said, Standing, Wished};
use chancery_wire::{
    content::{Content, Letter, Marks, MessageId, View},
    frames::Entry,
    ids::DeviceId,
    names::{Handle, LeafName},
    policy::RoomPolicy,
};
use openmls::{
    credentials::{BasicCredential, Credential},
    framing::ProcessedMessageContent,
    group::{MlsGroup, ProcessMessageError, ValidationError},
    prelude::{MlsMessageIn, ProtocolMessage},
};
use tls_codec::Deserialize as _;

use super::{Taken, line, unopened};
use crate::{
    alarm::Alarm,
    cause::Cause,
    engine::Turn,
    error::EngineError,
    names::{heard_names, is_first, names_anew, told_at},
    wish::Wish,
};

/// What came of opening.
enum Opened {
    /// The content, and who sealed it in which epoch.
    Letter(Vec<u8>, LeafName, u64),
    /// Sealed by this device itself, and not in its outbox.
    Own,
    Not(Cause),
}

impl Turn<'_> {
    pub(super) fn take_message(
        &mut self,
        room: &mut Room,
        entry: &Entry,
        own: Option<Wished>,
    ) -> Result<Taken, EngineError> {
        if let Some(wished) = own {
            return self.take_own(room, entry, &wished);
        }
        let Some(body) = &entry.body else {
            // Bodies go when every device has had them, or by age. Perhaps this one sent it, and its vault was put back since: it says
            // nothing before it has other keys.
            room.renew_at = room.renew_at.min(self.now);
            return Ok(Taken::Line(unopened(entry, Cause::Expired)));
        };
        // Any member could put it there again, so that it says nothing about the server.
        if self.step.has_digest(room.id, entry.digest)? {
            return Ok(Taken::Line(unopened(entry, Cause::Replayed)));
        }
        if sealed_epoch(room.id, body.as_slice()).is_err() {
            return Ok(Taken::Alarm(Alarm::NotSealed));
        }
        if room.standing == Standing::Lost {
            return Ok(Taken::Line(unopened(entry, Cause::WhileLost)));
        }
        let mut group = self.group(room.id)?;
        let opened = self.open_message(&mut group, body.as_slice())?;
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        self.put(room.id, group);
        Ok(match opened {
            Opened::Own => Taken::Lost(Some(unopened(entry, Cause::OtherCopy))),
            Opened::Not(cause) => Taken::Line(unopened(entry, cause)),
            Opened::Letter(letter, name, epoch) => {
                self.read(room, entry, (&leaves, &policy), (&letter, &name, epoch))?
            }
        })
    }

    /// A message of this device, seen where it was promised.
    fn take_own(&mut self, room: &mut Room, entry: &Entry, wished: &Wished) -> Result<Taken, EngineError> {
        self.step.drop_wish(wished.wish)?;
        room.charter = room.charter.max(wished.sealed.as_ref().map_or(0, |sealed| sealed.charter));
        let from = (self.me.identity.handle.clone(), self.me.identity.device);
        let Wish::Write { content } = Wish::read(&wished.what)? else { return Ok(Taken::Silent) };
        let read = Content::decode(&content);
        let (salt, content) = read.map_err(|_| chancery_vault::VaultError::Damaged("outbox"))?;
        if room.standing == Standing::Joined {
            let group = self.group(room.id)?;
            let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
            let since = room.names_since.unwrap_or_default();
            let missed = wished.sealed.as_ref().is_some_and(|sealed| sealed.epoch < since);
            self.put(room.id, group);
            // Since it was sealed, the room may have become another one. What others refuse of it does not count here either.
            if !self.may_say(room, (&leaves, &policy), (&from.0, from.1), &content) {
                return Ok(not_allowed(room, entry, &content));
            }
            // Whoever came in since cannot read what the room is called now: it is said once more.
            told_at(room, &content, missed.then_some(self.now));
        }
        self.say(room, entry, from, (salt, content))
    }

    /// Whether somebody's words count in a room as it is now.
    fn may_say(
        &self,
        room: &Room,
        (leaves, policy): (&[Leaf], &RoomPolicy),
        (who, device): (&Handle, DeviceId),
        content: &Content,
    ) -> bool {
        let may = |handle: &Handle| policy.role(handle) >= policy.may_add;
        match content {
            Content::History { .. } => policy.history > 0 && may(who),
            Content::Pin { .. } => may(who),
            // What a room is called is said again for devices that come in, by whoever brought them, by their own other devices, or by
            // anybody where nobody else may; who may name the room has the last word.
            Content::RoomName(_) | Content::RoomTopic(_) => {
                let own = &self.me.identity.handle;
                let others = || leaves.iter().map(|leaf| &leaf.name.account).filter(|other| *other != own);
                may(who)
                    || is_first(room, content)
                        && device != self.me.identity.device
                        && (who == own || room.brought_by.as_ref() == Some(who) || !others().any(may))
            }
            _ => true,
        }
    }

    fn open_message(&self, group: &mut MlsGroup, body: &[u8]) -> Result<Opened, EngineError> {
        let message = MlsMessageIn::tls_deserialize_exact(body).ok();
        let message: Option<ProtocolMessage> = message.and_then(|it| it.try_into_protocol_message().ok());
        let Some(message) = message else { return Ok(Opened::Not(Cause::Damaged)) };
        let processed = match group.process_message(&self.provider(), message) {
            Ok(processed) => processed,
            Err(ProcessMessageError::StorageError(error)) => return Err(error.into()),
            Err(error) => return Ok(Opened::Not(cause(&error))),
        };
        let epoch = processed.epoch().as_u64();
        let name = name(processed.credential());
        Ok(match (processed.into_content(), name) {
            (ProcessedMessageContent::OwnPrivateMessage, _) => Opened::Own,
            (ProcessedMessageContent::ApplicationMessage(letter), Some(name)) => {
                Opened::Letter(letter.into_bytes(), name, epoch)
            }
            _ => Opened::Not(Cause::Damaged),
        })
    }

    /// Reads what was opened. Its sender is still in the room, and saw the same room.
    fn read(
        &mut self,
        room: &mut Room,
        entry: &Entry,
        (leaves, policy): (&[Leaf], &RoomPolicy),
        (letter, name, epoch): (&[u8], &LeafName, u64),
    ) -> Result<Taken, EngineError> {
        if !leaves.iter().any(|leaf| leaf.name == *name) {
            return Ok(Taken::Line(unopened(entry, Cause::SenderGone)));
        }
        let Ok(letter) = Letter::decode(letter) else {
            return Ok(Taken::Line(unopened(entry, Cause::UnknownContent)));
        };
        if let Some(alarm) = self.compare(room, entry, (&name.account, epoch), &letter.view)? {
            return Ok(Taken::Alarm(alarm));
        }
        self.memory.charter_told = self.memory.charter_told.max(letter.view.charter);
        // Of what is not known here nobody can say whether there is such a thing.
        if self.charter()?.is_separation(letter.view.charter) {
            room.charter = room.charter.max(letter.view.charter);
        }
        if let Content::Report(report) = &letter.content {
            // Where it is not asked for, it is nobody's business.
            if policy.receipts && !room.own && name.account != self.me.identity.handle {
                for (of, status) in report {
                    self.step.keep_receipt(room.id, *of, &name.account, *status)?;
                }
            }
            return Ok(Taken::Silent);
        }
        if !self.may_say(room, (leaves, policy), (&name.account, name.device), &letter.content) {
            return Ok(not_allowed(room, entry, &letter.content));
        }
        if is_name(&letter.content) {
            let may_name =
                policy.role(&name.account) >= policy.may_add || name.account == self.me.identity.handle;
            heard_names(room, (epoch, may_name), &letter.content);
        }
        let taken =
            self.say(room, entry, (name.account.clone(), name.device), (letter.salt, letter.content))?;
        if policy.receipts
            && let Taken::Line(line) = &taken
        {
            self.report_delivered(room, line)?;
        }
        Ok(taken)
    }

    /// What somebody says becomes a line. What speaks of an earlier message speaks of its first version from here on, and only
    /// its author changes it or takes it back.
    fn say(
        &self,
        room: &mut Room,
        entry: &Entry,
        from: (Handle, DeviceId),
        (salt, content): ([u8; 16], Content),
    ) -> Result<Taken, EngineError> {
        if let Content::Note(note) = content {
            // Notes are for one's own devices, and only they are in that room.
            if !room.own {
                return Ok(Taken::Line(unopened(entry, Cause::NotAllowed)));
            }
            if from.1 != self.me.identity.device {
                self.take_note(note)?;
            }
            return Ok(Taken::Silent);
        }
        let id = MessageId::of(&self.me.identity.domain, &from.0, room.id, &content.encode(salt), salt);
        let about = match &content {
            Content::Edit { of, .. }
            | Content::Withdraw(of)
            | Content::Acknowledge(of)
            | Content::Pin { of, .. }
            | Content::Reaction { to: of, .. } => Some(*of),
            Content::Text { reply_to, .. } => *reply_to,
            Content::Note(_)
            | Content::Report(_)
            | Content::History { .. }
            | Content::File(_)
            | Content::RoomName(_)
            | Content::RoomTopic(_) => None,
        };
        // A change is the sender's own word about the sender's own message, whoever else uses the same id.
        let changes = matches!(content, Content::Edit { .. } | Content::Withdraw(_));
        let by = changes.then_some(&from.0);
        let first = about.map(|of| self.first_version(room.id, of, by)).transpose()?.flatten();
        if changes && first.is_none() {
            let others = about.map(|of| self.step.message(room.id, of)).transpose()?.flatten();
            if others.is_some() {
                return Ok(Taken::Line(unopened(entry, Cause::NotAllowed)));
            }
            // This device came after the first version: the later one stands for it, under its name.
            if let Content::Edit { of, text } = &content {
                let said = Said::Text(text.clone());
                return Ok(Taken::Line(Message { id: Some(*of), ..line(entry, Some(from), said) }));
            }
        }
        match (&content, &first) {
            // A file has no text to be changed.
            (Content::Edit { .. }, Some(Message { said: Said::File(_), .. })) => {
                return Ok(Taken::Line(unopened(entry, Cause::NotAllowed)));
            }
            (Content::Withdraw(_), Some(first)) if from.0 == self.me.identity.handle => {
                self.dispose_of(room.id, &first.said)?;
            }
            _ => {}
        }
        // It is said again for devices that come in; to everybody else it is nothing new.
        if is_name(&content) && !names_anew(room, &content) {
            return Ok(Taken::Silent);
        }
        let gone = first.as_ref().is_some_and(|first| matches!(first.said, Said::Gone(_)));
        let (thread, marks) = match &content {
            Content::Text { thread, marks, .. } => (*thread, marks.clone()),
            _ => (None, Marks::default()),
        };
        let who = from.0.clone();
        let said = match content {
            Content::Text { text, .. } => Said::Text(text),
            Content::File(file) => Said::File(file),
            Content::Note(_) | Content::Report(_) => return Ok(Taken::Silent),
            // What was taken back stays so.
            Content::Edit { .. } | Content::Reaction { .. } | Content::Pin { pinned: true, .. } if gone => {
                return Ok(Taken::Silent);
            }
            Content::Edit { text, .. } => Said::Edit(text),
            Content::Withdraw(_) => Said::Withdrawal,
            Content::Reaction { with, .. } => Said::Reaction(with),
            Content::History { before, upto, file } => {
                let whole = upto.saturating_add(1) == before;
                if from.1 != self.me.identity.device {
                    self.take_grant(room, &who, (before, upto, file))?;
                }
                // It comes in pieces, and is said once.
                if !whole {
                    return Ok(Taken::Silent);
                }
                Said::Event(format!("{who} told who came what was said in the days before"))
            }
            Content::Acknowledge(_) => match &first {
                Some(first) if first.marks.urgent && !self.step.has_acknowledged(first, &who)? => {
                    Said::Acknowledgement
                }
                _ => return Ok(Taken::Silent),
            },
            Content::Pin { pinned, .. } => {
                let Some(of) = first.as_ref().and_then(|first| first.id) else { return Ok(Taken::Silent) };
                if self.step.is_pinned(room.id, of)? == pinned {
                    return Ok(Taken::Silent);
                }
                self.step.pin(room.id, of, pinned)?;
                Said::Event(format!("{who} {}", if pinned { "pinned" } else { "unpinned" }))
            }
            Content::RoomName(name) => {
                room.name.text = Some(name.reveal().to_owned());
                Said::Event(format!("{who} named the room {}", name.reveal()))
            }
            Content::RoomTopic(topic) => {
                room.topic.text = Some(topic.reveal().to_owned());
                Said::Event(format!("{who} gave the room the topic {}", topic.reveal()))
            }
        };
        let about = first.and_then(|first| first.id).or(about);
        Ok(Taken::Line(Message { id: Some(id), about, thread, marks, ..line(entry, Some(from), said) }))
    }

    /// Compares the sender's view of the room with this device's.
    fn compare(
        &self,
        room: &Room,
        entry: &Entry,
        (who, epoch): (&Handle, u64),
        view: &View,
    ) -> Result<Option<Alarm>, EngineError> {
        if view.seq >= entry.seq {
            return Ok(Some(Alarm::Reordered(who.clone())));
        }
        let head = self.step.head(room.id, view.seq)?;
        let authenticator = self.step.epoch(room.id, epoch)?;
        let forked = head.is_some_and(|head| head != view.head)
            || authenticator.is_some_and(|authenticator| authenticator != view.authenticator);
        Ok(forked.then(|| Alarm::Forked(who.clone())))
    }
}

fn is_name(content: &Content) -> bool {
    matches!(content, Content::RoomName(_) | Content::RoomTopic(_))
}

/// Words that do not count. That a room is called as it is called is nothing to anybody.
fn not_allowed(room: &Room, entry: &Entry, content: &Content) -> Taken {
    if is_name(content) && !names_anew(room, content) {
        Taken::Silent
    } else {
        Taken::Line(unopened(entry, Cause::NotAllowed))
    }
}

fn name(credential: &Credential) -> Option<LeafName> {
    let basic = BasicCredential::try_from(credential.clone()).ok()?;
    std::str::from_utf8(basic.identity()).ok()?.parse().ok()
}

fn cause<E>(error: &ProcessMessageError<E>) -> Cause {
    match error {
        ProcessMessageError::ValidationError(ValidationError::NoPastEpochData) => Cause::OldEpoch,
        _ => Cause::Damaged,
    }
}
