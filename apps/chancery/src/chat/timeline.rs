//! The timeline: what was said in a room, the newest below; how far it is scrolled, and which line is selected.

use std::collections::HashMap;

use chancery_sdk::{Line, Said, Unsent};
use chancery_wire::{content::MessageId, names::Handle};
use ratatui::{buffer::Buffer, layout::Rect, text::Line as Shown};

use super::{
    gist::{day, gist},
    lines::{Around, Row},
    paint::{Ink, Paint, put},
};

/// What was said, and where one looks.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    lines: Vec<Line>,
    waiting: Vec<String>,
    unsent: Vec<Unsent>,
    quotes: HashMap<u64, String>,
    /// What came after this place is new to the person.
    pub(super) new_after: Option<u64>,
    /// The thread that is shown, if it is one.
    inside: Option<MessageId>,
    /// Whether nothing is older than its first line, and nothing newer than its last.
    pub(super) is_whole: (bool, bool),
    /// The line at the top and how many of its rows are above; none: the end is shown, whatever comes.
    top: Option<(u64, usize)>,
    /// The line that is selected.
    pub(super) selected: Option<u64>,
    rows: Vec<Row>,
    /// For which width the rows were laid out; none: they have to be.
    laid: Option<usize>,
}

impl Timeline {
    /// Of one thread.
    pub(super) fn of_thread(root: MessageId) -> Self {
        Self { inside: Some(root), ..Self::default() }
    }

    /// Shows these lines; where one looks stays as it is.
    pub(super) fn show(&mut self, lines: Vec<Line>, is_whole: (bool, bool)) {
        (self.lines, self.is_whole, self.laid) = (lines, is_whole, None);
        if self.selected.is_some_and(|seq| self.lines.iter().all(|line| line.message.seq != seq)) {
            self.selected = None;
        }
    }

    /// Shows what stands in no log: what waits, and what will not be done.
    pub(super) fn show_own(&mut self, waiting: Vec<String>, unsent: Vec<Unsent>) {
        (self.waiting, self.unsent, self.laid) = (waiting, unsent, None);
    }

    /// What a line says that is spoken of and not shown.
    pub(super) fn quote(&mut self, seq: u64, gist: String) {
        self.quotes.insert(seq, gist);
        self.laid = None;
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The first and the last place that is shown.
    pub(super) fn ends(&self) -> Option<(u64, u64)> {
        Some((self.lines.first()?.message.seq, self.lines.last()?.message.seq))
    }

    /// Lines that are spoken of, and of which nothing is known here.
    pub(super) fn unquoted(&self) -> Vec<u64> {
        let known = |seq: &u64| self.quotes.contains_key(seq) || self.line(*seq).is_some();
        let spoken_of = self.lines.iter().filter_map(|line| Some(line.answers.as_ref()?.0));
        spoken_of.filter(|seq| !known(seq)).collect()
    }

    pub(super) fn line(&self, seq: u64) -> Option<&Line> {
        self.lines.iter().find(|line| line.message.seq == seq)
    }

    pub(super) fn selected(&self) -> Option<&Line> {
        self.line(self.selected?)
    }

    /// The last thing that will not be done.
    pub(super) fn last_unsent(&self) -> Option<&Unsent> {
        self.unsent.last()
    }

    /// Lays the rows out, unless they are.
    pub(super) fn lay(&mut self, width: usize, me: &Handle, paint: Paint) {
        if self.laid == Some(width) {
            return;
        }
        self.laid = Some(width);
        let mut quotes = std::mem::take(&mut self.quotes);
        for line in &self.lines {
            quotes.insert(line.message.seq, gist(line));
        }
        let mut threads: HashMap<MessageId, usize> = HashMap::new();
        for thread in self.lines.iter().filter_map(|line| line.message.thread) {
            *threads.entry(thread).or_default() += 1;
        }
        let first = self.lines.first().map_or(0, |line| line.message.seq);
        let around =
            Around { me, width, paint, quotes: &quotes, threads: &threads, inside: self.inside, first };
        self.rows = laid(&around, &self.lines, self.new_after);
        let own = self.waiting.iter().flat_map(|text| around.waiting(text));
        let own = own.chain(self.unsent.iter().flat_map(|it| around.unsent(&it.what, &it.why)));
        let own: Vec<Row> = own.map(|line| Row { seq: None, line }).collect();
        self.rows.extend(own);
        self.quotes = quotes;
    }

    /// Moves so many rows down, or up; answers whether there was any way to go.
    pub(super) fn scroll(&mut self, by: isize, height: usize) -> bool {
        let before = self.start(height);
        self.look_at(before.saturating_add_signed(by), height);
        self.start(height) != before
    }

    /// Shows the end, whatever comes.
    pub(super) fn show_end(&mut self) {
        (self.top, self.selected) = (None, None);
    }

    /// Whether the end is shown, whatever comes, and nothing is selected.
    pub(super) fn follows(&self) -> bool {
        self.top.is_none() && self.selected.is_none()
    }

    /// Selects a line, and shows it in the middle of those around it.
    pub(super) fn show_around(&mut self, seq: u64, height: usize) {
        self.selected = Some(seq);
        let first = self.rows.iter().position(|row| row.seq == Some(seq)).unwrap_or(0);
        self.look_at(first.saturating_sub(height / 2), height);
    }

    /// Selects the next line that is shown, or the one before; answers whether there was one.
    pub(super) fn select(&mut self, by: isize, height: usize) -> bool {
        let mut seqs: Vec<u64> = self.rows.iter().filter_map(|row| row.seq).collect();
        seqs.dedup();
        let at = self.selected.and_then(|seq| seqs.iter().position(|it| *it == seq));
        let next = if let Some(at) = at {
            at.checked_add_signed(by)
        } else {
            // The last one of those that are on the screen.
            let rows = self.rows.iter().skip(self.start(height)).take(height);
            let last = rows.filter_map(|row| row.seq).max();
            last.and_then(|last| seqs.iter().position(|it| *it == last))
        };
        let Some(seq) = next.and_then(|next| seqs.get(next)) else { return false };
        self.reveal(*seq, height);
        true
    }

    /// Selects a line, and makes sure that it is on the screen.
    pub(super) fn reveal(&mut self, seq: u64, height: usize) {
        self.selected = Some(seq);
        let first = self.rows.iter().position(|row| row.seq == Some(seq)).unwrap_or(0);
        let last = self.rows.iter().rposition(|row| row.seq == Some(seq)).unwrap_or(0);
        let start = self.start(height);
        if first < start {
            self.look_at(first, height);
        } else if last >= start + height {
            self.look_at((last + 1).saturating_sub(height).min(first), height);
        }
    }

    /// The last line of those on the screen.
    pub(super) fn on_screen(&self, height: usize) -> Option<u64> {
        if self.is_at_end(height) {
            // What is not shown for itself, such as reactions, was seen with what it speaks of.
            return self.lines.last().map(|line| line.message.seq);
        }
        let start = self.start(height);
        self.rows.iter().skip(start).take(height).filter_map(|row| row.seq).max()
    }

    /// Whether the end of it is on the screen.
    pub(super) fn is_at_end(&self, height: usize) -> bool {
        self.is_whole.1 && self.start(height) + height >= self.rows.len()
    }

    /// Whether its beginning is on the screen.
    pub(super) fn is_at_beginning(&self, height: usize) -> bool {
        self.start(height) == 0
    }

    /// Draws it into an area; the first column is for the mark of the line that is selected.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, paint: Paint) {
        let height = usize::from(area.height);
        let rows = self.rows.iter().skip(self.start(height)).take(height);
        // What there is stands at the bottom, where the next line comes.
        let above = height.saturating_sub(self.rows.len());
        for (at, row) in rows.enumerate() {
            let chosen = row.seq.is_some() && row.seq == self.selected;
            let mark =
                paint.span(if chosen { Ink::Chosen } else { Ink::Plain }, if chosen { ">" } else { " " });
            let mut line = Shown::from(mark);
            line.spans.extend(row.line.spans.iter().cloned());
            put(buffer, area, above + at, &line);
        }
    }

    /// The row at the top.
    fn start(&self, height: usize) -> usize {
        let last = self.rows.len().saturating_sub(height);
        let Some((seq, above)) = self.top else { return last };
        let first = self.rows.iter().position(|row| row.seq >= Some(seq));
        first.map_or(last, |first| (first + above).min(last))
    }

    fn look_at(&mut self, start: usize, height: usize) {
        let last = self.rows.len().saturating_sub(height);
        if start >= last && self.is_whole.1 {
            self.top = None;
            return;
        }
        let start = start.min(last);
        let seq = self.rows.iter().take(start + 1).rev().find_map(|row| row.seq);
        let first = seq.and_then(|seq| self.rows.iter().position(|row| row.seq == Some(seq)));
        self.top = seq.zip(first).map(|(seq, first)| (seq, start.saturating_sub(first)));
    }
}

/// The rows of all lines, with a row across wherever a day begins, and where the new ones do.
fn laid(around: &Around<'_>, all: &[Line], new_after: Option<u64>) -> Vec<Row> {
    let (mut rows, mut today, mut new) = (Vec::new(), String::new(), new_after);
    for line in all {
        let shown = around.rows(line);
        if shown.is_empty() {
            continue;
        }
        let seq = Some(line.message.seq);
        let said_on = day(line.message.at.0);
        if said_on != today {
            rows.push(Row { seq, line: around.across(&format!("{said_on} (times are UTC)"), Ink::Dim) });
            today = said_on;
        }
        let own = line.message.from.as_ref().is_some_and(|(who, _)| who == around.me);
        if new.is_some_and(|after| line.message.seq > after) && !own && counts(line) {
            rows.push(Row { seq, line: around.across("new", Ink::New) });
            new = None;
        }
        rows.extend(shown.into_iter().map(|line| Row { seq, line }));
    }
    rows
}

/// Whether a line is one that makes a room unread.
fn counts(line: &Line) -> bool {
    matches!(line.message.said, Said::Text(_) | Said::File(_))
}
