//! Guests: in the rooms that were named, for a while, with somebody who answers; and they learn of nobody else.

use std::time::Duration;

use chancery_duties::gateway::Settings;
use chancery_sdk::{AccountKind, Bot, Change, Client, Guest, News, Progress, Standing, Want};
use chancery_testkit::both;
use chancery_wire::{
    api::{AskChains, Chains, Claim, Guests},
    names::Handle,
    policy::Role,
    problem::Code,
    time::Instant,
};
use reqwest::Method;

use super::{
    door::{Door, expected, now, problem, proof, says, sync, text, texts},
    recovery::{devices_in, events, handle, joins},
};

fn guest(door: &Door, sponsor: &str, seconds: i64) -> Guest {
    Guest { sponsor: handle(sponsor), rooms: vec![door.room], until: now().plus_seconds(seconds) }
}

/// Gina, whom Bob hosts in the room for an hour.
async fn gina(door: &mut Door) -> Client {
    let terms = guest(door, "bob", 3600);
    joins(door, "gina", &AccountKind::Guest(terms)).await
}

/// Gina, who is in the room.
async fn gina_inside(door: &mut Door) -> Client {
    let mut gina = gina(door).await;
    let room = door.room;
    adds(&mut door.alice, room, "gina");
    sync(&mut door.alice).await;
    sync(&mut gina).await;
    gina
}

/// Gina's time is made so short that it is over at once, and the house sees to it.
async fn runs_out(door: &mut Door) {
    let soon = Guest { until: now().plus_seconds(1), ..guest(door, "bob", 0) };
    hosts(&mut door.alice, "gina", soon.clone()).await;
    while now() < soon.until {
        tokio::task::yield_now().await;
    }
    door.house.attend().await.unwrap();
}

fn adds(who: &mut Client, room: chancery_wire::ids::RoomId, whom: &str) -> chancery_sdk::WishId {
    who.want(room, Want::Add(vec![handle(whom)], Role::Member)).unwrap()
}

/// The accounts of which somebody is shown a chain, when asking for these.
async fn shown(door: &Door, who: &Client, asked: &[&str]) -> Vec<Handle> {
    let (me, path) = (who.enrolled().unwrap(), "/v1/chains");
    let token = door.session(&me).await;
    let shown = proof(&me, ("POST", path), Some(&token), now());
    let ask = AskChains { handles: asked.iter().map(|it| handle(it)).collect() };
    let request = door.signed_as(&Method::POST, path, &token, &shown).json(&ask);
    let chains: Chains = request.send().await.unwrap().json().await.unwrap();
    let mut handles: Vec<Handle> = chains.chains.into_iter().map(|it| it.handle).collect();
    handles.sort();
    handles.dedup();
    handles
}

async fn claims(door: &Door, who: &Client, whose: &str) -> (u16, String) {
    let (me, path) = (who.enrolled().unwrap(), format!("/v1/accounts/{whose}/key-packages/claim"));
    let token = door.session(&me).await;
    let shown = proof(&me, ("POST", &path), Some(&token), now());
    problem(door.signed_as(&Method::POST, &path, &token, &shown).json(&Claim { devices: None })).await
}

async fn hosts(who: &mut Client, account: &str, terms: Guest) {
    who.amend(Change::Host { account: handle(account), terms }).await.unwrap();
}

both! {
    async fn a_guest_is_where_they_were_invited_and_everybody_sees_it(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let mut gina = gina_inside(&mut door).await;
        says(&mut gina, room, "good morning").await;
        sync(&mut door.bob).await;
        let lines = door.bob.lines(room, Some(0), u32::MAX).unwrap();
        let line = lines.iter().find(|it| it.text().is_some()).unwrap();
        assert_eq!(line.mark(), Some("guest"));
        let view = door.bob.find_room("private").unwrap();
        let member = view.members.iter().find(|it| it.handle == handle("gina")).unwrap();
        assert_eq!(member.guest.as_ref().unwrap().sponsor, handle("bob"));
        // Into another room nobody brings her, and she opens none, brings nobody and is set above nobody.
        let other = door.alice.open_room(&text("other"), &[handle("bob")]).unwrap();
        sync(&mut door.alice).await;
        let wish = adds(&mut door.alice, other, "gina");
        sync(&mut door.alice).await;
        let Progress::Refused(why) = door.alice.progress(wish).unwrap() else { panic!("not refused") };
        assert!(why.contains("gina is a guest"), "{why}");
        let refused = gina.open_room(&text("hers"), &[]).unwrap_err();
        assert!(refused.to_string().contains("guests open no rooms"), "{refused}");
        let wish = door.alice.want(room, Want::Role(handle("gina"), Role::Moderator)).unwrap();
        sync(&mut door.alice).await;
        assert!(matches!(door.alice.progress(wish).unwrap(), Progress::Refused(_)));
    }

    async fn a_guest_learns_of_nobody_else(db: Db) {
        let mut door = Door::open(db).await;
        sync(&mut door.bob).await;
        joins(&mut door, "mo", &AccountKind::Officer).await;
        joins(&mut door, "carol", &AccountKind::Person).await;
        let mut gina = gina_inside(&mut door).await;
        // Mallory is a member of the organisation, and in no room with her; that Zoe is not, she cannot tell from that.
        let asked = ["alice", "bob", "carol", "gina", "mallory", "mo", "zoe"];
        let seen: Vec<Handle> = ["alice", "bob", "gina", "mo"].map(handle).to_vec();
        assert_eq!(shown(&door, &gina, &asked).await, seen);
        assert_eq!(claims(&door, &gina, "carol").await, expected(Code::NoAccount));
        assert_eq!(claims(&door, &gina, "zoe").await, expected(Code::NoAccount));
        assert_eq!(claims(&door, &gina, "%63arol").await, expected(Code::NoAccount), "however it is written");
        assert_eq!(claims(&door, &gina, "bob").await.0, 200);
        assert_eq!(claims(&door, &door.bob, "carol").await.0, 200, "whoever belongs to the organisation may");
        assert!(gina.guests().await.unwrap_err().is(Code::Denied));
    }

    async fn whose_time_is_over_is_out_and_comes_back_when_it_is_longer(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let mut gina = gina_inside(&mut door).await;
        sync(&mut door.bob).await;
        let me = gina.enrolled().unwrap();
        let mut socket = door.connect(&me).await;
        runs_out(&mut door).await;
        assert_eq!(socket.closed().await, 4001);
        let out = gina.sync(Duration::from_secs(5), &mut |_| {}).await.unwrap_err();
        assert!(out.is(Code::RunOut), "{out}");
        door.has_fact("accounts.ran-out", 1).await;
        // Bob, a plain member, takes her out.
        sync(&mut door.bob).await;
        assert_eq!(door.bob.find_room("private").unwrap().away[0].handle, handle("gina"));
        sync(&mut door.alice).await;
        assert_eq!(devices_in(&door.alice, "gina"), 0);
        assert!(events(&door.alice, room).ends_with("the time of gina is over"), "{}", events(&door.alice, room));
        says(&mut door.bob, room, "among us").await;
        // It becomes longer: she is back, with the same device.
        let longer = guest(&door, "bob", 3600);
        hosts(&mut door.alice, "gina", longer).await;
        sync(&mut door.bob).await;
        sync(&mut gina).await;
        assert_eq!(devices_in(&door.bob, "gina"), 1);
        says(&mut door.bob, room, "welcome back").await;
        sync(&mut gina).await;
        assert_eq!(texts(&gina, room), ["welcome back"]);
    }

    async fn a_guest_whose_sponsor_is_out_is_not_heard_until_somebody_else_answers(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let mut gina = gina_inside(&mut door).await;
        let mut mo = joins(&mut door, "mo", &AccountKind::Officer).await;
        mo.suspend(&handle("bob"), true).await.unwrap();
        let out = gina.sync(Duration::from_secs(5), &mut |_| {}).await.unwrap_err();
        assert!(out.is(Code::Suspended), "{out}");
        assert!(mo.guests().await.unwrap()[0].orphaned);
        let others = guest(&door, "alice", 3600);
        hosts(&mut door.alice, "gina", others).await;
        assert!(!mo.guests().await.unwrap()[0].orphaned);
        sync(&mut gina).await;
        says(&mut gina, room, "here again").await;
    }

    async fn a_guest_reads_the_charter_whoever_it_is_about(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        joins(&mut door, "carol", &AccountKind::Person).await;
        let desk = "help-desk".parse().unwrap();
        door.alice.amend(Change::Assign { account: handle("carol"), role: desk, until: None }).await.unwrap();
        let mut gina = gina(&mut door).await;
        let longer = guest(&door, "alice", 7200);
        hosts(&mut door.alice, "gina", longer).await;
        let terms = guest(&door, "bob", 3600);
        let mut hal = joins(&mut door, "hal", &AccountKind::Guest(terms)).await;
        adds(&mut door.alice, room, "gina");
        adds(&mut door.alice, room, "hal");
        sync(&mut door.alice).await;
        for (who, words) in [(&mut gina, "both"), (&mut hal, "of us")] {
            sync(who).await;
            says(who, room, words).await;
        }
    }

    async fn what_was_hosted_holds_when_the_house_opens_again(db: Db) {
        let mut door = Door::open(db).await;
        gina(&mut door).await;
        let others = guest(&door, "alice", 7200);
        hosts(&mut door.alice, "gina", others.clone()).await;
        door.reopen(Settings::new("bank.example".parse().unwrap())).await;
        let me = door.alice.enrolled().unwrap();
        let token = door.session(&me).await;
        let shown = proof(&me, ("GET", "/v1/guests"), Some(&token), now());
        let guests: Guests = door.signed("/v1/guests", &token, &shown).send().await.unwrap().json().await.unwrap();
        let it = &guests.guests[0];
        assert_eq!((it.until, &it.sponsor, it.over), (others.until, &handle("alice"), false));
        door.has_fact("accounts.hosted", 1).await;
    }

    async fn a_guest_who_was_removed_reads_up_to_there_without_an_alarm(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        joins(&mut door, "carol", &AccountKind::Person).await;
        let mut gina = gina_inside(&mut door).await;
        // While she is away somebody comes whom she has never met, and she is removed.
        adds(&mut door.alice, room, "carol");
        sync(&mut door.alice).await;
        door.alice.want(room, Want::Remove(handle("gina"))).unwrap();
        sync(&mut door.alice).await;
        let mut alarms = Vec::new();
        gina.sync(Duration::from_secs(10), &mut |news| {
            if let News::Alarm(_, why) = news {
                alarms.push(why);
            }
        })
        .await
        .unwrap();
        assert_eq!(alarms, [""; 0]);
        assert_eq!(gina.find_room("private").unwrap().standing, Standing::Left);
    }

    async fn a_guest_comes_back_only_to_where_they_still_may_be(db: Db) {
        let mut door = Door::open(db).await;
        sync(&mut door.bob).await;
        let mut gina = gina_inside(&mut door).await;
        let other = door.alice.open_room(&text("other"), &[]).unwrap();
        sync(&mut door.alice).await;
        runs_out(&mut door).await;
        sync(&mut door.bob).await;
        let elsewhere = Guest { rooms: vec![other], ..guest(&door, "bob", 3600) };
        hosts(&mut door.alice, "gina", elsewhere).await;
        for _ in 0..2 {
            sync(&mut door.bob).await;
            sync(&mut door.alice).await;
        }
        assert_eq!(devices_in(&door.alice, "gina"), 0);
        adds(&mut door.alice, other, "gina");
        sync(&mut door.alice).await;
        sync(&mut gina).await;
        says(&mut gina, other, "here I may").await;
    }

    async fn nobody_is_a_guest_of_nobody_or_for_ever(db: Db) {
        let mut door = Door::open(db).await;
        let terms = guest(&door, "bob", 3600);
        for bad in [
            Guest { until: Instant(now().0 - 1000), ..terms.clone() },
            Guest { sponsor: handle("nobody"), ..terms.clone() },
            Guest { sponsor: handle("gina"), ..terms.clone() },
        ] {
            let refused = door.alice.invite(&handle("gina"), &AccountKind::Guest(bad)).await.unwrap_err();
            assert!(refused.is(Code::BadInvitation), "{refused}");
        }
        // A guest answers for nobody, nor does a program.
        gina(&mut door).await;
        let (owner, purpose) = (handle("gina"), "reads along".to_owned());
        let bot = AccountKind::Bot(Bot { owner, purpose, scope: None, until: None });
        let refused = door.alice.invite(&handle("helper"), &bot).await.unwrap_err();
        assert!(refused.is(Code::BadInvitation), "{refused}");
        let nowhere = AccountKind::Guest(Guest { rooms: vec![], ..terms });
        assert!(door.alice.invite(&handle("gina"), &nowhere).await.is_err());
    }
}
