//! Recovery: an account all whose devices are lost comes back as a new device. Two officers vouch for it, or a key that its owner
//! had put away; the chain says which, and every earlier device is revoked by the same entry.
//!
//! Nothing of an old device comes back: no key, no state of a room.

use chancery_wire::{
    ids::{DeviceId, Digest},
    names::{Domain, Handle},
    time::Instant,
};
use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroize;

use crate::{
    chain::{InvalidChain, Trusted, cbor},
    envelope,
    invitation::Secret,
    signed::{PublicKey, Sign, Signature, labelled},
};

/// The label of an officer's approval.
const APPROVED: &str = "chancery recovery 1 approved";
/// The label of the proof that somebody has the recovery key of an account.
const ASKED: &str = "chancery recovery 1 asked";
/// The most bytes an approval has.
const LIMIT: usize = 2048;
/// How long, either way, a proof holds, in milliseconds.
const WINDOW: i64 = 60_000;

/// How an account came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recovered {
    /// By the key that its owner had put away.
    Key,
    /// Two officers have vouched.
    Officers(Handle, Handle),
}

/// What an officer approves: this device, with this key, is the account's from here on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The organisation.
    pub domain: Domain,
    /// The account.
    pub handle: Handle,
    /// The new device.
    pub device: DeviceId,
    /// Its signature key.
    pub key: PublicKey,
    /// The head of the account's chain.
    pub previous: Digest,
    /// The approving account.
    pub by: Handle,
    /// The approving device.
    pub officer: DeviceId,
    /// When, by the approving device's clock; for people only.
    pub at: Instant,
}

impl Approval {
    /// Signs the approval with the officer's device key.
    #[must_use]
    pub fn sign(&self, officer: &dyn Sign) -> Vec<u8> {
        envelope::seal(APPROVED, self, officer)
    }

    /// Reads an approval without knowing yet whether its signer may approve.
    #[must_use]
    pub fn peek(signed: &[u8]) -> Option<Self> {
        envelope::open(signed, LIMIT).map(|(approval, ..)| approval)
    }

    /// Checks that an officer approves exactly this; answers who.
    pub(crate) fn checked(
        signed: &[u8],
        wanted: (&Domain, &Handle, DeviceId, PublicKey, Digest),
        others: &mut dyn FnMut(&Handle) -> Option<Trusted>,
    ) -> Result<Handle, InvalidChain> {
        let (it, body, signature): (Self, _, _) =
            envelope::open(signed, LIMIT).ok_or(InvalidChain::Malformed)?;
        if (&it.domain, &it.handle, it.device, it.key, it.previous) != wanted {
            return Err(InvalidChain::SomebodyElse);
        }
        // Nobody approves for themselves.
        if it.by == it.handle {
            return Err(InvalidChain::NoRightToVouch);
        }
        let chain = others(&it.by).ok_or_else(|| InvalidChain::Missing(it.by.clone()))?;
        let officer = chain.officer(it.officer)?;
        officer.key.check(&labelled(APPROVED, &body), &signature).map_err(|_| InvalidChain::Signature)?;
        Ok(it.by)
    }
}

/// The key pair that is made of the secret in a recovery link. The chain has its public half.
#[must_use]
pub fn recovery_key(domain: &Domain, handle: &Handle, secret: &Secret) -> impl Sign + use<> {
    let mut seed = derived(b"chancery recovery key 1", (domain, handle, secret));
    let key = SigningKey::from_bytes(&seed);
    seed.zeroize();
    key
}

/// What the key pair is made of that opens the account's archive. The chain has its public half as well.
#[must_use]
pub fn archive_seed(domain: &Domain, handle: &Handle, secret: &Secret) -> [u8; 32] {
    derived(b"chancery archive key 1", (domain, handle, secret))
}

fn derived(label: &[u8], (domain, handle, secret): (&Domain, &Handle, &Secret)) -> [u8; 32] {
    let mut seed = [0; 32];
    let whose = format!("mimi://{domain}/u/{handle}");
    // 32 bytes are far below HKDF's limit, so expanding cannot fail.
    let _ = Hkdf::<Sha256>::new(Some(label), &secret.0).expand(whose.as_bytes(), &mut seed);
    seed
}

/// Proves to a server that somebody has the recovery key of an account, who has no session and wants to see its chain.
#[must_use]
pub fn ask(domain: &Domain, handle: &Handle, at: Instant, key: &dyn Sign) -> [u8; 64] {
    key.sign(&asked(domain, handle, at)).0
}

/// Whether that is proved now.
#[must_use]
pub fn is_asked(
    domain: &Domain,
    handle: &Handle,
    (at, now): (Instant, Instant),
    (key, proof): (PublicKey, [u8; 64]),
) -> bool {
    let fresh = at.0.abs_diff(now.0) <= WINDOW.unsigned_abs();
    fresh && key.check(&asked(domain, handle, at), &Signature(proof)).is_ok()
}

fn asked(domain: &Domain, handle: &Handle, at: Instant) -> Vec<u8> {
    labelled(ASKED, &cbor(&(domain, handle, at)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chancery_wire::ids::InvitationId;

    use super::*;
    use crate::{
        Invitation, Root, found, join, recover, revoke, revoke_as_officer, set_recovery_key, verify,
        verify_as_far,
    };

    const AT: Instant = Instant(1_000);

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn bank() -> Domain {
        "bank.example".parse().unwrap()
    }

    fn handle(name: &str) -> Handle {
        name.parse().unwrap()
    }

    /// Alice has founded, and has invited Mo and Ravi as officers, and Bob. Device and key of each are numbered in this order.
    struct Bank {
        root: Root,
        entries: HashMap<Handle, Vec<Vec<u8>>>,
        chains: HashMap<Handle, Trusted>,
    }

    impl Bank {
        fn new() -> Self {
            let founding = found(bank(), handle("alice"), DeviceId([1; 16]), AT, &key(1));
            let root = Root(Digest(
                sha2::Digest::finalize(sha2::Digest::chain_update(Sha256::default(), &founding)).into(),
            ));
            let mut it = Self { root, entries: HashMap::new(), chains: HashMap::new() };
            it.is_shown("alice", founding).unwrap();
            for (number, name) in [(2, "mo"), (3, "ravi"), (4, "bob")] {
                let id = InvitationId([number; 16]);
                let secret = Secret([number; 16]);
                let invitation = Invitation {
                    id,
                    domain: bank(),
                    handle: handle(name),
                    officer: name != "bob",
                    until: Instant(2_000),
                    key: secret.derive_key(id).public(),
                    by: handle("alice"),
                    device: DeviceId([1; 16]),
                    chain: root.0,
                    bot: None,
                    guest: None,
                };
                let signed = invitation.sign(&key(1));
                let entry = join(&signed, &secret, DeviceId([number; 16]), AT, &key(number)).unwrap();
                it.is_shown(name, entry).unwrap();
            }
            it
        }

        /// A further entry is shown; the chain is checked anew from its beginning, as whoever meets it does.
        fn is_shown(&mut self, name: &str, entry: Vec<u8>) -> Result<(), InvalidChain> {
            let mut entries = self.entries.get(&handle(name)).cloned().unwrap_or_default();
            entries.push(entry);
            let others = |whose: &Handle| self.chains.get(whose).cloned();
            let chain = verify(&entries, &handle(name), &bank(), self.root, others)?;
            self.entries.insert(handle(name), entries);
            self.chains.insert(handle(name), chain);
            Ok(())
        }

        fn chain(&self, name: &str) -> &Trusted {
            &self.chains[&handle(name)]
        }

        /// `by` approves, with `signer`, that device and key 9 are Bob's.
        fn approval(&self, by: &str, officer: u8, signer: u8) -> Vec<u8> {
            Approval {
                domain: bank(),
                handle: handle("bob"),
                device: DeviceId([9; 16]),
                key: key(9).public(),
                previous: self.chain("bob").head,
                by: handle(by),
                officer: DeviceId([officer; 16]),
                at: AT,
            }
            .sign(&key(signer))
        }

        /// Bob comes back as device and key 9, with these approvals.
        fn comes_back(&mut self, approvals: &[Vec<u8>]) -> Result<(), InvalidChain> {
            let about = (bank(), handle("bob"), self.chain("bob").head);
            let entry = recover(about, (DeviceId([9; 16]), &key(9)), (approvals, None), AT);
            self.is_shown("bob", entry)
        }
    }

    #[test]
    fn two_officers_bring_an_account_back_and_end_all_its_devices() {
        let mut bank = Bank::new();
        let approvals = [bank.approval("mo", 2, 2), bank.approval("ravi", 3, 3)];
        bank.comes_back(&approvals).unwrap();
        let devices = &bank.chain("bob").devices;
        assert_eq!(devices.iter().map(|device| device.revoked).collect::<Vec<_>>(), [true, false]);
        assert_eq!(devices[1].recovered, Some(Recovered::Officers(handle("mo"), handle("ravi"))));
        // What was approved once is no approval for anything else.
        assert_eq!(bank.comes_back(&approvals), Err(InvalidChain::SomebodyElse));
    }

    #[test]
    fn less_than_two_officers_bring_nobody_back() {
        let mut bank = Bank::new();
        let (mo, ravi) = (bank.approval("mo", 2, 2), bank.approval("ravi", 3, 3));
        let refused = [
            vec![],
            vec![mo.clone()],
            // Twice the same, three, one who is no officer, one for oneself, and two that the server signs.
            vec![mo.clone(), mo.clone()],
            vec![mo.clone(), ravi.clone(), bank.approval("alice", 1, 1)],
            vec![mo.clone(), bank.approval("bob", 4, 4)],
            vec![mo.clone(), bank.approval("ravi", 3, 66)],
            vec![bank.approval("mo", 2, 66), bank.approval("ravi", 3, 66)],
        ];
        for approvals in refused {
            assert!(bank.comes_back(&approvals).is_err());
        }
        bank.comes_back(&[mo, ravi]).unwrap();
    }

    #[test]
    fn the_key_that_was_put_away_brings_the_account_back_once() {
        let mut bank = Bank::new();
        let domain = self::bank();
        let bob = handle("bob");
        let recovery = recovery_key(&domain, &bob, &Secret([7; 16]));
        let comes_back = |bank: &Bank, recovery: &dyn Sign, number: u8| {
            let about = (domain.clone(), bob.clone(), bank.chain("bob").head);
            recover(about, (DeviceId([number; 16]), &key(number)), (&[], Some(recovery)), AT)
        };
        let entry = comes_back(&bank, &recovery, 9);
        assert_eq!(bank.is_shown("bob", entry), Err(InvalidChain::NoRightToVouch), "none was put away");
        let me = (DeviceId([4; 16]), &key(4) as &dyn Sign);
        let keep = set_recovery_key(bank.chain("bob"), me, Some((&recovery, vec![5; 1216])), AT).unwrap();
        bank.is_shown("bob", keep).unwrap();
        for other in [Secret([8; 16]), Secret([0; 16])] {
            let entry = comes_back(&bank, &recovery_key(&domain, &bob, &other), 9);
            assert_eq!(bank.is_shown("bob", entry), Err(InvalidChain::Signature));
        }
        // The same secret is another key for another account.
        let entry = comes_back(&bank, &recovery_key(&domain, &handle("mo"), &Secret([7; 16])), 9);
        assert_eq!(bank.is_shown("bob", entry), Err(InvalidChain::Signature));
        let entry = comes_back(&bank, &recovery, 9);
        bank.is_shown("bob", entry).unwrap();
        assert!(bank.chain("bob").devices[0].revoked && !bank.chain("bob").devices[1].revoked);
        let entry = comes_back(&bank, &recovery, 10);
        assert_eq!(bank.is_shown("bob", entry), Err(InvalidChain::NoRightToVouch), "it is used up");
    }

    #[test]
    fn the_two_keys_of_a_recovery_link_go_together_or_not_at_all() {
        let mut bank = Bank::new();
        let me = (DeviceId([4; 16]), &key(4) as &dyn Sign);
        let (right, wrong) = (key(7), key(8));
        // Another archive beside somebody's recovery key, whose private half is not at hand; and what is no key.
        let theirs = Lent(right.public(), wrong);
        for (keys, why) in [
            ((&theirs as &dyn Sign, vec![5; 1216]), InvalidChain::Signature),
            ((&right as &dyn Sign, vec![5; 9]), InvalidChain::Malformed),
            ((&right as &dyn Sign, vec![]), InvalidChain::Malformed),
        ] {
            let entry = set_recovery_key(bank.chain("bob"), me, Some(keys), AT).unwrap();
            assert_eq!(bank.is_shown("bob", entry), Err(why));
        }
        let entry = set_recovery_key(bank.chain("bob"), me, Some((&right, vec![5; 1216])), AT).unwrap();
        bank.is_shown("bob", entry).unwrap();
        assert_eq!(bank.chain("bob").archive, Some((vec![5; 1216], DeviceId([4; 16]))));
    }

    /// Says that it is one key, and signs with another.
    struct Lent(PublicKey, SigningKey);

    impl Sign for Lent {
        fn public(&self) -> PublicKey {
            self.0
        }
        fn sign(&self, message: &[u8]) -> Signature {
            Sign::sign(&self.1, message)
        }
    }

    #[test]
    fn a_recovery_key_goes_with_the_device_that_may_have_set_it() {
        for (keeps, comes_back) in [(true, true), (false, false)] {
            let mut bank = Bank::new();
            let bobs = DeviceId([4; 16]);
            let recovery = recovery_key(&self::bank(), &handle("bob"), &Secret([7; 16]));
            let keys = Some((&recovery as &dyn Sign, vec![5; 1216]));
            let entry = set_recovery_key(bank.chain("bob"), (bobs, &key(4)), keys, AT).unwrap();
            bank.is_shown("bob", entry).unwrap();
            let mo = (bank.chain("mo"), DeviceId([2; 16]), &key(2) as &dyn Sign);
            let entry = revoke_as_officer(bank.chain("bob"), mo, (bobs, keeps), AT).unwrap();
            bank.is_shown("bob", entry).unwrap();
            let about = (self::bank(), handle("bob"), bank.chain("bob").head);
            let entry = recover(about, (DeviceId([9; 16]), &key(9)), (&[], Some(&recovery)), AT);
            assert_eq!(bank.is_shown("bob", entry).is_ok(), comes_back);
        }
    }

    #[test]
    fn a_server_puts_no_recovery_key_into_a_chain() {
        let mut bank = Bank::new();
        let mut forged = bank.chain("bob").clone();
        forged.devices[0].key = key(66).public();
        let me = (DeviceId([4; 16]), &key(66) as &dyn Sign);
        let keep = set_recovery_key(&forged, me, Some((&key(67), vec![5; 1216])), AT).unwrap();
        assert_eq!(bank.is_shown("bob", keep), Err(InvalidChain::Signature));
    }

    #[test]
    fn an_officer_revokes_a_device_and_nobody_else_of_another_account() {
        let mut bank = Bank::new();
        let bobs = DeviceId([4; 16]);
        let mo = (bank.chain("mo"), DeviceId([2; 16]), &key(2) as &dyn Sign);
        let entry = revoke_as_officer(bank.chain("bob"), mo, (bobs, true), AT).unwrap();
        // By somebody who is no officer, and by the server in the officer's name.
        let bob = (bank.chain("bob"), bobs, &key(4) as &dyn Sign);
        assert!(revoke_as_officer(bank.chain("mo"), bob, (DeviceId([2; 16]), true), AT).is_none());
        let mut forged = bank.chain("mo").clone();
        forged.devices[0].key = key(66).public();
        let server = (&forged, DeviceId([2; 16]), &key(66) as &dyn Sign);
        let by_server = revoke_as_officer(bank.chain("bob"), server, (bobs, true), AT).unwrap();
        assert_eq!(bank.is_shown("bob", by_server), Err(InvalidChain::Signature));
        for at in 0..entry.len() {
            let mut bad = entry.clone();
            bad[at] ^= 1;
            assert!(bank.is_shown("bob", bad).is_err(), "byte {at}");
        }
        bank.is_shown("bob", entry).unwrap();
        assert!(bank.chain("bob").devices[0].revoked);
        assert!(revoke(bank.chain("bob"), (bobs, &key(4)), (bobs, true), AT).is_none());
    }

    #[test]
    fn officers_who_signed_in_each_others_chains_are_checked_in_turns() {
        let mut bank = Bank::new();
        // Mo signs in Alice's chain, on whom his own rests.
        let linked = crate::vouch(
            bank.chain("alice"),
            (DeviceId([1; 16]), &key(1)),
            (DeviceId([5; 16]), key(5).public()),
            AT,
        );
        let (_, entry) = crate::take_vouched(&linked.unwrap(), DeviceId([5; 16]), &key(5)).unwrap();
        bank.is_shown("alice", entry).unwrap();
        let mo = (bank.chain("mo"), DeviceId([2; 16]), &key(2) as &dyn Sign);
        let entry = revoke_as_officer(bank.chain("alice"), mo, (DeviceId([1; 16]), true), AT).unwrap();
        bank.is_shown("alice", entry).unwrap();
        // Whoever knows nobody yet.
        let entries = &bank.entries[&handle("alice")];
        let (alice, missing) =
            verify_as_far(entries, &handle("alice"), &self::bank(), bank.root, |_| None).unwrap();
        assert_eq!((alice.heads.len(), missing), (2, Some(handle("mo"))));
        let mos = &bank.entries[&handle("mo")];
        let mo = verify(mos, &handle("mo"), &self::bank(), bank.root, |_| Some(alice.clone())).unwrap();
        let alice =
            verify(entries, &handle("alice"), &self::bank(), bank.root, |_| Some(mo.clone())).unwrap();
        assert_eq!(alice.devices.iter().map(|device| device.revoked).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_proof_of_the_key_holds_for_a_minute_and_one_account() {
        let (domain, bob) = (bank(), handle("bob"));
        let recovery = recovery_key(&domain, &bob, &Secret([7; 16]));
        let proof = ask(&domain, &bob, AT, &recovery);
        let is = |handle: &Handle, now: i64| {
            is_asked(&domain, handle, (AT, Instant(now)), (recovery.public(), proof))
        };
        assert!(is(&bob, 1_000) && is(&bob, 61_000));
        assert!(!is(&bob, 61_001) && !is(&handle("mo"), 1_000));
    }
}
