//! Authenticators for tests: one by others that is honest, and one of our own that does what it is told.

use std::sync::Arc;

use chancery_trail::digest;
use ciborium::Value as Cbor;
use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client, DefaultClientData},
    crypto::rust_crypto::RustCryptoBackend,
};
use passkey_types::{
    Passkey,
    ctap2::{Aaguid, Ctap2Error},
};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SigningKey as _,
};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// The extension of a maker's certificate that names the model (id-fido-gen-ce-aaguid).
const AAGUID: [u64; 10] = [1, 3, 6, 1, 4, 1, 45_724, 1, 1, 4];

/// A person who is there and shows it.
struct There;

#[async_trait::async_trait]
impl UserValidationMethod for There {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification: true })
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }
}

/// A browser with an authenticator of one passkey, as others have written them.
pub(crate) struct Honest {
    client: Client<Option<Passkey>, There, RustCryptoBackend, public_suffix::PublicSuffixList, ()>,
    origin: Url,
}

impl Honest {
    pub(crate) fn new(origin: &str) -> Self {
        let authenticator = Authenticator::new(Aaguid::new_empty(), None, There, RustCryptoBackend);
        let client = Client::new(authenticator).allows_insecure_localhost(true);
        Self { client, origin: Url::parse(origin).unwrap() }
    }

    /// Makes or uses its passkey, as the page asks.
    pub(crate) async fn answer(&mut self, makes: bool, options: &Value) -> Value {
        let options = json!({"publicKey": options});
        if makes {
            let options = serde_json::from_value(options).unwrap();
            let made = self.client.register(&self.origin, options, DefaultClientData).await.unwrap();
            return serde_json::to_value(made).unwrap();
        }
        let options = serde_json::from_value(options).unwrap();
        let used = self.client.authenticate(&self.origin, options, DefaultClientData).await.unwrap();
        serde_json::to_value(used).unwrap()
    }
}

/// An authenticator and browser that say what they are told to say.
#[derive(Clone)]
pub(crate) struct Forger {
    /// The key of its passkey.
    pub(crate) key: SigningKey,
    /// What its passkey is known by.
    pub(crate) id: [u8; 16],
    /// The page it says it is on.
    pub(crate) origin: String,
    /// Whom it signs for.
    pub(crate) party: String,
    /// Whether it says that the person was verified.
    pub(crate) verified: bool,
    /// Whether it says that the passkey can be copied.
    pub(crate) synced: bool,
    /// Whether it says that the page was in a frame of another one.
    pub(crate) framed: bool,
    /// How often it says it was used.
    pub(crate) counter: u32,
    /// Which ceremony it says it was, where it lies about that.
    pub(crate) kind: Option<&'static str>,
    /// What it says it was asked, where it lies about that.
    pub(crate) challenge: Option<String>,
    /// Which model it says it is.
    pub(crate) model: Uuid,
    /// Whose certificate it shows for that; it vouches for itself with its own key where it says `packed` and shows none.
    pub(crate) attests: Attests,
}

/// How an authenticator shows of which model it is.
#[derive(Clone)]
pub(crate) enum Attests {
    /// Not at all.
    Nothing,
    /// With the passkey itself.
    Itself,
    /// With a certificate of its maker's.
    By(Arc<Maker>),
}

/// Who makes authenticators of one model.
pub(crate) struct Maker {
    /// The certificate that vouches for all it makes.
    pub(crate) root: String,
    key: KeyPair,
    certificate: Vec<u8>,
}

impl Maker {
    pub(crate) fn of(model: Uuid) -> Arc<Self> {
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut root = CertificateParams::new(vec![]).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        root.distinguished_name.push(DnType::CommonName, format!("Root of the maker of {model}"));
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let mut leaf = CertificateParams::new(vec![]).unwrap();
        leaf.is_ca = IsCa::ExplicitNoCa;
        leaf.distinguished_name = DistinguishedName::new();
        for (kind, text) in [
            (DnType::CountryName, "SE"),
            (DnType::OrganizationName, "A maker"),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "A model"),
        ] {
            leaf.distinguished_name.push(kind, text);
        }
        let octets = [&[4, 16][..], model.as_bytes()].concat();
        leaf.custom_extensions.push(CustomExtension::from_oid_content(&AAGUID, octets));
        let issuer = Issuer::new(root, root_key);
        let certificate = leaf.signed_by(&key, &issuer).unwrap().der().to_vec();
        Arc::new(Self { root: root_pem, key, certificate })
    }
}

/// A service that says of models what is known of them, as FIDO's does.
pub(crate) struct Service {
    /// The certificate that vouches for it.
    pub(crate) root: String,
    key: KeyPair,
    certificate: Vec<u8>,
}

impl Service {
    pub(crate) fn new() -> Self {
        let (root_key, key) =
            (KeyPair::generate().unwrap(), KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap());
        let mut root = CertificateParams::new(vec![]).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        root.distinguished_name.push(DnType::CommonName, "Root of a metadata service");
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let leaf = CertificateParams::new(vec!["mds.bank.example".to_owned()]).unwrap();
        let certificate = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap().der().to_vec();
        Self { root: root_pem, key, certificate }
    }

    /// Edition `number`: each model with its maker and what is reported of it.
    pub(crate) fn says(&self, number: u64, models: &[(Uuid, &Maker, &[&str])]) -> String {
        let entry = |(model, maker, reports): &(Uuid, &Maker, &[&str])| {
            let root: String = maker.root.lines().filter(|line| !line.starts_with("-----")).collect();
            let reports: Vec<Value> = reports.iter().map(|it| json!({ "status": it })).collect();
            json!({"aaguid": model, "metadataStatement": {"attestationRootCertificates": [root]}, "statusReports": reports})
        };
        let entries: Vec<Value> = models.iter().map(entry).collect();
        self.signs(&json!({"no": number, "nextUpdate": "2099-01-01", "entries": entries}), "RS256")
    }

    pub(crate) fn signs(&self, payload: &Value, alg: &str) -> String {
        let header = json!({"alg": alg, "x5c": [data_encoding::BASE64.encode(&self.certificate)]});
        let part = |it: &Value| BASE64URL_NOPAD.encode(it.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(payload));
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

impl Forger {
    /// One that tells the truth so far.
    pub(crate) fn new(seed: u8, origin: &str) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            id: [seed; 16],
            origin: origin.to_owned(),
            party: "localhost".to_owned(),
            verified: true,
            synced: false,
            framed: false,
            counter: 1,
            kind: None,
            challenge: None,
            model: Uuid::nil(),
            attests: Attests::Nothing,
        }
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge =
            self.challenge.clone().unwrap_or_else(|| options["challenge"].as_str().unwrap().to_owned());
        let kind = self.kind.unwrap_or(kind);
        let data =
            json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.framed});
        serde_json::to_vec(&data).unwrap()
    }

    fn authenticator_data(&self, attested: &[u8]) -> Vec<u8> {
        let has = if attested.is_empty() { 0 } else { 0x40 };
        let flags = 0x01 | u8::from(self.verified) << 2 | u8::from(self.synced) << 3 | has;
        let party = digest(self.party.as_bytes()).0;
        [&party[..], &[flags], &self.counter.to_be_bytes(), attested].concat()
    }

    /// Makes its passkey.
    pub(crate) fn create(&self, options: &Value) -> Value {
        let point = self.key.verifying_key().to_encoded_point(false);
        let int = |number: i64| Cbor::Integer(number.into());
        let bytes = |it: &[u8]| Cbor::Bytes(it.to_vec());
        let key = Cbor::Map(vec![
            (int(1), int(2)),
            (int(3), int(-7)),
            (int(-1), int(1)),
            (int(-2), bytes(point.x().unwrap())),
            (int(-3), bytes(point.y().unwrap())),
        ]);
        let attested = [&self.model.as_bytes()[..], &[0, 16], &self.id, &cbor(&key)].concat();
        let text = |text: &str| Cbor::Text(text.to_owned());
        let (data, client) =
            (self.authenticator_data(&attested), self.client_data("webauthn.create", options));
        let signed = [&data[..], &digest(&client).0].concat();
        let statement = |signature: Vec<u8>, rest: Vec<(Cbor, Cbor)>| {
            let own = vec![(text("alg"), int(-7)), (text("sig"), Cbor::Bytes(signature))];
            Cbor::Map([own, rest].concat())
        };
        let (format, statement) = match &self.attests {
            Attests::Nothing => ("none", Cbor::Map(vec![])),
            Attests::Itself => {
                let signature: Signature = self.key.sign(&signed);
                ("packed", statement(signature.to_der().as_bytes().to_vec(), vec![]))
            }
            Attests::By(maker) => {
                let chain = Cbor::Array(vec![bytes(&maker.certificate)]);
                ("packed", statement(maker.key.sign(&signed).unwrap(), vec![(text("x5c"), chain)]))
            }
        };
        let object = Cbor::Map(vec![
            (text("fmt"), text(format)),
            (text("attStmt"), statement),
            (text("authData"), bytes(&data)),
        ]);
        json!({
            "id": base64(&self.id), "rawId": base64(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "attestationObject": base64(&cbor(&object)),
                "clientDataJSON": base64(&client),
                "transports": ["usb"],
            },
        })
    }

    /// Uses its passkey.
    pub(crate) fn get(&self, options: &Value) -> Value {
        let (data, client) = (self.authenticator_data(&[]), self.client_data("webauthn.get", options));
        let signature: Signature = self.key.sign(&[&data[..], &digest(&client).0].concat());
        json!({
            "id": base64(&self.id), "rawId": base64(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": base64(&data),
                "clientDataJSON": base64(&client),
                "signature": base64(signature.to_der().as_bytes()),
                "userHandle": null,
            },
        })
    }
}

fn cbor(it: &Cbor) -> Vec<u8> {
    let mut out = Vec::new();
    ciborium::into_writer(it, &mut out).unwrap();
    out
}

fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}
