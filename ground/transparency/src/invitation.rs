//! Invitations: an officer's device signs, in advance, that whoever knows a secret may open one account.
//!
//! The secret travels in the fragment of a link and never to a server. From it comes a key pair; the invitation names the
//! public half, and the joining device signs its entry with the private half. So nobody who does not hold the link can
//! use the invitation, and the inviter need not be there when it is used.

use chancery_wire::{
    ids::{DeviceId, Digest, InvitationId, RoomId},
    names::{Domain, Handle},
    time::Instant,
};
use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    envelope,
    signed::{PublicKey, Sign, labelled},
};

/// The label of an invitation's signature.
const LABEL: &str = "chancery invitation 1";
/// The most bytes a signed invitation has.
const LIMIT: usize = 4096;

/// The secret of an invitation: 128 random bits that only the link carries.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(pub [u8; 16]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The key pair that proves knowledge of the secret for this invitation.
    #[must_use]
    pub fn derive_key(&self, invitation: InvitationId) -> impl Sign + use<> {
        let mut seed = [0; 32];
        // 32 bytes are far below HKDF's limit, so expanding cannot fail.
        let _ = Hkdf::<Sha256>::new(Some(b"chancery invitation key 1"), &self.0)
            .expand(invitation.as_bytes(), &mut seed);
        let key = SigningKey::from_bytes(&seed);
        seed.zeroize();
        key
    }
}

/// The most bytes of what a bot is for.
const PURPOSE_LIMIT: usize = 200;

/// What a program may do that no other member may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// To say who belongs to the organisation, as its directory does: it suspends and restores accounts of persons who are no officers.
    Directory,
}

impl Scope {
    /// The scope as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
        }
    }

    /// The scope whose word this is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text == Self::Directory.as_str()).then_some(Self::Directory)
    }
}

/// What a program's account says of itself: whoever sees it in a room sees this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bot {
    /// Who answers for it.
    pub owner: Handle,
    /// What it is for: one line. The server reads it.
    pub purpose: String,
    /// What it may do besides taking part in rooms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// Until when it may do anything, by the server's clock; for ever where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

impl Bot {
    /// Whether what it is for is one line that can be shown.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let blank = self.purpose.trim().is_empty() || self.purpose.trim() != self.purpose;
        !blank && self.purpose.len() <= PURPOSE_LIMIT && !self.purpose.chars().any(char::is_control)
    }
}

/// The most rooms that a guest is let into.
const ROOMS: usize = 32;

/// On what terms somebody from outside takes part. Whoever sees the account in a room sees this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guest {
    /// Who answers for them.
    pub sponsor: Handle,
    /// The rooms they may come into, each once and in order; at least one.
    pub rooms: Vec<RoomId>,
    /// Until when they may do anything, by the server's clock.
    pub until: Instant,
}

impl Guest {
    /// Whether there is a room to come into, and each is named once.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        (1..=ROOMS).contains(&self.rooms.len()) && self.rooms.is_sorted_by(|one, next| one.0 < next.0)
    }
}

/// As what an account is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// A person's.
    Person,
    /// An officer's: one that may invite others in turn.
    Officer,
    /// A program's.
    Bot(Bot),
    /// That of somebody from outside.
    Guest(Guest),
}

/// What an invitation says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The organisation.
    pub domain: Domain,
    /// The account it opens; no other.
    pub handle: Handle,
    /// Whether the account will be an officer's: one that may invite.
    pub officer: bool,
    /// Until when it may be used, by the server's clock.
    pub until: Instant,
    /// The public half of the key derived from the secret.
    pub key: PublicKey,
    /// The inviting account.
    pub by: Handle,
    /// The inviting device.
    pub device: DeviceId,
    /// The head of the inviting account's chain when it invited.
    pub chain: Digest,
    /// What it is, where the account is a program's; such a one is no officer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<Bot>,
    /// On what terms, where the account is a guest's; such a one is no officer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
}

impl Invitation {
    /// Whether what it says of programs and guests fits together.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        match (&self.bot, &self.guest) {
            (None, None) => true,
            (Some(bot), None) => !self.officer && bot.is_sound(),
            (None, Some(guest)) => !self.officer && guest.is_sound() && guest.sponsor != self.handle,
            (Some(_), Some(_)) => false,
        }
    }

    /// Signs the invitation with the inviting device's key.
    #[must_use]
    pub fn sign(&self, device: &dyn Sign) -> Vec<u8> {
        envelope::seal(LABEL, self, device)
    }

    /// Reads an invitation without knowing yet whether its signer may invite.
    ///
    /// [`crate::verify`] says that, once it has the inviter's chain; a server uses this to store it.
    #[must_use]
    pub fn peek(signed: &[u8]) -> Option<Self> {
        envelope::open(signed, LIMIT).map(|(invitation, ..)| invitation)
    }

    /// Checks the signature by `key` and returns what was signed.
    #[must_use]
    pub fn checked(signed: &[u8], key: &PublicKey) -> Option<Self> {
        let (invitation, body, signature) = envelope::open(signed, LIMIT)?;
        key.check(&labelled(LABEL, &body), &signature).ok()?;
        Some(invitation)
    }
}
