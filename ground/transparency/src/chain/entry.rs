//! Entries of a chain: what is written, in which form, and the signatures that an entry can be checked by alone.

use chancery_wire::{
    ids::{DeviceId, Digest},
    names::{Domain, Handle},
    time::Instant,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_bytes::ByteBuf;

use super::InvalidChain;
use crate::{
    invitation::Invitation,
    recovery::Approval,
    signed::{PublicKey, Signature, labelled},
};

/// The label of the new device's signature.
pub(crate) const BY_DEVICE: &str = "chancery enrol 1 device";
/// The label of the invitation key's signature.
pub(crate) const BY_INVITED: &str = "chancery enrol 1 invited";
/// The label of the signature of an earlier device of the account.
pub(crate) const BY_LINKING: &str = "chancery enrol 1 linking";
/// The label of the signature of the device that revokes another one.
pub(crate) const BY_REVOKING: &str = "chancery revoke 1";
/// The label of the signature of the device that suspends an account or restores it.
pub(crate) const BY_SUSPENDING: &str = "chancery suspend 1";
/// The label of the signature of the recovery key.
pub(crate) const BY_RECOVERY: &str = "chancery enrol 1 recovery";
/// The label of the signature of the device that puts a recovery key into the chain.
pub(crate) const RECOVERY_KEY: &str = "chancery recovery key 1";
/// The label of the signature of a recovery key that is put into the chain.
pub(crate) const BY_KEPT: &str = "chancery recovery key 1 kept";
/// The most bytes an entry has.
pub(crate) const LIMIT: usize = 8192;

/// Who vouches for a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Vouch {
    /// Nobody: it is the first device of the organisation, and what it says is the root.
    Founding,
    /// The holder of an invitation; the bytes are the invitation as its inviter signed it.
    Invitation(#[serde(with = "serde_bytes")] Vec<u8>),
    /// An earlier device of the same account.
    Device(DeviceId),
    /// The key that the account's owner had put away. Every earlier device is revoked.
    Recovery,
    /// Two officers; the bytes are their approvals as they signed them. Every earlier device is revoked.
    Officers(Vec<ByteBuf>),
    /// An identity provider, for the first device of an account.
    Provider {
        /// That it may, as an officer's device signed it.
        #[serde(with = "serde_bytes")]
        statement: Vec<u8>,
        /// What it said: an ID token.
        token: String,
    },
}

/// An entry of a chain: a device is enrolled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The organisation.
    pub domain: Domain,
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// The device's signature key.
    pub key: PublicKey,
    /// The digest of the entry before; zeros in the first.
    pub previous: Digest,
    /// When, by the device's clock; for people only.
    pub at: Instant,
    /// Who vouches.
    pub vouch: Vouch,
}

/// An entry of a chain: a device speaks for the account no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revoke {
    pub(crate) domain: Domain,
    pub(crate) handle: Handle,
    pub(crate) revoked: DeviceId,
    pub(crate) by: DeviceId,
    /// The account of the device that revokes, where it is an officer's and not the same one.
    pub(crate) officer: Option<Handle>,
    /// Whether the recovery key is worth something on: it may have been set by whoever had the device.
    pub(crate) keeps_key: bool,
    pub(crate) previous: Digest,
    pub(crate) at: Instant,
}

/// An entry of a chain: no device speaks for the account from now on, or all that are there do again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suspend {
    pub(crate) domain: Domain,
    pub(crate) handle: Handle,
    pub(crate) suspended: bool,
    /// The account of the device that says so: an officer's, or a directory's.
    pub(crate) whose: Handle,
    pub(crate) by: DeviceId,
    pub(crate) previous: Digest,
    pub(crate) at: Instant,
}

/// An entry of a chain: from now on this key brings the account back, or none does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeepKey {
    pub(crate) domain: Domain,
    pub(crate) handle: Handle,
    pub(crate) recovery: Option<PublicKey>,
    /// What the account's devices seal the archive to, which only the recovery key opens; there with it and not without.
    pub(crate) archive: Option<ByteBuf>,
    pub(crate) by: DeviceId,
    pub(crate) previous: Digest,
    pub(crate) at: Instant,
}

/// An entry with its signatures, as it is stored, sent and hashed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    #[serde(with = "serde_bytes")]
    pub(crate) body: Vec<u8>,
    /// By the new device, or the one that revokes.
    pub(crate) device: Signature,
    /// By whoever vouches: the invitation's key, or an earlier device's; absent at the founding.
    pub(crate) vouched: Option<Signature>,
}

/// An entry as an earlier device hands it to the one that it links: vouched for, and not signed by the new device yet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offered {
    #[serde(with = "serde_bytes")]
    pub(crate) body: Vec<u8>,
    pub(crate) vouched: Signature,
}

/// Which account a later entry is about, and the devices of other accounts that have signed it. Nothing of it is checked.
pub fn about(entry: &[u8]) -> Result<(Handle, Vec<(Handle, DeviceId)>), InvalidChain> {
    let body = parts(entry)?.body;
    if let Some(revoke) = read::<Revoke>(&body) {
        return Ok((revoke.handle, revoke.officer.map(|officer| (officer, revoke.by)).into_iter().collect()));
    }
    if let Some(suspend) = read::<Suspend>(&body) {
        return Ok((suspend.handle, vec![(suspend.whose, suspend.by)]));
    }
    if let Some(keep) = read::<KeepKey>(&body) {
        return Ok((keep.handle, vec![]));
    }
    let enrol: Enrol = read(&body).ok_or(InvalidChain::Malformed)?;
    let rests = match &enrol.vouch {
        Vouch::Officers(approvals) => {
            approvals.iter().filter_map(|it| Approval::peek(it)).map(|it| (it.by, it.officer)).collect()
        }
        _ => vec![],
    };
    Ok((enrol.handle, rests))
}

/// Which device an entry revokes, and whether the account's recovery key stays, where it revokes one. Nothing of it is checked.
#[must_use]
pub fn revokes(entry: &[u8]) -> Option<(DeviceId, bool)> {
    read::<Revoke>(&parts(entry).ok()?.body).map(|it| (it.revoked, it.keeps_key))
}

/// Whether an entry suspends an account or restores it, where it does one of both. Nothing of it is checked.
#[must_use]
pub fn suspends(entry: &[u8]) -> Option<bool> {
    read::<Suspend>(&parts(entry).ok()?.body).map(|it| it.suspended)
}

/// Whether an entry sets a recovery key or removes it, where it does one of both. Nothing of it is checked.
#[must_use]
pub fn keeps_key(entry: &[u8]) -> Option<bool> {
    read::<KeepKey>(&parts(entry).ok()?.body).map(|it| it.recovery.is_some())
}

/// Reads an entry in the one form in which it is written: in another one it would have another digest.
pub(super) fn parts(bytes: &[u8]) -> Result<Entry, InvalidChain> {
    let entry: Option<Entry> = read(bytes).filter(|entry| bytes.len() <= LIMIT && cbor(entry) == bytes);
    entry.ok_or(InvalidChain::Malformed)
}

/// An entry whose own signatures hold.
pub(super) struct Checked {
    pub(super) enrol: Enrol,
    pub(super) invitation: Option<Invitation>,
    pub(super) body: Vec<u8>,
    pub(super) vouched: Option<Signature>,
}

/// Reads an entry and checks the signatures it can check by itself.
pub(super) fn enrolled(entry: &[u8]) -> Result<Checked, InvalidChain> {
    let entry = parts(entry)?;
    let enrol: Enrol = read(&entry.body).ok_or(InvalidChain::Malformed)?;
    let wrong = |_| InvalidChain::Signature;
    enrol.key.check(&labelled(BY_DEVICE, &entry.body), &entry.device).map_err(wrong)?;
    let invitation = match (&enrol.vouch, &entry.vouched) {
        (Vouch::Founding | Vouch::Officers(_) | Vouch::Provider { .. }, None)
        | (Vouch::Device(_) | Vouch::Recovery, Some(_)) => None,
        (Vouch::Invitation(signed), Some(signature)) => {
            let invitation = Invitation::peek(signed).ok_or(InvalidChain::Malformed)?;
            invitation.key.check(&labelled(BY_INVITED, &entry.body), signature).map_err(wrong)?;
            Some(invitation)
        }
        _ => return Err(InvalidChain::Signature),
    };
    Ok(Checked { enrol, invitation, body: entry.body, vouched: entry.vouched })
}

impl Enrol {
    /// Reads an entry and checks that the new device, and the invitation's key if there is one, signed it.
    ///
    /// This is all a server needs to refuse nonsense; whether the inviter had the right is for [`super::verify`].
    pub fn peek(entry: &[u8]) -> Result<(Self, Option<Invitation>), InvalidChain> {
        enrolled(entry).map(|checked| (checked.enrol, checked.invitation))
    }
}

pub(crate) fn cbor(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing CBOR into memory cannot fail.
    let _ = ciborium::into_writer(value, &mut out);
    out
}

pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mut rest = bytes;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, 8).ok()?;
    rest.is_empty().then_some(value)
}
