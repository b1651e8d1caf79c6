//! Looking after the organisation: who is kept out, and since when that holds everywhere.

use chancery_sdk::{Change, Client, Guest};
use chancery_wire::{
    api::{self, Suspension},
    names::Handle,
    problem::Code,
};
use serde_json::{Value, json};

use super::{account::room_ids, charter, open, sessions};
use crate::{
    arguments::{Admin, Common},
    failure::Failure,
    output::{Output, clock},
};

/// How many facts a full page has.
const PAGE: usize = 512;

/// Does what was typed.
pub(crate) async fn run(common: &Common, output: &mut Output, what: Admin) -> Result<(), Failure> {
    match what {
        Admin::Suspend { person } => suspend(common, output, &person.parse()?, true).await,
        Admin::Restore { person } => suspend(common, output, &person.parse()?, false).await,
        Admin::Suspended => suspended(common, output).await,
        Admin::Sessions { person, end } => sessions_of(common, output, &person.parse()?, end).await,
        Admin::Journal { after } => journal(common, output, after).await,
        Admin::Guests => guests(common, output).await,
        Admin::Elevate { lasting } => elevate(common, output, lasting).await,
        Admin::Host { guest, sponsor, rooms, lasting } => {
            host(common, output, &guest.parse()?, (sponsor, &rooms, lasting)).await
        }
        other => charter::run(common, output, other).await,
    }
}

async fn suspend(
    common: &Common,
    output: &mut Output,
    person: &Handle,
    suspended: bool,
) -> Result<(), Failure> {
    let it = open(common)?.suspend(person, suspended).await?;
    let text = match (suspended, it.pending.len()) {
        (true, 0) => format!("{person} is suspended: all sessions have ended, and {person} was in no room."),
        (true, rooms) => format!(
            "{person} is suspended: all sessions have ended. Whoever is online takes {person} out of the \
             rooms ({rooms}); see how far that is:  chancery admin suspended"
        ),
        (false, 0) => format!("{person} is restored, and was taken out of no room."),
        (false, rooms) => format!(
            "{person} is restored, and comes back into the rooms ({rooms}) as soon as somebody there is online."
        ),
    };
    output.answer(&object(&it), &text)
}

async fn suspended(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let mut client = open(common)?;
    let all = client.suspended().await?.suspended;
    // Who may see the one may not be one who sees the other.
    let officers = match client.waiting().await {
        Ok(waiting) => waiting.officers,
        Err(error) if error.is(Code::Denied) => vec![],
        Err(error) => return Err(error.into()),
    };
    let list: Vec<Value> = all.iter().map(object).collect();
    let line = |it: &Suspension| {
        let by = match it.suspended.as_deref() {
            Some("directory") => "the directory",
            _ => "an officer",
        };
        let pending = match it.pending.len() {
            0 => "in no room any more".to_owned(),
            rooms => format!("still in rooms where nobody else has been online since ({rooms})"),
        };
        format!("{:<16} by {by}, {pending}", it.handle.as_str())
    };
    let mut lines: Vec<String> = all.iter().map(line).collect();
    let waits = |it: &Handle| {
        format!("{:<16} has left, as the directory says: chancery admin suspend {it}", it.as_str())
    };
    lines.extend(officers.iter().map(waits));
    let text = if lines.is_empty() { "nobody is suspended".to_owned() } else { lines.join("\n") };
    output.answer(&json!({"suspended": list, "officers": officers}), &text)
}

async fn elevate(common: &Common, output: &mut Output, seconds: u32) -> Result<(), Failure> {
    let until = open(common)?.elevate(seconds.div_ceil(60)).await?;
    let text = format!("your roles are taken up here until {}", clock(until.0));
    output.answer(&json!({ "until": until }), &text)
}

async fn guests(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let guests = open(common)?.guests().await?;
    let line = |it: &api::Guest| {
        let state = match (it.over, it.suspended, it.orphaned) {
            (true, ..) => "its time is over".to_owned(),
            (_, true, _) => "suspended".to_owned(),
            (_, _, true) => format!(
                "nobody answers: {} is suspended; chancery admin host {} --sponsor NAME",
                it.sponsor, it.account
            ),
            _ => format!("{} answers", it.sponsor),
        };
        let rooms: Vec<String> = it.rooms.iter().map(|room| format!("{:.8}", room.to_string())).collect();
        format!(
            "{:<16} until {}, {state}; rooms {}",
            it.account.as_str(),
            clock(it.until.0),
            rooms.join(", ")
        )
    };
    let lines: Vec<String> = guests.iter().map(line).collect();
    let text = if lines.is_empty() { "there are no guests".to_owned() } else { lines.join("\n") };
    output.answer(&json!({ "guests": guests }), &text)
}

async fn host(
    common: &Common,
    output: &mut Output,
    guest: &Handle,
    (sponsor, rooms, lasting): (Option<String>, &[String], Option<u32>),
) -> Result<(), Failure> {
    let mut client = open(common)?;
    let all = client.guests().await?;
    let known = all.into_iter().find(|it| it.account == *guest);
    let now = known.ok_or_else(|| Failure::Usage(format!("{guest} is no guest: chancery admin guests")))?;
    let terms = Guest {
        sponsor: sponsor.map_or(Ok(now.sponsor), |it| it.parse())?,
        rooms: if rooms.is_empty() { now.rooms } else { room_ids(&client, rooms)? },
        until: lasting.map_or(now.until, |seconds| Client::now().plus_seconds(seconds.into())),
    };
    charter::amend(common, output, Change::Host { account: guest.clone(), terms }).await
}

async fn sessions_of(
    common: &Common,
    output: &mut Output,
    person: &Handle,
    end: bool,
) -> Result<(), Failure> {
    let mut client = open(common)?;
    if end {
        client.end_sessions_of(person).await?;
        let text = format!(
            "all sessions of {person} have ended. Devices that may still sign in do so again by themselves: to keep \
             somebody out, use  chancery admin suspend {person}"
        );
        return output.answer(&json!({"account": person, "ended": true}), &text);
    }
    let open = client.sessions_of(person).await?.sessions;
    let lines: Vec<String> = open.iter().map(|it| sessions::shown(it, "")).collect();
    let text = if lines.is_empty() { format!("{person} has no session") } else { lines.join("\n") };
    output.answer(&json!({"account": person, "sessions": open}), &text)
}

async fn journal(common: &Common, output: &mut Output, mut after: u64) -> Result<(), Failure> {
    let mut client = open(common)?;
    let (mut all, mut lines) = (Vec::new(), Vec::new());
    loop {
        let facts = client.facts(after).await?.facts;
        let full = facts.len() >= PAGE;
        after = facts.last().map_or(after, |it| it.seq);
        for it in facts {
            let told: Option<(i64, String, String, ciborium::Value)> =
                ciborium::from_reader(it.fact.0.as_slice()).ok();
            let (_, actor, _, what) =
                told.unwrap_or((0, String::new(), String::new(), ciborium::Value::Null));
            let what = serde_json::to_value(&what).unwrap_or_default();
            lines.push(format!("{:>8}  {}  {:<28} {actor}  {what}", it.seq, clock(it.at.0), it.kind));
            all.push(json!({"seq": it.seq, "at": it.at, "kind": it.kind, "actor": actor, "what": what, "head": it.head}));
        }
        if !full {
            return output.answer(&json!({"facts": all}), &lines.join("\n"));
        }
    }
}

fn object(it: &Suspension) -> Value {
    json!({"account": it.handle, "suspended_by": it.suspended, "pending": it.pending})
}
