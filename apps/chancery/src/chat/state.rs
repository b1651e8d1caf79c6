//! What the screen shows and what is typed: a model without vault, network or terminal.

use std::collections::{HashMap, HashSet};

use chancery_sdk::{Line, RoomView, WishId};
use chancery_wire::{content::MessageId, ids::RoomId, names::Handle};

use super::{
    composer::{Composer, Target},
    paint::Paint,
    panes::Panes,
    people::People,
    rooms::Listed,
    search::Search,
    status::{Connection, Draft},
    timeline::Timeline,
    transfer::{Place, Transfer},
    typed::Typed,
};

/// Where keys go while nothing stands over the panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    Composer,
    Rooms,
    Lines,
}

/// What stands over the panes.
#[derive(Clone, Debug)]
pub(super) enum Over {
    Help {
        top: usize,
    },
    Search(Search),
    People(People),
    Place(Place),
    Transfers {
        chosen: usize,
    },
    /// What to react with, to a message.
    React(MessageId, Typed),
    Question(Question),
}

/// What is asked before it is done.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// To take back an own message, which says this.
    Withdraw(MessageId, String),
    /// To forget a wish that will not be done, which is this.
    Forget(WishId, String),
    /// To end although files are on their way.
    End(usize),
}

impl Question {
    pub(super) fn words(&self) -> String {
        match self {
            Self::Withdraw(_, gist) => {
                format!("Take back “{gist}”? Everybody sees that something was taken back.")
            }
            Self::Forget(_, what) => format!("Forget “{what}”, which was not done?"),
            Self::End(files) => {
                format!(
                    "End? {files} on the way stop; sending or saving the same again goes on where it stopped."
                )
            }
        }
    }
}

/// A thread that is open.
#[derive(Debug)]
pub(super) struct Thread {
    /// The message it began with.
    pub(super) root: MessageId,
    pub(super) gist: String,
    pub(super) timeline: Timeline,
}

/// Everything.
#[derive(Debug)]
pub(super) struct Chat {
    pub(super) me: Handle,
    /// Who the person is and where, as the title says it.
    pub(super) title: String,
    pub(super) paint: Paint,
    pub(super) size: (u16, u16),
    /// The rooms, the most recently active first.
    pub(super) rooms: Vec<Listed>,
    /// The room that is shown.
    pub(super) at: Option<RoomId>,
    pub(super) timeline: Timeline,
    pub(super) thread: Option<Thread>,
    composers: HashMap<RoomId, Composer>,
    pub(super) focus: Focus,
    pub(super) over: Option<Over>,
    pub(super) connection: Connection,
    pub(super) draft: Draft,
    /// What was noted last; gone at the next key.
    pub(super) note: Option<String>,
    /// The last message of the room that is kept in view, in a few words.
    pub(super) pinned: Option<String>,
    /// The first urgent message of the room that waits for the person: its place, and a few words of it.
    pub(super) urgent: Option<(u64, String)>,
    /// What must not be, and was found in a room since the program began.
    pub(super) alarms: HashMap<RoomId, String>,
    pub(super) transfers: Vec<Transfer>,
    /// Whether Ctrl-C was pressed once.
    pub(super) ending: bool,
    /// Whether the person looks, as far as the terminal tells.
    pub(super) attentive: bool,
}

impl Chat {
    pub(super) fn new(me: Handle, title: String, paint: Paint) -> Self {
        Self {
            me,
            title,
            paint,
            size: (0, 0),
            rooms: vec![],
            at: None,
            timeline: Timeline::default(),
            thread: None,
            composers: HashMap::new(),
            focus: Focus::Composer,
            over: None,
            connection: Connection::Connecting,
            draft: Draft::None,
            note: None,
            pinned: None,
            urgent: None,
            alarms: HashMap::new(),
            transfers: vec![],
            ending: false,
            attentive: true,
        }
    }

    /// Puts the rooms in their order, and begins with the first one where none is shown yet.
    pub(super) fn sort(&mut self) {
        self.rooms.sort_by_key(|room| std::cmp::Reverse((room.active, room.view.id)));
        if self.at.is_none() {
            self.at = self.rooms.first().map(|room| room.view.id);
        }
    }

    /// The room that is shown.
    pub(super) fn room(&self) -> Option<&RoomView> {
        self.rooms.iter().map(|room| &room.view).find(|view| Some(view.id) == self.at)
    }

    /// Its place in the list.
    pub(super) fn place(&self) -> Option<usize> {
        self.rooms.iter().position(|room| Some(room.view.id) == self.at)
    }

    /// The room so many places further down the list, round at its ends.
    pub(super) fn room_beside(&self, by: isize) -> Option<RoomId> {
        let count = isize::try_from(self.rooms.len()).ok().filter(|count| *count > 0)?;
        let at = self.place().and_then(|at| isize::try_from(at).ok()).unwrap_or(0);
        let next = usize::try_from((at + by).rem_euclid(count)).ok()?;
        Some(self.rooms.get(next)?.view.id)
    }

    /// The next room in which something is unread.
    pub(super) fn room_with_news(&self) -> Option<RoomId> {
        let from = self.place().map_or(0, |at| at + 1);
        let all = self.rooms.iter().skip(from).chain(self.rooms.iter().take(from));
        Some(all.map(|room| &room.view).find(|view| view.unread > 0 && Some(view.id) != self.at)?.id)
    }

    /// What is typed in the room that is shown.
    pub(super) fn composer(&self) -> Option<&Composer> {
        self.composers.get(&self.at?)
    }

    pub(super) fn composer_mut(&mut self) -> Option<&mut Composer> {
        Some(self.composers.entry(self.at?).or_default())
    }

    /// Begins with a draft that was kept, unless something is typed in that room already.
    pub(super) fn begin_with(&mut self, room: RoomId, draft: &str) {
        let composer = self.composers.entry(room).or_default();
        if composer.typed.is_empty() && !draft.is_empty() {
            composer.typed = Typed::of(draft);
        }
        self.draft = if composer.typed.is_empty() { Draft::None } else { Draft::Kept };
    }

    /// Whether nothing is typed in the room that is shown.
    pub(super) fn is_blank(&self) -> bool {
        self.composer().is_none_or(|composer| composer.typed.is_empty())
    }

    /// What is shown of the room: all of it, or a thread.
    pub(super) fn shown(&self) -> &Timeline {
        self.thread.as_ref().map_or(&self.timeline, |thread| &thread.timeline)
    }

    pub(super) fn shown_mut(&mut self) -> &mut Timeline {
        self.thread.as_mut().map_or(&mut self.timeline, |thread| &mut thread.timeline)
    }

    /// Where everything stands; nothing when the screen is too small.
    pub(super) fn panes(&self) -> Option<Panes> {
        Panes::of(self.size, |width| self.composer().map_or(2, |composer| composer.height(width)))
    }

    /// How many rows of what was said are on the screen.
    pub(super) fn rows(&self) -> usize {
        self.panes().map_or(1, |panes| usize::from(panes.timeline.height.saturating_sub(self.banner())))
    }

    /// How many rows stand above it: an alarm, what is urgent, what is kept in view, and which thread it is.
    pub(super) fn banner(&self) -> u16 {
        let one = [self.urgent.is_some(), self.pinned.is_some(), self.thread.is_some()];
        u16::from(self.alarm().is_some()) * 2 + one.into_iter().map(u16::from).sum::<u16>()
    }

    /// What must not be, and was found in the room that is shown.
    pub(super) fn alarm(&self) -> Option<String> {
        let view = self.room()?;
        let stopped = view.why.clone().filter(|_| view.standing == chancery_sdk::Standing::Stopped);
        stopped.or_else(|| self.alarms.get(&view.id).cloned())
    }

    /// Lays out what is shown, for the screen as it is.
    pub(super) fn lay(&mut self) {
        let Some(panes) = self.panes() else { return };
        let width = usize::from(panes.timeline.width).saturating_sub(1);
        let (me, paint) = (self.me.clone(), self.paint);
        self.shown_mut().lay(width, &me, paint);
    }

    /// The rooms in which something may change that nobody tells: a wish is refused, a text's time is over, a receipt comes.
    pub(super) fn waits(&self) -> HashSet<RoomId> {
        let expires = |line: &Line| line.message.marks.expires.is_some();
        let here = self.timeline.lines().iter().any(expires);
        let waits = |view: &&RoomView| {
            !view.waiting.is_empty() || (Some(view.id) == self.at && (here || view.receipts))
        };
        self.rooms.iter().map(|room| &room.view).filter(waits).map(|view| view.id).collect()
    }

    /// How far the room was read: what is on the screen, and nothing stands over.
    pub(super) fn seen(&self) -> Option<(RoomId, u64)> {
        let looks = self.attentive && self.over.is_none() && self.thread.is_none();
        let view = self.room().filter(|_| looks && self.panes().is_some())?;
        let seq = self.timeline.on_screen(self.rows())?;
        (seq > view.read).then_some((view.id, seq))
    }

    /// The line that is selected, if it is a message that can be spoken of.
    pub(super) fn spoken_of(&self) -> Option<(&Line, MessageId)> {
        let line = self.shown().selected()?;
        Some((line, line.message.id?))
    }

    /// Drops what a text is for; the text stays, but for one of which nothing was changed.
    pub(super) fn drop_target(&mut self) -> bool {
        let Some(composer) = self.composer_mut() else { return false };
        match std::mem::take(&mut composer.target) {
            Target::Here => false,
            Target::Answer { .. } => true,
            Target::Edit { was, .. } => {
                if composer.typed.as_str() == was {
                    composer.typed.take();
                }
                true
            }
        }
    }
}
