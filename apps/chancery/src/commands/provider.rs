//! The organisation's identity provider: officers trust one, list them and withdraw one; people join by it and sign in at it.

use std::{
    future::pending,
    io::{IsTerminal as _, stdin},
};

use chancery_sdk::{Client, Identity, Provider as Believed, TrustedProvider, Visit};
use serde_json::json;

use super::open;
use crate::{
    arguments::{Common, Provider},
    failure::Failure,
    output::{Output, clock, note, one_line},
};

/// Does what is to be done with identity providers.
pub(crate) async fn run(common: &Common, output: &mut Output, what: Provider) -> Result<(), Failure> {
    match what {
        Provider::Trust { issuer, client, claim, suffix, acr, sign_in_only, vouches } => {
            let asked =
                Asked { client, claim, suffix, acr, vouches: (sign_in_only || vouches).then_some(vouches) };
            trust(common, output, issuer, asked).await
        }
        Provider::List => list(common, output).await,
        Provider::Withdraw { issuer } => withdraw(common, output, &issuer).await,
    }
}

/// What was typed about a provider.
struct Asked {
    client: Option<String>,
    claim: Option<String>,
    suffix: Option<String>,
    acr: Vec<String>,
    vouches: Option<bool>,
}

async fn trust(common: &Common, output: &mut Output, issuer: String, asked: Asked) -> Result<(), Failure> {
    let mut client = open(common)?;
    // What is left out is as it was: whoever only takes in new keys must not loosen anything by it.
    let there = client.providers().await?;
    let before = there.into_iter().map(|it| it.provider).find(|it| it.issuer == issuer);
    let name = asked.client.or_else(|| before.as_ref().map(|it| it.client.clone()));
    let Some(name) = name else {
        return Err(Failure::Usage("say as whom your programs ask it: --client ID".to_owned()));
    };
    let claim = asked.claim.or_else(|| before.as_ref().map(|it| it.claim.clone()));
    let suffix = asked.suffix.or_else(|| before.as_ref().map(|it| it.suffix.clone()));
    let acr = if asked.acr.is_empty() { before.as_ref().map(|it| it.acr.clone()) } else { Some(asked.acr) };
    let signed = client
        .trust_provider(TrustedProvider {
            issuer,
            client: name,
            claim: claim.unwrap_or_else(|| "preferred_username".to_owned()),
            suffix: suffix.unwrap_or_default(),
            acr: acr.unwrap_or_default(),
            vouches: asked.vouches.or_else(|| before.as_ref().map(|it| it.vouches)).unwrap_or(true),
        })
        .await?;
    let link = client.sign_in_link()?.to_string();
    let then = if signed.vouches {
        format!(
            "People whom it knows join with this link, which is no secret:\n\n  chancery join '{link}'\n\n\
             When the provider changes its keys, run:  chancery provider trust {}",
            one_line(&signed.issuer)
        )
    } else {
        "It opens no accounts; whoever has one signs in there with:  chancery sign-in".to_owned()
    };
    let text = format!("This counts from now on:\n{}\n{then}", described(&signed));
    output.answer(&json!({"provider": object(&signed), "link": link}), &text)
}

/// What is believed of a provider, for a script.
fn object(it: &Believed) -> serde_json::Value {
    json!({"issuer": it.issuer, "client": it.client, "claim": it.claim, "suffix": it.suffix, "acr": it.acr,
        "vouches": it.vouches, "keys": it.fingerprints(), "by": it.by, "since": it.at})
}

/// What is believed of a provider, for a person.
fn described(it: &Believed) -> String {
    let what = if it.vouches { "vouches for new accounts" } else { "says who signs in" };
    let name =
        if it.suffix.is_empty() { it.claim.clone() } else { format!("{} without {}", it.claim, it.suffix) };
    let acr = if it.acr.is_empty() { "any".to_owned() } else { it.acr.join(" or ") };
    let [issuer, client, name, acr] = [&it.issuer, &it.client, &name, &acr].map(|text| one_line(text));
    format!(
        "{issuer}  {what}, trusted by {} since {}\n  client   {client}\n  name     {name}\n  sign-in  {acr}\n  keys     {}",
        it.by,
        clock(it.at.0),
        it.fingerprints().join("  ")
    )
}

async fn list(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let client = open(common)?;
    let there = client.providers().await?;
    let link = client.sign_in_link()?.to_string();
    let list: Vec<_> = there.iter().map(|it| object(&it.provider)).collect();
    let mut lines: Vec<String> = there.iter().map(|it| described(&it.provider)).collect();
    if there.is_empty() {
        lines.push("no identity provider counts; officers let one:  chancery provider trust".to_owned());
    }
    if there.iter().any(|it| it.provider.vouches) {
        lines.push(format!("people whom one knows join with:  chancery join '{link}'"));
    }
    output.answer(&json!({"providers": list, "link": link}), &lines.join("\n"))
}

async fn withdraw(common: &Common, output: &mut Output, issuer: &str) -> Result<(), Failure> {
    open(common)?.withdraw_provider(issuer).await?;
    let text = "what it says counts no more; accounts it has vouched for stay, and show that it did";
    output.answer(&json!({"withdrawn": issuer}), text)
}

/// Opens the account that the organisation's provider names.
pub(super) async fn join(client: &mut Client, link: &str, at: Option<&str>) -> Result<Identity, Failure> {
    Ok(client.join_by_provider(link, Visit { go: &mut go, brought: brought(), at }).await?)
}

/// Signs in at the organisation's provider.
pub(crate) async fn sign_in(common: &Common, output: &mut Output, at: Option<&str>) -> Result<(), Failure> {
    let mut client = open(common)?;
    let issuer = client.sign_in(Visit { go: &mut go, brought: brought(), at }).await?;
    let text = format!("you are signed in by {}", one_line(&issuer));
    output.answer(&json!({"signed_in": issuer}), &text)
}

/// Sends the person to the provider's page.
fn go(page: &str) {
    note(&format!(
        "sign in at your organisation's identity provider; open this page in a browser:\n\n  {page}\n"
    ));
    if stdin().is_terminal() {
        note(
            "if that browser is on another machine, it ends at an address it cannot open: paste that address here",
        );
    }
    note("waiting for you there, ten minutes at most");
}

/// The address that the person pastes, if there is somebody to.
async fn brought() -> String {
    if stdin().is_terminal() {
        let (tell, told) = tokio::sync::oneshot::channel();
        // A thread of its own, which nobody waits for: reading cannot be broken off.
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdin().read_line(&mut line).is_ok_and(|many| many > 0) {
                if line.contains('?') {
                    let _ = tell.send(line.trim().to_owned());
                    return;
                }
                line.clear();
            }
        });
        if let Ok(line) = told.await {
            return line;
        }
    }
    pending().await
}
