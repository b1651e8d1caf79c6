//! A place for one scenario: a folder, a server in it that can be killed and started again, and the command line.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use chancery_testkit::{
    db::Temporary,
    s3::{self, Store},
};
use serde_json::Value;
use tempfile::TempDir;

/// A program that was built beside this one.
pub(crate) fn program(name: &str) -> PathBuf {
    let talker = Path::new(env!("CARGO_BIN_EXE_talker"));
    let found = talker.with_file_name(name);
    assert!(
        found.exists(),
        "{name} is not built: run `cargo xtask test`, or `cargo build --workspace --examples --bins` first"
    );
    found
}

pub(crate) struct Place {
    pub(crate) folder: TempDir,
    server: Option<Child>,
    pub(crate) said: Vec<String>,
}

impl Place {
    /// Sets up a server for `bank.example` on free ports; `store` replaces the line that names the store.
    pub(crate) fn new(store: Option<&str>) -> Self {
        let place = Self { folder: TempDir::new().unwrap(), server: None, said: vec![] };
        let made = Command::new(program("chanceryd"))
            .args(["init", "--domain", "bank.example", "--trial"])
            .current_dir(place.folder.path())
            .output()
            .unwrap();
        assert!(made.status.success());
        place.rewrite(|config| {
            let config =
                config.replace("127.0.0.1:8460", "127.0.0.1:0").replace("127.0.0.1:8461", "127.0.0.1:0");
            match store {
                Some(store) => config.replace("sqlite = \"data/chancery.db\"", store),
                None => config,
            }
        });
        place
    }

    /// The same on a PostgreSQL database.
    pub(crate) fn on(database: &Temporary) -> Self {
        let place = Self::new(Some("postgres = { url_file = \"postgres-url\" }"));
        std::fs::write(place.folder.path().join("postgres-url"), database.address()).unwrap();
        place
    }

    /// Puts files into a bucket of an S3 store, from the next start on.
    pub(crate) fn files_in(&self, store: &Store) {
        let key = self.folder.path().join("s3-key");
        let open = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(key);
        write!(open.unwrap(), "key_id = \"{}\"\nsecret = \"{}\"\n", s3::KEY_ID, s3::SECRET).unwrap();
        let (endpoint, bucket) = (store.endpoint(), s3::BUCKET);
        let s3 =
            format!("s3 = {{ endpoint = \"{endpoint}\", bucket = \"{bucket}\", credentials = \"s3-key\" }}");
        self.rewrite(|config| config.replace("folder = \"data/files\"", &s3));
    }

    pub(crate) fn rewrite(&self, change: impl FnOnce(String) -> String) {
        let file = self.folder.path().join("chancery.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, change(config)).unwrap();
    }

    /// Starts the server. From the second time on it takes the ports it had.
    pub(crate) fn start(&mut self) {
        self.start_as(&mut Command::new(program("chanceryd")));
    }

    /// Starts the server by a command that runs it in its own way.
    pub(crate) fn start_as(&mut self, command: &mut Command) {
        let (server, said) = self.spawn(command);
        (self.server, self.said) = (Some(server), said);
        let (public, health) = (self.address("listening on "), self.address("health on "));
        self.rewrite(|config| config.replacen("127.0.0.1:0", &public, 1).replacen("127.0.0.1:0", &health, 1));
    }

    /// A server that has started here, and what it said until then.
    pub(crate) fn spawn(&self, command: &mut Command) -> (Child, Vec<String>) {
        let mut server = command
            .args(["serve", "--config", "chancery.toml"])
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut lines, mut said) = (BufReader::new(server.stdout.take().unwrap()), vec![]);
        loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "the server ended: {said:?}");
            said.push(line.trim().to_owned());
            if line.starts_with("listening on ") {
                break;
            }
        }
        // Keeps reading, so that the server never waits for us.
        std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop));
        (server, said)
    }

    pub(crate) fn address(&self, what: &str) -> String {
        self.said.iter().find_map(|line| line.strip_prefix(what)).unwrap().to_owned()
    }

    /// What the health listener answers.
    pub(crate) fn health(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address("health on ")).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// The link in what the server said at its start.
    pub(crate) fn founding_link(&self) -> String {
        let line = self.said.iter().find(|line| line.contains("/#found=")).unwrap();
        line.clone()
    }

    pub(crate) fn process(&mut self) -> &mut Child {
        self.server.as_mut().unwrap()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("profiles")
    }

    pub(crate) fn key(&self, who: &str) -> PathBuf {
        self.folder.path().join("keys").join(who)
    }

    /// The command line, as somebody types it.
    pub(crate) fn command(&self, who: &str, words: &[&str]) -> Command {
        let mut command = Command::new(program("chancery"));
        command
            .args(["--json", "--profile", who])
            .args(words)
            .env("CHANCERY_HOME", self.home())
            .env("CHANCERY_KEY_FILE", self.key(who))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn tries(&self, who: &str, words: &[&str]) -> Output {
        self.command(who, words).output().unwrap()
    }

    /// Types a command that has to work, and returns its answer: one object a line.
    pub(crate) fn types(&self, who: &str, words: &[&str]) -> Vec<Value> {
        let output = self.tries(who, words);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{who} {words:?}: {text} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Founds the organisation as the first of `names`, who invites the others.
    pub(crate) fn people(&self, names: &[&str]) {
        self.types(names[0], &["found", &self.founding_link(), "--as", names[0]]);
        for name in &names[1..] {
            let invited = self.types(names[0], &["invite", name]);
            self.types(name, &["join", invited[0]["link"].as_str().unwrap()]);
        }
    }

    /// Opens a room; returns its id.
    pub(crate) fn room(&self, who: &str, name: &str, members: &[&str]) -> String {
        let room = self.types(who, &[&["room", "new", name], members].concat());
        room[0]["room"].as_str().unwrap().to_owned()
    }

    /// The texts somebody sees in a room, in order.
    pub(crate) fn reads(&self, who: &str, room: &str) -> Vec<String> {
        let lines = self.types(who, &["read", room, "--last", "100000"]);
        let text = |line: &Value| (line["kind"] == "text").then(|| line["said"].as_str().unwrap().to_owned());
        lines.iter().filter_map(text).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
