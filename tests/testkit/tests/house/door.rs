//! A house with its door open, and the raw things one can do at it: requests, proofs and frames of one's own making.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chancery_duties::gateway::{House, HouseError, Peer, Settings};
use chancery_engine::{Link, Opener};
use chancery_floor::{
    blobs::Blobs,
    clock::{Clock, Entropy},
    journal,
    store::{Db, Read as _},
};
use chancery_sdk::{AccountKind, Client, Identity, Profile, VaultKey, Want};
use chancery_transparency::{Request, prove};
use chancery_wire::{
    api::Session,
    content::{TEXT_LIMIT, Written},
    frames::{ClientFrame, Entry, Fetch, Kind, Refused, ServerFrame, Submit},
    ids::{RoomId, SubmissionId},
    problem::{Code, Problem},
    time::Instant,
};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, RequestBuilder};
use tempfile::TempDir;
use tokio::{net::TcpStream, task::JoinSet};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(10);

/// The clock of this machine, so many seconds ahead, and its randomness.
#[derive(Clone, Debug, Default)]
struct System(Arc<AtomicI64>);

impl Clock for System {
    fn now(&self) -> Instant {
        now().plus_seconds(self.0.load(Ordering::SeqCst))
    }
}

impl Entropy for System {
    #[expect(clippy::disallowed_methods, reason = "a test stands where a program's main would")]
    fn fill(&self, out: &mut [u8]) {
        getrandom::fill(out).unwrap();
    }
}

/// Now, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "a test stands where a program's main would")]
pub(crate) fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Instant(i64::try_from(since.as_millis()).unwrap())
}

fn fresh() -> [u8; 16] {
    let entropy: &dyn Entropy = &System::default();
    entropy.make()
}

/// A running house with Alice, Bob and Mallory in it, and a room of Alice's and Bob's.
pub(crate) struct Door {
    pub(crate) db: Db,
    pub(crate) house: House,
    pub(crate) alice: Client,
    pub(crate) bob: Client,
    pub(crate) mallory: Client,
    pub(crate) room: RoomId,
    server: String,
    /// Where the organisation is looked after.
    admin: String,
    origin: String,
    clock: System,
    home: TempDir,
    listener: JoinSet<()>,
}

/// Another house over the same database.
pub(crate) struct Beside {
    pub(crate) house: House,
    server: String,
    _listener: JoinSet<()>,
}

/// Text that a person might write.
pub(crate) fn text(text: &str) -> Written {
    Written::parse(text, TEXT_LIMIT).unwrap()
}

/// Lets a client take in and send everything.
pub(crate) async fn sync(client: &mut Client) {
    client.sync(PATIENCE, &mut |_| {}).await.unwrap();
}

/// Says something in a room.
pub(crate) async fn says(client: &mut Client, room: RoomId, words: &str) {
    client.want(room, Want::Say(text(words))).unwrap();
    sync(client).await;
}

/// What was written in a room, as it reads now.
pub(crate) fn texts(client: &Client, room: RoomId) -> Vec<String> {
    let lines = client.lines(room, Some(0), u32::MAX).unwrap();
    lines.iter().filter_map(|line| Some(line.text()?.reveal().to_owned())).collect()
}

/// Links a new device on an old one.
pub(crate) async fn links(old: &mut Client, new: &mut Client) {
    let mut linking = old.begin_linking().await.unwrap();
    let link = linking.link.to_string();
    let there = async {
        let compared = new.ask_to_be_linked(&link).await.unwrap();
        new.be_linked(&compared, &mut |_| {}).await.unwrap();
    };
    let here = async {
        old.meet(&mut linking).await.unwrap();
        old.link_device(&linking, &mut |_| {}).await.unwrap();
    };
    tokio::join!(there, here);
}

impl Door {
    /// Opens a house over an empty database.
    pub(crate) async fn open(db: Db) -> Self {
        Self::over(db, Blobs::in_memory()).await
    }

    /// Opens a house over an empty database and a place for files.
    pub(crate) async fn over(db: Db, blobs: Blobs) -> Self {
        Box::pin(Self::with(db, blobs, Settings::new("bank.example".parse().unwrap()))).await
    }

    /// Opens a house that is run in a way of its own.
    pub(crate) async fn with(db: Db, blobs: Blobs, mut settings: Settings) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (server, origin) = (format!("http://{address}"), format!("http://localhost:{}", address.port()));
        settings.passkeys.origin = Some(origin.clone());
        let clock = System::default();
        let (house, admin, tasks) = serve((&db, &clock), blobs, settings, listener).await;
        let home = tempfile::tempdir().unwrap();
        let client = |name: &str| {
            let profile = Profile::new(home.path(), name).unwrap();
            std::fs::create_dir_all(profile.directory()).unwrap();
            Client::open(&profile, &VaultKey::from_bytes([7; 32]), None).unwrap()
        };
        let (mut alice, mut bob, mut mallory) = (client("alice"), client("bob"), client("mallory"));
        let code = house.prepare_founding().await.unwrap().unwrap();
        let link = Link { server: server.clone(), opener: Opener::Found(code.to_vec()) };
        alice.found(&link.to_string(), &"alice".parse().unwrap()).await.unwrap();
        for (client, name) in [(&mut bob, "bob"), (&mut mallory, "mallory")] {
            let link = alice.invite(&name.parse().unwrap(), &AccountKind::Person).await.unwrap().0;
            client.join(&link.to_string()).await.unwrap();
            sync(client).await;
        }
        sync(&mut alice).await;
        let room = alice.open_room(&text("private"), &["bob".parse().unwrap()]).unwrap();
        sync(&mut alice).await;
        Self { db, house, alice, bob, mallory, room, server, admin, origin, clock, home, listener: tasks }
    }

    /// Opens a house that may not open.
    pub(crate) async fn tries(db: &Db, settings: Settings) -> Result<House, HouseError> {
        let system = || Arc::new(System::default());
        House::open((db.clone(), Blobs::in_memory()), settings, system(), system()).await
    }

    /// The same house, run in another way from now on. Clients that were open knew it at another address.
    pub(crate) async fn reopen(&mut self, mut settings: Settings) {
        self.house.stop().await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.server = format!("http://{}", listener.local_addr().unwrap());
        settings.passkeys.origin = Some(self.origin.clone());
        (self.house, self.admin, self.listener) =
            serve((&self.db, &self.clock), Blobs::in_memory(), settings, listener).await;
    }

    /// Opens another house over the same database and the same place for files.
    pub(crate) async fn beside(&self, db: &Db, blobs: Blobs) -> Beside {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        let mut settings = Settings::new("bank.example".parse().unwrap());
        settings.passkeys.origin = Some(self.origin.clone());
        let (house, _, listener) = serve((db, &self.clock), blobs, settings, listener).await;
        Beside { house, server, _listener: listener }
    }

    /// Goes to the house beside, or back: what is asked by hand from now on is asked there.
    pub(crate) fn go_beside(&mut self, other: &mut Beside) {
        std::mem::swap(&mut self.server, &mut other.server);
    }

    /// Goes round to the other listener: what is asked by hand from now on is asked there.
    pub(crate) fn go_round(&mut self) {
        std::mem::swap(&mut self.server, &mut self.admin);
    }

    /// The address of the other listener.
    pub(crate) fn other(&self) -> &str {
        &self.admin
    }

    /// For the house, and those beside it, it is so many minutes later.
    pub(crate) fn wait(&self, minutes: i64) {
        self.clock.0.fetch_add(60 * minutes, Ordering::SeqCst);
    }

    /// Now, by the house's clock.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Where browsers find the house.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// A profile in which nobody is yet.
    pub(crate) fn blank(&self, name: &str) -> Client {
        let profile = Profile::new(self.home(), name).unwrap();
        std::fs::create_dir_all(profile.directory()).unwrap();
        Client::open(&profile, &VaultKey::from_bytes([7; 32]), None).unwrap()
    }

    /// Where profiles are.
    pub(crate) fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// How many files of rooms the server knows.
    pub(crate) async fn files(&self) -> u64 {
        let row = self.db.reader().row("SELECT COUNT(*) FROM files", vec![]).await.unwrap().unwrap();
        row.count(0).unwrap()
    }

    /// The address of a path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }

    /// A request without a session.
    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        reqwest::Client::new().get(self.at(path))
    }

    /// A request without a session.
    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        reqwest::Client::new().post(self.at(path))
    }

    /// A request with a token and a proof.
    pub(crate) fn signed(&self, path: &str, token: &[u8], proof: &str) -> RequestBuilder {
        self.get(path).header("authorization", authorization(token)).header("dpop", proof)
    }

    /// The same with any method.
    pub(crate) fn signed_as(&self, method: &Method, path: &str, token: &[u8], proof: &str) -> RequestBuilder {
        let request = reqwest::Client::new().request(method.clone(), self.at(path));
        request.header("authorization", authorization(token)).header("dpop", proof)
    }

    /// The token of a new session.
    pub(crate) async fn session(&self, who: &Identity) -> Vec<u8> {
        let proof = proof(who, ("POST", "/v1/sessions"), None, now());
        let response = self.post("/v1/sessions").header("dpop", proof).send().await.unwrap();
        response.json::<Session>().await.unwrap().token.0
    }

    /// A new connection.
    pub(crate) async fn connect(&self, who: &Identity) -> Socket {
        self.tries_to_connect(who).await.unwrap()
    }

    /// A new connection, or why there is none.
    pub(crate) async fn tries_to_connect(&self, who: &Identity) -> Result<Socket, (u16, String)> {
        let token = self.session(who).await;
        let proof = proof(who, ("GET", "/v1/stream"), Some(&token), now());
        let mut request = self.at("/v1/stream").replacen("http", "ws", 1).into_client_request().unwrap();
        request.headers_mut().insert("authorization", authorization(&token).parse().unwrap());
        request.headers_mut().insert("dpop", proof.parse().unwrap());
        upgraded(request).await.map(|(socket, _)| socket)
    }

    /// A new connection as a page opens one: with what it says in the names of protocols, and the protocol that the server chose.
    pub(crate) async fn connect_by(&self, protocols: &str) -> Result<(Socket, String), (u16, String)> {
        let mut request = self.at("/v1/stream").replacen("http", "ws", 1).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
        let (socket, response) = upgraded(request).await?;
        let chosen = response.headers().get("sec-websocket-protocol");
        Ok((socket, chosen.unwrap().to_str().unwrap().to_owned()))
    }

    /// How many entries all logs have.
    pub(crate) async fn entries(&self) -> u64 {
        let row = self.db.reader().row("SELECT COUNT(*) FROM rooms_log", vec![]).await.unwrap().unwrap();
        row.count(0).unwrap()
    }

    /// Makes sure that so many facts of a kind are in the journal, and that the journal holds.
    pub(crate) async fn has_fact(&self, kind: &str, many: usize) {
        self.house.verify_journal().await.unwrap();
        let told = journal::read(&mut self.db.reader(), 0).await.unwrap();
        assert_eq!(told.iter().filter(|told| told.kind == kind).count(), many, "{kind}");
    }

    /// Makes sure that refusals with these codes are in the journal, and that the journal holds.
    pub(crate) async fn has_told(&self, codes: &[Code]) {
        self.house.settle().await.unwrap();
        self.house.verify_journal().await.unwrap();
        let told = journal::read(&mut self.db.reader(), 0).await.unwrap();
        let refused = told.iter().filter(|told| told.kind == "journal.refused");
        let words: String = refused.map(|told| String::from_utf8_lossy(&told.fact).into_owned()).collect();
        for code in codes {
            assert!(words.contains(code.as_str()), "{code} is not in the journal");
        }
    }
}

/// A request for a connection, answered.
async fn upgraded(
    request: tungstenite::http::Request<()>,
) -> Result<(Socket, tungstenite::handshake::client::Response), (u16, String)> {
    match tokio_tungstenite::connect_async(request).await {
        Ok((stream, response)) => Ok((Socket(stream), response)),
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().as_deref().unwrap_or_default();
            let body: serde_json::Value = serde_json::from_slice(body).unwrap();
            Err((response.status().as_u16(), body["code"].as_str().unwrap().to_owned()))
        }
        Err(error) => panic!("{error}"),
    }
}

/// Opens a house behind a listener, and behind a second one for those who look after it.
async fn serve(
    (db, clock): (&Db, &System),
    blobs: Blobs,
    mut settings: Settings,
    listener: tokio::net::TcpListener,
) -> (House, String, JoinSet<()>) {
    let second = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let admin = format!("http://{}", second.local_addr().unwrap());
    if let Some(there) = &mut settings.administration {
        there.url.clone_from(&admin);
    }
    let system = || Arc::new(clock.clone());
    let house = House::open((db.clone(), blobs), settings, system(), system()).await.unwrap();
    let mut tasks = JoinSet::new();
    for (listener, router) in [(listener, house.router()), (second, house.administration())] {
        let router = router.layer(axum::Extension(Peer(Ipv4Addr::LOCALHOST.into())));
        tasks.spawn(async move { axum::serve(listener, router).await.unwrap() });
    }
    (house, admin, tasks)
}

pub(crate) fn authorization(token: &[u8]) -> String {
    format!("DPoP {}", BASE64URL_NOPAD.encode(token))
}

/// A proof by whoever holds `who`'s key.
pub(crate) fn proof(
    who: &Identity,
    (method, path): (&str, &str),
    token: Option<&[u8]>,
    at: Instant,
) -> String {
    let key = SigningKey::from_bytes(&who.signing.0);
    prove(Request { method, path, token }, who.device, at, fresh(), &key)
}

/// What a request is answered with: the status and, when refused, the code.
pub(crate) async fn problem(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    assert!(response.headers().contains_key("date"));
    if status < 300 {
        return (status, String::new());
    }
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let problem: Problem = response.json().await.unwrap();
    assert_eq!(problem.status, status);
    (status, problem.code)
}

/// What a refusal looks like.
pub(crate) fn expected(code: Code) -> (u16, String) {
    (code.status(), code.as_str().to_owned())
}

/// The code of a refusing frame; the frame itself in words when it is none.
pub(crate) fn code(frame: &ServerFrame) -> String {
    match frame {
        ServerFrame::Refused(Refused { code, .. }) => String::from_utf8(code.as_slice().to_vec()).unwrap(),
        other => format!("{other:?}"),
    }
}

/// A submission for epoch 1.
pub(crate) fn submit(room: RoomId, kind: Kind, body: &[u8]) -> ClientFrame {
    let (id, body, none) = (SubmissionId(fresh()), body.to_vec().into(), Vec::<u8>::new());
    let (welcome, group_info) = (none.clone().into(), none.into());
    ClientFrame::Submit(Submit { id, room, kind, epoch: 1, body, welcome, group_info })
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// The next message.
    async fn next(&mut self) -> Message {
        tokio::time::timeout(PATIENCE, self.0.next()).await.unwrap().unwrap().unwrap()
    }

    /// The next frame.
    pub(crate) async fn hear(&mut self) -> ServerFrame {
        loop {
            if let Message::Binary(frame) = self.next().await {
                return ServerFrame::decode(&frame).unwrap();
            }
        }
    }

    /// Sends a frame and returns the answer.
    pub(crate) async fn ask(&mut self, frame: &ClientFrame) -> ServerFrame {
        self.says(frame).await;
        self.hear().await
    }

    /// Sends a frame.
    pub(crate) async fn says(&mut self, frame: &ClientFrame) {
        self.0.send(Message::Binary(frame.encode().into())).await.unwrap();
    }

    /// Fetches all there is.
    pub(crate) async fn fetch(&mut self, room: RoomId, after: u64) -> Vec<Entry> {
        let mut frame = self.ask(&ClientFrame::Fetch(Fetch { room, after })).await;
        let mut entries = Vec::new();
        while let ServerFrame::Entry(entry) = frame {
            entries.push(entry);
            frame = self.hear().await;
        }
        assert!(matches!(frame, ServerFrame::UpTo(_)), "{frame:?}");
        entries
    }

    /// The code the connection is closed with.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Message::Close(Some(frame)) = self.next().await {
                return frame.code.into();
            }
        }
    }
}
