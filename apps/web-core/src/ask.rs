//! What a page can ask for, and how it is done: each is one call of the SDK.

use chancery_sdk::{AccountKind, Client, SdkError, Want};
use chancery_wire::{
    content::{InvalidContent, MessageId, TEXT_LIMIT, Written},
    ids::RoomId,
    names::Handle,
    policy::Role,
};
use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{trouble::Trouble, view};

/// How many lines are shown of a search.
const FOUND: u32 = 50;

/// What a page asks for.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Who this device is; nothing while it is nobody's.
    Me,
    /// To open an account by an invitation.
    Join {
        /// The invitation's link.
        link: String,
    },
    /// To found the organisation.
    Found {
        /// The link that the server has printed.
        link: String,
        /// The name of the first account.
        handle: Handle,
    },
    /// To invite a person.
    Invite {
        /// The name of the new account.
        handle: Handle,
    },
    /// All rooms.
    Rooms,
    /// Who is in a room.
    People {
        /// The room.
        room: RoomId,
    },
    /// The last lines of a room, or those after an entry.
    Lines {
        /// The room.
        room: RoomId,
        /// The entry.
        after: Option<u64>,
        /// How many at most.
        limit: u32,
    },
    /// To open a room.
    OpenRoom {
        /// Its name.
        name: String,
        /// Who is in it from the beginning.
        members: Vec<Handle>,
    },
    /// To add people to a room.
    Add {
        /// The room.
        room: RoomId,
        /// Whom.
        members: Vec<Handle>,
    },
    /// To say something.
    Say {
        /// The room.
        room: RoomId,
        /// The text.
        text: String,
        /// The message that it answers.
        to: Option<String>,
    },
    /// To put another text in the place of an own message's.
    Edit {
        /// The room.
        room: RoomId,
        /// The message.
        message: String,
        /// The text.
        text: String,
    },
    /// To take back an own message or reaction.
    Withdraw {
        /// The room.
        room: RoomId,
        /// The message.
        message: String,
    },
    /// To react to a message.
    React {
        /// The room.
        room: RoomId,
        /// The message.
        message: String,
        /// With what: an emoji.
        with: String,
    },
    /// To leave a room.
    Leave {
        /// The room.
        room: RoomId,
    },
    /// That the person has read up to an entry.
    Read {
        /// The room.
        room: RoomId,
        /// The entry.
        seq: u64,
    },
    /// What the person has begun to write.
    Draft {
        /// The room.
        room: RoomId,
        /// The text.
        text: String,
    },
    /// To search everywhere.
    Search {
        /// The words.
        words: String,
    },
}

impl Ask {
    /// Whether something is to be sent after it.
    #[must_use]
    pub fn sends(&self) -> bool {
        !matches!(
            self,
            Self::Me | Self::Rooms | Self::People { .. } | Self::Lines { .. } | Self::Search { .. }
        )
    }
}

/// Does what a page asks for.
pub async fn perform(client: &mut Client, ask: Ask) -> Result<Value, Trouble> {
    Ok(match ask {
        Ask::Me => view::me(client.enrolled().ok().as_ref()),
        Ask::Join { link } => view::me(Some(&client.join(&link).await?)),
        Ask::Found { link, handle } => view::me(Some(&client.found(&link, &handle).await?)),
        Ask::Invite { handle } => {
            let (link, waits) = client.invite(&handle, &AccountKind::Person).await?;
            json!({"link": link.to_string(), "waits": waits})
        }
        Ask::Rooms => {
            let rooms = client.rooms()?;
            let rooms =
                rooms.iter().map(|it| view::room(client, it)).collect::<Result<Vec<_>, SdkError>>()?;
            json!(rooms)
        }
        Ask::People { room } => json!(view::people(&client.room(room)?)),
        Ask::Lines { room, after, limit } => lines(client.lines(room, after, limit)?.iter().map(view::line)),
        Ask::Search { words } => lines(
            client
                .search(&words, FOUND)?
                .iter()
                .map(|line| json!({"room": line.message.room, "line": view::line(line)})),
        ),
        Ask::OpenRoom { name, members } => json!({"room": client.open_room(&name_of(&name)?, &members)?}),
        Ask::Add { room, members } => wish(client, room, Want::Add(members, Role::Member))?,
        Ask::Say { room, text, to } => {
            let text = written(&text)?;
            let want = match to {
                Some(to) => Want::Reply { to: message(&to)?, text, threaded: false },
                None => Want::Say(text),
            };
            let said = wish(client, room, want)?;
            // Only once it is kept as a wish is it no draft any more.
            client.keep_draft(room, "")?;
            said
        }
        Ask::Edit { room, message: id, text } => {
            wish(client, room, Want::Edit(message(&id)?, written(&text)?))?
        }
        Ask::Withdraw { room, message: id } => wish(client, room, Want::Withdraw(message(&id)?))?,
        Ask::React { room, message: id, with } => {
            let with = Written::reaction(&with).map_err(unfit)?;
            wish(client, room, Want::React(message(&id)?, with))?
        }
        Ask::Leave { room } => wish(client, room, Want::Leave)?,
        Ask::Read { room, seq } => {
            client.mark_read(room, seq)?;
            Value::Null
        }
        Ask::Draft { room, text } => {
            client.keep_draft(room, &text)?;
            Value::Null
        }
    })
}

fn lines(lines: impl Iterator<Item = Value>) -> Value {
    Value::Array(lines.collect())
}

fn wish(client: &mut Client, room: RoomId, want: Want) -> Result<Value, Trouble> {
    Ok(json!({"wish": client.want(room, want)?.0}))
}

fn written(text: &str) -> Result<Written, Trouble> {
    Written::parse(text, TEXT_LIMIT).map_err(unfit)
}

fn name_of(text: &str) -> Result<Written, Trouble> {
    Written::name(text).map_err(unfit)
}

fn unfit(why: InvalidContent) -> Trouble {
    Trouble { code: "client.text".to_owned(), title: why.to_string(), remedy: None }
}

fn message(id: &str) -> Result<MessageId, Trouble> {
    let id = HEXLOWER.decode(id.as_bytes()).ok().and_then(|bytes| MessageId::from_slice(&bytes));
    id.ok_or_else(|| Trouble::nonsense(&"that is no message"))
}
