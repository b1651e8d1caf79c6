//! The schedule: what persons, processes, clocks and networks do, one after the other, as the dice fall.
//!
//! Nothing here looks at sealed bytes or at the order of a hash map: the same seed leads to the same actions, although the MLS
//! library draws its own randomness.

use chancery_engine::{EngineError, Setting, Want};
use chancery_play::person::written;
use chancery_vault::Standing;
use chancery_wire::{content::Written, ids::RoomId, names::Handle, policy::Role};

use crate::{
    template::NAMES,
    truth::{Deed, Opened, Wished},
    world::World,
};

/// What can happen, and how often.
const ACTIONS: [(Act, usize); 27] = [
    (Act::Open, 5),
    (Act::Say, 30),
    (Act::Burst, 8),
    (Act::Reply, 4),
    (Act::Edit, 6),
    (Act::Withdraw, 4),
    (Act::React, 5),
    (Act::Name, 3),
    (Act::Urgent, 4),
    (Act::Pin, 2),
    (Act::Set, 3),
    (Act::Add, 8),
    (Act::Remove, 5),
    (Act::Role, 5),
    (Act::Leave, 3),
    (Act::Read, 3),
    (Act::Link, 2),
    (Act::Revoke, 1),
    (Act::Lose, 1),
    (Act::Connect, 14),
    (Act::Disconnect, 8),
    (Act::Kill, 6),
    (Act::KillInside, 4),
    (Act::Image, 8),
    (Act::Restore, 5),
    (Act::Clock, 4),
    (Act::Time, 6),
];

#[derive(Clone, Copy, Debug)]
enum Act {
    Open,
    Say,
    Burst,
    Reply,
    Edit,
    Withdraw,
    React,
    Name,
    Urgent,
    Pin,
    Set,
    Add,
    Remove,
    Role,
    Leave,
    Read,
    Link,
    Revoke,
    Lose,
    Connect,
    Disconnect,
    Kill,
    KillInside,
    Image,
    Restore,
    Clock,
    Time,
}

impl World {
    /// Most are online, and a first room is open.
    pub(crate) fn begin(&mut self) {
        for device in 0..self.devices.len() {
            if self.dice.happens(850) {
                self.connect(device);
            }
        }
        let device = self.dice.below(self.devices.len());
        self.opens(device);
        for _ in 0..self.dice.below(400) {
            self.moves();
        }
    }

    /// One action, and some of what it leads to.
    pub(crate) fn act(&mut self) {
        self.tally.actions += 1;
        let all: usize = ACTIONS.iter().map(|(_, weight)| weight).sum();
        let mut at = self.dice.below(all);
        let mut next = Act::Say;
        for (act, weight) in ACTIONS {
            if at < weight {
                next = act;
                break;
            }
            at -= weight;
        }
        let living: Vec<usize> = (0..self.devices.len()).filter(|it| !self.devices[*it].revoked).collect();
        let device = self.dice.pick(&living).unwrap();
        match next {
            Act::Open => self.opens(device),
            Act::Connect => {
                self.tell(format!("{} connects", self.devices[device].name));
                self.connect(device);
            }
            Act::Disconnect if self.dice.happens(200) => self.kill_hub(),
            Act::Disconnect => self.disconnect(device),
            Act::Kill => self.kill(device),
            Act::KillInside => self.kill_inside(device),
            Act::Image => {
                let wishes = self.truth.wishes.len();
                self.tell(format!("an image of {} is kept", self.devices[device].name));
                self.devices[device].keep_image(wishes);
            }
            Act::Restore => self.restore(device),
            Act::Clock => self.set_clock(device),
            Act::Time => self.time_passes(),
            Act::Link => self.link(device),
            Act::Revoke => self.revoke(device),
            Act::Lose => self.lose(device),
            act => self.in_a_room(device, act),
        }
        for _ in 0..self.dice.below(40) {
            self.moves();
        }
    }

    /// Something on the network moves.
    pub(crate) fn moves(&mut self) {
        let wait = self.dice.between(0, 120);
        self.clock.pass(wait);
        let device = self.dice.below(self.devices.len());
        if !self.step(device) {
            self.tick(device);
        }
    }

    fn opens(&mut self, device: usize) {
        let mut with: Vec<usize> = Vec::new();
        for account in 0..self.accounts {
            if self.dice.happens(500) {
                with.push(account);
            }
        }
        let members: Vec<Handle> =
            with.iter().map(|account| chancery_play::person::handle(NAMES[*account])).collect();
        let name = written(&format!("room {}", self.rooms.len()));
        self.start(device);
        let told = format!("{} opens room {} with {members:?}", self.devices[device].name, self.rooms.len());
        self.tell(told);
        let opened = self.devices[device].act(|engine, now| engine.open_room(&name, &members, now));
        match opened {
            Some(Ok(room)) => {
                self.rooms.push(room);
                self.truth.opened.insert(room, Opened { device, with });
                self.tell(format!("    its log is {}", room.to_string().chars().take(4).collect::<String>()));
            }
            Some(Err(why)) => self.wrong.push(format!("a room is not opened: {why}")),
            None => {}
        }
    }

    /// A room, mostly one in which the device can do something.
    fn some_room(&mut self, device: usize) -> Option<RoomId> {
        let usable = |standing| matches!(standing, Standing::Opening | Standing::Joined | Standing::Lost);
        for _ in 0..4 {
            let room = self.dice.pick(&self.rooms)?;
            let view = self.devices[device].act(|engine, _| engine.room(room).ok()).flatten();
            if view.is_some_and(|view| usable(view.standing)) {
                return Some(room);
            }
        }
        self.dice.pick(&self.rooms)
    }

    fn in_a_room(&mut self, device: usize, act: Act) {
        self.start(device);
        let Some(room) = self.some_room(device) else { return };
        let whom = self.dice.below(self.accounts);
        let handle = chancery_play::person::handle(NAMES[whom]);
        let role = self.dice.pick(&[Role::Member, Role::Moderator, Role::Owner]).unwrap();
        let said = self.dice.pick(&self.truth.said_in(room));
        let about = said.and_then(|number| Some((number, self.truth.wishes[number].id?)));
        let text = |world: &Self, deed| written(&world.truth.next_text(deed));
        let (deed, want) = match (act, about) {
            (Act::Burst, _) => {
                let many = self.dice.pick(&[8, 8, 40, 40, 110]).unwrap();
                for _ in 0..many {
                    let text = text(self, Deed::Say);
                    self.wants(device, room, Deed::Say, Want::Say(text));
                }
                return;
            }
            (Act::Reply, Some((_, to))) => {
                let (text, threaded) = (text(self, Deed::Say), self.dice.happens(500));
                (Deed::Say, Want::Reply { to, text, threaded })
            }
            (Act::Edit, Some((of, id))) => (Deed::Edit(of), Want::Edit(id, text(self, Deed::Edit(of)))),
            (Act::Withdraw, Some((of, id))) => (Deed::Withdraw(of), Want::Withdraw(id)),
            (Act::React, Some((to, id))) => {
                (Deed::React(to), Want::React(id, Written::reaction("\u{2764}").unwrap()))
            }
            (Act::Name, _) => {
                let name = Written::name(&format!("name {}", self.truth.wishes.len())).unwrap();
                let topic = self.dice.happens(500);
                (Deed::Other, if topic { Want::Topic(name) } else { Want::Name(name) })
            }
            (Act::Urgent, Some((_, id))) if self.dice.happens(600) => (Deed::Other, Want::Acknowledge(id)),
            (Act::Urgent, _) => {
                let text = text(self, Deed::Say);
                (Deed::Say, Want::SayMarked { text, urgent: true, expires: None })
            }
            (Act::Pin, Some((_, id))) => (Deed::Other, Want::Pin(id, self.dice.happens(700))),
            (Act::Set, _) if self.dice.happens(600) => {
                (Deed::Other, Want::Set(Setting::Receipts(self.dice.happens(700))))
            }
            (Act::Set, _) => (Deed::Other, Want::Set(Setting::History(3))),
            (Act::Add, _) => {
                (Deed::Bring(whom), Want::Add(vec![handle], role_or_member(role, &mut self.dice)))
            }
            (Act::Remove, _) => (Deed::Go(whom), Want::Remove(handle)),
            (Act::Role, _) => (Deed::Other, Want::Role(handle, role)),
            (Act::Leave, _) => (Deed::Go(self.account_of(device)), Want::Leave),
            (Act::Read, _) => {
                self.reads(device, room);
                return;
            }
            _ => (Deed::Say, Want::Say(text(self, Deed::Say))),
        };
        self.wants(device, room, deed, want);
    }

    /// A person wants something of a room; the engine may refuse it at once.
    pub(crate) fn wants(&mut self, device: usize, room: RoomId, deed: Deed, want: Want) {
        // A process that was killed while its person wished the last thing.
        self.start(device);
        let place = self.rooms.iter().position(|it| *it == room).unwrap_or_default();
        let number = self.truth.wishes.len();
        let what = format!("{} wants in room {place}: {want:?} (wish {number})", self.devices[device].name);
        let made = self.devices[device].act(|engine, now| {
            let wish = engine.want(room, want, now)?;
            Ok::<_, EngineError>((wish, engine.message_id(wish)?))
        });
        match made {
            Some(Ok((wish, id))) => {
                let account = self.account_of(device);
                self.truth.wishes.push(Wished { room, device, wish, id, deed, account, unsure: false });
                self.tell(what);
            }
            Some(Err(why)) => {
                self.tell(format!("{what}: {why}"));
                if matches!(why, EngineError::Vault(_) | EngineError::Mls(_) | EngineError::NotEnrolled) {
                    self.wrong.push(format!("wish {number}: {why}"));
                }
            }
            None => self.tell(format!("{what}, and is killed meanwhile")),
        }
    }

    fn reads(&mut self, device: usize, room: RoomId) {
        self.tell(format!("{} reads", self.devices[device].name));
        let back = u64::try_from(self.dice.below(4)).unwrap_or(0);
        let read = self.devices[device].act(|engine, now| {
            let Ok(view) = engine.room(room) else { return Ok(()) };
            engine.mark_read(room, view.seq.saturating_sub(back), now)
        });
        if let Some(Err(why)) = read {
            self.wrong.push(format!("{} cannot say what was read: {why}", self.devices[device].name));
        }
    }
}

/// Mostly members are added.
fn role_or_member(role: Role, dice: &mut chancery_play::dice::Dice) -> Role {
    if dice.happens(700) { Role::Member } else { role }
}
