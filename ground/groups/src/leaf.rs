//! Leaves and the policy, read out of a public group.

use chancery_wire::{names::LeafName, policy::RoomPolicy};
use openmls::{
    credentials::{BasicCredential, Credential},
    extensions::Extensions,
    group::{GroupContext, Member, PublicGroup},
    treesync::LeafNode,
};

use crate::breach::Breach;

/// The group context extension that carries the room policy (RFC 9420 private-use range).
pub const POLICY_EXTENSION: u16 = 0xF0C1;

/// A leaf: who it says it is, and the key it signs with. A claim until the device chain was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// Its place in the tree.
    pub index: u32,
    /// Who it says it is.
    pub name: LeafName,
    /// Its Ed25519 signature key.
    pub key: [u8; 32],
}

impl Leaf {
    /// Reads a leaf out of a tree node or key package; `index` is its place.
    pub(crate) fn of(index: u32, leaf: &LeafNode) -> Result<Self, Breach> {
        Self::from_parts(index, leaf.credential(), leaf.signature_key().as_slice())
    }

    /// Reads a member.
    pub fn of_member(member: &Member) -> Result<Self, Breach> {
        Self::from_parts(member.index.u32(), &member.credential, &member.signature_key)
    }

    fn from_parts(index: u32, credential: &Credential, key: &[u8]) -> Result<Self, Breach> {
        let basic = BasicCredential::try_from(credential.clone()).map_err(|_| Breach::Name)?;
        let name = std::str::from_utf8(basic.identity()).map_err(|_| Breach::Name)?.parse()?;
        let key = key.try_into().map_err(|_| Breach::Name)?;
        Ok(Self { index, name, key })
    }
}

/// All leaves of a group, in the order of the tree.
pub fn roster(group: &PublicGroup) -> Result<Vec<Leaf>, Breach> {
    group.members().map(|member| Leaf::of_member(&member)).collect()
}

/// The policy in a group context.
pub fn policy_of(extensions: &Extensions<GroupContext>) -> Result<RoomPolicy, Breach> {
    let bytes = extensions.unknown(POLICY_EXTENSION).ok_or(Breach::Unknown)?;
    Ok(RoomPolicy::decode(&bytes.0)?)
}

#[cfg(test)]
pub(crate) mod example {
    use chancery_wire::{ids::DeviceId, names::LeafName};

    use super::Leaf;

    /// A leaf at a place of the tree; its device and its key say the place again.
    pub(crate) fn leaf(index: u8, account: &str) -> Leaf {
        let name = LeafName {
            domain: "bank.example".parse().unwrap(),
            account: account.parse().unwrap(),
            device: DeviceId([index; 16]),
        };
        Leaf { index: index.into(), name, key: [index; 32] }
    }
}
