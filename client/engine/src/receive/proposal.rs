//! A proposal: somebody asks to leave. Whoever is there commits it soon; the first one wins.

use chancery_groups::{Breach, leave, leaving, policy_of, roster};
use chancery_vault::{Room, Standing, Wished};
use chancery_wire::frames::{Entry, Kind};
use openmls::{
    framing::ProcessedMessageContent,
    group::{MlsGroup, ProcessMessageError, QueuedProposal},
    prelude::{MlsMessageIn, ProtocolMessage, Sender},
};
use tls_codec::Deserialize as _;

use super::Taken;
use crate::{engine::Turn, error::EngineError};

/// Devices wait up to this many milliseconds before they commit what somebody proposed, so that not all do.
pub(crate) const SETTLE: i64 = 2_000;

impl Turn<'_> {
    pub(super) fn take_proposal(
        &mut self,
        room: &mut Room,
        entry: &Entry,
        own: Option<Wished>,
    ) -> Result<Taken, EngineError> {
        if let Some(wished) = own {
            // Nobody can commit their own leaving: it is asked again in the next epoch, if nobody else has by then.
            let next = wished.sealed.map_or(0, |sealed| sealed.epoch.saturating_add(1));
            self.step.unseal_wish(wished.wish, next)?;
            // Who has lost the room since watches what becomes of it.
            return if room.standing == Standing::Lost {
                self.watch_proposal(room, entry)
            } else {
                Ok(Taken::Silent)
            };
        }
        if room.standing == Standing::Lost {
            return self.watch_proposal(room, entry);
        }
        // Bodies go when every device has had them: this one had it, and its vault was put back since. What is committed next
        // could not be followed.
        let Some(body) = &entry.body else { return Ok(Taken::Lost(None)) };
        let malformed = Taken::Alarm(Breach::Malformed.into());
        let Ok(message) = MlsMessageIn::tls_deserialize_exact(body.as_slice()) else { return Ok(malformed) };
        let Ok(message) = message.try_into_protocol_message() else { return Ok(malformed) };
        if !matches!(message, ProtocolMessage::PublicMessage(_)) {
            return Ok(malformed);
        }
        let mut group = self.group(room.id)?;
        let processed = match group.process_message(&self.provider(), message) {
            Ok(processed) => processed,
            Err(ProcessMessageError::StorageError(error)) => return Err(error.into()),
            Err(_) => return Ok(Taken::Alarm(Breach::Invalid.into())),
        };
        let Sender::Member(index) = *processed.sender() else {
            return Ok(Taken::Alarm(Breach::Unknown.into()));
        };
        let ProcessedMessageContent::ProposalMessage(queued) = processed.into_content() else {
            return Ok(malformed);
        };
        let (leaves, policy) = (roster(group.public_group())?, policy_of(group.extensions())?);
        // What this device itself asks for counts once it stands in the log.
        let own = Sender::Member(group.own_leaf_index());
        let asked = self.asks_unseen(room)?;
        let seen = |it: &&QueuedProposal| !(asked && *it.sender() == own);
        let leaving = leaving(&leaves, group.pending_proposals().filter(seen));
        if let Err(breach) = leave(&leaves, &policy, &leaving, (queued.proposal(), index.u32())) {
            return Ok(Taken::Alarm(breach.into()));
        }
        if let Some(by) = leaves.iter().find(|leaf| leaf.index == index.u32())
            && self.is_silent(by)?
        {
            self.memory.mend.entry(room.id).or_default().insert(by.name.account.clone());
        }
        group.store_pending_proposal(&self.step.mls(), *queued)?;
        self.put(room.id, group);
        room.settle_at = Some(self.spread(SETTLE));
        Ok(Taken::Silent)
    }

    /// Whether a proposal of this device was made and is not in the log.
    pub(crate) fn asks_unseen(&self, room: &Room) -> Result<bool, EngineError> {
        let wishes = self.step.wishes(room.id)?;
        let proposal = |wished: &Wished| wished.sealed.as_ref().is_some_and(|it| it.kind == Kind::Proposal);
        Ok(wishes.iter().any(proposal))
    }

    /// Takes this device's own proposals out of a group, and nobody else's.
    pub(crate) fn forget_own_proposals(&self, group: &mut MlsGroup) -> Result<(), EngineError> {
        let own = Sender::Member(group.own_leaf_index());
        let mine = group.pending_proposals().filter(|proposal| *proposal.sender() == own);
        let references: Vec<_> = mine.map(|proposal| proposal.proposal_reference_ref().clone()).collect();
        for reference in references {
            group
                .remove_pending_proposal(&self.step.mls(), &reference)
                .map_err(|_| EngineError::Mls("a proposal cannot be taken back"))?;
        }
        Ok(())
    }
}
