//! Room policy: who may do what in a room, carried in the MLS group context so that every member has the same bytes.
//!
//! `chancery-groups` judges commits by it. The server reads it, and can neither change nor forge it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::names::Handle;

/// The version of the rules in this build; a room may ask for a newer one (`floor`).
pub const RULES: u16 = 1;
/// The most accounts that can hold a role above member.
const ROLES_LIMIT: usize = 1000;
/// The most accounts that can be away.
const AWAY_LIMIT: usize = 1000;

/// What an account may do in a room. Ordered: a later role may do all an earlier one may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads and writes.
    Member,
    /// Also adds and removes members.
    Moderator,
    /// Also changes the policy. A room always has an owner.
    Owner,
}

/// Whether what is said in a room may be kept by a recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Only the members can ever read it.
    Sealed,
    /// Only the devices of one account are in it: what they tell each other.
    Own,
}

/// A room's policy. Roles not listed are [`Role::Member`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoomPolicy {
    /// The lowest version of the rules a client must know to take part; never lowered.
    pub floor: u16,
    /// Whether a recorder may take part; fixed at creation.
    pub class: Class,
    /// The accounts with a role above member.
    pub roles: BTreeMap<Handle, Role>,
    /// The least role that may add members.
    pub may_add: Role,
    /// The least role that may remove members whose role is lower.
    pub may_remove: Role,
    /// The least role that may change this policy.
    pub may_change: Role,
    /// Whether members tell each other which messages they have got and read.
    pub receipts: bool,
    /// How many days of what was said before they came new members are told, by whoever adds them.
    pub history: u16,
    /// Accounts that are in the room and have no device in it now, because all of them were revoked: whoever is there brings in the
    /// one with which they come back.
    pub away: BTreeSet<Handle>,
    /// How many amendments of the charter were known when it was judged last who may meet here; never fewer.
    pub charter: u64,
}

/// Bytes that are not a policy this version can follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// The bytes are not a policy.
    #[error("not a room policy")]
    Malformed,
    /// The room asks for rules this version does not know.
    #[error("the room asks for rules version {floor}; this program knows {RULES}: update it")]
    TooNew {
        /// The version asked for.
        floor: u16,
    },
    /// No account is an owner.
    #[error("a room needs an owner")]
    NoOwner,
}

impl RoomPolicy {
    /// The policy of a new room: the founder owns it, moderators add and remove.
    #[must_use]
    pub fn founded_by(owner: Handle) -> Self {
        Self {
            floor: RULES,
            class: Class::Sealed,
            roles: BTreeMap::from([(owner, Role::Owner)]),
            may_add: Role::Moderator,
            may_remove: Role::Moderator,
            may_change: Role::Owner,
            receipts: false,
            history: 0,
            away: BTreeSet::new(),
            charter: 0,
        }
    }

    /// The policy of the room that only the devices of one account are in.
    #[must_use]
    pub fn own(owner: Handle) -> Self {
        Self { class: Class::Own, ..Self::founded_by(owner) }
    }

    /// The role of an account that is in the room.
    #[must_use]
    pub fn role(&self, account: &Handle) -> Role {
        self.roles.get(account).copied().unwrap_or(Role::Member)
    }

    /// The policy as CBOR, keys in the order of the fields.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing CBOR into memory cannot fail.
        let _ = ciborium::into_writer(self, &mut out);
        out
    }

    /// Reads and checks a policy.
    pub fn decode(bytes: &[u8]) -> Result<Self, InvalidPolicy> {
        /// The one field every version has, read first.
        #[derive(Deserialize)]
        struct Floor {
            floor: u16,
        }
        let Floor { floor } =
            ciborium::de::from_reader_with_recursion_limit(bytes, 8).map_err(|_| InvalidPolicy::Malformed)?;
        if floor > RULES {
            return Err(InvalidPolicy::TooNew { floor });
        }
        let mut rest = bytes;
        let policy: Self = ciborium::de::from_reader_with_recursion_limit(&mut rest, 8)
            .map_err(|_| InvalidPolicy::Malformed)?;
        if !rest.is_empty() || policy.roles.len() > ROLES_LIMIT || policy.away.len() > AWAY_LIMIT {
            return Err(InvalidPolicy::Malformed);
        }
        if !policy.roles.values().any(|role| *role == Role::Owner) {
            return Err(InvalidPolicy::NoOwner);
        }
        Ok(policy)
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::vector;

    const DOCUMENT: &str = include_str!("../../../protocol/rooms.md");

    #[test]
    fn the_vector_of_the_document_is_what_is_in_the_group_context() {
        let mut policy = RoomPolicy::founded_by("alice".parse().unwrap());
        policy.roles.insert("mo".parse().unwrap(), Role::Moderator);
        let bytes = vector::of(DOCUMENT, "policy");
        assert_eq!(HEXLOWER.encode(&policy.encode()), HEXLOWER.encode(&bytes));
        assert_eq!(RoomPolicy::decode(&bytes), Ok(policy));
    }

    #[test]
    fn a_policy_survives_being_written_and_read() {
        let policy = RoomPolicy::founded_by("alice".parse().unwrap());
        assert_eq!(RoomPolicy::decode(&policy.encode()), Ok(policy));
    }

    #[test]
    fn a_policy_nobody_could_change_or_follow_is_refused() {
        let mut policy = RoomPolicy::founded_by("alice".parse().unwrap());
        policy.roles.clear();
        assert_eq!(RoomPolicy::decode(&policy.encode()), Err(InvalidPolicy::NoOwner));
        let mut policy = RoomPolicy::founded_by("alice".parse().unwrap());
        policy.floor = RULES + 1;
        assert_eq!(RoomPolicy::decode(&policy.encode()), Err(InvalidPolicy::TooNew { floor: RULES + 1 }));
        assert_eq!(RoomPolicy::decode(b"\xa0"), Err(InvalidPolicy::Malformed));
    }
}
