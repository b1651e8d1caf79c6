//! Which passkeys an organisation takes, and of whom: by whether they can be copied, and by the model of the authenticator.
//!
//! A model (AAGUID) counts only where the authenticator attests it with a certificate of its maker's (WebAuthn section 6.5): what it says
//! of itself alone can be made up. The rule is held to when a passkey is added and each time it is used, so a stricter one takes effect on
//! passkeys that are there.

use std::collections::BTreeMap;

use uuid::Uuid;
use webauthn_attestation_ca::{AttestationCaList, AttestationCaListBuilder};
use webauthn_rs_core::proto::{AttestationMetadata, Credential};

use super::error::PasskeysError;

/// Which passkeys are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRule {
    /// Whether those are taken that can be copied to other devices (backup-eligible).
    pub synced: bool,
    /// The models of authenticators that are taken, and the certificates of their makers; any model where there is nothing.
    pub models: Option<Models>,
}

/// Models of authenticators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    /// Their AAGUIDs, as `cb69481e-8ff7-4039-93ec-0a2729a154a8`.
    pub names: Vec<String>,
    /// The root certificates that vouch for them, as PEM.
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
}

/// A rule that is ready to be held to.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) synced: bool,
    pub(super) attested: Option<AttestationCaList>,
}

impl Rule {
    pub(super) fn new(rule: &PasskeyRule) -> Result<Self, InvalidModels> {
        Ok(Self { synced: rule.synced, attested: rule.models.as_ref().map(list).transpose()? })
    }

    /// Whether a passkey is taken, by what is known of it.
    pub(super) fn check(&self, credential: &Credential) -> Result<(), PasskeysError> {
        if credential.backup_eligible && !self.synced {
            return Err(PasskeysError::NotAllowed(
                "your organisation takes only passkeys that stay in one authenticator",
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

fn list(models: &Models) -> Result<AttestationCaList, InvalidModels> {
    const END: &str = "-----END CERTIFICATE-----";
    let mut builder = AttestationCaListBuilder::new();
    let roots: Vec<&str> = models.roots.split_inclusive(END).filter(|part| part.contains(END)).collect();
    if roots.is_empty() || models.names.is_empty() {
        return Err(if models.roots.trim().is_empty() || models.names.is_empty() {
            InvalidModels::Half
        } else {
            InvalidModels::Roots
        });
    }
    for name in &models.names {
        let model = Uuid::parse_str(name).map_err(|_| InvalidModels::Name(name.clone()))?;
        for root in &roots {
            builder
                .insert_device_pem(root.trim().as_bytes(), model, name.clone(), BTreeMap::new())
                .map_err(|_| InvalidModels::Roots)?;
        }
    }
    Ok(builder.build())
}
