//! The charter: who holds which role, and why an act is allowed or refused.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    bytes::Opaque,
    ids::{AmendmentId, DeviceId, Digest, RequestId, RoomId},
    names::{Handle, RoleName},
    time::Instant,
};

/// Deposits an amendment of the charter with one more signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amend {
    /// The amendment, signed last by the calling device (`protocol/charter.md`).
    pub amendment: Opaque,
}

/// How an amendment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Amended {
    /// The amendment.
    pub id: AmendmentId,
    /// Its place in the charter, from 1; nothing where it waits for another person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
}

/// A part of the charter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Charter {
    /// Amendments as their signers signed them, in order.
    pub amendments: Vec<Opaque>,
    /// How many there are altogether.
    pub number: u64,
    /// The organisation's root.
    pub root: Digest,
}

/// Amendments that wait for another person's signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Proposals {
    /// Them, the oldest first.
    pub proposals: Vec<Opaque>,
}

/// A request was put off: another person has to agree to it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PutOff {
    /// What it is called while it waits.
    pub request: RequestId,
}

/// Requests that wait for another person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingRequests {
    /// Them, the oldest first.
    pub requests: Vec<WaitingRequest>,
}

/// A request that waits for another person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaitingRequest {
    /// What it is called.
    pub id: RequestId,
    /// Who has made it.
    pub by: Handle,
    /// From which device.
    pub device: DeviceId,
    /// When.
    pub asked: Instant,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The body.
    pub body: Opaque,
    /// What it does, in words.
    pub words: String,
}

/// Agrees to a request of somebody else's, which is carried out then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Agree {
    /// The digest of exactly that request (`protocol/charter.md`).
    pub digest: Digest,
}

/// Asks why somebody may do something, or may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// The account; the calling one where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Handle>,
    /// The act, such as `accounts.invite`.
    #[schema(max_length = 64)]
    pub act: String,
}

/// How a device came to its account, as its chain says. A device that was linked by one as which the account came back has come so too:
/// linking one more makes nothing older or better known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CameBy {
    /// It opened the account.
    First,
    /// Another device linked it.
    Device,
    /// The account came back with the key that its owner had put away.
    RecoveryKey,
    /// The account came back because two officers vouched.
    Officers,
}

impl CameBy {
    /// All ways.
    pub const ALL: [Self; 4] = [Self::First, Self::Device, Self::RecoveryKey, Self::Officers];

    /// The word for it: in policies, on the wire, and where it is kept.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Device => "device",
            Self::RecoveryKey => "recovery-key",
            Self::Officers => "officers",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// Why somebody may do something, or may not.
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own, on the wire")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// Whether the act is allowed as things stand.
    pub allowed: bool,
    /// The roles that the account holds.
    pub roles: Vec<HeldRole>,
    /// The policies that decided, in Cedar.
    pub policies: Vec<String>,
    /// The organisation's own rules that forbid it.
    pub rules: Vec<RoleName>,
    /// Whether it would be allowed once its owner has approved it with a passkey.
    pub with_passkey: bool,
    /// The roles of which any would allow it, where it is not.
    pub with_roles: Vec<RoleName>,
    /// The roles of which any would allow it, and which must not meet with those that the account holds.
    pub in_conflict: Vec<RoleName>,
    /// Whether only officers may, whatever roles somebody holds, and the account is none.
    pub only_officers: bool,
    /// The zones of the network from any of which it would be allowed, where it is not.
    pub from_zones: Vec<String>,
    /// How a device would have to have come to the account for it to be allowed, where it is not: any of these.
    #[serde(default)]
    pub by_devices: Vec<CameBy>,
    /// In how many days the device will be old enough for it, where it is not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_days: Option<u8>,
    /// Whether it waits for another person, who has to agree to it.
    #[serde(default)]
    pub takes_two: bool,
}

/// A role that an account holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldRole {
    /// The role.
    pub role: RoleName,
    /// Until when; for good where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
    /// Whether the account holds it as an officer.
    pub as_officer: bool,
    /// Whether the account holds it, at the server, for being in a group of the directory.
    #[serde(default)]
    pub by_group: bool,
}

/// Facts of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facts {
    /// Them, in order.
    pub facts: Vec<Fact>,
}

/// A fact of the journal (`protocol/journal.md`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fact {
    /// Its place, from 1.
    pub seq: u64,
    /// When it was written.
    pub at: Instant,
    /// Its kind, such as `accounts.joined`.
    pub kind: String,
    /// The fact itself: CBOR `[at, actor, kind, {…}]`.
    pub fact: Opaque,
    /// The head of the journal after it.
    pub head: Digest,
}

/// Takes up the roles of the account in the calling session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Elevate {
    /// For how many minutes: 1 to 480.
    pub minutes: u32,
}

/// Until when the roles of the account are taken up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Elevation {
    /// Until then; not beyond the end of the session.
    pub until: Instant,
}

/// Rooms in which people are who may not meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApartRooms {
    /// The rooms.
    pub rooms: Vec<ApartRoom>,
}

/// A room in which people are who may not meet: nothing is said there until those of one side have gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApartRoom {
    /// The room.
    pub room: RoomId,
    /// The two sides of each barrier that runs through it.
    pub apart: Vec<[Side; 2]>,
    /// Who can remove anybody there.
    pub owners: Vec<Handle>,
}

/// Those in a room who belong to a segment, themselves or by whoever answers for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Side {
    /// The segment.
    pub segment: RoleName,
    /// They.
    pub accounts: Vec<Handle>,
}

/// What of their roles people have not used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnusedRights {
    /// The roles, by account.
    pub unused: Vec<UnusedRight>,
    /// Since when it is written down what is used; nothing is said of longer ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Instant>,
}

/// A role of which its holder has used less than it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnusedRight {
    /// Who holds it.
    pub account: Handle,
    /// The role.
    pub role: RoleName,
    /// What of it was not used.
    pub permissions: Vec<String>,
    /// Whether the whole role could go: whatever was used of it, other roles give as well.
    pub whole: bool,
}
