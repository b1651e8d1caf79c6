//! What was measured, as tables for people and as JSON for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::{Outcome, cost::Cost, fill::Filled, search::Found};

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// The engine's work.
    pub(crate) engine: Vec<Cost>,
    /// What commits weigh, by how many have renewed.
    pub(crate) fill: Vec<Filled>,
    /// Delivery under load.
    pub(crate) delivery: Vec<Delivery>,
    /// Memory.
    pub(crate) memory: Vec<Memory>,
    /// Searching.
    pub(crate) search: Vec<Found>,
}

/// One shape of load on one side.
#[derive(Debug, Serialize)]
pub(crate) struct Delivery {
    shape: String,
    side: &'static str,
    messages_per_second: f64,
    deliveries_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// CPU seconds of the server's process for 1,000 deliveries.
    cpu_per_thousand: f64,
    /// How often the floor's CPU that is.
    times_the_floor: Option<f64>,
}

/// The memory of one side, resident.
#[derive(Debug, Serialize)]
pub(crate) struct Memory {
    /// Whose.
    pub(crate) side: &'static str,
    /// Before anybody connected.
    pub(crate) idle_mib: f64,
    /// With everybody connected, and quiet.
    pub(crate) connected_mib: f64,
    /// The difference, for each connection.
    pub(crate) connection_kib: f64,
    /// After the load, with everybody connected still.
    pub(crate) after_mib: f64,
}

impl Delivery {
    /// What was heard of something said to an audience, each with its nanoseconds, over so many seconds, for so much CPU.
    pub(crate) fn of(
        shape: &str,
        side: &'static str,
        (heard, audience): (Vec<u64>, u32),
        (seconds, cpu): (f64, f64),
    ) -> Self {
        let deliveries = count(heard.len());
        let mut row = Self::of_whole(shape, side, heard, 1.0, (seconds, cpu));
        row.messages_per_second = deliveries / f64::from(audience.max(1)) / seconds;
        row
    }

    /// What came whole, each whole of so many parts with its nanoseconds.
    pub(crate) fn of_whole(
        shape: &str,
        side: &'static str,
        mut took: Vec<u64>,
        parts: f64,
        (seconds, cpu): (f64, f64),
    ) -> Self {
        took.sort_unstable();
        let deliveries = count(took.len()) * parts;
        let per_second = deliveries / seconds;
        Self {
            shape: shape.to_owned(),
            side,
            messages_per_second: per_second,
            deliveries_per_second: per_second,
            p50_ms: percentile(&took, 50),
            p99_ms: percentile(&took, 99),
            cpu_per_thousand: cpu * 1000.0 / deliveries,
            times_the_floor: None,
        }
    }
}

impl Report {
    /// Takes in the same shape on both sides.
    pub(crate) fn pair(&mut self, mut ours: Delivery, floor: Delivery) {
        ours.times_the_floor = Some(ours.cpu_per_thousand / floor.cpu_per_thousand);
        self.delivery.extend([ours, floor]);
    }

    /// The report as JSON.
    pub(crate) fn json(&self) -> Outcome<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The report as tables.
    pub(crate) fn tables(&self) -> String {
        let engine = self.engine.iter().map(|it| {
            let (members, runs) = (it.members.to_string(), it.runs.to_string());
            vec![members, it.what.to_owned(), figure(it.milliseconds), it.bytes.to_string(), runs]
        });
        let delivery = self.delivery.iter().map(|it| {
            let (shape, side) = (it.shape.clone(), it.side.to_owned());
            let [messages, deliveries] = [it.messages_per_second, it.deliveries_per_second].map(figure);
            let times = it.times_the_floor.map_or_else(|| "1".to_owned(), figure);
            let (p50, p99, cpu) = (figure(it.p50_ms), figure(it.p99_ms), figure(it.cpu_per_thousand));
            vec![shape, side, messages, deliveries, p50, p99, cpu, times]
        });
        let memory = self.memory.iter().map(|it| {
            let figures = [it.idle_mib, it.connected_mib, it.connection_kib, it.after_mib].map(figure);
            std::iter::once(it.side.to_owned()).chain(figures).collect()
        });
        let fill = self.fill.iter().map(|it| {
            let counts = [it.members, it.renewed, it.bytes].map(|count| count.to_string());
            counts.into_iter().chain([figure(it.milliseconds)]).collect()
        });
        let mut out = String::new();
        table(&mut out, &["members", "of whom renewed", "a commit, bytes", "ms"], &fill.collect::<Vec<_>>());
        table(&mut out, &["members", "engine: what", "ms", "bytes", "runs"], &engine.collect::<Vec<_>>());
        let heads =
            ["delivery: shape", "server", "msg/s", "deliv/s", "p50 ms", "p99 ms", "CPU s/1000", "x floor"];
        table(&mut out, &heads, &delivery.collect::<Vec<_>>());
        let heads = ["memory", "idle MiB", "200 connected MiB", "KiB each", "after the load MiB"];
        table(&mut out, &heads, &memory.collect::<Vec<_>>());
        let search = self.search.iter().map(|it| {
            vec![it.question.to_owned(), figure(it.p50_ms), figure(it.longest_ms), it.shown.to_string()]
        });
        table(&mut out, &["search", "p50 ms", "longest ms", "shown"], &search.collect::<Vec<_>>());
        out
    }
}

/// Writes a table in Markdown, its columns aligned; nothing when it has no rows.
fn table(out: &mut String, heads: &[&str], rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(String::len);
        cells.chain(heads.get(column).map(|head| head.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut line = |cells: &[String]| {
        for (cell, width) in cells.iter().zip(&widths) {
            // Writing into memory cannot fail.
            let _ = write!(out, "| {cell:<width$} ");
        }
        out.push_str("|\n");
    };
    line(&heads.iter().map(|head| (*head).to_owned()).collect::<Vec<_>>());
    line(&widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>());
    for row in rows {
        line(row);
    }
    out.push('\n');
}

/// Three digits that say something.
fn figure(value: f64) -> String {
    let decimals = match value {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        0.01.. => 4,
        _ => 5,
    };
    format!("{value:.decimals$}")
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// A percentile of sorted nanoseconds, in milliseconds.
fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    let value = sorted.get(at).copied().unwrap_or_default();
    std::time::Duration::from_nanos(value).as_secs_f64() * 1000.0
}
