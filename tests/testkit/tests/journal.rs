//! The journal and work: no permit, no change; no fact, no commit; and a chain that shows every change to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod floor;

use std::sync::atomic::Ordering;

use chancery_floor::{
    journal::{self, BrokenJournal},
    store::{Db, Read, StoreError},
    values,
    work::{Actor, Denied},
};
use chancery_testkit::both;
use floor::{Act, Did, Thing, desk, floor as build};

async fn kinds(db: &Db) -> Vec<String> {
    journal::read(&mut db.reader(), 0).await.unwrap().into_iter().map(|told| told.kind).collect()
}

both! {
    /// The chain holds, counts every fact, and breaks where one is changed or taken out.
    async fn a_changed_journal_is_noticed(db: Db) {
        let (floor, _) = build(&db).await;
        let desk = desk(&floor, Actor::house());
        for _ in 0..600 {
            let mut work = desk.begin(desk.permit::<Act>(Thing).unwrap()).await.unwrap();
            work.tell(&Did {});
            work.commit(&Did {}).await.unwrap();
        }
        let (count, _) = journal::verify(&mut db.reader()).await.unwrap();
        assert_eq!(count, 1200);
        let mut work = desk.begin(desk.permit::<Act>(Thing).unwrap()).await.unwrap();
        work.tx.execute("UPDATE journal SET kind = $1 WHERE seq = 777", values!["things.undone"]).await.unwrap();
        work.commit(&Did {}).await.unwrap();
        assert_eq!(journal::verify(&mut db.reader()).await, Err(BrokenJournal::At { seq: 777 }));
        let mut work = desk.begin(desk.permit::<Act>(Thing).unwrap()).await.unwrap();
        work.tx.execute("DELETE FROM journal WHERE seq = 5", vec![]).await.unwrap();
        work.commit(&Did {}).await.unwrap();
        assert_eq!(journal::verify(&mut db.reader()).await, Err(BrokenJournal::At { seq: 5 }));
    }

    /// A refusal is a fact, however often it happens, and not more than one a second.
    async fn refusals_are_told_and_cannot_fill_the_disk(db: Db) {
        let (floor, clock) = build(&db).await;
        let nobody = desk(&floor, Actor::nobody());
        for _ in 0..1000 {
            assert_eq!(nobody.permit::<Act>(Thing).err(), Some(Denied::Never));
            floor.refusals.settle(&db, nobody.now()).await.unwrap();
        }
        assert_eq!(kinds(&db).await, ["journal.refused"]);
        clock.0.fetch_add(1000, Ordering::SeqCst);
        floor.refusals.settle(&db, nobody.now()).await.unwrap();
        assert_eq!(kinds(&db).await.len(), 2);
        floor.refusals.settle(&db, nobody.now()).await.unwrap();
        assert_eq!(kinds(&db).await.len(), 2);
        journal::verify(&mut db.reader()).await.unwrap();
    }

    /// However many different things are refused, one fact stays small.
    async fn refusals_beyond_number_are_somebodys(db: Db) {
        let (floor, _) = build(&db).await;
        for n in 0..5000 {
            floor.refusals.note("request.malformed", "/v1/rooms", &format!("device/{n}"));
        }
        floor.refusals.flush(&db, floor.clock.now()).await.unwrap();
        let told = journal::read(&mut db.reader(), 0).await.unwrap();
        assert_eq!(told.len(), 1);
        assert!(told[0].fact.len() < 20_000, "{}", told[0].fact.len());
    }

    /// Without a fact nothing is kept; with one, both are.
    async fn a_change_and_its_fact_are_kept_together(db: Db) {
        let (floor, _) = build(&db).await;
        let desk = desk(&floor, Actor::house());
        let insert = "INSERT INTO things (id, number) VALUES ($1, 1)";
        let mut dropped = desk.begin(desk.permit::<Act>(Thing).unwrap()).await.unwrap();
        dropped.tx.execute(insert, values![b"a".as_slice()]).await.unwrap();
        drop(dropped);
        assert!(kinds(&db).await.is_empty());
        let mut work = desk.begin(desk.permit::<Act>(Thing).unwrap()).await.unwrap();
        work.tx.execute(insert, values![b"a".as_slice()]).await.unwrap();
        assert_eq!((work.at(), work.fresh::<2>()), (desk.now(), [7, 7]));
        work.commit(&Did {}).await.unwrap();
        assert_eq!(kinds(&db).await, ["things.did"]);
        let row = db.reader().row("SELECT COUNT(*) FROM things", vec![]).await.unwrap().unwrap();
        assert_eq!(row.integer(0), Ok::<_, StoreError>(1));
    }
}
