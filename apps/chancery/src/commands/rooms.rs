//! Rooms: new, list, show, add, remove, role, leave.

use chancery_sdk::{
    AwayView, Client, MemberView, RoomView, Setting, Standing, TrustedBot, TrustedGuest, Want,
};
use chancery_wire::{content::Written, names::Handle, policy::Role};
use serde_json::{Value, json};

use super::{fulfil, open, sync, sync_if_reachable};
use crate::{
    arguments::{Common, RoleName, Room, Switch},
    failure::Failure,
    output::{Output, clock, one_line},
};

/// Does what was typed after `room`.
pub(crate) async fn run(common: &Common, output: &mut Output, room: Room) -> Result<(), Failure> {
    let mut client = open(common)?;
    match room {
        Room::New { name, members } => new(common, output, &mut client, &name, &members).await,
        Room::List { offline } => list(common, output, &mut client, offline).await,
        Room::Show { room, offline } => {
            if !offline {
                sync(common, output, &mut client).await?;
            }
            let view = client.find_room(&room)?;
            output.answer(&object(&view), &describe(&view))
        }
        Room::Add { room, people, role } => {
            let people = handles(&people)?;
            looks_at_barriers(&mut client).await;
            let names = people.iter().map(Handle::as_str).collect::<Vec<_>>().join(", ");
            change(common, output, &mut client, &room, Want::Add(people, role.into()), &names, "added").await
        }
        Room::Remove { room, person } => {
            let want = Want::Remove(person.parse()?);
            change(common, output, &mut client, &room, want, &person, "removed").await
        }
        Room::Role { room, person, role } => {
            let want = Want::Role(person.parse()?, role.into());
            change(common, output, &mut client, &room, want, &person, "changed").await
        }
        Room::Rename { room, name } => {
            let want = Want::Name(Written::name(&name)?);
            change(common, output, &mut client, &room, want, &name, "is its name now").await
        }
        Room::Topic { room, topic } => {
            let want = Want::Topic(Written::name(&topic)?);
            change(common, output, &mut client, &room, want, &topic, "is its topic now").await
        }
        Room::Mute { room, off } => {
            let view = client.find_room(&room)?;
            client.mute(view.id, !off)?;
            // The other devices hear of it; this one knows.
            sync_if_reachable(common, output, &mut client).await?;
            let text = if off { "you are told of what is new again" } else { "you are told of nothing here" };
            output.answer(&object(&client.room(view.id)?), &format!("{}: {text}", title(&view)))
        }
        Room::Receipts { room, switch } => {
            let on = switch == Switch::On;
            let (want, what) = (Want::Set(Setting::Receipts(on)), "who has got and read what");
            let done = if on { "is seen by all here now" } else { "is seen by nobody from now on" };
            change(common, output, &mut client, &room, want, what, done).await
        }
        Room::History { room, days } => {
            let want = Want::Set(Setting::History(days));
            let done = "of what was said before they came are what new members are told from now on";
            change(common, output, &mut client, &room, want, &format!("{days} days"), done).await
        }
        Room::Leave { room } => leave(common, output, &mut client, &room).await,
    }
}

async fn new(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
    name: &str,
    members: &[String],
) -> Result<(), Failure> {
    let name = Written::name(name)?;
    looks_at_barriers(client).await;
    let room = client.open_room(&name, &handles(members)?)?;
    let synced = sync(common, output, client).await;
    let view = client.room(room)?;
    if let Some(unsent) = view.unsent.first() {
        client.dismiss(unsent.wish)?;
        return Err(Failure::Refused(format!("the room is open, but: {}", unsent.why)));
    }
    synced.map_err(Failure::with_wish_kept)?;
    output.answer(&object(&view), &format!("{} is open ({})", name.reveal(), view.id))
}

async fn list(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
    offline: bool,
) -> Result<(), Failure> {
    if !offline {
        sync(common, output, client).await?;
    }
    let rooms = client.rooms()?;
    let lines: Vec<String> = rooms.iter().map(line).collect();
    let text = if lines.is_empty() {
        format!("no rooms yet; open one with: chancery{} room new <name> <people>", common.profile_option())
    } else {
        lines.join("\n")
    };
    output.answer(&json!({"rooms": rooms.iter().map(object).collect::<Vec<_>>()}), &text)
}

async fn change(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
    room: &str,
    want: Want,
    whom: &str,
    done: &str,
) -> Result<(), Failure> {
    // What others did meanwhile may decide whether this can be wished at all.
    sync_if_reachable(common, output, client).await?;
    let room = client.find_room(room)?.id;
    let wish = client.want(room, want)?;
    fulfil(common, output, client, wish, "the change").await?;
    let view = client.room(room)?;
    output.answer(&object(&view), &format!("{whom} {done}"))
}

async fn leave(common: &Common, output: &mut Output, client: &mut Client, room: &str) -> Result<(), Failure> {
    sync_if_reachable(common, output, client).await?;
    let room = client.find_room(room)?.id;
    let wish = client.want(room, Want::Leave)?;
    match fulfil(common, output, client, wish, "leaving").await {
        Ok(()) => {}
        Err(Failure::Pending(_)) => {
            let text = "you have asked to leave; it is done as soon as another member's device takes it in";
            return Err(Failure::Pending(text.to_owned()));
        }
        Err(failure) => return Err(failure),
    }
    output.answer(&json!({"room": room, "left": true}), "you have left")
}

/// Where a barrier is known, it may have been lifted since: what is refused here is refused by the charter as it stands. Offline, by what is
/// known.
async fn looks_at_barriers(client: &mut Client) {
    if client.knows_barriers().unwrap_or_default() {
        let _ = client.charter().await;
    }
}

fn handles(names: &[String]) -> Result<Vec<Handle>, Failure> {
    names.iter().map(|name| Ok(name.parse()?)).collect()
}

fn object(view: &RoomView) -> Value {
    let members: Vec<Value> = view
        .members
        .iter()
        .map(|it| {
            let bot = it.bot.as_ref().map(
                |it| json!({"owner": it.owner, "purpose": it.purpose, "scope": it.scope, "until": it.until}),
            );
            let guest = it.guest.as_ref().map(|it| json!({"sponsor": it.sponsor, "rooms": it.rooms, "until": it.until}));
            json!({"account": it.handle, "role": it.role, "device": it.device, "invited_by": it.invited_by, "provider": it.provider, "bot": bot, "guest": guest})
        })
        .collect();
    let unopened: Vec<Value> =
        view.unopened.iter().map(|(cause, count)| json!({"cause": cause.as_str(), "count": count})).collect();
    let away: Vec<Value> = view
        .away
        .iter()
        .map(
            |it| json!({"account": it.handle, "role": it.role, "suspended": it.suspended, "until": it.until}),
        )
        .collect();
    let unsent: Vec<Value> = view.unsent.iter().map(|it| json!({"what": it.what, "why": it.why})).collect();
    json!({
        "room": view.id, "name": view.name, "topic": view.topic, "standing": view.standing.as_str(), "why": view.why, "seq": view.seq,
        "epoch": view.epoch, "unread": view.unread, "members": members, "unopened": unopened,
        "waiting": view.waiting, "unsent": unsent, "mentions": view.mentions, "urgent": view.urgent,
        "pinned": view.pinned, "muted": view.muted, "draft": view.draft, "receipts": view.receipts,
        "history_days": view.history, "away": away, "apart": view.apart,
    })
}

/// The people in a room, each once, however many devices they have there.
fn people(view: &RoomView) -> Vec<&MemberView> {
    let mut people: Vec<&MemberView> = Vec::new();
    for member in &view.members {
        if people.iter().all(|other| other.handle != member.handle) {
            people.push(member);
        }
    }
    people
}

/// What a program is, in words.
pub(crate) fn bot(it: &TrustedBot) -> String {
    let scope = match it.scope.as_deref() {
        Some(_) => ", which says who belongs to the organisation",
        None => "",
    };
    let until = it.until.map(|until| format!(", until {}", clock(until.0))).unwrap_or_default();
    format!("bot: {}{scope}{until}; {} answers for it", one_line(&it.purpose), it.owner)
}

/// On what terms a guest takes part, in words.
pub(crate) fn guest(it: &TrustedGuest) -> String {
    format!("guest until {}; {} answers for them", clock(it.until.0), it.sponsor)
}

/// Why a member has no device in the room.
pub(crate) fn away(it: &AwayView) -> &'static str {
    if it.until.is_some_and(|until| until <= Client::now()) {
        "away: the time is over"
    } else if it.suspended {
        "away: suspended, and comes back here when that is over"
    } else {
        "away: all devices were revoked, and the next one comes back here"
    }
}

/// Who let somebody into the organisation.
pub(crate) fn invited(member: &MemberView) -> String {
    match (&member.provider, &member.invited_by) {
        (Some(provider), Some(by)) => format!("vouched for by {}, which {by} trusts", one_line(provider)),
        (_, Some(by)) => format!("invited by {by}"),
        (_, None) => "founder".to_owned(),
    }
}

/// What a room is called.
pub(crate) fn title(view: &RoomView) -> String {
    view.name.as_deref().map_or_else(|| "(not named yet)".to_owned(), one_line)
}

fn line(view: &RoomView) -> String {
    let id: String = view.id.to_string().chars().take(8).collect();
    let mut state = match view.standing {
        Standing::Joined if view.unread > 0 => vec![format!("{} new", view.unread)],
        Standing::Joined => vec![],
        other => vec![other.as_str().to_owned()],
    };
    if view.mentions > 0 {
        state.push(format!("{} to you", view.mentions));
    }
    if !view.urgent.is_empty() && view.standing != Standing::Left {
        state.push(format!("URGENT: {} to acknowledge", view.urgent.len()));
    }
    state.extend(view.muted.then(|| "muted".to_owned()));
    state.extend(view.draft.as_ref().map(|_| "draft".to_owned()));
    let state = if state.is_empty() { String::new() } else { format!("  {}", state.join("  ")) };
    format!("{id}  {}  ({} in it){state}", title(view), people(view).len())
}

fn describe(view: &RoomView) -> String {
    let mut lines =
        vec![format!("{}\n  id        {}\n  standing  {}", title(view), view.id, view.standing.as_str())];
    lines.extend(view.topic.as_ref().map(|topic| format!("  topic     {}", one_line(topic))));
    lines.extend(view.why.as_ref().map(|why| format!("  why       {why}")));
    lines.extend(
        view.apart
            .as_ref()
            .map(|why| format!("  apart     {why}; nothing is said here until some have gone")),
    );
    lines.push("  everybody here was vouched for, down to your organisation's founding:".to_owned());
    for member in people(view) {
        let by = invited(member);
        let devices = view.members.iter().filter(|other| other.handle == member.handle).count();
        let devices = if devices > 1 { format!(", {devices} devices") } else { String::new() };
        let bot = member.bot.as_ref().map(|it| format!("  [{}]", bot(it)));
        let guest = || member.guest.as_ref().map(|it| format!("  [{}]", guest(it)));
        let mark = bot.or_else(guest).unwrap_or_default();
        lines.push(format!(
            "    {:<16} {:<10} {by}{devices}{mark}",
            member.handle.as_str(),
            role(member.role)
        ));
    }
    for it in &view.away {
        lines.push(format!("    {:<16} {:<10} {}", it.handle.as_str(), role(it.role), away(it)));
    }
    if view.receipts {
        lines.push("  all here see who has got and read what".to_owned());
    }
    if view.history > 0 {
        lines.push(format!(
            "  new members are told what was said in the {} days before they came",
            view.history
        ));
    }
    let places = |places: &[u64]| places.iter().map(|seq| format!("#{seq}")).collect::<Vec<_>>().join(", ");
    if !view.pinned.is_empty() {
        lines.push(format!("  pinned: {}", places(&view.pinned)));
    }
    if !view.urgent.is_empty() {
        lines.push(format!("  URGENT, not acknowledged by you: {}", places(&view.urgent)));
    }
    for (cause, count) in view.unopened.iter().filter(|(cause, _)| cause.is_loss()) {
        lines.push(format!("  {count} could not be opened: {cause}"));
    }
    lines.extend(view.waiting.iter().map(|text| format!("  not done yet: {}", one_line(text))));
    lines.extend(view.unsent.iter().map(|it| format!("  not done: {} ({})", one_line(&it.what), it.why)));
    lines.join("\n")
}

/// What a role is called.
pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Member => "member",
        Role::Moderator => "moderator",
        Role::Owner => "owner",
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Member => Self::Member,
            RoleName::Moderator => Self::Moderator,
            RoleName::Owner => Self::Owner,
        }
    }
}
