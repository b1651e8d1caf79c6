//! What the MLS library wants kept of a public group, held in memory and written as one CBOR value.

use std::cell::RefCell;

use openmls::prelude::GroupId;
use openmls_traits::{
    public_storage::PublicStorageProvider,
    storage::{CURRENT_VERSION, Entity, Key, traits},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;

use crate::breach::Breach;

/// The version of the written form; it changes with the MLS library's own storage version.
const FORM: u16 = CURRENT_VERSION;

/// The parts of a public group.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Parts {
    tree: ByteBuf,
    context: ByteBuf,
    transcript: ByteBuf,
    tag: ByteBuf,
    proposals: Vec<(ByteBuf, ByteBuf)>,
}

/// A store for exactly one public group.
#[derive(Debug, Default)]
pub(crate) struct Snapshot(RefCell<Parts>);

/// A value that cannot be written or read.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a part of the group state cannot be written or read")]
pub(crate) struct Unreadable;

impl Snapshot {
    /// Writes the snapshot together with the group's id.
    pub(crate) fn write(&self, group: &[u8]) -> Result<Vec<u8>, Breach> {
        let parts = self.0.borrow();
        let bytes = put(&(FORM, ByteBuf::from(group), &*parts));
        bytes.map(ByteBuf::into_vec).map_err(|_| Breach::Invalid)
    }

    /// Copies what is public of a group out of a member's store.
    pub(crate) fn copy(from: &impl PublicStorageProvider<V>, group: &GroupId) -> Result<Self, Unreadable> {
        let part = |part: Option<Part>| part.as_ref().map_or_else(|| Ok(ByteBuf::new()), put);
        let queued: Vec<(Part, Part)> = from.queued_proposals(group).map_err(|_| Unreadable)?;
        let proposals = queued.iter().map(|(reference, proposal)| Ok((put(reference)?, put(proposal)?)));
        Ok(Self(RefCell::new(Parts {
            tree: part(from.tree(group).map_err(|_| Unreadable)?)?,
            context: part(from.group_context(group).map_err(|_| Unreadable)?)?,
            transcript: part(from.interim_transcript_hash(group).map_err(|_| Unreadable)?)?,
            tag: part(from.confirmation_tag(group).map_err(|_| Unreadable)?)?,
            proposals: proposals.collect::<Result<_, _>>()?,
        })))
    }

    /// Reads a snapshot and its group's id.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<u8>, Self), Breach> {
        let (form, group, parts): (u16, ByteBuf, Parts) =
            ciborium::from_reader(bytes).map_err(|_| Breach::Malformed)?;
        if form != FORM {
            return Err(Breach::Malformed);
        }
        Ok((group.into_vec(), Self(RefCell::new(parts))))
    }
}

/// A part as it is, whatever the library calls it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Part(ciborium::Value);

impl Entity<V> for Part {}
impl Key<V> for Part {}
impl traits::TreeSync<V> for Part {}
impl traits::GroupContext<V> for Part {}
impl traits::InterimTranscriptHash<V> for Part {}
impl traits::ConfirmationTag<V> for Part {}
impl traits::ProposalRef<V> for Part {}
impl traits::QueuedProposal<V> for Part {}

fn put(value: &impl Serialize) -> Result<ByteBuf, Unreadable> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).map_err(|_| Unreadable)?;
    Ok(ByteBuf::from(out))
}

fn take<T: DeserializeOwned>(bytes: &[u8]) -> Result<Option<T>, Unreadable> {
    if bytes.is_empty() {
        return Ok(None);
    }
    ciborium::from_reader(bytes).map(Some).map_err(|_| Unreadable)
}

const V: u16 = CURRENT_VERSION;

impl PublicStorageProvider<V> for Snapshot {
    type PublicError = Unreadable;

    fn write_tree<G: traits::GroupId<V>, T: traits::TreeSync<V>>(
        &self,
        _: &G,
        it: &T,
    ) -> Result<(), Unreadable> {
        self.0.borrow_mut().tree = put(it)?;
        Ok(())
    }

    fn write_interim_transcript_hash<G: traits::GroupId<V>, T: traits::InterimTranscriptHash<V>>(
        &self,
        _: &G,
        it: &T,
    ) -> Result<(), Unreadable> {
        self.0.borrow_mut().transcript = put(it)?;
        Ok(())
    }

    fn write_context<G: traits::GroupId<V>, T: traits::GroupContext<V>>(
        &self,
        _: &G,
        it: &T,
    ) -> Result<(), Unreadable> {
        self.0.borrow_mut().context = put(it)?;
        Ok(())
    }

    fn write_confirmation_tag<G: traits::GroupId<V>, T: traits::ConfirmationTag<V>>(
        &self,
        _: &G,
        it: &T,
    ) -> Result<(), Unreadable> {
        self.0.borrow_mut().tag = put(it)?;
        Ok(())
    }

    fn queue_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>, Q: traits::QueuedProposal<V>>(
        &self,
        _: &G,
        reference: &R,
        proposal: &Q,
    ) -> Result<(), Unreadable> {
        let pair = (put(reference)?, put(proposal)?);
        self.0.borrow_mut().proposals.push(pair);
        Ok(())
    }

    fn queued_proposals<G: traits::GroupId<V>, R: traits::ProposalRef<V>, Q: traits::QueuedProposal<V>>(
        &self,
        _: &G,
    ) -> Result<Vec<(R, Q)>, Unreadable> {
        let parts = self.0.borrow();
        let read = |(reference, proposal): &(ByteBuf, ByteBuf)| {
            Ok((take(reference)?.ok_or(Unreadable)?, take(proposal)?.ok_or(Unreadable)?))
        };
        parts.proposals.iter().map(read).collect()
    }

    fn tree<G: traits::GroupId<V>, T: traits::TreeSync<V>>(&self, _: &G) -> Result<Option<T>, Unreadable> {
        take(&self.0.borrow().tree)
    }

    fn group_context<G: traits::GroupId<V>, T: traits::GroupContext<V>>(
        &self,
        _: &G,
    ) -> Result<Option<T>, Unreadable> {
        take(&self.0.borrow().context)
    }

    fn interim_transcript_hash<G: traits::GroupId<V>, T: traits::InterimTranscriptHash<V>>(
        &self,
        _: &G,
    ) -> Result<Option<T>, Unreadable> {
        take(&self.0.borrow().transcript)
    }

    fn confirmation_tag<G: traits::GroupId<V>, T: traits::ConfirmationTag<V>>(
        &self,
        _: &G,
    ) -> Result<Option<T>, Unreadable> {
        take(&self.0.borrow().tag)
    }

    fn delete_tree<G: traits::GroupId<V>>(&self, _: &G) -> Result<(), Unreadable> {
        self.0.borrow_mut().tree.clear();
        Ok(())
    }

    fn delete_confirmation_tag<G: traits::GroupId<V>>(&self, _: &G) -> Result<(), Unreadable> {
        self.0.borrow_mut().tag.clear();
        Ok(())
    }

    fn delete_context<G: traits::GroupId<V>>(&self, _: &G) -> Result<(), Unreadable> {
        self.0.borrow_mut().context.clear();
        Ok(())
    }

    fn delete_interim_transcript_hash<G: traits::GroupId<V>>(&self, _: &G) -> Result<(), Unreadable> {
        self.0.borrow_mut().transcript.clear();
        Ok(())
    }

    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        _: &G,
        reference: &R,
    ) -> Result<(), Unreadable> {
        let reference = put(reference)?;
        self.0.borrow_mut().proposals.retain(|(other, _)| *other != reference);
        Ok(())
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        _: &G,
    ) -> Result<(), Unreadable> {
        self.0.borrow_mut().proposals.clear();
        Ok(())
    }
}
