//! Devices: list them, link another one, and be linked.

use std::io::{BufRead as _, stdin};

use chancery_sdk::{Client, News, TrustedDevice};
use chancery_wire::{content::Written, ids::DeviceId, names::Handle};
use serde_json::json;

use super::{account::describe, one_that_begins, open, sync, sync_if_reachable};
use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, clock, one_line, told},
    unlock,
};

/// Lists the devices of this account.
pub(crate) async fn list(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let mut client = open(common)?;
    // As they are now, where the server can be reached.
    sync_if_reachable(common, output, &mut client).await?;
    let own = client.enrolled()?.device;
    let devices = client.devices()?;
    let list: Vec<_> = devices
        .iter()
        .map(|it| {
            let pending = if it.revoked { client.still_in(it.device)? } else { vec![] };
            Ok(json!({"device": it.device, "name": client.device_name(it.device)?, "this": it.device == own, "enrolled": it.at,
                "invited_by": it.invited_by, "provider": it.provider, "linked_by": it.linked_by, "revoked": it.revoked, "pending": pending}))
        })
        .collect::<Result<_, Failure>>()?;
    let this = |it: &TrustedDevice| if it.device == own { "  (this one)" } else { "" };
    let mut lines = Vec::new();
    for it in &devices {
        let name = client.device_name(it.device)?.map(|name| format!("  {}", one_line(&name)));
        lines.push(format!("{}{}{}", line(it), name.unwrap_or_default(), this(it)));
    }
    let by = client.recovery_key_by()?;
    lines.push(by.map_or_else(
        || "no recovery link brings this account back:  chancery recovery-key".to_owned(),
        |by| format!("there is a recovery link, made on {by}"),
    ));
    output.answer(&json!({"devices": list, "recovery_key_by": by}), &lines.join("\n"))
}

/// Lists the devices of another account.
pub(crate) async fn list_of(common: &Common, output: &mut Output, whose: &Handle) -> Result<(), Failure> {
    let mut client = open(common)?;
    let devices = client.devices_of(whose).await?;
    if devices.is_empty() {
        return Err(Failure::Refused(format!("{whose} is no account here, or its devices do not hold")));
    }
    let list: Vec<_> = devices
        .iter()
        .map(|it| {
            json!({"device": it.device, "enrolled": it.at, "invited_by": it.invited_by, "provider": it.provider,
                "linked_by": it.linked_by, "recovered_by": it.recovered_by, "revoked": it.revoked})
        })
        .collect();
    let lines: Vec<String> = devices.iter().map(line).collect();
    output.answer(&json!({"account": whose, "devices": list}), &lines.join("\n"))
}

/// Gives one of this account's devices a name.
pub(crate) async fn rename(
    common: &Common,
    output: &mut Output,
    device: &str,
    name: &str,
) -> Result<(), Failure> {
    let name = Written::name(name)?;
    let mut client = open(common)?;
    let id = meant(&client.devices()?, device)?;
    client.name_device(id, &name)?;
    // The other devices hear of it; this one knows.
    sync_if_reachable(common, output, &mut client).await?;
    let text = format!("{id} is called {} now", name.reveal());
    output.answer(&json!({"device": id, "name": name.reveal()}), &text)
}

/// Who vouched for a device.
pub(crate) fn vouched(it: &TrustedDevice) -> String {
    match (&it.recovered_by, &it.linked_by, &it.invited_by) {
        (None, None, Some(by)) if it.provider.is_some() => {
            let provider = it.provider.as_deref().map(one_line).unwrap_or_default();
            format!("vouched for by {provider}, which {by} trusts")
        }
        (Some(by), ..) if by.is_empty() => "came back by the recovery key".to_owned(),
        (Some(by), ..) => format!("came back, vouched for by {}", by.replace(' ', " and ")),
        (None, Some(by), _) => {
            format!("linked by {}", by.to_string().chars().take(8).collect::<String>())
        }
        (None, None, Some(by)) => format!("invited by {by}"),
        (None, None, None) => "founded the organisation".to_owned(),
    }
}

/// A device, who vouched for it, and whether it was revoked.
fn line(it: &TrustedDevice) -> String {
    let by = vouched(it);
    let revoked = if it.revoked { ", revoked" } else { "" };
    format!("{}  since {}, {by}{revoked}", it.device, clock(it.at.0))
}

/// The one of these devices whose id begins so.
fn meant(devices: &[TrustedDevice], begins: &str) -> Result<DeviceId, Failure> {
    one_that_begins(devices, |it| it.device.to_string(), (begins, "devices", "devices list"))
        .map(|it| it.device)
}

/// Revokes a device of another account, as an officer.
pub(crate) async fn revoke_of(
    common: &Common,
    output: &mut Output,
    (device, keeps_key): (&str, bool),
    whose: &Handle,
) -> Result<(), Failure> {
    let mut client = open(common)?;
    let id = meant(&client.devices_of(whose).await?, device)?;
    client.revoke_of(whose, (id, keeps_key)).await?;
    // At the next connection this device sees the chain as it is now, and takes the other one out of its own rooms.
    sync(common, output, &mut client).await?;
    let pending = client.still_in(id)?;
    let text = format!(
        "{whose}'s device is revoked: its sessions have ended. Whoever is online takes it out of the rooms it is in{}.\n{}",
        if pending.is_empty() {
            "; of yours it is in none any more"
        } else {
            "; in some of yours it still is"
        },
        if keeps_key {
            format!("A recovery link that {whose} has works on.")
        } else {
            format!(
                "A recovery link of {whose}'s is worth nothing from now on; two officers can bring the account back: chancery vouch {whose}"
            )
        }
    );
    output.answer(&json!({"account": whose, "device": id, "revoked": true, "pending": pending}), &text)
}

/// Revokes another device, from this one.
pub(crate) async fn revoke(common: &Common, output: &mut Output, device: &str) -> Result<(), Failure> {
    let mut client = open(common)?;
    let devices = client.devices()?;
    let (id, mut news) = (meant(&devices, device)?, Vec::new());
    let had_set_key = client.recovery_key_by()? == Some(id);
    let pending = client.revoke(id, &mut |told| news.push(told)).await?;
    for news in &news {
        note(output, news);
    }
    let text = if pending.is_empty() {
        "It is revoked: its sessions have ended, and it is in no room any more that this device is in."
            .to_owned()
    } else {
        format!(
            "It is revoked, and its sessions have ended. In {} rooms it is not taken out yet: that is tried again whenever \
             this profile is online.",
            pending.len()
        )
    };
    let text = if had_set_key {
        format!(
            "{text}\nYour recovery link was made on it, and is worth nothing any more. Make another one:  chancery recovery-key"
        )
    } else {
        text
    };
    output.answer(
        &json!({"device": id, "revoked": true, "pending": pending, "recovery_ended": had_set_key}),
        &text,
    )
}

/// Links another device, from this one.
pub(crate) async fn link(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let mut client = open(common)?;
    let mut linking = client.begin_linking().await?;
    let rooms = client.rooms()?.len();
    let text = format!(
        "The other device will be yours: from then on it reads and says what you do, in every room of this one ({rooms}), and it is told\n\
         what was said before.\n\
         On it, within ten minutes, type:\n\n  chancery link '{}'\n\n\
         Nobody else may see this link. Waiting for the other device …",
        linking.link
    );
    output.answer(&json!({"link": linking.link.to_string(), "rooms": rooms}), &text)?;
    let words = client.meet(&mut linking).await?;
    output.note("The other device shows two short words. Type them here, as it shows them; anything else links nothing:");
    let mut typed = String::new();
    stdin().lock().read_line(&mut typed)?;
    if typed.trim().to_lowercase() != words {
        client.turn_down(&linking).await?;
        return Err(Failure::Words("nothing was linked"));
    }
    client.link_device(&linking, &mut |news| note(output, &news)).await?;
    output.answer(&json!({"linked": true}), "The other device is yours now, and in your rooms.")
}

/// Makes this device one of the account whose device shows the link.
pub(crate) async fn be_linked(common: &Common, output: &mut Output, link: &str) -> Result<(), Failure> {
    Client::read_link(link).map_err(chancery_sdk::SdkError::from)?;
    let be_linked = async |client: &mut Client| {
        if let Some(identity) = client.resume_linking(link, &mut |news| note(output, &news)).await? {
            return Ok(identity);
        }
        let compared = client.ask_to_be_linked(link).await?;
        let text = format!(
            "This will be a device of {}. Type these words on the other one:\n\n  {}\n",
            compared.handle, compared.words
        );
        output.answer(&json!({"account": compared.handle, "words": compared.words}), &text)?;
        Ok(client.be_linked(&compared, &mut |news| note(output, &news)).await?)
    };
    let (_, identity) = unlock::enrol(common, be_linked).await?;
    let text = format!("Welcome, {}. This device is yours now, and in your rooms.", identity.handle);
    output.answer(&describe(&identity), &text)
}

fn note(output: &mut Output, news: &News) {
    if let Some(text) = told(news) {
        output.note(&text);
    }
}
