//! Trouble: connections that break, processes and hubs that die, clocks that are wrong, vaults that are put back; and devices
//! that come and go.

use chancery_engine::Engine;
use chancery_play::person::{handle, link};
use chancery_wire::{bytes::Opaque, names::Handle};

use crate::{
    device::Device,
    draws::{Draws, Fuse},
    template::{NAMES, vault},
    world::World,
};

/// An hour, in milliseconds.
const HOUR: i64 = 3_600_000;
/// The most devices an account has.
const DEVICES: usize = 3;

impl World {
    pub(crate) fn disconnect(&mut self, device: usize) {
        if self.devices[device].is_online() {
            self.tell(format!("the connection of {} breaks", self.devices[device].name));
            self.tally.broken += 1;
            self.devices[device].disconnect();
        }
    }

    pub(crate) fn kill(&mut self, device: usize) {
        if self.devices[device].runs() {
            self.tell(format!("{} is killed", self.devices[device].name));
            self.tally.kills += 1;
            self.devices[device].kill();
        }
    }

    pub(crate) fn kill_inside(&mut self, device: usize) {
        let draws = self.dice.between(0, 12);
        self.start(device);
        self.tell(format!("{} will be killed at its draw {draws} from here", self.devices[device].name));
        self.devices[device].dies_after(draws);
    }

    /// The hub dies after it has made the next thing of somebody durable, and before it says so; and starts again.
    pub(crate) fn kill_hub(&mut self) {
        self.tell("the hub is killed and starts again");
        self.tally.hub_kills += 1;
        let sender = self.dice.below(self.devices.len());
        self.hear(sender, false);
        for device in &mut self.devices {
            device.disconnect();
        }
    }

    pub(crate) fn restore(&mut self, device: usize) {
        let Some(image) = self.devices[device].image.clone() else { return };
        self.tell(format!("{} is put back to its image", self.devices[device].name));
        self.tally.rollbacks += 1;
        self.devices[device].restore(&image);
        for (room, hall) in &self.door.hub.halls {
            self.devices[device].restored.insert(*room, hall.head(*room).0);
        }
        for wished in self.truth.wishes[image.wishes..].iter_mut().filter(|it| it.device == device) {
            wished.unsure = true;
        }
    }

    pub(crate) fn set_clock(&mut self, device: usize) {
        let off = if self.dice.happens(500) {
            self.dice.between(1, 36) * HOUR
        } else {
            -self.dice.between(1, 10) * 60_000
        };
        self.tell(format!("the clock of {} is off by {} s", self.devices[device].name, off / 1000));
        self.tally.clocks += 1;
        self.devices[device].clock.is_off_by(off);
    }

    pub(crate) fn time_passes(&mut self) {
        let most = self.dice.pick(&[5_000, 60_000, 60_000, 20 * 60_000, 30 * HOUR]).unwrap();
        let some = self.dice.between(1000, most);
        self.tell(format!("{} s pass", some / 1000));
        self.clock.pass(some);
    }

    /// The device, as a person would use it to link or revoke another one: it knows its account's chain as it is.
    fn is_up_to_date(&mut self, device: usize) -> bool {
        self.start(device);
        let account = self.devices[device].account.clone();
        let chains = self.door.chains(std::slice::from_ref(&account));
        let trusted = self.devices[device].act(|engine, now| engine.trust(&[account], &chains, now));
        trusted.is_some_and(|trusted| trusted.is_ok())
    }

    /// The account's other devices that speak for it.
    fn others(&self, device: usize) -> Vec<usize> {
        let own = |it: &usize| {
            let Device { account, revoked, .. } = &self.devices[*it];
            *it != device && *account == self.devices[device].account && !revoked
        };
        (0..self.devices.len()).filter(own).collect()
    }

    pub(crate) fn link(&mut self, device: usize) {
        if self.others(device).len() + 1 >= DEVICES || !self.is_up_to_date(device) {
            return;
        }
        let account = self.devices[device].account.clone();
        let number = self.devices.iter().filter(|it| it.account == account).count() + 1;
        let name = format!("{account}-{number}");
        self.tell(format!("{} links {name}", self.devices[device].name));
        self.tally.linked += 1;
        let file = self.place(&name);
        let mut new = Engine::new(vault(&file), Box::new(Draws::new(self.dice.roll(), &Fuse::default())));
        let entry = self.devices[device].act(|engine, now| link(engine, &mut new, now));
        let Some(entry) = entry else { return };
        self.door.hub.chains.get_mut(&account).unwrap().entries.push(Opaque(entry));
        new.enrolled().unwrap();
        let id = new.identity().unwrap().unwrap().device;
        drop(new);
        let bytes = std::fs::read(&file).unwrap();
        let at = self.enrol(name, &account, id, &bytes);
        self.door.pend(&account);
        self.connect(at);
    }

    /// An account loses all its devices at once. An officer may hear of it before it comes back.
    pub(crate) fn lose(&mut self, device: usize) {
        let account = self.devices[device].account.clone();
        if self.secrets[self.account_of(device)].is_none() {
            return;
        }
        self.tell(format!("{account} loses all devices"));
        self.tally.lost += 1;
        let lost = self.living(&account);
        let officer = handle(NAMES[0]);
        let officers = self.living(&officer);
        if account != officer && self.dice.happens(600) {
            let officer = self.dice.pick(&officers).unwrap();
            for at in &lost {
                self.is_revoked_by(officer, *at);
            }
            self.devices[officer].disconnect();
            self.connect(officer);
        }
        // Nobody has them in hand any more, revoked or not.
        for at in lost {
            self.is_gone(at);
        }
        if self.dice.happens(400) || account == handle(NAMES[0]) {
            self.comes_back(self.account_of(device));
        }
    }

    /// Accounts that have lost everything come back.
    pub(crate) fn all_come_back(&mut self) {
        for (account, name) in NAMES.iter().enumerate().take(self.accounts) {
            if self.living(&handle(name)).is_empty() {
                self.comes_back(account);
            }
        }
    }

    fn living(&self, account: &Handle) -> Vec<usize> {
        let living = |at: &usize| self.devices[*at].account == *account && !self.devices[*at].revoked;
        (0..self.devices.len()).filter(living).collect()
    }

    fn is_revoked_by(&mut self, officer: usize, lost: usize) {
        let (account, id) = (self.devices[lost].account.clone(), self.devices[lost].id);
        self.start(officer);
        self.devices[officer].is_safe();
        let chains = self.door.chains(std::slice::from_ref(&account));
        let told = format!("{} revokes {}", self.devices[officer].name, self.devices[lost].name);
        self.tell(told);
        let asked = [account.clone()];
        let entry = self.devices[officer].act(|engine, now| {
            engine.trust(&asked, &chains, now)?;
            engine.revoke_of(&account, (id, true), now)
        });
        match entry {
            Some(Ok(entry)) => {
                self.door.hub.chains.get_mut(&account).unwrap().entries.push(Opaque(entry));
                self.is_known_revoked(lost);
                self.door.pend(&account);
            }
            Some(Err(why)) => self.wrong.push(format!("an officer cannot revoke a device: {why}")),
            None => {}
        }
    }

    fn is_known_revoked(&mut self, device: usize) {
        let id = self.devices[device].id;
        self.door.devices.get_mut(&id).unwrap().revoked = true;
        self.door.hub.revoked.insert(id);
    }

    fn is_gone(&mut self, device: usize) {
        self.devices[device].kill();
        self.devices[device].revoked = true;
    }

    /// An account comes back as a new device, by what it had put away.
    fn comes_back(&mut self, account: usize) {
        let Some(secret) = self.secrets[account].take() else { return };
        let whose = handle(NAMES[account]);
        let number = self.devices.iter().filter(|it| it.account == whose).count() + 1;
        let name = format!("{whose}-{number}");
        self.tell(format!("{whose} comes back as {name}"));
        self.tally.back += 1;
        let file = self.place(&name);
        let mut new = Engine::new(vault(&file), Box::new(Draws::new(self.dice.roll(), &Fuse::default())));
        let (chains, domain) =
            (self.door.chains(std::slice::from_ref(&whose)), "bank.example".parse().unwrap());
        let server = ("https://bank.example", &domain);
        let identity = new.recover(server, (&whose, &secret, self.root), &chains, self.clock.now()).unwrap();
        self.door.hub.chains.get_mut(&whose).unwrap().entries.push(Opaque(identity.entry));
        new.enrolled().unwrap();
        drop(new);
        for old in 0..self.devices.len() {
            if self.devices[old].account == whose {
                self.is_known_revoked(old);
            }
        }
        let bytes = std::fs::read(&file).unwrap();
        let at = self.enrol(name, &whose, identity.device, &bytes);
        self.door.pend(&whose);
        self.connect(at);
    }

    pub(crate) fn revoke(&mut self, device: usize) {
        let Some(lost) = self.dice.pick(&self.others(device)) else { return };
        if !self.is_up_to_date(device) {
            return;
        }
        let (account, id) = (self.devices[device].account.clone(), self.devices[lost].id);
        self.tell(format!("{} revokes {}", self.devices[device].name, self.devices[lost].name));
        let Some(entry) = self.devices[device].act(|engine, now| engine.revoke(id, now)) else { return };
        match entry {
            Ok(entry) => self.door.hub.chains.get_mut(&account).unwrap().entries.push(Opaque(entry)),
            Err(why) => {
                self.wrong.push(format!("a device cannot be revoked: {why}"));
                return;
            }
        }
        self.tally.revoked += 1;
        // The first device has made what the account put away, and that ends with it.
        if self.devices[lost].name == format!("{account}-1") {
            let whose = self.account_of(lost);
            self.secrets[whose] = None;
        }
        self.door.devices.get_mut(&id).unwrap().revoked = true;
        self.door.hub.revoked.insert(id);
        self.door.pend(&account);
        self.devices[lost].revoked = true;
        self.devices[lost].disconnect();
        // It is seen to at the next connection.
        self.devices[device].disconnect();
        self.connect(device);
    }
}
