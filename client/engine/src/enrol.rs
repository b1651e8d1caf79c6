//! Enrolling: the device makes its key, and the entry by which it belongs to an account.
//!
//! The entry is kept before it is sent: interrupted at any point, the same call sends the same entry again.

use chancery_transparency::{
    self as transparency, Enrol, InvalidChain, Invitation, Root, Secret, Trusted, Vouch,
};
use chancery_vault::{Identity, SigningSeed};
use chancery_wire::{
    api::{self, Chain},
    ids::{DeviceId, Digest, InvitationId},
    names::{Domain, Handle},
    time::Instant,
};
use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha256};

use crate::{engine::Engine, entropy::draw, error::EngineError, trust};

impl Engine {
    /// Prepares the founding of an organisation with a first account; `code` is the server's one-time code.
    pub fn found(
        &mut self,
        server: &str,
        domain: &Domain,
        handle: &Handle,
        code: &[u8],
        now: Instant,
    ) -> Result<Identity, EngineError> {
        self.enrol(code, |device, key| {
            let entry = transparency::found(domain.clone(), handle.clone(), device, now, key);
            let root = Digest(Sha256::digest(&entry).into());
            Ok(Enrolment {
                server: server.to_owned(),
                domain: domain.clone(),
                handle: handle.clone(),
                root,
                entry,
                chains: vec![],
                archive: None,
            })
        })
    }

    /// Prepares to join by invitation: checks that it leads back to the root the link names, and makes the entry.
    pub fn join(
        &mut self,
        server: &str,
        (id, secret, root): (InvitationId, &Secret, Root),
        offered: &api::Invitation,
        now: Instant,
    ) -> Result<Identity, EngineError> {
        let signed = &offered.invitation.0;
        let invitation = Invitation::peek(signed).ok_or(InvalidChain::Malformed)?;
        if invitation.id != id {
            return Err(EngineError::OtherInvitation);
        }
        let chains = checked(&offered.chains, &invitation.domain, root)?;
        self.enrol(id.as_bytes(), |device, key| {
            let entry =
                transparency::join(signed, secret, device, now, key).ok_or(InvalidChain::Malformed)?;
            let (domain, handle) = (invitation.domain.clone(), invitation.handle.clone());
            // The same check everybody else will make: a link that does not fit is noticed here.
            let own = transparency::verify(std::slice::from_ref(&entry), &handle, &domain, root, |by| {
                find(&chains, by)
            })?;
            let mut chains = chains.clone();
            chains.push(own);
            let (server, root) = (server.to_owned(), root.0);
            Ok(Enrolment { server, domain, handle, root, entry, chains, archive: None })
        })
    }

    /// The server has confirmed the enrolment.
    pub fn enrolled(&mut self) -> Result<(), EngineError> {
        let (vault, _) = self.parts();
        vault.step(|step| {
            let identity = step.identity()?.ok_or(EngineError::NotEnrolled)?;
            // The founder's own chain rests on nobody's. A linked device's is asked for at its first connection.
            let founding = matches!(Enrol::peek(&identity.entry)?.0.vouch, Vouch::Founding);
            if founding && step.trusted(&identity.handle)?.is_empty() {
                let (entry, root) = ([identity.entry.clone()], Root(identity.root));
                let own = transparency::verify(&entry, &identity.handle, &identity.domain, root, |_| None)?;
                trust::keep(step, &own)?;
            }
            Ok(step.enrolled()?)
        })
    }

    /// The token of the session at an address of the server's, if it still holds.
    pub fn session(&self, server: &str, now: Instant) -> Result<Option<Vec<u8>>, EngineError> {
        self.look(|step, _| Ok(step.session(server, now)?))
    }

    /// The address at which the organisation is looked after, and the token of the session there, if there is one that still holds.
    pub fn administration(&self, now: Instant) -> Result<Option<(String, Vec<u8>)>, EngineError> {
        self.look(|step, _| Ok(step.administration(now)?))
    }

    /// Keeps a session at an address of the server's until it ends.
    pub fn keep_session(
        &mut self,
        server: &str,
        (token, until): (&[u8], Instant),
        now: Instant,
    ) -> Result<(), EngineError> {
        self.turn(now, |turn| Ok(turn.step.keep_session(server, token, until)?))
    }

    pub(crate) fn enrol(
        &mut self,
        opener: &[u8],
        make: impl FnOnce(DeviceId, &SigningKey) -> Result<Enrolment, EngineError>,
    ) -> Result<Identity, EngineError> {
        let (_, entropy) = self.parts();
        let fresh = (DeviceId(draw(entropy)), SigningSeed(draw(entropy)));
        self.enrol_as(opener, fresh, make)
    }

    /// Enrols as a device whose key was made before.
    pub(crate) fn enrol_as(
        &mut self,
        opener: &[u8],
        (device, seed): (DeviceId, SigningSeed),
        make: impl FnOnce(DeviceId, &SigningKey) -> Result<Enrolment, EngineError>,
    ) -> Result<Identity, EngineError> {
        let (vault, _) = self.parts();
        vault.step(|step| {
            match step.identity()? {
                Some(kept) if kept.opener == opener => return Ok(kept),
                Some(kept) if kept.enrolled => return Err(EngineError::Enrolled(kept.handle)),
                _ => {}
            }
            let it = make(device, &SigningKey::from_bytes(&seed.0))?;
            let identity = Identity {
                server: it.server,
                domain: it.domain,
                root: it.root,
                handle: it.handle,
                device,
                signing: seed,
                entry: it.entry,
                opener: opener.to_vec(),
                enrolled: false,
            };
            step.keep_identity(&identity)?;
            for chain in &it.chains {
                trust::keep(step, chain)?;
            }
            if let Some(secret) = it.archive {
                step.seek_archive(&secret)?;
            }
            Ok(identity)
        })
    }
}

/// What an enrolment says, beyond the device and its key.
pub(crate) struct Enrolment {
    pub(crate) server: String,
    pub(crate) domain: Domain,
    pub(crate) handle: Handle,
    pub(crate) root: Digest,
    pub(crate) entry: Vec<u8>,
    pub(crate) chains: Vec<Trusted>,
    /// What opens the account's archive, where it comes back by its recovery key.
    pub(crate) archive: Option<[u8; 16]>,
}

/// Checks chains that come with what opens an account. Those that rest on each other are checked in turns.
pub(crate) fn checked(chains: &[Chain], domain: &Domain, root: Root) -> Result<Vec<Trusted>, InvalidChain> {
    let mut done: Vec<Trusted> = Vec::new();
    loop {
        let (mut grown, mut waits) = (false, None);
        for chain in chains {
            let entries: Vec<Vec<u8>> = chain.entries.iter().map(|entry| entry.0.clone()).collect();
            let found =
                transparency::verify_as_far(&entries, &chain.handle, domain, root, |by| find(&done, by));
            let (found, missing) = match found {
                Ok(found) => found,
                Err(InvalidChain::Missing(whose)) => {
                    waits = Some(whose);
                    continue;
                }
                Err(why) => return Err(why),
            };
            waits = waits.or(missing);
            match done.iter_mut().find(|it| is_of(it, &chain.handle)) {
                Some(known) if known.heads.len() >= found.heads.len() => {}
                Some(known) => (*known, grown) = (found, true),
                None => {
                    done.push(found);
                    grown = true;
                }
            }
        }
        match waits {
            None => return Ok(done),
            Some(whose) if !grown => return Err(InvalidChain::Missing(whose)),
            Some(_) => {}
        }
    }
}

fn is_of(chain: &Trusted, handle: &Handle) -> bool {
    chain.devices.iter().any(|device| device.handle == *handle)
}

pub(crate) fn find(chains: &[Trusted], handle: &Handle) -> Option<Trusted> {
    chains.iter().find(|chain| is_of(chain, handle)).cloned()
}
