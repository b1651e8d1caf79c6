//! The hub's door: who may come in and what is for whom, as the server keeps it, over the hub of the play tests, which orders
//! and judges. It tells the truth always.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
};

use chancery_groups::{Author, Face};
use chancery_play::hub::Hub;
use chancery_wire::{
    api::{Archive, ArchivedBlock, Chains, Claimed, Deposit, PendingRoom, PendingRooms},
    bytes::Opaque,
    frames::{Accepted, Acknowledge, ClientFrame, Fetch, Kind, Refused, ServerFrame, Submit, UpTo},
    ids::{DeviceId, FileId, RoomId, SubmissionId},
    names::Handle,
    problem::Code,
    time::Instant,
};

use crate::{
    book::{Book, Stay},
    line::{Line, Reply, Request},
};

/// A device, as the hub knows it.
#[derive(Debug)]
pub(crate) struct Known {
    /// What it is called in the story.
    pub(crate) name: String,
    /// Whose it is.
    pub(crate) handle: Handle,
    /// Whether it was revoked.
    pub(crate) revoked: bool,
    /// Its key packages for one use.
    pub(crate) stock: VecDeque<Opaque>,
    /// The one of last resort.
    pub(crate) last_resort: Option<Opaque>,
    /// Its connection.
    pub(crate) line: Rc<RefCell<Line>>,
}

/// The hub.
#[derive(Debug, Default)]
pub(crate) struct Door {
    /// Rooms, logs and chains.
    pub(crate) hub: Hub,
    /// Devices.
    pub(crate) devices: BTreeMap<DeviceId, Known>,
    /// Rooms.
    pub(crate) books: BTreeMap<RoomId, Book>,
    /// Files.
    pub(crate) files: BTreeMap<FileId, Vec<u8>>,
    /// What is kept for recovery keys.
    pub(crate) archive: BTreeMap<(Handle, RoomId, u64, DeviceId), Vec<u8>>,
    /// The most entries on a page.
    pub(crate) page: usize,
    /// More frames than these are not kept for a device that does not take them: it is told to look.
    pub(crate) patience: usize,
    /// Counts what was put into logs.
    pub(crate) entries: u64,
    /// Rooms in which leaves of an account do not fit its chain.
    pub(crate) pending: BTreeSet<(RoomId, Handle)>,
    /// What came into logs since it was asked for last.
    pub(crate) came: Vec<String>,
}

impl Door {
    /// Answers a request.
    pub(crate) fn answer(&mut self, device: DeviceId, request: Request, now: Instant, ahead: bool) -> Reply {
        match self.try_answer(device, request, now, ahead) {
            Ok(reply) => reply,
            Err(code) => Reply::Refused(code),
        }
    }

    fn try_answer(
        &mut self,
        device: DeviceId,
        request: Request,
        now: Instant,
        ahead: bool,
    ) -> Result<Reply, Code> {
        if self.devices[&device].revoked {
            return Err(Code::NoSession);
        }
        let whose = self.devices[&device].handle.clone();
        Ok(match request {
            Request::Chains(handles) => Reply::Chains(self.chains(&handles)),
            Request::Stock => Reply::Stock(i64::try_from(self.devices[&device].stock.len()).unwrap()),
            // Their lifetime has not begun for the hub.
            Request::Deposit(_) if ahead => return Err(Code::BadPackage),
            Request::Deposit(deposit) => {
                self.deposit(device, deposit);
                Reply::Done
            }
            Request::Welcomes => {
                let waiting = self.hub.welcomes.get(&device).cloned().unwrap_or_default();
                Reply::Welcomes(waiting.into_iter().take(16).collect())
            }
            Request::Pending => {
                let inside = |room: &RoomId| self.books[room].is_inside(device);
                let pending = self.pending.iter().filter(|(room, _)| inside(room)).cloned();
                let pending = pending.map(|(room, handle)| PendingRoom { room, handle }).collect();
                Reply::Pending(PendingRooms { pending })
            }
            Request::Open(open) => {
                let book = self.books.entry(open.room).or_default();
                if book.stays.is_empty() {
                    book.stays.push(Stay { device, joined: 0, removed: None, kept: 0, entered: true });
                    book.epochs.push((0, BTreeSet::from([device])));
                    book.authors.push(device);
                }
                Reply::Opened(self.hub.open(&open))
            }
            Request::Claim(handle, devices) => self.claim(&handle, devices.as_deref())?,
            Request::Return(room) => {
                let book = self.books.get(&room).ok_or(Code::NoRoom)?;
                if !book.is_inside(device) {
                    return Err(Code::NoRoom);
                }
                Reply::Return(Box::new(self.hub.return_to(room)))
            }
            Request::Put(file, bytes) => {
                self.files.insert(file, bytes);
                Reply::Done
            }
            Request::Get(file) => Reply::File(self.files.get(&file).cloned().ok_or(Code::NoFile)?),
            Request::Delete(file) => {
                self.files.remove(&file);
                Reply::Done
            }
            Request::Call => {
                self.pend(&whose);
                Reply::Done
            }
            Request::Archive => {
                let own = self.archive.iter().filter(|((handle, ..), _)| *handle == whose);
                let blocks = own.map(|((_, room, block, device), bytes)| ArchivedBlock {
                    room: *room,
                    block: *block,
                    device: *device,
                    bytes: bytes.len() as u64,
                });
                Reply::Archive(Archive { blocks: blocks.collect() })
            }
            Request::PutBlock(room, block, bytes) => {
                let gone = |of: &DeviceId| *of == device || self.devices[of].revoked;
                let here =
                    |handle: &Handle, at: RoomId, number: u64| (handle, at, number) == (&whose, room, block);
                self.archive.retain(|(handle, at, number, of), _| !here(handle, *at, *number) || !gone(of));
                self.archive.insert((whose, room, block, device), bytes);
                Reply::Done
            }
            Request::GetBlock(room, block, of) => {
                let found = self.archive.get(&(whose, room, block, of));
                Reply::File(found.cloned().ok_or(Code::NoBlock)?)
            }
            Request::DeleteBlock(room, block, of) => {
                self.archive.remove(&(whose, room, block, of));
                Reply::Done
            }
        })
        .inspect(|_| {
            let _ = now;
        })
    }

    /// Chains of these accounts, the founder's first.
    pub(crate) fn chains(&self, handles: &[Handle]) -> Chains {
        self.hub.chains(handles)
    }

    /// Keeps key packages.
    pub(crate) fn deposit(&mut self, device: DeviceId, deposit: Deposit) {
        let known = self.devices.get_mut(&device).unwrap();
        known.stock.extend(deposit.packages);
        known.last_resort = deposit.last_resort.or(known.last_resort.take());
    }

    fn claim(&mut self, handle: &Handle, devices: Option<&[DeviceId]>) -> Result<Reply, Code> {
        let mut packages = Vec::new();
        let wanted = |id: &DeviceId| devices.is_none_or(|devices| devices.contains(id));
        for (_, known) in self.devices.iter_mut().filter(|(id, it)| it.handle == *handle && wanted(id)) {
            if !known.revoked {
                packages.extend(known.stock.pop_front().or(known.last_resort.clone()));
            }
        }
        if packages.is_empty() { Err(Code::NoPackage) } else { Ok(Reply::Claimed(Claimed { packages })) }
    }

    /// Takes in a frame. When the hub dies before it answers, what is durable stays and nobody hears of it.
    pub(crate) fn hear(&mut self, device: DeviceId, frame: ClientFrame, now: Instant, answers: bool) {
        match frame {
            ClientFrame::Submit(submit) => self.submit(device, &submit, now, answers),
            ClientFrame::Fetch(Fetch { room, after }) if answers => self.fetch(device, room, after),
            ClientFrame::Fetch(_) => {}
            ClientFrame::Acknowledge(Acknowledge { room, seq }) => self.acknowledge(device, room, seq),
        }
    }

    fn submit(&mut self, device: DeviceId, submit: &Submit, now: Instant, answers: bool) {
        let answer = match self.try_submit(device, submit, now, answers) {
            Ok(accepted) => ServerFrame::Accepted(accepted),
            Err(refused) => ServerFrame::Refused(refused),
        };
        if answers {
            self.devices[&device].line.borrow_mut().down.push_back(answer);
        }
    }

    fn try_submit(
        &mut self,
        device: DeviceId,
        submit: &Submit,
        now: Instant,
        answers: bool,
    ) -> Result<Accepted, Refused> {
        let room = submit.room;
        let refused = |code: Code| refusal(submit.id, room, code);
        let before = self.hub.halls.get(&room).map_or(0, |hall| hall.head(room).0);
        let repeats =
            self.hub.halls.get(&room).is_some_and(|hall| hall.log.iter().any(|it| it.id == submit.id));
        let book = self.books.get(&room).ok_or_else(|| refused(Code::NoRoom))?;
        if !book.is_inside(device) && !repeats {
            return Err(refused(Code::NoRoom));
        }
        if submit.kind == Kind::Commit && !submit.welcome.as_slice().is_empty() && !repeats {
            let mut twin = Face::load(&self.hub.halls[&room].face.save().unwrap()).unwrap();
            let known = |id: &DeviceId| self.devices.get(id).is_some_and(|known| !known.revoked);
            if let Ok(change) = twin.follow(submit.body.as_slice(), &|leaf| !known(&leaf.name.device))
                && change.newcomers().any(|leaf| !known(&leaf.name.device))
            {
                return Err(refused(Code::Refused));
            }
        }
        let accepted = self.hub.submit(submit, now)?;
        if accepted.seq == before + 1 {
            self.entries += 1;
            self.publish(room, answers);
            self.keep_book(device, submit, accepted.seq, answers);
        }
        Ok(accepted)
    }

    /// Everybody who is live in the room hears of its last entry.
    fn publish(&self, room: RoomId, answers: bool) {
        let entry = self.hub.halls[&room].log.last().unwrap();
        for known in self.devices.values().filter(|_| answers) {
            let mut line = known.line.borrow_mut();
            if !line.live.contains(&room) {
                continue;
            }
            if line.down.len() >= self.patience {
                line.live.remove(&room);
                line.down.push_back(ServerFrame::Look(room));
            } else {
                line.down.push_back(ServerFrame::Entry(entry.clone()));
            }
        }
    }

    /// What an entry changes about who is in the room.
    fn keep_book(&mut self, author: DeviceId, submit: &Submit, seq: u64, answers: bool) {
        let room = submit.room;
        let place: String = room.to_string().chars().take(4).collect();
        let (name, kind, epoch) = (&self.devices[&author].name, submit.kind, submit.epoch);
        self.came.push(format!("    entry {seq} of log {place}: {kind:?} by {name} in epoch {epoch}"));
        let book = self.books.get_mut(&room).unwrap();
        book.authors.push(author);
        if submit.kind == Kind::Message {
            let epoch = chancery_groups::sealed_epoch(room, submit.body.as_slice()).unwrap();
            book.sealed_in.insert(seq, epoch);
            return;
        }
        let hall = &self.hub.halls[&room];
        let Some((_, change)) = hall.changes.last().filter(|(at, _)| *at == seq) else { return };
        let inside = hall.face.leaves().unwrap().into_iter().map(|leaf| leaf.name.device).collect();
        book.epochs.push((seq, inside));
        if let Author::Returning(leaf) = &change.author {
            book.returns.push((leaf.name.device, seq));
            return;
        }
        for (leaf, _) in change.added.iter().chain(&change.removed) {
            let account = &leaf.name.account;
            let living = self.devices.values().any(|it| it.handle == *account && !it.revoked);
            if !(living && change.after.away.contains(account)) {
                self.pending.remove(&(room, account.clone()));
            }
        }
        let added: Vec<DeviceId> = change.added.iter().map(|(leaf, _)| leaf.name.device).collect();
        for device in change.removed.iter().map(|(leaf, _)| leaf.name.device) {
            for stay in book.stays.iter_mut().filter(|it| it.device == device && it.removed.is_none()) {
                stay.removed = Some(seq);
            }
            self.hub.welcomes.entry(device).or_default().retain(|it| it.room != room || it.seq == seq);
            if !added.contains(&device) {
                self.devices[&device].line.borrow_mut().live.remove(&room);
            }
        }
        for device in added {
            book.stays.push(Stay { device, joined: seq, removed: None, kept: seq, entered: false });
            self.hub.welcomes.entry(device).or_default().retain(|it| it.room != room || it.seq == seq);
            if answers {
                self.devices[&device].line.borrow_mut().down.push_back(ServerFrame::Look(room));
            }
        }
    }

    /// The chain of an account has grown: in its rooms its leaves are to be seen to, and who is online is told.
    pub(crate) fn pend(&mut self, handle: &Handle) {
        for (room, book) in &self.books {
            let own = self.devices.iter().filter(|(_, known)| known.handle == *handle);
            let inside = own.into_iter().any(|(id, _)| book.is_inside(*id));
            if !inside && !self.hub.halls[room].face.policy().away.contains(handle) {
                continue;
            }
            self.pending.insert((*room, handle.clone()));
            for (_, known) in self.devices.iter().filter(|(id, _)| book.is_inside(**id)) {
                known.line.borrow_mut().down.push_back(ServerFrame::Look(*room));
            }
        }
    }

    /// Answers with the part of the log that is for the device, page by page.
    fn fetch(&mut self, device: DeviceId, room: RoomId, after: u64) {
        let mine = self.books.get(&room).map(|book| {
            let mine: Vec<Stay> = book.stays.iter().filter(|it| it.device == device).copied().collect();
            let part = mine.iter().find(|it| it.removed.is_none_or(|removed| removed > after));
            part.or(mine.last()).copied()
        });
        let mut line = self.devices[&device].line.borrow_mut();
        let Some(stay) = mine.flatten() else {
            let refused = refusal(SubmissionId([0; 16]), room, Code::NoRoom);
            line.down.push_back(ServerFrame::Refused(refused));
            return;
        };
        let (last, _) = self.hub.halls[&room].head(room);
        let last = last.min(stay.removed.unwrap_or(u64::MAX));
        let after = after.max(stay.joined);
        let entries = self.hub.entries(room, after).into_iter().filter(|entry| entry.seq <= last);
        let page: Vec<_> = entries.take(self.page).collect();
        let seq = page.last().map_or(after, |entry| entry.seq);
        line.down.extend(page.into_iter().map(ServerFrame::Entry));
        line.down.push_back(ServerFrame::UpTo(UpTo { room, seq, last }));
        if stay.removed.is_none() && seq >= last {
            line.live.insert(room);
        }
    }

    /// What everybody keeps is deleted, and the welcome of who has joined.
    fn acknowledge(&mut self, device: DeviceId, room: RoomId, seq: u64) {
        let (Some(book), Some(hall)) = (self.books.get_mut(&room), self.hub.halls.get_mut(&room)) else {
            return;
        };
        let (last, _) = hall.head(room);
        for stay in book.stays.iter_mut().filter(|stay| stay.device == device) {
            stay.kept = stay.kept.max(seq.min(stay.removed.unwrap_or(last)));
            stay.entered |= seq >= stay.joined && stay.removed.is_none_or(|removed| seq <= removed);
        }
        let joined = book.stays.iter().rfind(|stay| stay.device == device).map_or(0, |stay| stay.joined);
        if seq >= joined {
            self.hub.welcomes.entry(device).or_default().retain(|it| it.room != room || it.seq > seq);
        }
        for entry in hall.log.iter_mut().filter(|entry| entry.body.is_some()) {
            let needed = book.stays.iter().any(|stay| stay.spans(entry.seq) && stay.kept < entry.seq);
            if !needed {
                entry.body = None;
            }
        }
    }
}

fn refusal(id: SubmissionId, room: RoomId, code: Code) -> Refused {
    let (word, title) = (code.as_str().as_bytes().to_vec(), code.title().as_bytes().to_vec());
    Refused { id, room, code: word.into(), title: title.into() }
}
