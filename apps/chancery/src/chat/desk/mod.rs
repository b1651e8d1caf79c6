//! The desk: does what keys ask for, with the vault, and shows what it says then.

mod files;
mod reading;

use std::{collections::HashSet, time::Duration};

use chancery_sdk::{Client, News, Nudge, SdkError, Want};
use chancery_wire::{
    content::{MessageId, TEXT_LIMIT, Written},
    ids::RoomId,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    act::Act,
    composer::Target,
    people::{Own, People},
    state::{Chat, Focus, Over},
    status::{Connection, Draft},
    told::Told,
    transfer::Standing,
};
use crate::{
    failure::Failure,
    output::{one_line, told},
    unlock::Door,
};

/// How long going takes at most.
const FAREWELL: Duration = Duration::from_secs(3);

/// The vault as the screen uses it, and how others are reached.
pub(super) struct Desk {
    client: Client,
    door: Door,
    to: UnboundedSender<Told>,
    nudge: Option<Nudge>,
}

impl Desk {
    pub(super) fn new(client: Client, door: Door, to: UnboundedSender<Told>) -> Self {
        Self { client, door, to, nudge: None }
    }

    /// Does what was asked for; what went wrong is noted.
    pub(super) fn perform(&mut self, chat: &mut Chat, act: Act) {
        if let Err(failure) = self.act(chat, act) {
            chat.note = Some(one_line(&failure.to_string()));
        }
    }

    /// Keeps what is typed.
    pub(super) fn keep_draft(&mut self, chat: &mut Chat) {
        let (Some(room), Some(composer)) = (chat.at, chat.composer()) else { return };
        chat.draft = match self.client.keep_draft(room, composer.typed.as_str()) {
            // Nothing but blanks is nothing to keep.
            Ok(()) if composer.is_blank() => Draft::None,
            Ok(()) => {
                // The person's other devices are told of it, after a while.
                self.give_nudge();
                Draft::Kept
            }
            Err(error) => Draft::Failed(one_line(&error.to_string())),
        };
    }

    /// What was said is kept for the recovery key before the person goes, where there is one. What cannot be is kept the next time.
    pub(super) async fn take_leave(&mut self) {
        if self.client.has_to_keep().is_ok_and(|due| due) {
            // Also where the server puts it off.
            let _ = tokio::time::timeout(FAREWELL, self.client.sync(FAREWELL, &mut |_| {})).await;
        }
    }

    /// Keeps what is typed, where it is not kept yet.
    pub(super) fn keep_typed(&mut self, chat: &mut Chat) {
        if matches!(chat.draft, Draft::Typing | Draft::Failed(_)) {
            self.keep_draft(chat);
        }
    }

    /// What is on the screen was read; answers whether it was not before.
    pub(super) fn seen(&mut self, chat: &mut Chat) -> bool {
        let Some((room, seq)) = chat.seen() else { return false };
        match self.client.mark_read(room, seq) {
            Ok(()) => {
                // The person's other devices are told.
                self.give_nudge();
                self.refresh(chat, &HashSet::from([room]));
            }
            Err(error) => chat.note = Some(one_line(&error.to_string())),
        }
        true
    }

    /// Takes in what was told; answers with the room that may have changed.
    pub(super) fn hear(&mut self, chat: &mut Chat, what: Told) -> Option<RoomId> {
        match what {
            Told::Nudge(nudge) => self.nudge = Some(nudge),
            Told::News(news) => match &news {
                News::Connected | News::Online => chat.connection = Connection::Online,
                News::Broken(why) => chat.connection = Connection::Broken(one_line(why)),
                News::Later(_) => chat.note = told(&news).map(|text| one_line(&text)),
                News::Alarm(room, why) => {
                    chat.alarms.insert(*room, one_line(why));
                    chat.note = told(&news).map(|text| one_line(&text));
                    return Some(*room);
                }
                News::Line(line) => return Some(line.message.room),
                News::Joined(room) => return Some(*room),
            },
            Told::Ended { why, again: true } => chat.connection = Connection::Broken(one_line(&why)),
            Told::Ended { why, again: false } => chat.connection = Connection::Over(one_line(&why)),
            Told::Carried { number, done, all } => {
                if let Some(transfer) = chat.transfers.get_mut(number) {
                    (transfer.done, transfer.all) = (done, all);
                }
            }
            Told::Finished { number, outcome } => {
                if let Some(transfer) = chat.transfers.get_mut(number) {
                    let name = &transfer.name;
                    chat.note = Some(match &outcome {
                        Ok(how) => format!("{name}: {how}"),
                        Err(why) => format!("{name}: not done: {why} (Ctrl-T)"),
                    });
                    transfer.standing = outcome.map_or_else(Standing::Failed, Standing::Done);
                }
                // The message that brings it waits in the vault.
                self.give_nudge();
                return chat.transfers.get(number).map(|it| it.load.room());
            }
        }
        None
    }

    fn act(&mut self, chat: &mut Chat, act: Act) -> Result<(), Failure> {
        match act {
            Act::Go(room) => self.go(chat, room)?,
            Act::Say => self.say(chat)?,
            Act::Withdraw(id) => self.want(chat, Want::Withdraw(id))?,
            Act::React(id, with) => self.want(chat, Want::React(id, Written::reaction(&with)?))?,
            Act::Acknowledge(id) => self.want(chat, Want::Acknowledge(id))?,
            Act::Pin(id, pinned) => self.want(chat, Want::Pin(id, pinned))?,
            Act::Mute => self.mute(chat)?,
            Act::Unreact(seq) => self.unreact(chat, seq)?,
            Act::Thread(seq) => self.thread(chat, seq)?,
            Act::Older => self.older(chat)?,
            Act::Newer => self.newer(chat)?,
            Act::Newest => self.newest(chat)?,
            Act::Search => self.search(chat),
            Act::Find(room, seq) => self.find(chat, room, seq)?,
            Act::People => self.people(chat)?,
            Act::Send(path) => self.send(chat, path),
            Act::Save(file, path) => self.save(chat, &file, path),
            Act::Complete => files::complete(chat),
            Act::Again(number) => self.again(chat, number)?,
            Act::Stop(number) => {
                if let Some(transfer) = chat.transfers.get(number) {
                    transfer.stop.notify_one();
                }
            }
            Act::Forget(wish) => {
                self.client.dismiss(wish)?;
                self.refresh(chat, &chat.at.into_iter().collect());
            }
            // The run loop does these.
            Act::Redraw | Act::End => {}
        }
        Ok(())
    }

    /// Says what is typed. It is out of the composer only when it is kept.
    fn say(&mut self, chat: &mut Chat) -> Result<(), Failure> {
        // Whatever happens from here on, it is in the vault.
        self.keep_draft(chat);
        let Some(composer) = chat.composer() else { return Ok(()) };
        let text = Written::parse(composer.typed.as_str().trim_end(), TEXT_LIMIT)?;
        let thread = chat.thread.as_ref().map(|thread| thread.root);
        let want = match (&composer.target, thread) {
            (Target::Edit { of, .. }, _) => Want::Edit(*of, text),
            (Target::Answer { to, .. }, thread) => Want::Reply { to: *to, text, threaded: thread.is_some() },
            (Target::Here, Some(root)) => Want::Reply { to: root, text, threaded: true },
            (Target::Here, None) => Want::Say(text),
        };
        self.want(chat, want)?;
        if let Some(composer) = chat.composer_mut() {
            composer.typed.take();
            composer.target = Target::Here;
        }
        self.keep_draft(chat);
        chat.shown_mut().show_end();
        if chat.timeline.is_whole.1 { Ok(()) } else { self.newest(chat) }
    }

    fn want(&mut self, chat: &mut Chat, want: Want) -> Result<(), Failure> {
        let Some(room) = chat.at else { return Ok(()) };
        self.client.want(room, want)?;
        self.give_nudge();
        self.refresh(chat, &HashSet::from([room]));
        Ok(())
    }

    /// Makes the room quiet, or not any more.
    fn mute(&mut self, chat: &mut Chat) -> Result<(), Failure> {
        let Some((room, muted)) = chat.room().map(|view| (view.id, view.muted)) else { return Ok(()) };
        self.client.mute(room, !muted)?;
        self.give_nudge();
        self.refresh(chat, &HashSet::from([room]));
        chat.note =
            Some(if muted { "it tells you of news again" } else { "it tells you of no news" }.to_owned());
        Ok(())
    }

    /// Takes back every own reaction to a message.
    fn unreact(&mut self, chat: &mut Chat, seq: u64) -> Result<(), Failure> {
        let Some(line) = chat.shown().line(seq).cloned() else { return Ok(()) };
        let me = chat.me.clone();
        let mine =
            |about: &chancery_sdk::Line| about.message.from.as_ref().is_some_and(|(who, _)| *who == me);
        let is_reaction =
            |about: &chancery_sdk::Line| matches!(about.message.said, chancery_sdk::Said::Reaction(_));
        let found = self.client.lines_about(&line)?;
        let ids: Vec<MessageId> =
            found.iter().filter(|it| mine(it) && is_reaction(it)).filter_map(|it| it.message.id).collect();
        if ids.is_empty() {
            chat.note = Some("you have not reacted to that".to_owned());
        }
        ids.into_iter().try_for_each(|id| self.want(chat, Want::Withdraw(id)))
    }

    fn people(&mut self, chat: &mut Chat) -> Result<(), Failure> {
        let this = self.client.enrolled()?.device;
        let devices = self.client.devices()?.into_iter().map(|device| {
            let still_in = if device.revoked { self.client.still_in(device.device)?.len() } else { 0 };
            Ok(Own { is_this: device.device == this, device, still_in })
        });
        let devices: Vec<Own> = devices.collect::<Result<_, SdkError>>()?;
        chat.over = Some(Over::People(People::of(chat.room(), &devices)));
        Ok(())
    }

    /// Goes to another room; what is typed in this one is kept.
    fn go(&mut self, chat: &mut Chat, room: RoomId) -> Result<(), Failure> {
        if chat.at == Some(room) {
            return Ok(());
        }
        self.keep_draft(chat);
        self.enter(chat, room)?;
        if chat.focus == Focus::Lines {
            chat.focus = Focus::Composer;
        }
        Ok(())
    }

    fn give_nudge(&self) {
        if let Some(nudge) = &self.nudge {
            nudge.give();
        }
    }
}
