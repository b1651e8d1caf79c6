//! Amendments: what is signed, in which form, and why one is refused.

use chancery_wire::{
    ids::{AmendmentId, DeviceId, Digest},
    names::{Domain, Handle, RoleName},
    time::Instant,
};
use serde::{Deserialize, Serialize};

use super::{Charter, Permission};
use crate::{
    chain::{Trusted, cbor, read},
    invitation::Guest,
    signed::{Sign, Signature, labelled},
};

/// The label of the signatures.
pub(super) const AMENDING: &str = "chancery charter 1";
/// The most bytes an amendment has.
const LIMIT: usize = 16_384;

/// What an amendment changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Change {
    /// A role of the organisation's own permits this; nothing is left of it when it permits nothing.
    Define {
        /// The role; none of those that every organisation has.
        role: RoleName,
        /// What it permits, each once and in the order of the document.
        permissions: Vec<Permission>,
    },
    /// An account holds a role.
    Assign {
        /// The account.
        account: Handle,
        /// The role.
        role: RoleName,
        /// Until when; for good where nothing is said.
        until: Option<Instant>,
    },
    /// An account holds a role no more.
    Withdraw {
        /// The account.
        account: Handle,
        /// The role.
        role: RoleName,
    },
    /// A rule of the organisation's own, in Cedar: it forbids something. Nothing is left of it where there is no text.
    Rule {
        /// What it is called.
        name: RoleName,
        /// The rule.
        cedar: Option<String>,
    },
    /// Whether what gives rights takes two people.
    TwoPersons {
        /// Whether it does.
        on: bool,
    },
    /// Who signs holds a role for a short while, because something cannot wait.
    BreakGlass {
        /// The role.
        role: RoleName,
        /// Until when: at most four hours later.
        until: Instant,
        /// Why.
        reason: String,
    },
    /// Who signs has looked at an emergency.
    Review {
        /// The amendment by which it began.
        of: AmendmentId,
        /// What was found.
        finding: String,
    },
    /// Accounts belong to a segment of the organisation from now on, or do so no more; each once, in their order.
    Segment {
        /// The segment.
        name: RoleName,
        /// Who comes into it.
        add: Vec<Handle>,
        /// Who leaves it.
        remove: Vec<Handle>,
    },
    /// Whoever is in a group of the directory holds a role at the server, or does so no more.
    Map {
        /// The group, as the directory calls it, in small letters.
        group: String,
        /// The role.
        role: RoleName,
        /// Whether they hold it.
        holds: bool,
    },
    /// A guest takes part on other terms from now on.
    Host {
        /// The guest's account.
        account: Handle,
        /// The terms.
        terms: Guest,
    },
    /// Two segments may not meet, or may again.
    Barrier {
        /// They, the smaller name first.
        between: (RoleName, RoleName),
        /// Whether a barrier stands between them.
        stands: bool,
    },
}

/// A change to the charter, as its signers have agreed on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// The organisation.
    pub domain: Domain,
    /// Its id: taken in once.
    pub id: AmendmentId,
    /// The head of the charter that whoever proposed it had seen.
    pub base: Digest,
    /// When it was proposed, by the proposing device's clock.
    pub at: Instant,
    /// Who proposed it.
    pub by: Handle,
    /// What it changes.
    pub change: Change,
}

/// An account's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed {
    pub(super) by: Handle,
    pub(super) device: DeviceId,
    pub(super) signature: Signature,
}

/// An amendment with its signatures, the proposer's first, as it is stored, sent and hashed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agreed {
    #[serde(with = "serde_bytes")]
    pub(super) body: Vec<u8>,
    pub(super) signatures: Vec<Signed>,
}

/// Why an amendment is not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAmendment {
    /// It cannot be read, or holds what an amendment does not.
    #[error("the amendment cannot be read")]
    Malformed,
    /// It is for another organisation.
    #[error("the amendment is for another organisation")]
    SomebodyElse,
    /// It rests on a charter that there never was, or that is long gone.
    #[error("the amendment was made for another state of the charter: make it again")]
    OtherBase,
    /// It was taken in before, or its id was.
    #[error("the amendment was taken in before")]
    Twice,
    /// A signature does not hold, or is there twice.
    #[error("a signature of the amendment does not hold")]
    Signature,
    /// A signer may not amend the charter so.
    #[error("{0} may not amend the charter so")]
    NoRight(Handle),
    /// Somebody would give something to themselves.
    #[error("nobody signs for what they get themselves: somebody else has to")]
    ForThemselves,
    /// Permissions would meet in one person that must not.
    #[error("that must not meet in one person: {0}")]
    Conflict(&'static str),
    /// There is no such role, rule or emergency, or it is as it would be then.
    #[error("that changes nothing: {0}")]
    Nothing(&'static str),
    /// What is asked for is out of bounds.
    #[error("{0}")]
    Bounds(&'static str),
    /// The chain of a signer, or of whom it is about, is needed first.
    #[error("the chain of {0} is needed first")]
    Missing(Handle),
    /// It takes another person's signature.
    #[error("the amendment takes the signature of another person")]
    TakesAnother,
}

impl Amendment {
    /// Writes an amendment as the device of a checked chain signs it; nothing when the device is not in it.
    #[must_use]
    pub fn propose(
        charter: &Charter,
        (own, device, signer): (&Trusted, DeviceId, &dyn Sign),
        (id, change): (AmendmentId, Change),
        at: Instant,
    ) -> Option<Vec<u8>> {
        let it = own.own(device, signer)?;
        let (domain, by) = (it.domain.clone(), it.handle.clone());
        let body = cbor(&Self { domain, id, base: charter.head(), at, by: by.clone(), change });
        let signature = signer.sign(&labelled(AMENDING, &body));
        Some(cbor(&Agreed { body, signatures: vec![Signed { by, device, signature }] }))
    }

    /// Adds the signature of a device of a checked chain.
    #[must_use]
    pub fn agree(agreed: &[u8], (own, device, signer): (&Trusted, DeviceId, &dyn Sign)) -> Option<Vec<u8>> {
        let mut agreed = parts(agreed)?;
        let by = own.own(device, signer)?.handle.clone();
        let signature = signer.sign(&labelled(AMENDING, &agreed.body));
        agreed.signatures.push(Signed { by, device, signature });
        Some(cbor(&agreed))
    }

    /// Reads an amendment and who has signed it, with which devices. Nothing of it is checked.
    #[must_use]
    pub fn peek(agreed: &[u8]) -> Option<(Self, Vec<(Handle, DeviceId)>)> {
        let agreed = parts(agreed)?;
        let signers = agreed.signatures.into_iter().map(|it| (it.by, it.device)).collect();
        Some((read(&agreed.body)?, signers))
    }

    /// Whether it is the same amendment, whoever has signed it.
    #[must_use]
    pub fn is_same(one: &[u8], other: &[u8]) -> bool {
        parts(one).zip(parts(other)).is_some_and(|(one, other)| one.body == other.body)
    }
}

/// Reads an amendment in the one form in which it is written.
pub(super) fn parts(bytes: &[u8]) -> Option<Agreed> {
    read(bytes).filter(|agreed| bytes.len() <= LIMIT && cbor(agreed) == bytes)
}
