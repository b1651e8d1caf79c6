//! Passkeys: list those of this account, add one, and remove one.

use chancery_sdk::Client;
use chancery_wire::{
    api::{Ceremony, Passkey},
    names::Handle,
};
use serde_json::json;

use super::{one_that_begins, open};
use crate::{
    arguments::{Common, Passkeys},
    failure::Failure,
    output::{Output, clock, note, one_line},
};

/// Does what is to be done with passkeys.
pub(crate) async fn run(common: &Common, output: &mut Output, what: Passkeys) -> Result<(), Failure> {
    match what {
        Passkeys::List => list(common, output).await,
        Passkeys::Add { name } => add(common, output, &name).await,
        Passkeys::Remove { passkey } => remove(common, output, &passkey).await,
        Passkeys::Reset { person } => reset(common, output, &person.parse()?).await,
    }
}

/// Sends the person to a page of the server's, in a browser.
pub(crate) fn ask_owner(ceremony: &Ceremony) {
    note(&format!("this needs your passkey; open this page in a browser:\n\n  {}\n", ceremony.url));
    note("waiting for you there, five minutes at most");
}

async fn list(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let mut client = open(common)?;
    let passkeys = client.passkeys().await?.passkeys;
    let mut lines: Vec<String> = passkeys.iter().map(line).collect();
    match passkeys.len() {
        0 => lines.push("no passkey yet; add one with  chancery passkeys add 'my security key'".to_owned()),
        1 => lines.push(
            "only one: add another, on another authenticator, so that losing it does not lock you out"
                .to_owned(),
        ),
        _ => {}
    }
    output.answer(&json!({"passkeys": passkeys}), &lines.join("\n"))
}

async fn add(common: &Common, output: &mut Output, name: &str) -> Result<(), Failure> {
    let mut client = open(common)?;
    client.add_passkey(name).await?;
    let many = client.passkeys().await?.passkeys.len();
    let more = if many == 1 {
        "\nadd another one, on another authenticator, so that losing this one does not lock you out"
    } else {
        ""
    };
    let text =
        format!("the passkey is added; from now on what is sensitive asks for one of your passkeys{more}");
    output.answer(&json!({"added": name, "passkeys": many}), &text)
}

async fn remove(common: &Common, output: &mut Output, begins: &str) -> Result<(), Failure> {
    let mut client: Client = open(common)?;
    let passkeys = client.passkeys().await?.passkeys;
    let it = one_that_begins(&passkeys, |it| it.passkey.to_string(), (begins, "passkeys", "passkeys list"))?;
    client.remove_passkey(it.passkey).await?;
    output.answer(&json!({"passkey": it.passkey, "removed": true}), "the passkey is removed")
}

async fn reset(common: &Common, output: &mut Output, whose: &Handle) -> Result<(), Failure> {
    open(common)?.reset_passkeys(whose).await?;
    let text = format!("{whose} has no passkey any more, and adds one with  chancery passkeys add");
    output.answer(&json!({"reset": whose}), &text)
}

fn line(it: &Passkey) -> String {
    let id: String = it.passkey.to_string().chars().take(8).collect();
    let used = it.used.map_or_else(|| "never used".to_owned(), |at| format!("used {}", clock(at.0)));
    let synced = if it.synced { ", can be copied to other devices" } else { "" };
    format!("{id}  {}  added {}, {used}{synced}", one_line(&it.name), clock(it.added.0))
}
