//! A thief has a copy of a device's vault, and its key. What he reads with it is bounded on both sides.
//!
//! The thief is passive: he has the vault, every body the hub ever had, and the MLS library, and tries everything.

use std::path::{Path, PathBuf};

use chancery_engine::Want;
use chancery_vault::{MlsStore, Vault, VaultError, VaultKey};
use chancery_wire::{
    content::{Content, Letter},
    frames::Entry,
    ids::RoomId,
    policy::Role,
    time::DAY,
};
use openmls::{
    framing::{MlsMessageIn, ProcessedMessageContent},
    group::MlsGroup,
    prelude::{GroupId, OpenMlsProvider},
};
use openmls_rust_crypto::RustCrypto;
use tls_codec::Deserialize as _;

use super::goes_on;
use crate::person::{Person, World, handle};

/// The head of SQLite's write-ahead log, and a page in it with its own head.
const WAL_HEADER: usize = 32;
const WAL_FRAME: usize = 24 + 4096;

/// What the MLS library works on: the stolen vault.
struct Loot<'a> {
    crypto: RustCrypto,
    store: MlsStore<'a>,
}

impl<'a> OpenMlsProvider for Loot<'a> {
    type CryptoProvider = RustCrypto;
    type RandProvider = RustCrypto;
    type StorageProvider = MlsStore<'a>;

    fn storage(&self) -> &MlsStore<'a> {
        &self.store
    }
    fn crypto(&self) -> &RustCrypto {
        &self.crypto
    }
    fn rand(&self) -> &RustCrypto {
        &self.crypto
    }
}

/// A copy of a vault's files.
struct Thief {
    dir: tempfile::TempDir,
    file: PathBuf,
}

impl Thief {
    /// Copies a person's vault as it lies on the disk at this moment, whether or not the program runs.
    fn of(person: &Person) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("stolen.db");
        for (path, bytes) in person.image() {
            let wal = path.to_string_lossy().ends_with("-wal");
            std::fs::write(if wal { dir.path().join("stolen.db-wal") } else { file.clone() }, bytes).unwrap();
        }
        Self { dir, file }
    }

    /// Tries to read everything the hub has, in its order and taking in every change of the room that can be followed.
    fn reads(&self, log: &[Entry], room: RoomId) -> Vec<String> {
        read(&self.file, log, room)
    }
}

fn read(file: &Path, log: &[Entry], room: RoomId) -> Vec<String> {
    let Ok(vault) = Vault::open(file, &VaultKey::from_bytes([7; 32])) else { return vec![] };
    let found = vault.look(|step| {
        let loot = Loot { crypto: RustCrypto::default(), store: step.mls() };
        let Some(mut group) = MlsGroup::load(&loot.store, &GroupId::from_slice(&room.0))? else {
            return Ok(vec![]);
        };
        let bodies = log.iter().filter_map(|entry| entry.body.as_ref());
        Ok::<_, VaultError>(bodies.filter_map(|body| open(&loot, &mut group, body.as_slice())).collect())
    });
    found.unwrap_or_default()
}

fn open(loot: &Loot<'_>, group: &mut MlsGroup, body: &[u8]) -> Option<String> {
    let message = MlsMessageIn::tls_deserialize_exact(body).ok()?.try_into_protocol_message().ok()?;
    match group.process_message(loot, message).ok()?.into_content() {
        ProcessedMessageContent::ApplicationMessage(letter) => {
            match Letter::decode(&letter.into_bytes()).ok()?.content {
                Content::Text { text, .. } | Content::RoomName(text) => Some(text.reveal().to_owned()),
                _ => None,
            }
        }
        ProcessedMessageContent::StagedCommitMessage(staged) => {
            group.merge_staged_commit(loot, *staged).ok()?;
            None
        }
        _ => None,
    }
}

fn log(world: &World, room: RoomId) -> Vec<Entry> {
    world.hub.borrow().entries(room, 0)
}

#[test]
fn a_stolen_vault_opens_nothing_that_was_received_before() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    alice.says(&world, room, "in the epoch before");
    bob.syncs(&world);
    bob.says(&world, room, "written by the victim");
    alice.engine.want(room, Want::Role(handle("bob"), Role::Moderator), world.now).unwrap();
    alice.says(&world, room, "in this epoch");
    bob.syncs(&world);
    let thief = Thief::of(&bob);
    assert_eq!(thief.reads(&log(&world, room), room), Vec::<String>::new());
    // Until the leaf is renewed he reads what comes: otherwise this test would say nothing.
    alice.says(&world, room, "after the theft");
    assert_eq!(thief.reads(&log(&world, room), room), ["after the theft"]);
    goes_on(&world, room, [&mut alice, &mut bob]);
}

#[test]
fn a_stolen_vault_holds_no_earlier_state_of_itself() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    alice.says(&world, room, "received");
    bob.syncs(&world);
    // The program is running: its write-ahead log lies beside the database. Cut short anywhere, it is an earlier vault.
    let thief = Thief::of(&bob);
    let wal = thief.dir.path().join("stolen.db-wal");
    let whole = std::fs::read(&wal).unwrap_or_default();
    let frames = whole.len().saturating_sub(WAL_HEADER) / WAL_FRAME;
    for frame in 0..=frames {
        let cut = tempfile::tempdir().unwrap();
        let file = cut.path().join("cut.db");
        std::fs::copy(&thief.file, &file).unwrap();
        std::fs::write(
            cut.path().join("cut.db-wal"),
            &whole[..whole.len().min(WAL_HEADER + frame * WAL_FRAME)],
        )
        .unwrap();
        assert_eq!(read(&file, &log(&world, room), room), Vec::<String>::new(), "{frame} of {frames} frames");
    }
}

#[test]
fn a_thief_is_shut_out_once_the_victims_leaf_is_renewed() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    let thief = Thief::of(&bob);
    // That others renew their leaves does not heal Bob's.
    alice.engine.want(room, Want::Role(handle("bob"), Role::Moderator), world.now).unwrap();
    alice.says(&world, room, "before bob's renewal");
    bob.syncs(&world);
    assert_eq!(thief.reads(&log(&world, room), room), ["before bob's renewal"]);
    // A day later, by itself.
    world.later(DAY + 1);
    bob.syncs(&world);
    alice.says(&world, room, "after it");
    bob.syncs(&world);
    bob.says(&world, room, "and from bob");
    alice.says(&world, room, "and in a later epoch still");
    assert_eq!(thief.reads(&log(&world, room), room), ["before bob's renewal"]);
    goes_on(&world, room, [&mut alice, &mut bob]);
}

#[test]
fn a_leaf_is_renewed_within_a_day_and_within_a_hundred_messages() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    let epoch = |person: &Person| person.engine.room(room).unwrap().epoch.unwrap();
    let before = epoch(&bob);
    for count in 0..101 {
        bob.says(&world, room, &format!("message {count}"));
    }
    assert_eq!(epoch(&bob), before + 1);
    world.later(DAY - 1);
    bob.syncs(&world);
    assert_eq!(epoch(&bob), before + 1);
    world.later(1);
    bob.syncs(&world);
    assert_eq!(epoch(&bob), before + 2);
    // Alice's was not: a new member's first renewal comes soon, an owner's a day after the founding.
    alice.syncs(&world);
    assert_eq!(epoch(&alice), before + 3);
}

#[test]
fn a_removed_device_opens_nothing_sent_after_with_all_it_has() {
    let mut world = World::new();
    let [mut alice, mut bob, mut carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[&bob, &carol]);
    bob.syncs(&world);
    carol.syncs(&world);
    alice.says(&world, room, "with bob");
    alice.engine.want(room, Want::Remove(handle("bob")), world.now).unwrap();
    alice.says(&world, room, "without bob");
    carol.syncs(&world);
    carol.says(&world, room, "and another");
    alice.engine.want(room, Want::Role(handle("carol"), Role::Moderator), world.now).unwrap();
    alice.says(&world, room, "in a later epoch");
    // Bob's device has not heard of its removal and still has everything it ever had.
    let thief = Thief::of(&bob);
    assert_eq!(thief.reads(&log(&world, room), room), ["with bob"]);
    bob.syncs(&world);
    assert_eq!(bob.reads(room), ["alice: with bob"]);
    assert_eq!(Thief::of(&bob).reads(&log(&world, room), room), Vec::<String>::new());
    goes_on(&world, room, [&mut alice, &mut carol]);
}
