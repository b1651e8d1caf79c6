//! Who somebody is: the hub shows other keys, other chains, other invitations than there are.

use chancery_engine::{EngineError, NewProvider, Opener, Want};
use chancery_transparency::{
    self as transparency, Enrol, Invitation, Provider, Root, Secret, Sign as _, found, join_by_provider,
};
use chancery_wire::{
    api::{self, Chain},
    bytes::Opaque,
    ids::{DeviceId, InvitationId, RoomId},
    names::Domain,
    policy::Role,
    time::DAY,
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;

use super::goes_on;
use crate::{
    person::{Person, World, handle},
    rogue::Rogue,
};

/// Alice's room, and Bob and Carol outside of it.
fn alone() -> (World, [Person; 3], RoomId) {
    let mut world = World::new();
    let [mut alice, bob, carol] = world.people(["alice", "bob", "carol"]);
    let room = alice.opens(&world, "room", &[]);
    (world, [alice, bob, carol], room)
}

/// Alice wants somebody in her room and is told, in these words, that it will not be; nothing is sent for it.
#[track_caller]
fn does_not_add(alice: &mut Person, world: &World, room: RoomId, whom: &str, words: &str) {
    let wish = alice.engine.want(room, Want::Add(vec![handle(whom)], Role::Member), world.now).unwrap();
    alice.looks(world);
    while alice.sends(world.now) {}
    let unsent = alice.engine.room(room).unwrap().unsent;
    assert!(matches!(unsent.as_slice(), [one] if one.why.contains(words)), "{unsent:?}");
    assert_eq!(world.hub.borrow().halls[&room].face.leaves().unwrap().len(), 1);
    assert_eq!(alice.members(room), ["alice"]);
    alice.engine.dismiss(wish, world.now).unwrap();
}

/// Alice adds Bob, and they talk.
#[track_caller]
fn adds_bob(alice: &mut Person, bob: &mut Person, world: &World, room: RoomId) {
    alice.engine.want(room, Want::Add(vec![handle("bob")], Role::Member), world.now).unwrap();
    alice.syncs(world);
    bob.syncs(world);
    goes_on(world, room, [alice, bob]);
}

#[test]
fn a_key_package_that_is_not_the_persons_is_refused() {
    let (world, [mut alice, mut bob, _], room) = alone();
    let genuine = world.hub.borrow().packages.clone();
    let same_device = Rogue::named("bob", bob.device(), 66).package(90, world.now);
    let other_device = Rogue::named("bob", DeviceId([66; 16]), 66).package(90, world.now);
    let carols = genuine[&handle("carol")][0].clone();
    let mut broken = genuine[&handle("bob")][0].clone();
    *broken.0.last_mut().unwrap() ^= 1;
    for (package, words) in [
        (same_device, "the server showed another key for a device of bob than the one in its chain"),
        (other_device, "a device was shown as one of bob's that is not in bob's device chain"),
        (carols, "the server handed out something else than a key package of bob"),
        (broken, "the server handed out something else than a key package of bob"),
    ] {
        world.hub.borrow_mut().packages.insert(handle("bob"), vec![package]);
        does_not_add(&mut alice, &world, room, "bob", words);
    }
    world.hub.borrow_mut().packages = genuine;
    adds_bob(&mut alice, &mut bob, &world, room);
}

#[test]
fn a_ghost_beside_the_persons_own_device_is_refused() {
    let (world, [mut alice, mut bob, _], room) = alone();
    // The hub of these tests hands out one key package a person: this lie is told to the engine itself.
    let ghost = Rogue::named("bob", DeviceId([66; 16]), 66).package(90, world.now);
    let genuine = world.hub.borrow().packages[&handle("bob")][0].clone();
    let wish = alice.engine.want(room, Want::Add(vec![handle("bob")], Role::Member), world.now).unwrap();
    let claimed = api::Claimed { packages: vec![genuine, ghost] };
    let claims = [(handle("bob"), Ok(claimed))];
    let needs = alice.engine.claimed(wish, &claims, world.now).unwrap();
    alice.asks(&needs, world.now);
    assert!(alice.engine.claimed(wish, &claims, world.now).unwrap().is_empty());
    let unsent = alice.engine.room(room).unwrap().unsent;
    assert!(unsent[0].why.contains("not in bob's device chain"), "{unsent:?}");
    alice.engine.dismiss(wish, world.now).unwrap();
    adds_bob(&mut alice, &mut bob, &world, room);
}

#[test]
fn a_key_package_that_lives_too_long_is_refused() {
    let (mut world, [mut alice, ..], room) = alone();
    let mallory = Rogue::enrolled(&world, &mut alice, "mallory", 66);
    let words = "the key package has run out or lives longer than 90 days";
    let offer = |world: &World, days| {
        let package = mallory.package(days, world.now);
        world.hub.borrow_mut().packages.insert(handle("mallory"), vec![package]);
    };
    for days in [91, 10_000, 100_000_000] {
        offer(&world, days);
        does_not_add(&mut alice, &world, room, "mallory", words);
    }
    // One that is kept back until it has run out.
    offer(&world, 90);
    let now = world.now;
    world.later(90 * DAY);
    does_not_add(&mut alice, &world, room, "mallory", words);
    world.now = now;
    alice.engine.want(room, Want::Add(vec![handle("mallory")], Role::Member), world.now).unwrap();
    alice.syncs(&world);
    assert_eq!(alice.members(room), ["alice", "mallory"]);
}

#[test]
fn a_chain_that_was_seen_before_cannot_be_replaced() {
    let (world, [mut alice, mut bob, _], room) = alone();
    adds_bob(&mut alice, &mut bob, &world, room);
    let other = alice.opens(&world, "other", &[]);
    // The hub got hold of a second genuine invitation for Bob's name, and enrols a device of its own with it.
    let genuine = world.hub.borrow().twin();
    let second = Rogue::enrolled(&world, &mut alice, "bob", 66);
    let words = "the server changed the device chain of bob, which can only grow";
    does_not_add(&mut alice, &world, other, "bob", words);
    // Bob himself notices at his next connection.
    bob.engine.connected(world.now);
    bob.asks(&[handle("bob")], world.now);
    let refused = bob.engine.check_own(world.now).unwrap_err();
    assert!(refused.to_string().contains(words), "{refused}");
    world.hub.borrow_mut().packages = genuine.packages;
    world.hub.borrow_mut().chains = genuine.chains;
    bob.engine.connected(world.now);
    bob.asks(&[handle("bob")], world.now);
    bob.engine.check_own(world.now).unwrap();
    drop(second);
}

#[test]
fn a_chain_that_does_not_lead_to_the_founding_is_refused() {
    let (world, [mut alice, mut bob, mut carol], room) = alone();
    let genuine = world.hub.borrow().chains.clone();
    let domain = "bank.example".parse().unwrap();
    let key = SigningKey::from_bytes(&[66; 32]);
    let second_founding = found(domain, handle("bob"), DeviceId([66; 16]), world.now, &key);
    let carols = genuine[&handle("carol")].entries[0].0.clone();
    // Carol is nobody who may invite.
    let (by_carol, link) =
        carol.engine.invite(&handle("bob"), &chancery_transparency::AccountKind::Person, world.now).unwrap();
    let Opener::Join(_, secret, _) = link.opener else { panic!("not an invitation") };
    let ghost = Rogue::named("bob", DeviceId([66; 16]), 66);
    let invited_by_carol = ghost.enrols(&by_carol, &secret, world.now);
    alice.asks(&[handle("carol")], world.now);
    let lies = [
        (vec![second_founding], "starts at another founding than the one your invitation named"),
        (vec![carols], "the device chain is about somebody else"),
        (vec![invited_by_carol], "the device was vouched for by somebody who may not"),
        (vec![b"nonsense".to_vec()], "an entry of the device chain cannot be read"),
        (vec![], "the device chain is empty or longer than this version knows"),
    ];
    for (entries, words) in lies {
        let entries = entries.into_iter().map(Opaque).collect();
        let chain = Chain { handle: handle("bob"), entries };
        world.hub.borrow_mut().chains.insert(handle("bob"), chain);
        does_not_add(&mut alice, &world, room, "bob", words);
    }
    world.hub.borrow_mut().chains.remove(&handle("bob"));
    let nobody = "the server shows no device chain for bob: somebody nobody vouched for";
    does_not_add(&mut alice, &world, room, "bob", nobody);
    world.hub.borrow_mut().chains = genuine;
    adds_bob(&mut alice, &mut bob, &world, room);
}

/// The hub is in league with a provider: what that says is true, and no officer lets it vouch.
#[test]
fn a_provider_that_no_officer_lets_vouch_brings_nobody_in() {
    let (world, [mut alice, mut bob, carol], room) = alone();
    let genuine = world.hub.borrow().chains.clone();
    let (ghost, provider) = (SigningKey::from_bytes(&[66; 32]), SigningKey::from_bytes(&[200; 32]));
    let (device, domain): (_, Domain) = (DeviceId([66; 16]), "bank.example".parse().unwrap());
    let part = |it: &str| BASE64URL_NOPAD.encode(it.as_bytes());
    let nonce = transparency::nonce(&domain, device, &ghost.public());
    let said = format!(
        r#"{{"iss":"https://id.bank.example","aud":"chancery","sub":"1","preferred_username":"bob","iat":1,"exp":2,"nonce":"{nonce}"}}"#
    );
    let text = format!("{}.{}", part(r#"{"alg":"EdDSA","kid":"1"}"#), part(&said));
    let token = format!("{text}.{}", BASE64URL_NOPAD.encode(&provider.sign(text.as_bytes()).0));
    let x = BASE64URL_NOPAD.encode(&provider.public().0);
    let new = |vouches| NewProvider {
        issuer: "https://id.bank.example".to_owned(),
        client: "chancery".to_owned(),
        claim: "preferred_username".to_owned(),
        suffix: String::new(),
        keys: format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}","kid":"1"}}]}}"#),
        acr: vec![],
        vouches,
    };
    // Carol is no officer: her device does not even write it, so the hub does, in the name of each.
    assert!(matches!(carol.engine.trust_provider(&new(true), world.now), Err(EngineError::NoOfficer)));
    let only_signs_in = alice.engine.trust_provider(&new(false), world.now).unwrap();
    let mut it = Provider::peek(&only_signs_in).unwrap();
    it.vouches = true;
    let in_alices_name = it.sign(&ghost).unwrap();
    (it.by, it.device) = (handle("carol"), carol.device());
    let carols = SigningKey::from_bytes(&carol.engine.identity().unwrap().unwrap().signing.0);
    let by_carol = it.sign(&carols).unwrap();
    alice.asks(&[handle("carol")], world.now);
    let nobody = "the device was vouched for by somebody who may not";
    for (statement, words) in [
        (&only_signs_in, nobody),
        (&by_carol, nobody),
        (&in_alices_name, "a signature in the device chain does not hold"),
    ] {
        let about = (domain.clone(), handle("bob"));
        let entry = join_by_provider((statement, &token), about, device, world.now, &ghost);
        let chain = Chain { handle: handle("bob"), entries: vec![Opaque(entry)] };
        world.hub.borrow_mut().chains.insert(handle("bob"), chain);
        does_not_add(&mut alice, &world, room, "bob", words);
    }
    world.hub.borrow_mut().chains = genuine;
    adds_bob(&mut alice, &mut bob, &world, room);
}

#[test]
fn nobody_is_enrolled_without_the_secret_of_the_invitation() {
    let (mut world, [mut alice, ..], room) = alone();
    let (invitation, link) =
        alice.engine.invite(&handle("dora"), &chancery_transparency::AccountKind::Person, world.now).unwrap();
    // The hub has the invitation, and was never sent the secret.
    let ghost = Rogue::named("dora", DeviceId([66; 16]), 66);
    ghost.shows_chain(&world, &ghost.enrols(&invitation, &Secret([66; 16]), world.now));
    world.hub.borrow_mut().packages.insert(handle("dora"), vec![ghost.package(90, world.now)]);
    let words = "the device chain of dora does not hold: a signature in the device chain does not hold";
    does_not_add(&mut alice, &world, room, "dora", words);

    // It writes an invitation of its own, in Alice's name.
    let secret = Secret([66; 16]);
    let id = InvitationId([66; 16]);
    let forged =
        Invitation { id, key: Rogue::derives(&secret, id), ..Invitation::peek(&invitation).unwrap() };
    let forged = forged.sign(&SigningKey::from_bytes(&[66; 32]));
    let entry = ghost.enrols(&forged, &secret, world.now);
    assert!(Enrol::peek(&entry).is_ok(), "it holds by itself");
    ghost.shows_chain(&world, &entry);
    does_not_add(&mut alice, &world, room, "dora", words);

    // Whoever has the link is in.
    let mut dora = world.newcomer("dora");
    let identity = dora.follow(&link, &invitation, world.now).unwrap();
    dora.settles_in(identity.entry, world.now);
    alice.engine.want(room, Want::Add(vec![handle("dora")], Role::Member), world.now).unwrap();
    alice.syncs(&world);
    goes_on(&world, room, [&mut alice, &mut dora]);
}

#[test]
fn a_link_is_not_answered_by_another_organisation() {
    let mut world = World::new();
    let [mut alice] = world.people(["alice"]);
    let (invitation, link) =
        alice.engine.invite(&handle("bob"), &chancery_transparency::AccountKind::Person, world.now).unwrap();
    // Mallory founds the same domain once more, with an Alice of her own, who invites Bob with the secret of her choice.
    let mut elsewhere = World::new();
    // The dice fall differently there.
    drop(elsewhere.newcomer("first"));
    let [mut other] = elsewhere.people(["alice"]);
    let (others, others_link) =
        other.engine.invite(&handle("bob"), &chancery_transparency::AccountKind::Person, world.now).unwrap();
    let Opener::Join(others_id, ..) = others_link.opener else { panic!("not an invitation") };

    let mut bob = elsewhere.newcomer("bob");
    let refused = bob.follow(&link, &others, world.now).unwrap_err();
    assert!(matches!(refused, EngineError::OtherInvitation), "{refused}");
    assert_eq!(refused.to_string(), "the server answered with another invitation than the link names");
    // The right invitation, with the chain of the wrong Alice.
    let refused = bob.follow(&link, &invitation, world.now).unwrap_err();
    let words = "the device chain starts at another founding than the one your invitation named";
    assert_eq!(refused.to_string(), format!("the invitation does not hold: {words}"));
    // An invitation under the right id, signed by the wrong Alice.
    let Opener::Join(id, ..) = link.opener else { panic!("not an invitation") };
    let forged =
        Invitation { id, ..Invitation::peek(&others).unwrap() }.sign(&SigningKey::from_bytes(&[66; 32]));
    let refused = bob.follow(&link, &forged, world.now).unwrap_err();
    assert_eq!(refused.to_string(), format!("the invitation does not hold: {words}"));
    bob.hub = world.hub.clone();
    let refused = bob.follow(&link, &forged, world.now).unwrap_err();
    assert!(refused.to_string().contains("a signature in the device chain does not hold"), "{refused}");
    assert!(bob.engine.identity().unwrap().is_none(), "nothing was kept of any of them");
    assert_ne!(id, others_id);

    let identity = bob.follow(&link, &invitation, world.now).unwrap();
    assert_eq!(identity.handle, handle("bob"));
}

/// An entry by which `signer`, as Alice's device, links the ghost's device to Alice's account.
fn links_ghost(alice: &Person, signer: &SigningKey, ghost: &Rogue, world: &World) -> Vec<u8> {
    let identity = alice.engine.identity().unwrap().unwrap();
    let entries = [world.hub.borrow().chains[&alice.name].entries[0].0.clone()];
    let root = Root(identity.root);
    let mut chain = transparency::verify(&entries, &alice.name, &identity.domain, root, |_| None).unwrap();
    chain.devices[0].key = signer.public();
    let new = (ghost.name.device, ghost.key.public());
    let offered = transparency::vouch(&chain, (alice.device(), signer), new, world.now).unwrap();
    transparency::take_vouched(&offered, ghost.name.device, &ghost.key).unwrap().1
}

#[test]
fn a_device_that_the_hub_links_is_refused_and_a_chain_never_shrinks() {
    let (world, [mut alice, mut bob, _], room) = alone();
    adds_bob(&mut alice, &mut bob, &world, room);
    let ghost = Rogue::named("alice", DeviceId([66; 16]), 66);
    let show = |entry: Option<Vec<u8>>| {
        let mut hub = world.hub.borrow_mut();
        let entries = &mut hub.chains.get_mut(&handle("alice")).unwrap().entries;
        entries.truncate(1);
        entries.extend(entry.map(Opaque));
    };
    let own = |alice: &mut Person| {
        alice.asks(&[handle("alice")], world.now);
        alice.engine.check_own(world.now).map_err(|error| error.to_string())
    };
    assert_eq!(own(&mut alice), Ok(()));
    // Whoever keeps the chains has no key of a device in them.
    show(Some(links_ghost(&alice, &ghost.key, &ghost, &world)));
    assert!(own(&mut alice).unwrap_err().contains("the device chain of alice does not hold: a signature"));
    assert_eq!(alice.engine.devices().unwrap().len(), 1);
    // Linked by Alice herself, it is hers, and it cannot be made to be forgotten.
    let key = SigningKey::from_bytes(&alice.engine.identity().unwrap().unwrap().signing.0);
    show(Some(links_ghost(&alice, &key, &ghost, &world)));
    assert_eq!(own(&mut alice), Ok(()));
    assert_eq!(alice.engine.devices().unwrap().len(), 2);
    show(None);
    assert!(own(&mut alice).unwrap_err().contains("changed the device chain of alice, which can only grow"));
}
