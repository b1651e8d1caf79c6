//! The nouns of accounts.

use std::collections::BTreeSet;

use chancery_transparency::{PublicKey, Standing, Suspender};
use chancery_wire::{
    api::CameBy,
    ids::{DeviceId, InvitationId, SessionId},
    names::Handle,
    time::{DAY, Instant},
};

use crate::counter::{Assurance, Caller, Granted, Plane, Whose};

/// A device as its account's chain names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// The account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// Its signature key.
    pub key: PublicKey,
    /// What its chain makes of the account.
    pub standing: Standing,
    /// Whether the account is a program's.
    pub bot: bool,
    /// Whether the account is a guest's.
    pub guest: bool,
    /// Whether the account is a program's that says who belongs to the organisation.
    pub directory: bool,
    /// Until when it may do anything, where that is not for ever.
    pub until: Option<Instant>,
    /// How it came to the account, and when the server took it in.
    pub(crate) came: (CameBy, Instant),
}

impl KnownDevice {
    /// The device as whoever asks in a session of its own, with no role and nothing confirmed yet.
    pub(crate) fn asks(self, (session, until): (SessionId, Instant), plane: Plane, now: Instant) -> Caller {
        let (came, at) = self.came;
        let days = (now.0.saturating_sub(at.0) / (DAY * 1000)).clamp(0, Caller::DAYS.into());
        Caller {
            handle: self.handle,
            device: self.device,
            key: self.key,
            standing: self.standing,
            whose: match (self.directory, self.guest, self.bot) {
                (true, ..) => Whose::Directory,
                (_, true, _) => Whose::Guest,
                (.., true) => Whose::Program,
                _ => Whose::Person,
            },
            session,
            until,
            plane,
            elevated: false,
            assurance: Assurance::default(),
            granted: Granted::default(),
            segments: BTreeSet::new(),
            zone: None,
            came,
            days: u8::try_from(days).unwrap_or(Caller::DAYS),
        }
    }
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AccountStanding {
    /// What its chain makes of it.
    pub standing: Standing,
    /// Whether it is a program's.
    pub bot: bool,
    /// Whether it is a guest's.
    pub guest: bool,
    /// Who has suspended it, if it is.
    pub suspended: Option<Suspender>,
}

/// An invitation that waits to be used.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub id: InvitationId,
    pub handle: Handle,
    pub until: Instant,
    pub invited_by: Handle,
    pub signed: Vec<u8>,
    pub used: bool,
}

impl Pending {
    /// Whether it can still be used.
    pub(crate) fn is_open(&self, now: Instant) -> bool {
        !self.used && now < self.until
    }
}

/// The longest an invitation may wait, in days.
pub(crate) const INVITATION_DAYS: i64 = 30;
