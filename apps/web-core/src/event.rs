//! What happens by itself, told to the page.

use chancery_sdk::News;
use chancery_wire::ids::RoomId;
use serde::Serialize;

use crate::trouble::Trouble;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// There is something new in a room.
    Room {
        /// The room.
        room: RoomId,
    },
    /// A room was stopped or not entered.
    Alarm {
        /// The room.
        room: RoomId,
        /// Why.
        why: String,
    },
    /// The connection is there.
    Online,
    /// The connection is not there; it is tried again.
    Offline {
        /// Why.
        why: String,
    },
    /// The server does not take something for a moment; it is tried again.
    Later {
        /// Why.
        why: String,
    },
    /// Nothing more is taken in or sent, until the page is opened again.
    Ended {
        /// Why.
        trouble: Trouble,
    },
}

impl From<News> for Event {
    fn from(news: News) -> Self {
        match news {
            News::Line(line) => Self::Room { room: line.message.room },
            News::Joined(room) => Self::Room { room },
            News::Alarm(room, why) => Self::Alarm { room, why },
            News::Later(why) => Self::Later { why },
            News::Broken(why) => Self::Offline { why },
            News::Connected | News::Online => Self::Online,
        }
    }
}
