//! A live connection: frames in, the engine's outcome out, until there is nothing left to do.

use std::collections::{HashMap, HashSet};

use chancery_engine::{Joined, Line, Needs, Out};
use chancery_vault::{Identity, WishId};
use chancery_wire::{
    api::{Claim, Claimed, PendingRooms, Return, RoomHead, Stock, Welcomes},
    frames::{Acknowledge, ClientFrame, Entry, Fetch, Refused, ServerFrame},
    ids::{DeviceId, RoomId},
    names::Handle,
    problem::Code,
};
use reqwest::Method;

use crate::{client::Client, clock::now, error::SdkError, net::Socket, nudge::Nudge};

/// How long after a refusal that passes by itself it is tried again, in milliseconds.
const LATER: i64 = 2_000;

/// Something that happened, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A new line in a room.
    Line(Box<Line>),
    /// The device was added to a room.
    Joined(RoomId),
    /// A room was stopped or not entered: the words say why.
    Alarm(RoomId, String),
    /// Something is not done yet and is tried again, for this reason.
    Later(String),
    /// The connection is not there, for this reason; it is tried again.
    Broken(String),
    /// The connection is there.
    Connected,
    /// The connection is there again, after it was not.
    Online,
}

/// A connection, and what is going on over it.
pub(crate) struct Live<'c> {
    pub(crate) client: &'c mut Client,
    pub(crate) identity: Identity,
    pub(crate) socket: Socket,
    /// Rooms that are being fetched, and from where.
    fetching: HashMap<RoomId, u64>,
    /// Rooms with a welcome that is taken once their log was followed.
    waiting: HashSet<RoomId>,
    /// Until when nothing is sent, after a refusal that passes by itself.
    pub(crate) later: i64,
    /// Until when no history is told, taken in or kept, after the server could not.
    pub(crate) away: i64,
    pub(crate) news: Vec<News>,
}

impl<'c> Live<'c> {
    /// Connects, and asks for everything that happened meanwhile.
    pub(crate) async fn open(client: &'c mut Client) -> Result<Self, SdkError> {
        let identity = client.enrolled()?;
        client.engine.connected(now());
        let socket = client.http.socket(&identity).await?;
        client.keep_session()?;
        let (fetching, waiting) = (HashMap::new(), HashSet::new());
        let mut live = Self { client, identity, socket, fetching, waiting, later: 0, away: 0, news: vec![] };
        live.check_own().await?;
        live.charter().await?;
        live.look_into_archive().await?;
        live.restock().await?;
        live.join().await?;
        live.pending().await?;
        let rooms = live.client.engine.followed()?;
        for (room, seq) in &rooms {
            live.client.told.entry(*room).or_insert(*seq);
        }
        let fetches: Vec<ClientFrame> = rooms.into_iter().map(|(room, seq)| live.fetch(room, seq)).collect();
        live.socket.send(fetches).await?;
        Ok(live)
    }

    /// What wakes this connection when there is something new to send.
    pub(crate) fn nudge(&self) -> Nudge {
        self.client.nudge()
    }

    /// Whether nothing is left to wait for.
    pub(crate) fn is_at_rest(&self) -> Result<bool, SdkError> {
        Ok(self.fetching.is_empty() && self.client.engine.is_at_rest()?)
    }

    /// When the engine wants to be asked again, in milliseconds since 1970.
    pub(crate) fn next_tick(&self) -> Result<Option<i64>, SdkError> {
        let tick = self.client.engine.next_tick()?.map(|at| at.0);
        // Before that nothing is sent, whatever is due.
        Ok(if self.later > 0 { Some(self.later) } else { tick })
    }

    /// Sends everything that can be sent.
    pub(crate) async fn send(&mut self) -> Result<(), SdkError> {
        if now().0 < self.later {
            return Ok(());
        }
        self.later = 0;
        loop {
            let mut frames = Vec::new();
            let out = self.client.engine.outgoing(now())?;
            if out.is_empty() {
                return Ok(());
            }
            for out in out {
                match out {
                    Out::Submit(submit) => frames.push(ClientFrame::Submit(submit)),
                    Out::Open(open) => {
                        let head: RoomHead = match self.post("/v1/rooms", &open).await {
                            Ok(head) => head,
                            // It is not to stand in the way of everything else.
                            Err(SdkError::Refused(problem)) if problem.status == 403 => {
                                self.client.engine.not_opened(open.room, &problem.title, now())?;
                                continue;
                            }
                            Err(error) => return Err(error),
                        };
                        self.client.engine.opened(&head, now())?;
                        frames.push(self.fetch(head.room, 0));
                    }
                    Out::Claim(wish, handles) => {
                        let mut claims = Vec::new();
                        for handle in handles {
                            let claim = self.claim(&handle, None).await?;
                            claims.push((handle, claim));
                        }
                        self.claimed(wish, &claims).await?;
                    }
                    Out::ClaimDevices(wish, handle, devices) => {
                        let claim = self.claim(&handle, Some(devices)).await?;
                        self.claimed(wish, &[(handle, claim)]).await?;
                    }
                    Out::Dispose(room, file) => {
                        let path = format!("/v1/rooms/{room}/files/{file}");
                        let identity = &self.identity;
                        match self.client.http.ask(identity, Method::DELETE, &path, None::<&()>).await {
                            Ok(()) => {}
                            // Who has left cannot delete it any more, and nobody is to try forever.
                            Err(SdkError::Refused(problem)) if matches!(problem.status, 403 | 404) => {}
                            Err(error) => return Err(error),
                        }
                        self.client.engine.disposed(file, now())?;
                    }
                    Out::Return(room) => frames.extend(self.come_back(room).await?),
                }
            }
            self.socket.send(frames).await?;
        }
    }

    /// Takes in frames that were received together.
    pub(crate) async fn receive(&mut self, frames: Vec<ServerFrame>) -> Result<(), SdkError> {
        let mut answers = Vec::new();
        let mut frames = frames.into_iter().peekable();
        while let Some(frame) = frames.next() {
            match frame {
                ServerFrame::Entry(first) => {
                    let room = first.room;
                    let mut entries = vec![first];
                    // Entries of a room that came together are taken in together.
                    while let Some(ServerFrame::Entry(entry)) =
                        frames.next_if(|next| matches!(next, ServerFrame::Entry(entry) if entry.room == room))
                    {
                        entries.push(entry);
                    }
                    answers.extend(self.entries(room, &entries).await?);
                }
                ServerFrame::Accepted(accepted) => self.client.engine.accepted(&accepted, now())?,
                ServerFrame::Refused(refused) => answers.extend(self.refused(&refused).await?),
                ServerFrame::UpTo(up_to) => {
                    let after = self.fetching.remove(&up_to.room).unwrap_or(0);
                    if !self.client.engine.up_to(after, &up_to, now())? {
                        answers.extend(self.fetch_again(up_to.room)?);
                    }
                    self.alarm(up_to.room)?;
                    if self.waiting.remove(&up_to.room) {
                        self.join().await?;
                    }
                }
                ServerFrame::Look(room) => {
                    self.charter().await?;
                    self.join().await?;
                    self.pending().await?;
                    answers.extend(self.fetch_again(room)?);
                }
            }
        }
        self.socket.send(answers).await
    }

    async fn entries(&mut self, room: RoomId, entries: &[Entry]) -> Result<Vec<ClientFrame>, SdkError> {
        loop {
            let received = self.client.engine.receive(room, entries, now())?;
            self.tell(room)?;
            if !received.needs.is_empty() {
                self.look_up(received.needs).await?;
                continue;
            }
            if received.charter {
                self.charter().await?;
            }
            if let Some(alarm) = received.alarm {
                self.news.push(News::Alarm(room, alarm.to_string()));
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

    /// Tells the new lines of a room, also those that another program took into the same vault.
    fn tell(&mut self, room: RoomId) -> Result<(), SdkError> {
        let told = self.client.told.entry(room).or_default();
        let lines = self.client.engine.lines(room, Some(*told), u32::MAX)?;
        *told = lines.last().map_or(*told, |line| line.message.seq);
        self.news.extend(lines.into_iter().map(|line| News::Line(Box::new(line))));
        Ok(())
    }

    async fn refused(&mut self, refused: &Refused) -> Result<Option<ClientFrame>, SdkError> {
        let again = self.client.engine.refused(refused, now())?;
        self.fetching.remove(&refused.room).filter(|_| refused.id.0 == [0; 16]);
        let code = std::str::from_utf8(refused.code.as_slice()).ok().and_then(Code::parse);
        if code == Some(Code::OldCharter) {
            self.charter().await?;
        }
        if code == Some(Code::WrongEpoch) {
            return self.fetch_again(refused.room);
        }
        if let Some(why) = again {
            self.later = now().0.saturating_add(LATER);
            self.news.push(News::Later(why));
        }
        Ok(None)
    }

    /// Says so when a room was stopped by an answer.
    fn alarm(&mut self, room: RoomId) -> Result<(), SdkError> {
        if let Some(why) = self.client.engine.stopped(room)? {
            self.news.push(News::Alarm(room, why));
        }
        Ok(())
    }

    fn fetch(&mut self, room: RoomId, after: u64) -> ClientFrame {
        self.fetching.insert(room, after);
        ClientFrame::Fetch(Fetch { room, after })
    }

    /// Fetches a room from where it stands, unless that is under way.
    fn fetch_again(&mut self, room: RoomId) -> Result<Option<ClientFrame>, SdkError> {
        if self.fetching.contains_key(&room) {
            return Ok(None);
        }
        let rooms = self.client.engine.followed()?;
        let found = rooms.into_iter().find(|(known, _)| *known == room);
        Ok(found.map(|(room, seq)| self.fetch(room, seq)))
    }

    /// Joins the rooms this device was added to.
    async fn join(&mut self) -> Result<(), SdkError> {
        let mut fetches = Vec::new();
        loop {
            let found: Welcomes = self.get("/v1/welcomes").await?;
            let mut any = false;
            for welcome in &found.welcomes {
                let joined = loop {
                    match self.client.engine.welcomed(welcome, now())? {
                        Joined::Needs(needs) => self.look_up(needs).await?,
                        done => break done,
                    }
                };
                match joined {
                    Joined::In(room) => {
                        any = true;
                        self.news.push(News::Joined(room));
                        fetches.push(self.fetch(room, welcome.seq));
                    }
                    Joined::Refused(room, why) => self.news.push(News::Alarm(room, why)),
                    Joined::Later(room) => {
                        // Not acknowledged: it is taken when the log has shown that the device was removed before.
                        self.waiting.insert(room);
                        continue;
                    }
                    Joined::Known(_) | Joined::Needs(_) => {}
                }
                // Entered or not: the welcome has served.
                let (room, seq) = (welcome.room, welcome.seq);
                fetches.push(ClientFrame::Acknowledge(Acknowledge { room, seq }));
            }
            self.socket.send(fetches.drain(..)).await?;
            if !any || found.welcomes.len() < 16 {
                return Ok(());
            }
        }
    }

    async fn come_back(&mut self, room: RoomId) -> Result<Option<ClientFrame>, SdkError> {
        let offered: Return = match self.get(&format!("/v1/rooms/{room}/return")).await {
            Ok(offered) => offered,
            Err(error) if error.is(Code::NoRoom) => {
                self.client.engine.gone(room, &error.to_string(), now())?;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        loop {
            let needs = self.client.engine.come_back(&offered, now())?;
            if needs.is_empty() {
                break;
            }
            self.chains(needs).await?;
        }
        self.alarm(room)?;
        if self.client.engine.is_caught_up(room) { Ok(None) } else { self.fetch_again(room) }
    }

    async fn claimed(
        &mut self,
        wish: WishId,
        claims: &[(Handle, Result<Claimed, String>)],
    ) -> Result<(), SdkError> {
        loop {
            let needs = self.client.engine.claimed(wish, claims, now())?;
            if needs.is_empty() {
                return Ok(());
            }
            self.chains(needs).await?;
        }
    }

    async fn claim(
        &mut self,
        handle: &Handle,
        devices: Option<Vec<DeviceId>>,
    ) -> Result<Result<Claimed, String>, SdkError> {
        let path = format!("/v1/accounts/{handle}/key-packages/claim");
        match self.post(&path, &Claim { devices }).await {
            Ok(claimed) => Ok(Ok(claimed)),
            Err(SdkError::Refused(problem)) if problem.status < 500 && problem.status != 429 => {
                Ok(Err(problem.title))
            }
            Err(error) => Err(error),
        }
    }

    /// Fetches device chains and has them checked.
    async fn chains(&mut self, handles: Vec<Handle>) -> Result<(), SdkError> {
        let client = &mut *self.client;
        client.http.read_chains(&mut client.engine, &self.identity, &handles).await
    }

    /// Reads on in the charter.
    async fn charter(&mut self) -> Result<(), SdkError> {
        let client = &mut *self.client;
        client.http.read_charter(&mut client.engine, &self.identity).await
    }

    /// Asks the server for what something else is judged by.
    async fn look_up(&mut self, needs: Needs) -> Result<(), SdkError> {
        self.chains(needs.chains).await?;
        if needs.charter { self.charter().await } else { Ok(()) }
    }

    /// Makes sure that others are shown this device's account as it is.
    async fn check_own(&mut self) -> Result<(), SdkError> {
        self.chains(vec![self.identity.handle.clone()]).await?;
        Ok(self.client.engine.check_own(now())?)
    }

    /// Looks for rooms in which leaves do not fit their chains.
    async fn pending(&mut self) -> Result<(), SdkError> {
        let pending: PendingRooms = self.get("/v1/rooms/pending").await?;
        loop {
            let needs = self.client.engine.pending(&pending, now())?;
            if needs.is_empty() {
                return Ok(());
            }
            self.chains(needs).await?;
        }
    }

    /// Leaves key packages with the server when they run low.
    async fn restock(&mut self) -> Result<(), SdkError> {
        const PATH: &str = "/v1/devices/self/key-packages";
        let stock: Stock = self.get(PATH).await?;
        if let Some(deposit) = self.client.engine.restock(stock.left, now())? {
            let _: Stock = self.post(PATH, &deposit).await?;
        }
        Ok(())
    }

    pub(crate) async fn get<T: serde::de::DeserializeOwned>(&mut self, path: &str) -> Result<T, SdkError> {
        self.client.http.ask(&self.identity, Method::GET, path, None::<&()>).await
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &mut self,
        path: &str,
        body: &impl serde::Serialize,
    ) -> Result<T, SdkError> {
        self.client.http.ask(&self.identity, Method::POST, path, Some(body)).await
    }
}
