//! A bot in thirty lines: it answers "ping" with "pong" in every room it was added to.
//!
//! An officer makes its invitation: `chancery invite pinger --bot 'answers ping'`. It joins as everybody does:
//! `chancery --profile pinger --unlock file join '<link>'`. Then: `cargo run --example bot -- <home> pinger <key file>`.

use std::{cell::RefCell, path::Path, rc::Rc};

use chancery_sdk::{Client, KeySource, News, Profile, SdkError, Want};
use chancery_wire::content::{TEXT_LIMIT, Written};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [home, name, key] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "usage: bot HOME NAME KEY")?;
    let profile = Profile::new(Path::new(&home), &name)?;
    let key = KeySource::File(key.into()).key(|| Err::<_, SdkError>(SdkError::NoKeyring(String::new())))?;
    // One client is online; the other one answers, over the same vault.
    let mut online = Client::open(&profile, &key, None)?;
    let answering = Rc::new(RefCell::new(Client::open(&profile, &key, None)?));
    let nudge = online.nudge();
    let me = online.enrolled()?.handle;
    let mut watch = |news: News| {
        let News::Line(line) = news else { return };
        let from_others = line.message.from.as_ref().is_some_and(|(who, _)| *who != me);
        if from_others && line.text().is_some_and(|text| text.reveal() == "ping") {
            let Ok(text) = Written::parse("pong", TEXT_LIMIT) else { return };
            // Kept before it is sent: it survives whatever happens now.
            if answering.borrow_mut().want(line.message.room, Want::Say(text)).is_ok() {
                nudge.give();
            }
        }
    };
    Ok(online.follow(&mut watch).await?)
}
