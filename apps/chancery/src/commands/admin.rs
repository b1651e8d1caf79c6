//! Looking after the organisation: who is kept out, and since when that holds everywhere.

use chancery_wire::{api::Suspension, names::Handle};
use serde_json::{Value, json};

use super::open;
use crate::{
    arguments::{Admin, Common},
    failure::Failure,
    output::Output,
};

/// Does what was typed.
pub(crate) async fn run(common: &Common, output: &mut Output, what: Admin) -> Result<(), Failure> {
    match what {
        Admin::Suspend { person } => suspend(common, output, &person.parse()?, true).await,
        Admin::Restore { person } => suspend(common, output, &person.parse()?, false).await,
        Admin::Suspended => suspended(common, output).await,
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
    let (all, officers) = (client.suspended().await?.suspended, client.waiting().await?.officers);
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

fn object(it: &Suspension) -> Value {
    json!({"account": it.handle, "suspended_by": it.suspended, "pending": it.pending})
}
