//! The store: the same on both databases, durable when it says so, and one writer at a time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod floor;

use std::time::Duration;

use chancery_floor::{
    store::{Dialect, Migration, Read, Rows, StoreError, schema},
    values,
};
use chancery_testkit::both;
use floor::{Act, Did, open};

const THINGS: Rows = Rows {
    head: "INSERT INTO things (id, number, name, content) VALUES",
    columns: 4,
    tail: "ON CONFLICT (id) DO NOTHING",
};

both! {
    /// What is written comes back, with nothing where there was nothing.
    async fn every_kind_of_value_survives(db: Db) {
        let desk = open(&db).await;
        let mut work = desk.begin(desk.permit::<Act>(floor::Thing).unwrap()).await.unwrap();
        let none: Option<&str> = None;
        let insert = "INSERT INTO things (id, number, name, content) VALUES ($1, $2, $3, $4)";
        // The first value bound is a null: its type has to be worked out by the database.
        work.tx.execute(insert, values![b"a".as_slice(), 1_i64, none, None::<Vec<u8>>]).await.unwrap();
        let bytes: Vec<u8> = (0..=255).collect();
        work.tx.execute(insert, values![b"b".as_slice(), i64::MIN, "naïve \u{202e}", bytes.clone()]).await.unwrap();
        work.commit(&Did {}).await.unwrap();
        let rows = db.reader().rows("SELECT number, name, content FROM things ORDER BY id", vec![]).await.unwrap();
        assert_eq!(rows[0].integer(0), Ok(1));
        assert_eq!((rows[0].text_if_any(1), rows[0].bytes_if_any(2)), (Ok(None), Ok(None)));
        assert_eq!((rows[1].integer(0), rows[1].text(1)), (Ok(i64::MIN), Ok("naïve \u{202e}".to_owned())));
        assert_eq!(rows[1].bytes(2), Ok(bytes));
        assert!(matches!(rows[1].fixed::<16>(2), Err(StoreError::Failed(_))));
    }

    /// Many rows in one call, whatever their number; a row that is there already is counted out.
    async fn many_rows_are_written_at_once(db: Db) {
        let desk = open(&db).await;
        let mut work = desk.begin(desk.permit::<Act>(floor::Thing).unwrap()).await.unwrap();
        let rows = |from: u64, to: u64| {
            (from..to).flat_map(|n| values![n.to_be_bytes(), n, "x", vec![7_u8; 10]]).collect::<Vec<_>>()
        };
        assert_eq!(work.tx.execute_rows(THINGS, rows(0, 1339)).await, Ok(1339));
        assert_eq!(work.tx.execute_rows(THINGS, rows(1330, 1345)).await, Ok(6));
        assert_eq!(work.tx.execute_rows(THINGS, vec![]).await, Ok(0));
        work.commit(&Did {}).await.unwrap();
        let asked: Vec<_> = (0..300_u64).flat_map(|n| values![(n * 7).to_be_bytes()]).collect();
        let list = Rows { head: "SELECT DISTINCT t.number FROM (VALUES", columns: 1,
            tail: ") AS asked JOIN things t ON t.id = asked.column1 ORDER BY t.number" };
        let found = db.reader().list(list, asked).await.unwrap();
        assert_eq!((found.len(), found[1].integer(0)), (193, Ok(7)));
    }

    /// What was not committed was never there, even when its request went away in the middle.
    async fn a_dropped_transaction_leaves_nothing(db: Db) {
        let desk = open(&db).await;
        for _ in 0..3 {
            let mut work = desk.begin(desk.permit::<Act>(floor::Thing).unwrap()).await.unwrap();
            work.tx.execute_rows(THINGS, values![b"a".as_slice(), 1_i64, "x", b"".as_slice()]).await.unwrap();
        }
        assert!(db.reader().row("SELECT id FROM things", vec![]).await.unwrap().is_none());
        let work = desk.begin(desk.permit::<Act>(floor::Thing).unwrap()).await.unwrap();
        work.commit(&Did {}).await.unwrap();
    }

    /// Two that count up at the same time count to two.
    async fn writers_take_turns(db: Db) {
        let desk = open(&db).await;
        let work = desk.begin(desk.permit::<Act>(floor::Thing).unwrap()).await.unwrap();
        let mut work = work;
        work.tx.execute_rows(THINGS, values![b"n".as_slice(), 0_i64, "x", b"".as_slice()]).await.unwrap();
        work.commit(&Did {}).await.unwrap();
        let count = |desk: chancery_floor::work::Desk| async move {
            for _ in 0..25 {
                let mut work = desk.begin(desk.permit::<Act>(floor::Thing).unwrap()).await.unwrap();
                let row = work.tx.row("SELECT number FROM things", vec![]).await.unwrap().unwrap();
                let next = row.integer(0).unwrap() + 1;
                work.tx.execute("UPDATE things SET number = $1", values![next]).await.unwrap();
                work.commit(&Did {}).await.unwrap();
            }
        };
        tokio::join!(count(desk.clone()), count(desk.clone()), count(desk));
        let row = db.reader().row("SELECT number FROM things", vec![]).await.unwrap().unwrap();
        assert_eq!(row.integer(0), Ok(75));
    }

    /// Migrations run once, and one that was edited afterwards is noticed.
    async fn an_edited_migration_is_noticed(db: Db) {
        let desk = open(&db).await;
        db.migrate(&floor::migrations(), desk.now()).await.unwrap();
        let edited = [Migration { name: "things/0001", sql: "CREATE TABLE others (id {bytes})" }];
        assert!(matches!(db.migrate(&edited, desk.now()).await, Err(StoreError::Failed(_))));
    }

    /// Whoever goes away while a transaction begins keeps nobody else from writing.
    async fn a_beginning_that_is_dropped_leaves_the_store_to_others(db: Db) {
        let desk = open(&db).await;
        for _ in 0..50 {
            let beginning = desk.begin(desk.permit::<Act>(floor::Thing).unwrap());
            // It is looked at once: the database has been told to begin, and has not answered.
            drop(tokio::time::timeout(Duration::ZERO, beginning).await);
        }
        let mut work = desk.begin(desk.permit::<Act>(floor::Thing).unwrap()).await.unwrap();
        work.tx.execute_rows(THINGS, values![b"a".as_slice(), 1_i64, "x", vec![7_u8]]).await.unwrap();
        work.commit(&Did {}).await.unwrap();
    }

    /// Once the disk cannot be trusted, nothing is written any more.
    async fn a_fatal_store_takes_no_more(db: Db) {
        let desk = open(&db).await;
        db.fatal().raise("an fsync failed");
        let work = desk.begin(desk.permit::<Act>(floor::Thing).unwrap()).await;
        assert_eq!(work.err(), Some(StoreError::Fatal("an fsync failed".to_owned())));
        assert_eq!(db.fatal().raised().await, "an fsync failed");
        assert!(db.ready().await.is_err());
    }
}

#[test]
fn the_schema_is_written_in_each_databases_own_words() {
    let (sqlite, postgres) = (Dialect::Sqlite, Dialect::Postgres);
    assert!(schema(&floor::migrations(), sqlite).contains("content BLOB"));
    assert!(schema(&floor::migrations(), postgres).contains("content BYTEA"));
}
