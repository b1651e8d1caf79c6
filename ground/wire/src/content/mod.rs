//! Content: what stands inside a sealed message, in the MIMI content format (draft-ietf-mimi-content, CBOR).
//!
//! Only a member's device reads or writes this. What a person wrote has no `Display`, and a `Debug` that shows its
//! length only, so that it cannot slip into a log. Every change is a message of its own that speaks of an earlier one.

mod attachment;
mod id;
mod letter;
mod marks;
mod mimi;
mod note;
mod status;
mod written;

pub use attachment::{Attachment, FileKey};
pub use id::MessageId;
pub use letter::{Letter, View};
pub use marks::Marks;
pub use note::Note;
pub use status::{REPORT_LIMIT, Status};
pub use written::{InvalidContent, NAME_LIMIT, REACTION_LIMIT, TEXT_LIMIT, Written};

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Text, as Markdown.
    Text {
        /// What was written.
        text: Written,
        /// The message it answers.
        reply_to: Option<MessageId>,
        /// The message that its thread began with.
        thread: Option<MessageId>,
        /// What it carries besides its words.
        marks: Marks,
    },
    /// Another text in the place of an earlier one's.
    Edit {
        /// The message whose text it replaces: its first version, or any later one.
        of: MessageId,
        /// The text from now on.
        text: Written,
    },
    /// An earlier message, or a reaction, is taken back.
    Withdraw(MessageId),
    /// A reaction, such as an emoji.
    Reaction {
        /// The message it is about.
        to: MessageId,
        /// What it is.
        with: Written,
    },
    /// How far messages are with the sender.
    Report(Vec<(MessageId, Status)>),
    /// The sender has taken note of an urgent message.
    Acknowledge(MessageId),
    /// A message is kept in view for everybody, or no more.
    Pin {
        /// The message.
        of: MessageId,
        /// Whether it is from now on.
        pinned: bool,
    },
    /// Those who came into the room by one entry are told what was said before, up to another, from a file.
    History {
        /// The entry by which they came.
        before: u64,
        /// The last entry that it speaks of.
        upto: u64,
        /// Where it lies.
        file: Attachment,
    },
    /// A file.
    File(Attachment),
    /// Something for the other devices of the same account.
    Note(Note),
    /// The room has a new name.
    RoomName(Written),
    /// The room has a new topic.
    RoomTopic(Written),
}

impl Content {
    /// Text by itself, which answers nothing.
    #[must_use]
    pub fn text(text: Written) -> Self {
        Self::Text { text, reply_to: None, thread: None, marks: Marks::default() }
    }
}
