//! Coming back after all devices are lost: by a recovery link, or with two officers; and being one of the two.

use std::io::{BufRead as _, stdin};

use chancery_sdk::{Client, News, Opener, SdkError};
use chancery_wire::names::Handle;
use serde_json::json;

use super::{account::describe, open, passkeys};
use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, told},
    unlock,
};

/// Makes a recovery key, or takes it away.
pub(crate) async fn key(common: &Common, output: &mut Output, remove: bool) -> Result<(), Failure> {
    let mut client = open(common)?;
    let link = client.make_recovery_key(!remove).await?;
    let text = match &link {
        None => "Your account has no recovery key any more, and what was kept for it is deleted.".to_owned(),
        Some(link) => format!(
            "This link brings your account back when all your devices are lost. Whoever has it, and your passkey if you have one, can be you: print it, put it away \
             as you would a passport, and keep it on no device. It is shown this once.\n\n  {link}\n\n\
             To use it, on a new device:  chancery recover '<link>'\n\
             What this account's devices have, what was said so far and what will be, is kept on the server for it from now on, sealed so \
             that only this link opens it: you come back to what was said. Whoever has the link and the server's data can read it too. \
             An earlier link is worth nothing any more."
        ),
    };
    let link = link.map(|link| link.to_string());
    output.answer(&json!({"recovery": link}), &text)
}

/// Brings an account back on this device.
pub(crate) async fn recover(common: &Common, output: &mut Output, link: &str) -> Result<(), Failure> {
    let by_key = matches!(Client::read_link(link).map_err(SdkError::from)?.opener, Opener::Recover(..));
    let mut waits = None;
    let recover = async |client: &mut Client| {
        client.ask_owner_by(Box::new(passkeys::ask_owner));
        let mut watch = |news: News| {
            if let Some(text) = told(&news) {
                output.note(&text);
            }
        };
        if by_key {
            return Ok(Some(client.recover(link, &mut watch).await?));
        }
        if let Some(identity) = client.resume_recovery(&mut watch).await? {
            return Ok(Some(identity));
        }
        let vouching = client.ask_to_be_vouched_for(link).await?;
        let text = format!(
            "This will be the device of {}. Read these words out to the officer, by voice:\n\n  {}\n",
            vouching.handle, vouching.words
        );
        output.answer(&json!({"account": vouching.handle, "words": vouching.words}), &text)?;
        let mut watch = |_: News| {};
        let identity = client.be_vouched_for(&vouching, &mut watch).await?;
        if identity.is_none() {
            waits = Some(vouching.handle);
        }
        Ok(identity)
    };
    let (_, identity) = unlock::enrol(common, recover).await?;
    match (identity, waits) {
        (Some(identity), _) => {
            let text = format!(
                "Welcome back, {}. This is your only device now; all earlier ones are revoked. You come into your rooms as soon as \
                 somebody in them is online{}",
                identity.handle,
                if by_key {
                    "; what was said there comes with them, newest first (chancery tail <room>).\n\
                     Your recovery link is used up. Make another one:  chancery recovery-key"
                } else {
                    "."
                }
            );
            output.answer(&describe(&identity), &text)
        }
        (None, handle) => output.answer(
            &json!({"account": handle, "approved": 1, "needed": 2}),
            "One officer has vouched for you. A second one has to: ask for a link, and type the same command with it.",
        ),
    }
}

/// Vouches, as an officer, for somebody who has lost all devices.
pub(crate) async fn vouch(common: &Common, output: &mut Output, handle: &Handle) -> Result<(), Failure> {
    let mut client = open(common)?;
    let mut linking = client.begin_vouching(handle).await?;
    let text = format!(
        "You are about to say that a new device is {handle}'s. All earlier devices of {handle} are revoked once two officers have said so.\n\
         Make sure by voice or face that it is {handle} who asks. On the new device, within ten minutes, {handle} types:\n\n  \
         chancery recover '{}'\n\nWaiting for it …",
        linking.link
    );
    output.answer(&json!({"link": linking.link.to_string(), "account": handle}), &text)?;
    let words = client.meet(&mut linking).await?;
    output.note(&format!(
        "Let {handle} read out the two words that the new device shows, and type them here; anything else approves nothing:"
    ));
    let mut typed = String::new();
    stdin().lock().read_line(&mut typed)?;
    if typed.trim().to_lowercase() != words {
        client.turn_down(&linking).await?;
        return Err(Failure::Words("nothing was approved"));
    }
    client.approve(&linking).await?;
    output.answer(
        &json!({"account": handle, "approved": true}),
        &format!("You have vouched for {handle}'s new device. It takes two officers."),
    )
}
