//! The MLS library's storage: keys and values in the table `mls`, inside the step's transaction.
//!
//! Values are CBOR: the library needs a codec that describes itself. What is written only once and read often is not
//! cached: the vault may be open in several programs.

use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};
use rusqlite::{Connection, OptionalExtension as _};
use serde::{Serialize, de::DeserializeOwned};

use crate::error::VaultError;

const V: u16 = CURRENT_VERSION;

/// What a value is; the numbers are stored and never reused.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Slot {
    JoinConfig = 1,
    OwnLeafNodes = 2,
    Proposals = 3,
    Tree = 4,
    Transcript = 5,
    Context = 6,
    ConfirmationTag = 7,
    GroupState = 8,
    MessageSecrets = 9,
    ResumptionPsks = 10,
    OwnLeafIndex = 11,
    EpochSecrets = 12,
    SignatureKey = 13,
    EncryptionKey = 14,
    EpochKeys = 15,
    KeyPackage = 16,
    Psk = 17,
}

/// The storage the MLS library is given for the length of one step.
#[derive(Debug)]
pub struct MlsStore<'a> {
    db: &'a Connection,
}

impl<'a> MlsStore<'a> {
    pub(crate) fn new(db: &'a Connection) -> Self {
        Self { db }
    }

    fn put(&self, slot: Slot, key: &impl Serialize, value: &impl Serialize) -> Result<(), VaultError> {
        let sql = "INSERT INTO mls (slot, key, value) VALUES (?1, ?2, ?3)
                   ON CONFLICT (slot, key) DO UPDATE SET value = excluded.value";
        self.db.prepare_cached(sql)?.execute((slot as u8, write(key)?, write(value)?))?;
        Ok(())
    }

    fn take<T: DeserializeOwned>(&self, slot: Slot, key: &impl Serialize) -> Result<Option<T>, VaultError> {
        let sql = "SELECT value FROM mls WHERE slot = ?1 AND key = ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        let value: Option<Vec<u8>> =
            statement.query_row((slot as u8, write(key)?), |row| row.get(0)).optional()?;
        value.as_deref().map(read).transpose()
    }

    fn list<T: DeserializeOwned>(&self, slot: Slot, key: &impl Serialize) -> Result<Vec<T>, VaultError> {
        Ok(self.take(slot, key)?.unwrap_or_default())
    }

    fn drop(&self, slot: Slot, key: &impl Serialize) -> Result<(), VaultError> {
        let sql = "DELETE FROM mls WHERE slot = ?1 AND key = ?2";
        self.db.prepare_cached(sql)?.execute((slot as u8, write(key)?))?;
        Ok(())
    }
}

fn write(value: &impl Serialize) -> Result<Vec<u8>, VaultError> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).map_err(|_| VaultError::Damaged("MLS state"))?;
    Ok(out)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, VaultError> {
    ciborium::from_reader(bytes).map_err(|_| VaultError::Damaged("MLS state"))
}

/// Write, read and delete of one value a group.
macro_rules! per_group {
    ($($slot:ident: $kind:ident, $write:ident, $read:ident, $delete:ident;)*) => {$(
        fn $write<G: traits::GroupId<V>, T: traits::$kind<V>>(&self, group: &G, it: &T) -> Result<(), VaultError> {
            self.put(Slot::$slot, group, it)
        }
        fn $read<G: traits::GroupId<V>, T: traits::$kind<V>>(&self, group: &G) -> Result<Option<T>, VaultError> {
            self.take(Slot::$slot, group)
        }
        fn $delete<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), VaultError> {
            self.drop(Slot::$slot, group)
        }
    )*};
}

impl StorageProvider<V> for MlsStore<'_> {
    type Error = VaultError;

    per_group! {
        JoinConfig: MlsGroupJoinConfig, write_mls_join_config, mls_group_join_config, delete_group_config;
        Tree: TreeSync, write_tree, tree, delete_tree;
        Transcript: InterimTranscriptHash, write_interim_transcript_hash, interim_transcript_hash, delete_interim_transcript_hash;
        Context: GroupContext, write_context, group_context, delete_context;
        ConfirmationTag: ConfirmationTag, write_confirmation_tag, confirmation_tag, delete_confirmation_tag;
        MessageSecrets: MessageSecrets, write_message_secrets, message_secrets, delete_message_secrets;
        ResumptionPsks: ResumptionPskStore, write_resumption_psk_store, resumption_psk_store, delete_all_resumption_psk_secrets;
        OwnLeafIndex: LeafNodeIndex, write_own_leaf_index, own_leaf_index, delete_own_leaf_index;
        EpochSecrets: GroupEpochSecrets, write_group_epoch_secrets, group_epoch_secrets, delete_group_epoch_secrets;
    }

    fn write_group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group: &G,
        it: &T,
    ) -> Result<(), VaultError> {
        self.put(Slot::GroupState, group, it)
    }
    fn group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, VaultError> {
        self.take(Slot::GroupState, group)
    }
    fn delete_group_state<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), VaultError> {
        self.drop(Slot::GroupState, group)
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, L: traits::LeafNode<V>>(
        &self,
        group: &G,
        leaf: &L,
    ) -> Result<(), VaultError> {
        let mut leaves: Vec<ciborium::Value> = self.list(Slot::OwnLeafNodes, group)?;
        leaves.push(ciborium::Value::serialized(leaf).map_err(|_| VaultError::Damaged("MLS state"))?);
        self.put(Slot::OwnLeafNodes, group, &leaves)
    }
    fn own_leaf_nodes<G: traits::GroupId<V>, L: traits::LeafNode<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<L>, VaultError> {
        self.list(Slot::OwnLeafNodes, group)
    }
    fn delete_own_leaf_nodes<G: traits::GroupId<V>>(&self, group: &G) -> Result<(), VaultError> {
        self.drop(Slot::OwnLeafNodes, group)
    }

    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, Q: traits::QueuedProposal<V>>(
        &self,
        group: &G,
        reference: &R,
        proposal: &Q,
    ) -> Result<(), VaultError> {
        let mut queue: Vec<ciborium::Value> = self.list(Slot::Proposals, group)?;
        let pair = ciborium::Value::serialized(&(reference, proposal));
        queue.push(pair.map_err(|_| VaultError::Damaged("MLS state"))?);
        self.put(Slot::Proposals, group, &queue)
    }
    fn queued_proposal_refs<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<R>, VaultError> {
        let queue: Vec<(R, ciborium::Value)> = self.list(Slot::Proposals, group)?;
        Ok(queue.into_iter().map(|(reference, _)| reference).collect())
    }
    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, Q: traits::QueuedProposal<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<(R, Q)>, VaultError> {
        self.list(Slot::Proposals, group)
    }
    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
        reference: &R,
    ) -> Result<(), VaultError> {
        let gone = ciborium::Value::serialized(reference).map_err(|_| VaultError::Damaged("MLS state"))?;
        let mut queue: Vec<(ciborium::Value, ciborium::Value)> = self.list(Slot::Proposals, group)?;
        queue.retain(|(other, _)| *other != gone);
        self.put(Slot::Proposals, group, &queue)
    }
    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<(), VaultError> {
        self.drop(Slot::Proposals, group)
    }

    fn write_signature_key_pair<K: traits::SignaturePublicKey<V>, T: traits::SignatureKeyPair<V>>(
        &self,
        key: &K,
        it: &T,
    ) -> Result<(), VaultError> {
        self.put(Slot::SignatureKey, key, it)
    }
    fn signature_key_pair<K: traits::SignaturePublicKey<V>, T: traits::SignatureKeyPair<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, VaultError> {
        self.take(Slot::SignatureKey, key)
    }
    fn delete_signature_key_pair<K: traits::SignaturePublicKey<V>>(&self, key: &K) -> Result<(), VaultError> {
        self.drop(Slot::SignatureKey, key)
    }

    fn write_encryption_key_pair<K: traits::EncryptionKey<V>, T: traits::HpkeKeyPair<V>>(
        &self,
        key: &K,
        it: &T,
    ) -> Result<(), VaultError> {
        self.put(Slot::EncryptionKey, key, it)
    }
    fn encryption_key_pair<T: traits::HpkeKeyPair<V>, K: traits::EncryptionKey<V>>(
        &self,
        key: &K,
    ) -> Result<Option<T>, VaultError> {
        self.take(Slot::EncryptionKey, key)
    }
    fn delete_encryption_key_pair<K: traits::EncryptionKey<V>>(&self, key: &K) -> Result<(), VaultError> {
        self.drop(Slot::EncryptionKey, key)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        T: traits::HpkeKeyPair<V>,
    >(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
        pairs: &[T],
    ) -> Result<(), VaultError> {
        self.put(Slot::EpochKeys, &(group, epoch, leaf), &pairs)
    }
    fn encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        T: traits::HpkeKeyPair<V>,
    >(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<Vec<T>, VaultError> {
        self.list(Slot::EpochKeys, &(group, epoch, leaf))
    }
    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<(), VaultError> {
        self.drop(Slot::EpochKeys, &(group, epoch, leaf))
    }

    fn write_key_package<R: traits::HashReference<V>, T: traits::KeyPackage<V>>(
        &self,
        reference: &R,
        it: &T,
    ) -> Result<(), VaultError> {
        self.put(Slot::KeyPackage, reference, it)
    }
    fn key_package<R: traits::HashReference<V>, T: traits::KeyPackage<V>>(
        &self,
        reference: &R,
    ) -> Result<Option<T>, VaultError> {
        self.take(Slot::KeyPackage, reference)
    }
    fn delete_key_package<R: traits::HashReference<V>>(&self, reference: &R) -> Result<(), VaultError> {
        self.drop(Slot::KeyPackage, reference)
    }

    fn write_psk<I: traits::PskId<V>, T: traits::PskBundle<V>>(
        &self,
        id: &I,
        it: &T,
    ) -> Result<(), VaultError> {
        self.put(Slot::Psk, id, it)
    }
    fn psk<T: traits::PskBundle<V>, I: traits::PskId<V>>(&self, id: &I) -> Result<Option<T>, VaultError> {
        self.take(Slot::Psk, id)
    }
    fn delete_psk<I: traits::PskId<V>>(&self, id: &I) -> Result<(), VaultError> {
        self.drop(Slot::Psk, id)
    }
}
