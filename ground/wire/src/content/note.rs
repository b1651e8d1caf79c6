//! Notes: what the devices of one account tell each other, in the room that only they are in.

use ciborium::Value;

use super::{
    Attachment, InvalidContent,
    mimi::{ATTACHMENT, EXTERNAL, fields, number, octets, sized},
};
use crate::ids::{DeviceId, RoomId};

/// What a device tells the other ones of its account (`protocol/devices.md`, *The own room*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What was said in a room before a device came lies in a file.
    History {
        /// The room.
        room: RoomId,
        /// The device it is for.
        to: DeviceId,
        /// The last entry of the room's log that it speaks of.
        upto: u64,
        /// Where it lies.
        file: Attachment,
    },
    /// The person has read a room up to an entry.
    Read {
        /// The room.
        room: RoomId,
        /// The entry.
        upto: u64,
    },
}

impl Note {
    /// The note as CBOR.
    pub(super) fn encode(&self) -> Vec<u8> {
        let id = |id: &[u8; 16]| Value::Bytes(id.to_vec());
        let value = Value::Array(match self {
            Self::History { room, to, upto, file } => {
                vec![1.into(), id(&room.0), id(&to.0), (*upto).into(), file.part()]
            }
            Self::Read { room, upto } => vec![2.into(), id(&room.0), (*upto).into()],
        });
        let mut out = Vec::new();
        // Writing CBOR into memory cannot fail.
        let _ = ciborium::into_writer(&value, &mut out);
        out
    }

    /// Reads a note. That it is read in the one form in which it is written is checked with what is around it.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, InvalidContent> {
        let value: Value = ciborium::de::from_reader_with_recursion_limit(bytes, 8)
            .map_err(|_| InvalidContent::Malformed)?;
        let kind = value.as_array().and_then(|it| it.first()).map(number).transpose()?;
        match kind {
            Some(1) => {
                let [_, room, to, upto, part] = fields(value)?;
                let mut part = part.into_array().map_err(|_| InvalidContent::Malformed)?;
                let members = part.split_off(part.len().min(3));
                let [disposition, _, cardinality] = fields(Value::Array(part))?;
                if number(&disposition)? != ATTACHMENT || number(&cardinality)? != EXTERNAL {
                    return Err(InvalidContent::Unknown);
                }
                let (room, to) = (RoomId(sized(room)?), DeviceId(sized(to)?));
                Ok(Self::History { room, to, upto: number(&upto)?, file: Attachment::read(members)? })
            }
            Some(2) => {
                let [_, room, upto] = fields(value)?;
                Ok(Self::Read { room: RoomId(sized(room)?), upto: number(&upto)? })
            }
            _ => Err(InvalidContent::Unknown),
        }
    }

    /// Reads the body of a part.
    pub(super) fn of_body(body: Value) -> Result<Self, InvalidContent> {
        Self::decode(&octets(body)?)
    }
}
