//! What is kept for the day all devices are lost: read again with the recovery key, and by nobody without it.

use chancery_floor::{blobs::Blobs, store::Read as _};
use chancery_sdk::{Client, News, Want};
use chancery_testkit::both;
use chancery_wire::{
    archive::{BLOCK_LIMIT, OVERHEAD},
    problem::Code,
    time::Instant,
};
use reqwest::Method;

use super::door::{Door, expected, links, now, problem, proof, says, sync, text, texts};

/// How many blocks the server keeps.
async fn blocks(door: &Door) -> u64 {
    let row = door.db.reader().row("SELECT COUNT(*) FROM archive_blocks", vec![]).await.unwrap().unwrap();
    row.count(0).unwrap()
}

/// How many sealed things lie on its disk.
async fn lying(blobs: &Blobs) -> usize {
    blobs.before(Instant(i64::MAX)).await.unwrap().len()
}

async fn recovery_key(client: &mut Client) -> String {
    client.make_recovery_key(true).await.unwrap().unwrap().to_string()
}

/// Bob has lost every device, and comes back; Alice is there. Answers what he was warned of.
async fn comes_back(door: &mut Door, link: &str, name: &str) -> (Client, Vec<String>) {
    let (mut new, mut warned) = (door.blank(name), Vec::new());
    let mut watch = |news: News| {
        if let News::Alarm(_, why) = news {
            warned.push(why);
        }
    };
    new.recover(link, &mut watch).await.unwrap();
    sync(&mut door.alice).await;
    new.sync(std::time::Duration::from_secs(10), &mut watch).await.unwrap();
    (new, warned)
}

both! {
    async fn who_has_lost_every_device_reads_on_a_new_one_what_was_said_before(db: Db) {
        let blobs = Blobs::in_memory();
        let mut door = Door::over(db, blobs.clone()).await;
        let room = door.room;
        sync(&mut door.bob).await;
        for number in 0..150 {
            door.alice.want(room, Want::Say(text(&format!("line {number}")))).unwrap();
        }
        sync(&mut door.alice).await;
        sync(&mut door.bob).await;
        let link = recovery_key(&mut door.bob).await;
        says(&mut door.bob, room, "the secret word is zanzibar").await;
        let said = door.bob.lines(room, None, 1).unwrap().pop().unwrap().message.id.unwrap();
        door.bob.want(room, Want::Edit(said, text("the secret word is quokka"))).unwrap();
        sync(&mut door.bob).await;
        let kept = texts(&door.bob, room);
        assert_eq!(kept.len(), 151);
        assert_eq!((blocks(&door).await, lying(&blobs).await), (3, 3));
        let (mut new, warned) = comes_back(&mut door, &link, "bob-new").await;
        assert_eq!(warned, Vec::<String>::new());
        assert!(texts(&new, room) == kept);
        assert_eq!(new.search("quokka", 9).unwrap().len(), 1);
        assert_eq!(new.search("zanzibar", 9).unwrap(), []);
        assert_eq!(new.find_room("private").unwrap().unread, 0, "it is no news");
        // What was kept stays until it is kept for another key.
        assert_eq!((blocks(&door).await, lying(&blobs).await), (3, 3));
        let again = recovery_key(&mut new).await;
        assert_eq!((blocks(&door).await, lying(&blobs).await), (3, 3));
        let (third, _) = comes_back(&mut door, &again, "bob-third").await;
        assert!(texts(&third, room) == kept);
    }

    async fn who_makes_another_recovery_link_before_anybody_is_there_loses_nothing(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        says(&mut door.bob, room, "before").await;
        let link = recovery_key(&mut door.bob).await;
        let mut new = door.blank("bob-new");
        new.recover(&link, &mut |_| {}).await.unwrap();
        let again = recovery_key(&mut new).await;
        assert_eq!(blocks(&door).await, 1, "nobody has brought it into the room yet");
        sync(&mut door.alice).await;
        sync(&mut new).await;
        assert_eq!(texts(&new, room), ["before"]);
        let (third, _) = comes_back(&mut door, &again, "bob-third").await;
        assert_eq!(texts(&third, room), ["before"]);
    }

    async fn what_two_devices_have_kept_reads_as_the_one_that_knew_more(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let link = recovery_key(&mut door.bob).await;
        says(&mut door.bob, room, "zanzibar").await;
        // A phone keeps it, and goes away before it is taken back.
        let mut phone = door.blank("phone");
        links(&mut door.bob, &mut phone).await;
        sync(&mut door.bob).await;
        sync(&mut phone).await;
        assert_eq!(texts(&phone, room), ["zanzibar"]);
        let said = door.bob.lines(room, None, 9).unwrap();
        let said = said.iter().find_map(|line| line.text().and(line.message.id)).unwrap();
        door.bob.want(room, Want::Withdraw(said)).unwrap();
        sync(&mut door.bob).await;
        assert!(blocks(&door).await > 1, "each keeps what it knows");
        let (new, warned) = comes_back(&mut door, &link, "bob-new").await;
        assert_eq!((texts(&new, room), warned), (vec![], vec![]));
        assert_eq!(new.search("zanzibar", 9).unwrap(), []);
    }

    async fn a_recovery_link_ends_with_the_device_that_made_it(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let mut phone = door.blank("phone");
        links(&mut door.bob, &mut phone).await;
        // A thief with the phone makes a link.
        let stolen = recovery_key(&mut phone).await;
        let phones = phone.enrolled().unwrap().device;
        sync(&mut door.bob).await;
        assert_eq!(door.bob.recovery_key_by().unwrap(), Some(phones));
        door.bob.revoke(phones, &mut |_| {}).await.unwrap();
        assert_eq!((door.bob.recovery_key_by().unwrap(), blocks(&door).await), (None, 0));
        says(&mut door.bob, room, "not for thieves").await;
        assert_eq!(blocks(&door).await, 0);
        let mut thief = door.blank("thief");
        assert!(thief.recover(&stolen, &mut |_| {}).await.is_err());
        sync(&mut door.bob).await;
    }

    async fn nobody_deletes_a_file_by_putting_it_into_an_archive(db: Db) {
        let blobs = Blobs::in_memory();
        let mut door = Door::over(db, blobs.clone()).await;
        let room = door.mallory.open_room(&text("hers"), &[]).unwrap();
        recovery_key(&mut door.mallory).await;
        let mallory = door.mallory.enrolled().unwrap();
        let key = door.db.reader().row("SELECT recovery_key FROM accounts WHERE handle = 'mallory'", vec![]).await;
        let mut part = key.unwrap().unwrap().bytes(0).unwrap();
        part.resize(OVERHEAD, 7);
        // As if somebody had put a file that reads like a block of hers.
        blobs.put(part.clone().into()).await.unwrap();
        let token = door.session(&mallory).await;
        for (method, path) in [
            (Method::PUT, format!("/v1/archive/{room}/0")),
            (Method::DELETE, format!("/v1/archive/{room}/0/{}", mallory.device)),
        ] {
            let proof = proof(&mallory, (method.as_str(), &path), Some(&token), now());
            let answer = problem(door.signed_as(&method, &path, &token, &proof).body(part.clone())).await;
            assert_eq!(answer.0, 204, "{method}");
        }
        assert_eq!(lying(&blobs).await, 1, "the file is there, and her blocks are not");
    }

    async fn what_was_taken_back_is_kept_no_more(db: Db) {
        let blobs = Blobs::in_memory();
        let mut door = Door::over(db, blobs.clone()).await;
        let room = door.room;
        sync(&mut door.bob).await;
        let link = recovery_key(&mut door.bob).await;
        says(&mut door.alice, room, "meet me at noon").await;
        sync(&mut door.bob).await;
        let before = blobs.before(Instant(i64::MAX)).await.unwrap();
        let said = door.alice.lines(room, None, 1).unwrap().pop().unwrap().message.id.unwrap();
        door.alice.want(room, Want::Withdraw(said)).unwrap();
        sync(&mut door.alice).await;
        sync(&mut door.bob).await;
        let after = blobs.before(Instant(i64::MAX)).await.unwrap();
        assert!(!after.is_empty() && after.iter().all(|blob| !before.contains(blob)), "it was written anew");
        let (new, _) = comes_back(&mut door, &link, "bob-new").await;
        assert_eq!(texts(&new, room), Vec::<String>::new());
    }

    async fn another_recovery_key_or_none_leaves_nothing_of_what_the_former_one_opened(db: Db) {
        let blobs = Blobs::in_memory();
        let mut door = Door::over(db, blobs.clone()).await;
        let room = door.room;
        sync(&mut door.bob).await;
        says(&mut door.bob, room, "before").await;
        assert_eq!(blocks(&door).await, 0, "without a recovery key nothing is kept");
        recovery_key(&mut door.bob).await;
        let before = blobs.before(Instant(i64::MAX)).await.unwrap();
        let link = recovery_key(&mut door.bob).await;
        let after = blobs.before(Instant(i64::MAX)).await.unwrap();
        assert_eq!((before.len(), after.len()), (1, 1));
        assert_ne!(before, after);
        let (mut new, _) = comes_back(&mut door, &link, "bob-new").await;
        assert_eq!(texts(&new, room), ["before"]);
        recovery_key(&mut new).await;
        assert_eq!(blocks(&door).await, 1);
        new.make_recovery_key(false).await.unwrap();
        assert_eq!((blocks(&door).await, lying(&blobs).await), (0, 0));
        says(&mut new, room, "after").await;
        assert_eq!(blocks(&door).await, 0);
    }

    async fn a_server_that_shows_one_block_as_another_is_found_out(db: Db) {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::folder(folder.path()).unwrap();
        let mut door = Door::over(db, blobs.clone()).await;
        let room = door.room;
        sync(&mut door.bob).await;
        for number in 0..150 {
            door.bob.want(room, Want::Say(text(&format!("line {number}")))).unwrap();
        }
        sync(&mut door.bob).await;
        let link = recovery_key(&mut door.bob).await;
        // Two blocks change places on its disk.
        let mut lie = Vec::new();
        for blob in blobs.before(Instant(i64::MAX)).await.unwrap() {
            let name = blob.to_string();
            lie.push(folder.path().join(name.get(..2).unwrap()).join(&name));
        }
        assert_eq!(lie.len(), 3);
        let (one, two) = (std::fs::read(&lie[0]).unwrap(), std::fs::read(&lie[1]).unwrap());
        std::fs::write(&lie[0], two).unwrap();
        std::fs::write(&lie[1], one).unwrap();
        let (new, warned) = comes_back(&mut door, &link, "bob-new").await;
        assert!(warned.len() == 2 && warned.iter().all(|why| why.contains("has changed it")), "{warned:?}");
        let (read, all) = (texts(&new, room), texts(&door.bob, room));
        assert!(read.len() < all.len() && read.iter().all(|line| all.contains(line)));
    }

    async fn nobody_sees_or_changes_what_somebody_else_keeps(db: Db) {
        let mut door = Door::open(db).await;
        let room = door.room;
        sync(&mut door.bob).await;
        says(&mut door.bob, room, "mine").await;
        recovery_key(&mut door.bob).await;
        recovery_key(&mut door.mallory).await;
        let hers = door.mallory.open_room(&text("hers"), &[]).unwrap();
        sync(&mut door.mallory).await;
        let bob = door.bob.enrolled().unwrap();
        let mallory = door.mallory.enrolled().unwrap();
        let token = door.session(&mallory).await;
        let ask = |method: Method, path: String, body: Vec<u8>| {
            let proof = proof(&mallory, (method.as_str(), &path), Some(&token), now());
            problem(door.signed_as(&method, &path, &token, &proof).body(body))
        };
        let block = format!("/v1/archive/{room}/0/{}", bob.device);
        assert_eq!(ask(Method::GET, block.clone(), vec![]).await, expected(Code::NoBlock));
        // That it is gone already is no error, and it is not.
        assert_eq!(ask(Method::DELETE, block, vec![]).await.0, 204);
        assert_eq!(blocks(&door).await, 1);
        // Of a room that she was never in; what no device of this version makes; and what is sealed to a key that is not hers.
        let theirs = format!("/v1/archive/{room}/0");
        assert_eq!(ask(Method::PUT, theirs, vec![7; OVERHEAD]).await, expected(Code::NoRoom));
        let own = format!("/v1/archive/{hers}/0");
        for size in [0, 31, OVERHEAD - 1, BLOCK_LIMIT + 1] {
            assert_eq!(ask(Method::PUT, own.clone(), vec![7; size]).await, expected(Code::BadBlock), "{size}");
        }
        assert_eq!(ask(Method::PUT, own, vec![7; OVERHEAD]).await, expected(Code::OtherRecoveryKey));
        let without = door.get("/v1/archive").send().await.unwrap();
        assert_eq!(without.status().as_u16(), 401);
        assert_eq!(blocks(&door).await, 1);
    }
}
