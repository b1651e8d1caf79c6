//! What happens between several devices of one account.

use chancery_engine::{Progress, Want};
use chancery_vault::Standing;
use chancery_wire::{bytes::Opaque, ids::RoomId};

use super::person::{Person, World};

/// Alice's two devices in a room of hers.
fn two(world: &mut World) -> (Person, Person, RoomId) {
    let [mut alice] = world.people(["alice"]);
    let mut phone = world.linked(&mut alice, "phone");
    let room = alice.opens(world, "room", &[]);
    alice.checks_own(world.now);
    alice.syncs(world);
    phone.syncs(world);
    assert_eq!(phone.members(room), ["alice", "alice"]);
    (alice, phone, room)
}

/// One revokes another.
fn revokes(world: &World, by: &mut Person, other: &Person) {
    let entry = by.engine.revoke(other.device(), world.now).unwrap();
    world.hub.borrow_mut().chains.get_mut(&by.name).unwrap().entries.push(Opaque(entry));
    world.hub.borrow_mut().revoked.insert(other.device());
    by.checks_own(world.now);
}

#[test]
fn who_has_asked_to_leave_is_not_left_alone_with_a_revoked_device() {
    let mut world = World::new();
    let (mut alice, phone, room) = two(&mut world);
    // Nobody but the phone could take the leave in, and then it is revoked.
    let leave = alice.engine.want(room, Want::Leave, world.now).unwrap();
    alice.syncs(&world);
    assert_eq!(alice.engine.progress(leave).unwrap(), Progress::Waiting);
    revokes(&world, &mut alice, &phone);
    alice.syncs(&world);
    assert_eq!(alice.engine.progress(leave).unwrap(), Progress::Done);
    assert_eq!(alice.engine.room(room).unwrap().standing, Standing::Left);
}
