//! Identity providers: an officer signs that one counts, and a new device has one vouch for its account.
//!
//! What the server says about providers is checked here, down to the root: it can leave some out, and put none of its own in.

use chancery_transparency::{self as transparency, InvalidChain, Provider, Root, Sign as _, nonce};
use chancery_vault::{Identity, SigningSeed};
use chancery_wire::{api, ids::DeviceId, names::Domain, time::Instant};
use ed25519_dalek::SigningKey;
use sha2::{Digest as _, Sha256};

use crate::{
    engine::Engine,
    enrol::{Enrolment, checked, find},
    entropy::draw,
    error::EngineError,
};

/// A provider that an officer has signed for, and the statement to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// What it says.
    pub provider: Provider,
    /// The statement, as signed.
    statement: Vec<u8>,
}

/// A new device that has a provider vouch for it.
#[derive(Debug)]
pub struct Newcomer {
    root: Root,
    device: DeviceId,
    seed: SigningSeed,
    /// What the provider is to sign with the person's name.
    pub nonce: String,
}

/// What an officer says about a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProvider {
    /// Who it is: an https address.
    pub issuer: String,
    /// As whom the organisation's programs ask it.
    pub client: String,
    /// Which claim has the account's name in it.
    pub claim: String,
    /// What follows the account's name there; often nothing.
    pub suffix: String,
    /// The keys it signs with, as its key set (RFC 7517).
    pub keys: String,
    /// One of these it has to say about how the person signed in; nothing where any will do.
    pub acr: Vec<String>,
    /// Whether it may vouch for new accounts.
    pub vouches: bool,
}

impl Engine {
    /// Signs, as an officer, that a provider counts.
    pub fn trust_provider(&self, new: &NewProvider, now: Instant) -> Result<Vec<u8>, EngineError> {
        self.look(|step, _| {
            let me = step.identity()?.ok_or(EngineError::NotEnrolled)?;
            let officer = step.trusted(&me.handle)?.iter().any(|it| it.device == me.device && it.officer);
            if !officer {
                return Err(EngineError::NoOfficer);
            }
            let NewProvider { issuer, client, claim, suffix, keys, acr, vouches } = new.clone();
            let (domain, by, device) = (me.domain, me.handle, me.device);
            let keys = Provider::usable_keys(&keys);
            let provider =
                Provider { domain, issuer, client, claim, suffix, keys, acr, vouches, by, device, at: now };
            Ok(provider.sign(&SigningKey::from_bytes(&me.signing.0))?)
        })
    }

    /// The providers that the organisation with this root trusts, of those that its server shows.
    pub fn providers(
        domain: &Domain,
        root: Root,
        shown: &api::Providers,
    ) -> Result<Vec<Signed>, EngineError> {
        let chains = checked(&shown.chains, domain, root)?;
        let mut signed = Vec::new();
        for it in &shown.providers {
            let statement = it.statement.0.clone();
            let said = Provider::peek(&statement).ok_or(InvalidChain::Malformed)?;
            let chain = find(&chains, &said.by).ok_or_else(|| InvalidChain::Missing(said.by.clone()))?;
            let officer = chain.devices.iter().find(|it| it.id == said.device && it.officer && it.speaks());
            let officer = officer.ok_or(InvalidChain::NoRightToVouch)?;
            let provider = Provider::checked(&statement, &officer.key).ok_or(InvalidChain::Signature)?;
            if provider.domain != *domain {
                return Err(InvalidChain::SomebodyElse.into());
            }
            signed.push(Signed { provider, statement });
        }
        Ok(signed)
    }

    /// A new device for which a provider is to vouch: what the provider signs commits to its key.
    pub fn newcomer(&mut self, domain: &Domain, root: Root) -> Result<Newcomer, EngineError> {
        if let Some(kept) = self.identity()?.filter(|kept| kept.enrolled) {
            return Err(EngineError::Enrolled(kept.handle));
        }
        let (_, entropy) = self.parts();
        let (device, seed) = (DeviceId(draw(entropy)), SigningSeed(draw(entropy)));
        let nonce = nonce(domain, device, &SigningKey::from_bytes(&seed.0).public());
        Ok(Newcomer { root, device, seed, nonce })
    }

    /// Opens the account that the provider names for a new device; its entry is to be sent then.
    pub fn join_by_provider(
        &mut self,
        server: &str,
        newcomer: &Newcomer,
        (signed, token): (&Signed, &str),
        chains: &[api::Chain],
        now: Instant,
    ) -> Result<Identity, EngineError> {
        let Signed { provider, statement } = signed;
        let (device, key, root) = (newcomer.device, SigningKey::from_bytes(&newcomer.seed.0), newcomer.root);
        // Whether it is too old is for the server, whose clock it goes by.
        let claims = provider.read(token, (device, &key.public()))?;
        let (domain, handle) = (provider.domain.clone(), claims.handle);
        let about = (domain.clone(), handle.clone());
        let entry = transparency::join_by_provider((statement, token), about, device, now, &key);
        let mut chains = checked(chains, &domain, root)?;
        // The same check everybody else will make: a provider that may not vouch is noticed here.
        let own = transparency::verify(std::slice::from_ref(&entry), &handle, &domain, root, |by| {
            find(&chains, by)
        })?;
        chains.push(own);
        let enrolment = Enrolment {
            server: server.to_owned(),
            domain,
            handle,
            root: root.0,
            entry,
            chains,
            archive: None,
        };
        self.enrol_as(&opened_by(root), (device, newcomer.seed.clone()), |_, _| Ok(enrolment))
    }

    /// What was made before for an organisation's provider and the server has not confirmed, if anything was.
    pub fn joined_before(&self, root: Root) -> Result<Option<Identity>, EngineError> {
        Ok(self.identity()?.filter(|kept| kept.opener == opened_by(root)))
    }

    /// What a provider is to sign so that it says whose this device is.
    pub fn nonce(&self) -> Result<String, EngineError> {
        let me = self.identity()?.ok_or(EngineError::NotEnrolled)?;
        Ok(nonce(&me.domain, me.device, &SigningKey::from_bytes(&me.signing.0).public()))
    }
}

/// What says that an identity was made for an organisation's provider.
fn opened_by(root: Root) -> Vec<u8> {
    Sha256::digest([&b"provider"[..], &root.0.0].concat()).to_vec()
}
