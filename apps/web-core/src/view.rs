//! What the page is shown: rooms, lines, people.

use chancery_sdk::{Client, Erased, Identity, Line, RoomView, Said, SdkError, Standing};
use chancery_wire::content::Status;
use serde_json::{Value, json};

/// Who this device is.
pub(crate) fn me(identity: Option<&Identity>) -> Value {
    identity.map_or(
        Value::Null,
        |it| json!({"handle": it.handle, "domain": it.domain, "device": it.device, "server": it.server}),
    )
}

/// A room as it stands in the list of rooms.
pub(crate) fn room(client: &Client, view: &RoomView) -> Result<Value, SdkError> {
    let last = client.lines(view.id, None, 1)?.pop();
    let last = last.map(|line| {
        let words = line.text().map(|text| text.reveal().to_owned());
        json!({"from": line.message.from.as_ref().map(|(who, _)| who), "said": words, "at": line.message.at})
    });
    Ok(json!({
        "id": view.id, "name": view.name, "topic": view.topic, "standing": standing(view.standing), "why": view.why,
        "unread": view.unread, "mentions": view.mentions, "read": view.read, "muted": view.muted, "draft": view.draft,
        "people": people(view).len(), "apart": view.apart, "waiting": view.waiting, "last": last,
        "unsent": view.unsent.iter().map(|it| json!({"wish": it.wish.0, "what": it.what, "why": it.why})).collect::<Vec<_>>(),
    }))
}

/// Who is in a room: by account, with the devices.
pub(crate) fn people(view: &RoomView) -> Vec<Value> {
    let mut accounts: Vec<Value> = Vec::new();
    for (at, it) in view.members.iter().enumerate() {
        let earlier = view.members.iter().take(at);
        if earlier.clone().any(|other| other.handle == it.handle) {
            continue;
        }
        let devices = view.members.iter().filter(|other| other.handle == it.handle);
        let devices: Vec<Value> =
            devices.map(|it| json!({"device": it.device, "enrolled": it.enrolled})).collect();
        let bot = it.bot.as_ref().map(|bot| json!({"owner": bot.owner, "purpose": bot.purpose}));
        let guest = it.guest.as_ref().map(|guest| json!({"sponsor": guest.sponsor, "until": guest.until}));
        accounts.push(json!({
            "handle": it.handle, "role": it.role, "invited_by": it.invited_by, "provider": it.provider,
            "bot": bot, "guest": guest, "devices": devices,
        }));
    }
    accounts
}

/// A line of a room.
pub(crate) fn line(line: &Line) -> Value {
    let message = &line.message;
    let (kind, said) = match &message.said {
        Said::Text(_) => ("text", line.text().map(|text| text.reveal().to_owned())),
        Said::File(file) => ("file", file.about.as_ref().map(|text| text.reveal().to_owned())),
        Said::Edit(_) => ("edit", None),
        Said::Reaction(_) => ("reaction", None),
        Said::Withdrawal => ("withdrawal", None),
        Said::Acknowledgement => ("acknowledgement", None),
        Said::Gone(Erased::Withdrawn) => ("gone", None),
        Said::Gone(Erased::Expired) => ("expired", None),
        Said::Event(text) => ("event", Some(text.clone())),
        Said::Unopened(cause) => ("unopened", Some(cause.clone())),
    };
    let file = match &message.said {
        Said::File(file) => {
            json!({"name": file.name.reveal(), "size": file.size, "media": file.media.reveal()})
        }
        _ => Value::Null,
    };
    let reactions = line.reactions.iter().map(|(with, by)| json!({"with": with.reveal(), "from": by}));
    let read = |status: Status| status == Status::Read;
    let receipts = line.receipts.iter().map(|(who, how)| json!({"from": who, "read": read(*how)}));
    let from = message.from.as_ref();
    json!({
        "seq": message.seq, "id": message.id.map(|id| id.to_string()), "at": message.at, "kind": kind, "said": said,
        "file": file, "from": from.map(|(handle, _)| handle), "edited": line.edited.is_some(), "mark": line.mark(),
        "about": line.answers.as_ref().map(|(seq, who)| json!({"seq": seq, "from": who})),
        "thread": message.thread.map(|id| id.to_string()), "told_by": message.told_by,
        "mentions": message.marks.mentions, "urgent": message.marks.urgent, "pinned": line.pinned,
        "acknowledged": line.acknowledged, "reactions": reactions.collect::<Vec<_>>(),
        "receipts": receipts.collect::<Vec<_>>(),
    })
}

fn standing(it: Standing) -> &'static str {
    match it {
        Standing::Opening => "opening",
        Standing::Joined => "joined",
        Standing::Lost => "lost",
        Standing::Left => "left",
        Standing::Paused => "paused",
        Standing::Stopped => "stopped",
    }
}
