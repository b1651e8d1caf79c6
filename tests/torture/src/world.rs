//! The world of one schedule: devices, the hub, the lines between them, and how anything moves.

use std::{cell::RefCell, collections::VecDeque, path::Path, rc::Rc};

use chancery_engine::EngineError;
use chancery_play::dice::Dice;
use chancery_transparency::{Root, Secret};
use chancery_wire::{ids::RoomId, names::Handle, problem::Code};

use crate::{
    clock::Clock,
    device::{Device, Moved},
    door::{Door, Known},
    live::Ended,
    tally::Tally,
    template::{NAMES, Template},
    truth::Truth,
};

/// How fast a device's clock may be for the hub to take its key packages, in milliseconds.
const SLACK: i64 = 3_600_000;

/// The world.
pub(crate) struct World {
    /// What falls.
    pub(crate) dice: Dice,
    /// The hub.
    pub(crate) door: Door,
    /// The hub's clock, which is right.
    pub(crate) clock: Clock,
    /// The devices.
    pub(crate) devices: Vec<Device>,
    /// How many accounts there are.
    pub(crate) accounts: usize,
    /// The rooms, in the order in which they were opened.
    pub(crate) rooms: Vec<RoomId>,
    /// What was wished.
    pub(crate) truth: Truth,
    /// What happened so far.
    pub(crate) story: Vec<String>,
    /// What must not be and was seen.
    pub(crate) wrong: Vec<String>,
    /// What is counted.
    pub(crate) tally: Tally,
    /// What each account has put away, until it is used.
    pub(crate) secrets: Vec<Option<Secret>>,
    /// The organisation's root.
    pub(crate) root: Root,
    /// Whether the hub is sometimes too busy, and repeats itself.
    pub(crate) faults: bool,
    dir: tempfile::TempDir,
}

impl World {
    /// So many accounts, with as many devices as the dice say.
    pub(crate) fn new(template: &Template, (seed, accounts): (u64, usize), place: &Path) -> Self {
        let dir = tempfile::tempdir_in(place).unwrap();
        let clock = Clock::new(template.at.plus_seconds(2 * 3600));
        let mut dice = Dice::new(seed);
        let page = dice.pick(&[3, 7, 1024]).unwrap();
        let patience = dice.pick(&[4, 12, 1000]).unwrap();
        let mut world = Self {
            dice,
            door: Door { page, patience, ..Door::default() },
            clock,
            devices: vec![],
            accounts,
            rooms: vec![],
            truth: Truth::default(),
            story: vec![],
            wrong: vec![],
            tally: Tally::default(),
            secrets: template.secrets[..accounts].iter().cloned().map(Some).collect(),
            root: template.root,
            faults: true,
            dir,
        };
        for (handle, stages) in &template.accounts[..accounts] {
            let stage = &stages[world.dice.below(stages.len())];
            world.door.hub.chains.insert(handle.clone(), stage.chain.clone());
            for (number, model) in stage.devices.iter().enumerate() {
                let name = format!("{handle}-{}", number + 1);
                let at = world.enrol(name, handle, model.id, &model.vault);
                let mut deposit = model.deposit.clone();
                // Some have none left, so that the ones of last resort are used as well.
                let left = if world.dice.happens(100) { 0 } else { deposit.packages.len() };
                deposit.packages.truncate(left);
                world.door.deposit(world.devices[at].id, deposit);
            }
        }
        world
    }

    /// Puts a device into the world that the hub knows.
    pub(crate) fn enrol(
        &mut self,
        name: String,
        handle: &Handle,
        id: chancery_wire::ids::DeviceId,
        vault: &[u8],
    ) -> usize {
        let file = self.dir.path().join(&name);
        std::fs::write(&file, vault).unwrap();
        let line = Rc::new(RefCell::default());
        let known = Known {
            name: name.clone(),
            handle: handle.clone(),
            revoked: false,
            stock: VecDeque::new(),
            last_resort: None,
            line: line.clone(),
        };
        self.door.devices.insert(id, known);
        let whose = (name, handle.clone(), id);
        self.devices.push(Device::new(whose, file, line, self.clock.another()));
        self.devices.len() - 1
    }

    /// Where a new device's vault goes.
    pub(crate) fn place(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    /// The number of an account.
    pub(crate) fn account_of(&self, device: usize) -> usize {
        NAMES.iter().position(|name| *name == self.devices[device].account.as_str()).unwrap()
    }

    /// Tells what happens.
    pub(crate) fn tell(&mut self, what: impl Into<String>) {
        self.story.push(what.into());
    }

    /// Starts a device's program, if it does not run.
    pub(crate) fn start(&mut self, device: usize) {
        let seed = self.dice.roll();
        self.devices[device].start(seed);
    }

    /// Starts it and connects it, if it is not.
    pub(crate) fn connect(&mut self, device: usize) {
        self.start(device);
        if !self.devices[device].is_online() {
            self.devices[device].connect();
            self.go_on(device);
        }
    }

    /// Lets a device go on as far as it can.
    pub(crate) fn go_on(&mut self, device: usize) {
        let moved = self.devices[device].go_on();
        let Device { name, revoked, .. } = &self.devices[device];
        match moved {
            Moved::Waits => {}
            Moved::Killed => {
                let told = format!("    {name} was killed inside a turn");
                self.tally.killed += 1;
                self.tell(told);
            }
            // The hub refuses key packages of a clock that is far ahead; and its revoked devices.
            Moved::Ended(Ended::Refused(Code::BadPackage)) if self.devices[device].clock.off() > SLACK => {}
            Moved::Ended(Ended::Refused(Code::NoSession) | Ended::Engine(EngineError::Revoked))
                if *revoked => {}
            Moved::Ended(Ended::Engine(EngineError::Distrust(why))) if *revoked => {
                let _ = why;
            }
            Moved::Ended(ended) => {
                let wrong = format!("{name} went offline by itself: {ended:?}");
                self.wrong.push(wrong);
            }
        }
    }

    /// Moves one thing on a device's line, if there is any; answers whether there was.
    pub(crate) fn step(&mut self, device: usize) -> bool {
        if !self.devices[device].is_online() {
            return false;
        }
        let line = self.devices[device].line.clone();
        let mut moves = Vec::new();
        {
            let line = line.borrow();
            if line.request.is_some() {
                moves.push(Move::Answer);
            }
            if line.reply.is_some() {
                moves.push(Move::Arrive);
            }
            if !line.up.is_empty() {
                moves.push(Move::Hear);
            }
            // A device that waits for an answer reads no frames meanwhile; they may arrive all the same.
            if !line.down.is_empty() {
                moves.push(Move::Deliver);
            }
        }
        let Some(next) = self.dice.pick(&moves) else { return false };
        let now = self.clock.now();
        match next {
            Move::Answer => {
                let request = line.borrow_mut().request.take().unwrap();
                let Device { id, clock, .. } = &self.devices[device];
                let reply = self.door.answer(*id, request, now, clock.off() > SLACK);
                line.borrow_mut().reply = Some(reply);
            }
            Move::Arrive => {
                line.borrow_mut().arrive();
                self.go_on(device);
            }
            Move::Hear => self.hear(device, true),
            Move::Deliver => {
                let waiting = line.borrow().down.len();
                let some = 1 + self.dice.below(waiting);
                {
                    let mut line = line.borrow_mut();
                    let arrived: Vec<_> = line.down.drain(..some).collect();
                    line.inbox.extend(arrived);
                }
                self.go_on(device);
            }
        }
        true
    }

    /// The hub takes the next frame of a device.
    pub(crate) fn hear(&mut self, device: usize, answers: bool) {
        use chancery_wire::frames::{ClientFrame, Refused, ServerFrame};
        let now = self.clock.now();
        let Device { id, line, .. } = &self.devices[device];
        let Some(frame) = line.borrow_mut().up.pop_front() else { return };
        let known = |room| self.door.hub.halls.get(room).map_or(&[][..], |hall| hall.log.as_slice());
        let again = match &frame {
            ClientFrame::Submit(submit)
                if self.faults
                    && self.dice.happens(8)
                    && known(&submit.room).iter().all(|it| it.id != submit.id) =>
            {
                // Too busy: nothing changed.
                let (code, title) = (Code::Busy.as_str().as_bytes().to_vec(), vec![]);
                let (id, room) = (submit.id, submit.room);
                let refused = Refused { id, room, code: code.into(), title: title.into() };
                line.borrow_mut().down.push_back(ServerFrame::Refused(refused));
                return;
            }
            ClientFrame::Submit(_) => self.faults && self.dice.happens(15),
            _ => false,
        };
        if again {
            self.door.hear(*id, frame.clone(), now, answers);
        }
        self.door.hear(*id, frame, now, answers);
        self.story.append(&mut self.door.came);
    }

    /// A device looks at its clock.
    pub(crate) fn tick(&mut self, device: usize) {
        let idle = self.devices[device].line.borrow().idle;
        if self.devices[device].is_online() && idle {
            self.devices[device].line.borrow_mut().tick = true;
            self.go_on(device);
        }
    }
}

#[derive(Clone, Copy)]
enum Move {
    Answer,
    Arrive,
    Hear,
    Deliver,
}
