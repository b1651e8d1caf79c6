//! Notes: what the devices of one account tell each other, in the room that only they are in.

use ciborium::Value;

use super::{
    Attachment, InvalidContent, TEXT_LIMIT, Written,
    mimi::{fields, number, sized},
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
    /// What the person has begun to write in a room, or nothing any more.
    Draft {
        /// The room.
        room: RoomId,
        /// The text.
        text: Option<Written>,
    },
    /// The person wants to be told of what is new in a room, or not.
    Mute {
        /// The room.
        room: RoomId,
        /// Whether not.
        muted: bool,
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
            Self::Draft { room, text } => {
                let text = text.as_ref().map_or(Value::Null, |text| text.reveal().into());
                vec![3.into(), id(&room.0), text]
            }
            Self::Mute { room, muted } => vec![4.into(), id(&room.0), Value::Bool(*muted)],
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
                let (room, to) = (RoomId(sized(room)?), DeviceId(sized(to)?));
                Ok(Self::History { room, to, upto: number(&upto)?, file: Attachment::of_part(part)? })
            }
            Some(2) => {
                let [_, room, upto] = fields(value)?;
                Ok(Self::Read { room: RoomId(sized(room)?), upto: number(&upto)? })
            }
            Some(3) => {
                let [_, room, text] = fields(value)?;
                let text = match text {
                    Value::Null => None,
                    Value::Text(text) => Some(Written::parse(&text, TEXT_LIMIT)?),
                    _ => return Err(InvalidContent::Malformed),
                };
                Ok(Self::Draft { room: RoomId(sized(room)?), text })
            }
            Some(4) => {
                let [_, room, muted] = fields(value)?;
                let muted = muted.as_bool().ok_or(InvalidContent::Malformed)?;
                Ok(Self::Mute { room: RoomId(sized(room)?), muted })
            }
            _ => Err(InvalidContent::Unknown),
        }
    }
}
