//! Blobs: pieces of sealed bytes too large for the database, each under the hash of what it is.
//!
//! A blob never changes, and the same bytes are kept once. What a blob belongs to stands in the database; a blob is put first
//! and written down afterwards, so that whatever breaks in between leaves at most a blob that belongs to nothing.

mod bucket;

use std::{
    os::unix::fs::DirBuilderExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use chancery_wire::{ids::Digest, time::Instant};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::{
    Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, local::LocalFileSystem, memory::InMemory,
};
use sha2::{Digest as _, Sha256};

pub use bucket::Bucket;

use crate::store::StoreError;

/// Where blobs are kept.
#[derive(Clone, Debug)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    kind: Kind,
    /// Whether the last thing that was asked of the store worked.
    works: Arc<AtomicBool>,
}

/// In what two kinds of places differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// On this machine. Whatever fails there is this machine's own failure.
    Here,
    /// Over a network, which may be down and come back.
    Away,
}

impl Kind {
    /// How a blob is put that may be there already.
    ///
    /// Here, what is there was synced and is left as it is. Elsewhere it is put again, to the same effect: not every store knows
    /// how to refuse that, and one that refuses because the same blob is just being put does not say that it is durable.
    fn mode(self) -> PutMode {
        match self {
            Self::Here => PutMode::Create,
            Self::Away => PutMode::Overwrite,
        }
    }
}

impl Blobs {
    /// Keeps blobs in a folder, which is made when it is not there. What was put is durable.
    pub fn folder(path: &Path) -> Result<Self, StoreError> {
        let private = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        private.map_err(|why| {
            StoreError::Failed(format!("the folder for files, {}, cannot be made: {why}", path.display()))
        })?;
        let folder = LocalFileSystem::new_with_prefix(path).map_err(|error| refused(Kind::Here, &error))?;
        Ok(Self::of(folder.with_fsync(true), Kind::Here))
    }

    /// Keeps blobs in a bucket of an S3 store. What was put is durable as soon as the store says so.
    pub fn bucket(bucket: &Bucket) -> Result<Self, StoreError> {
        let store = bucket.open().map_err(|error| refused(Kind::Here, &error))?;
        Ok(Self::of(store, Kind::Away))
    }

    /// Whether other machines get at the same blobs.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.kind == Kind::Away
    }

    /// Keeps blobs in memory, as long as this process runs.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::of(InMemory::new(), Kind::Here)
    }

    fn of(store: impl ObjectStore, kind: Kind) -> Self {
        Self { store: Arc::new(store), kind, works: Arc::new(AtomicBool::new(true)) }
    }

    /// Keeps a blob.
    pub async fn put(&self, bytes: Bytes) -> Result<Digest, StoreError> {
        let name = Digest(Sha256::digest(&bytes).into());
        let options = PutOptions { mode: self.kind.mode(), ..PutOptions::default() };
        match self.store.put_opts(&place(name), bytes.into(), options).await {
            // Here it was synced when it was put first.
            Err(Error::AlreadyExists { .. }) if self.kind == Kind::Here => Ok(name),
            put => self.noted(put).map(|_| name),
        }
    }

    /// Reads a blob, if it is there.
    pub async fn get(&self, name: Digest) -> Result<Option<Bytes>, StoreError> {
        match self.store.get(&place(name)).await {
            Ok(found) => self.noted(found.bytes().await).map(Some),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => self.noted(Err(error)),
        }
    }

    /// Deletes blobs; it is no error when some are gone already. The first error ends it, and leaves the rest.
    pub async fn delete(&self, names: Vec<Digest>) -> Result<(), StoreError> {
        let places = futures_util::stream::iter(names).map(|name| Ok(place(name))).boxed();
        let mut deleted = self.store.delete_stream(places);
        while let Some(one) = deleted.next().await {
            match one {
                Ok(_) | Err(Error::NotFound { .. }) => {}
                Err(error) => return self.noted(Err(error)),
            }
        }
        Ok(())
    }

    /// The blobs that were put before a moment.
    pub async fn before(&self, at: Instant) -> Result<Vec<Digest>, StoreError> {
        let mut found = Vec::new();
        let mut all = self.store.list(None);
        while let Some(blob) = self.noted(all.try_next().await)? {
            let name: Option<Digest> = blob.location.filename().and_then(|name| name.parse().ok());
            // What does not lie where a blob of this name would is none of ours.
            let name = name.filter(|name| place(*name) == blob.location);
            found.extend(name.filter(|_| blob.last_modified.timestamp_millis() < at.0));
        }
        Ok(found)
    }

    /// Asks the store for the list of a place where nothing is, to find out whether it works.
    pub async fn check(&self) -> Result<(), StoreError> {
        let nowhere = object_store::path::Path::from("nothing");
        self.noted(self.store.list(Some(&nowhere)).try_next().await).map(drop)
    }

    /// Whether the last thing that was asked of the store worked.
    #[must_use]
    pub fn works(&self) -> bool {
        self.works.load(Ordering::Relaxed)
    }

    /// Takes down whether the store works, and sorts its error.
    fn noted<T>(&self, outcome: Result<T, Error>) -> Result<T, StoreError> {
        self.works.store(outcome.is_ok(), Ordering::Relaxed);
        metrics::gauge!("chancery_files_store_works").set(if outcome.is_ok() { 1.0 } else { 0.0 });
        outcome.map_err(|error| refused(self.kind, &error))
    }
}

/// The place of a blob: in one of 256 folders, so that none grows too large to be listed.
fn place(name: Digest) -> object_store::path::Path {
    let name = name.to_string();
    object_store::path::Path::from(format!("{}/{name}", name.get(..2).unwrap_or_default()))
}

/// Sorts an error by what has to happen next.
fn refused(kind: Kind, error: &Error) -> StoreError {
    let mut away = false;
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(it) = cause {
        let full = it.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(full, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
            return StoreError::Full;
        }
        away |= bucket::is_away(it);
        cause = it.source();
    }
    match kind {
        Kind::Away if away => StoreError::Away(bucket::told(error)),
        Kind::Away => StoreError::Failed(bucket::told(error)),
        Kind::Here => StoreError::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blob_is_kept_once_under_its_hash_until_it_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        for blobs in [Blobs::in_memory(), Blobs::folder(&folder.path().join("files")).unwrap()] {
            let name = blobs.put(Bytes::from_static(b"abc")).await.unwrap();
            // The example of FIPS 180-4.
            assert!(name.to_string().starts_with("ba7816bf8f01cfea"));
            assert_eq!(blobs.put(Bytes::from_static(b"abc")).await.unwrap(), name);
            let other = blobs.put(Bytes::from_static(b"abd")).await.unwrap();
            assert_eq!(blobs.get(name).await.unwrap().unwrap(), Bytes::from_static(b"abc"));
            assert_eq!(blobs.before(Instant(i64::MAX)).await.unwrap().len(), 2);
            assert!(blobs.before(Instant(0)).await.unwrap().is_empty());
            blobs.check().await.unwrap();
            blobs.delete(vec![name]).await.unwrap();
            blobs.delete(vec![name, other, name]).await.unwrap();
            assert!(blobs.get(name).await.unwrap().is_none());
            assert!(blobs.get(other).await.unwrap().is_none());
        }
    }
}
