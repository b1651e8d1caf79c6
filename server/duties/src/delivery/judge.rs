//! Judge a handshake: would it follow from the room's public face, is it the submitting device's own, and are the devices it
//! adds known? Takes a processor for milliseconds, so it is done before the batching task sees the submission.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chancery_floor::store::Read;
use chancery_groups::{Author, Change, Company, Face, Leaf, bridged, meet};
use chancery_transparency::{Attended, Charter, PublicKey};
use chancery_wire::{
    frames::{Kind, Submit},
    ids::{DeviceId, RoomId},
    names::Handle,
    time::Instant,
};

use super::{error::DeliveryError, stage::Stage};
use crate::{accounts, counter::Caller, provisioning, rooms};

/// What a handshake is judged by, beside the face of its room.
struct Known {
    /// Devices that speak for nobody and may still be in the room: everybody in it takes those out, whatever their role.
    revoked: Vec<(DeviceId, PublicKey)>,
    /// The charter as it stands.
    charter: Arc<Charter>,
    /// Who answers for which account.
    attended: HashMap<Handle, Attended>,
    /// What time it is.
    now: Instant,
}

/// A handshake that would follow.
#[derive(Debug)]
pub(super) struct Judged {
    /// The epoch and last handshake of the face it was judged against; it holds only there.
    pub stands_on: (u64, u64),
    /// The number of the amendment that said last who may meet whom; it holds only by that.
    pub separated: u64,
    /// When it was judged, and the instants at which the time of those is over whom it brings in or takes out: it holds only on the same
    /// side of them.
    pub asked_at: Instant,
    pub bounds: Vec<Instant>,
    /// The room after it.
    pub next: rooms::Next,
    /// Devices that come in.
    pub added: Vec<DeviceId>,
    /// Devices that go, and do not come in again with the same handshake.
    pub removed: Vec<DeviceId>,
    /// Whose leaves come or go.
    pub accounts: Vec<Handle>,
    /// The accounts that are away from then on, where those are others than before.
    pub away: Option<Vec<Handle>>,
    /// The welcome and the tree, for those who come in.
    pub welcome: Option<(Vec<u8>, Vec<u8>)>,
}

/// Whose devices were in a room before a commit, and whose are after it.
struct Meeting {
    before: BTreeSet<Handle>,
    after: BTreeSet<Handle>,
}

/// What came out of the face.
enum Verdict {
    Commit { change: Box<Change>, next: rooms::Next, tree: Option<Vec<u8>>, meeting: Meeting },
    Proposal { next: rooms::Next },
}

/// Judges the handshake in `frame`, submitted by `caller`.
pub(super) async fn judge(stage: &Stage, caller: &Caller, frame: &Submit) -> Result<Judged, DeliveryError> {
    let mut from = stage.floor.db.reader();
    let _turn = stage.judges.acquire().await.map_err(|_| DeliveryError::Busy)?;
    let (epoch, handshake, face) = rooms::face(&mut from, frame.room).await?.ok_or(DeliveryError::NoRoom)?;
    if frame.epoch != epoch {
        return Err(DeliveryError::WrongEpoch);
    }
    let known = what_is_known(stage, &mut from, frame.room).await?;
    let (separated, asked_at, charter) = (known.charter.separated(), known.now, Arc::clone(&known.charter));
    let untils = known.attended.clone();
    let (owned, who) = (frame.clone(), caller.clone());
    let verdict = tokio::task::spawn_blocking(move || follow(&owned, &who, &face, &known)).await;
    let stands_on = (epoch, handshake);
    let judged = |next| Judged {
        stands_on,
        separated,
        asked_at,
        bounds: vec![],
        next,
        added: vec![],
        removed: vec![],
        accounts: vec![],
        away: None,
        welcome: None,
    };
    match verdict.map_err(|_| DeliveryError::Busy)?? {
        Verdict::Proposal { next } => Ok(judged(next)),
        Verdict::Commit { change, next, tree, meeting } => {
            are_known(stage, &change, asked_at).await?;
            if stage.own_accounts {
                only_talk(stage, &meeting, &charter, asked_at).await?;
            }
            let (added, removed) = moves(&change);
            let touched = change.added.iter().chain(&change.removed);
            let accounts: Vec<Handle> = touched.map(|(leaf, _)| leaf.name.account.clone()).collect();
            let bounds = accounts.iter().filter_map(|handle| untils.get(handle)?.until).collect();
            let other = change.before.away != change.after.away;
            let away = other.then(|| change.after.away.iter().cloned().collect());
            let welcome = tree.map(|tree| (frame.welcome.as_slice().to_vec(), tree));
            Ok(Judged { bounds, added, removed, accounts, away, welcome, ..judged(next) })
        }
    }
}

async fn what_is_known(stage: &Stage, from: &mut impl Read, room: RoomId) -> Result<Known, DeliveryError> {
    let (now, mut revoked) = (stage.floor.clock.now(), Vec::new());
    for handle in rooms::pending(from, room).await? {
        revoked.extend(accounts::silent_of(from, &handle, now).await?);
    }
    let charter = stage.charter(from).await?;
    let attended = accounts::attended(from).await?;
    Ok(Known { revoked, charter, attended, now })
}

/// Follows the handshake on the face.
fn follow(frame: &Submit, caller: &Caller, face: &[u8], known: &Known) -> Result<Verdict, DeliveryError> {
    let mut face = Face::load(face)?;
    let whose = |handle: &Handle| known.attended.get(handle).cloned();
    let apart = |face: &Face| -> Result<bool, DeliveryError> {
        Ok(bridged(&face.leaves()?, &face.policy().away, &known.charter, &whose).is_err())
    };
    if frame.kind == Kind::Proposal {
        let leaf = face.propose(frame.body.as_slice())?;
        own(caller, leaf.name.device, leaf.key)?;
        let apart = apart(&face)?;
        let next = rooms::Next { epoch: face.epoch(), face: face.save()?, group_info: None, apart };
        return Ok(Verdict::Proposal { next });
    }
    let group_info = frame.group_info.as_slice().to_vec();
    let before = face.leaves()?;
    let change = face.commit(frame.body.as_slice(), &group_info, &|leaf| {
        known.revoked.iter().any(|(device, key)| leaf.name.device == *device && leaf.key == key.0)
    })?;
    let (charter, since) = (&*known.charter, known.charter.separated());
    meet(&before, &change, Company { room: frame.room, at: known.now, charter, since, whose: &whose })?;
    let author = change.author.leaf();
    own(caller, author.name.device, author.key)?;
    let welcomed = !frame.welcome.as_slice().is_empty();
    if welcomed == change.added.is_empty() {
        return Err(DeliveryError::Malformed("a commit has a welcome when it adds somebody, and only then"));
    }
    let tree = if welcomed { Some(face.tree()?) } else { None };
    let accounts = |leaves: Vec<Leaf>| leaves.into_iter().map(|it| it.name.account).collect();
    let meeting = Meeting { before: accounts(before), after: accounts(face.leaves()?) };
    let (apart, group_info) = (apart(&face)?, Some(group_info));
    let next = rooms::Next { epoch: face.epoch(), face: face.save()?, group_info, apart };
    Ok(Verdict::Commit { change: Box::new(change), next, tree, meeting })
}

/// A device submits its own handshakes only.
fn own(caller: &Caller, device: DeviceId, key: [u8; 32]) -> Result<(), DeliveryError> {
    let same = caller.device == device && caller.key.0 == key;
    if same { Ok(()) } else { Err(DeliveryError::SomebodyElses) }
}

/// Every device that comes in is one this server knows, by the same key and account.
async fn are_known(stage: &Stage, change: &Change, now: Instant) -> Result<(), DeliveryError> {
    let mut from = stage.floor.db.reader();
    for leaf in change.newcomers() {
        let device = accounts::find_device(&mut from, leaf.name.device).await?;
        let same = device.is_some_and(|it| {
            it.handle == leaf.name.account && it.key.0 == leaf.key && it.until.is_none_or(|until| now < until)
        });
        if !same {
            return Err(DeliveryError::UnknownDevice);
        }
    }
    Ok(())
}

/// Nobody comes together with others who looks after the organisation.
async fn only_talk(
    stage: &Stage,
    Meeting { before, after }: &Meeting,
    charter: &Charter,
    now: Instant,
) -> Result<(), DeliveryError> {
    let alone = before.iter().filter(|_| before.len() == 1 && after.len() > 1);
    let coming = after.difference(before).filter(|_| after.len() > 1);
    let mut from = stage.floor.db.reader();
    for handle in alone.chain(coming) {
        let Some(device) = accounts::devices_of(&mut from, handle).await?.pop() else { continue };
        let roles = provisioning::roles_of(&mut from, charter, (handle, device.standing), now).await?;
        if !roles.is_empty() {
            return Err(DeliveryError::LooksAfter);
        }
    }
    Ok(())
}

/// Who comes in and who goes. A device that comes back goes nowhere; one that is replaced comes in anew.
fn moves(change: &Change) -> (Vec<DeviceId>, Vec<DeviceId>) {
    let added: Vec<DeviceId> = change.added.iter().map(|(leaf, _)| leaf.name.device).collect();
    let returning = match &change.author {
        Author::Returning(leaf) => Some(leaf.name.device),
        Author::Member(_) => None,
    };
    let gone = change.removed.iter().map(|(leaf, _)| leaf.name.device);
    let removed = gone.filter(|device| !added.contains(device) && returning != Some(*device)).collect();
    (added, removed)
}
