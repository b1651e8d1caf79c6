//! A real room, made with the MLS library, as the seeds of everything that reads MLS bytes.

use chancery_groups::{POLICY_EXTENSION, suites};
use chancery_wire::{
    ids::{DeviceId, RoomId},
    names::LeafName,
    policy::RoomPolicy,
};
use ed25519_dalek::SigningKey;
use openmls::{
    credentials::{BasicCredential, CredentialWithKey},
    extensions::{Extension, ExtensionType, Extensions, RequiredCapabilitiesExtension, UnknownExtension},
    framing::MlsMessageOut,
    group::{
        GroupContext, GroupId, MlsGroup, MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, StagedWelcome,
    },
    prelude::{
        Capabilities, KeyPackage, KeyPackageBundle, LeafNodeParameters, Lifetime, MlsMessageBodyIn,
        MlsMessageIn, ProtocolVersion,
    },
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::{
    OpenMlsProvider as _,
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};
use tls_codec::{Deserialize as _, Serialize as _};

/// The room.
pub(crate) const ROOM: RoomId = RoomId([7; 16]);

/// What a server and the members send each other about one room.
#[derive(Clone, Debug, Default)]
pub(crate) struct Room {
    /// Bob's key package.
    pub(crate) key_package: Vec<u8>,
    /// The tree of epoch 0.
    pub(crate) tree: Vec<u8>,
    /// The `GroupInfo` of epoch 0.
    pub(crate) group_info: Vec<u8>,
    /// Commits with the `GroupInfo` they open: Bob comes in; Alice renews her leaf.
    pub(crate) commits: Vec<(Vec<u8>, Vec<u8>)>,
    /// Bob's wish to leave, made in the epoch after the first commit.
    pub(crate) leave: Vec<u8>,
    /// A sealed message of that epoch.
    pub(crate) message: Vec<u8>,
}

/// Somebody with a key.
struct Device {
    key: SigningKey,
    name: LeafName,
    provider: OpenMlsRustCrypto,
}

impl Signer for Device {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(ed25519_dalek::Signer::sign(&self.key, payload).to_bytes().to_vec())
    }
    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

impl Device {
    fn new(account: &str, number: u8) -> Option<Self> {
        let name = LeafName {
            domain: "bank.example".parse().ok()?,
            account: account.parse().ok()?,
            device: DeviceId([number; 16]),
        };
        let key = SigningKey::from_bytes(&[number; 32]);
        Some(Self { key, name, provider: OpenMlsRustCrypto::default() })
    }

    fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.name.to_string().into_bytes()).into(),
            signature_key: self.key.verifying_key().to_bytes().to_vec().into(),
        }
    }

    fn key_package(&self) -> Option<KeyPackageBundle> {
        let package = KeyPackage::builder().leaf_node_capabilities(capabilities());
        let package = package.key_package_lifetime(Lifetime::new(30 * 86_400));
        package.build(suites::preferred().code(), &self.provider, self, self.credential()).ok()
    }
}

fn capabilities() -> Capabilities {
    let policy = ExtensionType::Unknown(POLICY_EXTENSION);
    let suite = suites::preferred().code();
    Capabilities::new(Some(&[ProtocolVersion::Mls10]), Some(&[suite]), Some(&[policy]), None, None)
}

fn context(owner: &Device) -> Option<Extensions<GroupContext>> {
    let kind = ExtensionType::Unknown(POLICY_EXTENSION);
    let policy = RoomPolicy::founded_by(owner.name.account.clone()).encode();
    let required = RequiredCapabilitiesExtension::new(&[kind], &[], &[]);
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(required),
        Extension::Unknown(POLICY_EXTENSION, UnknownExtension(policy)),
    ])
    .ok()
}

fn bytes(message: &MlsMessageOut) -> Option<Vec<u8>> {
    message.tls_serialize_detached().ok()
}

/// Plays the room; `None` only when the MLS library does not do what it should.
pub(crate) fn play() -> Option<Room> {
    let (alice, bob) = (Device::new("alice", 1)?, Device::new("bob", 2)?);
    let mut room = Room::default();
    let mut hers = MlsGroup::builder()
        .with_group_id(GroupId::from_slice(ROOM.as_bytes()))
        .ciphersuite(suites::preferred().code())
        .with_capabilities(capabilities())
        .with_wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .with_group_context_extensions(context(&alice)?)
        .build(&alice.provider, &alice, alice.credential())
        .ok()?;
    room.tree = hers.export_ratchet_tree().tls_serialize_detached().ok()?;
    room.group_info = bytes(&hers.export_group_info(alice.provider.crypto(), &alice, false).ok()?)?;

    let package = bob.key_package()?;
    room.key_package = bytes(&MlsMessageOut::from(package.key_package().clone()))?;
    let added = hers.add_members(&alice.provider, &alice, std::slice::from_ref(package.key_package()));
    let (commit, welcome, _) = added.ok()?;
    hers.merge_pending_commit(&alice.provider).ok()?;
    room.commits.push((bytes(&commit)?, group_info(&hers, &alice)?));

    let mut his = join(&bob, &hers, &welcome)?;
    room.leave = bytes(&his.leave_group(&bob.provider, &bob).ok()?)?;
    room.message = bytes(&hers.create_message(&alice.provider, &alice, b"hello").ok()?)?;

    let renewed = hers.self_update(&alice.provider, &alice, LeafNodeParameters::default()).ok()?;
    hers.merge_pending_commit(&alice.provider).ok()?;
    room.commits.push((bytes(renewed.commit())?, group_info(&hers, &alice)?));
    Some(room)
}

fn group_info(group: &MlsGroup, by: &Device) -> Option<Vec<u8>> {
    bytes(&group.export_group_info(by.provider.crypto(), by, false).ok()?)
}

fn join(bob: &Device, hers: &MlsGroup, welcome: &MlsMessageOut) -> Option<MlsGroup> {
    let welcome = MlsMessageIn::tls_deserialize_exact(bytes(welcome)?).ok()?;
    let MlsMessageBodyIn::Welcome(welcome) = welcome.extract() else { return None };
    let settings =
        MlsGroupJoinConfig::builder().wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY).build();
    let tree = hers.export_ratchet_tree().into();
    let staged = StagedWelcome::new_from_welcome(&bob.provider, &settings, welcome, Some(tree)).ok()?;
    staged.into_group(&bob.provider).ok()
}
