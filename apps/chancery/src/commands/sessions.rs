//! Sessions: list those of this account, and end one.

use chancery_sdk::Client;
use chancery_wire::api::OpenSession;
use serde_json::json;

use super::{one_that_begins, open};
use crate::{
    arguments::{Common, Sessions},
    failure::Failure,
    output::{Output, clock, one_line},
};

/// Does what is to be done with sessions.
pub(crate) async fn run(common: &Common, output: &mut Output, what: Sessions) -> Result<(), Failure> {
    match what {
        Sessions::List => list(common, output).await,
        Sessions::End { session } => end(common, output, &session).await,
    }
}

async fn list(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let mut client = open(common)?;
    let sessions = client.sessions().await?.sessions;
    let lines: Vec<String> = sessions.iter().map(|it| line(&client, it)).collect::<Result<_, Failure>>()?;
    output.answer(&json!({"sessions": sessions}), &lines.join("\n"))
}

async fn end(common: &Common, output: &mut Output, begins: &str) -> Result<(), Failure> {
    let mut client = open(common)?;
    let sessions = client.sessions().await?.sessions;
    let it = one_that_begins(&sessions, |it| it.session.to_string(), (begins, "sessions", "sessions list"))?;
    client.end_session(it.session).await?;
    let text = "the session has ended. Its device signs in again by itself: to keep it out, revoke it with  chancery devices revoke";
    output.answer(&json!({"session": it.session, "device": it.device, "ended": true}), text)
}

/// A session of this account, its device, and how long it lasts.
fn line(client: &Client, it: &OpenSession) -> Result<String, Failure> {
    let name = client.device_name(it.device)?.map(|name| format!(" {}", one_line(&name)));
    Ok(shown(it, name.as_deref().unwrap_or_default()))
}

/// A session, its device as it is called, and how long it lasts.
pub(super) fn shown(it: &OpenSession, name: &str) -> String {
    let id: String = it.session.to_string().chars().take(8).collect();
    let device: String = it.device.to_string().chars().take(8).collect();
    let this = match (it.this, it.administration) {
        (true, _) => "  (this one)",
        (false, true) => "  (at the administration's address)",
        (false, false) => "",
    };
    // Of those that were open before this was kept, it is not known.
    let since = if it.opened.0 == 0 { String::new() } else { format!("since {}, ", clock(it.opened.0)) };
    let until = clock(it.until.0);
    format!("{id}  device {device}{name}  {since}until {until}{this}")
}
