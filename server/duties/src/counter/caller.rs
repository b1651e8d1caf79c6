//! Who asks.

use chancery_floor::{
    policy::Entity,
    work::{Actor, Resource},
};
use chancery_transparency::PublicKey;
use chancery_wire::{
    ids::{DeviceId, SessionId},
    names::Handle,
    time::Instant,
};

/// A device with a session, which has just proved its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// Its signature key.
    pub key: PublicKey,
    /// Whether the account is an officer's.
    pub officer: bool,
    /// The session.
    pub session: SessionId,
    /// When the session ends.
    pub until: Instant,
}

impl Caller {
    /// The caller as policy and journal see it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let entity = Entity::plain("Account").with("officer", self.officer);
        Actor { id: format!("device/{}", self.device), entity }
    }
}

/// The organisation as a whole: what is acted on when it is nothing smaller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Organisation;

impl Resource for Organisation {
    fn entity(&self) -> Entity {
        Entity::plain("Organisation")
    }
}
