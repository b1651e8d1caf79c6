//! Who suspends an account and restores it, and everybody who does not.

use std::collections::HashMap;

use super::*;
use crate::{AccountKind, Bot, Scope, recover, recovery_key, set_recovery_key, suspend};

/// An organisation: Alice founded it, Mo is an officer too, Bob and Carol are persons, Hr is its directory and Pager another program.
struct People(HashMap<Handle, Trusted>);

impl People {
    fn new() -> Self {
        let (_, _, founder) = alice();
        let mut people = Self(HashMap::from([(handle("alice"), founder)]));
        let bot = |scope, until| {
            let (owner, purpose) = (handle("alice"), "says who works here".to_owned());
            AccountKind::Bot(Bot { owner, purpose, scope, until })
        };
        people.joins("mo", 2, &AccountKind::Officer);
        people.joins("bob", 3, &AccountKind::Person);
        people.joins("carol", 4, &AccountKind::Person);
        people.joins("hr", 5, &bot(Some(Scope::Directory), Some(Instant(9_000))));
        people.joins("pager", 6, &bot(None, None));
        people
    }

    fn joins(&mut self, name: &str, seed: u8, kind: &AccountKind) {
        let secret = Secret([seed; 16]);
        let (id, root) = (InvitationId([seed; 16]), alice().1);
        let invitation = Invitation {
            id,
            domain: bank(),
            handle: handle(name),
            officer: *kind == AccountKind::Officer,
            until: Instant(2_000),
            key: secret.derive_key(id).public(),
            by: handle("alice"),
            device: DeviceId([1; 16]),
            chain: root.0,
            bot: if let AccountKind::Bot(bot) = kind { Some(bot.clone()) } else { None },
            guest: None,
        };
        let entry = join(&invitation.sign(&key(1)), &secret, DeviceId([seed; 16]), AT, &key(seed)).unwrap();
        let chain = verify(&[entry], &handle(name), &bank(), root, |by| self.0.get(by).cloned()).unwrap();
        self.0.insert(handle(name), chain);
    }

    /// What comes of somebody's saying so, by the one device with this number.
    fn says(&mut self, by: (&str, u8), suspended: bool, whom: &str) -> Result<(), InvalidChain> {
        let (acting, chain) = (&self.0[&handle(by.0)], &self.0[&handle(whom)]);
        let device = (acting, DeviceId([by.1; 16]), &key(by.1) as &dyn Sign);
        let entry = suspend(chain, device, suspended, AT).ok_or(InvalidChain::NoRightToVouch)?;
        self.takes(whom, &entry)
    }

    fn takes(&mut self, whom: &str, entry: &[u8]) -> Result<(), InvalidChain> {
        let mut chain = self.0[&handle(whom)].clone();
        chain.extend(entry, &mut |by| self.0.get(by).cloned())?;
        self.0.insert(handle(whom), chain);
        Ok(())
    }

    fn suspended(&self, whom: &str) -> Option<Suspender> {
        self.0[&handle(whom)].suspended()
    }

    /// An entry as somebody with this key would write it who does not ask first whether they may.
    fn forged(&self, (whose, by, signer): (&str, u8, u8), whom: &str, at: Instant) -> Vec<u8> {
        let previous = self.0[&handle(whom)].head;
        let (handle, whose, by) = (handle(whom), handle(whose), DeviceId([by; 16]));
        let body = cbor(&Suspend { domain: bank(), handle, suspended: true, whose, by, previous, at });
        let device = key(signer).sign(&labelled(BY_SUSPENDING, &body));
        cbor(&Entry { body, device, vouched: None })
    }
}

#[test]
fn an_officer_suspends_and_restores_and_the_directory_does_with_people() {
    let mut people = People::new();
    for by in [("mo", 2), ("hr", 5)] {
        people.says(by, true, "bob").unwrap();
        assert!(people.suspended("bob").is_some());
        assert!(people.0[&handle("bob")].devices.iter().all(|device| !device.speaks() && !device.revoked));
        people.says(by, false, "bob").unwrap();
        assert!(people.0[&handle("bob")].devices.iter().all(Device::speaks));
    }
    people.says(("mo", 2), true, "alice").unwrap();
    people.says(("mo", 2), true, "pager").unwrap();
}

#[test]
fn nobody_else_suspends() {
    let mut people = People::new();
    for (by, whom) in [
        (("carol", 4), "bob"),
        (("pager", 6), "bob"),
        // A directory has no power over officers or programs, and nobody over themselves.
        (("hr", 5), "alice"),
        (("hr", 5), "mo"),
        (("hr", 5), "pager"),
        (("mo", 2), "mo"),
    ] {
        assert_eq!(people.says(by, true, whom), Err(InvalidChain::NoRightToVouch), "{by:?} {whom}");
        let forged = people.forged((by.0, by.1, by.1), whom, AT);
        assert!(people.takes(whom, &forged).is_err(), "{by:?} {whom}");
        assert_eq!(people.suspended(whom), None);
    }
    // In an officer's or the directory's name, by another key; by the directory, after its time; by a device that is not Mo's.
    for forged in [
        people.forged(("mo", 2, 4), "bob", AT),
        people.forged(("hr", 5, 4), "bob", AT),
        people.forged(("hr", 5, 5), "bob", Instant(9_000)),
        people.forged(("mo", 1, 1), "bob", AT),
    ] {
        assert!(people.takes("bob", &forged).is_err());
    }
    let held = people.forged(("hr", 5, 5), "bob", AT);
    people.takes("bob", &held).unwrap();
    assert_eq!(people.takes("bob", &held), Err(InvalidChain::Broken), "it is no word for another time");
}

#[test]
fn what_an_officer_has_said_the_directory_does_not_undo() {
    let mut people = People::new();
    people.says(("hr", 5), true, "bob").unwrap();
    assert_eq!(people.suspended("bob"), Some(Suspender::Directory));
    assert!(people.says(("hr", 5), true, "bob").is_err(), "it says nothing new");
    people.says(("mo", 2), true, "bob").unwrap();
    assert_eq!(people.suspended("bob"), Some(Suspender::Officer));
    assert!(people.says(("hr", 5), false, "bob").is_err());
    assert!(people.says(("hr", 5), true, "bob").is_err());
    people.says(("mo", 2), false, "bob").unwrap();
    assert!(people.says(("mo", 2), false, "bob").is_err(), "it says nothing new");
}

#[test]
fn a_suspended_account_does_nothing_for_itself() {
    let mut people = People::new();
    let (bob, secret) = ((DeviceId([3; 16]), key(3)), Secret([7; 16]));
    let recovery = recovery_key(&bank(), &handle("bob"), &secret);
    let archive = vec![0; ARCHIVE_KEY];
    let keys = Some((&recovery as &dyn Sign, archive));
    let entry = set_recovery_key(&people.0[&handle("bob")], (bob.0, &bob.1), keys, AT).unwrap();
    people.takes("bob", &entry).unwrap();
    let before = people.0[&handle("bob")].clone();
    let new = (DeviceId([33; 16]), key(33));
    let offered = vouch(&before, (bob.0, &bob.1), (new.0, new.1.public()), AT).unwrap();
    people.says(("mo", 2), true, "bob").unwrap();
    let chain = people.0[&handle("bob")].clone();
    assert_eq!(vouch(&chain, (bob.0, &bob.1), (new.0, new.1.public()), AT), None);
    // What was vouched for before, or says that it was.
    let (_, linked) = take_vouched(&offered, new.0, &new.1).unwrap();
    assert!(people.takes("bob", &linked).is_err());
    let back = recover((bank(), handle("bob"), chain.head), (new.0, &new.1), (&[], Some(&recovery)), AT);
    assert_eq!(people.takes("bob", &back), Err(InvalidChain::NoRightToVouch));
    people.says(("mo", 2), false, "bob").unwrap();
    let head = people.0[&handle("bob")].head;
    let back = recover((bank(), handle("bob"), head), (new.0, &new.1), (&[], Some(&recovery)), AT);
    people.takes("bob", &back).unwrap();
}

#[test]
fn there_is_always_room_to_suspend_and_to_revoke() {
    let mut people = People::new();
    let mut times = 0;
    while people.says(("hr", 5), true, "bob").is_ok() {
        times += 1;
        if people.says(("hr", 5), false, "bob") == Err(InvalidChain::Length) {
            break;
        }
    }
    // The directory can do no more; officers restore, and suspend, and revoke what there is.
    assert!(times > 50, "{times}");
    for _ in 0..60 {
        people.says(("mo", 2), false, "bob").unwrap();
        people.says(("mo", 2), true, "bob").unwrap();
    }
    let (chain, officers) = (people.0[&handle("bob")].clone(), people.0[&handle("mo")].clone());
    let by = (&officers, DeviceId([2; 16]), &key(2) as &dyn Sign);
    let entry = crate::revoke_as_officer(&chain, by, (DeviceId([3; 16]), false), AT).unwrap();
    people.takes("bob", &entry).unwrap();
}
