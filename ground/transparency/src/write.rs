//! Writing entries of device chains: what only the holder of a key can do. What makes an entry worth something is in `chain`.

use chancery_wire::{
    ids::{DeviceId, Digest},
    names::{Domain, Handle},
    time::Instant,
};
use serde::Serialize;
use serde_bytes::ByteBuf;

use crate::{
    chain::{
        BY_DEVICE, BY_INVITED, BY_KEPT, BY_LINKING, BY_RECOVERY, BY_REVOKING, BY_SUSPENDING, Enrol, Entry,
        KeepKey, LIMIT, Offered, RECOVERY_KEY, Revoke, Suspend, Trusted, Vouch, cbor, read,
    },
    invitation::{Invitation, Secret},
    signed::{PublicKey, Sign, labelled},
};

/// Writes the founding entry.
#[must_use]
pub fn found(domain: Domain, handle: Handle, device: DeviceId, at: Instant, key: &dyn Sign) -> Vec<u8> {
    let vouch = Vouch::Founding;
    let body = Enrol { domain, handle, device, key: key.public(), previous: Digest([0; 32]), at, vouch };
    seal(&body, key, None)
}

/// Writes the first entry of an invited account. `signed` is the invitation as received.
#[must_use]
pub fn join(
    signed: &[u8],
    secret: &Secret,
    device: DeviceId,
    at: Instant,
    key: &dyn Sign,
) -> Option<Vec<u8>> {
    let Invitation { id, domain, handle, .. } = Invitation::peek(signed)?;
    let vouch = Vouch::Invitation(signed.to_vec());
    let body = Enrol { domain, handle, device, key: key.public(), previous: Digest([0; 32]), at, vouch };
    Some(seal(&body, key, Some(&secret.derive_key(id))))
}

/// Writes the first entry of an account that an identity provider vouches for. `statement` is the officer's, as received.
#[must_use]
pub fn join_by_provider(
    (statement, token): (&[u8], &str),
    (domain, handle): (Domain, Handle),
    device: DeviceId,
    at: Instant,
    key: &dyn Sign,
) -> Vec<u8> {
    let vouch = Vouch::Provider { statement: statement.to_vec(), token: token.to_owned() };
    let body = Enrol { domain, handle, device, key: key.public(), previous: Digest([0; 32]), at, vouch };
    seal(&body, key, None)
}

fn seal(body: &Enrol, device: &dyn Sign, invited: Option<&dyn Sign>) -> Vec<u8> {
    let body = cbor(body);
    let vouched = invited.map(|key| key.sign(&labelled(BY_INVITED, &body)));
    cbor(&Entry { device: device.sign(&labelled(BY_DEVICE, &body)), body, vouched })
}

/// Vouches, as the device `by` of a checked chain, for another device of the same account; nothing when `by` is not in it.
#[must_use]
pub fn vouch(
    chain: &Trusted,
    (by, signer): (DeviceId, &dyn Sign),
    (device, key): (DeviceId, PublicKey),
    at: Instant,
) -> Option<Vec<u8>> {
    let own = chain.own(by, signer)?;
    let (domain, handle) = (own.domain.clone(), own.handle.clone());
    let body =
        cbor(&Enrol { domain, handle, device, key, previous: chain.head, at, vouch: Vouch::Device(by) });
    Some(cbor(&Offered { vouched: signer.sign(&labelled(BY_LINKING, &body)), body }))
}

/// Writes, as the device `by` of a checked chain, that another device of the account speaks for it no more, and whether the recovery
/// key is worth something on; nothing when `by` or the other one is not in it.
#[must_use]
pub fn revoke(
    chain: &Trusted,
    (by, signer): (DeviceId, &dyn Sign),
    (revoked, keeps_key): (DeviceId, bool),
    at: Instant,
) -> Option<Vec<u8>> {
    let own = chain.own(by, signer)?;
    chain.devices.iter().find(|other| other.id == revoked && other.id != by && !other.revoked)?;
    let (domain, handle) = (own.domain.clone(), own.handle.clone());
    let body = Revoke { domain, handle, revoked, by, officer: None, keeps_key, previous: chain.head, at };
    Some(signed_as(BY_REVOKING, &body, signer))
}

/// Writes, as the officer's device `by`, that a device of another account speaks for it no more; nothing when that one is not in its
/// chain, or `by` is no officer's.
#[must_use]
pub fn revoke_as_officer(
    chain: &Trusted,
    (officers, by, signer): (&Trusted, DeviceId, &dyn Sign),
    (revoked, keeps_key): (DeviceId, bool),
    at: Instant,
) -> Option<Vec<u8>> {
    let officer = officers.own(by, signer).filter(|it| it.officer)?.handle.clone();
    let gone = chain.devices.iter().find(|device| device.id == revoked && !device.revoked)?;
    let (domain, handle) = (gone.domain.clone(), gone.handle.clone());
    let (officer, previous) = (Some(officer), chain.head);
    let body = Revoke { domain, handle, revoked, by, officer, keeps_key, previous, at };
    Some(signed_as(BY_REVOKING, &body, signer))
}

/// Writes, as the officer's or directory's device `by`, that no device of another account speaks for it from now on, or that all that
/// are there do again; nothing when `by` may not say so, or it says nothing new.
#[must_use]
pub fn suspend(
    chain: &Trusted,
    (acting, by, signer): (&Trusted, DeviceId, &dyn Sign),
    suspended: bool,
    at: Instant,
) -> Option<Vec<u8>> {
    let (own, whom) = (acting.own(by, signer)?, chain.devices.first()?);
    own.may_suspend(whom).filter(|role| chain.may_be_said(*role, suspended))?;
    let (domain, handle, whose) = (whom.domain.clone(), whom.handle.clone(), own.handle.clone());
    let body = Suspend { domain, handle, suspended, whose, by, previous: chain.head, at };
    Some(signed_as(BY_SUSPENDING, &body, signer))
}

/// Writes, as the device `by` of a checked chain, which key brings the account back from now on, and what its archive is sealed to;
/// nothing when `by` is not in it.
#[must_use]
pub fn set_recovery_key(
    chain: &Trusted,
    (by, signer): (DeviceId, &dyn Sign),
    keys: Option<(&dyn Sign, Vec<u8>)>,
    at: Instant,
) -> Option<Vec<u8>> {
    let own = chain.own(by, signer)?;
    let (domain, handle) = (own.domain.clone(), own.handle.clone());
    let (recovery, archive) = keys.map(|(key, archive)| (key, ByteBuf::from(archive))).unzip();
    let public = recovery.map(Sign::public);
    let body = cbor(&KeepKey { domain, handle, recovery: public, archive, by, previous: chain.head, at });
    let vouched = recovery.map(|key| key.sign(&labelled(BY_KEPT, &body)));
    Some(cbor(&Entry { device: signer.sign(&labelled(RECOVERY_KEY, &body)), body, vouched }))
}

/// Writes the entry by which an account comes back as a new device: vouched for by officers' approvals, or by the recovery key.
#[must_use]
pub fn recover(
    (domain, handle, previous): (Domain, Handle, Digest),
    (device, signer): (DeviceId, &dyn Sign),
    (approvals, recovery): (&[Vec<u8>], Option<&dyn Sign>),
    at: Instant,
) -> Vec<u8> {
    let vouch = match recovery {
        Some(_) => Vouch::Recovery,
        None => Vouch::Officers(approvals.iter().cloned().map(ByteBuf::from).collect()),
    };
    let body = cbor(&Enrol { domain, handle, device, key: signer.public(), previous, at, vouch });
    let vouched = recovery.map(|key| key.sign(&labelled(BY_RECOVERY, &body)));
    cbor(&Entry { device: signer.sign(&labelled(BY_DEVICE, &body)), body, vouched })
}

fn signed_as(label: &str, body: &impl Serialize, signer: &dyn Sign) -> Vec<u8> {
    let body = cbor(body);
    cbor(&Entry { device: signer.sign(&labelled(label, &body)), body, vouched: None })
}

/// Takes what an earlier device vouched for: the whole entry, and what it says. Nothing when it is about another device.
#[must_use]
pub fn take_vouched(offered: &[u8], device: DeviceId, key: &dyn Sign) -> Option<(Enrol, Vec<u8>)> {
    let Offered { body, vouched } = read(offered).filter(|_| offered.len() <= LIMIT)?;
    let enrol: Enrol = read(&body)?;
    let own = enrol.device == device && enrol.key == key.public() && matches!(enrol.vouch, Vouch::Device(_));
    let entry = Entry { device: key.sign(&labelled(BY_DEVICE, &body)), body, vouched: Some(vouched) };
    own.then(|| (enrol, cbor(&entry)))
}
