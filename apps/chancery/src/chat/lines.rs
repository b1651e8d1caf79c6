//! Lines of a room as rows of the screen: each as it reads now, with what it answers, its file and its reactions.
//!
//! What others wrote stands behind a gutter, in which nothing they write can get: no row of theirs looks like one of ours.

use std::{collections::HashMap, ops::Range};

use chancery_sdk::{self as sdk, Cause, Erased, Said};
use chancery_wire::{
    content::{MessageId, Status},
    names::Handle,
};
use indicatif::HumanBytes;
use ratatui::text::{Line, Span};

use super::{
    gist::{clean, time},
    paint::{Ink, Paint},
    wrap::{self, fit},
};
use crate::output::{clock, one_line, shared};

/// The time, and a blank.
const TIME: usize = 6;
/// What stands before each further row of what somebody says.
const GUTTER: &str = "      │ ";
const GUTTER_CELLS: usize = 8;
/// Below this many cells nothing is said beside a name.
const NARROW: usize = 12;

/// A row of the screen, and the line it belongs to.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The line's place in the room's log; none for what stands in no log.
    pub(super) seq: Option<u64>,
    pub(super) line: Line<'static>,
}

/// What is known beside a line when it is laid out.
pub(super) struct Around<'a> {
    pub(super) me: &'a Handle,
    pub(super) width: usize,
    pub(super) paint: Paint,
    /// What lines say that are spoken of, by their place.
    pub(super) quotes: &'a HashMap<u64, String>,
    /// How many lines stand in the thread that a message began.
    pub(super) threads: &'a HashMap<MessageId, usize>,
    /// The thread that is shown, if it is one.
    pub(super) inside: Option<MessageId>,
    /// The first line that is shown.
    pub(super) first: u64,
}

impl Around<'_> {
    /// The rows of one line; none where its effect is shown on another one, or nobody misses it.
    pub(super) fn rows(&self, said: &sdk::Line) -> Vec<Line<'static>> {
        let message = &said.message;
        let time = time(message.at.0);
        let who = message.from.as_ref().map(|(handle, _)| handle);
        let of = said.answers.as_ref().map_or("an earlier message".to_owned(), |(seq, _)| format!("#{seq}"));
        // What changes a line that is shown is seen there.
        let elsewhere = || said.answers.as_ref().is_none_or(|(seq, _)| *seq < self.first);
        match &message.said {
            Said::Text(_) => self.text(said, &time),
            Said::File(file) => {
                let mut head = vec![self.dim(time), self.name(said)];
                let what = format!(" sends {} ({})", one_line(file.name.reveal()), HumanBytes(file.size));
                head.push(self.paint.span(Ink::Strong, what));
                let mut rows = self.wrapped(head);
                if let Some(about) = &file.about {
                    rows.extend(self.gutter(&clean(about.reveal())));
                }
                self.below(said, rows)
            }
            Said::Gone(why) => {
                let why = match why {
                    Erased::Withdrawn => " took this back",
                    Erased::Expired => " said something for a while only",
                };
                vec![Line::from(vec![self.dim(time), self.name(said), self.dim(why.to_owned())])]
            }
            Said::Acknowledgement if elsewhere() => self.event(&time, who, &format!("acknowledged {of}")),
            Said::Edit(_) if elsewhere() => self.event(&time, who, &format!("changed {of}")),
            Said::Withdrawal if elsewhere() => self.event(&time, who, &format!("took back {of}")),
            Said::Reaction(with) if elsewhere() => {
                self.event(&time, who, &format!("reacted {} to {of}", one_line(with.reveal())))
            }
            Said::Edit(_) | Said::Withdrawal | Said::Reaction(_) | Said::Acknowledgement => vec![],
            Said::Event(text) => {
                let about = said.answers.as_ref().map(|(seq, _)| format!(" #{seq}")).unwrap_or_default();
                self.event(&time, None, &(one_line(text) + &about))
            }
            Said::Unopened(word) => match Cause::parse(word) {
                Some(cause) if cause.is_loss() => {
                    let text = format!("{time}! a message could not be opened: {cause}");
                    self.long(&text, Ink::Strong)
                }
                _ => vec![],
            },
        }
    }

    /// What is written here and stands in no log yet.
    pub(super) fn waiting(&self, text: &str) -> Vec<Line<'static>> {
        let mut rows = vec![Line::from(self.dim("  …   not sent yet, kept:".to_owned()))];
        rows.extend(self.gutter(&clean(text)));
        rows
    }

    /// What is wished here and will not be done.
    pub(super) fn unsent(&self, what: &str, why: &str) -> Vec<Line<'static>> {
        let mut rows =
            self.long(&format!("  !   not done: {} (Ctrl-X forgets it)", one_line(why)), Ink::Loud);
        rows.extend(self.gutter(&clean(what)));
        rows
    }

    /// A line across, such as for a day.
    pub(super) fn across(&self, text: &str, ink: Ink) -> Line<'static> {
        let text = format!("── {text} ");
        let rest = "─".repeat(self.width.saturating_sub(wrap::width(&text)));
        Line::from(self.paint.span(ink, text + &rest))
    }

    fn text(&self, said: &sdk::Line, time: &str) -> Vec<Line<'static>> {
        let text = clean(said.text().map_or("", |text| text.reveal()));
        let mut head = vec![self.dim(time.to_owned()), self.name(said)];
        if said.message.marks.urgent {
            head.insert(1, self.paint.span(Ink::Loud, "URGENT"));
            head.insert(2, self.paint.span(Ink::Plain, " "));
        }
        let threaded = said.message.thread.filter(|thread| self.inside != Some(*thread));
        let used: usize = head.iter().map(Span::width).sum();
        let room = self.width.saturating_sub(used + 2);
        let mut rows = if said.answers.is_some() || threaded.is_some() || room < NARROW {
            head.extend(self.answered(said, threaded.is_some(), room));
            let mut rows = vec![Line::from(head)];
            rows.extend(self.gutter(&text));
            rows
        } else {
            let mut pieces = wrap::rows(&text, room, self.width.saturating_sub(GUTTER_CELLS))
                .into_iter()
                .map(|range| self.paint.span(Ink::Plain, text.get(range).unwrap_or_default().trim_end()));
            head.push(self.paint.span(Ink::Plain, ": "));
            head.extend(pieces.next());
            let mut rows = vec![Line::from(head)];
            rows.extend(pieces.map(|piece| Line::from(vec![self.dim(GUTTER.to_owned()), piece])));
            rows
        };
        if said.edited.is_some() {
            let changed = self.dim(" (changed)".to_owned());
            match rows.last_mut() {
                Some(last) if last.width() + 10 <= self.width => last.push_span(changed),
                _ => rows.push(Line::from(vec![self.dim(GUTTER.to_owned()), changed])),
            }
        }
        self.below(said, rows)
    }

    /// What a line answers, in a few words.
    fn answered(&self, said: &sdk::Line, threaded: bool, room: usize) -> Vec<Span<'static>> {
        let how = if threaded { " in the thread of" } else { " answers" };
        let Some((seq, to)) = &said.answers else {
            return vec![self.dim(if threaded { " in a thread:" } else { ":" }.to_owned())];
        };
        let whose = format!("{how} {to} ");
        let left = room.saturating_sub(wrap::width(&whose) + 2);
        let quote = |text: &String| format!("“{}”", fit(text, left));
        let quote = self.quotes.get(seq).map_or_else(|| format!("#{seq}"), quote);
        vec![self.dim(format!("{whose}{quote}:"))]
    }

    /// What became of a message with people, and with time.
    fn became(&self, said: &sdk::Line) -> String {
        let with = |wanted: Status| {
            let found = said.receipts.iter().filter(move |(_, status)| *status == wanted);
            found.map(|(handle, _)| handle.as_str()).collect::<Vec<_>>().join(", ")
        };
        let acknowledged: Vec<&str> = said.acknowledged.iter().map(Handle::as_str).collect();
        let own = said.message.from.as_ref().is_some_and(|(who, _)| who == self.me);
        let mut parts = vec![];
        // It is the word of that device, and nobody else's.
        parts.extend(said.message.told_by.as_ref().map(|by| format!("as {by}'s device has it")));
        let mut part = |what: &str, who: String| {
            if !who.is_empty() {
                parts.push(format!("{what} {who}"));
            }
        };
        part("acknowledged by", acknowledged.join(", "));
        if own {
            part("read by", with(Status::Read));
            part("got by", with(Status::Delivered));
        }
        part("there until", said.message.marks.expiry().map(|at| clock(at.0)).unwrap_or_default());
        parts.extend(said.pinned.then(|| "pinned".to_owned()));
        parts.join("; ")
    }

    /// What stands below a message: reactions to it, what became of it, and its thread.
    fn below(&self, said: &sdk::Line, mut rows: Vec<Line<'static>>) -> Vec<Line<'static>> {
        let reactions = shared(said);
        if !reactions.is_empty() {
            let all: Vec<String> = reactions
                .iter()
                .map(|(with, by)| format!("[{} {}]", one_line(with), by.join(", ")))
                .collect();
            rows.extend(self.long(&format!("      {}", all.join(" ")), Ink::Strong));
        }
        let became = self.became(said);
        if !became.is_empty() {
            rows.extend(self.long(&format!("      {became}"), Ink::Dim));
        }
        let thread =
            said.message.id.filter(|id| self.inside != Some(*id)).and_then(|id| self.threads.get(&id));
        if let Some(count) = thread {
            let text = format!("      └ {count} in its thread");
            rows.push(Line::from(self.paint.span(Ink::Strong, text)));
        }
        rows
    }

    fn event(&self, time: &str, who: Option<&Handle>, text: &str) -> Vec<Line<'static>> {
        let who = who.map(|who| format!("{who} ")).unwrap_or_default();
        self.long(&format!("{time}* {who}{text}"), Ink::Dim)
    }

    /// A text of ours, on as many rows as it needs.
    fn long(&self, text: &str, ink: Ink) -> Vec<Line<'static>> {
        let rest = self.width.saturating_sub(TIME + 2);
        let row = |(at, range): (usize, Range<usize>)| {
            let piece = text.get(range).unwrap_or_default().trim_end();
            let piece = if at == 0 { piece.to_owned() } else { format!("        {piece}") };
            Line::from(self.paint.span(ink, piece))
        };
        wrap::rows(text, self.width, rest).into_iter().enumerate().map(row).collect()
    }

    /// A row of ours that may be too long for one: what does not fit goes on below.
    fn wrapped(&self, spans: Vec<Span<'static>>) -> Vec<Line<'static>> {
        let line = Line::from(spans);
        if line.width() <= self.width {
            return vec![line];
        }
        let mut spans = line.spans;
        let last = spans.pop().unwrap_or_default();
        let mut rows = vec![Line::from(spans)];
        let indent = " ".repeat(TIME + 2);
        let rest = self.width.saturating_sub(TIME + 2);
        for range in wrap::rows(last.content.trim_start(), rest, rest) {
            let piece = last.content.trim_start().get(range).unwrap_or_default().to_owned();
            rows.push(Line::from(Span::styled(indent.clone() + &piece, last.style)));
        }
        rows
    }

    /// What somebody says, behind the gutter.
    fn gutter(&self, text: &str) -> Vec<Line<'static>> {
        let rest = self.width.saturating_sub(GUTTER_CELLS);
        let piece =
            |range: Range<usize>| self.paint.span(Ink::Plain, text.get(range).unwrap_or_default().trim_end());
        let row = |range| Line::from(vec![self.dim(GUTTER.to_owned()), piece(range)]);
        wrap::rows(text, rest, rest).into_iter().map(row).collect()
    }

    /// Who said it; that a program or a guest did stands beside its name.
    fn name(&self, said: &sdk::Line) -> Span<'static> {
        let who = said.message.from.as_ref().map(|(who, _)| who);
        let name = who.map_or("somebody", Handle::as_str);
        let name = said.mark().map_or(name.to_owned(), |mark| format!("{name} [{mark}]"));
        self.paint.span(if who == Some(self.me) { Ink::Own } else { Ink::Name }, name)
    }

    fn dim(&self, text: String) -> Span<'static> {
        self.paint.span(Ink::Dim, text)
    }
}
