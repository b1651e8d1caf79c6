//! The account: found, invite, join, whoami.

use chancery_sdk::{AccountKind, Bot, Client, Guest, Identity, Opener, Scope};
use chancery_wire::ids::RoomId;
use serde_json::json;

use super::{open, provider, sync};
use crate::{arguments::Common, failure::Failure, output::Output, unlock};

/// Founds an organisation.
pub(crate) async fn found(
    common: &Common,
    output: &mut Output,
    link: &str,
    handle: &str,
) -> Result<(), Failure> {
    let handle = handle.parse()?;
    Client::read_link(link).map_err(chancery_sdk::SdkError::from)?;
    let found = async |client: &mut Client| Ok(client.found(link, &handle).await?);
    let (mut client, identity) = unlock::enrol(common, found).await?;
    sync(common, output, &mut client).await?;
    let profile = common.profile_option();
    let text = format!(
        "{} is founded, and you are {}.\nInvite the next person with: chancery{profile} invite <name>\nwhich may ask for a passkey first: chancery{profile} passkeys add 'my key'",
        identity.domain, identity.handle,
    );
    output.answer(&describe(&identity), &text)
}

/// Invites a program.
pub(crate) async fn invite_bot(
    common: &Common,
    output: &mut Output,
    handle: &str,
    (purpose, owner): (String, Option<String>),
    (directory, lasting): (bool, Option<u32>),
) -> Result<(), Failure> {
    let owner = match owner {
        Some(owner) => owner.parse()?,
        None => open(common)?.enrolled()?.handle,
    };
    let until = lasting.map(|seconds| Client::now().plus_seconds(i64::from(seconds)));
    let bot = Bot { owner, purpose, scope: directory.then_some(Scope::Directory), until };
    invite(common, output, handle, AccountKind::Bot(bot)).await
}

/// Invites somebody from outside.
pub(crate) async fn invite_guest(
    common: &Common,
    output: &mut Output,
    handle: &str,
    (sponsor, rooms, lasting): (Option<String>, &[String], Option<u32>),
) -> Result<(), Failure> {
    let client = open(common)?;
    let sponsor = match sponsor {
        Some(sponsor) => sponsor.parse()?,
        None => client.enrolled()?.handle,
    };
    let until = Client::now().plus_seconds(lasting.unwrap_or_default().into());
    let guest = Guest { sponsor, rooms: room_ids(&client, rooms)?, until };
    drop(client);
    invite(common, output, handle, AccountKind::Guest(guest)).await
}

/// Rooms by their names or whole ids, each once and in order.
pub(crate) fn room_ids(client: &Client, rooms: &[String]) -> Result<Vec<RoomId>, Failure> {
    let mut ids = Vec::new();
    for room in rooms {
        ids.push(match room.parse() {
            Ok(id) => id,
            Err(_) => client.find_room(room)?.id,
        });
    }
    ids.sort_unstable_by_key(|id: &RoomId| id.0);
    ids.dedup();
    Ok(ids)
}

/// Invites somebody.
pub(crate) async fn invite(
    common: &Common,
    output: &mut Output,
    handle: &str,
    kind: AccountKind,
) -> Result<(), Failure> {
    let handle = handle.parse()?;
    let mut client = open(common)?;
    let officer = kind == AccountKind::Officer;
    let (link, waits) = client.invite(&handle, &kind).await?;
    let from =
        if waits { ", and not before another person has agreed (chancery admin proposals)" } else { "" };
    let text = format!(
        "Give this link to {handle}, by a way you trust. It works once, within seven days from now{from}:\n\n  chancery join '{link}'"
    );
    let answer = json!({"account": handle, "officer": officer, "link": link.to_string(), "waits": waits});
    output.answer(&answer, &text)
}

/// Joins by invitation, or by what an identity provider says.
pub(crate) async fn join(
    common: &Common,
    output: &mut Output,
    link: &str,
    at: Option<&str>,
) -> Result<(), Failure> {
    let by_provider = match Client::read_link(link).map_err(chancery_sdk::SdkError::from)?.opener {
        Opener::SignIn(_) => true,
        _ if at.is_some() => {
            let why = "--at is for the link of an organisation whose identity provider knows you";
            return Err(Failure::Usage(why.to_owned()));
        }
        _ => false,
    };
    let join = async |client: &mut Client| {
        if by_provider { provider::join(client, link, at).await } else { Ok(client.join(link).await?) }
    };
    let (mut client, identity) = unlock::enrol(common, join).await?;
    sync(common, output, &mut client).await?;
    let by = if by_provider { "your organisation's identity provider" } else { "your invitation" };
    let text = format!(
        "Welcome, {}. You are in {}, and this device's key was vouched for by {by}.\n\
         Open a room with: chancery{} room new <name> <people>",
        identity.handle,
        identity.domain,
        common.profile_option()
    );
    output.answer(&describe(&identity), &text)
}

/// Says who this device is.
pub(crate) fn whoami(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let identity = open(common)?.enrolled()?;
    let text = format!(
        "{} at {}\n  device        {}\n  server        {}\n  organisation  {}",
        identity.handle, identity.domain, identity.device, identity.server, identity.root
    );
    output.answer(&describe(&identity), &text)
}

pub(super) fn describe(identity: &Identity) -> serde_json::Value {
    json!({
        "account": identity.handle, "domain": identity.domain, "device": identity.device,
        "server": identity.server, "organisation": identity.root,
    })
}
