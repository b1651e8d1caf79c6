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
    /// Whether the account is a program's that says who belongs to the organisation.
    pub directory: bool,
    /// The session.
    pub session: SessionId,
    /// When the session ends.
    pub until: Instant,
    /// How far its owner has confirmed what it asks for.
    pub assurance: Assurance,
}

/// How far a person has confirmed, with a passkey, what a device asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assurance {
    /// Whether the account has a passkey.
    pub passkey: bool,
    /// Whether this request was approved, or needs no approval.
    pub confirmed: bool,
}

impl Caller {
    /// The caller as policy and journal see it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let Assurance { passkey, confirmed } = self.assurance;
        let account = Entity::plain("Account").with("officer", self.officer);
        let account = account.with("directory", self.directory).with("passkey", passkey);
        let entity = account.clone().with("confirmed", confirmed);
        let confirmed = (!confirmed).then(|| account.with("confirmed", true));
        Actor { id: format!("device/{}", self.device), entity, confirmed }
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
