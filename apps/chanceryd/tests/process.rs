//! The program as a person meets it: set up, started, asked, stopped, and told when it was told nonsense.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

fn chanceryd(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chanceryd"));
    command.current_dir(folder);
    command
}

fn call(folder: &Path, arguments: &[&str]) -> Output {
    chanceryd(folder).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A set-up folder whose server will take free ports.
fn set_up() -> TempDir {
    let folder = TempDir::new().unwrap();
    let output = call(folder.path(), &["init", "--domain", "bank.example"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let file = folder.path().join("chancery.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, config.replace(":8460", ":0").replace(":8461", ":0").replace(":8462", ":0"))
        .unwrap();
    folder
}

/// A running server: killed when the test ends early.
struct Running {
    process: Child,
    said: Vec<String>,
}

impl Running {
    fn start(folder: &Path) -> Self {
        let mut process = chanceryd(folder).arg("serve").stdout(Stdio::piped()).spawn().unwrap();
        let mut said = Vec::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            said.push(line.unwrap());
            if said.last().unwrap().starts_with("listening on ") {
                break;
            }
        }
        Self { process, said }
    }

    fn line(&self, with: &str) -> Option<&str> {
        self.said.iter().find_map(|line| line.split_once(with)).map(|(_, rest)| rest)
    }

    /// What `GET path` on the listener called `listener` is answered with.
    fn get(&self, listener: &str, path: &str) -> String {
        let mut stream = TcpStream::connect(self.line(listener).unwrap()).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a signal, and returns the exit code.
    fn stop(&mut self, signal: &str) -> Option<i32> {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.process.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_new_server_says_how_to_found_the_organisation_and_stops_when_asked() {
    let folder = set_up();
    let mut server = Running::start(folder.path());
    let address = server.line("listening on ").unwrap();
    let link = server.line("chancery found '").unwrap().to_owned();
    let code = link.strip_prefix(&format!("http://{address}/#found=")).unwrap();
    let (code, rest) = code.split_at(26);
    assert!(code.bytes().all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b)), "{code}");
    // Whoever looks after things has an account of its own for that, and a passkey.
    assert_eq!(rest, "' --as admin");
    assert!(server.line("chancery passkeys add '").is_some());

    assert!(server.get("health on ", "/health/live").starts_with("HTTP/1.1 200"));
    assert!(server.get("health on ", "/health/ready").contains("ready"));
    assert!(server.get("listening on ", "/v1/organisation").contains("bank.example"));
    assert!(server.get("admin on ", "/v1/organisation").contains("bank.example"));
    assert!(server.get("admin on ", "/metrics").starts_with("HTTP/1.1 404"));
    // Where the organisation is looked after, nobody talks.
    assert!(server.get("admin on ", "/v1/stream").starts_with("HTTP/1.1 404"));
    assert!(!server.get("listening on ", "/v1/stream").starts_with("HTTP/1.1 404"));
    assert!(server.get("health on ", "/metrics").starts_with("HTTP/1.1 200"));
    // What is asked on this machine only is not told to clients.
    assert!(server.get("listening on ", "/metrics").starts_with("HTTP/1.1 404"));
    assert_eq!(server.stop("-TERM"), Some(0));

    // As long as nobody has founded it, the next start makes a new link.
    let mut again = Running::start(folder.path());
    assert_ne!(again.line("#found=").unwrap().split_at(26).0, code);
    assert_eq!(again.stop("-INT"), Some(0));
}

#[test]
fn an_open_connection_does_not_keep_the_server_from_stopping() {
    let folder = set_up();
    let mut server = Running::start(folder.path());
    let mut idle = TcpStream::connect(server.line("listening on ").unwrap()).unwrap();
    // Half a request: the rest never comes.
    idle.write_all(b"GET /v1/organisation HTTP/1.1\r\nhost: loc").unwrap();
    assert_eq!(server.stop("-TERM"), Some(0));
}

#[test]
fn what_was_set_up_is_never_overwritten() {
    let folder = set_up();
    let before = std::fs::read(folder.path().join("chancery.toml")).unwrap();
    let output = call(folder.path(), &["init", "--domain", "clinic.example"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("is there already and stays as it is"));
    assert_eq!(std::fs::read(folder.path().join("chancery.toml")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_reads_the_data() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = set_up();
    let mode = std::fs::metadata(folder.path().join("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_wrong_configuration_is_one_line_and_exit_code_2() {
    let folder = set_up();
    let file = folder.path().join("chancery.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    let number = 1 + good.lines().position(|line| line.starts_with("bodies_kept")).unwrap();
    std::fs::write(&file, good.replace("bodies_kept", "bodies_keept")).unwrap();
    for arguments in [&["serve"][..], &["config", "check"], &["config", "show"]] {
        let output = call(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        let said =
            format!("chancery.toml:{number}: unknown key `bodies_keept`: did you mean `bodies_kept`?\n");
        assert_eq!(text(&output.stderr), said);
    }
}

#[test]
fn a_file_that_is_named_and_missing_is_found_with_its_line() {
    let folder = set_up();
    let file = folder.path().join("chancery.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    let tls = "[tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n";
    std::fs::write(&file, good.replace("[health]", &format!("{tls}[health]"))).unwrap();
    let number = 2 + good.lines().position(|line| line == "[health]").unwrap();
    let output = call(folder.path(), &["config", "check"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.starts_with(&format!("chancery.toml:{number}: certificate: chain.pem cannot be read:")),
        "{said}"
    );
}

#[test]
fn credentials_that_others_can_read_are_refused_with_their_line_and_not_repeated() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = set_up();
    let file = folder.path().join("chancery.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    let s3 = "s3 = { endpoint = \"http://127.0.0.1:9\", bucket = \"files\", credentials = \"s3-key\" }";
    std::fs::write(&file, good.replace("folder = \"data/files\"", s3)).unwrap();
    let number = 1 + good.lines().position(|line| line.starts_with("folder =")).unwrap();
    let key = folder.path().join("s3-key");
    let check = || {
        let output = call(folder.path(), &["config", "check"]);
        (output.status.code(), text(&output.stderr))
    };
    let refused = format!("chancery.toml:{number}: credentials: s3-key ");
    let (code, said) = check();
    assert!(code == Some(2) && said.starts_with(&format!("{refused}cannot be read:")), "{said}");
    std::fs::write(&key, "key_id = \"AK\"\nsecret = \"hunter2\"\n").unwrap();
    for (mode, expected) in [(0o644, Some(2)), (0o600, Some(0))] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let (code, said) = check();
        assert_eq!(code, expected, "{said}");
        assert!(code == Some(0) || said.starts_with(&format!("{refused}can be read by others")), "{said}");
        assert!(!said.contains("hunter2"));
    }
    std::fs::write(&key, "secret = \"hunter2\"\n").unwrap();
    let (code, said) = check();
    assert!(
        code == Some(2) && said.contains("is not as it should be") && !said.contains("hunter2"),
        "{said}"
    );
}

#[test]
fn messages_do_not_wait_for_a_store_for_files_that_is_down() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = set_up();
    let file = folder.path().join("chancery.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let s3 =
        format!("s3 = {{ endpoint = \"http://{nobody}\", bucket = \"files\", credentials = \"s3-key\" }}");
    std::fs::write(&file, good.replace("folder = \"data/files\"", &s3)).unwrap();
    let key = folder.path().join("s3-key");
    std::fs::write(&key, "key_id = \"AK\"\nsecret = \"hunter2\"\n").unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let server = Running::start(folder.path());
    let ready = server.get("health on ", "/health/ready");
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("except for files"), "{ready}");
}

#[test]
fn a_good_configuration_is_said_to_be_good_and_shown() {
    let folder = set_up();
    let check = text(&call(folder.path(), &["config", "check"]).stdout);
    assert!(check.starts_with("chancery.toml: ok\n"), "{check}");
    let shown = text(&call(folder.path(), &["config", "show"]).stdout);
    assert!(shown.contains("bodies_kept = \"14 days\"") && shown.contains("connections = 10000"), "{shown}");
}

#[test]
fn no_configuration_at_all_says_how_to_get_one() {
    let folder = TempDir::new().unwrap();
    let output = call(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("chanceryd init --domain"));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let folder = set_up();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let file = folder.path().join("chancery.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    std::fs::write(&file, config.replacen("127.0.0.1:0", &address, 1)).unwrap();
    let output = call(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("{address} cannot be listened on")));
}
