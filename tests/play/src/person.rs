//! A person with one device, and what its network would do for it.

use std::{cell::RefCell, rc::Rc};

use chancery_engine::{Engine, Joined, Link, Needs, Opener, Out, Want};
use chancery_vault::{Standing, Vault, VaultKey, WishId};
use chancery_wire::{
    api::{self, Chain, Claimed},
    bytes::Opaque,
    content::{TEXT_LIMIT, Written},
    frames::UpTo,
    ids::{DeviceId, RoomId},
    names::Handle,
    problem::Code,
    time::{DAY, Instant},
};

use crate::{dice::Dice, hub::Hub};

/// Everybody, and the hub between them.
#[derive(Debug)]
pub struct World {
    /// The hub.
    pub hub: Rc<RefCell<Hub>>,
    /// What time it is, for everybody.
    pub now: Instant,
    seed: u64,
    dir: tempfile::TempDir,
}

/// A person with one device.
#[derive(Debug)]
pub struct Person {
    /// The account.
    pub name: Handle,
    /// The device.
    pub engine: Engine,
    /// The hub, as this person sees it.
    pub hub: Rc<RefCell<Hub>>,
    file: std::path::PathBuf,
}

/// The account of this name.
pub fn handle(name: &str) -> Handle {
    name.parse().unwrap()
}

/// What a person writes.
pub fn written(text: &str) -> Written {
    Written::parse(text, TEXT_LIMIT).unwrap()
}

fn open(file: &std::path::Path, seed: u64) -> Engine {
    let vault = Vault::open(file, &VaultKey::from_bytes([7; 32])).unwrap();
    Engine::new(vault, Box::new(Dice::new(seed)))
}

/// Links a device: both say their six parts, and the person compares the words. Answers the new entry of the chain.
pub fn link(old: &mut Engine, new: &mut Engine, now: Instant) -> Vec<u8> {
    let mut linking = old.begin_linking(now).unwrap();
    let Opener::Link(id, secret, root) = &linking.link.opener else { panic!("not a linking") };
    let mut asking = new.ask_to_be_linked((*id, secret, *root)).unwrap();
    let answer = linking.offered(&asking.offer()).unwrap();
    let (reveal, shown, _) = asking.answered(&answer).unwrap();
    assert_eq!(linking.revealed(&reveal).unwrap(), shown);
    let grant = old.grant(&linking, now).unwrap();
    new.granted(&asking, "https://bank.example", &grant).unwrap().entry
}

/// The clock of these tests starts here: key packages are checked by the library against the real time too.
pub fn today() -> Instant {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    Instant(i64::try_from(since.as_millis()).unwrap())
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// An organisation nobody is in yet.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { hub: Rc::default(), now: today(), seed: 0, dir }
    }

    /// Alice founds; everybody else is invited by her.
    pub fn people<const N: usize>(&mut self, names: [&str; N]) -> [Person; N] {
        let mut alice: Option<Person> = None;
        let mut people: Vec<Person> = Vec::new();
        for name in names {
            let person = match &mut alice {
                None => self.founder(name),
                Some(alice) => self.invited(alice, name),
            };
            match &alice {
                None => alice = Some(person),
                Some(_) => people.push(person),
            }
        }
        people.insert(0, alice.unwrap());
        people.try_into().ok().unwrap()
    }

    fn blank(&mut self, name: &str) -> Person {
        self.seed += 1;
        let file = self.dir.path().join(format!("{name}.db"));
        Person { name: handle(name), engine: open(&file, self.seed), hub: self.hub.clone(), file }
    }

    fn founder(&mut self, name: &str) -> Person {
        let mut person = self.blank(name);
        let domain = "bank.example".parse().unwrap();
        let server = "https://bank.example";
        let identity = person.engine.found(server, &domain, &person.name, b"code", self.now).unwrap();
        person.settles_in(identity.entry, self.now);
        person
    }

    /// Somebody comes into the organisation.
    pub fn invited(&mut self, inviter: &mut Person, name: &str) -> Person {
        let mut person = self.blank(name);
        let (invitation, link) = inviter
            .engine
            .invite(&person.name, &chancery_transparency::AccountKind::Person, self.now)
            .unwrap();
        let identity = person.follow(&link, &invitation, self.now).unwrap();
        person.settles_in(identity.entry, self.now);
        person
    }

    /// Another device of somebody's, whose key packages are the ones the hub has of that account from now on.
    pub fn linked(&mut self, old: &mut Person, name: &str) -> Person {
        let mut new = Person { name: old.name.clone(), ..self.blank(name) };
        let entry = link(&mut old.engine, &mut new.engine, self.now);
        let mut chain = self.hub.borrow().chains[&old.name].clone();
        chain.entries.push(Opaque(entry.clone()));
        new.settles_in(entry, self.now);
        self.hub.borrow_mut().chains.insert(old.name.clone(), chain);
        for device in [old, &mut new] {
            device.checks_own(self.now);
        }
        new
    }

    /// Another face of the hub, which from now on is the one these people see.
    pub fn other_face<const N: usize>(&self, people: [&mut Person; N]) -> Rc<RefCell<Hub>> {
        let face = Rc::new(RefCell::new(self.hub.borrow().twin()));
        for person in people {
            person.hub = face.clone();
        }
        face
    }

    /// A person whose device belongs to nobody yet.
    pub fn newcomer(&mut self, name: &str) -> Person {
        self.blank(name)
    }

    /// Time passes.
    pub fn later(&mut self, seconds: i64) {
        self.now = self.now.plus_seconds(seconds);
    }
}

impl Person {
    /// Follows the link of an invitation, up to where the server is told.
    pub fn follow(
        &mut self,
        link: &Link,
        invitation: &[u8],
        now: Instant,
    ) -> Result<chancery_vault::Identity, chancery_engine::EngineError> {
        let Opener::Join(id, secret, root) = &link.opener else { panic!("not an invitation") };
        let offered = api::Invitation {
            id: *id,
            handle: self.name.clone(),
            until: now,
            invitation: Opaque(invitation.to_vec()),
            chains: self.hub.borrow().chains(&[]).chains,
        };
        self.engine.join(&link.server, (*id, secret, *root), &offered, now)
    }

    /// The hub has the device's entry and its key packages.
    pub fn settles_in(&mut self, entry: Vec<u8>, now: Instant) {
        self.engine.enrolled().unwrap();
        let chain = Chain { handle: self.name.clone(), entries: vec![Opaque(entry)] };
        self.hub.borrow_mut().chains.insert(self.name.clone(), chain);
        let deposit = self.engine.restock(0, now).unwrap().unwrap();
        let mut packages = deposit.packages;
        packages.extend(deposit.last_resort);
        self.hub.borrow_mut().packages.insert(self.name.clone(), packages);
    }

    /// The device's id.
    pub fn device(&self) -> DeviceId {
        self.engine.identity().unwrap().unwrap().device
    }

    /// Looks at its own account, as at every connection.
    pub fn checks_own(&mut self, now: Instant) {
        self.engine.connected(now);
        let own = self.name.clone();
        self.asks(std::slice::from_ref(&own), now);
        self.engine.check_own(now).unwrap();
    }

    /// The program ends and starts again.
    pub fn restarts(&mut self) {
        self.engine = open(&self.file, today().0.unsigned_abs());
    }

    /// The vault's files, as they are now.
    pub fn image(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let parts = ["", "-wal"].map(|part| format!("{}{part}", self.file.display()).into());
        parts.into_iter().filter_map(|file| std::fs::read(&file).ok().map(|bytes| (file, bytes))).collect()
    }

    /// The vault's files are replaced by an older image of themselves.
    pub fn is_restored_from(&mut self, image: &[(std::path::PathBuf, Vec<u8>)]) {
        self.engine = Engine::new(Vault::in_memory().unwrap(), Box::new(Dice::new(0)));
        for part in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{part}", self.file.display()));
        }
        for (file, bytes) in image {
            std::fs::write(file, bytes).unwrap();
        }
        self.restarts();
    }

    /// Finds that it is an older copy of itself, and has lost the room: from here on it sees what anybody sees.
    pub fn is_a_copy(&mut self, world: &World, room: RoomId) {
        self.restarts();
        let image = self.image();
        self.says(world, room, "not known to the copy");
        self.is_restored_from(&image);
        self.looks(world);
        assert_eq!(self.engine.room(room).unwrap().standing, Standing::Lost);
    }

    /// Opens a room with others in it.
    pub fn opens(&mut self, world: &World, name: &str, members: &[&Person]) -> RoomId {
        let members: Vec<Handle> = members.iter().map(|person| person.name.clone()).collect();
        let room = self.engine.open_room(&written(name), &members, world.now).unwrap();
        self.syncs(world);
        room
    }

    /// Says something and sends it.
    pub fn says(&mut self, world: &World, room: RoomId, text: &str) {
        self.engine.want(room, Want::Say(written(text)), world.now).unwrap();
        self.syncs(world);
    }

    /// Comes online, takes in everything and sends everything.
    pub fn syncs(&mut self, world: &World) {
        self.engine.connected(world.now);
        self.reads_charter(world.now);
        for _ in 0..100 {
            self.takes_in(world.now);
            if !self.sends(world.now) {
                for room in self.engine.rooms().unwrap() {
                    assert!(room.unsent.is_empty() && room.standing != Standing::Stopped, "{room:?}");
                }
                return;
            }
        }
        panic!("{} does not come to rest: {:?}", self.name, self.engine.rooms());
    }

    /// Comes online and takes in what the hub shows, whatever it is.
    pub fn looks(&mut self, world: &World) {
        self.engine.connected(world.now);
        self.reads_charter(world.now);
        self.takes_in(world.now);
    }

    /// Fetches chains the engine asked for.
    pub fn asks(&mut self, handles: &[Handle], now: Instant) {
        let chains = self.hub.borrow().chains(handles);
        self.engine.trust(handles, &chains, now).unwrap();
    }

    /// Fetches what the engine needs before it can judge something.
    pub fn looks_up(&mut self, needs: &Needs, now: Instant) {
        self.asks(&needs.chains, now);
        if needs.charter {
            self.reads_charter(now);
        }
    }

    /// Reads on in the charter that the hub shows.
    pub fn reads_charter(&mut self, now: Instant) {
        let after = self.engine.amendments_after().unwrap();
        let amendments = self.hub.borrow().amendments.clone();
        let there = amendments.len() as u64;
        let rest: Vec<Vec<u8>> = amendments.into_iter().skip(after.try_into().unwrap()).collect();
        loop {
            let needs = self.engine.amended((after, there), &rest, now).unwrap();
            if needs.is_empty() {
                break;
            }
            self.asks(&needs, now);
        }
    }

    /// Takes in what the hub shows.
    pub fn takes_in(&mut self, now: Instant) {
        let waits = self.joins(now);
        for (room, after) in self.engine.followed().unwrap() {
            self.fetches(room, after, now);
        }
        // Who was removed and added again finds the one in the log, and then takes the other.
        if waits && self.joins(now) {
            return;
        }
        for (room, after) in self.engine.followed().unwrap().into_iter().filter(|_| waits) {
            self.fetches(room, after, now);
        }
    }

    /// Takes in the welcomes; answers whether one waits for its room's log to be followed.
    fn joins(&mut self, now: Instant) -> bool {
        let device = self.device();
        let welcomes = self.hub.borrow().welcomes.get(&device).cloned().unwrap_or_default();
        let mut waits = false;
        for welcome in welcomes {
            loop {
                match self.engine.welcomed(&welcome, now).unwrap() {
                    Joined::Needs(needs) => self.looks_up(&needs, now),
                    joined => break waits |= matches!(joined, Joined::Later(_)),
                }
            }
        }
        waits
    }

    fn fetches(&mut self, room: RoomId, after: u64, now: Instant) {
        let entries = self.hub.borrow().entries(room, after);
        let last = entries.last().map_or(after, |entry| entry.seq);
        loop {
            let received = self.engine.receive(room, &entries, now).unwrap();
            if received.needs.is_empty() {
                if received.charter {
                    self.reads_charter(now);
                }
                break;
            }
            self.looks_up(&received.needs, now);
        }
        let there = self.hub.borrow().halls.get(&room).map_or(0, |hall| hall.head(room).0);
        self.engine.up_to(after, &UpTo { room, seq: last.min(there), last: there }, now).unwrap();
    }

    /// Sends what there is to send; answers whether there was anything.
    pub fn sends(&mut self, now: Instant) -> bool {
        let out = self.engine.outgoing(now).unwrap();
        let any = !out.is_empty();
        for out in out {
            match out {
                Out::Open(open) => {
                    let head = self.hub.borrow_mut().open(&open);
                    self.engine.opened(&head, now).unwrap();
                }
                Out::Submit(submit) => {
                    let answer = self.hub.borrow_mut().submit(&submit, now);
                    match answer {
                        Ok(accepted) => self.engine.accepted(&accepted, now).unwrap(),
                        Err(refused) => {
                            drop(self.engine.refused(&refused, now).unwrap());
                            if refused.code.as_slice() == Code::OldCharter.as_str().as_bytes() {
                                self.reads_charter(now);
                            }
                        }
                    }
                }
                Out::Claim(wish, handles) => {
                    let claims: Vec<_> = handles
                        .iter()
                        .map(|handle| (handle.clone(), self.hub.borrow_mut().claim(handle, now)))
                        .collect();
                    self.claimed(wish, &claims, now);
                }
                Out::ClaimDevices(wish, handle, _) => {
                    let claim = self.hub.borrow_mut().claim(&handle, now);
                    self.claimed(wish, &[(handle, claim)], now);
                }
                Out::Dispose(_, file) => {
                    self.hub.borrow_mut().disposed.push(file);
                    self.engine.disposed(file, now).unwrap();
                }
                Out::Return(room) => {
                    let offered = self.hub.borrow().return_to(room);
                    loop {
                        let needs = self.engine.come_back(&offered, now).unwrap();
                        if needs.is_empty() {
                            break;
                        }
                        self.asks(&needs, now);
                    }
                }
            }
        }
        any
    }

    fn claimed(&mut self, wish: WishId, claims: &[(Handle, Result<Claimed, String>)], now: Instant) {
        loop {
            let needs = self.engine.claimed(wish, claims, now).unwrap();
            if needs.is_empty() {
                return;
            }
            self.asks(&needs, now);
        }
    }

    /// The texts this person sees in a room, each with its sender.
    pub fn reads(&self, room: RoomId) -> Vec<String> {
        let lines = self.engine.lines(room, Some(0), 100_000).unwrap();
        let text = |line: &chancery_engine::Line| {
            Some(format!("{}: {}", line.message.from.as_ref()?.0, line.text()?.reveal()))
        };
        lines.iter().filter_map(text).collect()
    }

    /// The accounts in a room, sorted; one a device.
    pub fn members(&self, room: RoomId) -> Vec<String> {
        let mut members: Vec<String> =
            self.engine.room(room).unwrap().members.iter().map(|member| member.handle.to_string()).collect();
        members.sort();
        members
    }

    /// Why a room stands as it does.
    pub fn why(&self, room: RoomId) -> String {
        self.engine.room(room).unwrap().why.unwrap_or_default()
    }
}

/// Longer than a leaf goes without being renewed.
pub const A_WEEK: i64 = 7 * DAY;
