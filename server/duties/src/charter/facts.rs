//! What the charter tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{AmendmentId, Digest, RequestId},
    names::{Handle, RoleName},
};
use serde::Serialize;

/// The charter was amended.
#[derive(Debug, Serialize)]
pub(crate) struct Amended {
    /// The amendment.
    pub amendment: AmendmentId,
    /// Its place.
    pub number: u64,
    /// Who has signed it.
    pub by: Vec<Handle>,
    /// What kind of change it is.
    pub change: &'static str,
    /// Whom it is about, where it is about somebody.
    pub account: Option<Handle>,
    /// The role, rule or segments it is about, where it is about any.
    pub role: Option<String>,
    /// The head of the charter after it.
    pub head: Digest,
}

impl Fact for Amended {
    const KIND: &'static str = "charter.amended";
    const MEANING: &'static str = "the charter was amended: amendment, its place, who signed it, kind of change, account and role, rule or segments where there are any, head of the charter";
}

/// Somebody has taken a role alone, in an emergency.
#[derive(Debug, Serialize)]
pub(crate) struct GlassBroken {
    /// The amendment.
    pub amendment: AmendmentId,
    /// Who.
    pub by: Handle,
    /// The role.
    pub role: RoleName,
}

impl Fact for GlassBroken {
    const KIND: &'static str = "charter.glass-broken";
    const MEANING: &'static str = "somebody took a role alone for at most four hours, in an emergency that has to be reviewed: amendment, who, role";
}

/// Somebody has used what their roles give.
#[derive(Debug, Serialize)]
pub(crate) struct Used {
    /// The account.
    pub account: Handle,
    /// The permissions.
    pub permissions: Vec<&'static str>,
}

impl Fact for Used {
    const KIND: &'static str = "charter.used";
    const MEANING: &'static str =
        "an account used what its roles permit, for the first time in a day: account, permissions";
}

/// An amendment waits for another person.
#[derive(Debug, Serialize)]
pub(crate) struct Proposed {
    /// The amendment.
    pub amendment: AmendmentId,
    /// Who proposes it.
    pub by: Handle,
    /// What kind of change it is.
    pub change: &'static str,
}

impl Fact for Proposed {
    const KIND: &'static str = "charter.proposed";
    const MEANING: &'static str = "an amendment of the charter waits for another person's signature: amendment, who proposes it, kind of change";
}

/// A proposal was declined, or taken back.
#[derive(Debug, Serialize)]
pub(crate) struct Declined {
    /// The amendment.
    pub amendment: AmendmentId,
    /// Who has declined it.
    pub by: Handle,
}

impl Fact for Declined {
    const KIND: &'static str = "charter.declined";
    const MEANING: &'static str =
        "a proposal to amend the charter was declined, or taken back: amendment, by whom";
}

/// A request waits for another person.
#[derive(Debug, Serialize)]
pub(crate) struct RequestPutOff {
    /// The request.
    pub request: RequestId,
    /// Who has made it.
    pub by: Handle,
    /// The act that it asked for.
    pub act: String,
    /// The digest of it.
    pub digest: Digest,
}

impl Fact for RequestPutOff {
    const KIND: &'static str = "charter.put-off";
    const MEANING: &'static str =
        "a request waits for another person to agree: request, who made it, the act it asks for, its digest";
}

/// Somebody has agreed to a request of somebody else's, which is made anew then.
#[derive(Debug, Serialize)]
pub(crate) struct Agreed {
    /// The request.
    pub request: RequestId,
    /// Who has made it.
    pub by: Handle,
    /// Who has agreed.
    pub second: Handle,
    /// The act that it asked for.
    pub act: String,
    /// The digest of it.
    pub digest: Digest,
}

impl Fact for Agreed {
    const KIND: &'static str = "charter.agreed";
    const MEANING: &'static str = "somebody agreed to a request of somebody else's, which was carried out or refused then: request, who made it, who agreed, the act, its digest";
}

/// A request was declined, or taken back.
#[derive(Debug, Serialize)]
pub(crate) struct TurnedDown {
    /// The request.
    pub request: RequestId,
    /// Who has declined it.
    pub by: Handle,
}

impl Fact for TurnedDown {
    const KIND: &'static str = "charter.turned-down";
    const MEANING: &'static str =
        "a request that waited for another person was declined, or taken back: request, by whom";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[
    Meaning::of::<Amended>(),
    Meaning::of::<GlassBroken>(),
    Meaning::of::<Proposed>(),
    Meaning::of::<Used>(),
    Meaning::of::<Declined>(),
    Meaning::of::<RequestPutOff>(),
    Meaning::of::<Agreed>(),
    Meaning::of::<TurnedDown>(),
];
