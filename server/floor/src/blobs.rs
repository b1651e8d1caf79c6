//! Blobs: pieces of sealed bytes too large for the database, each under the hash of what it is.
//!
//! A blob never changes, and the same bytes are kept once. What a blob belongs to stands in the database; a blob is put first
//! and written down afterwards, so that whatever breaks in between leaves at most a blob that belongs to nothing.

use std::{os::unix::fs::DirBuilderExt as _, path::Path, sync::Arc};

use bytes::Bytes;
use chancery_wire::{ids::Digest, time::Instant};
use futures_util::TryStreamExt as _;
use object_store::{
    Error, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, local::LocalFileSystem, memory::InMemory,
};
use sha2::{Digest as _, Sha256};

use crate::store::StoreError;

/// Where blobs are kept.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<dyn ObjectStore>);

impl Blobs {
    /// Keeps blobs in a folder, which is made when it is not there. What was put is durable.
    pub fn folder(path: &Path) -> Result<Self, StoreError> {
        let private = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        private.map_err(|why| {
            StoreError::Failed(format!("the folder for files, {}, cannot be made: {why}", path.display()))
        })?;
        let folder = LocalFileSystem::new_with_prefix(path).map_err(|error| refused(&error))?;
        Ok(Self(Arc::new(folder.with_fsync(true))))
    }

    /// Keeps blobs in memory, as long as this process runs.
    #[must_use]
    pub fn in_memory() -> Self {
        Self(Arc::new(InMemory::new()))
    }

    /// Keeps a blob.
    pub async fn put(&self, bytes: Bytes) -> Result<Digest, StoreError> {
        let name = Digest(Sha256::digest(&bytes).into());
        let once = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.0.put_opts(&place(name), bytes.into(), once).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(name),
            Err(error) => Err(refused(&error)),
        }
    }

    /// Reads a blob, if it is there.
    pub async fn get(&self, name: Digest) -> Result<Option<Bytes>, StoreError> {
        match self.0.get(&place(name)).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|error| refused(&error)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(refused(&error)),
        }
    }

    /// Deletes a blob; it is no error when it is gone already.
    pub async fn delete(&self, name: Digest) -> Result<(), StoreError> {
        match self.0.delete(&place(name)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(refused(&error)),
        }
    }

    /// The blobs that were put before a moment.
    pub async fn before(&self, at: Instant) -> Result<Vec<Digest>, StoreError> {
        let mut found = Vec::new();
        let mut all = self.0.list(None);
        while let Some(blob) = all.try_next().await.map_err(|error| refused(&error))? {
            let name: Option<Digest> = blob.location.filename().and_then(|name| name.parse().ok());
            found.extend(name.filter(|_| blob.last_modified.timestamp_millis() < at.0));
        }
        Ok(found)
    }
}

/// The place of a blob: in one of 256 folders, so that none grows too large to be listed.
fn place(name: Digest) -> object_store::path::Path {
    let name = name.to_string();
    object_store::path::Path::from(format!("{}/{name}", name.get(..2).unwrap_or_default()))
}

/// Sorts an error by what has to happen next.
fn refused(error: &Error) -> StoreError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(it) = cause {
        let full = it.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(full, Some(std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)) {
            return StoreError::Full;
        }
        cause = it.source();
    }
    StoreError::Failed(error.to_string())
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
            assert_eq!(blobs.get(name).await.unwrap().unwrap(), Bytes::from_static(b"abc"));
            assert_eq!(blobs.before(Instant(i64::MAX)).await.unwrap(), [name]);
            assert!(blobs.before(Instant(0)).await.unwrap().is_empty());
            blobs.delete(name).await.unwrap();
            blobs.delete(name).await.unwrap();
            assert!(blobs.get(name).await.unwrap().is_none());
        }
    }
}
