//! A text while it is typed: where the cursor is, and what a key does to it. It knows nothing of keys or panes.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::wrap;

/// A text with a cursor, which stands between graphemes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Typed {
    text: String,
    /// Where the cursor is, in bytes.
    at: usize,
    /// What was cut out last.
    cut: String,
}

impl Typed {
    /// A text with the cursor at its end.
    pub(super) fn of(text: &str) -> Self {
        Self { text: text.to_owned(), at: text.len(), cut: String::new() }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Puts something in where the cursor is. Whatever ends lines in it, here it is one kind of line end.
    pub(super) fn insert(&mut self, what: &str) {
        let what = what.replace("\r\n", "\n").replace('\r', "\n");
        self.text.insert_str(self.at, &what);
        self.at += what.len();
    }

    /// Takes everything out; it can be put back.
    pub(super) fn take(&mut self) -> String {
        self.at = 0;
        let text = std::mem::take(&mut self.text);
        self.cut.clone_from(&text);
        text
    }

    pub(super) fn left(&mut self) {
        self.at = self.before().grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
    }

    pub(super) fn right(&mut self) {
        self.at += self.after().graphemes(true).next().map_or(0, str::len);
    }

    /// To where the word before the cursor begins.
    pub(super) fn word_left(&mut self) {
        let before = self.before().trim_end();
        self.at = before.rfind(char::is_whitespace).map_or(0, |at| {
            at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)
        });
    }

    /// To where the word after the cursor ends.
    pub(super) fn word_right(&mut self) {
        let after = self.after();
        let blank = after.len() - after.trim_start().len();
        let word = after.trim_start();
        self.at += blank + word.find(char::is_whitespace).unwrap_or(word.len());
    }

    pub(super) fn home(&mut self) {
        self.at = self.before().rfind('\n').map_or(0, |at| at + 1);
    }

    pub(super) fn end(&mut self) {
        self.at += self.after().find('\n').unwrap_or(self.after().len());
    }

    /// Deletes the grapheme before the cursor.
    pub(super) fn back(&mut self) {
        let end = self.at;
        self.left();
        self.text.replace_range(self.at..end, "");
    }

    /// Deletes the grapheme after the cursor.
    pub(super) fn delete(&mut self) {
        let start = self.at;
        self.right();
        self.text.replace_range(start..self.at, "");
        self.at = start;
    }

    /// Cuts the word before the cursor.
    pub(super) fn cut_word(&mut self) {
        let end = self.at;
        self.word_left();
        self.cut(end);
    }

    /// Cuts everything before the cursor on its line.
    pub(super) fn cut_before(&mut self) {
        let end = self.at;
        self.home();
        self.cut(end);
    }

    /// Puts in what was cut out last.
    pub(super) fn put_back(&mut self) {
        let cut = self.cut.clone();
        self.insert(&cut);
    }

    /// A row up, where the text is shown `width` cells wide; answers whether there was one.
    pub(super) fn up(&mut self, width: usize) -> bool {
        let (row, column) = self.place(width);
        row.checked_sub(1).is_some_and(|row| self.go(width, row, column))
    }

    /// A row down; answers whether there was one.
    pub(super) fn down(&mut self, width: usize) -> bool {
        let (row, column) = self.place(width);
        self.go(width, row + 1, column)
    }

    /// The rows as they are shown: what could steer the terminal is a mark.
    pub(super) fn rows(&self, width: usize) -> Vec<String> {
        let safe = |c: char| match c {
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        };
        let row = |range: Range<usize>| self.text.get(range).unwrap_or_default().chars().map(safe).collect();
        wrap::rows(&self.text, width, width).into_iter().map(row).collect()
    }

    /// The row and the column in which the cursor is.
    pub(super) fn place(&self, width: usize) -> (usize, usize) {
        let rows = wrap::rows(&self.text, width, width);
        let row = rows.iter().rposition(|range| range.start <= self.at).unwrap_or(0);
        let start = rows.get(row).map_or(0, |range| range.start);
        (row, wrap::width(self.text.get(start..self.at).unwrap_or_default()).min(width))
    }

    fn go(&mut self, width: usize, row: usize, column: usize) -> bool {
        let rows = wrap::rows(&self.text, width, width);
        let Some(range) = rows.get(row).cloned() else { return false };
        let last = row + 1 == rows.len();
        let (mut used, mut at) = (0, range.start);
        for grapheme in self.text.get(range.clone()).unwrap_or_default().graphemes(true) {
            used += wrap::cells(grapheme);
            // At the end of a row that goes on, the cursor would stand at the beginning of the next one.
            let goes_on = !last && at + grapheme.len() == range.end && !self.ends_line(range.end);
            if used > column || goes_on {
                break;
            }
            at += grapheme.len();
        }
        self.at = at;
        true
    }

    fn ends_line(&self, at: usize) -> bool {
        self.text.get(at..).is_some_and(|rest| rest.starts_with('\n'))
    }

    fn cut(&mut self, end: usize) {
        self.cut = self.text.get(self.at..end).unwrap_or_default().to_owned();
        self.text.replace_range(self.at..end, "");
    }

    fn before(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    fn after(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_sees_as_one_letter_is_deleted_as_one() {
        let mut typed = Typed::of("cafe\u{301}👨‍👩‍👧");
        typed.back();
        assert_eq!(typed.as_str(), "cafe\u{301}");
        typed.back();
        assert_eq!(typed.as_str(), "caf");
        typed.home();
        typed.delete();
        assert_eq!(typed.as_str(), "af");
    }

    #[test]
    fn what_is_cut_can_be_put_back() {
        let mut typed = Typed::of("good morning  ");
        typed.cut_word();
        assert_eq!(typed.as_str(), "good ");
        typed.put_back();
        assert_eq!(typed.as_str(), "good morning  ");
        typed.cut_before();
        assert!(typed.is_empty());
        typed.put_back();
        assert_eq!(typed.as_str(), "good morning  ");
    }

    #[test]
    fn the_cursor_moves_over_rows_as_they_are_shown() {
        let mut typed = Typed::of("good morning\r\nall");
        assert_eq!(typed.as_str(), "good morning\r\nall");
        typed = Typed::default();
        typed.insert("good morning\r\nall");
        assert_eq!(typed.rows(8), ["good ", "morning", "all"]);
        assert_eq!(typed.place(8), (2, 3));
        assert!(typed.up(8) && typed.up(8) && !typed.up(8));
        assert_eq!(typed.place(8), (0, 3));
        typed.insert("!");
        assert_eq!(typed.as_str(), "goo!d morning\nall");
        assert!(typed.down(9) && typed.down(9) && !typed.down(9));
        assert_eq!(typed.place(9), (2, 3));
    }
}
