//! Who asks.

use std::{collections::BTreeSet, sync::Arc};

use chancery_floor::{
    policy::Entity,
    work::{Actor, Resource},
};
use chancery_transparency::{Charter, Permission, PublicKey, Standing};
use chancery_wire::{
    api::CameBy,
    ids::{DeviceId, SessionId},
    names::{Handle, RoleName},
    time::Instant,
};

use super::Plane;

/// A device with a session, which has just proved its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Its account.
    pub handle: Handle,
    /// The device.
    pub device: DeviceId,
    /// Its signature key.
    pub key: PublicKey,
    /// What its device chain makes of the account.
    pub standing: Standing,
    /// Whose account it is.
    pub(crate) whose: Whose,
    /// The session.
    pub session: SessionId,
    /// When the session ends.
    pub until: Instant,
    /// Where it asks; the session is good at no other listener.
    pub(crate) plane: Plane,
    /// Whether the roles that the account holds are taken up in this session, with a passkey.
    pub elevated: bool,
    /// How far its owner has confirmed what it asks for.
    pub assurance: Assurance,
    /// The roles that the account holds.
    pub granted: Granted,
    /// The segments that the account belongs to, by itself or by whoever answers for it.
    pub(crate) segments: BTreeSet<RoleName>,
    /// From which of the networks that the organisation has named it asks, if from one of them.
    pub zone: Option<Arc<str>>,
    /// How its device came to the account.
    pub(crate) came: CameBy,
    /// How many whole days ago that was, at most [`Caller::DAYS`].
    pub(crate) days: u8,
}

/// Whose an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Somebody's who belongs to the organisation.
    Person,
    /// Somebody's from outside, for whom a sponsor answers.
    Guest,
    /// A program's, for which its owner answers.
    Program,
    /// A program's that says who belongs to the organisation.
    Directory,
}

/// The roles that an account holds, and what they permit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    roles: BTreeSet<RoleName>,
    permissions: BTreeSet<Permission>,
}

impl Granted {
    /// What these roles permit by that charter.
    #[must_use]
    pub fn by(charter: &Charter, roles: impl IntoIterator<Item = RoleName>) -> Self {
        let roles: BTreeSet<RoleName> = roles.into_iter().collect();
        let permissions = roles.iter().filter_map(|role| charter.permits(role)).flatten().copied().collect();
        Self { roles, permissions }
    }

    /// What the roles permit.
    #[must_use]
    pub fn permissions(&self) -> &BTreeSet<Permission> {
        &self.permissions
    }

    /// The same without some of what they permit.
    #[must_use]
    pub fn without(&self, gone: impl Fn(Permission) -> bool) -> Self {
        let permissions = self.permissions.iter().copied().filter(|it| !gone(*it)).collect();
        Self { roles: self.roles.clone(), permissions }
    }
}

/// How far people stand behind what a device asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assurance {
    /// Whether the account has a passkey.
    pub passkey: bool,
    /// Whether this request was approved, or needs no approval.
    pub confirmed: bool,
    /// Whether the organisation takes two people for some acts, and nobody else has agreed to this one.
    pub alone: bool,
}

impl Caller {
    /// After so many days a device is as old as any.
    pub(crate) const DAYS: u8 = 30;

    /// The caller as policy and journal see it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let Assurance { passkey, confirmed, alone } = self.assurance;
        let account = Entity::plain("Account").with("officer", self.standing.is_officer());
        let account = account.with("directory", self.whose == Whose::Directory).with("passkey", passkey);
        let account = account.with_word("zone", self.zone.as_ref());
        let came = self.came.as_str().into();
        let mut account = account.with_word("came", Some(&came)).with_number("days", self.days);
        // Said of guests alone, as the zone is of those who ask from one.
        if self.whose == Whose::Guest {
            account = account.with("guest", true);
        }
        for it in &self.granted.roles {
            account = account.within("Role", it.as_str());
        }
        for it in &self.segments {
            account = account.within("Segment", it.as_str());
        }
        // A stolen session is to give nothing: the roles count for what was approved, and once taken up. Where no passkey is asked for, all
        // is approved. Where people talk they never count, so that nothing that goes on there reaches them.
        let (here, up) = (self.plane.counts_roles(), self.elevated || confirmed);
        let holding = self.granted.permissions.iter();
        let holding =
            holding.fold(account.clone(), |it, permission| it.within("Permission", permission.as_str()));
        let entity = if here && up { holding.clone() } else { account.clone() }.with("confirmed", confirmed);
        let agreed = alone.then(|| entity.clone());
        let entity = if alone { entity.with("alone", true) } else { entity };
        let taken_up = (here && !up).then(|| holding.clone().with("confirmed", false));
        let holds = !self.granted.permissions.is_empty();
        let elsewhere = (!here && holds).then(|| holding.clone().with("confirmed", true));
        let confirmed = (!confirmed).then(|| if here { holding } else { account }.with("confirmed", true));
        Actor { id: format!("device/{}", self.device), entity, confirmed, taken_up, elsewhere, agreed }
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
