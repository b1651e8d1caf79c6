//! Sealing: a wish becomes the bytes that are sent for it, kept in the same transaction as the keys they used up.

use chancery_groups::{
    Breach, Change, Company, Leaf, Offer, check_key_package, judge, may_leave, meet, policy_of, roster,
};
use chancery_vault::{Room, Sealed, Wished};
use chancery_wire::{
    content::{Content, Letter, View},
    frames::Kind,
    ids::SubmissionId,
    names::Handle,
    policy::{Role, RoomPolicy},
};
use openmls::{
    extensions::Extensions,
    framing::{MlsMessageOut, Sender},
    group::{GroupContext, MlsGroup},
    prelude::{KeyPackage, LeafNodeIndex},
};
use openmls_traits::OpenMlsProvider as _;
use tls_codec::Serialize as _;

use crate::{
    charter::with_whose, engine::Turn, error::EngineError, names::names_anew, open::context, wish::Wish,
};

/// After how many seconds something is tried again that the device wished by itself and could not make.
pub(crate) const AGAIN: i64 = 600;

/// What a commit is to do.
#[derive(Default)]
struct Plan {
    add: Vec<KeyPackage>,
    remove: Vec<LeafNodeIndex>,
    context: Option<Extensions<GroupContext>>,
}

/// What became of a wish when it was to be sealed.
enum Outcome {
    Message(Content, [u8; 16]),
    Commit(Plan),
    Leave,
    /// What is wished is so already.
    Fulfilled,
    /// It cannot be, in words.
    Refused(String),
}

impl Turn<'_> {
    /// Seals one wish of a room, or finds that there is nothing to seal.
    pub(crate) fn seal(
        &mut self,
        room: &mut Room,
        group: &mut MlsGroup,
        wished: &Wished,
        wish: &Wish,
    ) -> Result<(), EngineError> {
        let sealed = match self.plan(room, group, wish)? {
            Outcome::Message(content, salt) => self.message(room, group, content, salt)?,
            Outcome::Commit(plan) => match self.commit(room, group, plan)? {
                Ok(sealed) => sealed,
                // What the device wishes by itself is wished again when it is due.
                Err(_) if matches!(wish, Wish::Settle | Wish::Renew | Wish::Mend { .. }) => {
                    room.settle_at = None;
                    room.renew_at = room.renew_at.max(self.now.plus_seconds(AGAIN));
                    if let Wish::Mend { handle, .. } = wish {
                        self.mended(room, handle);
                    }
                    return Ok(self.step.drop_wish(wished.wish)?);
                }
                Err(why) => return Ok(self.step.refuse_wish(wished.wish, &why)?),
            },
            Outcome::Leave => self.leave(group)?,
            Outcome::Fulfilled => {
                if matches!(wish, Wish::Mend { .. }) {
                    room.settle_at = self.mends_at(room.id);
                }
                return Ok(self.step.drop_wish(wished.wish)?);
            }
            Outcome::Refused(why) => return Ok(self.step.refuse_wish(wished.wish, &why)?),
        };
        Ok(self.step.seal_wish(wished.wish, &sealed)?)
    }

    /// What has to be done for a wish in the room as it is now, which may not be as it was when it was wished.
    fn plan(&self, room: &Room, group: &MlsGroup, wish: &Wish) -> Result<Outcome, EngineError> {
        let policy = policy_of(group.extensions())?;
        let leaves = roster(group.public_group())?;
        Ok(match wish {
            Wish::Write { content } => match Content::decode(content) {
                Ok((_, content))
                    if names_anew(room, &content)
                        && policy.role(&self.me.identity.handle) < policy.may_add =>
                {
                    Outcome::Fulfilled
                }
                Ok((salt, content)) => match self.bridged(&leaves, &policy)? {
                    Ok(()) => Outcome::Message(content, salt),
                    // What a device says by itself is said when it is due the next time.
                    Err(_) if !wish.is_the_persons() => Outcome::Fulfilled,
                    Err(breach) => {
                        Outcome::Refused(format!("nothing can be said here until some have gone: {breach}"))
                    }
                },
                Err(why) => Outcome::Refused(why.to_string()),
            },
            Wish::Add { handles, role, packages } => {
                self.plan_add(&policy, &leaves, handles, *role, packages)?
            }
            Wish::Mend { handle, packages } => {
                let amiss = self.amiss(room.id, (&leaves, &policy), handle)?;
                let offers = self.newcomers(&leaves, packages.as_deref().unwrap_or_default());
                // The packages are from when they were asked for: since then the account may have left, or lost one of these devices.
                let missing = |offer: &Offer| amiss.missing.contains(&offer.leaf.name.device);
                let offers = offers.unwrap_or_default().into_iter().filter(missing);
                let add: Vec<_> = offers.map(|offer| offer.package).collect();
                // At once, also where the next device cannot be brought yet: its account is away until then.
                let remove: Vec<_> = amiss.silent.into_iter().map(LeafNodeIndex::new).collect();
                if add.is_empty() && remove.is_empty() {
                    Outcome::Fulfilled
                } else {
                    let is_away = add.is_empty() && !amiss.stays;
                    let mut changed = away(&policy, handle, is_away);
                    let separated = self.charter()?.separated();
                    if !add.is_empty() && policy.away.contains(handle) && policy.charter < separated {
                        changed.get_or_insert_with(|| policy.clone()).charter = separated;
                    }
                    let context = changed.map(|changed| context(&changed)).transpose()?;
                    Outcome::Commit(Plan { add, remove, context })
                }
            }
            Wish::Remove { handle } if *handle == self.me.identity.handle => {
                Outcome::Refused(EngineError::Oneself.to_string())
            }
            Wish::Remove { handle } => {
                let remove = places(&leaves, handle);
                let context = self.without(&policy, handle)?;
                if remove.is_empty() && !policy.away.contains(handle) {
                    Outcome::Fulfilled
                } else {
                    Outcome::Commit(Plan { remove, context, ..Plan::default() })
                }
            }
            Wish::Role { handle, role } if policy.role(handle) == *role => Outcome::Fulfilled,
            Wish::Role { handle, role } => match with_role(&policy, [handle], *role) {
                Some(changed) => {
                    Outcome::Commit(Plan { context: Some(context(&changed)?), ..Plan::default() })
                }
                None => Outcome::Refused("a room needs an owner".to_owned()),
            },
            Wish::Set(setting) => {
                let changed = setting.applied(&policy);
                if changed == policy {
                    Outcome::Fulfilled
                } else {
                    Outcome::Commit(Plan { context: Some(context(&changed)?), ..Plan::default() })
                }
            }
            Wish::Renew => Outcome::Commit(Plan::default()),
            Wish::Settle if !self.asked(room, group)?.is_empty() => Outcome::Commit(Plan::default()),
            Wish::Settle | Wish::Open { .. } | Wish::Return => Outcome::Fulfilled,
            // The other devices may have lost the room and not know of it, and nobody else is there to let this one go.
            Wish::Leave if leaves.iter().all(|leaf| leaf.name.account == self.me.identity.handle) => {
                let own = group.own_leaf_index();
                let others =
                    leaves.iter().map(|leaf| LeafNodeIndex::new(leaf.index)).filter(|leaf| *leaf != own);
                Outcome::Commit(Plan { remove: others.collect(), ..Plan::default() })
            }
            Wish::Leave => {
                let asked = self.asked(room, group)?;
                match may_leave(&leaves, &policy, asked.accounts(), &self.me.identity.handle) {
                    Ok(()) => Outcome::Leave,
                    Err(_) => Outcome::Refused(EngineError::LastOwner.to_string()),
                }
            }
        })
    }

    fn plan_add(
        &self,
        policy: &RoomPolicy,
        leaves: &[Leaf],
        handles: &[Handle],
        role: Role,
        packages: &[serde_bytes::ByteBuf],
    ) -> Result<Outcome, EngineError> {
        let offers = match self.newcomers(leaves, packages) {
            Ok(offers) => offers,
            Err(why) => return Ok(Outcome::Refused(why.to_string())),
        };
        let (add, coming): (Vec<_>, Vec<_>) = offers.into_iter().map(|it| (it.package, it.leaf)).unzip();
        // Also a role that somebody had when they were here before is what is wished now.
        let other = handles.iter().any(|handle| policy.role(handle) != role);
        let mut changed = if other { with_role(policy, handles, role) } else { None };
        for leaf in &coming {
            let here = away(changed.as_ref().unwrap_or(policy), &leaf.name.account, false);
            changed = here.or(changed);
        }
        // Everybody judges who may meet whom by the same charter: the one that is known here.
        let separated = self.charter()?.separated();
        if policy.charter < separated {
            changed.get_or_insert_with(|| policy.clone()).charter = separated;
        }
        let context = changed.map(|changed| context(&changed)).transpose()?;
        Ok(if add.is_empty() {
            Outcome::Fulfilled
        } else {
            Outcome::Commit(Plan { add, context, ..Plan::default() })
        })
    }

    /// The key packages of devices that are not in the room, one a device.
    fn newcomers(&self, leaves: &[Leaf], packages: &[serde_bytes::ByteBuf]) -> Result<Vec<Offer>, Breach> {
        let mut offers = Vec::<Offer>::new();
        for package in packages {
            let offer = check_key_package(package, self.now)?;
            let same = |leaf: &Leaf| leaf.name.device == offer.leaf.name.device || leaf.key == offer.leaf.key;
            if !leaves.iter().chain(offers.iter().map(|offer| &offer.leaf)).any(same) {
                offers.push(offer);
            }
        }
        Ok(offers)
    }

    /// The room's context without a role for an account that goes, where this account may change it.
    fn without(
        &self,
        policy: &RoomPolicy,
        handle: &Handle,
    ) -> Result<Option<Extensions<GroupContext>>, EngineError> {
        let mine = policy.role(&self.me.identity.handle);
        let here = away(policy, handle, false);
        let policy = here.as_ref().unwrap_or(policy);
        let changed = if policy.role(handle) == Role::Member || mine < policy.may_change {
            here
        } else {
            with_role(policy, [handle], Role::Member)
        };
        changed.map(|changed| context(&changed)).transpose()
    }

    fn message(
        &mut self,
        room: &mut Room,
        group: &mut MlsGroup,
        content: Content,
        salt: [u8; 16],
    ) -> Result<Sealed, EngineError> {
        let authenticator = group.epoch_authenticator().as_slice().to_vec();
        let charter = self.charter()?.separated();
        let view = View { seq: room.seq, head: room.head, authenticator, charter };
        let letter = Letter { salt, view, content }.encode();
        let message = group
            .create_message(&self.provider(), self.me, &letter)
            .map_err(|_| EngineError::Mls("a message cannot be sealed"))?;
        room.sealed = room.sealed.saturating_add(1);
        self.sealed(Kind::Message, group.epoch().as_u64(), &message)
    }

    /// Makes a commit and judges it as everybody else will; nothing is kept of one that cannot be made or would be refused.
    fn commit(
        &mut self,
        room: &Room,
        group: &mut MlsGroup,
        plan: Plan,
    ) -> Result<Result<Sealed, String>, EngineError> {
        let own = Sender::Member(group.own_leaf_index());
        let epoch = group.epoch().as_u64();
        let before = roster(group.public_group())?;
        let mut remove = plan.remove;
        let asked = self.asked(room, group)?;
        for place in asked.left_over(&before, group.own_leaf_index()) {
            if !remove.contains(&place) {
                remove.push(place);
            }
        }
        let (silent, charter) = (self.once_silent(&before, self.now)?, self.charter()?);
        let provider = self.provider();
        // What the library refuses is this one wish, and not what is wished elsewhere.
        let refused = || Ok(Err("the room's encryption does not allow this change".to_owned()));
        let mut builder =
            group.commit_builder().force_self_update(true).propose_adds(plan.add).propose_removals(remove);
        if let Some(context) = plan.context {
            let Ok(with_context) = builder.propose_group_context_extensions(context) else {
                return refused();
            };
            builder = with_context;
        }
        let prepared = builder
            .load_psks(provider.storage())
            .map_err(|_| EngineError::Mls("a change of the room cannot be prepared"))?
            .create_group_info(true)
            .use_ratchet_tree_extension(false)
            .build(provider.rand(), provider.crypto(), self.me, |queued| asked.takes_in(queued));
        let Ok(prepared) = prepared else {
            group.clear_pending_commit(provider.storage())?;
            return refused();
        };
        let bundle = prepared
            .stage_commit(&provider)
            .map_err(|_| EngineError::Mls("a change of the room cannot be kept"))?;
        let (commit, welcome, info) = bundle.into_messages();
        let staged = group.pending_commit().ok_or(EngineError::Mls("a change of the room is missing"))?;
        let (room, at, since) = (room.id, self.now, charter.separated());
        let judged = with_whose(self.step, |whose| {
            Change::read(group.public_group(), &own, staged).and_then(|change| {
                judge(&before, &change, &|leaf| silent.contains(leaf))?;
                meet(&before, &change, Company { room, at, charter: &charter, since, whose })
            })
        })?;
        if let Err(breach) = judged {
            group.clear_pending_commit(provider.storage())?;
            return Ok(Err(breach.to_string()));
        }
        let mut sealed = self.sealed(Kind::Commit, epoch, &commit)?;
        sealed.welcome = welcome.as_ref().map(bytes).transpose()?.unwrap_or_default();
        sealed.group_info = info.as_ref().map(bytes).transpose()?.unwrap_or_default();
        Ok(Ok(sealed))
    }

    fn leave(&mut self, group: &mut MlsGroup) -> Result<Sealed, EngineError> {
        let message = group
            .leave_group(&self.provider(), self.me)
            .map_err(|_| EngineError::Mls("leaving cannot be proposed"))?;
        self.sealed(Kind::Proposal, group.epoch().as_u64(), &message)
    }

    pub(crate) fn sealed(
        &mut self,
        kind: Kind,
        epoch: u64,
        message: &MlsMessageOut,
    ) -> Result<Sealed, EngineError> {
        let submission = SubmissionId(self.draw());
        let (charter, body) = (self.charter()?.separated(), bytes(message)?);
        Ok(Sealed { submission, kind, epoch, body, welcome: vec![], group_info: vec![], charter })
    }
}

/// A message of the MLS library as bytes.
pub(crate) fn bytes(message: &MlsMessageOut) -> Result<Vec<u8>, EngineError> {
    message.tls_serialize_detached().map_err(|_| EngineError::Mls("a message cannot be written"))
}

/// Where an account's devices are in the tree.
fn places(leaves: &[Leaf], handle: &Handle) -> Vec<LeafNodeIndex> {
    let of = |leaf: &&Leaf| leaf.name.account == *handle;
    leaves.iter().filter(of).map(|leaf| LeafNodeIndex::new(leaf.index)).collect()
}

/// The policy with an account that is away, or is not; nothing where it says so already.
fn away(policy: &RoomPolicy, handle: &Handle, is_away: bool) -> Option<RoomPolicy> {
    let mut changed = policy.clone();
    let differs = if is_away { changed.away.insert(handle.clone()) } else { changed.away.remove(handle) };
    differs.then_some(changed)
}

/// The policy with another role for some accounts; nothing if no owner would be left.
fn with_role<'h>(
    policy: &RoomPolicy,
    handles: impl IntoIterator<Item = &'h Handle>,
    role: Role,
) -> Option<RoomPolicy> {
    let mut changed = policy.clone();
    for handle in handles {
        if role == Role::Member {
            changed.roles.remove(handle);
        } else {
            changed.roles.insert(handle.clone(), role);
        }
    }
    changed.roles.values().any(|role| *role == Role::Owner).then_some(changed)
}
