//! What a chain is believed for, and every way in which it is not.

use chancery_wire::ids::InvitationId;
use ed25519_dalek::SigningKey;

use super::*;
use crate::{found, invitation::Secret, join, revoke, take_vouched, vouch};

mod suspension;

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

/// Alice's founding, and an invitation of hers for Bob.
fn alice() -> (Vec<u8>, Root, Trusted) {
    let entry = found(bank(), handle("alice"), DeviceId([1; 16]), AT, &key(1));
    let root = Root(Digest(sha2::Sha256::digest(&entry).into()));
    let trusted = verify(std::slice::from_ref(&entry), &handle("alice"), &bank(), root, |_| None).unwrap();
    (entry, root, trusted)
}

fn invitation(officer: bool, signer: &SigningKey) -> Vec<u8> {
    let id = InvitationId([9; 16]);
    Invitation {
        id,
        domain: bank(),
        handle: handle("bob"),
        officer,
        until: Instant(2_000),
        key: Secret([5; 16]).derive_key(id).public(),
        by: handle("alice"),
        device: DeviceId([1; 16]),
        chain: Digest([0; 32]),
        bot: None,
        guest: None,
    }
    .sign(signer)
}

fn check_bob(entry: Vec<u8>) -> Result<Trusted, InvalidChain> {
    let (_, root, alice) = alice();
    verify(&[entry], &handle("bob"), &bank(), root, |_| Some(alice.clone()))
}

const DOCUMENT: &str = include_str!("../../../../protocol/devices.md");

/// What the document states in the block it marks as ```` ```hex name ````.
fn stated(name: &str) -> String {
    let (_, rest) = DOCUMENT.split_once(&format!("```hex {name}\n")).expect("no such vector");
    rest.split_once("```").unwrap().0.split_whitespace().collect()
}

#[test]
fn chains_are_written_as_the_document_states() {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let (founding, root, _) = alice();
    assert_eq!((hex(&founding), hex(&root.0.0)), (stated("founding"), stated("root")));
    let secret = Secret([5; 16]);
    let invitation = Invitation { chain: root.0, ..Invitation::peek(&invitation(false, &key(1))).unwrap() };
    let seed: [u8; 32] =
        data_encoding::HEXLOWER.decode(stated("seed").as_bytes()).unwrap().try_into().unwrap();
    assert_eq!(SigningKey::from_bytes(&seed).public(), secret.derive_key(invitation.id).public());
    let signed = invitation.sign(&key(1));
    assert_eq!(hex(&signed), stated("invitation"));
    let entry = join(&signed, &secret, DeviceId([2; 16]), Instant(1_500), &key(2)).unwrap();
    assert_eq!(hex(&entry), stated("join"));
    let mut bob = check_bob(entry).unwrap();
    let (new, at) = ((DeviceId([3; 16]), key(3).public()), Instant(2_500));
    let offered = vouch(&bob, (DeviceId([2; 16]), &key(2)), new, at).unwrap();
    let (_, entry) = take_vouched(&offered, new.0, &key(3)).unwrap();
    assert_eq!(hex(&entry), stated("link"));
    bob.extend(&entry, &mut |_| None).unwrap();
    let by = (&alice().2, DeviceId([1; 16]), &key(1) as &dyn Sign);
    let entry = crate::suspend(&bob, by, true, Instant(3_000)).unwrap();
    assert_eq!(hex(&entry), stated("suspend"));
    let seed = crate::archive_seed(&bank(), &handle("bob"), &Secret([7; 16]));
    assert_eq!(hex(&seed), stated("archive-seed"));
    let name = crate::BlockName {
        domain: bank(),
        handle: handle("bob"),
        device: DeviceId([2; 16]),
        room: chancery_wire::ids::RoomId([4; 16]),
        block: 3,
    };
    assert_eq!(hex(&name.sign(b"lines".to_vec(), &key(2))), stated("archive-block"));
}

#[test]
fn an_invited_device_is_trusted_down_to_the_root() {
    let entry = join(&invitation(false, &key(1)), &Secret([5; 16]), DeviceId([2; 16]), AT, &key(2)).unwrap();
    let bob = check_bob(entry).unwrap();
    assert_eq!(bob.devices[0].key, key(2).public());
    assert_eq!(bob.devices[0].invited_by, Some(handle("alice")));
    assert!(!bob.devices[0].officer);
}

#[test]
fn a_server_cannot_use_an_invitation_whose_secret_it_does_not_know() {
    let entry = join(&invitation(false, &key(1)), &Secret([6; 16]), DeviceId([2; 16]), AT, &key(66)).unwrap();
    assert_eq!(check_bob(entry), Err(InvalidChain::Signature));
}

#[test]
fn a_server_cannot_write_an_invitation() {
    let entry = join(&invitation(false, &key(66)), &Secret([5; 16]), DeviceId([2; 16]), AT, &key(2)).unwrap();
    assert_eq!(check_bob(entry), Err(InvalidChain::Signature));
}

#[test]
fn a_second_founding_is_not_the_root() {
    let (_, root, _) = alice();
    let entry = found(bank(), handle("bob"), DeviceId([2; 16]), AT, &key(66));
    let found = verify(&[entry], &handle("bob"), &bank(), root, |_| None);
    assert_eq!(found, Err(InvalidChain::OtherRoot));
}

#[test]
fn somebody_who_is_no_officer_cannot_vouch() {
    let (_, root, mut alice) = alice();
    alice.devices[0].officer = false;
    let entry = join(&invitation(false, &key(1)), &Secret([5; 16]), DeviceId([2; 16]), AT, &key(2)).unwrap();
    let found = verify(&[entry], &handle("bob"), &bank(), root, |_| Some(alice.clone()));
    assert_eq!(found, Err(InvalidChain::NoRightToVouch));
}

#[test]
fn a_chain_shown_for_another_account_is_refused() {
    let (entry, root, _) = alice();
    let found = verify(&[entry], &handle("bob"), &bank(), root, |_| None);
    assert_eq!(found, Err(InvalidChain::SomebodyElse));
}

/// Bob's chain with an entry by which `signer`, as the device `by`, vouches for a second device.
fn linked(by: u8, signer: u8) -> (Trusted, Option<Vec<u8>>) {
    let entry = join(&invitation(false, &key(1)), &Secret([5; 16]), DeviceId([2; 16]), AT, &key(2)).unwrap();
    let bob = check_bob(entry).unwrap();
    let mut forged = bob.clone();
    forged.devices[0].key = key(signer).public();
    let offered =
        vouch(&forged, (DeviceId([by; 16]), &key(signer)), (DeviceId([3; 16]), key(3).public()), AT);
    let entry = offered.and_then(|offered| take_vouched(&offered, DeviceId([3; 16]), &key(3)));
    (bob, entry.map(|(_, entry)| entry))
}

#[test]
fn an_earlier_device_links_another_one() {
    let (mut bob, entry) = linked(2, 2);
    let first = bob.head;
    bob.extend(&entry.clone().unwrap(), &mut |_| None).unwrap();
    assert_eq!(bob.devices[1].linked_by, Some(DeviceId([2; 16])));
    assert_eq!(bob.devices[1].invited_by, Some(handle("alice")));
    assert_eq!(bob.heads, [first, bob.head]);
    // The same entry once more follows from nothing.
    assert_eq!(bob.extend(&entry.unwrap(), &mut |_| None), Err(InvalidChain::Broken));
}

#[test]
fn a_server_cannot_link_a_device() {
    let (mut bob, entry) = linked(2, 66);
    assert_eq!(bob.extend(&entry.unwrap(), &mut |_| None), Err(InvalidChain::Signature));
    // Nor does a device that is none of the account's.
    assert!(linked(9, 2).1.is_none());
    let (founding, ..) = alice();
    assert_eq!(bob.extend(&founding, &mut |_| None), Err(InvalidChain::SomebodyElse));
    // And what was vouched for one device is none for another.
    let offered =
        vouch(&bob, (DeviceId([2; 16]), &key(2)), (DeviceId([3; 16]), key(3).public()), AT).unwrap();
    assert!(take_vouched(&offered, DeviceId([3; 16]), &key(66)).is_none());
    assert!(take_vouched(&offered, DeviceId([4; 16]), &key(3)).is_none());
}

#[test]
fn every_flipped_bit_of_a_later_entry_is_noticed() {
    let (bob, entry) = linked(2, 2);
    let link = entry.unwrap();
    let mut two = bob.clone();
    two.extend(&link, &mut |_| None).unwrap();
    let revoke = revoke(&two, (DeviceId([2; 16]), &key(2)), (DeviceId([3; 16]), true), AT).unwrap();
    for (chain, good) in [(bob, link), (two, revoke)] {
        assert!(chain.clone().extend(&good, &mut |_| None).is_ok());
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(chain.clone().extend(&bad, &mut |_| None).is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_chain_that_is_full_of_devices_still_takes_every_revocation() {
    let (founding, root, mut alice) = alice();
    let (me, signer) = (DeviceId([1; 16]), key(1));
    let mut entries = vec![founding];
    let link = |alice: &Trusted, number: u8| {
        let new = (DeviceId([number; 16]), key(number).public());
        let offered = vouch(alice, (me, &signer), new, AT).unwrap();
        take_vouched(&offered, new.0, &key(number)).unwrap().1
    };
    for number in 2..=128 {
        entries.push(link(&alice, number));
        alice.extend(entries.last().unwrap(), &mut |_| None).unwrap();
    }
    assert_eq!(alice.extend(&link(&alice.clone(), 129), &mut |_| None), Err(InvalidChain::Length));
    for number in 2..=128 {
        entries.push(revoke(&alice, (me, &signer), (DeviceId([number; 16]), true), AT).unwrap());
        alice.extend(entries.last().unwrap(), &mut |_| None).unwrap();
    }
    assert_eq!(verify(&entries, &handle("alice"), &bank(), root, |_| None), Ok(alice));
}

#[test]
fn a_revoked_device_vouches_and_revokes_no_more() {
    let (mut bob, entry) = linked(2, 2);
    bob.extend(&entry.unwrap(), &mut |_| None).unwrap();
    let (first, second) = (DeviceId([2; 16]), DeviceId([3; 16]));
    let before = bob.clone();
    // A device does not revoke itself, nor does a server that has no key of it.
    assert!(revoke(&bob, (first, &key(2)), (first, true), AT).is_none());
    let mut forged = bob.clone();
    forged.devices[0].key = key(66).public();
    let by_server = revoke(&forged, (first, &key(66)), (second, true), AT).unwrap();
    assert_eq!(bob.extend(&by_server, &mut |_| None), Err(InvalidChain::Signature));
    let entry = revoke(&bob, (first, &key(2)), (second, true), AT).unwrap();
    bob.extend(&entry, &mut |_| None).unwrap();
    assert_eq!(bob.devices.iter().map(|device| device.revoked).collect::<Vec<_>>(), [false, true]);
    let new = (DeviceId([4; 16]), key(4).public());
    assert!(vouch(&bob, (second, &key(3)), new, AT).is_none());
    // What it signs by hand, from what the chain is now, is not taken either.
    let late = Trusted { head: bob.head, ..before };
    let offered = vouch(&late, (second, &key(3)), new, AT).unwrap();
    let (_, entry) = take_vouched(&offered, new.0, &key(4)).unwrap();
    assert_eq!(bob.extend(&entry, &mut |_| None), Err(InvalidChain::NoRightToVouch));
    let entry = revoke(&late, (second, &key(3)), (first, true), AT).unwrap();
    assert_eq!(bob.extend(&entry, &mut |_| None), Err(InvalidChain::NoRightToVouch));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let good = join(&invitation(false, &key(1)), &Secret([5; 16]), DeviceId([2; 16]), AT, &key(2)).unwrap();
    assert!(check_bob(good.clone()).is_ok());
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(check_bob(bad).is_err(), "byte {at}");
    }
}
