//! People join and sign in by a provider that others have written, at its own pages, in a real browser.

use std::future::pending;

use chancery_duties::gateway::Settings;
use chancery_floor::blobs::Blobs;
use chancery_sdk::{Client, Identity, SdkError, TrustedProvider, Visit, Want};
use chancery_testkit::{
    browser::Browser,
    db::Temporary,
    provider::{IdentityProvider, signs_in},
};
use chancery_wire::{policy::Role, problem::Code};
use tokio::sync::mpsc;

use super::door::{Door, says, sync, texts};

/// What an officer says about the provider.
fn trusted(provider: &IdentityProvider) -> TrustedProvider {
    TrustedProvider {
        issuer: provider.issuer.clone(),
        client: "chancery".to_owned(),
        claim: "preferred_username".to_owned(),
        suffix: String::new(),
        acr: vec![],
        vouches: true,
    }
}

/// Has somebody sign in while a client waits for it. Answers what came of it, and what the browser showed last.
async fn visits<T>(
    client: &mut Client,
    (browser, who): (&mut Browser, &str),
    what: impl AsyncFnOnce(&mut Client, Visit<'_, std::future::Pending<String>>) -> Result<T, SdkError>,
) -> (Result<T, SdkError>, String) {
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut go = |page: &str| tell.send(page.to_owned()).unwrap();
    let waits = what(client, Visit { go: &mut go, brought: pending(), at: None });
    let acts = async {
        let page = told.recv().await.unwrap();
        signs_in(browser, &page, who).await.unwrap()
    };
    tokio::join!(waits, acts)
}

async fn joins(client: &mut Client, link: &str, browser: (&mut Browser, &str)) -> Result<Identity, SdkError> {
    let joins = async |client: &mut Client, visit: Visit<'_, _>| client.join_by_provider(link, visit).await;
    visits(client, browser, joins).await.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_provider_by_others_knows_joins_in_a_browser_and_is_believed_by_everybody() {
    let database = Temporary::sqlite().unwrap();
    let mut door = Door::open(database.open().await.unwrap()).await;
    let mut provider = IdentityProvider::start("RS256", true).await.unwrap();
    let link = door.alice.sign_in_link().unwrap().to_string();
    // Whoever comes before an officer has said anything is told that nobody has.
    let mut early = door.blank("early");
    let (go, at) = (&mut |_: &str| {}, None);
    let refused = early.join_by_provider(&link, Visit { go, brought: pending(), at }).await.unwrap_err();
    assert!(refused.to_string().contains("no officer"), "{refused}");
    assert!(early.is_blank().unwrap());
    for (alg, who) in [("RS256", "mo"), ("ES256", "ravi"), ("EdDSA", "tess"), ("PS256", "uma")] {
        if alg != "RS256" {
            provider = provider.changes_keys(alg).await.unwrap();
            // What it says with its new keys counts once an officer has taken them.
            let mut browser = Browser::start().await.unwrap();
            let mut client = door.blank("too-early");
            let refused = joins(&mut client, &link, (&mut browser, who)).await.unwrap_err();
            assert!(refused.to_string().contains("no officer has taken"), "{refused}");
            assert!(client.is_blank().unwrap());
        }
        let signed = door.alice.trust_provider(trusted(&provider)).await.unwrap();
        assert_eq!(signed.fingerprints().len(), 1, "{alg}");
        let mut client = door.blank(who);
        let mut browser = Browser::start().await.unwrap();
        let identity = joins(&mut client, &link, (&mut browser, who)).await.unwrap();
        assert_eq!(identity.handle.as_str(), who, "{alg}");
        sync(&mut client).await;
        // Alice brings the newcomer into the room, and everybody sees who vouched.
        sync(&mut door.alice).await;
        door.alice.want(door.room, Want::Add(vec![identity.handle.clone()], Role::Member)).unwrap();
        sync(&mut door.alice).await;
        says(&mut door.alice, door.room, &format!("welcome {who}")).await;
        sync(&mut client).await;
        assert_eq!(texts(&client, door.room), [format!("welcome {who}")]);
        sync(&mut door.bob).await;
        let room = door.bob.room(door.room).unwrap();
        let member = room.members.iter().find(|member| member.handle == identity.handle).unwrap();
        assert_eq!(member.provider.as_ref(), Some(&provider.issuer));
        assert_eq!(member.invited_by.as_ref().unwrap().as_str(), "alice");
    }
    assert_eq!(texts(&door.bob, door.room).len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_signs_in_at_the_provider_when_the_organisation_asks_for_it() {
    let database = Temporary::sqlite().unwrap();
    let mut settings = Settings::new("bank.example".parse().unwrap());
    settings.provider_hours = Some(12);
    let mut door = Door::with(database.open().await.unwrap(), Blobs::in_memory(), settings).await;
    let provider = IdentityProvider::start("ES256", false).await.unwrap();
    door.alice.trust_provider(trusted(&provider)).await.unwrap();
    // The session that is open goes on to its end; the next one is asked for more.
    let open = door.bob.sessions().await.unwrap().sessions;
    for session in open {
        door.bob.end_session(session.session).await.unwrap();
    }
    let refused = door.bob.sessions().await.unwrap_err();
    assert!(refused.is(Code::SignInNeeded), "{refused}");
    assert!(refused.remedy().unwrap().contains("chancery sign-in"));
    // Somebody else's account at the provider is none of Bob's.
    let mut browser = Browser::start().await.unwrap();
    let signs = async |client: &mut Client, visit: Visit<'_, _>| client.sign_in(visit).await;
    let (done, _) = visits(&mut door.bob, (&mut browser, "mallory"), signs).await;
    assert!(done.unwrap_err().is(Code::OtherSubject));
    let mut browser = Browser::start().await.unwrap();
    let (done, said) = visits(&mut door.bob, (&mut browser, "bob"), signs).await;
    assert_eq!(done.unwrap(), provider.issuer);
    assert!(said.contains("go back to where you came from"), "{said}");
    assert_eq!(door.bob.sessions().await.unwrap().sessions.len(), 1);
    sync(&mut door.bob).await;
    says(&mut door.bob, door.room, "back").await;
    // Who comes back without any device signs in as well, and then is in the rooms again.
    let link = door.bob.make_recovery_key(true).await.unwrap().unwrap().to_string();
    let mut again = door.blank("again");
    let refused = again.recover(&link, &mut |_| {}).await.unwrap_err();
    assert!(refused.is(Code::SignInNeeded), "{refused}");
    let mut browser = Browser::start().await.unwrap();
    visits(&mut again, (&mut browser, "bob"), signs).await.0.unwrap();
    sync(&mut door.alice).await;
    sync(&mut again).await;
    says(&mut door.alice, door.room, "welcome back").await;
    sync(&mut again).await;
    assert!(texts(&again, door.room).contains(&"welcome back".to_owned()));
    // A provider that an officer believes no more.
    door.alice.withdraw_provider(&provider.issuer).await.unwrap();
    assert!(again.providers().await.unwrap().is_empty());
}

/// A provider at another address answers with the right one's answers: the device does not take it for the right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_calls_itself_otherwise_is_not_trusted() {
    let database = Temporary::sqlite().unwrap();
    let mut door = Door::open(database.open().await.unwrap()).await;
    let provider = IdentityProvider::start("EdDSA", false).await.unwrap();
    let mut it = trusted(&provider);
    it.issuer = provider.issuer.replace("127.0.0.1", "localhost");
    let refused = door.alice.trust_provider(it).await.unwrap_err();
    assert!(refused.to_string().contains("calls itself"), "{refused}");
    // Members trust no provider for others; what they would sign is not even sent.
    let refused = door.bob.trust_provider(trusted(&provider)).await.unwrap_err();
    assert!(refused.to_string().contains("only officers"), "{refused}");
}
