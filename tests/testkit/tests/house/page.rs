//! The page on which passkeys are made and used, in a real browser.

use chancery_testkit::{browser::Browser, db::Temporary};
use chancery_wire::{
    api::{APPROVAL, Ceremony},
    problem::Code,
};
use reqwest::Method;
use serde_json::json;
use tokio::{net::TcpListener, task::JoinSet};

use super::{
    door::{Door, expected, problem},
    passkeys::{LINKING, Seat, is_done},
};

/// The page has said that it is over, well or badly.
const SAYS: &str = "document.getElementById('status') && document.getElementById('status').innerText.length > 0 \
     && !/^(One moment|Your browser)/.test(document.getElementById('status').innerText)";
/// The page waits for the person.
const ASKS: &str = "document.getElementById('go') && !document.getElementById('go').hidden";

struct Page {
    door: Door,
    seat: Seat,
    browser: Browser,
    _database: Temporary,
}

impl Page {
    async fn new() -> Self {
        let database = Temporary::sqlite().unwrap();
        let door = Door::open(database.open().await.unwrap()).await;
        let seat = Seat::of(&door, door.alice.enrolled().unwrap()).await;
        Self { door, seat, browser: Browser::start().await.unwrap(), _database: database }
    }

    async fn begins(&self, name: &str) -> Ceremony {
        self.seat.begins(&self.door, "/v1/passkeys", &json!({"name": name})).await
    }

    /// Goes to a page, reads what it asks, says yes, and reads what comes of it.
    async fn goes_to(&mut self, address: &str) -> (String, String) {
        self.browser.open(address).await.unwrap();
        let asks = self.browser.shows(ASKS).await.unwrap();
        assert_eq!(self.browser.is("location.hash").await.unwrap(), "", "the secret stays in the address");
        self.browser.is("document.getElementById('go').click()").await.unwrap();
        let says = self.browser.shows(SAYS).await.unwrap();
        assert_eq!(self.browser.is("window.violations").await.unwrap(), json!([]));
        (asks, says)
    }

    async fn is_done(&self, ceremony: &Ceremony) -> bool {
        is_done(&self.door, &self.seat, ceremony.ceremony).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_makes_a_passkey_in_a_browser_and_approves_with_it() {
    let mut page = Page::new().await;
    page.browser.authenticator(true).await.unwrap();
    let ceremony = page.begins("blue <key>").await;
    let (asks, says) = page.goes_to(&ceremony.url).await;
    assert!(
        asks.contains("Account: alice, asked for by its device") && asks.contains("called blue <key>"),
        "{asks}"
    );
    assert!(says.contains("Done."), "{says}");
    assert!(page.is_done(&ceremony).await);
    let another = json!({"name": "red key"});
    let approval = page.seat.asks_approval(&page.door, "POST", "/v1/passkeys", &another.to_string()).await;
    // Opened where the page is shown already, it is another ceremony all the same.
    page.browser.ask("Page.navigate", json!({"url": approval.url})).await.unwrap();
    page.browser.shows("/Approve/.test(document.body.innerText)").await.unwrap();
    let (asks, says) = page.goes_to(&approval.url).await;
    assert!(asks.contains("Approve") && asks.contains("red key"), "{asks}");
    assert!(says.contains("Done."), "{says}");
    let add = page.seat.asks(&page.door, &Method::POST, "/v1/passkeys", Some(&another));
    let response = add.header(APPROVAL, approval.ceremony.to_string()).send().await.unwrap();
    assert_eq!(response.status(), 201);
    // The same authenticator has one already, and says so.
    let ceremony: Ceremony = response.json().await.unwrap();
    let (_, says) = page.goes_to(&ceremony.url).await;
    assert!(says.contains("has a passkey of this account already"), "{says}");
    assert!(!page.is_done(&ceremony).await);
    // What is over is said to be over.
    page.browser.open(&approval.url).await.unwrap();
    let says = page.browser.shows(SAYS).await.unwrap();
    assert!(says.contains("there is no such ceremony, or it is over"), "{says}");
    page.browser.open(&page.door.at("/passkey")).await.unwrap();
    let says = page.browser.shows(SAYS).await.unwrap();
    assert!(says.contains("opened by the program"), "{says}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_in_which_the_person_is_not_verified_makes_no_passkey() {
    let mut page = Page::new().await;
    let thief = page.browser.authenticator(false).await.unwrap();
    let ceremony = page.begins("key").await;
    let (_, says) = page.goes_to(&ceremony.url).await;
    assert!(says.contains("The passkey was not used"), "{says}");
    assert!(!page.is_done(&ceremony).await);
    // The owner comes, on the same page, and it goes on.
    page.browser.unplug(&thief).await.unwrap();
    page.browser.authenticator(true).await.unwrap();
    page.browser.is("document.getElementById('go').click()").await.unwrap();
    let says = page.browser.shows("/Done/.test(document.body.innerText)").await.unwrap();
    assert!(says.contains("Done."), "{says}");
    assert!(page.is_done(&ceremony).await);
}

/// Mallory passes everything on between the person and the house, on a page of her own, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_in_between_gets_no_approval() {
    let mut page = Page::new().await;
    page.browser.authenticator(true).await.unwrap();
    let ceremony = page.begins("key").await;
    page.goes_to(&ceremony.url).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let house = page.door.at("").trim_start_matches("http://").to_owned();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut person, _)) = listener.accept().await {
            let house = house.clone();
            connections.spawn(async move {
                let mut house = tokio::net::TcpStream::connect(house).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut person, &mut house).await;
            });
        }
    });
    for _ in 0..15 {
        let approval = page.seat.asks_approval(&page.door, "POST", "/v1/linkings", LINKING).await;
        // At another port of the same name, and at the same machine under another name.
        for in_between in [format!("http://localhost:{port}"), format!("http://127.0.0.1:{port}")] {
            let address = approval.url.replace(page.door.origin(), &in_between);
            let (_, says) = page.goes_to(&address).await;
            assert!(says.contains("another page") || says.contains("another address"), "{says}");
            assert!(!page.is_done(&approval).await);
        }
        let asked = page.seat.asks(
            &page.door,
            &Method::POST,
            "/v1/linkings",
            Some(&serde_json::from_str(LINKING).unwrap()),
        );
        assert_eq!(
            problem(asked.header(APPROVAL, approval.ceremony.to_string())).await,
            expected(Code::NotApproved)
        );
    }
    page.door.has_fact("passkeys.approved", 0).await;
}
