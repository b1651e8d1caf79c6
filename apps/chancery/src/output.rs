//! What is printed: lines for people, objects for scripts. What others wrote cannot steer the terminal.

use std::io::{IsTerminal as _, Write as _, stderr, stdout};

use chancery_sdk::{Cause, Erased, Line, News, Said};
use chancery_wire::{content::Status, names::Handle};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Where answers go.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// An answer: `value` for scripts, `text` for people.
    pub(crate) fn answer(&mut self, value: &Value, text: &str) -> Result<(), Failure> {
        if self.json {
            line(&value.to_string())
        } else if text.is_empty() {
            Ok(())
        } else {
            line(text)
        }
    }

    /// An answer that is the same for both, such as a script for a shell.
    #[expect(clippy::unused_self, reason = "answers go one way")]
    pub(crate) fn plain(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = stdout();
        Ok(out.write_all(bytes).and_then(|()| out.flush())?)
    }

    /// A line of a room's history.
    pub(crate) fn message(&mut self, shown: &Line) -> Result<(), Failure> {
        let (value, text) = (object(shown), spoken(shown));
        if self.json { line(&value.to_string()) } else { text.map_or(Ok(()), |text| line(&text)) }
    }

    /// The room that the next lines are from; a script reads that from each line.
    pub(crate) fn heading(&mut self, title: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { line(&format!("{title}:")) }
    }

    /// Something beside the answer that a person should know.
    #[expect(clippy::unused_self, reason = "whoever may answer may also note")]
    pub(crate) fn note(&mut self, text: &str) {
        note(text);
    }

    /// Why a command was not done.
    pub(crate) fn fail(&mut self, failure: &Failure) {
        if self.json {
            let remedy = failure.remedy();
            let error =
                json!({"error": {"code": failure.code(), "title": failure.to_string(), "remedy": remedy}});
            // Nobody is left to tell when standard output is gone; the exit code still says it.
            let _ = line(&error.to_string());
            return;
        }
        self.note(&format!("chancery: {failure}"));
        if let Some(remedy) = failure.remedy() {
            self.note(&format!("  {remedy}"));
        }
    }

    /// Shows how far a file is, where there is a person to see it.
    pub(crate) fn transfer(&self, what: &'static str) -> ProgressBar {
        if self.json || !stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(0).with_message(what);
        let form = "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes}, {binary_bytes_per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        bar
    }

    /// Shows that something takes its time, where there is a person to see it.
    pub(crate) fn busy(&self, what: &'static str) -> ProgressBar {
        if self.json || !stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {pos} lines, {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(120));
        bar
    }
}

/// Something beside the answer that a person should know, where no answer is at hand.
pub(crate) fn note(text: &str) {
    let _ = writeln!(stderr(), "{}", printable(text));
}

/// What a person is told of the news that are no lines.
pub(crate) fn told(news: &News) -> Option<String> {
    match news {
        News::Line(_) | News::Joined(_) | News::Connected => None,
        News::Alarm(room, why) => Some(format!("WARNING about room {room}: {why}")),
        News::Later(why) | News::Broken(why) => Some(format!("not yet: {why}; it is tried again")),
        News::Online => Some("online again".to_owned()),
    }
}

/// A line of a room's history for a script; its text as it reads now.
pub(crate) fn object(line: &Line) -> Value {
    let message = &line.message;
    let (kind, said) = match &message.said {
        Said::Text(_) => ("text", line.text().map(|text| text.reveal().to_owned())),
        Said::File(file) => ("file", file.about.as_ref().map(|text| text.reveal().to_owned())),
        Said::Edit(text) => ("edit", Some(text.reveal().to_owned())),
        Said::Reaction(with) => ("reaction", Some(with.reveal().to_owned())),
        Said::Withdrawal => ("withdrawal", None),
        Said::Acknowledgement => ("acknowledgement", None),
        Said::Gone(Erased::Withdrawn) => ("gone", None),
        Said::Gone(Erased::Expired) => ("expired", None),
        Said::Event(text) => ("event", Some(text.clone())),
        Said::Unopened(cause) => ("unopened", Some(cause.clone())),
    };
    let from = message.from.as_ref();
    let reactions: Vec<Value> =
        line.reactions.iter().map(|(with, by)| json!({"with": with.reveal(), "from": by})).collect();
    let status = |status: Status| if status == Status::Read { "read" } else { "delivered" };
    let receipts: Vec<Value> =
        line.receipts.iter().map(|(who, how)| json!({"from": who, "status": status(*how)})).collect();
    let file = match &message.said {
        Said::File(file) => {
            json!({"name": file.name.reveal(), "size": file.size, "media": file.media.reveal()})
        }
        _ => Value::Null,
    };
    json!({
        "room": message.room, "file": file, "seq": message.seq, "at": message.at, "kind": kind, "said": said,
        "id": message.id.map(|id| id.to_string()), "edited": line.edited.is_some(), "reactions": reactions,
        "about": line.answers.as_ref().map(|(seq, _)| seq), "thread": message.thread.map(|id| id.to_string()),
        "mentions": message.marks.mentions, "urgent": message.marks.urgent, "expires": message.marks.expiry(),
        "told_by": message.told_by, "bot": line.bot, "guest": line.guest, "acknowledged": line.acknowledged, "pinned": line.pinned, "receipts": receipts,
        "from": from.map(|(handle, _)| handle), "device": from.map(|(_, device)| device),
    })
}

/// A line of a room's history for a person; nothing for what is only counted.
pub(crate) fn spoken(line: &Line) -> Option<String> {
    let message = &line.message;
    let (at, seq) = (clock(message.at.0), message.seq);
    let who = message.from.as_ref().map_or("somebody", |(handle, _)| handle.as_str());
    let who = &line.mark().map_or(who.to_owned(), |mark| format!("{who} [{mark}]"));
    let about = line.answers.as_ref().map(|(seq, _)| format!("#{seq}"));
    let of = about.clone().unwrap_or_else(|| "an earlier message".to_owned());
    Some(match &message.said {
        Said::Text(_) => {
            let to = about.map(|about| format!(" to {about}")).unwrap_or_default();
            let thread = if message.thread.is_some() { " (in its thread)" } else { "" };
            let edited = if line.edited.is_some() { " (changed)" } else { "" };
            let text = marked(line.text()?.reveal());
            let urgent = if message.marks.urgent { "URGENT " } else { "" };
            format!(
                "{at}  #{seq} {urgent}{who}{to}{thread}: {text}{edited}{}{}",
                reactions(line),
                became(line)
            )
        }
        Said::File(file) => {
            let about =
                file.about.as_ref().map(|text| format!(": {}", marked(text.reveal()))).unwrap_or_default();
            let (name, size) = (one_line(file.name.reveal()), HumanBytes(file.size));
            format!("{at}  #{seq} {who} sent the file {name} ({size}){about}{}", reactions(line))
        }
        Said::Acknowledgement => format!("{at}  * {who} acknowledged {of}"),
        Said::Gone(Erased::Withdrawn) => format!("{at}  #{seq} {who} took this back"),
        Said::Gone(Erased::Expired) => format!("{at}  #{seq} what {who} said here was only for a while"),
        Said::Edit(text) => format!("{at}  * {who} changed {of}: {}", marked(text.reveal())),
        Said::Withdrawal => format!("{at}  * {who} took back {of}"),
        Said::Reaction(with) => format!("{at}  * {who} reacted {} to {of}", one_line(with.reveal())),
        Said::Event(text) => {
            let about = about.map(|about| format!(" {about}")).unwrap_or_default();
            format!("{at}  * {}{about}", one_line(text))
        }
        Said::Unopened(word) => match Cause::parse(word) {
            Some(cause) if cause.is_loss() => format!("{at}  ! a message could not be opened: {cause}"),
            _ => return None,
        },
    })
}

/// What became of a line with people: how long it is there, who has acknowledged, got and read it, and that it is pinned.
fn became(line: &Line) -> String {
    let names = |which: &dyn Fn(Status) -> bool| -> Vec<&str> {
        let with = line.receipts.iter().filter(|(_, status)| which(*status));
        with.map(|(handle, _)| handle.as_str()).collect()
    };
    let part = |what: &str, whom: &[&str]| {
        if whom.is_empty() { String::new() } else { format!("  [{what} {}]", whom.join(", ")) }
    };
    let acknowledged: Vec<&str> = line.acknowledged.iter().map(Handle::as_str).collect();
    let until = line.message.marks.expiry().map(|at| format!("  [until {}]", clock(at.0)));
    let pinned = if line.pinned { "  [pinned]" } else { "" };
    let told = line.message.told_by.as_ref().map(|by| format!("  [as {by}'s device has it]"));
    [
        told.unwrap_or_default(),
        pinned.to_owned(),
        until.unwrap_or_default(),
        part("acknowledged by", &acknowledged),
        part("got by", &names(&|status| status == Status::Delivered)),
        part("read by", &names(&|status| status == Status::Read)),
    ]
    .concat()
}

/// What others think of a line, as it is printed.
fn reactions(line: &Line) -> String {
    let one = |(with, whose): &(&str, Vec<&str>)| format!("  [{} {}]", one_line(with), whose.join(", "));
    shared(line).iter().map(one).collect()
}

/// What others think of a line: every reaction once, with all who share it.
pub(crate) fn shared(line: &Line) -> Vec<(&str, Vec<&str>)> {
    let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
    for (with, by) in &line.reactions {
        let found = all.iter_mut().find(|(other, _)| *other == with.reveal());
        match found {
            Some((_, whose)) if whose.contains(&by.as_str()) => {}
            Some((_, whose)) => whose.push(by.as_str()),
            None => all.push((with.reveal(), vec![by.as_str()])),
        }
    }
    all
}

/// A moment as a person reads it, in UTC.
pub(crate) fn clock(milliseconds: i64) -> String {
    let minutes = milliseconds.div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1440), minutes.rem_euclid(1440));
    // Civil date from days since 1970 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}", minute / 60, minute % 60)
}

fn line(text: &str) -> Result<(), Failure> {
    Ok(writeln!(stdout(), "{}", printable(text))?)
}

/// What somebody wrote, on one line: nothing in it can look like a line of its own.
pub(crate) fn one_line(text: &str) -> String {
    printable(text).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What somebody wrote, on as many lines as it has: each but the first is marked, so that none looks like one of ours.
fn marked(text: &str) -> String {
    text.replace('\n', "\n                  | ")
}

/// The text without what could steer a terminal or turn the reading direction.
pub(crate) fn printable(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    let safe = |c: char| (c == '\n' || c == '\t' || !c.is_control()) && !turns(c);
    text.chars().map(|c| if safe(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_as_the_calendar_says() {
        assert_eq!(clock(0), "1970-01-01 00:00");
        assert_eq!(clock(951_782_399_000), "2000-02-28 23:59");
        assert_eq!(clock(951_782_400_000), "2000-02-29 00:00");
        assert_eq!(clock(1_795_635_478_486), "2026-11-25 19:37");
    }

    #[test]
    fn what_others_wrote_cannot_steer_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\r\nd"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\nd");
        assert_eq!(one_line("a\nb\tc"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(
            marked("ok\n2026-11-25 22:15  alice: yes").lines().filter(|line| line.starts_with('2')).count(),
            0
        );
    }
}
