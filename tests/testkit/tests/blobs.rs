//! Blobs in a bucket of an S3 store: the same as in a folder, and right when the store goes away, comes back, or says no.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use axum::http::StatusCode;
use bytes::Bytes;
use chancery_floor::{
    blobs::{Blobs, Bucket},
    store::StoreError,
};
use chancery_testkit::s3::Store;
use chancery_wire::time::Instant;

fn bytes(of: u8) -> Bytes {
    Bytes::from(vec![of; 1_048_576])
}

fn open(bucket: &Bucket) -> Blobs {
    Blobs::bucket(bucket).unwrap()
}

#[tokio::test]
async fn a_bucket_keeps_what_a_folder_keeps() {
    let store = Store::start().unwrap();
    let blobs = open(&store.bucket());
    blobs.check().await.unwrap();
    let one = blobs.put(bytes(1)).await.unwrap();
    assert_eq!(blobs.put(bytes(1)).await.unwrap(), one, "again");
    let two = blobs.put(bytes(2)).await.unwrap();
    // The durable copy is the store's: another process over the same bucket has it.
    let other = open(&store.bucket());
    assert_eq!(other.get(one).await.unwrap().unwrap(), bytes(1));
    let all = other.before(Instant(i64::MAX)).await.unwrap();
    assert!(all.len() == 2 && all.contains(&one) && all.contains(&two));
    assert!(other.before(Instant(0)).await.unwrap().is_empty());
    blobs.delete(vec![one]).await.unwrap();
    blobs.delete(vec![one]).await.unwrap();
    assert!(other.get(one).await.unwrap().is_none());
    assert_eq!(other.get(two).await.unwrap().unwrap(), bytes(2));
}

#[tokio::test]
async fn more_is_deleted_at_once_than_s3_takes_in_one_request() {
    let store = Store::start().unwrap();
    let blobs = open(&store.bucket());
    let mut names = Vec::new();
    for number in 0..1_100_u32 {
        names.push(blobs.put(Bytes::copy_from_slice(&number.to_le_bytes())).await.unwrap());
    }
    // More than a page of the list, too.
    assert_eq!(blobs.before(Instant(i64::MAX)).await.unwrap().len(), names.len());
    blobs.delete(names).await.unwrap();
    assert!(blobs.before(Instant(i64::MAX)).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away_is_said_to_be_and_is_used_again_when_it_is_back() {
    let mut store = Store::start().unwrap();
    let blobs = open(&store.bucket());
    let one = blobs.put(bytes(1)).await.unwrap();
    assert!(blobs.works());
    store.go_away();
    assert!(matches!(blobs.put(bytes(2)).await, Err(StoreError::Away(_))));
    assert!(matches!(blobs.get(one).await, Err(StoreError::Away(_))), "away is not gone");
    assert!(matches!(blobs.delete(vec![one]).await, Err(StoreError::Away(_))));
    assert!(matches!(blobs.before(Instant(0)).await, Err(StoreError::Away(_))));
    assert!(!blobs.works());
    store.come_back().unwrap();
    blobs.check().await.unwrap();
    assert!(blobs.works());
    assert_eq!(blobs.get(one).await.unwrap().unwrap(), bytes(1));
    blobs.put(bytes(2)).await.unwrap();
}

#[tokio::test]
async fn a_store_that_says_no_is_not_mistaken_for_one_that_is_away() {
    let store = Store::start().unwrap();
    for bucket in [
        Bucket { secret: "another".to_owned(), ..store.bucket() },
        Bucket { key_id: "AKOTHER".to_owned(), ..store.bucket() },
        Bucket { name: "not-there".to_owned(), ..store.bucket() },
    ] {
        let (name, blobs) = (format!("{bucket:?}"), open(&bucket));
        let checked = blobs.check().await;
        assert!(matches!(checked, Err(StoreError::Failed(_))), "{name} {checked:?}");
        assert!(!format!("{checked:?}").contains("another"), "no secret is repeated");
    }
}

#[tokio::test]
async fn a_store_that_is_overloaded_is_away() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let busy = axum::Router::new().fallback(|| async { StatusCode::SERVICE_UNAVAILABLE });
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, busy).await });
    let store = Store::start().unwrap();
    let blobs = open(&Bucket { endpoint, ..store.bucket() });
    assert!(matches!(blobs.put(bytes(1)).await, Err(StoreError::Away(_))));
    assert!(matches!(blobs.check().await, Err(StoreError::Away(_))));
}
