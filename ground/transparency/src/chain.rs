//! The chain itself: entries, and the check that every one was vouched for by somebody who may.

use chancery_wire::{
    ids::{DeviceId, Digest},
    names::{Domain, Handle},
    time::Instant,
};
use sha2::Digest as _;

mod entry;
mod suspend;

pub(crate) use entry::{
    BY_DEVICE, BY_INVITED, BY_KEPT, BY_LINKING, BY_RECOVERY, BY_REVOKING, BY_SUSPENDING, Entry, KeepKey,
    LIMIT, Offered, RECOVERY_KEY, Revoke, Suspend, cbor, read,
};
use entry::{Checked, enrolled, parts};
pub use entry::{Enrol, Vouch, about, keeps_key, revokes, suspends};
pub use suspend::Suspender;

use crate::{
    charter::Attended,
    invitation::{Bot, Guest, Invitation},
    provider::{InvalidToken, Provider},
    recovery::{Approval, Recovered},
    signed::{PublicKey, Sign, labelled},
};

/// The most devices a chain has, revoked ones included: each is revoked at most once, so that there is always room for that.
const DEVICES: usize = 128;
/// The most entries a chain has: for each device that it comes and that it goes, and some for recovery keys and suspensions.
const ENTRIES: usize = 2 * DEVICES + 256;
/// How many entries are kept free for suspensions: the directory's, and an officer's after it.
const SUSPENSIONS: usize = 2;
/// How many entries are kept free for officers, of which a directory that says yes and no all the time leaves some.
const OFFICERS: usize = 128;
/// How many bytes the public key of an archive has: X-Wing's.
const ARCHIVE_KEY: usize = 1216;

/// The organisation's root: the digest of the founding entry. Pinned by every invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root(pub Digest);

/// A device whose chain was checked down to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The organisation.
    pub domain: Domain,
    /// The account.
    pub handle: Handle,
    /// The device.
    pub id: DeviceId,
    /// Its signature key.
    pub key: PublicKey,
    /// Whether it may invite.
    pub officer: bool,
    /// What the account is, where it is a program's.
    pub bot: Option<Bot>,
    /// On what terms it takes part, where it is a guest's, as it was invited; the charter may say otherwise since.
    pub guest: Option<Guest>,
    /// Who invited the account, or lets a provider vouch for it; nobody at the founding.
    pub invited_by: Option<Handle>,
    /// The identity provider that vouched for the account, if one did: its issuer.
    pub provider: Option<String>,
    /// The device of the same account that vouched for it; none for the account's first one.
    pub linked_by: Option<DeviceId>,
    /// How the account came back by it, if it did.
    pub recovered: Option<Recovered>,
    /// When it was enrolled, by its own clock.
    pub at: Instant,
    /// Whether it was revoked since. It stays in rooms until somebody has taken it out, and vouches for nobody any more.
    pub revoked: bool,
    /// Who has suspended the account, while it is: none of its devices speaks for it, and all of them may again.
    pub suspended: Option<Suspender>,
    /// Whether the account was suspended at some time while it had this device.
    pub has_been_suspended: bool,
}

impl Device {
    /// Who answers for the account, where somebody does: a program's owner, a guest's sponsor.
    #[must_use]
    pub fn attended(&self) -> Option<Attended> {
        let (owner, until) = match (&self.bot, &self.guest) {
            (Some(bot), _) => (bot.owner.clone(), bot.until),
            (None, Some(guest)) => (guest.sponsor.clone(), Some(guest.until)),
            (None, None) => return None,
        };
        Some(Attended { owner, guest: self.guest.clone(), until })
    }

    /// Whether it may act for its account.
    #[must_use]
    pub fn speaks(&self) -> bool {
        !self.revoked && self.suspended.is_none()
    }
}

/// A chain that was checked: its devices and its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    /// The account's devices, in the order in which they came; with those that were revoked.
    pub devices: Vec<Device>,
    /// The key that brings the account back, if its owner has put one away.
    pub recovery: Option<PublicKey>,
    /// The public key that the account's archive is sealed to, and the device that set it and the recovery key; where the chain was
    /// read and not only remembered.
    pub archive: Option<(Vec<u8>, DeviceId)>,
    /// The digest of the last entry.
    pub head: Digest,
    /// The digests of all entries, the first one first: what the head has been.
    pub heads: Vec<Digest>,
}

/// Why a chain is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidChain {
    /// There is no entry, or not the number this version knows.
    #[error("the device chain is empty or longer than this version knows")]
    Length,
    /// An entry cannot be read.
    #[error("an entry of the device chain cannot be read")]
    Malformed,
    /// An entry does not follow from the one before it.
    #[error("an entry of the device chain does not follow from the one before it")]
    Broken,
    /// The same device or key twice.
    #[error("a device or its key stands in the device chain twice")]
    Twice,
    /// A signature in it does not hold.
    #[error("a signature in the device chain does not hold")]
    Signature,
    /// The entry is about another account or organisation.
    #[error("the device chain is about somebody else")]
    SomebodyElse,
    /// It claims to be the founding, and is not the one that was pinned.
    #[error("the device chain starts at another founding than the one your invitation named")]
    OtherRoot,
    /// The inviter is unknown, or may not invite.
    #[error("the device was vouched for by somebody who may not")]
    NoRightToVouch,
    /// What an identity provider said does not hold.
    #[error(transparent)]
    Token(#[from] InvalidToken),
    /// The inviters form a circle or a chain too long to be real.
    #[error("the inviters do not lead back to the founding")]
    NoEnd,
    /// The inviter's chain is needed first; the caller fetches it and asks again.
    #[error("the chain of {0}, who vouched, is needed first")]
    Missing(Handle),
}

/// Checks an account's chain. `others` answers with an already checked chain, or `None` when the caller has to fetch it.
pub fn verify(
    entries: &[Vec<u8>],
    handle: &Handle,
    domain: &Domain,
    root: Root,
    others: impl FnMut(&Handle) -> Option<Trusted>,
) -> Result<Trusted, InvalidChain> {
    match verify_as_far(entries, handle, domain, root, others)? {
        (trusted, None) => Ok(trusted),
        (_, Some(missing)) => Err(InvalidChain::Missing(missing)),
    }
}

/// Checks an account's chain up to the first entry that rests on a chain which is not there yet, and says whose. Two officers who
/// have each signed in the other's chain are checked in turns.
pub fn verify_as_far(
    entries: &[Vec<u8>],
    handle: &Handle,
    domain: &Domain,
    root: Root,
    mut others: impl FnMut(&Handle) -> Option<Trusted>,
) -> Result<(Trusted, Option<Handle>), InvalidChain> {
    let Some((entry, later)) = entries.split_first() else { return Err(InvalidChain::Length) };
    if entries.len() > ENTRIES {
        return Err(InvalidChain::Length);
    }
    let head = Digest(sha2::Sha256::digest(entry).into());
    let Checked { enrol, invitation, .. } = enrolled(entry)?;
    if enrol.handle != *handle || enrol.domain != *domain || enrol.previous != Digest([0; 32]) {
        return Err(InvalidChain::SomebodyElse);
    }
    let opened = match (&enrol.vouch, invitation) {
        (Vouch::Invitation(signed), Some(invitation)) => {
            invited((&enrol.handle, &enrol.domain), signed, invitation, &mut others)?
        }
        (Vouch::Provider { statement, token }, _) => provided(&enrol, statement, token, &mut others)?,
        _ if head == root.0 => Opened { officer: true, ..Opened::default() },
        _ => return Err(InvalidChain::OtherRoot),
    };
    let device = opened.device(enrol, None, None);
    let mut trusted =
        Trusted { devices: vec![device], recovery: None, archive: None, head, heads: vec![head] };
    for entry in later {
        match trusted.extend(entry, &mut others) {
            Ok(()) => {}
            Err(InvalidChain::Missing(whose)) => return Ok((trusted, Some(whose))),
            Err(why) => return Err(why),
        }
    }
    Ok((trusted, None))
}

/// As what an account was opened, and by whom.
#[derive(Default)]
struct Opened {
    officer: bool,
    bot: Option<Bot>,
    guest: Option<Guest>,
    invited_by: Option<Handle>,
    provider: Option<String>,
}

impl Opened {
    /// A device that an entry enrols in such an account.
    fn device(self, it: Enrol, linked_by: Option<DeviceId>, recovered: Option<Recovered>) -> Device {
        Device {
            domain: it.domain,
            handle: it.handle,
            id: it.device,
            key: it.key,
            officer: self.officer,
            bot: self.bot,
            guest: self.guest,
            invited_by: self.invited_by,
            provider: self.provider,
            linked_by,
            recovered,
            at: it.at,
            revoked: false,
            suspended: None,
            has_been_suspended: false,
        }
    }
}

/// The officer's device that has signed what opens an account.
fn officer_of(
    (by, device): (&Handle, DeviceId),
    others: &mut dyn FnMut(&Handle) -> Option<Trusted>,
) -> Result<Device, InvalidChain> {
    let chain = others(by).ok_or_else(|| InvalidChain::Missing(by.clone()))?;
    let device = chain.officer(device)?;
    if device.handle == *by { Ok(device.clone()) } else { Err(InvalidChain::NoRightToVouch) }
}

/// An account that an invitation opens.
fn invited(
    (handle, domain): (&Handle, &Domain),
    signed: &[u8],
    it: Invitation,
    others: &mut dyn FnMut(&Handle) -> Option<Trusted>,
) -> Result<Opened, InvalidChain> {
    if it.handle != *handle || it.domain != *domain {
        return Err(InvalidChain::SomebodyElse);
    }
    let officer = officer_of((&it.by, it.device), others)?;
    Invitation::checked(signed, &officer.key).ok_or(InvalidChain::Signature)?;
    if !it.is_sound() {
        return Err(InvalidChain::NoRightToVouch);
    }
    Ok(Opened { officer: it.officer, bot: it.bot, guest: it.guest, invited_by: Some(it.by), provider: None })
}

/// An account that an identity provider vouches for, which an officer lets do so. It is nobody's officer.
fn provided(
    enrol: &Enrol,
    statement: &[u8],
    token: &str,
    others: &mut dyn FnMut(&Handle) -> Option<Trusted>,
) -> Result<Opened, InvalidChain> {
    let it = Provider::peek(statement).ok_or(InvalidChain::Malformed)?;
    if it.domain != enrol.domain {
        return Err(InvalidChain::SomebodyElse);
    }
    let officer = officer_of((&it.by, it.device), others)?;
    let it = Provider::checked(statement, &officer.key).ok_or(InvalidChain::Signature)?;
    if !it.vouches {
        return Err(InvalidChain::NoRightToVouch);
    }
    let claims = it.read(token, (enrol.device, &enrol.key))?;
    if claims.handle != enrol.handle {
        return Err(InvalidChain::SomebodyElse);
    }
    Ok(Opened { invited_by: Some(it.by), provider: Some(it.issuer), ..Opened::default() })
}

impl Trusted {
    /// Checks a later entry and takes it in: a device comes or goes, the account comes back, or its recovery key is another one.
    /// `others` answers with already checked chains, as in [`verify`].
    pub fn extend(
        &mut self,
        entry: &[u8],
        others: &mut dyn FnMut(&Handle) -> Option<Self>,
    ) -> Result<(), InvalidChain> {
        let parts = parts(entry)?;
        if let Some(revoke) = read::<Revoke>(&parts.body) {
            self.revoke(&parts, &revoke, others)?;
        } else if let Some(suspend) = read::<Suspend>(&parts.body) {
            self.suspend(&parts, &suspend, others)?;
        } else if let Some(keep) = read::<KeepKey>(&parts.body) {
            self.keep_key(&parts, &keep)?;
        } else {
            self.enrol(entry, others)?;
        }
        self.head = Digest(sha2::Sha256::digest(entry).into());
        self.heads.push(self.head);
        Ok(())
    }

    fn revoke(
        &mut self,
        entry: &Entry,
        revoke: &Revoke,
        others: &mut dyn FnMut(&Handle) -> Option<Self>,
    ) -> Result<(), InvalidChain> {
        self.is_about(&revoke.domain, &revoke.handle)?;
        let by = match &revoke.officer {
            None => self.speaks(revoke.by)?.clone(),
            Some(officer) if *officer == revoke.handle => return Err(InvalidChain::Malformed),
            Some(officer) => {
                let chain = others(officer).ok_or_else(|| InvalidChain::Missing(officer.clone()))?;
                chain.officer(revoke.by)?.clone()
            }
        };
        if revoke.previous != self.head || entry.vouched.is_some() || revoke.revoked == revoke.by {
            return Err(InvalidChain::Broken);
        }
        by.key
            .check(&labelled(BY_REVOKING, &entry.body), &entry.device)
            .map_err(|_| InvalidChain::Signature)?;
        let gone = self.devices.iter_mut().find(|device| device.id == revoke.revoked && !device.revoked);
        gone.ok_or(InvalidChain::Broken)?.revoked = true;
        if !revoke.keeps_key {
            self.recovery = None;
            self.archive = None;
        }
        Ok(())
    }

    /// From now on this key brings the account back. There is always room for every device that may still come, and go.
    fn keep_key(&mut self, entry: &Entry, keep: &KeepKey) -> Result<(), InvalidChain> {
        self.is_about(&keep.domain, &keep.handle)?;
        let by = self.speaks(keep.by)?;
        if keep.previous != self.head {
            return Err(InvalidChain::Broken);
        }
        // Both keys are of one secret: the one signs for the other.
        match (keep.recovery, &keep.archive, &entry.vouched) {
            (None, None, None) => {}
            (Some(key), Some(archive), Some(vouched)) if archive.len() == ARCHIVE_KEY => {
                key.check(&labelled(BY_KEPT, &entry.body), vouched).map_err(|_| InvalidChain::Signature)?;
            }
            _ => return Err(InvalidChain::Malformed),
        }
        by.key
            .check(&labelled(RECOVERY_KEY, &entry.body), &entry.device)
            .map_err(|_| InvalidChain::Signature)?;
        self.leaves_room(0)?;
        self.recovery = keep.recovery;
        self.archive = keep.archive.clone().map(|key| (key.into_vec(), keep.by));
        Ok(())
    }

    /// Whether there is room after one more entry for every device that may still come, and go, and for the account to be
    /// suspended; and `besides` for others.
    fn leaves_room(&self, besides: usize) -> Result<(), InvalidChain> {
        let here = self.devices.iter().filter(|device| !device.revoked).count();
        let needed = here + 2 * DEVICES.saturating_sub(self.devices.len()) + SUSPENSIONS + besides;
        if self.heads.len() + 1 + needed > ENTRIES { Err(InvalidChain::Length) } else { Ok(()) }
    }

    fn is_about(&self, domain: &Domain, handle: &Handle) -> Result<&Device, InvalidChain> {
        let first = self.devices.first().ok_or(InvalidChain::Length)?;
        if first.domain == *domain && first.handle == *handle {
            Ok(first)
        } else {
            Err(InvalidChain::SomebodyElse)
        }
    }

    /// An officer's device. That it was not revoked yet when it signed is the server's word, as with invitations: what it did before
    /// stays, and chains have no common time.
    pub(crate) fn officer(&self, id: DeviceId) -> Result<&Device, InvalidChain> {
        let found = self.devices.iter().find(|device| device.id == id && device.officer);
        found.ok_or(InvalidChain::NoRightToVouch)
    }

    /// A device that may act for the account.
    fn speaks(&self, id: DeviceId) -> Result<&Device, InvalidChain> {
        let found = self.devices.iter().find(|device| device.id == id && device.speaks());
        found.ok_or(InvalidChain::NoRightToVouch)
    }

    /// The device that signs with this key, if it may act for the account.
    pub(crate) fn own(&self, id: DeviceId, signer: &dyn Sign) -> Option<&Device> {
        self.speaks(id).ok().filter(|own| own.key == signer.public())
    }

    /// A device comes: linked by an earlier one, or as the one as which the account comes back.
    fn enrol(
        &mut self,
        entry: &[u8],
        others: &mut dyn FnMut(&Handle) -> Option<Self>,
    ) -> Result<(), InvalidChain> {
        let Checked { enrol, body, vouched, .. } = enrolled(entry)?;
        let first = self.is_about(&enrol.domain, &enrol.handle)?;
        // However an account comes back, it has to be restored first.
        if first.suspended.is_some() {
            return Err(InvalidChain::NoRightToVouch);
        }
        let opened = Opened {
            officer: first.officer,
            bot: first.bot.clone(),
            guest: first.guest.clone(),
            invited_by: first.invited_by.clone(),
            provider: first.provider.clone(),
        };
        let (linked_by, recovered) = match &enrol.vouch {
            Vouch::Device(by) => {
                let by = self.speaks(*by)?;
                let vouched = vouched.ok_or(InvalidChain::Signature)?;
                by.key.check(&labelled(BY_LINKING, &body), &vouched).map_err(|_| InvalidChain::Signature)?;
                (Some(by.id), None)
            }
            Vouch::Recovery => {
                let key = self.recovery.ok_or(InvalidChain::NoRightToVouch)?;
                let vouched = vouched.ok_or(InvalidChain::Signature)?;
                key.check(&labelled(BY_RECOVERY, &body), &vouched).map_err(|_| InvalidChain::Signature)?;
                (None, Some(Recovered::Key))
            }
            Vouch::Officers(approvals) => {
                let wanted = (&enrol.domain, &enrol.handle, enrol.device, enrol.key, enrol.previous);
                let [one, two] = approvals.as_slice() else { return Err(InvalidChain::NoRightToVouch) };
                let one = Approval::checked(one, wanted, others)?;
                let two = Approval::checked(two, wanted, others)?;
                if one == two {
                    return Err(InvalidChain::NoRightToVouch);
                }
                (None, Some(Recovered::Officers(one, two)))
            }
            Vouch::Founding | Vouch::Invitation(_) | Vouch::Provider { .. } => {
                return Err(InvalidChain::NoRightToVouch);
            }
        };
        if enrol.previous != self.head {
            return Err(InvalidChain::Broken);
        }
        if self.devices.iter().any(|device| device.id == enrol.device || device.key == enrol.key) {
            return Err(InvalidChain::Twice);
        }
        if self.devices.len() >= DEVICES {
            return Err(InvalidChain::Length);
        }
        if recovered.is_some() {
            (self.recovery, self.archive) = (None, None);
            self.devices.iter_mut().for_each(|device| device.revoked = true);
        }
        self.devices.push(opened.device(enrol, linked_by, recovered));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
