//! Coming back after all devices are lost: by the key that was put away, or vouched for by two officers. Either way it is a new
//! device; no key and no state of an old one comes back.

use chancery_transparency::{
    Approval, Enrol, Grant, InvalidChain, Root, Secret, Sign, ask, recover, recovery_key, set_recovery_key,
};
use chancery_vault::{Identity, VaultError};
use chancery_wire::{
    api::{self, Chains},
    bytes::Opaque,
    ids::LinkingId,
    names::{Domain, Handle},
    time::Instant,
};
use ed25519_dalek::SigningKey;
use serde_bytes::ByteBuf;
use sha2::{Digest as _, Sha256};

use crate::{
    archive::archive_keys,
    engine::Engine,
    enrol::{Enrolment, checked, find},
    error::EngineError,
    link::{Link, Opener},
    linking::{Asking, Linking},
    trust::trusted,
};

/// What an identity is opened by while officers vouch for it. Stored.
const VOUCHED: &[u8] = b"vouched";

impl Engine {
    /// The entry that puts a new recovery key into the account's chain, and the link its owner puts away; or the entry that takes the
    /// key out of it.
    pub fn make_recovery_key(
        &mut self,
        keep: bool,
        now: Instant,
    ) -> Result<(Vec<u8>, Option<Link>), EngineError> {
        self.turn(now, |turn| {
            let secret = Secret(turn.draw());
            let me = &turn.me.identity;
            let chain = trusted(turn.step, &me.handle)?.ok_or(EngineError::NotEnrolled)?;
            let whose = (&me.domain, &me.handle, &secret);
            let recovery = recovery_key(&me.domain, &me.handle, &secret);
            let archive = keep.then(|| archive_keys(turn.crypto(), whose)).transpose()?;
            let keys = archive.map(|pair| (&recovery as &dyn Sign, pair.public));
            let entry =
                set_recovery_key(&chain, (me.device, turn.me), keys, now).ok_or(EngineError::Revoked)?;
            let opener = Opener::Recover(me.handle.clone(), secret, Root(me.root));
            let link = keep.then(|| Link { server: me.server.clone(), opener });
            Ok((entry, link))
        })
    }

    /// Whether a link is the one that brings this account back, or none does where there is none, as far as its chain is known.
    pub fn is_recovery_key(&self, link: Option<&Link>) -> Result<bool, EngineError> {
        self.look(|step, _| {
            let identity = step.identity()?.ok_or(EngineError::NotEnrolled)?;
            let known = step.trusted(&identity.handle)?.first().and_then(|device| device.recovery_key);
            let made = match link.map(|link| &link.opener) {
                Some(Opener::Recover(handle, secret, _)) => {
                    Some(recovery_key(&identity.domain, handle, secret).public().0)
                }
                _ => None,
            };
            Ok(known == made)
        })
    }

    /// What proves to the server that this person has an account's recovery key.
    #[must_use]
    pub fn ask_recovery(
        domain: &Domain,
        (handle, secret): (&Handle, &Secret),
        now: Instant,
    ) -> api::AskRecovery {
        let proof = ask(domain, handle, now, &recovery_key(domain, handle, secret));
        api::AskRecovery { handle: handle.clone(), at: now, proof: Opaque(proof.to_vec()) }
    }

    /// Makes this device the one as which an account comes back, by its recovery key. Broken off, it goes on with what it made.
    pub fn recover(
        &mut self,
        (server, domain): (&str, &Domain),
        (handle, secret, root): (&Handle, &Secret, Root),
        chains: &Chains,
        now: Instant,
    ) -> Result<Identity, EngineError> {
        let chains = checked(&chains.chains, domain, root)?;
        let chain = find(&chains, handle).ok_or_else(|| InvalidChain::Missing(handle.clone()))?;
        self.enrol(&opened_by(secret), |device, key| {
            let recovery = recovery_key(domain, handle, secret);
            let about = (domain.clone(), handle.clone(), chain.head);
            let entry = recover(about, (device, key), (&[], Some(&recovery)), now);
            let (domain, handle) = (domain.clone(), handle.clone());
            Ok(Enrolment {
                server: server.to_owned(),
                domain,
                handle,
                root: root.0,
                entry,
                chains: chains.clone(),
                // What was kept for this key is taken in as the rooms come.
                archive: Some(secret.0),
            })
        })
    }

    /// Begins to vouch, as an officer, for the new device of somebody who has lost all others.
    pub fn begin_vouching(&mut self, handle: &Handle, now: Instant) -> Result<Linking, EngineError> {
        self.turn(now, |turn| {
            let me = &turn.me.identity;
            if *handle == me.handle {
                return Err(EngineError::ForOneself);
            }
            if turn.step.trusted(handle)?.is_empty() {
                return Err(EngineError::NoAccount(handle.clone()));
            }
            let officer =
                turn.step.trusted(&me.handle)?.iter().any(|it| it.device == me.device && it.officer);
            if !officer {
                return Err(EngineError::NoOfficer);
            }
            Ok(turn.meeting(handle.clone(), Opener::Vouch))
        })
    }

    /// Vouches for the new device: the fourth part. Only once the officer has heard the words from the person.
    pub fn approve(&mut self, linking: &Linking, now: Instant) -> Result<Vec<u8>, EngineError> {
        let (offer, handle) = linking.offered_for().ok_or(EngineError::Linking)?;
        self.turn(now, |turn| {
            let chain = trusted(turn.step, handle)?.ok_or(EngineError::Linking)?;
            let me = &turn.me.identity;
            let approval = Approval {
                domain: me.domain.clone(),
                handle: handle.clone(),
                device: offer.device,
                key: offer.key,
                previous: chain.head,
                by: me.handle.clone(),
                officer: me.device,
                at: now,
            };
            Ok(linking.meeting.write(4, &Grant { vouched: approval.sign(turn.me) }))
        })
    }

    /// On the new device: meets an officer. With the second one it is the same device.
    pub fn ask_to_be_vouched_for(
        &mut self,
        (id, secret, root): (LinkingId, &Secret, Root),
    ) -> Result<Asking, EngineError> {
        let kept = self.identity()?;
        let known = match kept {
            Some(kept) if kept.opener == VOUCHED && !kept.enrolled => Some((kept.device, kept.signing)),
            Some(kept) if kept.enrolled => return Err(EngineError::Enrolled(kept.handle)),
            _ => None,
        };
        Ok(self.asking((id, secret, root), known))
    }

    /// On the new device: takes an officer's approval. Answers with the identity once there are two; its entry is to be sent then.
    pub fn vouched_for(
        &mut self,
        asking: &Asking,
        server: &str,
        part: &[u8],
        now: Instant,
    ) -> Result<Option<Identity>, EngineError> {
        let grant = asking.grant(part)?;
        let new = Approval::peek(&grant.vouched).ok_or(EngineError::Linking)?;
        let answer = asking.answer.as_ref().ok_or(EngineError::Linking)?;
        let same =
            new.handle == answer.handle && new.domain == answer.domain && new.device == asking.offer.device;
        if !same || new.key != asking.offer.key {
            return Err(EngineError::Linking);
        }
        let kept = self.identity()?.filter(|kept| kept.opener == VOUCHED && kept.handle == new.handle);
        let mut approvals = kept.map_or_else(|| Ok(vec![]), |kept| read(&kept.entry))?;
        // An earlier one of the same officer, or one about a chain that has grown since, has no use any more.
        approvals
            .retain(|it| Approval::peek(it).is_some_and(|it| it.by != new.by && it.previous == new.previous));
        approvals.push(ByteBuf::from(grant.vouched));
        let mut identity = Identity {
            server: server.to_owned(),
            domain: new.domain.clone(),
            root: asking.root.0,
            handle: new.handle.clone(),
            device: new.device,
            signing: asking.seed.clone(),
            entry: write(&approvals),
            opener: VOUCHED.to_vec(),
            enrolled: false,
        };
        let done = approvals.len() == 2;
        if done {
            let key = SigningKey::from_bytes(&asking.seed.0);
            let approvals: Vec<Vec<u8>> = approvals.into_iter().map(ByteBuf::into_vec).collect();
            let about = (new.domain, new.handle, new.previous);
            identity.entry = recover(about, (new.device, &key), (&approvals, None), now);
            // Sent again after a break, it is the same entry.
            identity.opener = Sha256::digest(&identity.entry).to_vec();
        }
        let (vault, _) = self.parts();
        vault.step(|step| Ok::<_, EngineError>(step.keep_identity(&identity)?))?;
        Ok(done.then_some(identity))
    }

    /// On the new device: what was made before by the same recovery link, or with two approvals (`secret` is nothing then), if anything
    /// was. Its `enrolled` says whether the server has confirmed it.
    pub fn recovered_before(&self, secret: Option<&Secret>) -> Result<Option<Identity>, EngineError> {
        let made = |kept: &Identity| match secret {
            Some(secret) => kept.opener == opened_by(secret),
            None => !kept.enrolled && kept.opener == Sha256::digest(&kept.entry).to_vec(),
        };
        Ok(self.identity()?.filter(made).filter(|kept| Enrol::peek(&kept.entry).is_ok()))
    }

    /// The server does not take what was made before: the account's chain has gone on, or a provider's word is too old. It is made anew.
    pub fn give_up(&mut self) -> Result<(), EngineError> {
        let (vault, _) = self.parts();
        vault.step(|step| Ok::<_, EngineError>(step.drop_unenrolled()?))
    }
}

/// What says that an identity was made by a recovery link: the link itself is kept nowhere.
fn opened_by(secret: &Secret) -> Vec<u8> {
    Sha256::digest([&b"recovered"[..], &secret.0].concat()).to_vec()
}

fn write(approvals: &[ByteBuf]) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing CBOR into memory cannot fail.
    let _ = ciborium::into_writer(&approvals, &mut out);
    out
}

fn read(bytes: &[u8]) -> Result<Vec<ByteBuf>, EngineError> {
    ciborium::from_reader(bytes).map_err(|_| VaultError::Damaged("identity").into())
}
