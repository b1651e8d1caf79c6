//! Nodes: two houses over one PostgreSQL database and one place for files are one server.

use chancery_duties::gateway::{House, HouseError, Settings};
use chancery_floor::{
    blobs::Blobs,
    store::{Dialect, Read as _},
    values,
};
use chancery_sdk::{AccountKind, Want};
use chancery_testkit::{db::Temporary, s3::Store};
use chancery_wire::{
    api::APPROVAL,
    frames::{Acknowledge, ClientFrame, Entry, Fetch, Kind, ServerFrame, Submit},
    ids::RoomId,
    policy::Role,
    problem::Code,
};

use reqwest::Method;
use serde_json::json;

use super::{
    authenticator::Forger,
    barriers::{barrier, segment},
    door::{Beside, Door, Socket, code, expected, now, problem, proof, says, submit, sync},
    passkeys::Seat,
    recovery::{handle, joins},
};

/// Two houses: `door` is the first one.
struct Nodes {
    place: Temporary,
    store: Store,
    door: Door,
    second: Beside,
}

impl Nodes {
    async fn open() -> Self {
        let place = Temporary::postgres().await.unwrap();
        let store = tokio::task::spawn_blocking(|| Store::start().unwrap()).await.unwrap();
        let blobs = || Blobs::bucket(&store.bucket()).unwrap();
        let door = Door::over(place.open().await.unwrap(), blobs()).await;
        // Each has connections of its own, as two processes have.
        let second = door.beside(&place.open().await.unwrap(), blobs()).await;
        Self { place, store, door, second }
    }

    /// A connection to the second house.
    async fn connect(&mut self, who: &chancery_sdk::Identity) -> Socket {
        self.door.go_beside(&mut self.second);
        let socket = self.door.connect(who).await;
        self.door.go_beside(&mut self.second);
        socket
    }

    async fn close(self) {
        let Self { place, store, door, second } = self;
        second.house.stop().await;
        door.house.stop().await;
        place.remove().await.unwrap();
        tokio::task::spawn_blocking(|| drop(store)).await.unwrap();
    }
}

/// A message that was sealed in a room, submitted once more as another one: the server cannot tell.
fn again(room: RoomId, sealed: &[u8]) -> ClientFrame {
    let epoch = chancery_groups::sealed_epoch(room, sealed).unwrap();
    let ClientFrame::Submit(frame) = submit(room, Kind::Message, sealed) else { panic!() };
    ClientFrame::Submit(Submit { epoch, ..frame })
}

/// Says something in a room through the first house; answers how it was sealed.
async fn sealed(nodes: &mut Nodes, socket: &mut Socket) -> Vec<u8> {
    let room = nodes.door.room;
    says(&mut nodes.door.alice, room, "hello").await;
    let entries = fetch(socket, room, 0).await;
    let said = entries.iter().rev().find(|it| it.kind == Kind::Message).unwrap();
    said.body.as_ref().unwrap().as_slice().to_vec()
}

/// What a socket hears next that is no hint to look somewhere.
async fn answer(socket: &mut Socket) -> ServerFrame {
    loop {
        let frame = socket.hear().await;
        if !matches!(frame, ServerFrame::Look(_)) {
            return frame;
        }
    }
}

/// What is answered to a submission, whatever is heard meanwhile.
async fn answer_to(socket: &mut Socket, frame: &ClientFrame) -> ServerFrame {
    socket.says(frame).await;
    loop {
        let frame = answer(socket).await;
        if !matches!(frame, ServerFrame::Entry(_)) {
            return frame;
        }
    }
}

/// Fetches all there is, whatever is said to look at meanwhile.
async fn fetch(socket: &mut Socket, room: RoomId, after: u64) -> Vec<Entry> {
    socket.says(&ClientFrame::Fetch(Fetch { room, after })).await;
    let mut entries = Vec::new();
    while let ServerFrame::Entry(entry) = answer(socket).await {
        entries.push(entry);
    }
    entries
}

/// Bob is live at the second house while his sessions end at the first one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_out_at_one_node_is_out_at_the_other_within_a_second() {
    let mut nodes = Nodes::open().await;
    let bob = nodes.door.bob.enrolled().unwrap();
    let mut times = Vec::new();
    for _ in 0..5 {
        let mut socket = nodes.connect(&bob).await;
        nodes.door.go_beside(&mut nodes.second);
        let token = nodes.door.session(&bob).await;
        let asks = proof(&bob, ("GET", "/v1/rooms"), Some(&token), now());
        assert_eq!(problem(nodes.door.signed("/v1/rooms", &token, &asks)).await.0, 200);
        // What was used at one node is used up at the other.
        nodes.door.go_beside(&mut nodes.second);
        let again = problem(nodes.door.signed("/v1/rooms", &token, &asks)).await;
        assert_eq!(again, expected(Code::ReplayedProof));
        nodes.door.go_beside(&mut nodes.second);
        let begun = now();
        nodes.door.alice.end_sessions_of(&handle("bob")).await.unwrap();
        let asks = proof(&bob, ("GET", "/v1/rooms"), Some(&token), now());
        assert_eq!(problem(nodes.door.signed("/v1/rooms", &token, &asks)).await, expected(Code::NoSession));
        assert_eq!(socket.closed().await, 4001);
        times.push(now().0 - begun.0);
        nodes.door.go_beside(&mut nodes.second);
    }
    println!("ended at one node, closed at the other after {times:?} ms");
    // One that was held up by this machine says nothing; all of them do.
    assert!(*times.iter().min().unwrap() < 1000, "{times:?}");
    nodes.close().await;
}

/// Bob is suspended at the first house by a key of the directory, and live at the second one with his program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_suspended_at_one_node_is_out_at_the_other_with_all_programs() {
    let mut nodes = Nodes::open().await;
    let bot = AccountKind::Bot(chancery_sdk::Bot {
        owner: handle("bob"),
        purpose: "reads papers".to_owned(),
        scope: None,
        until: None,
    });
    let papers = joins(&mut nodes.door, "papers", &bot).await.enrolled().unwrap();
    let mut mo = joins(&mut nodes.door, "mo", &AccountKind::Officer).await;
    let bob = nodes.door.bob.enrolled().unwrap();
    let (mut his, mut its) = (nodes.connect(&bob).await, nodes.connect(&papers).await);
    mo.suspend(&handle("bob"), true).await.unwrap();
    assert_eq!((his.closed().await, its.closed().await), (4001, 4001));
    nodes.close().await;
}

/// Alice removes Bob at the first house. What is said at the second one in that moment does not reach him, though he was live there; whether
/// that house has the room in its head with him, or reads it only now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_removed_at_one_node_hears_nothing_more_at_the_other() {
    for is_known in [true, false] {
        let mut nodes = Nodes::open().await;
        let room = nodes.door.room;
        sync(&mut nodes.door.bob).await;
        let (alice, bob) = (nodes.door.alice.enrolled().unwrap(), nodes.door.bob.enrolled().unwrap());
        let (mut hers, mut his) = (nodes.connect(&alice).await, nodes.connect(&bob).await);
        let sealed = sealed(&mut nodes, &mut hers).await;
        let mut last = fetch(&mut his, room, 0).await.last().unwrap().seq;
        if is_known {
            let said = answer_to(&mut hers, &again(room, &sealed)).await;
            assert!(matches!(said, ServerFrame::Accepted(_)), "{said:?}");
            let ServerFrame::Entry(entry) = answer(&mut his).await else { panic!() };
            last = entry.seq;
        }
        nodes.door.alice.want(room, Want::Remove(handle("bob"))).unwrap();
        sync(&mut nodes.door.alice).await;
        let ServerFrame::Accepted(two) = answer_to(&mut hers, &again(room, &sealed)).await else { panic!() };
        assert_eq!(two.seq, last + 2, "after the removal");
        // He is told to look, and finds what took him out, and no more.
        let seen = fetch(&mut his, room, last).await;
        let seen: Vec<_> = seen.iter().map(|entry| (entry.seq, entry.kind)).collect();
        assert_eq!(seen, [(last + 1, Kind::Commit)], "{is_known}");
        assert_eq!(code(&answer_to(&mut his, &again(room, &sealed)).await), Code::NoRoom.as_str());
        nodes.close().await;
    }
}

/// Alice adds Mallory at the first house; she speaks at the second one, which has the room in its head without her.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_added_at_one_node_is_heard_at_the_other_at_once() {
    let mut nodes = Nodes::open().await;
    let room = nodes.door.room;
    let (alice, mallory) = (nodes.door.alice.enrolled().unwrap(), nodes.door.mallory.enrolled().unwrap());
    let (mut hers, mut new) = (nodes.connect(&alice).await, nodes.connect(&mallory).await);
    let sealed = sealed(&mut nodes, &mut hers).await;
    let said = answer_to(&mut hers, &again(room, &sealed)).await;
    assert!(matches!(said, ServerFrame::Accepted(_)), "{said:?}");
    assert_eq!(code(&answer_to(&mut new, &again(room, &sealed)).await), Code::NoRoom.as_str());
    nodes.door.alice.want(room, Want::Add(vec![handle("mallory")], Role::Member)).unwrap();
    sync(&mut nodes.door.alice).await;
    let said = answer_to(&mut new, &again(room, &sealed)).await;
    assert!(matches!(said, ServerFrame::Accepted(_)), "{said:?}");
    nodes.close().await;
}

/// A barrier goes up at the first house; at the second one nothing more is said across it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_barrier_put_up_at_one_node_silences_the_other() {
    let mut nodes = Nodes::open().await;
    let room = nodes.door.room;
    let mut mo = joins(&mut nodes.door, "mo", &AccountKind::Officer).await;
    mo.amend(segment("trading", &["bob"], &[])).await.unwrap();
    mo.amend(segment("research", &["alice"], &[])).await.unwrap();
    let alice = nodes.door.alice.enrolled().unwrap();
    let mut hers = nodes.connect(&alice).await;
    let sealed = sealed(&mut nodes, &mut hers).await;
    let said = answer_to(&mut hers, &again(room, &sealed)).await;
    assert!(matches!(said, ServerFrame::Accepted(_)), "{said:?}");
    mo.amend(barrier(true)).await.unwrap();
    let said = answer_to(&mut hers, &again(room, &sealed)).await;
    assert_eq!(code(&said), Code::Apart.as_str());
    mo.amend(barrier(false)).await.unwrap();
    let said = answer_to(&mut hers, &again(room, &sealed)).await;
    assert!(matches!(said, ServerFrame::Accepted(_)), "{said:?}");
    nodes.close().await;
}

/// The second house is deaf for a moment. Whoever is connected is let go, comes in nowhere where that is not heard which ends elsewhere, and
/// comes back as soon as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_may_have_missed_something_has_everybody_connect_anew() {
    let mut nodes = Nodes::open().await;
    let bob = nodes.door.bob.enrolled().unwrap();
    let mut socket = nodes.connect(&bob).await;
    let deaf = nodes.place.keep_deaf().await.unwrap();
    assert_eq!(socket.closed().await, 1001);
    nodes.door.go_beside(&mut nodes.second);
    let busy = nodes.door.tries_to_connect(&bob).await.err().unwrap();
    assert_eq!((busy.0, busy.1.as_str()), (503, Code::Busy.as_str()));
    assert!(nodes.second.house.ready().await.is_err(), "and whoever asks for its health learns that");
    drop(deaf);
    // Once it hears again it says so by closing once more: what came between may have been missed as well.
    loop {
        let Ok(mut socket) = nodes.door.tries_to_connect(&bob).await else { continue };
        nodes.door.alice.end_sessions_of(&handle("bob")).await.unwrap();
        if socket.closed().await == 4001 {
            break;
        }
    }
    nodes.close().await;
}

/// One acknowledges at one house and the other at the other, before either has heard of that: nothing is kept that both have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_all_have_acknowledged_at_whatever_node_is_deleted() {
    let mut nodes = Nodes::open().await;
    let (alice, bob) = (nodes.door.alice.enrolled().unwrap(), nodes.door.bob.enrolled().unwrap());
    let room = nodes.door.room;
    sync(&mut nodes.door.bob).await;
    let (mut hers, mut his) = (nodes.door.connect(&alice).await, nodes.connect(&bob).await);
    says(&mut nodes.door.alice, room, "her own program has acknowledged this").await;
    let sealed = fetch(&mut his, room, 0).await.pop().unwrap().body.unwrap();
    let sealed = sealed.as_slice();
    let mut last = 0;
    for _ in 0..2 {
        let said = answer_to(&mut his, &again(room, sealed)).await;
        let ServerFrame::Accepted(accepted) = said else { panic!("{said:?}") };
        last = accepted.seq;
    }
    // Each house knows by heart how far they have got, and then one of them gets further at the other one.
    for seq in [last - 1, last] {
        for socket in [&mut hers, &mut his] {
            socket.says(&ClientFrame::Acknowledge(Acknowledge { room, seq })).await;
            // Frames of one connection are taken in one after the other.
            fetch(socket, room, last).await;
        }
        for _ in 0..32 {
            tokio::join!(settles(&nodes.door.house), settles(&nodes.second.house));
        }
    }
    let kept = "SELECT COUNT(*) FROM rooms_log WHERE room = $1 AND body IS NOT NULL";
    let row = nodes.door.db.reader().row(kept, values![room.0]).await.unwrap().unwrap();
    assert_eq!(row.count(0).unwrap(), 0);
    nodes.close().await;
}

async fn settles(house: &House) {
    house.settle().await.unwrap();
}

/// Alice takes up her roles at one house and asks at both: it is one quarter of an hour, wherever she asks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_that_are_in_use_at_one_node_are_up_at_the_other() {
    let mut nodes = Nodes::open().await;
    let alice = nodes.door.alice.enrolled().unwrap();
    let seat = Seat::of(&nodes.door, alice).await;
    let mut forger = Forger::new(7, nodes.door.origin());
    seat.adds(&nodes.door, &forger).await;
    let minutes = json!({ "minutes": 60 });
    let request = ("POST", "/v1/elevations", r#"{"minutes":60}"#);
    let approval = seat.approved(&nodes.door, &mut forger, request).await;
    let taken = seat.asks(&nodes.door, &Method::POST, "/v1/elevations", Some(&minutes));
    assert_eq!(problem(taken.header(APPROVAL, approval.to_string())).await.0, 200);
    for _ in 0..3 {
        nodes.door.go_beside(&mut nodes.second);
        nodes.door.wait(10);
        let asked = seat.asks(&nodes.door, &Method::GET, "/v1/suspensions", None);
        assert_eq!(problem(asked).await.0, 200);
    }
    for minutes in [16, 0] {
        nodes.door.go_beside(&mut nodes.second);
        nodes.door.wait(minutes);
        let asked = seat.asks(&nodes.door, &Method::GET, "/v1/suspensions", None);
        assert_eq!(problem(asked).await, expected(Code::NotTakenUp), "and asking again does not help");
    }
    nodes.door.has_fact("signin.went-on", 3).await;
    nodes.close().await;
}

/// Files in a folder are found by one server only: no second one works beside it on the same database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_keeps_files_for_itself_works_alone() {
    let place = Temporary::postgres().await.unwrap();
    let door = Door::open(place.open().await.unwrap()).await;
    assert_eq!(door.db.dialect(), Dialect::Postgres);
    let settings = || Settings::new("bank.example".parse().unwrap());
    let tried = Door::tries(&place.open().await.unwrap(), settings()).await;
    assert_eq!(tried.err(), Some(HouseError::NotAlone));
    door.house.stop().await;
    Door::tries(&place.open().await.unwrap(), settings()).await.unwrap().stop().await;
    place.remove().await.unwrap();
}
