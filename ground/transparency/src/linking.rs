//! Linking: two devices of one person meet through the server, which passes on what they say and can change nothing of it.
//!
//! A link carries a secret from the old device to the new one; a key made of it authenticates every part they exchange. That
//! alone links nothing: whoever else has seen the link could be the new device. So both show **short words** made of both
//! keys and of randomness that each had promised before it saw the other's, and the person compares them
//! (`protocol/devices.md`, *Linking*).

use chancery_wire::{
    ids::{DeviceId, Digest, LinkingId},
    names::{Domain, Handle},
};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    chain::{Root, cbor, read},
    invitation::Secret,
    signed::PublicKey,
};

/// The most bytes a part has.
pub const PART_LIMIT: usize = 8192;
/// The label of the key that authenticates the parts.
const KEY: &[u8] = b"chancery linking key 1";
/// The label of the promise of randomness.
const PROMISE: &[u8] = b"chancery linking promise 1";
/// The label of the short words.
const WORDS: &[u8] = b"chancery linking words 1";

/// 1, by the new device: who it is, and the promise of its randomness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The new device.
    pub device: DeviceId,
    /// Its signature key.
    pub key: PublicKey,
    /// The digest of its randomness.
    pub promise: Digest,
}

/// 2, by the old device: whose it is, and its randomness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The organisation.
    pub domain: Domain,
    /// The account.
    pub handle: Handle,
    /// The old device's randomness.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 16],
}

/// 3, by the new device: its randomness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    /// The new device's randomness.
    #[serde(with = "serde_bytes")]
    pub nonce: [u8; 16],
}

/// 4, by the old device, once the person has compared the words: what it vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// As [`crate::vouch`] made it.
    #[serde(with = "serde_bytes")]
    pub vouched: Vec<u8>,
}

/// 5, by the new device: it can be added to rooms. 6, by the old device: it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {}

/// A part as it travels.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(with = "serde_bytes")]
    body: Vec<u8>,
    #[serde(with = "serde_bytes")]
    tag: [u8; 32],
}

/// What two devices know who meet: the same secret.
pub struct Meeting {
    id: LinkingId,
    key: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Meeting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Meeting({})", self.id)
    }
}

impl Meeting {
    /// The meeting that a link leads to.
    #[must_use]
    pub fn new(id: LinkingId, secret: &Secret) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are far below HKDF's limit, so expanding cannot fail.
        let _ = Hkdf::<Sha256>::new(Some(KEY), &secret.0).expand(id.as_bytes(), key.as_mut_slice());
        Self { id, key }
    }

    /// Writes a part; its number keeps it from being taken for another one.
    #[must_use]
    pub fn write(&self, number: u8, what: &impl Serialize) -> Vec<u8> {
        let body = cbor(what);
        cbor(&Part { tag: self.tag(number, &body), body })
    }

    /// Reads a part; nothing when it was not written by the other one, as this part.
    #[must_use]
    pub fn read<T: DeserializeOwned>(&self, number: u8, part: &[u8]) -> Option<T> {
        let Part { body, tag } = read(part).filter(|_| part.len() <= PART_LIMIT)?;
        // Compared through the key once more, so that how far they agree cannot be measured.
        let same = self.tag(number, &self.tag(number, &body)) == self.tag(number, &tag);
        read(&body).filter(|_| same)
    }

    /// HMAC-SHA256 (RFC 5869 calls it *extract*).
    fn tag(&self, number: u8, body: &[u8]) -> [u8; 32] {
        Hkdf::<Sha256>::extract(Some(self.key.as_slice()), &[&[number], body].concat()).0.into()
    }

    /// The short words, once both have shown their randomness; nothing when it is not what was promised.
    #[must_use]
    pub fn words(&self, root: Root, offer: &Offer, answer: &Answer, reveal: &Reveal) -> Option<String> {
        if promise(&reveal.nonce) != offer.promise {
            return None;
        }
        let all = cbor(&(self.id, root.0, offer, answer, reveal));
        let digest: [u8; 32] = Sha256::new().chain_update(WORDS).chain_update(all).finalize().into();
        Some(spell(&digest))
    }
}

/// The promise of some randomness.
#[must_use]
pub fn promise(nonce: &[u8; 16]) -> Digest {
    Digest(Sha256::new().chain_update(PROMISE).chain_update(nonce).finalize().into())
}

/// The first 32 bits as two words that can be spoken: consonants and vowels in turn (proquints, arXiv:0901.4016).
fn spell(digest: &[u8; 32]) -> String {
    const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8; 4] = b"aiou";
    let letter = |from: &[u8], bits: u16| char::from(from.get(usize::from(bits)).copied().unwrap_or(b'?'));
    let word = |pair: &[u8]| -> String {
        let bits = pair.iter().fold(0, |bits: u16, byte| bits << 8 | u16::from(*byte));
        [(12, 15), (10, 3), (6, 15), (4, 3), (0, 15)]
            .map(|(shift, mask)| letter(if mask == 3 { VOWELS } else { CONSONANTS }, bits >> shift & mask))
            .iter()
            .collect()
    };
    let words: Vec<String> = digest.chunks(2).take(2).map(word).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meeting(secret: u8) -> Meeting {
        Meeting::new(LinkingId([1; 16]), &Secret([secret; 16]))
    }

    fn parts() -> (Offer, Answer, Reveal) {
        let (key, nonce) = (PublicKey([7; 32]), [8; 16]);
        let offer = Offer { device: DeviceId([2; 16]), key, promise: promise(&nonce) };
        let (domain, handle) = ("bank.example".parse().unwrap(), "alice".parse().unwrap());
        (offer, Answer { domain, handle, nonce: [9; 16] }, Reveal { nonce })
    }

    #[test]
    fn words_are_spelled_as_their_inventor_does() {
        // The examples of arXiv:0901.4016: 127.0.0.1 and 63.84.220.193.
        let spelled = |first: [u8; 4]| {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&first);
            spell(&digest)
        };
        assert_eq!(spelled([127, 0, 0, 1]), "lusab-babad");
        assert_eq!(spelled([63, 84, 220, 193]), "gutih-tugad");
    }

    #[test]
    fn a_part_is_read_by_who_has_the_link_and_as_what_it_is() {
        let (offer, ..) = parts();
        let part = meeting(5).write(1, &offer);
        assert_eq!(meeting(5).read(1, &part), Some(offer));
        assert!(meeting(6).read::<Offer>(1, &part).is_none());
        assert!(meeting(5).read::<Offer>(2, &part).is_none());
        for at in 0..part.len() {
            let mut bad = part.clone();
            bad[at] ^= 1;
            assert!(meeting(5).read::<Offer>(1, &bad).is_none(), "byte {at}");
        }
    }

    #[test]
    fn the_words_are_about_everything_and_no_randomness_is_chosen_late() {
        let (offer, answer, reveal) = parts();
        let root = Root(Digest([3; 32]));
        let words = meeting(5).words(root, &offer, &answer, &reveal).unwrap();
        assert_eq!(meeting(5).words(root, &offer, &answer, &reveal).unwrap(), words);
        let other = Reveal { nonce: [10; 16] };
        assert_eq!(meeting(5).words(root, &offer, &answer, &other), None, "it was promised");
        let swapped = Offer { key: PublicKey([66; 32]), ..offer.clone() };
        let mallory = Answer { handle: "mallory".parse().unwrap(), ..answer.clone() };
        for different in [
            meeting(5).words(Root(Digest([4; 32])), &offer, &answer, &reveal),
            meeting(5).words(root, &swapped, &answer, &reveal),
            meeting(5).words(root, &offer, &mallory, &reveal),
            Meeting::new(LinkingId([2; 16]), &Secret([5; 16])).words(root, &offer, &answer, &reveal),
        ] {
            assert_ne!(different.unwrap(), words);
        }
    }
}
