//! The archive: what a device keeps for its account's recovery key is signed by that device, so that nobody else puts words there.

use chancery_wire::{
    ids::{DeviceId, RoomId},
    names::{Domain, Handle},
};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::{
    chain::cbor,
    signed::{PublicKey, Sign, Signature, labelled},
};

/// The label of the signature.
const KEPT: &str = "chancery archive 1 block";

/// What a block is, and whose: nothing in it passes for another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BlockName {
    /// The organisation.
    pub domain: Domain,
    /// The account.
    pub handle: Handle,
    /// The device that has put it there.
    pub device: DeviceId,
    /// The room it is about.
    pub room: RoomId,
    /// Which part of the room's log.
    pub block: u64,
}

/// A block before it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    lines: ByteBuf,
    signature: Signature,
}

impl BlockName {
    /// What sealing binds a block to.
    #[must_use]
    pub fn bound(&self) -> Vec<u8> {
        cbor(self)
    }

    /// Signs the lines of this block with the device's key.
    #[must_use]
    pub fn sign(&self, lines: Vec<u8>, device: &dyn Sign) -> Vec<u8> {
        let signature = device.sign(&self.signed(&lines));
        cbor(&Kept { lines: ByteBuf::from(lines), signature })
    }

    /// The lines, if the device with this key has signed them as this block. What follows after them is padding.
    #[must_use]
    pub fn checked(&self, kept: &[u8], key: &PublicKey) -> Option<Vec<u8>> {
        let kept: Kept = ciborium::de::from_reader_with_recursion_limit(kept, 16).ok()?;
        key.check(&self.signed(&kept.lines), &kept.signature).ok()?;
        Some(kept.lines.into_vec())
    }

    fn signed(&self, lines: &[u8]) -> Vec<u8> {
        labelled(KEPT, &[&self.bound()[..], lines].concat())
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    #[test]
    fn a_block_is_its_devices_and_no_other_ones() {
        let name = BlockName {
            domain: "bank.example".parse().unwrap(),
            handle: "alice".parse().unwrap(),
            device: DeviceId([1; 16]),
            room: RoomId([2; 16]),
            block: 3,
        };
        let (alice, mallory) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let mut kept = name.sign(b"lines".to_vec(), &alice);
        assert_eq!(name.checked(&kept, &mallory.public()), None);
        let others = [
            BlockName { block: 4, ..name.clone() },
            BlockName { room: RoomId([3; 16]), ..name.clone() },
            BlockName { handle: "mallory".parse().unwrap(), ..name.clone() },
        ];
        assert!(others.iter().all(|other| other.checked(&kept, &alice.public()).is_none()));
        kept.extend([0; 99]);
        assert_eq!(name.checked(&kept, &alice.public()), Some(b"lines".to_vec()));
        for at in 0..kept.len() - 99 {
            let mut bad = kept.clone();
            bad[at] ^= 1;
            assert_eq!(name.checked(&bad, &alice.public()), None, "byte {at}");
        }
    }
}
