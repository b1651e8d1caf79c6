//! A live connection of a device: the order in which `client/sdk/src/live.rs` and `sync.rs` ask things, on a simulated line.
//!
//! Kept beside them by hand: the SDK's own file talks to real sockets. A process that is killed, and a connection that breaks,
//! is this future dropped at any of the points where it waits.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use chancery_engine::{Engine, EngineError, Joined, Out};
use chancery_vault::{Found, WishId};
use chancery_wire::{
    api::Claimed,
    frames::{Acknowledge, ClientFrame, Entry, Fetch, Refused, ServerFrame},
    ids::RoomId,
    names::Handle,
    problem::Code,
    time::Instant,
};

use crate::{
    clock::Clock,
    line::{Line, Reply, Request, ask, frames},
};

/// How long after a refusal that passes by itself it is tried again, in milliseconds.
const LATER: i64 = 2_000;

/// The program of a device, while it runs.
pub(crate) type Program = Rc<RefCell<Option<Engine>>>;

/// Why a connection ended, other than by breaking.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The hub said no.
    Refused(Code),
    /// The engine said no.
    Engine(EngineError),
}

impl From<EngineError> for Ended {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// A connection, and what is going on over it.
pub(crate) struct Live {
    program: Program,
    line: Rc<RefCell<Line>>,
    clock: Clock,
    handle: Handle,
    fetching: HashMap<RoomId, u64>,
    waiting: HashSet<RoomId>,
    later: i64,
    /// What a person would have been warned of.
    alarms: Rc<RefCell<Vec<String>>>,
}

impl Live {
    /// A connection of a running program.
    pub(crate) fn new(
        program: &Program,
        line: &Rc<RefCell<Line>>,
        clock: &Clock,
        handle: &Handle,
        alarms: &Rc<RefCell<Vec<String>>>,
    ) -> Self {
        Self {
            program: program.clone(),
            line: line.clone(),
            clock: clock.clone(),
            handle: handle.clone(),
            fetching: HashMap::new(),
            waiting: HashSet::new(),
            later: 0,
            alarms: alarms.clone(),
        }
    }

    /// Stays online until something ends it.
    pub(crate) async fn run(mut self) -> Ended {
        match self.online().await {
            Ok(()) => Ended::Refused(Code::Failed),
            Err(ended) => ended,
        }
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn engine<T>(
        &self,
        act: impl FnOnce(&mut Engine, Instant) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let now = self.now();
        act(self.program.borrow_mut().as_mut().unwrap(), now)
    }

    async fn ask(&self, request: Request) -> Result<Reply, Ended> {
        match ask(&self.line, request).await {
            Reply::Refused(code) => Err(Ended::Refused(code)),
            reply => Ok(reply),
        }
    }

    fn put(&self, frames: impl IntoIterator<Item = ClientFrame>) {
        self.line.borrow_mut().up.extend(frames);
    }

    async fn online(&mut self) -> Result<(), Ended> {
        self.engine(|engine, now| {
            engine.connected(now);
            Ok(())
        })?;
        self.chains(vec![self.handle.clone()]).await?;
        self.engine(Engine::check_own)?;
        self.restock().await?;
        if self.engine(|engine, _| engine.seeks_archive())? {
            // The account came back as this device; now it can be added.
            self.ask(Request::Call).await?;
            let Reply::Archive(archive) = self.ask(Request::Archive).await? else { panic!() };
            self.engine(|engine, now| engine.archive_lies(&archive, now))?;
        }
        self.join().await?;
        self.pending().await?;
        let rooms = self.engine(|engine, _| engine.followed())?;
        let fetches: Vec<_> = rooms.into_iter().map(|(room, seq)| self.fetch(room, seq)).collect();
        self.put(fetches);
        loop {
            self.send().await?;
            let rests = self.later == 0
                && self.fetching.is_empty()
                && self.engine(|engine, _| engine.is_at_rest())?;
            if rests && self.history().await? {
                continue;
            }
            let frames = frames(&self.line).await;
            if !frames.is_empty() {
                self.receive(frames).await?;
            }
        }
    }

    async fn send(&mut self) -> Result<(), Ended> {
        if self.now().0 < self.later {
            return Ok(());
        }
        self.later = 0;
        loop {
            let mut frames = Vec::new();
            let out = self.engine(Engine::outgoing)?;
            if out.is_empty() {
                return Ok(());
            }
            for out in out {
                match out {
                    Out::Submit(submit) => frames.push(ClientFrame::Submit(submit)),
                    Out::Open(open) => {
                        let Reply::Opened(head) = self.ask(Request::Open(open)).await? else { panic!() };
                        self.engine(|engine, now| engine.opened(&head, now))?;
                        frames.push(self.fetch(head.room, 0));
                    }
                    Out::Claim(wish, handles) => {
                        let mut claims = Vec::new();
                        for handle in handles {
                            let claim = self.claim(Request::Claim(handle.clone(), None)).await?;
                            claims.push((handle, claim));
                        }
                        self.claimed(wish, &claims).await?;
                    }
                    Out::ClaimDevices(wish, handle, devices) => {
                        let claim = self.claim(Request::Claim(handle.clone(), Some(devices))).await?;
                        self.claimed(wish, &[(handle, claim)]).await?;
                    }
                    Out::Dispose(_, file) => {
                        self.ask(Request::Delete(file)).await?;
                        self.engine(|engine, now| engine.disposed(file, now))?;
                    }
                    Out::Return(room) => frames.extend(self.come_back(room).await?),
                }
            }
            self.put(frames);
        }
    }

    async fn receive(&mut self, frames: Vec<ServerFrame>) -> Result<(), Ended> {
        let mut answers = Vec::new();
        let mut frames = frames.into_iter().peekable();
        while let Some(frame) = frames.next() {
            match frame {
                ServerFrame::Entry(first) => {
                    let room = first.room;
                    let mut entries = vec![first];
                    while let Some(ServerFrame::Entry(entry)) =
                        frames.next_if(|next| matches!(next, ServerFrame::Entry(entry) if entry.room == room))
                    {
                        entries.push(entry);
                    }
                    answers.extend(self.entries(room, &entries).await?);
                }
                ServerFrame::Accepted(accepted) => {
                    self.engine(|engine, now| engine.accepted(&accepted, now))?;
                }
                ServerFrame::Refused(refused) => answers.extend(self.refused(&refused)?),
                ServerFrame::UpTo(up_to) => {
                    let after = self.fetching.remove(&up_to.room).unwrap_or(0);
                    if !self.engine(|engine, now| engine.up_to(after, &up_to, now))? {
                        answers.extend(self.fetch_again(up_to.room)?);
                    }
                    if self.waiting.remove(&up_to.room) {
                        self.join().await?;
                    }
                }
                ServerFrame::Look(room) => {
                    self.join().await?;
                    self.pending().await?;
                    answers.extend(self.fetch_again(room)?);
                }
            }
        }
        self.put(answers);
        Ok(())
    }

    async fn entries(&mut self, room: RoomId, entries: &[Entry]) -> Result<Vec<ClientFrame>, Ended> {
        loop {
            let received = self.engine(|engine, now| engine.receive(room, entries, now))?;
            if !received.needs.is_empty() {
                self.chains(received.needs.chains).await?;
                continue;
            }
            if let Some(alarm) = received.alarm {
                self.alarms.borrow_mut().push(alarm.to_string());
            }
            let mut answers = Vec::new();
            if let Some(seq) = received.seq {
                answers.push(ClientFrame::Acknowledge(Acknowledge { room, seq }));
            }
            if received.behind {
                answers.extend(self.fetch_again(room)?);
            }
            return Ok(answers);
        }
    }

    fn refused(&mut self, refused: &Refused) -> Result<Option<ClientFrame>, Ended> {
        let again = self.engine(|engine, now| engine.refused(refused, now))?;
        self.fetching.remove(&refused.room).filter(|_| refused.id.0 == [0; 16]);
        let code = std::str::from_utf8(refused.code.as_slice()).ok().and_then(Code::parse);
        if code == Some(Code::WrongEpoch) {
            return self.fetch_again(refused.room);
        }
        if again.is_some() {
            self.later = self.now().0.saturating_add(LATER);
        }
        Ok(None)
    }

    fn fetch(&mut self, room: RoomId, after: u64) -> ClientFrame {
        self.fetching.insert(room, after);
        ClientFrame::Fetch(Fetch { room, after })
    }

    fn fetch_again(&mut self, room: RoomId) -> Result<Option<ClientFrame>, Ended> {
        if self.fetching.contains_key(&room) {
            return Ok(None);
        }
        let rooms = self.engine(|engine, _| engine.followed())?;
        let found = rooms.into_iter().find(|(known, _)| *known == room);
        Ok(found.map(|(room, seq)| self.fetch(room, seq)))
    }

    async fn join(&mut self) -> Result<(), Ended> {
        let mut fetches = Vec::new();
        loop {
            let Reply::Welcomes(found) = self.ask(Request::Welcomes).await? else { panic!() };
            let mut any = false;
            for welcome in &found {
                let joined = loop {
                    match self.engine(|engine, now| engine.welcomed(welcome, now))? {
                        Joined::Needs(needs) => self.chains(needs.chains).await?,
                        done => break done,
                    }
                };
                match joined {
                    Joined::In(room) => {
                        any = true;
                        fetches.push(self.fetch(room, welcome.seq));
                    }
                    Joined::Refused(room, why) => {
                        self.alarms.borrow_mut().push(format!("a welcome to {room} was refused: {why}"));
                    }
                    Joined::Later(room) => {
                        self.waiting.insert(room);
                        continue;
                    }
                    Joined::Known(_) | Joined::Needs(_) => {}
                }
                let (room, seq) = (welcome.room, welcome.seq);
                fetches.push(ClientFrame::Acknowledge(Acknowledge { room, seq }));
            }
            self.put(fetches.drain(..));
            if !any || found.len() < 16 {
                return Ok(());
            }
        }
    }

    async fn come_back(&mut self, room: RoomId) -> Result<Option<ClientFrame>, Ended> {
        let offered = match self.ask(Request::Return(room)).await {
            Ok(Reply::Return(offered)) => offered,
            Err(Ended::Refused(Code::NoRoom)) => {
                self.engine(|engine, now| engine.gone(room, Code::NoRoom.title(), now))?;
                return Ok(None);
            }
            Err(error) => return Err(error),
            Ok(_) => panic!(),
        };
        loop {
            let needs = self.engine(|engine, now| engine.come_back(&offered, now))?;
            if needs.is_empty() {
                break;
            }
            self.chains(needs).await?;
        }
        let caught_up = self.engine(|engine, _| Ok(engine.is_caught_up(room)))?;
        if caught_up { Ok(None) } else { self.fetch_again(room) }
    }

    async fn history(&mut self) -> Result<bool, Ended> {
        if self.now().0 < self.later {
            return Ok(false);
        }
        if !self.engine(|engine, _| engine.has_history())? {
            return self.archive().await;
        }
        if let Some(telling) = self.engine(Engine::next_telling)? {
            self.ask(Request::Put(telling.file.file, telling.piece.bytes.clone())).await?;
            self.engine(|engine, now| engine.told(&telling, now))?;
            return Ok(true);
        }
        let Some(told) = self.engine(|engine, _| engine.next_told())? else { return self.archive().await };
        let bytes = match self.ask(Request::Get(told.file.file)).await {
            Ok(Reply::File(bytes)) => Some(bytes),
            Err(Ended::Refused(Code::NoFile)) => None,
            Err(error) => return Err(error),
            Ok(_) => panic!(),
        };
        self.engine(|engine, now| engine.take_history(&told, bytes.as_deref(), now))?;
        Ok(true)
    }

    async fn archive(&mut self) -> Result<bool, Ended> {
        if let Some(found) = self.engine(|engine, _| engine.next_archived())? {
            let Found { room, number, device } = found;
            match self.ask(Request::GetBlock(room, number, device)).await {
                Ok(Reply::File(sealed)) => {
                    self.engine(|engine, now| engine.take_archived(&found, &sealed, now))?;
                    self.ask(Request::DeleteBlock(room, number, device)).await?;
                }
                Err(Ended::Refused(Code::NoBlock)) => {}
                Err(error) => return Err(error),
                Ok(_) => panic!(),
            }
            self.engine(|engine, now| engine.drop_archived(&found, now))?;
            return Ok(true);
        }
        let Some(sealed) = self.engine(|engine, now| engine.next_block(false, now))? else {
            return Ok(false);
        };
        self.ask(Request::PutBlock(sealed.block.room, sealed.block.number, sealed.bytes.clone())).await?;
        self.engine(|engine, now| engine.archived(&sealed, now))?;
        Ok(true)
    }

    async fn claim(&mut self, request: Request) -> Result<Result<Claimed, String>, Ended> {
        match self.ask(request).await {
            Ok(Reply::Claimed(claimed)) => Ok(Ok(claimed)),
            Err(Ended::Refused(code)) if code.status() < 500 && code.status() != 429 => {
                Ok(Err(code.title().to_owned()))
            }
            Err(error) => Err(error),
            Ok(_) => panic!(),
        }
    }

    async fn claimed(
        &mut self,
        wish: WishId,
        claims: &[(Handle, Result<Claimed, String>)],
    ) -> Result<(), Ended> {
        loop {
            let needs = self.engine(|engine, now| engine.claimed(wish, claims, now))?;
            if needs.is_empty() {
                return Ok(());
            }
            self.chains(needs).await?;
        }
    }

    async fn chains(&mut self, handles: Vec<Handle>) -> Result<(), Ended> {
        let Reply::Chains(chains) = self.ask(Request::Chains(handles.clone())).await? else { panic!() };
        Ok(self.engine(|engine, now| engine.trust(&handles, &chains, now))?)
    }

    async fn pending(&mut self) -> Result<(), Ended> {
        let Reply::Pending(pending) = self.ask(Request::Pending).await? else { panic!() };
        loop {
            let needs = self.engine(|engine, now| engine.pending(&pending, now))?;
            if needs.is_empty() {
                return Ok(());
            }
            self.chains(needs).await?;
        }
    }

    async fn restock(&mut self) -> Result<(), Ended> {
        let Reply::Stock(left) = self.ask(Request::Stock).await? else { panic!() };
        if let Some(deposit) = self.engine(|engine, now| engine.restock(left, now))? {
            self.ask(Request::Deposit(deposit)).await?;
        }
        Ok(())
    }
}
