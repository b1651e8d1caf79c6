//! The administrative API, version 1: JSON bodies of every route (`protocol/api/v1.json` is generated from them).
//!
//! Unknown fields are refused on requests and ignored on responses.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

mod charter;
mod guests;
mod providers;
mod suspensions;

pub use charter::{
    Agree, Amend, Amended, ApartRoom, ApartRooms, CameBy, Charter, Elevate, Elevation, Explain, Explanation,
    Fact, Facts, HeldRole, Proposals, PutOff, Side, UnusedRight, UnusedRights, WaitingRequest,
    WaitingRequests,
};
pub use guests::{Guest, Guests};
pub use providers::{JoinByProvider, Provider, Providers, SignIn, TrustProvider, WithdrawProvider};
pub use suspensions::{Suspend, Suspension, Suspensions, Waiting};

use crate::{
    bytes::Opaque,
    ids::{CeremonyId, DeviceId, Digest, InvitationId, LinkingId, PasskeyId, RoomId, SessionId},
    names::{Domain, Handle},
    time::Instant,
};

/// The most accounts whose chains are asked for at once.
pub const CHAINS_LIMIT: usize = 256;
/// The most key packages for one use that a device may have deposited.
pub const PACKAGES_LIMIT: usize = 200;

/// How long two devices have to meet, in seconds.
pub const LINKING_SECONDS: i64 = 600;
/// How long a ceremony is open, and what was approved in it may be done, in seconds.
pub const CEREMONY_SECONDS: i64 = 300;
/// The most passkeys an account has.
pub const PASSKEYS_LIMIT: usize = 16;
/// The header that names the ceremony in which a request was approved.
pub const APPROVAL: &str = "chancery-approval";
/// The header of a refusal that names the address at which roles count.
pub const ADMINISTRATION: &str = "chancery-administration";

/// How many parts their meeting has.
pub const LINKING_PARTS: u8 = 6;

/// What anybody may know about a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Organisation {
    /// The organisation's domain.
    pub domain: Domain,
    /// Whether it has been founded.
    pub founded: bool,
}

/// Founds the organisation: the first device of the first account, which vouches for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The one-time code the server printed.
    pub code: Opaque,
    /// The founding entry of the device chain.
    pub entry: Opaque,
}

/// Opens an account by invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// The invitation used.
    pub invitation: InvitationId,
    /// The first entry of the account's device chain.
    pub entry: Opaque,
}

/// The account a device belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
}

/// Takes a device into the account of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The next entry of the account's device chain, signed by both devices.
    pub entry: Opaque,
}

/// Says which key brings the calling account back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepRecoveryKey {
    /// The next entry of the account's device chain.
    pub entry: Opaque,
}

/// What is kept for the recovery key of the calling account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Archive {
    /// The blocks.
    pub blocks: Vec<ArchivedBlock>,
}

/// A block: what one device has kept of a part of a room's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ArchivedBlock {
    /// The room.
    pub room: RoomId,
    /// Which part of its log, from 0.
    pub block: u64,
    /// The device.
    pub device: DeviceId,
    /// How many bytes it has, sealed.
    pub bytes: u64,
}

/// Asks for the chain of an account that is to come back by its recovery key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRecovery {
    /// The account.
    pub handle: Handle,
    /// When, by the asker's clock; up to a minute from the server's.
    pub at: Instant,
    /// The proof of the recovery key.
    pub proof: Opaque,
}

/// A room in which a leaf does not fit its account's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingRoom {
    /// The room.
    pub room: RoomId,
    /// The account.
    pub handle: Handle,
}

/// The rooms of a device in which a leaf does not fit its account's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingRooms {
    /// The rooms.
    pub pending: Vec<PendingRoom>,
}

/// In how many rooms the calling account's leaves are to be seen to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pended {
    /// How many.
    pub rooms: u64,
}

/// Revokes another device of the calling account, or of any by an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// The next entry of the account's device chain.
    pub entry: Opaque,
}

/// Opens a meeting in which a device links another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Meet {
    /// Its id, chosen by the device.
    pub linking: LinkingId,
    /// For whom an officer vouches in it; left out where the device links another one to its own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Handle>,
}

/// Says the next part of a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SayPart {
    /// Which one: 1 to [`LINKING_PARTS`], each after the one before.
    pub number: u8,
    /// What is said; it proves itself to the other device.
    pub part: Opaque,
}

/// What was said in a meeting, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Parts {
    /// The parts.
    pub parts: Vec<Opaque>,
}

/// An account's device chain, oldest entry first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Chain {
    /// The account.
    pub handle: Handle,
    /// The signed entries.
    pub entries: Vec<Opaque>,
}

/// Deposits an invitation, signed by the inviting device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// The signed invitation.
    pub invitation: Opaque,
}

/// Device chains that are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskChains {
    /// The accounts, at most [`CHAINS_LIMIT`].
    pub handles: Vec<Handle>,
}

/// Device chains, and those of whoever invited their accounts, up to the founding. Inviters come before the invited;
/// accounts that do not exist are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Chains {
    /// The chains.
    pub chains: Vec<Chain>,
}

/// An invitation, as the one who holds its link sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The account it opens.
    pub handle: Handle,
    /// Until when.
    pub until: Instant,
    /// The invitation as signed by the inviting device.
    pub invitation: Opaque,
    /// The inviter's chain and those it rests on, the founding first.
    pub chains: Vec<Chain>,
}

/// A session, as given to the device that proved its key.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The token: 256 bits, useless without the device key.
    pub token: Opaque,
    /// How long it lives, in seconds.
    pub seconds: i64,
}

/// The sessions of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// By device, the newest of each first.
    pub sessions: Vec<OpenSession>,
}

/// A session as its account sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenSession {
    /// The session.
    pub session: SessionId,
    /// Whose it is.
    pub device: DeviceId,
    /// When it was opened.
    pub opened: Instant,
    /// When it ends.
    pub until: Instant,
    /// Whether it is the one of this request.
    pub this: bool,
    /// Whether it is good where the organisation is looked after, and nowhere else.
    #[serde(default)]
    pub administration: bool,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({} s)", self.seconds)
    }
}

/// The passkeys of the calling account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Passkeys {
    /// The oldest first.
    pub passkeys: Vec<Passkey>,
}

/// A passkey, as its account sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Passkey {
    /// The passkey.
    pub passkey: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub added: Instant,
    /// When it was used last.
    pub used: Option<Instant>,
    /// Whether it can be copied to other devices, by whoever made the authenticator.
    pub synced: bool,
    /// The model of the authenticator (AAGUID), where it has attested one.
    pub model: Option<String>,
}

/// Opens a ceremony in which a passkey is added to the calling account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPasskey {
    /// What its owner calls it: 1 to 64 characters on one line.
    #[schema(min_length = 1, max_length = 64)]
    pub name: String,
}

/// Opens a ceremony in which the calling account approves one request with a passkey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approve {
    /// The method of the request.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its body, byte for byte; empty where it has none.
    pub body: Opaque,
}

/// A ceremony that waits for the person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ceremony {
    /// The ceremony.
    pub ceremony: CeremonyId,
    /// Where the person goes with a browser. It is a secret: to approve takes a passkey of the account, but where one is to be added, whoever
    /// has this address may add theirs.
    pub url: String,
    /// Until when.
    pub until: Instant,
}

impl std::fmt::Debug for Ceremony {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ceremony({})", self.ceremony)
    }
}

/// How a ceremony stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CeremonyState {
    /// Whether the person has used the passkey.
    pub done: bool,
}

/// Asks what a ceremony is about; for the page in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAtCeremony {
    /// What the address of the page ended with.
    pub secret: Opaque,
}

/// What a ceremony is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CeremonyView {
    /// The account.
    pub handle: Handle,
    /// What happens when the passkey is used, in words.
    pub words: String,
    /// The device that asks.
    pub device: DeviceId,
    /// Whether a passkey is made, and not used.
    pub makes: bool,
    /// What the browser is asked for: `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`
    /// (WebAuthn Level 3, section 5.1).
    #[schema(value_type = Object)]
    pub options: serde_json::Value,
}

/// What the authenticator answered; for the page in the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishCeremony {
    /// What the address of the page ended with.
    pub secret: Opaque,
    /// `RegistrationResponseJSON` or `AuthenticationResponseJSON` (WebAuthn Level 3, section 5.1).
    #[schema(value_type = Object)]
    pub answer: serde_json::Value,
}

/// Deposits key packages for others to add this device with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// Key packages for one use each.
    pub packages: Vec<Opaque>,
    /// The key package to hand out when the others are used up; replaces the last one.
    pub last_resort: Option<Opaque>,
}

/// How many key packages for one use are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stock {
    /// The number.
    pub left: i64,
}

/// Claims key packages of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Of these devices only; of all when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices: Option<Vec<DeviceId>>,
}

/// Begins to put a file into a room, or goes on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginFile {
    /// How many parts it has, sealed: at least one.
    pub parts: u64,
}

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileState {
    /// How many parts it has.
    pub parts: u64,
    /// The part that comes next, counted from 0; as many as there are when it is whole.
    pub next: u64,
}

/// A key package of each device of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claimed {
    /// The key packages, one a device.
    pub packages: Vec<Opaque>,
}

/// Opens a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The room's id, chosen by the client; the same room again is answered the same.
    pub room: RoomId,
    /// The MLS `GroupInfo` of epoch 0.
    pub group_info: Opaque,
    /// The ratchet tree of epoch 0.
    pub tree: Opaque,
}

/// Where a room stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomHead {
    /// The room.
    pub room: RoomId,
    /// Its epoch.
    pub epoch: u64,
    /// Its last entry.
    pub seq: u64,
    /// The chain head after that entry.
    pub head: Digest,
}

/// The rooms a device is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rooms {
    /// Where each of them stands.
    pub rooms: Vec<RoomHead>,
}

/// The rooms that wait to be joined by a device, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Welcomes {
    /// At most 16; the next ones show when these were joined and acknowledged.
    pub welcomes: Vec<Welcome>,
}

/// A room that waits to be joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Welcome {
    /// The room.
    pub room: RoomId,
    /// The entry that added the device.
    pub seq: u64,
    /// The chain head after that entry.
    pub head: Digest,
    /// The MLS `Welcome`.
    pub welcome: Opaque,
    /// The ratchet tree of the epoch joined.
    pub tree: Opaque,
}

/// What a device needs to come back into a room whose state it lost or cannot follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Return {
    /// Where the room stands.
    pub head: RoomHead,
    /// The MLS `GroupInfo` of the current epoch.
    pub group_info: Opaque,
    /// The ratchet tree of the current epoch.
    pub tree: Opaque,
}
