//! A process that is measured: started, read from `/proc`, and ended with the benchmark.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use crate::Outcome;

/// How many ticks `/proc` counts in a second of CPU time; Linux promises programs this number.
const TICKS: f64 = 100.0;

/// A running server.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Kept open: what it says must have somewhere to go.
    _said: BufReader<ChildStdout>,
    /// Where it listens, as `127.0.0.1:8460`.
    pub(crate) address: String,
    /// The founding link it printed, if any.
    pub(crate) link: Option<String>,
}

impl Process {
    /// Starts a server and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let said = child.stdout.take().ok_or("it says nothing")?;
        let (mut said, mut link, mut spoken) = (BufReader::new(said), None, String::new());
        while said.read_line(&mut spoken)? > 0 {
            if let Some(address) = spoken.trim().strip_prefix("listening on ") {
                return Ok(Self { child, address: address.to_owned(), link, _said: said });
            }
            let word = spoken.split_whitespace().find(|word| word.contains("#found="));
            link = word.map(|word| word.trim_matches('\'').to_owned()).or(link);
            spoken.clear();
        }
        let status = child.wait()?;
        Err(format!("{} did not start: {status}", Path::new(command.get_program()).display()).into())
    }

    /// The CPU time it has used, in seconds.
    pub(crate) fn cpu(&self) -> Outcome<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name, in brackets, may contain anything; user and system time are the 14th and 15th field.
        let (_, rest) = stat.rsplit_once(')').ok_or("/proc cannot be read")?;
        let ticks = rest.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
        Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
    }

    /// The memory it has in use, in KiB.
    pub(crate) fn memory(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()).ok_or("/proc cannot be read")?;
        Ok(number.parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
