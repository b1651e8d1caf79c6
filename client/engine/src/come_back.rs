//! Coming back: a device that lost a room's keys, or cannot follow it, enters again as a new leaf in place of its old one.
//!
//! Old state is never used to send. What was said meanwhile stays closed; what is said from here on opens. What is done
//! meanwhile is judged all the same (`receive/watch.rs`), and only the room that this leads to is entered again.

use chancery_groups::{Breach, Face, policy_of, roster, suites};
use chancery_vault::{Room, Sealed, Standing};
use chancery_wire::{api::Return, frames::Kind, names::Handle, time::Instant};
use openmls::{
    group::MlsGroup,
    prelude::{LeafNodeParameters, MlsMessageBodyIn, MlsMessageIn, Proposal, RatchetTreeIn},
};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::Deserialize as _;

use crate::{
    alarm::Alarm,
    engine::{Engine, Turn, load},
    error::EngineError,
    mls::{capabilities, settings},
    seal::bytes,
    trust::Verdict,
    wish::Wish,
};

impl Engine {
    /// Takes in what is needed to come back into a room. Answers whose chains are needed first.
    ///
    /// The commit is kept as a wish and sent by [`Engine::outgoing`]; the device is back when it is seen in the log.
    pub fn come_back(&mut self, offered: &Return, now: Instant) -> Result<Vec<Handle>, EngineError> {
        let mut needs = Vec::new();
        let done = self.turn(now, |turn| {
            let mut room = turn.room(offered.head.room)?;
            let place = (room.seq, room.head) == (offered.head.seq, offered.head.head);
            if room.standing != Standing::Lost || !place {
                // It has moved on meanwhile, and is followed to its end again.
                turn.memory.caught_up.remove(&room.id);
                return Ok(());
            }
            turn.forget(room.id)?;
            if let Some(face) = turn.face(room.id)?
                && !face.is_shown_by(&offered.group_info.0).unwrap_or(false)
            {
                return turn.alarm(&mut room, &Alarm::Elsewhere);
            }
            let last = turn.step.last_epoch(room.id)?;
            if last.is_some_and(|last| offered.head.epoch < last) {
                return turn.alarm(&mut room, &Alarm::RolledBack);
            }
            let (group, sealed) = match turn.enter_again(offered) {
                Err(EngineError::Breach(breach)) => return turn.alarm(&mut room, &breach.into()),
                entered => entered?,
            };
            match turn.verdict(&roster(group.public_group())?)? {
                Verdict::Trusted => {}
                Verdict::Needs(handles) => {
                    needs = handles;
                    return Err(EngineError::Mls("the room is not entered again yet"));
                }
                Verdict::Distrusted(distrust) => {
                    turn.forget(room.id)?;
                    return turn.alarm(&mut room, &distrust.into());
                }
            }
            turn.put(room.id, group);
            let wish = turn.step.wish(room.id, now, &Wish::Return.write())?;
            Ok(turn.step.seal_wish(wish, &sealed)?)
        });
        if needs.is_empty() { done.map(|()| needs) } else { Ok(needs) }
    }
}

impl Turn<'_> {
    fn enter_again(&mut self, offered: &Return) -> Result<(MlsGroup, Sealed), EngineError> {
        let malformed = |_| EngineError::from(Breach::Malformed);
        let invalid = EngineError::from(Breach::Invalid);
        let message = MlsMessageIn::tls_deserialize_exact(&offered.group_info.0).map_err(malformed)?;
        let MlsMessageBodyIn::GroupInfo(info) = message.extract() else {
            return Err(Breach::Malformed.into());
        };
        let tree = RatchetTreeIn::tls_deserialize_exact(&offered.tree.0).map_err(malformed)?;
        suites::usable(info.ciphersuite()).ok_or(Breach::Suite)?;
        if info.group_id().as_slice() != offered.head.room.as_bytes() {
            return Err(Breach::OtherRoom.into());
        }
        let epoch = info.epoch().as_u64();
        if epoch != offered.head.epoch {
            return Err(Breach::OtherEpoch.into());
        }
        let provider = self.provider();
        let builder = MlsGroup::external_commit_builder()
            .with_config(settings())
            .with_ratchet_tree(tree)
            .skip_lifetime_validation()
            .build_group(&provider, info, self.me.credential());
        let Ok(builder) = builder else { return Err(invalid) };
        let leaf = LeafNodeParameters::builder().with_capabilities(capabilities()).build();
        let prepared = builder.leaf_node_parameters(leaf).load_psks(provider.storage());
        let Ok(prepared) = prepared else { return Err(invalid) };
        let mut replaces = false;
        let made = prepared
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(provider.rand(), provider.crypto(), self.me, |queued| {
                replaces |= matches!(queued.proposal(), Proposal::Remove(_));
                true
            })
            .map_err(|_| EngineError::Mls("the room cannot be entered again"))?;
        if !replaces {
            // There is no former leaf of this device: it was never in that room, or is not any more.
            return Err(Breach::Uninvited.into());
        }
        let (group, bundle) = made
            .finalize(&provider)
            .map_err(|_| EngineError::Mls("the room entered again cannot be kept"))?;
        policy_of(group.extensions())?;
        let (commit, _, info) = bundle.into_messages();
        let mut sealed = self.sealed(Kind::Commit, epoch, &commit)?;
        sealed.group_info = info.as_ref().map(bytes).transpose()?.unwrap_or_default();
        Ok((group, sealed))
    }

    /// The device's state of a room cannot be used any more; it will come back.
    pub(crate) fn lose(&mut self, room: &mut Room) -> Result<(), EngineError> {
        for wished in self.step.wishes(room.id)? {
            let proposal = wished.sealed.as_ref().is_some_and(|sealed| sealed.kind == Kind::Proposal);
            if proposal && let Some(mut group) = load(self.step, room.id)? {
                // Nobody else knows of it.
                self.forget_own_proposals(&mut group)?;
            }
            if wished.accepted.is_none() {
                self.step.unseal_wish(wished.wish, 0)?;
            }
        }
        // What is public of the room as it stood is followed on; without it, others judge what is done meanwhile.
        let face = Face::copy(&self.step.mls(), room.id).and_then(|face| face.save()).ok();
        self.forget(room.id)?;
        self.step.keep_face(room.id, face.as_deref())?;
        room.standing = Standing::Lost;
        (room.settle_at, room.name.say_at, room.topic.say_at) = (None, None, None);
        Ok(())
    }
}
