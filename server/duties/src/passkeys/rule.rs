//! Which passkeys an organisation takes, and of whom: by whether they can be copied, and by the model of the authenticator.
//!
//! A model (AAGUID) counts only where the authenticator attests it with a certificate of its maker's (WebAuthn section 6.5): what it says
//! of itself alone can be made up. The rule is held to when a passkey is added and each time it is used, so a stricter one takes effect on
//! passkeys that are there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use uuid::Uuid;
use webauthn_attestation_ca::{AttestationCaList, AttestationCaListBuilder};
use webauthn_rs_core::proto::{AttestationMetadata, Credential};

use super::{
    error::PasskeysError,
    metadata::{InvalidMetadata, Level, Metadata},
};

/// Which passkeys are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRule {
    /// Whether those are taken that can be copied to other devices (backup-eligible).
    pub synced: bool,
    /// The models of authenticators that are taken, and the certificates of their makers; any model where there is nothing.
    pub models: Option<Models>,
    /// Which level FIDO has to have given to those that are taken, by its metadata; any or none where nothing is said.
    pub level: Option<Level>,
}

/// Models of authenticators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    /// Their AAGUIDs, as `cb69481e-8ff7-4039-93ec-0a2729a154a8`.
    pub names: Vec<String>,
    /// The root certificates that vouch for them, as PEM; those of the metadata where nothing is said.
    pub roots: String,
}

/// Models that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidModels {
    /// Not an AAGUID.
    #[error("`{0}` is not the AAGUID of a model, such as cb69481e-8ff7-4039-93ec-0a2729a154a8")]
    Name(String),
    /// Not certificates.
    #[error("the root certificates cannot be read: PEM is expected, one or more")]
    Roots,
    /// No models, or nobody who vouches for them.
    #[error(
        "models without root certificates cannot be told from what is made up, and the other way round: name both"
    )]
    Half,
    /// There is no metadata that says of which level models are.
    #[error("the levels of models are said by FIDO's metadata: name it")]
    NoMetadata,
    /// The metadata cannot be used.
    #[error("the metadata: {0}")]
    Metadata(#[from] InvalidMetadata),
}

/// A rule that is ready to be held to.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) synced: bool,
    pub(super) attested: Option<AttestationCaList>,
    /// What is known of models.
    metadata: Option<Arc<Metadata>>,
}

impl Rule {
    pub(super) fn new(rule: &PasskeyRule, metadata: Option<&Arc<Metadata>>) -> Result<Self, InvalidModels> {
        let attested = match (&rule.models, rule.level) {
            (None, None) => None,
            (_, Some(_)) if metadata.is_none() => return Err(InvalidModels::NoMetadata),
            (models, level) => Some(list(models.as_ref(), level, metadata.map(Arc::as_ref))?),
        };
        Ok(Self { synced: rule.synced, attested, metadata: metadata.cloned() })
    }

    /// Whether authenticators are asked of which model they are.
    pub(super) fn asks(&self) -> bool {
        self.attested.is_some() || self.metadata.is_some()
    }

    /// Whether a passkey is taken, by what is known of it.
    pub(super) fn check(&self, credential: &Credential) -> Result<(), PasskeysError> {
        if credential.backup_eligible && !self.synced {
            return Err(PasskeysError::NotAllowed(
                "your organisation takes only passkeys that stay in one authenticator",
            ));
        }
        let flagged = |metadata: &Metadata| {
            aaguid(credential).and_then(|model| metadata.models.get(&model)).is_some_and(|it| it.flagged)
        };
        if self.metadata.as_deref().is_some_and(flagged) {
            return Err(PasskeysError::NotAllowed(
                "this model of authenticator is not safe any more, says FIDO's metadata",
            ));
        }
        let Some(list) = &self.attested else { return Ok(()) };
        let unknown = PasskeysError::NotAllowed(
            "the authenticator is of no model that your organisation takes, or cannot show it",
        );
        let vouched = credential.verify_attestation(list).ok().flatten();
        let model = aaguid(credential);
        match (vouched, model) {
            (Some(root), Some(model)) if root.aaguids().contains_key(&model) => Ok(()),
            _ => Err(unknown),
        }
    }
}

/// The model of the authenticator, where it has attested one.
pub(super) fn aaguid(credential: &Credential) -> Option<Uuid> {
    match &credential.attestation.metadata {
        AttestationMetadata::Packed { aaguid } | AttestationMetadata::Tpm { aaguid, .. } => Some(*aaguid),
        _ => None,
    }
}

/// The models that are taken, each with the certificates that vouch for it: of those that are named, or of all that the metadata knows; by
/// certificates of one's own, or by the metadata's. Where a level is asked for, those of that level at least.
fn list(
    models: Option<&Models>,
    level: Option<Level>,
    metadata: Option<&Metadata>,
) -> Result<AttestationCaList, InvalidModels> {
    let own = models.map(|it| own_roots(it, metadata.is_some())).transpose()?.unwrap_or_default();
    let known = |model: &Uuid| metadata.and_then(|it| it.models.get(model));
    let named: BTreeSet<Uuid> = match models {
        Some(models) => {
            let read = |name: &String| Uuid::parse_str(name).map_err(|_| InvalidModels::Name(name.clone()));
            models.names.iter().map(read).collect::<Result<_, _>>()?
        }
        None => metadata.iter().flat_map(|it| it.models.keys().copied()).collect(),
    };
    let enough =
        |model: &Uuid| level.is_none_or(|least| known(model).is_some_and(|it| it.level >= Some(least)));
    let mut builder = AttestationCaListBuilder::new();
    for model in named.into_iter().filter(enough) {
        let name = model.to_string();
        for root in &own {
            let inserted = builder.insert_device_pem(root.as_bytes(), model, name.clone(), BTreeMap::new());
            inserted.map_err(|_| InvalidModels::Roots)?;
        }
        for root in known(&model).filter(|_| own.is_empty()).iter().flat_map(|it| &it.roots) {
            // A certificate that cannot be read vouches for nothing.
            if builder.insert_device_der(root, model, name.clone(), BTreeMap::new()).is_err() {
                tracing::warn!(%model, "a certificate in FIDO's metadata cannot be read");
            }
        }
    }
    Ok(builder.build())
}

/// The certificates that are named for models, each by itself: some, unless there is metadata that has them.
fn own_roots(models: &Models, known: bool) -> Result<Vec<&str>, InvalidModels> {
    const END: &str = "-----END CERTIFICATE-----";
    let blank = models.roots.trim().is_empty();
    if models.names.is_empty() || (blank && !known) {
        return Err(InvalidModels::Half);
    }
    let parts = models.roots.split_inclusive(END).filter(|part| part.contains(END));
    let roots: Vec<&str> = parts.map(str::trim).collect();
    if roots.is_empty() && !blank { Err(InvalidModels::Roots) } else { Ok(roots) }
}
