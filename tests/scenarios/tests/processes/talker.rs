//! A talker process, as the scenario holds it: what it was asked, what it told, and its death.

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    sync::mpsc::Sender,
};

use serde_json::Value;

use super::place::Place;

pub(crate) struct Talker {
    pub(crate) who: &'static str,
    child: Child,
    pub(crate) life: usize,
}

/// Something a talker told, in which of its lives.
pub(crate) struct Told {
    pub(crate) who: &'static str,
    pub(crate) life: usize,
    /// Nothing: it ended.
    pub(crate) what: Option<Value>,
}

impl Talker {
    pub(crate) fn start(place: &Place, who: &'static str, life: usize, to: &Sender<Told>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_talker"))
            .args([place.home().as_os_str(), who.as_ref(), place.key(who).as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, to) = (BufReader::new(child.stdout.take().unwrap()), to.clone());
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let what = serde_json::from_str(&line).ok();
                let _ = to.send(Told { who, life, what });
            }
            let _ = to.send(Told { who, life, what: None });
        });
        Self { who, child, life }
    }

    /// Asks; a talker that was killed does not hear it.
    pub(crate) fn ask(&mut self, line: &str) {
        let _ = writeln!(self.child.stdin.as_mut().unwrap(), "{line}");
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn end(mut self) {
        self.ask("end");
        assert!(self.child.wait().unwrap().success(), "{} failed", self.who);
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What one person has to say, and how far that is.
pub(crate) struct Script {
    pub(crate) lines: Vec<(String, String)>,
    pub(crate) kept: HashSet<String>,
    pub(crate) acknowledged: HashSet<String>,
}

impl Script {
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.acknowledged.len() == self.lines.len()
    }

    /// Hears what was told; answers whether it was new.
    pub(crate) fn hear(&mut self, what: &Value) -> bool {
        let text = |kind: &str| what[kind].as_str().map(str::to_owned);
        text("kept").is_some_and(|text| self.kept.insert(text))
            || text("acknowledged").is_some_and(|text| self.acknowledged.insert(text))
    }

    /// Asks for everything that was not kept yet.
    pub(crate) fn ask(&self, talker: &mut Talker) {
        for (room, text) in self.lines.iter().filter(|(_, text)| !self.kept.contains(text)) {
            talker.ask(&format!("say {room} {text}"));
        }
    }
}
