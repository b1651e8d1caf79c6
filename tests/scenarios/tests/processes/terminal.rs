//! A terminal of 80 columns and 24 rows with a shell in it: real keystrokes go in, and what a person would see is waited for.

use std::process::{Command, Output};

use super::place::{Place, program};

/// How often the screen is looked at for what should come; each look is a program that runs, so this is about a minute.
const LOOKS: usize = 4_000;

pub(crate) struct Terminal {
    socket: String,
    who: String,
    pid: std::path::PathBuf,
}

impl Terminal {
    /// Opens one in which somebody's profile is meant; `env` is set in it besides.
    pub(crate) fn open(place: &Place, who: &str, env: &[(&str, &str)]) -> Self {
        let path = |name: &str| place.folder.path().join(format!("{who}.{name}"));
        let terminal =
            Self { socket: path("tmux").to_str().unwrap().to_owned(), who: who.to_owned(), pid: path("pid") };
        let mut tmux = terminal.tmux();
        tmux.env("CHANCERY_HOME", place.home()).env("CHANCERY_KEY_FILE", place.key(who));
        tmux.env("PS1", "$ ").env("LC_ALL", "C.UTF-8").env_remove("NO_COLOR").envs(env.iter().copied());
        tmux.args(["-u", "-f", "/dev/null", "new-session", "-x", "80", "-y", "24", "-d", "sh"]);
        let opened = tmux.current_dir(place.folder.path()).output();
        let opened = opened.expect("tmux is not here: run `cargo xtask test`, which installs it");
        assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
        terminal
    }

    /// Starts the chat in it, and waits until it is there.
    pub(crate) fn chats(&self, words: &str) {
        let (program, pid) = (program("chancery"), self.pid.display());
        let line = format!(
            "clear; sh -c 'echo $$ > {pid}; exec \"$@\"' chat {} --profile {} chat {words}",
            program.display(),
            self.who
        );
        self.types(&line);
        self.presses(&["Enter"]);
        self.sees("F1 help");
    }

    /// Types a text, letter by letter.
    pub(crate) fn types(&self, text: &str) {
        self.run(&["send-keys", "-l", text]);
    }

    /// Presses keys, by the names that tmux has for them.
    pub(crate) fn presses(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    /// Pastes a text, marked as one paste where the program asks for that.
    pub(crate) fn pastes(&self, text: &str) {
        self.run(&["set-buffer", text]);
        self.run(&["paste-buffer", "-p", "-r"]);
    }

    /// Makes it another size.
    pub(crate) fn resizes(&self, width: &str, height: &str) {
        self.run(&["resize-window", "-x", width, "-y", height]);
    }

    /// Waits until a text is on the screen; returns all of that.
    pub(crate) fn sees(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// Waits until a text is on the screen no more.
    pub(crate) fn misses(&self, text: &str) -> String {
        self.until(&format!("no {text}"), |screen| !screen.contains(text))
    }

    /// Waits until the screen is as it should be.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let mut screen = String::new();
        for _ in 0..LOOKS {
            screen = self.screen(&[]);
            if is_so(&screen) {
                return screen;
            }
        }
        panic!("{} does not see: {what}\n{screen}", self.who);
    }

    /// What is on the screen now, with what sets colours and the like.
    pub(crate) fn coloured(&self) -> String {
        self.screen(&["-e"])
    }

    /// Sends a signal to the chat.
    pub(crate) fn signals(&self, signal: &str) {
        let pid = std::fs::read_to_string(&self.pid).unwrap();
        assert!(Command::new("kill").args([signal, pid.trim()]).status().unwrap().success());
    }

    /// Whether a program has the whole screen, and whether the terminal echoes by itself what is typed.
    pub(crate) fn is_taken(&self) -> bool {
        let asked = self.tmux().args(["display-message", "-p", "#{alternate_on}"]).output().unwrap();
        String::from_utf8_lossy(&asked.stdout).trim() == "1"
    }

    fn screen(&self, how: &[&str]) -> String {
        let shown = self.run(&[&["capture-pane", "-p"], how].concat());
        String::from_utf8(shown.stdout).unwrap()
    }

    fn run(&self, words: &[&str]) -> Output {
        let output = self.tmux().args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    fn tmux(&self) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.args(["-S", &self.socket]).env_remove("TMUX");
        tmux
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.tmux().arg("kill-server").output();
    }
}
