//! A line in a few words, and moments and texts as they are shown.

use chancery_sdk::{Line, Said};

use super::wrap::fit;
use crate::output::{clock, one_line, printable};

/// How much of a text is quoted.
const QUOTE: usize = 40;

/// Who said what, in a few words.
pub(super) fn told_by(line: &Line) -> String {
    let who = line.message.from.as_ref().map_or("somebody", |(who, _)| who.as_str());
    format!("{who}: {}", fit(&gist(line), QUOTE))
}

/// What a line says, in a few words and on one row: for quotes of it.
pub(super) fn gist(line: &Line) -> String {
    match &line.message.said {
        Said::Text(_) => line.text().map_or_else(String::new, |text| one_line(&blanks(text.reveal()))),
        Said::File(file) => one_line(file.name.reveal()),
        Said::Gone(_) => "not there any more".to_owned(),
        _ => String::new(),
    }
}

/// The day of a moment, in UTC.
pub(super) fn day(milliseconds: i64) -> String {
    clock(milliseconds).chars().take(10).collect()
}

/// The time of day of a moment, and a blank.
pub(super) fn time(milliseconds: i64) -> String {
    clock(milliseconds).chars().skip(11).take(5).chain([' ']).collect()
}

/// What somebody wrote, so that nothing in it steers the terminal.
pub(super) fn clean(text: &str) -> String {
    printable(text).replace('\t', "    ")
}

/// A text whose line ends are blanks.
fn blanks(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
