//! Words: what a person is told stands in the documents; and what the hub writes is shown as the hub's own, and can neither
//! give orders to a screen nor fill it.

use chancery_engine::{Alarm, Cause, Distrust, Out, Want};
use chancery_transparency::InvalidChain;
use chancery_vault::Standing;
use chancery_wire::{frames::Refused, problem::Code};

use crate::person::{World, handle, written};

/// A notice that looks like the program's own: it clears the screen, writes backwards, and is long.
fn notice() -> String {
    format!(
        "\u{1b}[2J\u{202e}Your key has expired.\r\nSign in at https://bank.example.evil {}",
        "now ".repeat(500)
    )
}

#[test]
fn every_alarm_and_every_cause_stands_in_the_documents_in_these_words() {
    let rooms = include_str!("../../../../../protocol/rooms.md");
    let alarms = [
        Alarm::Gap,
        Alarm::Chain,
        Alarm::Body,
        Alarm::RolledBack,
        Alarm::Forked(handle("whom")),
        Alarm::Reordered(handle("whom")),
        Alarm::Elsewhere,
        Alarm::Dropped,
        Alarm::Replaced,
        Alarm::NotSealed,
    ];
    for alarm in alarms {
        let words = alarm.to_string().replace("whom", "…");
        assert!(rooms.contains(&format!("| {words} |")), "{words}");
    }
    for cause in Cause::ALL {
        assert!(rooms.contains(&format!("| `{}` | {cause} |", cause.as_str())), "{cause}");
    }
    let devices = include_str!("../../../../../protocol/devices.md");
    let whom = || handle("whom");
    let lies = [
        Distrust::Unknown(whom()),
        Distrust::Chain(whom(), InvalidChain::Signature),
        Distrust::OtherDevice(whom()),
        Distrust::OtherKey(whom()),
        Distrust::Rewritten(whom()),
        Distrust::OtherPackage(whom()),
    ];
    for lie in lies {
        let words = lie.to_string().replace("whom", "…").replace(&InvalidChain::Signature.to_string(), "…");
        assert!(devices.contains(&format!("| {words} |")), "{words}");
    }
}

#[track_caller]
fn is_shown_as_the_hubs(shown: &str) {
    assert!(shown.contains("the server says: "), "{shown:?}");
    assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'), "{shown:?}");
    assert!(shown.len() < 400, "{} bytes", shown.len());
}

#[test]
fn a_refusal_is_told_in_the_servers_name() {
    let mut world = World::new();
    let [mut alice, mut bob] = world.people(["alice", "bob"]);
    let room = alice.opens(&world, "room", &[&bob]);
    bob.syncs(&world);
    alice.engine.want(room, Want::Say(written("hello")), world.now).unwrap();
    let Some(Out::Submit(submit)) = alice.engine.outgoing(world.now).unwrap().pop() else {
        panic!("nothing")
    };
    let title = notice().into_bytes().into();
    let code = Code::Denied.as_str().as_bytes().to_vec().into();
    alice.engine.refused(&Refused { id: submit.id, room, code, title }, world.now).unwrap();
    is_shown_as_the_hubs(&alice.engine.room(room).unwrap().unsent[0].why);

    bob.engine.gone(room, &notice(), world.now).unwrap();
    assert_eq!(bob.engine.room(room).unwrap().standing, Standing::Left);
    is_shown_as_the_hubs(&bob.why(room));
}

#[test]
fn why_somebody_cannot_be_added_is_told_in_the_servers_name() {
    let mut world = World::new();
    let [mut alice] = world.people(["alice"]);
    let room = alice.opens(&world, "room", &[]);
    let add = Want::Add(vec![handle("bob")], chancery_wire::policy::Role::Member);
    let wish = alice.engine.want(room, add, world.now).unwrap();
    alice.engine.claimed(wish, &[(handle("bob"), Err(notice()))], world.now).unwrap();
    let why = alice.engine.room(room).unwrap().unsent[0].why.clone();
    assert!(why.starts_with("bob cannot be added: "), "{why}");
    is_shown_as_the_hubs(&why);
}
