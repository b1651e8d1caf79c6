//! Rest: the network is whole again, clocks are right, everybody is online, until nothing more happens.

use chancery_engine::Want;
use chancery_play::person::written;

use crate::{truth::Deed, world::World};

/// How often everybody connects anew before it is said that the world does not come to rest.
const ROUNDS: usize = 12;
/// How many moves there are in a round at most.
const MOVES: usize = 200_000;
/// How many seconds something may wait for its time.
const SECONDS: usize = 10;
/// Within how many seconds whatever a device does by itself belongs to what it still does.
const SOON: i64 = 10;

impl World {
    /// Brings the world to rest; or says what goes on.
    pub(crate) fn comes_to_rest(&mut self) -> Result<(), String> {
        self.faults = false;
        self.tell("the trouble is over: everybody comes online");
        self.all_come_back();
        for device in &mut self.devices {
            device.clock.is_off_by(0);
            device.is_safe();
        }
        let mut before = u64::MAX;
        for _ in 0..ROUNDS {
            if self.door.entries == before && self.busy().is_none() {
                return Ok(());
            }
            before = self.door.entries;
            // Over a new connection everything is looked at that could have been missed.
            for device in 0..self.devices.len() {
                self.devices[device].disconnect();
                if !self.devices[device].revoked {
                    self.connect(device);
                }
            }
            self.settles()?;
        }
        Err(self.busy().unwrap_or_else(|| "something new happens at every connection".to_owned()))
    }

    /// Somebody says something in every room.
    pub(crate) fn probe(&mut self) {
        for room in self.rooms.clone() {
            let leaves = self.door.hub.halls.get(&room).map(|hall| hall.face.leaves().unwrap());
            let leaves = leaves.unwrap_or_default();
            let inside = |at: &usize| leaves.iter().any(|leaf| leaf.name.device == self.devices[*at].id);
            let inside: Vec<usize> =
                (0..self.devices.len()).filter(|at| !self.devices[*at].revoked && inside(at)).collect();
            if let Some(device) = self.dice.pick(&inside) {
                let text = written(&self.truth.next_text(Deed::Say));
                self.wants(device, room, Deed::Say, Want::Say(text));
            }
        }
        for device in 0..self.devices.len() {
            self.tick(device);
        }
    }

    /// Moves every device once; answers whether any did.
    fn steps(&mut self) -> bool {
        let moved: Vec<bool> = (0..self.devices.len()).map(|device| self.step(device)).collect();
        moved.contains(&true)
    }

    /// Moves everything until nothing moves, while some seconds pass.
    pub(crate) fn settles(&mut self) -> Result<(), String> {
        let mut moves = 0;
        for _ in 0..SECONDS {
            while self.steps() {
                self.clock.pass(5);
                moves += 1;
                if moves > MOVES {
                    return Err("the network never falls silent".to_owned());
                }
            }
            if self.busy().is_none() {
                break;
            }
            self.clock.pass(1000);
            for device in 0..self.devices.len() {
                self.tick(device);
            }
        }
        Ok(())
    }

    /// What somebody still waits for.
    fn busy(&mut self) -> Option<String> {
        for at in 0..self.devices.len() {
            if self.devices[at].revoked {
                continue;
            }
            let name = self.devices[at].name.clone();
            if !self.devices[at].is_online() {
                return Some(format!("{name} is not online"));
            }
            if !self.devices[at].line.borrow().is_quiet() || !self.devices[at].line.borrow().idle {
                let line = self.devices[at].line.borrow();
                let (up, down, inbox) = (line.up.len(), line.down.len(), line.inbox.len());
                let asked = line.request.is_some();
                return Some(format!(
                    "{name} still waits for the hub: idle {}, {up} up, {down} down, {inbox} there, asks: {asked}",
                    line.idle
                ));
            }
            let state = self.devices[at].act(|engine, now| {
                let waiting: Vec<_> =
                    engine.rooms().unwrap().into_iter().map(|it| (it.id, it.waiting)).collect();
                // History is told and taken in before a device is idle; what is told of a room that it never came into waits.
                let rests = engine.is_at_rest().unwrap();
                let soon = engine.next_tick().unwrap().is_some_and(|at| at <= now.plus_seconds(SOON));
                (rests && !soon, waiting)
            });
            let Some((rests, mut waiting)) = state else { continue };
            waiting.retain(|(room, waiting)| !waiting.is_empty() && !self.is_forsaken(*room, at));
            if !rests || !waiting.is_empty() {
                return Some(format!("{name} does not come to rest: rests {rests}, waits for {waiting:?}"));
            }
        }
        None
    }
}
