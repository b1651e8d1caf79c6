//! Notices: what one node tells the others of what it has written, so that what they know by heart is not old for long.
//!
//! A notice is part of the transaction that it is about: it is heard if that is durable, and then only. Nothing rests on when it is heard,
//! for what is written is checked by the database itself; a node that may have missed one forgets everything it knows by heart.

use chancery_wire::ids::{DeviceId, RoomId};
use serde::{Deserialize, Serialize};

/// How many bytes one message between nodes may have, so that PostgreSQL takes it (it takes less than 8,000).
const MESSAGE: usize = 7_000;
/// How many ids are in one notice at most: as text, they fit into a message.
const IDS: usize = 200;

/// What one node tells the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// In these rooms something was written.
    Written(Vec<RoomId>),
    /// These devices came into a room.
    Came(RoomId, Vec<DeviceId>),
    /// These devices are in a room no more.
    Went(RoomId, Vec<DeviceId>),
    /// In these rooms there is something to look after.
    Look(Vec<RoomId>),
    /// These devices are not heard as they were: their connections are closed.
    Closed(Vec<DeviceId>),
    /// The charter was amended.
    Amended,
}

impl Notice {
    /// The same in several, each small enough to be sent.
    fn parts(self) -> Vec<Self> {
        fn cut<T: Clone>(ids: &[T], of: impl Fn(Vec<T>) -> Notice) -> Vec<Notice> {
            ids.chunks(IDS).map(|ids| of(ids.to_vec())).collect()
        }
        match self {
            Self::Written(rooms) => cut(&rooms, Self::Written),
            Self::Came(room, devices) => cut(&devices, |devices| Self::Came(room, devices)),
            Self::Went(room, devices) => cut(&devices, |devices| Self::Went(room, devices)),
            Self::Look(rooms) => cut(&rooms, Self::Look),
            Self::Closed(devices) => cut(&devices, Self::Closed),
            Self::Amended => vec![Self::Amended],
        }
    }
}

/// The messages that say these notices, in order; each a JSON text on a line.
pub(crate) fn messages(notices: Vec<Notice>) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for notice in notices.into_iter().flat_map(Notice::parts) {
        let Ok(line) = serde_json::to_string(&notice) else { continue };
        match messages.last_mut() {
            Some(last) if last.len() + line.len() < MESSAGE => {
                last.push('\n');
                last.push_str(&line);
            }
            _ => messages.push(line),
        }
    }
    messages
}

/// The notices of a message; nothing where one of them is none that this version knows.
pub(crate) fn read(message: &str) -> Option<Vec<Notice>> {
    message.lines().map(|line| serde_json::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard_whole_and_in_order_however_much_it_is() {
        let device = |n: u32| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            DeviceId(id)
        };
        let (room, all) = (RoomId([7; 16]), (0..1000).map(device).collect::<Vec<_>>());
        let told = vec![Notice::Amended, Notice::Came(room, all.clone()), Notice::Look(vec![room])];
        let messages = messages(told);
        assert!(messages.len() > 1 && messages.iter().all(|it| it.len() < 8000));
        let heard: Vec<_> = messages.iter().flat_map(|it| read(it).unwrap()).collect();
        assert_eq!((heard.first(), heard.last()), (Some(&Notice::Amended), Some(&Notice::Look(vec![room]))));
        let came: Vec<_> = heard
            .iter()
            .filter_map(|it| if let Notice::Came(_, devices) = it { Some(devices.clone()) } else { None })
            .flatten()
            .collect();
        assert_eq!(came, all);
        assert_eq!(read("{\"unheard-of\":[]}"), None, "a newer version may tell more");
    }

    #[test]
    fn of_nothing_nothing_is_told() {
        assert!(messages(vec![Notice::Written(vec![]), Notice::Closed(vec![])]).is_empty());
    }
}
