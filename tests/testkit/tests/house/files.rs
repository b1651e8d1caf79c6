//! Files: who is in the room puts and reads them, part by part in order; everybody else gets nothing.

use super::door::{Door, expected, now, problem, proof, sync};
use chancery_floor::blobs::Blobs;
use chancery_sdk::Identity;
use chancery_testkit::{both, db::Temporary, s3::Store};
use chancery_wire::{
    api::FileState,
    files::PART,
    ids::FileId,
    problem::{Code, Problem},
};
use reqwest::{Method, RequestBuilder};

const FILE: FileId = FileId([5; 16]);

struct Asks<'a> {
    door: &'a Door,
    who: Identity,
    token: Vec<u8>,
}

impl<'a> Asks<'a> {
    async fn new(door: &'a Door, who: Identity) -> Self {
        let token = door.session(&who).await;
        Self { door, who, token }
    }

    fn request(&self, method: &Method, rest: &str) -> RequestBuilder {
        let path = format!("/v1/rooms/{}/files/{rest}", self.door.room);
        let proof = proof(&self.who, (method.as_str(), &path), Some(&self.token), now());
        self.door.signed_as(method, &path, &self.token, &proof)
    }

    fn begin(&self, parts: u64) -> RequestBuilder {
        self.request(&Method::PUT, &FILE.to_string()).json(&serde_json::json!({ "parts": parts }))
    }

    fn put(&self, number: u64, bytes: Vec<u8>) -> RequestBuilder {
        self.request(&Method::PUT, &format!("{FILE}/parts/{number}")).body(bytes)
    }

    fn get(&self, number: u64) -> RequestBuilder {
        self.request(&Method::GET, &format!("{FILE}/parts/{number}"))
    }

    fn delete(&self) -> RequestBuilder {
        self.request(&Method::DELETE, &FILE.to_string())
    }
}

async fn state(request: RequestBuilder) -> FileState {
    request.send().await.unwrap().json().await.unwrap()
}

both! {
    async fn a_file_is_put_part_by_part_in_order(db: Db) {
        in_order(Door::open(db).await).await;
    }

    async fn a_file_is_for_the_room_only_and_its_owners_to_delete(db: Db) {
        for_the_room_only(Door::open(db).await).await;
    }

    async fn a_device_begins_no_more_files_than_it_may(db: Db) {
        let door = Door::open(db).await;
        let alice = Asks::new(&door, door.alice.enrolled().unwrap()).await;
        let begin = |number: u8| {
            let id = FileId([number; 16]).to_string();
            alice.request(&Method::PUT, &id).json(&serde_json::json!({ "parts": 1 }))
        };
        for number in 0..16 {
            assert_eq!(problem(begin(number)).await.0, 200);
        }
        assert_eq!(problem(begin(16)).await, expected(Code::ManyFiles));
    }
}

/// Runs a test with files in an S3 store.
async fn in_s3(test: impl AsyncFnOnce(Door)) {
    let (place, store) = (Temporary::sqlite().unwrap(), Store::start().unwrap());
    let blobs = Blobs::bucket(&store.bucket()).unwrap();
    test(Door::over(place.open().await.unwrap(), blobs).await).await;
    place.remove().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_in_s3_is_put_part_by_part_in_order() {
    in_s3(in_order).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_in_s3_is_for_the_room_only_and_its_owners_to_delete() {
    in_s3(for_the_room_only).await;
}

async fn in_order(mut door: Door) {
    sync(&mut door.bob).await;
    let alice = Asks::new(&door, door.alice.enrolled().unwrap()).await;
    let bob = Asks::new(&door, door.bob.enrolled().unwrap()).await;
    assert_eq!(problem(alice.put(0, vec![1; PART])).await, expected(Code::NoFile), "not begun");
    for parts in [0, 1 << 40] {
        assert_eq!(problem(alice.begin(parts)).await, expected(Code::LargeFile));
    }
    assert_eq!(state(alice.begin(2)).await, FileState { parts: 2, next: 0 });
    assert_eq!(state(alice.begin(2)).await, FileState { parts: 2, next: 0 });
    assert_eq!(problem(alice.begin(3)).await, expected(Code::NoFile), "it is another file");
    assert_eq!(problem(bob.begin(2)).await, expected(Code::NoFile), "the id is alice's");
    for bad in [alice.put(1, vec![1; 100]), alice.put(0, vec![1; 100]), alice.put(2, vec![1; 100])] {
        assert_eq!(problem(bad).await, expected(Code::OtherFilePart));
    }
    assert_eq!(state(alice.put(0, vec![1; PART])).await.next, 1);
    assert_eq!(state(alice.put(0, vec![1; PART])).await.next, 1, "again");
    assert_eq!(problem(alice.put(0, vec![2; PART])).await, expected(Code::OtherFilePart), "not another one");
    assert_eq!(problem(bob.get(0)).await, expected(Code::NoFile), "it is not whole");
    for bad in [vec![], vec![2; 27], vec![2; PART + 1]] {
        assert_eq!(problem(alice.put(1, bad)).await, expected(Code::OtherFilePart));
    }
    assert_eq!(state(alice.put(1, vec![2; 28])).await.next, 2);
    assert_eq!(bob.get(1).send().await.unwrap().bytes().await.unwrap(), vec![2; 28]);
    assert_eq!(problem(bob.get(2)).await, expected(Code::NoFile));
    door.has_told(&[Code::NoFile, Code::OtherFilePart, Code::LargeFile]).await;
}

async fn for_the_room_only(mut door: Door) {
    sync(&mut door.bob).await;
    let alice = Asks::new(&door, door.alice.enrolled().unwrap()).await;
    let bob = Asks::new(&door, door.bob.enrolled().unwrap()).await;
    let mallory = Asks::new(&door, door.mallory.enrolled().unwrap()).await;
    state(alice.begin(1)).await;
    state(alice.put(0, vec![3; 99])).await;
    for asked in [mallory.begin(1), mallory.put(0, vec![3; 99]), mallory.get(0), mallory.delete()] {
        assert_eq!(problem(asked).await, expected(Code::NoRoom));
    }
    assert_eq!(problem(bob.delete()).await, expected(Code::NoFile));
    assert_eq!(problem(bob.get(0)).await.0, 200);
    assert_eq!(problem(alice.delete()).await.0, 204);
    assert_eq!(problem(alice.delete()).await.0, 204, "again");
    assert_eq!(problem(bob.get(0)).await, expected(Code::NoFile));
    door.has_told(&[Code::NoFile]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_store_for_files_is_away_nothing_of_a_file_changes_and_messages_go_on() {
    let (place, mut store) = (Temporary::sqlite().unwrap(), Store::start().unwrap());
    let blobs = Blobs::bucket(&store.bucket()).unwrap();
    let mut door = Door::over(place.open().await.unwrap(), blobs).await;
    sync(&mut door.bob).await;
    let alice = Asks::new(&door, door.alice.enrolled().unwrap()).await;
    let bob = Asks::new(&door, door.bob.enrolled().unwrap()).await;
    state(alice.begin(2)).await;
    state(alice.put(0, vec![1; PART])).await;
    store.go_away();
    let refused = alice.put(1, vec![2; 28]).send().await.unwrap();
    assert_eq!(refused.status().as_u16(), Code::Busy.status());
    let refused: Problem = refused.json().await.unwrap();
    assert_eq!(refused.code, Code::Busy.as_str());
    assert!(refused.title.contains("store for files"), "{refused:?}");
    assert!(!door.house.serves_files());
    assert_eq!(state(alice.begin(2)).await, FileState { parts: 2, next: 1 }, "nothing half done");
    door.house.ready().await.unwrap();

    store.come_back().unwrap();
    assert_eq!(state(alice.put(1, vec![2; 28])).await.next, 2);
    assert!(door.house.serves_files());
    assert_eq!(bob.get(1).send().await.unwrap().bytes().await.unwrap(), vec![2; 28]);
    store.go_away();
    assert_eq!(problem(bob.get(1)).await, expected(Code::Busy), "it is not said to be gone");
    // What is deleted is gone for everybody at once, and its bytes as soon as they can be reached.
    assert_eq!(problem(alice.delete()).await.0, 204);
    assert_eq!(problem(bob.get(1)).await, expected(Code::NoFile));
    store.come_back().unwrap();
    door.house.sweep().await.unwrap();
    place.remove().await.unwrap();
}
