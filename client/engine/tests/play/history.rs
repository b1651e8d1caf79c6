//! What is told of what was said before: taken in when it is history, and given up when it is anything else.

use chancery_engine::{EngineError, Told};
use chancery_wire::{
    content::{Attachment, FileKey, Written},
    ids::{Digest, FileId},
};

use ciborium::cbor;

use super::person::{World, handle};

#[test]
fn what_is_no_history_is_given_up_and_changes_nothing() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    alice.says(&world, room, "true");
    bob.syncs(&world);
    let file = Attachment {
        file: FileId([1; 16]),
        size: 1,
        key: FileKey([2; 32]),
        digest: Digest([3; 32]),
        name: Written::file_name("history").unwrap(),
        media: Written::parse("application/cbor", 99).unwrap(),
        about: None,
    };
    let told = Told { place: room, room, told_by: Some(handle("alice")), file };
    let mut line = Vec::new();
    // A line of a kind that there is not.
    let fields = cbor!([{
        "seq" => 1, "id" => null, "at" => 0, "handle" => "alice", "device" => null, "kind" => "curse",
        "said" => "x", "about" => null, "thread" => null, "gone" => 0, "file" => null, "mentions" => null,
        "urgent" => false, "expires" => null, "told_by" => null
    }]);
    ciborium::into_writer(&fields.unwrap(), &mut line).unwrap();
    for bytes in [&b""[..], b"garbage", b"\x80garbage", &line] {
        let taken = bob.engine.take_history(&told, Some(bytes), world.now);
        assert!(bytes.starts_with(b"\x80") || matches!(taken, Err(EngineError::BadFile)), "{taken:?}");
    }
    bob.engine.take_history(&told, None, world.now).unwrap();
    assert_eq!(bob.reads(room), ["alice: true"]);
    alice.says(&world, room, "and on");
    bob.syncs(&world);
    assert_eq!(bob.reads(room), ["alice: true", "alice: and on"]);
}
