//! Barriers: the server lets nobody come to those they may not meet, and nothing be said where some are together already.

use std::time::Duration;

use chancery_sdk::{AccountKind, Change, Client, News, Progress, Want};
use chancery_testkit::both;
use chancery_wire::{
    frames::{ClientFrame, Fetch, Kind, ServerFrame, Submit},
    ids::{RoomId, SubmissionId},
    names::RoleName,
    policy::Role,
    problem::Code,
};

use super::{
    door::{Door, code, says, submit, sync, text, texts},
    recovery::{handle, joins},
};

pub(crate) fn segment(name: &str, add: &[&str], remove: &[&str]) -> Change {
    let handles = |names: &[&str]| names.iter().map(|it| handle(it)).collect();
    Change::Segment { name: name.parse().unwrap(), add: handles(add), remove: handles(remove) }
}

pub(crate) fn barrier(stands: bool) -> Change {
    Change::Barrier { between: ("research".parse().unwrap(), "trading".parse().unwrap()), stands }
}

fn adds(who: &mut Client, room: RoomId, whom: &str) -> chancery_sdk::WishId {
    who.want(room, Want::Add(vec![handle(whom)], Role::Member)).unwrap()
}

fn refusal(who: &Client, wish: chancery_sdk::WishId) -> String {
    match who.progress(wish).unwrap() {
        Progress::Refused(why) => why,
        other => panic!("{other:?}"),
    }
}

/// Bob belongs to trading and Carol to research. Carol, and Mo, who is an officer.
async fn separates(door: &mut Door) -> (Client, Client) {
    let carol = joins(door, "carol", &AccountKind::Person).await;
    let mut mo = joins(door, "mo", &AccountKind::Officer).await;
    mo.amend(segment("trading", &["bob"], &[])).await.unwrap();
    mo.amend(segment("research", &["carol"], &[])).await.unwrap();
    (carol, mo)
}

both! {
    async fn whoever_adds_somebody_while_the_barrier_comes_is_refused_and_learns_why(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let (mut carol, mut mo) = separates(&mut door).await;
        sync(&mut door.alice).await;
        let wish = adds(&mut door.alice, room, "carol");
        let mut came = false;
        let mut amends = |news: News| {
            // Alice's device has read the charter when it connected; now comes the barrier, and then what it has wished for is sent.
            if matches!(news, News::Connected) && !std::mem::replace(&mut came, true) {
                tokio::task::block_in_place(|| {
                    tokio::runtime::Handle::current().block_on(mo.amend(barrier(true))).unwrap();
                });
            }
        };
        door.alice.sync(Duration::from_secs(10), &mut amends).await.unwrap();
        assert!(came);
        sync(&mut door.alice).await;
        assert!(refusal(&door.alice, wish).contains("a barrier of the organisation stands between them"));
        door.has_told(&[Code::OldCharter]).await;
        sync(&mut carol).await;
        assert_eq!(carol.rooms().unwrap(), []);
        // What is said among the others is no concern of the barrier.
        says(&mut door.alice, room, "among us").await;
        sync(&mut door.bob).await;
        assert_eq!(texts(&door.bob, room), ["among us"]);
        // From now on it is known here, and not even asked.
        let refused = door.alice.want(room, Want::Add(vec![handle("carol")], Role::Member)).unwrap_err();
        assert!(refused.to_string().contains("barrier"), "{refused}");
        mo.amend(barrier(false)).await.unwrap();
        sync(&mut door.alice).await;
        adds(&mut door.alice, room, "carol");
        sync(&mut door.alice).await;
        sync(&mut carol).await;
        assert_eq!(carol.rooms().unwrap().len(), 1);
    }

    async fn rooms_through_which_a_barrier_runs_are_found_and_nothing_is_said_there(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        let (mut carol, mut mo) = separates(&mut door).await;
        let bot = AccountKind::Bot(chancery_sdk::Bot {
            owner: handle("carol"), purpose: "reads papers".to_owned(), scope: None, until: None,
        });
        let mut papers = joins(&mut door, "papers", &bot).await;
        // One room with Bob and Carol, one with Bob and Carol's program, and one with neither of them together.
        adds(&mut door.alice, room, "carol");
        let with_bot = door.alice.open_room(&text("papers"), &[handle("bob"), handle("papers")]).unwrap();
        let quiet = door.alice.open_room(&text("quiet"), &[handle("bob"), handle("mo")]).unwrap();
        sync(&mut door.alice).await;
        for client in [&mut door.bob, &mut carol, &mut papers, &mut mo] {
            sync(client).await;
        }
        assert_eq!(mo.apart().await.unwrap(), []);
        mo.amend(barrier(true)).await.unwrap();
        let found = mo.apart().await.unwrap();
        let mut rooms: Vec<_> = found.iter().map(|it| it.room).collect();
        rooms.sort_unstable_by_key(|it| it.0);
        let mut expected = vec![room, with_bot];
        expected.sort_unstable_by_key(|it| it.0);
        assert_eq!(rooms, expected);
        let one = found.iter().find(|it| it.room == with_bot).unwrap();
        assert_eq!(one.owners, [handle("alice")]);
        assert_eq!(one.apart[0].iter().map(|it| it.accounts.clone()).collect::<Vec<_>>(), [[handle("papers")], [handle("bob")]]);
        assert!(door.bob.apart().await.unwrap_err().is(Code::Denied));
        door.has_fact("delivery.parted", 1).await;
        // Whose device has not heard of it is refused by the server.
        let wish = door.bob.want(room, Want::Say(text("secret"))).unwrap();
        sync(&mut door.bob).await;
        assert!(refusal(&door.bob, wish).contains("nothing can be said here"));
        says(&mut door.alice, quiet, "hello").await;
        // Once one of them has gone, it goes on.
        door.alice.want(room, Want::Remove(handle("carol"))).unwrap();
        sync(&mut door.alice).await;
        says(&mut door.alice, room, "on we go").await;
        sync(&mut door.bob).await;
        assert_eq!(texts(&door.bob, room), ["on we go"]);
        assert_eq!(mo.apart().await.unwrap().len(), 1);
        // Where somebody is moved to the other side, it is looked for anew; and where nobody is any more.
        mo.amend(segment("research", &["alice"], &[])).await.unwrap();
        assert_eq!(mo.apart().await.unwrap().len(), 3);
        mo.amend(barrier(false)).await.unwrap();
        assert_eq!(mo.apart().await.unwrap(), []);
        says(&mut door.alice, with_bot, "again").await;
    }

    async fn a_device_that_has_not_heard_of_it_says_nothing_there_either(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        let (mut carol, mut mo) = separates(&mut door).await;
        adds(&mut door.alice, room, "carol");
        sync(&mut door.alice).await;
        sync(&mut carol).await;
        sync(&mut door.bob).await;
        says(&mut door.bob, room, "before").await;
        // Something that is sealed for the room, as a device that is connected would send it.
        let me = door.bob.enrolled().unwrap();
        let mut socket = door.connect(&me).await;
        let entries = socket.fetch(room, 0).await;
        let said = entries.iter().rev().find(|it| it.kind == Kind::Message).unwrap();
        let sealed = said.body.as_ref().unwrap().as_slice();
        let epoch = chancery_groups::sealed_epoch(room, sealed).unwrap();
        let again = |id: u8| {
            let ClientFrame::Submit(frame) = submit(room, Kind::Message, sealed) else { panic!() };
            ClientFrame::Submit(Submit { epoch, id: SubmissionId([id; 16]), ..frame })
        };
        let mut answers = Vec::new();
        for id in [1, 2] {
            let mut answer = socket.ask(&again(id)).await;
            while matches!(answer, ServerFrame::Look(_) | ServerFrame::Entry(_)) {
                answer = socket.hear().await;
            }
            answers.push(answer);
            if id == 1 {
                mo.amend(barrier(true)).await.unwrap();
            }
        }
        assert!(matches!(answers[0], ServerFrame::Accepted(_)), "{answers:?}");
        assert_eq!(code(&answers[1]), Code::Apart.as_str());
        door.has_told(&[Code::Apart]).await;
        sync(&mut carol).await;
        assert_eq!(texts(&carol, room), ["before"]);
    }

    /// Whoever is connected while they come to belong to a segment connects anew, so that what is for it is for them. Others stay.
    async fn a_connection_goes_by_the_segments_of_now(db: Db) {
        let mut door = Door::open(db).await;
        let (carol, mut mo) = separates(&mut door).await;
        let (bob, carol) = (door.bob.enrolled().unwrap(), carol.enrolled().unwrap());
        for change in [segment("trading", &[], &["bob"]), segment("trading", &["bob"], &[])] {
            let (mut his, mut hers) = (door.connect(&bob).await, door.connect(&carol).await);
            mo.amend(change).await.unwrap();
            assert_eq!(his.closed().await, 1001);
            hers.says(&ClientFrame::Fetch(Fetch { room: door.room, after: 0 })).await;
            assert_eq!(code(&hers.hear().await), Code::NoRoom.as_str(), "she is answered as before");
        }
    }

    /// A rule may be for one segment, such as a region: its people, and the programs for which they answer. Others do not notice.
    async fn a_rule_may_be_for_one_segment(db: Db) {
        let mut door = Door::open(db).await;
        let (mut carol, mut mo) = separates(&mut door).await;
        let bot = |owner: &str| AccountKind::Bot(chancery_sdk::Bot {
            owner: handle(owner), purpose: "reads papers".to_owned(), scope: None, until: None,
        });
        let mut papers = joins(&mut door, "papers", &bot("bob")).await;
        let mut books = joins(&mut door, "books", &bot("carol")).await;
        let text = "forbid (principal is Account in Segment::\"trading\", action == Files::Action::\"begin\", resource);";
        let name: RoleName = "no-files".parse().unwrap();
        mo.amend(Change::Rule { name: name.clone(), cedar: Some(text.to_owned()) }).await.unwrap();
        for (who, may) in [(&mut door.bob, false), (&mut papers, false), (&mut carol, true), (&mut books, true)] {
            let why = who.explain(None, "files.begin").await.unwrap();
            assert_eq!((why.allowed, why.rules.is_empty()), (may, may), "{why:?}");
        }
        let why = mo.explain(Some(handle("papers")), "files.begin").await.unwrap();
        assert_eq!((why.allowed, why.rules), (false, vec![name]));
        // Whoever belongs there no more may again.
        mo.amend(segment("trading", &[], &["bob"])).await.unwrap();
        assert!(door.bob.explain(None, "files.begin").await.unwrap().allowed);
    }
}
