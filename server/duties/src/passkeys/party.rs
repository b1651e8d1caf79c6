//! The relying party of WebAuthn (Level 3): what the browser is asked for, and whether the answer holds.
//!
//! The library checks; here is only what this organisation asks for: user verification always, discoverable passkeys, one origin, and
//! its own rule about which passkeys it takes. That rule is held to when a passkey is added and each time it is used.

use std::{sync::Arc, time::Duration};

use chancery_trail::digest;
use chancery_wire::{
    api::CEREMONY_SECONDS,
    bytes::Opaque,
    ids::Digest,
    names::{Domain, Handle},
};
use data_encoding::BASE64URL_NOPAD;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;
use webauthn_rs_core::{
    WebauthnCore,
    proto::{
        AttestationConveyancePreference, AuthenticationState, COSEKeyType, Credential, PublicKeyCredential,
        RegisterPublicKeyCredential, RegistrationState, UserVerificationPolicy,
    },
};

use super::{
    PasskeySettings,
    error::PasskeysError,
    metadata::Metadata,
    model::Kept,
    rule::{InvalidModels, Rule, aaguid},
};

/// How long the browser waits for the person.
const PATIENCE: Duration = Duration::from_secs(CEREMONY_SECONDS.cast_unsigned());

/// The most bytes a credential id has (section 6.5.1).
const ID_LIMIT: usize = 1023;
/// The most bytes that are kept of what an authenticator and a browser say.
const DATA_LIMIT: usize = 1024;
const CLIENT_LIMIT: usize = 4096;

/// The relying party of one organisation at one origin.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    core: WebauthnCore,
    domain: Domain,
    rule: Rule,
    officers: Option<Rule>,
}

/// Whose passkeys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    /// The account.
    pub handle: &'a Handle,
    /// Whether it is an officer's.
    pub officer: bool,
    /// The passkeys it has.
    pub kept: &'a [Kept],
}

/// An assertion that holds.
#[derive(Debug)]
pub(crate) struct Assertion {
    /// The passkey, as it is from now on.
    pub by: Kept,
    pub authenticator_data: Vec<u8>,
    pub client_data: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Party {
    /// The relying party at the origin of the settings; nothing when there is none.
    pub(super) fn new(
        domain: &Domain,
        settings: &PasskeySettings,
        metadata: Option<&Arc<Metadata>>,
    ) -> Result<Option<Self>, InvalidModels> {
        let rule = Rule::new(&settings.rule, metadata)?;
        let officers = settings.officers.as_ref().map(|rule| Rule::new(rule, metadata)).transpose()?;
        let origin = settings.origin.as_deref().and_then(|origin| Url::parse(origin).ok());
        let Some(origin) = origin else { return Ok(None) };
        let Some(id) = origin.domain().map(str::to_owned) else { return Ok(None) };
        let name = domain.as_str();
        let core = WebauthnCore::new_unsafe_experts_only(name, &id, vec![origin], PATIENCE, None, None);
        Ok(Some(Self { core, domain: domain.clone(), rule, officers }))
    }

    /// The page on which ceremonies are held.
    pub(super) fn page(&self, secret: &[u8]) -> String {
        let origin = self.core.get_allowed_origins().iter().map(|it| it.origin().ascii_serialization());
        format!("{}/passkey#{}", origin.collect::<String>(), BASE64URL_NOPAD.encode(secret))
    }

    /// What the browser is asked for to make a passkey.
    pub(super) fn ask_for_new(&self, owner: Owner<'_>, challenge: Digest) -> Result<Value, PasskeysError> {
        let (mut options, _) = self.new_passkey(owner)?;
        challenged(&mut options, challenge);
        Ok(options)
    }

    /// Checks a new passkey.
    pub(super) fn check_new(
        &self,
        owner: Owner<'_>,
        challenge: Digest,
        answer: &Value,
    ) -> Result<Credential, PasskeysError> {
        let (_, state) = self.new_passkey(owner)?;
        let state: RegistrationState = with_challenge(&state, challenge)?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        is_own_page(&answer.response.client_data_json)?;
        let credential = self.core.register_credential(&answer, &state, None)?;
        if credential.cred_id.len() > ID_LIMIT {
            return Err(PasskeysError::Wrong("the authenticator calls the passkey by more than 1,023 bytes"));
        }
        self.rule(owner.officer).check(&credential)?;
        Ok(credential)
    }

    fn new_passkey(&self, owner: Owner<'_>) -> Result<(Value, RegistrationState), PasskeysError> {
        let name = owner.handle.as_str();
        let exclude = owner.kept.iter().map(|it| it.credential.cred_id.clone()).collect();
        let attestation = if self.rule(owner.officer).asks() {
            AttestationConveyancePreference::Direct
        } else {
            AttestationConveyancePreference::None
        };
        let builder = self
            .core
            .new_challenge_register_builder(&self.user(owner.handle), name, name)?
            .user_verification_policy(UserVerificationPolicy::Required)
            .require_resident_key(true)
            .attestation(attestation)
            .exclude_credentials(Some(exclude));
        let (options, state) = self.core.generate_challenge_register(builder)?;
        Ok((written(&options.public_key)?, state))
    }

    /// What the browser is asked for to use one of the owner's passkeys.
    pub(super) fn ask_for(&self, owner: Owner<'_>, challenge: Digest) -> Result<Value, PasskeysError> {
        let (mut options, _) = self.old_passkey(owner)?;
        challenged(&mut options, challenge);
        Ok(options)
    }

    /// Checks that one of the owner's passkeys was used, by the person.
    pub(super) fn check(
        &self,
        owner: Owner<'_>,
        challenge: Digest,
        answer: &Value,
    ) -> Result<Assertion, PasskeysError> {
        let (_, state) = self.old_passkey(owner)?;
        let state: AuthenticationState = with_challenge(&state, challenge)?;
        let answer: PublicKeyCredential = read(answer)?;
        let user = answer.response.user_handle.as_deref().filter(|user| !user.is_empty());
        if user.is_some_and(|user| user != self.user(owner.handle)) {
            return Err(PasskeysError::Wrong("this is no passkey of the account"));
        }
        if answer.response.authenticator_data.len() > DATA_LIMIT {
            return Err(PasskeysError::Wrong("the authenticator says more than it may"));
        }
        is_own_page(&answer.response.client_data_json)?;
        let result = self.core.authenticate_credential(&answer, &state)?;
        let by = owner.kept.iter().find(|it| it.credential.cred_id == *result.cred_id());
        let mut by = by.cloned().ok_or(PasskeysError::Wrong("this is no passkey of the account"))?;
        by.credential.counter = result.counter();
        by.credential.backup_state = result.backup_state();
        self.rule(owner.officer).check(&by.credential)?;
        let response = answer.response;
        Ok(Assertion {
            by,
            authenticator_data: response.authenticator_data,
            client_data: response.client_data_json,
            signature: response.signature,
        })
    }

    fn old_passkey(&self, owner: Owner<'_>) -> Result<(Value, AuthenticationState), PasskeysError> {
        let credentials = owner.kept.iter().map(|it| it.credential.clone()).collect();
        let builder = self
            .core
            .new_challenge_authenticate_builder(credentials, Some(UserVerificationPolicy::Required))?;
        let (options, state) = self.core.generate_challenge_authenticate(builder)?;
        Ok((written(&options.public_key)?, state))
    }

    /// Whether a passkey of an officer's, or of somebody else's, would still be taken.
    pub(super) fn takes(&self, officer: bool, kept: &Kept) -> bool {
        self.rule(officer).check(&kept.credential).is_ok()
    }

    /// The rule for an officer's account, or for another one, as it is today.
    fn rule(&self, officer: bool) -> &Rule {
        self.officers.as_ref().filter(|_| officer).unwrap_or(&self.rule)
    }

    /// How authenticators know the account: always the same, and not its name.
    fn user(&self, handle: &Handle) -> [u8; 32] {
        digest(format!("chancery passkey user 1\0{}\0{handle}", self.domain).as_bytes()).0
    }
}

/// The page was not in a frame of another one. The library looks at that only when a passkey is made.
fn is_own_page(client_data: &[u8]) -> Result<(), PasskeysError> {
    if client_data.len() > CLIENT_LIMIT {
        return Err(PasskeysError::Wrong("the browser says more of itself than it may"));
    }
    let said: Option<Value> = serde_json::from_slice(client_data).ok();
    let said = said.ok_or(PasskeysError::Wrong("what the browser says of itself cannot be read"))?;
    let framed = said.get("crossOrigin").is_some_and(|it| it != false) || said.get("topOrigin").is_some();
    if framed {
        return Err(PasskeysError::Wrong("the passkey was used in a frame of another page"));
    }
    Ok(())
}

/// The model of the authenticator (AAGUID), where it has attested one.
pub(super) fn model(credential: &Credential) -> Option<String> {
    aaguid(credential).map(|model| model.to_string())
}

/// The public key of a passkey: the point uncompressed (SEC 1) for ECDSA, modulus and exponent one after the other for RSA.
pub(super) fn key(credential: &Credential) -> Result<Opaque, PasskeysError> {
    Ok(Opaque(match &credential.cred.key {
        COSEKeyType::EC_EC2(key) => [&[4][..], key.x.as_slice(), key.y.as_slice()].concat(),
        COSEKeyType::RSA(key) => [key.n.as_slice(), key.e.as_slice()].concat(),
        COSEKeyType::EC_OKP(_) => return Err(PasskeysError::Wrong("this kind of key was not asked for")),
    }))
}

/// The form in which the authenticator has attested itself, such as `packed` or `none`.
pub(super) fn attestation(credential: &Credential) -> String {
    let form = serde_json::to_value(&credential.attestation_format).ok();
    form.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}

// The library draws challenges by itself. Ours says what is approved, so it takes that one's place, in what the browser is asked for and in
// what the answer is checked against.

fn challenged(options: &mut Value, challenge: Digest) {
    if let Some(place) = options.get_mut("challenge") {
        *place = BASE64URL_NOPAD.encode(&challenge.0).into();
    }
}

fn with_challenge<T: Serialize + DeserializeOwned>(state: &T, challenge: Digest) -> Result<T, PasskeysError> {
    let mut state = written(state)?;
    challenged(&mut state, challenge);
    read(&state)
}

fn written(it: &impl Serialize) -> Result<Value, PasskeysError> {
    serde_json::to_value(it).map_err(|_| PasskeysError::Wrong("the ceremony cannot be written"))
}

fn read<T: DeserializeOwned>(it: &Value) -> Result<T, PasskeysError> {
    T::deserialize(it).map_err(|_| PasskeysError::Wrong("this is not what an authenticator answers"))
}
