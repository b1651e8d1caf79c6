//! A device made by hand: it has a key and knows MLS, and keeps to no rule of ours unless a test makes it.

use chancery_groups::{POLICY_EXTENSION, suites};
use chancery_transparency::{self as transparency, PublicKey, Secret, Sign as _};
use chancery_wire::{
    api::{Chain, Return, Welcome},
    bytes::Opaque,
    frames::{Kind, Submit},
    ids::{DeviceId, InvitationId, RoomId},
    names::LeafName,
    policy::RoomPolicy,
    time::{DAY, Instant},
};
use ed25519_dalek::SigningKey;
use openmls::{
    credentials::{BasicCredential, CredentialWithKey, NewSignerBundle},
    extensions::{Extension, ExtensionType, Extensions, RequiredCapabilitiesExtension, UnknownExtension},
    group::{GroupContext, MlsGroup, MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY, StagedWelcome},
    messages::group_info::VerifiableGroupInfo,
    prelude::{
        Capabilities, GroupId, KeyPackage, LeafNodeIndex, LeafNodeParameters, Lifetime, MlsMessageBodyIn,
        MlsMessageIn, MlsMessageOut, OpenMlsProvider, ProcessedMessageContent, ProtocolVersion,
        RatchetTreeIn,
    },
};
use openmls_rust_crypto::{OpenMlsRustCrypto, RustCrypto};
use openmls_traits::{
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};
use tls_codec::{Deserialize as _, Serialize as _};

use super::{
    hub::submission,
    person::{Person, World, handle},
};

/// What a commit does.
pub(crate) enum Doing {
    /// Adds whoever this key package is from.
    Add(Opaque),
    /// Removes the leaf at this place.
    Remove(LeafNodeIndex),
    /// Puts this in the place of the room's context.
    Context(Extensions<GroupContext>),
    /// Adds whoever this key package is from, and puts this in the place of the room's context.
    AddBy(Opaque, Extensions<GroupContext>),
    /// Takes in what others have proposed, and nothing else.
    Settle,
}

pub(crate) struct Rogue {
    pub(crate) name: LeafName,
    pub(crate) key: SigningKey,
    pub(crate) provider: OpenMlsRustCrypto,
}

impl Signer for Rogue {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(transparency::Sign::sign(&self.key, payload).0.to_vec())
    }
    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

impl Rogue {
    /// A device under any name, with a key of its own. Nobody vouches for it.
    pub(crate) fn named(account: &str, device: DeviceId, seed: u8) -> Self {
        let name = LeafName { domain: "bank.example".parse().unwrap(), account: handle(account), device };
        Self { name, key: SigningKey::from_bytes(&[seed; 32]), provider: OpenMlsRustCrypto::default() }
    }

    /// A device that `inviter` invited and everybody believes, whose program is not ours. Its key package is with the hub.
    pub(crate) fn enrolled(world: &World, inviter: &mut Person, account: &str, seed: u8) -> Self {
        let (invitation, link) = inviter
            .engine
            .invite(&handle(account), &chancery_transparency::AccountKind::Person, world.now)
            .unwrap();
        let chancery_engine::Opener::Join(_, secret, _) = link.opener else { panic!("not an invitation") };
        let rogue = Self::named(account, DeviceId([seed; 16]), seed);
        rogue.shows_chain(world, &rogue.enrols(&invitation, &secret, world.now));
        world.hub.borrow_mut().packages.insert(handle(account), vec![rogue.package(90, world.now)]);
        rogue
    }

    /// An entry that enrols this device, made with an invitation and a secret that may not be the invitation's.
    pub(crate) fn enrols(&self, invitation: &[u8], secret: &Secret, now: Instant) -> Vec<u8> {
        transparency::join(invitation, secret, self.name.device, now, &self.key).unwrap()
    }

    /// The hub shows this entry as the chain of the device's account.
    pub(crate) fn shows_chain(&self, world: &World, entry: &[u8]) {
        let handle = self.name.account.clone();
        let chain = Chain { handle: handle.clone(), entries: vec![Opaque(entry.to_vec())] };
        world.hub.borrow_mut().chains.insert(handle, chain);
    }

    /// The public half of what this device derives from a secret.
    pub(crate) fn derives(secret: &Secret, id: InvitationId) -> PublicKey {
        secret.derive_key(id).public()
    }

    pub(crate) fn credential(&self) -> CredentialWithKey {
        CredentialWithKey {
            credential: BasicCredential::new(self.name.to_string().into_bytes()).into(),
            signature_key: self.key.verifying_key().to_bytes().to_vec().into(),
        }
    }

    /// A key package that lives for so many days.
    pub(crate) fn package(&self, days: i64, now: Instant) -> Opaque {
        let from = now.plus_seconds(-3600).0 / 1000;
        let life = Lifetime::init(from.try_into().unwrap(), (from + days * DAY).try_into().unwrap());
        let bundle = KeyPackage::builder()
            .key_package_lifetime(life)
            .leaf_node_capabilities(capabilities())
            .build(suites::preferred().code(), &self.provider, self, self.credential())
            .unwrap();
        written(&MlsMessageOut::from(bundle.into_key_package()))
    }

    /// Founds a group under the id of any room.
    pub(crate) fn founds(&self, room: RoomId, policy: &RoomPolicy) -> MlsGroup {
        MlsGroup::builder()
            .with_group_id(GroupId::from_slice(room.as_bytes()))
            .ciphersuite(suites::preferred().code())
            .with_capabilities(capabilities())
            .with_wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .with_group_context_extensions(context(policy))
            .build(&self.provider, self, self.credential())
            .unwrap()
    }

    /// Adds whoever these key packages are from, and makes their welcome as the hub would hand it out.
    pub(crate) fn adds(&self, group: &mut MlsGroup, room: RoomId, packages: &[Opaque]) -> Welcome {
        let packages: Vec<KeyPackage> = packages.iter().map(key_package).collect();
        let (_, welcome, _) = group.add_members(&self.provider, self, &packages).unwrap();
        group.merge_pending_commit(&self.provider).unwrap();
        let tree = Opaque(group.export_ratchet_tree().tls_serialize_detached().unwrap());
        Welcome { room, seq: 1, head: chancery_trail::room_start(room), welcome: written(&welcome), tree }
    }

    /// Joins by the welcome the hub has for this device.
    pub(crate) fn joins(&self, world: &World) -> MlsGroup {
        let welcome = world.hub.borrow().welcomes[&self.name.device].last().unwrap().clone();
        let MlsMessageBodyIn::Welcome(message) = read(&welcome.welcome).extract() else {
            panic!("no welcome")
        };
        let tree = RatchetTreeIn::tls_deserialize_exact(&welcome.tree.0).unwrap();
        let staged =
            StagedWelcome::new_from_welcome(&self.provider, &settings(), message, Some(tree)).unwrap();
        staged.into_group(&self.provider).unwrap()
    }

    /// Takes in the commits that the hub shows.
    pub(crate) fn follows(&self, group: &mut MlsGroup, world: &World, room: RoomId) {
        for entry in world.hub.borrow().entries(room, 0) {
            let Some(body) = entry.body.filter(|_| entry.kind == Kind::Commit) else { continue };
            let message = read(&Opaque(body.as_slice().to_vec())).try_into_protocol_message().unwrap();
            if message.epoch() == group.epoch() {
                let processed = group.process_message(&self.provider, message).unwrap().into_content();
                let ProcessedMessageContent::StagedCommitMessage(staged) = processed else {
                    panic!("no commit")
                };
                group.merge_staged_commit(&self.provider, *staged).unwrap();
            }
        }
    }

    /// Takes in the proposals that the hub shows for this epoch.
    pub(crate) fn hears(&self, group: &mut MlsGroup, world: &World, room: RoomId) {
        for entry in world.hub.borrow().entries(room, 0) {
            let Some(body) = entry.body.filter(|_| entry.kind == Kind::Proposal) else { continue };
            let message = read(&Opaque(body.as_slice().to_vec())).try_into_protocol_message().unwrap();
            if message.epoch() == group.epoch() {
                let processed = group.process_message(&self.provider, message).unwrap().into_content();
                let ProcessedMessageContent::ProposalMessage(proposal) = processed else {
                    panic!("no proposal")
                };
                group.store_pending_proposal(self.provider.storage(), *proposal).unwrap();
            }
        }
    }

    /// Commits to anything.
    pub(crate) fn commits(&self, group: &mut MlsGroup, room: RoomId, what: Doing) -> Submit {
        let builder = group.commit_builder().force_self_update(true);
        let builder = match what {
            Doing::Add(package) => builder.propose_adds([key_package(&package)]),
            Doing::Remove(whom) => builder.propose_removals([whom]),
            Doing::Settle => builder,
            Doing::AddBy(package, context) => builder
                .propose_adds([key_package(&package)])
                .propose_group_context_extensions(context)
                .unwrap(),
            Doing::Context(context) => builder.propose_group_context_extensions(context).unwrap(),
        };
        let builder = builder.load_psks(self.provider.storage()).unwrap().create_group_info(true);
        let made = builder.build(self.provider.rand(), self.provider.crypto(), self, |_| true).unwrap();
        let (commit, welcome, info) = made.stage_commit(&self.provider).unwrap().into_messages();
        let mut submit = submission(room, Kind::Commit, &written(&commit).0);
        submit.welcome = welcome.map(|it| written(&it).0).unwrap_or_default().into();
        submit.group_info = info.map(|it| written(&it).0).unwrap_or_default().into();
        submit
    }

    /// Renews its leaf under the name and key of another one.
    pub(crate) fn becomes(&self, group: &mut MlsGroup, room: RoomId, other: &Self) -> Submit {
        let bundle = NewSignerBundle { signer: other, credential_with_key: other.credential() };
        let builder = group.commit_builder().load_psks(self.provider.storage()).unwrap();
        let (rand, crypto) = (self.provider.rand(), self.provider.crypto());
        let made = builder.build_with_new_signer(rand, crypto, self, bundle, |_| true).unwrap();
        let (commit, ..) = made.stage_commit(&self.provider).unwrap().into_messages();
        submission(room, Kind::Commit, &written(&commit).0)
    }

    /// Seals any bytes for a room.
    pub(crate) fn seals(&self, group: &mut MlsGroup, room: RoomId, letter: &[u8]) -> Submit {
        let message = group.create_message(&self.provider, self, letter).unwrap();
        submission(room, Kind::Message, &written(&message).0)
    }

    /// Comes in by itself, as a device does that lost a room.
    pub(crate) fn comes_in<P: OpenMlsProvider>(&self, provider: &P, offered: &Return) -> Submit {
        let tree = RatchetTreeIn::tls_deserialize_exact(&offered.tree.0).unwrap();
        let builder = MlsGroup::external_commit_builder()
            .with_config(settings())
            .with_ratchet_tree(tree)
            .build_group(provider, group_info(&offered.group_info), self.credential())
            .unwrap();
        let leaf = LeafNodeParameters::builder().with_capabilities(capabilities()).build();
        let (_, bundle) = builder
            .leaf_node_parameters(leaf)
            .load_psks(provider.storage())
            .unwrap()
            .create_group_info(true)
            .build(provider.rand(), provider.crypto(), self, |_| true)
            .unwrap()
            .finalize(provider)
            .unwrap();
        submission(offered.head.room, Kind::Commit, &written(bundle.commit()).0)
    }
}

/// What hub and devices are told of a group: its context and tree.
pub(crate) fn shown(rogue: &Rogue, group: &MlsGroup) -> (Opaque, Opaque) {
    let info = group.export_group_info(rogue.provider.crypto(), rogue, false).unwrap();
    let tree = group.export_ratchet_tree().tls_serialize_detached().unwrap();
    (written(&info), Opaque(tree))
}

/// The context of a room with this policy.
pub(crate) fn context(policy: &RoomPolicy) -> Extensions<GroupContext> {
    let kind = ExtensionType::Unknown(POLICY_EXTENSION);
    Extensions::from_vec(vec![
        Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(&[kind], &[], &[])),
        Extension::Unknown(POLICY_EXTENSION, UnknownExtension(policy.encode())),
    ])
    .unwrap()
}

fn capabilities() -> Capabilities {
    let policy = ExtensionType::Unknown(POLICY_EXTENSION);
    let (versions, suites) = ([ProtocolVersion::Mls10], [suites::preferred().code()]);
    Capabilities::new(Some(&versions), Some(&suites), Some(&[policy, ExtensionType::LastResort]), None, None)
}

fn settings() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .padding_size(256)
        .build()
}

fn written(message: &MlsMessageOut) -> Opaque {
    Opaque(message.tls_serialize_detached().unwrap())
}

fn read(bytes: &Opaque) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact(&bytes.0).unwrap()
}

fn key_package(bytes: &Opaque) -> KeyPackage {
    match read(bytes).extract() {
        MlsMessageBodyIn::KeyPackage(found) => {
            found.validate(&RustCrypto::default(), ProtocolVersion::Mls10).unwrap()
        }
        _ => panic!("no key package"),
    }
}

fn group_info(bytes: &Opaque) -> VerifiableGroupInfo {
    match read(bytes).extract() {
        MlsMessageBodyIn::GroupInfo(info) => info,
        _ => panic!("no group info"),
    }
}
