//! What newcomers fetch: the tree of the room, once and compressed.

use chancery_sdk::Want;
use chancery_testkit::both;
use chancery_wire::policy::Role;

use super::door::{Door, now, proof, sync};

both! {
    async fn a_tree_is_fetched_once_and_compressed(db: Db) {
        let mut door = Door::open(db).await;
        door.alice.want(door.room, Want::Add(vec!["mallory".parse().unwrap()], Role::Member)).unwrap();
        sync(&mut door.alice).await;
        let who = door.mallory.enrolled().unwrap();
        let token = door.session(&who).await;
        let mut sizes = Vec::new();
        for encoding in ["identity", "gzip"] {
            let proof = proof(&who, ("GET", "/v1/welcomes"), Some(&token), now());
            let request = door.signed("/v1/welcomes", &token, &proof).header("accept-encoding", encoding);
            // What travels is looked at, and not what a client makes of it.
            let plain = reqwest::Client::builder().no_gzip().build().unwrap();
            let response = plain.execute(request.build().unwrap()).await.unwrap();
            let said = response.headers().get("content-encoding").map(|it| it.to_str().unwrap().to_owned());
            assert_eq!(said.as_deref(), (encoding == "gzip").then_some("gzip"));
            sizes.push(response.bytes().await.unwrap().len());
        }
        assert!(sizes[1] * 10 < sizes[0] * 9, "{sizes:?}");
        sync(&mut door.mallory).await;
        assert_eq!(door.mallory.find_room("private").unwrap().members.len(), 3);
        // Once it was entered, nothing is left to be fetched.
        loop {
            let proof = proof(&who, ("GET", "/v1/welcomes"), Some(&token), now());
            let left = door.signed("/v1/welcomes", &token, &proof).send().await.unwrap();
            if left.json::<chancery_wire::api::Welcomes>().await.unwrap().welcomes.is_empty() {
                break;
            }
            door.house.settle().await.unwrap();
        }
    }
}
