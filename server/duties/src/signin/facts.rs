//! What sign-in tells the journal.

use chancery_floor::journal::{Fact, Meaning};
use chancery_wire::{
    ids::{DeviceId, SessionId},
    names::Handle,
    time::Instant,
};
use serde::Serialize;

/// A device got a session.
#[derive(Debug, Serialize)]
pub(crate) struct Opened {
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionId,
    /// Until when.
    pub until: Instant,
    /// The identity provider at which the person has just signed in, if one was shown.
    pub provider: Option<String>,
    /// Whether it is good where the organisation is looked after.
    pub administration: bool,
}

impl Fact for Opened {
    const KIND: &'static str = "signin.opened";
    const MEANING: &'static str = "a device proved its key and got a session: device, session, until when, at which identity provider its person has just signed in (none: nothing was shown), whether it is good where the organisation is looked after";
}

/// The roles of an account were taken up in a session.
#[derive(Debug, Serialize)]
pub(crate) struct Elevated {
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionId,
    /// Until when.
    pub until: Instant,
}

impl Fact for Elevated {
    const KIND: &'static str = "signin.elevated";
    const MEANING: &'static str =
        "the roles of an account were taken up in a session: device, session, until when";
}

/// A session was in use while the roles of the account were up in it.
#[derive(Debug, Serialize)]
pub(crate) struct WentOn {
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionId,
}

impl Fact for WentOn {
    const KIND: &'static str = "signin.went-on";
    const MEANING: &'static str = "a session was in use while the roles of the account were up in it, said once a minute at most: device, session";
}

/// The sessions of an account were ended by somebody else.
#[derive(Debug, Serialize)]
pub(crate) struct EndedBy {
    /// The account.
    pub account: Handle,
    /// By whom.
    pub by: Handle,
    /// How many sessions.
    pub sessions: u64,
}

impl Fact for EndedBy {
    const KIND: &'static str = "signin.ended-by";
    const MEANING: &'static str =
        "all sessions of an account were ended by somebody else: account, by whom, how many";
}

/// One session was ended before its time.
#[derive(Debug, Serialize)]
pub(crate) struct Closed {
    /// The device.
    pub device: DeviceId,
    /// The session.
    pub session: SessionId,
    /// By whom.
    pub by: By,
}

/// Who ends a session before its time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum By {
    /// A device of the same account.
    Device(DeviceId),
    /// The server: the token was used by somebody without the device's key.
    Exposed,
}

impl Fact for Closed {
    const KIND: &'static str = "signin.closed";
    const MEANING: &'static str = "a session was ended before its time: device, session, and by which device of the account; or by the server, because its token was used without the device's key";
}

/// Sessions ran out and were deleted.
#[derive(Debug, Serialize)]
pub(crate) struct Expired {
    /// How many.
    pub sessions: u64,
}

impl Fact for Expired {
    const KIND: &'static str = "signin.expired";
    const MEANING: &'static str = "sessions ran out and were deleted: how many";
}

/// Every kind of fact this duty tells.
pub(crate) const FACTS: &[Meaning] = &[
    Meaning::of::<Opened>(),
    Meaning::of::<Elevated>(),
    Meaning::of::<WentOn>(),
    Meaning::of::<EndedBy>(),
    Meaning::of::<Closed>(),
    Meaning::of::<Expired>(),
];
