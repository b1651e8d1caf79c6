//! Linking: a device of an account vouches for another one, after the person has compared what both show.
//!
//! It starts on the old device only. What the two say to each other travels through the server (`protocol/devices.md`).

use chancery_transparency::{
    Answer, Done, Grant, Meeting, Offer, PublicKey, Reveal, Root, Secret, Sign as _, promise, take_vouched,
    vouch,
};
use chancery_vault::{Identity, SigningSeed};
use chancery_wire::{
    ids::{DeviceId, LinkingId},
    names::Handle,
    time::Instant,
};
use ed25519_dalek::SigningKey;

use crate::{
    engine::{Engine, Turn},
    entropy::draw,
    error::EngineError,
    link::{Link, Opener},
    trust::trusted,
};

/// What the old device knows while it links another one.
#[derive(Debug)]
pub struct Linking {
    /// The meeting.
    pub id: LinkingId,
    /// The link for the new device.
    pub link: Link,
    pub(crate) meeting: Meeting,
    root: Root,
    answer: Answer,
    offer: Option<Offer>,
}

/// What the new device knows while it is linked.
#[derive(Debug)]
pub struct Asking {
    /// The meeting.
    pub id: LinkingId,
    pub(crate) meeting: Meeting,
    pub(crate) root: Root,
    pub(crate) seed: SigningSeed,
    nonce: [u8; 16],
    pub(crate) offer: Offer,
    pub(crate) answer: Option<Answer>,
}

impl Engine {
    /// Begins to link another device to this one's account.
    pub fn begin_linking(&mut self, now: Instant) -> Result<Linking, EngineError> {
        self.turn(now, |turn| Ok(turn.meeting(turn.me.identity.handle.clone(), Opener::Link)))
    }

    /// Vouches for the new device: the fourth part. Only once the person has compared the words.
    pub fn grant(&mut self, linking: &Linking, now: Instant) -> Result<Vec<u8>, EngineError> {
        let offer = linking.offer.as_ref().ok_or(EngineError::Linking)?;
        self.turn(now, |turn| {
            let me = &turn.me.identity;
            let chain = trusted(turn.step, &me.handle)?.ok_or(EngineError::NotEnrolled)?;
            let vouched = vouch(&chain, (me.device, turn.me), (offer.device, offer.key), now);
            Ok(linking.meeting.write(4, &Grant { vouched: vouched.ok_or(EngineError::Linking)? }))
        })
    }

    /// What an earlier try has made, when it was broken off after the other device had granted everything: the identity whose
    /// entry is sent once more, and the fifth part.
    pub fn granted_before(
        &self,
        (id, secret): (LinkingId, &Secret),
    ) -> Result<Option<(Identity, Vec<u8>)>, EngineError> {
        let kept = self.identity()?.filter(|kept| !kept.enrolled && kept.opener == id.as_bytes());
        Ok(kept.map(|kept| (kept, Meeting::new(id, secret).write(5, &Done {}))))
    }

    /// Makes a key for this device, which is to be linked by another one.
    pub fn ask_to_be_linked(
        &mut self,
        (id, secret, root): (LinkingId, &Secret, Root),
    ) -> Result<Asking, EngineError> {
        if let Some(kept) = self.identity()?.filter(|kept| kept.enrolled) {
            return Err(EngineError::Enrolled(kept.handle));
        }
        Ok(self.asking((id, secret, root), None))
    }

    /// What a new device says of itself first: a new key, or the one it has made before.
    pub(crate) fn asking(
        &mut self,
        (id, secret, root): (LinkingId, &Secret, Root),
        known: Option<(DeviceId, SigningSeed)>,
    ) -> Asking {
        let (_, entropy) = self.parts();
        let (device, seed) = known.unwrap_or_else(|| (DeviceId(draw(entropy)), SigningSeed(draw(entropy))));
        let nonce = draw(entropy);
        let key: PublicKey = SigningKey::from_bytes(&seed.0).public();
        let (meeting, offer) = (Meeting::new(id, secret), Offer { device, key, promise: promise(&nonce) });
        Asking { id, meeting, root, seed, nonce, offer, answer: None }
    }

    /// Takes what the old device vouched for: this device belongs to the account as soon as the server has the entry.
    pub fn granted(&mut self, asking: &Asking, server: &str, part: &[u8]) -> Result<Identity, EngineError> {
        let answer = asking.answer.as_ref().ok_or(EngineError::Linking)?;
        let grant = asking.grant(part)?;
        let key = SigningKey::from_bytes(&asking.seed.0);
        let (enrol, entry) =
            take_vouched(&grant.vouched, asking.offer.device, &key).ok_or(EngineError::Linking)?;
        if enrol.handle != answer.handle || enrol.domain != answer.domain {
            return Err(EngineError::Linking);
        }
        let identity = Identity {
            server: server.to_owned(),
            domain: enrol.domain,
            root: asking.root.0,
            handle: enrol.handle,
            device: enrol.device,
            signing: asking.seed.clone(),
            entry,
            opener: asking.id.as_bytes().to_vec(),
            enrolled: false,
        };
        let (vault, _) = self.parts();
        vault.step(|step| Ok::<_, EngineError>(step.keep_identity(&identity)?))?;
        Ok(identity)
    }
}

impl Turn<'_> {
    /// Begins a meeting with a new device of an account.
    pub(crate) fn meeting(
        &mut self,
        handle: Handle,
        opener: fn(LinkingId, Secret, Root) -> Opener,
    ) -> Linking {
        let (id, secret, nonce) = (LinkingId(self.draw()), Secret(self.draw()), self.draw());
        let identity = &self.me.identity;
        let root = Root(identity.root);
        let answer = Answer { domain: identity.domain.clone(), handle, nonce };
        let meeting = Meeting::new(id, &secret);
        let link = Link { server: identity.server.clone(), opener: opener(id, secret, root) };
        Linking { id, link, meeting, root, answer, offer: None }
    }
}

impl Linking {
    /// What the new device has offered, and whose it is to be.
    pub(crate) fn offered_for(&self) -> Option<(&Offer, &Handle)> {
        self.offer.as_ref().map(|offer| (offer, &self.answer.handle))
    }

    /// Takes the first part and answers with the second one.
    pub fn offered(&mut self, part: &[u8]) -> Result<Vec<u8>, EngineError> {
        self.offer = Some(self.meeting.read(1, part).ok_or(EngineError::Linking)?);
        Ok(self.meeting.write(2, &self.answer))
    }

    /// Takes the third part and answers with the words that the person compares.
    pub fn revealed(&self, part: &[u8]) -> Result<String, EngineError> {
        let offer = self.offer.as_ref().ok_or(EngineError::Linking)?;
        let reveal: Reveal = self.meeting.read(3, part).ok_or(EngineError::Linking)?;
        self.meeting.words(self.root, offer, &self.answer, &reveal).ok_or(EngineError::Linking)
    }

    /// Whether the fifth part says that the new device can be added to rooms.
    #[must_use]
    pub fn is_ready(&self, part: &[u8]) -> bool {
        self.meeting.read::<Done>(5, part).is_some()
    }

    /// The fourth part when the words were not the same: nothing is vouched for.
    #[must_use]
    pub fn turned_down(&self) -> Vec<u8> {
        self.meeting.write(4, &Grant { vouched: vec![] })
    }

    /// The sixth part: it was added.
    #[must_use]
    pub fn brought(&self) -> Vec<u8> {
        self.meeting.write(6, &Done {})
    }
}

impl Asking {
    /// Reads the fourth part.
    pub(crate) fn grant(&self, part: &[u8]) -> Result<Grant, EngineError> {
        let grant: Grant = self.meeting.read(4, part).ok_or(EngineError::Linking)?;
        if grant.vouched.is_empty() { Err(EngineError::TurnedDown) } else { Ok(grant) }
    }

    /// The first part.
    #[must_use]
    pub fn offer(&self) -> Vec<u8> {
        self.meeting.write(1, &self.offer)
    }

    /// Takes the second part; answers with the third one, the words that the person compares, and whose device this is to be.
    pub fn answered(&mut self, part: &[u8]) -> Result<(Vec<u8>, String, Handle), EngineError> {
        let answer: Answer = self.meeting.read(2, part).ok_or(EngineError::Linking)?;
        let reveal = Reveal { nonce: self.nonce };
        let words =
            self.meeting.words(self.root, &self.offer, &answer, &reveal).ok_or(EngineError::Linking)?;
        let handle = answer.handle.clone();
        self.answer = Some(answer);
        Ok((self.meeting.write(3, &reveal), words, handle))
    }

    /// The fifth part: this device can be added to rooms.
    #[must_use]
    pub fn ready(&self) -> Vec<u8> {
        self.meeting.write(5, &Done {})
    }
}
