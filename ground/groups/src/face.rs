//! A room as anybody may see it: the public group a server follows, and a device that has lost the room's keys.
//!
//! Pure: loaded from bytes, changed, saved to bytes; the caller keeps the bytes in its own transaction.

use chancery_wire::{ids::RoomId, policy::RoomPolicy};
use openmls::{
    framing::ProcessedMessageContent,
    group::{ProposalStore, PublicGroup, StagedCommit},
    prelude::{
        GroupId, MlsMessageBodyIn, MlsMessageIn, OpenMlsSignaturePublicKey, ProtocolMessage, RatchetTreeIn,
        Sender, SignaturePublicKey, Verifiable as _, group_info::VerifiableGroupInfo,
    },
};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{public_storage::PublicStorageProvider, storage::CURRENT_VERSION};
use tls_codec::{Deserialize as _, Serialize as _};

use crate::{
    breach::Breach,
    change::{Change, leaf_at},
    judge::judge,
    leaf::{Leaf, policy_of, roster},
    leave::{leave, leaving},
    snapshot::Snapshot,
    suites,
};

/// The public face of a room.
#[derive(Debug)]
pub struct Face {
    group: PublicGroup,
    policy: RoomPolicy,
    snapshot: Snapshot,
}

impl Face {
    /// Starts to follow a room that was just founded: epoch 0, its owner alone.
    pub fn open(room: RoomId, tree: &[u8], group_info: &[u8]) -> Result<Self, Breach> {
        let info = read_group_info(group_info)?;
        let tree = RatchetTreeIn::tls_deserialize_exact(tree).map_err(|_| Breach::Malformed)?;
        let snapshot = Snapshot::default();
        let (group, _) =
            PublicGroup::from_external(&RustCrypto::default(), &snapshot, tree, info, ProposalStore::new())
                .map_err(|_| Breach::Invalid)?;
        suites::usable(group.ciphersuite()).ok_or(Breach::Suite)?;
        if group.group_id().as_slice() != room.as_bytes() {
            return Err(Breach::OtherRoom);
        }
        let policy = policy_of(group.group_context().extensions())?;
        let face = Self { group, policy, snapshot };
        match face.leaves()?.as_slice() {
            [owner] if face.epoch() == 0 => {
                let role = face.policy.role(&owner.name.account);
                if role == chancery_wire::policy::Role::Owner { Ok(face) } else { Err(Breach::NotAlone) }
            }
            _ => Err(Breach::NotAlone),
        }
    }

    /// Loads what [`Face::save`] wrote.
    pub fn load(bytes: &[u8]) -> Result<Self, Breach> {
        let (room, snapshot) = Snapshot::read(bytes)?;
        Self::of(&GroupId::from_slice(&room), snapshot)
    }

    /// Looks at the group of a room from outside, as it is in a member's store.
    pub fn copy(store: &impl PublicStorageProvider<CURRENT_VERSION>, room: RoomId) -> Result<Self, Breach> {
        let room = GroupId::from_slice(room.as_bytes());
        let snapshot = Snapshot::copy(store, &room).map_err(|_| Breach::Malformed)?;
        Self::of(&room, snapshot)
    }

    fn of(room: &GroupId, snapshot: Snapshot) -> Result<Self, Breach> {
        let group =
            PublicGroup::load(&snapshot, room).map_err(|_| Breach::Malformed)?.ok_or(Breach::Malformed)?;
        // A tree without leaves was never saved here, and the library panics when it is to write one (found by fuzzing).
        group.members().next().ok_or(Breach::Malformed)?;
        let policy = policy_of(group.group_context().extensions())?;
        Ok(Self { group, policy, snapshot })
    }

    /// The face as bytes. They are the server's own and never travel.
    pub fn save(&self) -> Result<Vec<u8>, Breach> {
        self.snapshot.write(self.group.group_id().as_slice())
    }

    /// The room's epoch.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.group.group_context().epoch().as_u64()
    }

    /// The leaves, in the order of the tree.
    pub fn leaves(&self) -> Result<Vec<Leaf>, Breach> {
        roster(&self.group)
    }

    /// The room policy.
    #[must_use]
    pub fn policy(&self) -> &RoomPolicy {
        &self.policy
    }

    /// The ratchet tree, for those who join.
    pub fn tree(&self) -> Result<Vec<u8>, Breach> {
        self.group.export_ratchet_tree().tls_serialize_detached().map_err(|_| Breach::Invalid)
    }

    /// Whether a group info is about exactly the room and the epoch this face stands at.
    pub fn is_shown_by(&self, group_info: &[u8]) -> Result<bool, Breach> {
        Ok(read_group_info(group_info)?.group_context() == self.group.group_context())
    }

    /// Judges a commit and follows it; `revoked` says which leaves are of revoked devices.
    pub fn follow(&mut self, commit: &[u8], revoked: &dyn Fn(&Leaf) -> bool) -> Result<Change, Breach> {
        let (staged, change) = self.judged(commit, revoked)?;
        self.merge(staged, change)
    }

    /// Judges a commit with its author's group info, which is for those who come back later, and follows it.
    pub fn commit(
        &mut self,
        commit: &[u8],
        group_info: &[u8],
        revoked: &dyn Fn(&Leaf) -> bool,
    ) -> Result<Change, Breach> {
        let (staged, change) = self.judged(commit, revoked)?;
        // Whoever comes back later depends on it: it has to be about exactly the epoch this commit opens, by its author.
        let info = read_group_info(group_info)?;
        if info.group_context() != staged.group_context() {
            return Err(Breach::OtherEpoch);
        }
        signed_by(&info, change.author.leaf())?;
        self.merge(staged, change)
    }

    /// What a commit would do, whether it is allowed or not.
    pub fn read(&self, commit: &[u8]) -> Result<Change, Breach> {
        Ok(self.staged(commit)?.1)
    }

    fn staged(&self, commit: &[u8]) -> Result<(Box<StagedCommit>, Change), Breach> {
        let processed = self.process(commit)?;
        let sender = processed.sender().clone();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(Breach::Malformed);
        };
        let change = Change::read(&self.group, &sender, &staged)?;
        Ok((staged, change))
    }

    fn judged(
        &self,
        commit: &[u8],
        revoked: &dyn Fn(&Leaf) -> bool,
    ) -> Result<(StagedCommit, Change), Breach> {
        let (staged, change) = self.staged(commit)?;
        judge(&self.leaves()?, &change, revoked)?;
        Ok((*staged, change))
    }

    fn merge(&mut self, staged: StagedCommit, change: Change) -> Result<Change, Breach> {
        self.group.merge_commit(&self.snapshot, staged).map_err(|_| Breach::Invalid)?;
        self.policy = change.after.clone();
        Ok(change)
    }

    /// Takes in a proposal for somebody to commit: only one's own removal. Returns who asks to leave.
    pub fn propose(&mut self, proposal: &[u8]) -> Result<Leaf, Breach> {
        let processed = self.process(proposal)?;
        let Sender::Member(index) = *processed.sender() else { return Err(Breach::Unknown) };
        let author = leaf_at(&self.group, index.u32())?;
        let ProcessedMessageContent::ProposalMessage(queued) = processed.into_content() else {
            return Err(Breach::Malformed);
        };
        let pending = self.group.queued_proposals(&self.snapshot).map_err(|_| Breach::Invalid)?;
        let leaves = self.leaves()?;
        let leaving = leaving(&leaves, pending.iter().map(|(_, pending)| pending));
        leave(&leaves, &self.policy, &leaving, (queued.proposal(), index.u32()))?;
        self.group.add_proposal(&self.snapshot, *queued).map_err(|_| Breach::Invalid)?;
        Ok(author)
    }

    fn process(&self, message: &[u8]) -> Result<openmls::framing::ProcessedMessage, Breach> {
        let message = MlsMessageIn::tls_deserialize_exact(message).map_err(|_| Breach::Malformed)?;
        let message = message.try_into_protocol_message().map_err(|_| Breach::Malformed)?;
        if !matches!(message, ProtocolMessage::PublicMessage(_)) {
            return Err(Breach::Malformed);
        }
        if message.group_id() != self.group.group_id() {
            return Err(Breach::OtherRoom);
        }
        if message.epoch().as_u64() != self.epoch() {
            return Err(Breach::OtherEpoch);
        }
        self.group.process_message(&RustCrypto::default(), message).map_err(|_| Breach::Invalid)
    }
}

/// Makes sure that a group info names this leaf as its signer, and was signed with its key.
fn signed_by(info: &VerifiableGroupInfo, leaf: &Leaf) -> Result<(), Breach> {
    let signed = info.unsigned_payload().map_err(|_| Breach::Malformed)?;
    // RFC 9420, section 12.4.3: what is signed ends with the signer's place in the tree.
    if !signed.ends_with(&leaf.index.to_be_bytes()) {
        return Err(Breach::Impostor);
    }
    let key = SignaturePublicKey::from(leaf.key.to_vec());
    let key = OpenMlsSignaturePublicKey::from_signature_key(key, info.ciphersuite().signature_algorithm());
    info.verify_no_out(&RustCrypto::default(), &key).map_err(|_| Breach::Impostor)
}

fn read_group_info(bytes: &[u8]) -> Result<VerifiableGroupInfo, Breach> {
    match MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| Breach::Malformed)?.extract() {
        MlsMessageBodyIn::GroupInfo(info) => Ok(info),
        _ => Err(Breach::Malformed),
    }
}
