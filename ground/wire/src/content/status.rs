//! Status: how far messages are with somebody, several at once (draft-mahy-mimi-message-status-01).

use ciborium::Value;

use super::{
    InvalidContent, MessageId,
    mimi::{fields, number, octets},
};

/// The most messages that one report is about.
pub const REPORT_LIMIT: usize = 200;

/// How far a message is with somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// A device has it.
    Delivered,
    /// The person has seen it.
    Read,
}

impl Status {
    /// The number in the draft.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Delivered => 1,
            Self::Read => 2,
        }
    }

    /// The status with a number, if this version shows it.
    #[must_use]
    pub fn of_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Delivered),
            2 => Some(Self::Read),
            _ => None,
        }
    }
}

/// The report as CBOR: pairs of a message's id and its status.
pub(super) fn encode(report: &[(MessageId, Status)]) -> Vec<u8> {
    let pair = |(id, status): &(MessageId, Status)| {
        Value::Array(vec![Value::Bytes(id.0.to_vec()), status.number().into()])
    };
    let mut out = Vec::new();
    // Writing CBOR into memory cannot fail.
    let _ = ciborium::into_writer(&Value::Array(report.iter().map(pair).collect()), &mut out);
    out
}

/// Reads a report. That it is read in the one form in which it is written is checked with what is around it.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<(MessageId, Status)>, InvalidContent> {
    let value: Value =
        ciborium::de::from_reader_with_recursion_limit(bytes, 4).map_err(|_| InvalidContent::Malformed)?;
    let pairs = value.into_array().map_err(|_| InvalidContent::Malformed)?;
    if pairs.is_empty() || pairs.len() > REPORT_LIMIT {
        return Err(InvalidContent::Malformed);
    }
    let pair = |pair: Value| {
        let [id, status] = fields(pair)?;
        let id = MessageId::from_slice(&octets(id)?).ok_or(InvalidContent::Unknown)?;
        Ok((id, Status::of_number(number(&status)?).ok_or(InvalidContent::Unknown)?))
    };
    pairs.into_iter().map(pair).collect()
}
