//! The charter: who holds which role, what the organisation forbids, what waits for another person, emergencies.

use std::{collections::BTreeMap, io::Read as _, path::Path};

use chancery_sdk::{BuiltIn, Change, Charter, Client, Conflict, Emergency, Permission};
use chancery_wire::{
    api::{Amended, CameBy, Explanation, UnusedRight},
    ids::AmendmentId,
    names::{Handle, RoleName},
    time::Instant,
};
use serde_json::{Value, json};

use super::{one_that_begins, open, waiting};
use crate::{
    arguments::{Admin, Common, Switch},
    failure::Failure,
    output::{Output, clock, one_line},
};

/// Does what was typed.
pub(super) async fn run(common: &Common, output: &mut Output, what: Admin) -> Result<(), Failure> {
    let change = match what {
        Admin::Charter => return charter(common, output).await,
        Admin::Roles => return roles(common, output).await,
        Admin::UnusedRights { days } => return unused(common, output, days).await,
        Admin::Barriers => return barriers(common, output).await,
        Admin::Proposals => return waiting::list(common, output).await,
        Admin::Agree { proposal, yes } => return waiting::agree(common, output, (&proposal, yes)).await,
        Admin::Decline { proposal } => return waiting::decline(common, output, &proposal).await,
        Admin::Explain { act, person } => {
            let person = person.as_deref().map(str::parse).transpose()?;
            return explain(common, output, &act, person).await;
        }
        Admin::Review { emergency, finding } => {
            let of = emergency_of(common, &emergency).await?;
            Change::Review { of, finding }
        }
        Admin::Assign { person, role, lasting } => {
            let until = lasting.map(|seconds| Client::now().plus_seconds(seconds.into()));
            Change::Assign { account: person.parse()?, role: role.parse()?, until }
        }
        Admin::Withdraw { person, role } => {
            Change::Withdraw { account: person.parse()?, role: role.parse()? }
        }
        Admin::Map { group, role, drop } => {
            Change::Map { group: group.trim().to_lowercase(), role: role.parse()?, holds: !drop }
        }
        Admin::Role { name, permits, drop: _ } => {
            Change::Define { role: name.parse()?, permissions: permissions(&permits)? }
        }
        Admin::Rule { name, file, drop: _ } => {
            let cedar = file.as_deref().map(text).transpose()?;
            Change::Rule { name: name.parse()?, cedar }
        }
        Admin::TwoPersons { switch } => Change::TwoPersons { on: switch == Switch::On },
        Admin::BreakGlass { role, lasting, because } => {
            let until = Client::now().plus_seconds(lasting.into());
            Change::BreakGlass { role: role.parse()?, until, reason: because }
        }
        Admin::Segment { name, add, remove } => {
            Change::Segment { name: name.parse()?, add: sorted(&add)?, remove: sorted(&remove)? }
        }
        Admin::Barrier { one, other, lift } => {
            let (one, other): (RoleName, RoleName) = (one.parse()?, other.parse()?);
            let between = if one < other { (one, other) } else { (other, one) };
            Change::Barrier { between, stands: !lift }
        }
        Admin::Suspend { .. }
        | Admin::Restore { .. }
        | Admin::Suspended
        | Admin::Guests
        | Admin::Elevate { .. }
        | Admin::Host { .. }
        | Admin::Sessions { .. }
        | Admin::Journal { .. } => return Ok(()),
    };
    amend(common, output, change).await
}

pub(super) async fn amend(common: &Common, output: &mut Output, change: Change) -> Result<(), Failure> {
    let mut client = open(common)?;
    let amended = client.amend(change.clone()).await?;
    done(output, &amended, &says(&change))
}

pub(super) fn done(output: &mut Output, amended: &Amended, says: &str) -> Result<(), Failure> {
    let id = amended.id.to_string();
    let text = match amended.number {
        Some(number) => format!("done: {says} (amendment {number} of the charter)"),
        None => format!(
            "proposed: {says}\nIt takes another person's signature, within 7 days:  chancery admin agree {id:.8}"
        ),
    };
    output.answer(&json!({"amendment": amended.id, "number": amended.number}), &text)
}

fn permissions(acts: &[String]) -> Result<Vec<Permission>, Failure> {
    let read = |act: &String| {
        let unknown =
            || Failure::Usage(format!("'{act}' is nothing a role can permit: chancery admin roles"));
        Permission::parse(act).ok_or_else(unknown)
    };
    let mut permissions: Vec<Permission> = acts.iter().map(read).collect::<Result<_, _>>()?;
    permissions.sort();
    permissions.dedup();
    Ok(permissions)
}

fn sorted(people: &[String]) -> Result<Vec<Handle>, Failure> {
    let mut handles = people.iter().map(|it| it.parse()).collect::<Result<Vec<Handle>, _>>()?;
    handles.sort();
    handles.dedup();
    Ok(handles)
}

/// What of their roles people have not used.
async fn unused(common: &Common, output: &mut Output, days: u32) -> Result<(), Failure> {
    let since = Client::now().plus_seconds(-86_400 * i64::from(days));
    let it = open(common)?.unused_rights(since).await?;
    let line = |it: &UnusedRight| {
        let acts = it.permissions.join(", ");
        if it.whole {
            format!("chancery admin withdraw {} {}    # nobody would miss: {acts}", it.account, it.role)
        } else {
            format!(
                "{} holds {} and has not used: {acts}; a role of your own could give the rest",
                it.account, it.role
            )
        }
    };
    let lines: Vec<String> = it.unused.iter().map(line).collect();
    let text = match it.observed {
        Some(observed) if observed <= since => lines.join("\n"),
        Some(observed) => {
            format!("what is used is written down since {}: ask for fewer days", clock(observed.0))
        }
        None => "nobody has used anything of a role yet".to_owned(),
    };
    let text = if text.is_empty() { "everything that roles give was used".to_owned() } else { text };
    output.answer(&json!(it), &text)
}

/// The segments, the barriers, and the rooms through which one runs.
async fn barriers(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let mut client = open(common)?;
    let charter = client.charter().await?;
    let rooms = client.apart().await?;
    let mut segments: BTreeMap<&RoleName, Vec<&str>> = BTreeMap::new();
    for (handle, of) in charter.segments().members() {
        for segment in of {
            segments.entry(segment).or_default().push(handle.as_str());
        }
    }
    let mut lines: Vec<String> = segments
        .iter()
        .map(|(segment, people)| format!("{:<16} {}", segment.as_str(), people.join(", ")))
        .collect();
    lines.extend(
        charter.segments().barriers().iter().map(|(one, other)| format!("{one} and {other} may not meet")),
    );
    for it in &rooms {
        let id = it.room.to_string();
        let owners = names(&it.owners);
        for [one, other] in &it.apart {
            lines.push(format!(
                "room {id:.8}: {} of {} and {} of {} are in it; nothing is said there until those of one side are removed, which {owners} can do",
                names(&one.accounts), one.segment, names(&other.accounts), other.segment
            ));
        }
    }
    let text = if lines.is_empty() { "nobody belongs to a segment".to_owned() } else { lines.join("\n") };
    output.answer(
        &json!({"segments": segments, "barriers": charter.segments().barriers(), "rooms": rooms}),
        &text,
    )
}

fn names(handles: &[Handle]) -> String {
    handles.iter().map(Handle::as_str).collect::<Vec<_>>().join(", ")
}

fn text(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        let unread = |why| Failure::Usage(format!("{} cannot be read: {why}", path.display()));
        text = std::fs::read_to_string(path).map_err(unread)?;
    }
    // A rule is one line, so that everybody who signs it reads all of it.
    Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

async fn charter(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let it = open(common)?.charter().await?;
    let mut lines = vec![format!(
        "{} amendments; what gives rights takes {}.",
        it.number(),
        if it.two_persons() { "two people" } else { "one person: chancery admin two-persons on" }
    )];
    let whoever = if it.two_persons() { "Who has founded the organisation holds" } else { "Officers hold" };
    lines.push(format!(
        "{whoever} identity-admin, device-admin and policy-admin, but for what was given up or taken."
    ));
    for (handle, roles) in it.assignments() {
        for (role, until) in roles {
            let until = until.map(|until| format!(" until {}", clock(until.0))).unwrap_or_default();
            lines.push(format!("{:<16} {role}{until}", handle.as_str()));
        }
    }
    lines.extend(
        it.given_up()
            .iter()
            .map(|(handle, role)| format!("{:<16} does not hold {role} as an officer", handle.as_str())),
    );
    for (role, permits) in it.roles() {
        lines.push(format!("role {role}: {}", acts(permits)));
    }
    for (group, roles) in it.mapped() {
        let roles = roles.iter().map(RoleName::as_str).collect::<Vec<_>>().join(", ");
        lines.push(format!("whoever is in the directory's group {} holds {roles}", one_line(group)));
    }
    lines.extend(it.rules().iter().map(|(name, text)| format!("rule {name}: {}", one_line(text))));
    lines.extend(it.emergencies().iter().map(emergency));
    output.answer(&shown(&it), &lines.join("\n"))
}

fn shown(it: &Charter) -> Value {
    let assigned: Vec<Value> = it
        .assignments()
        .iter()
        .flat_map(|(handle, roles)| {
            roles.iter().map(move |(role, until)| json!({"account": handle, "role": role, "until": until}))
        })
        .collect();
    let given_up: Vec<Value> =
        it.given_up().iter().map(|(handle, role)| json!({"account": handle, "role": role})).collect();
    let emergencies: Vec<Value> = it.emergencies().iter().map(|it| {
        let reviewed = it.reviewed.as_ref().map(|(by, finding)| json!({"by": by, "finding": finding}));
        json!({"id": it.id, "account": it.by, "role": it.role, "at": it.at, "until": it.until, "reason": it.reason, "reviewed": reviewed})
    }).collect();
    let roles: BTreeMap<&RoleName, Vec<&str>> = it
        .roles()
        .iter()
        .map(|(role, permits)| (role, permits.iter().map(|it| it.as_str()).collect()))
        .collect();
    json!({
        "amendments": it.number(), "head": it.head(), "two_persons": it.two_persons(), "assigned": assigned,
        "given_up": given_up, "roles": roles, "groups": it.mapped(), "rules": it.rules(), "emergencies": emergencies,
    })
}

fn emergency(it: &Emergency) -> String {
    let (id, reason) = (it.id.to_string(), one_line(&it.reason));
    let begin = format!("emergency {id:.8}: {} took {} at {}: {reason}", it.by, it.role, clock(it.at.0));
    match &it.reviewed {
        Some((by, finding)) => format!("{begin} – reviewed by {by}: {}", one_line(finding)),
        None => format!("{begin} – not reviewed yet: chancery admin review {id:.8} 'what was found'"),
    }
}

async fn roles(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let it = open(common)?.charter().await?;
    let mut lines = Vec::new();
    for role in BuiltIn::ALL {
        lines.push(format!("{:<20} {}: {}", role.name, role.what, acts(role.permissions)));
    }
    for (role, permits) in it.roles() {
        lines.push(format!("{:<20} the organisation's own: {}", role.as_str(), acts(permits)));
    }
    lines.push(String::new());
    lines.extend(Permission::ALL.iter().map(|it| format!("{:<28} {}", it.as_str(), it.what())));
    lines.push(String::new());
    for it in Conflict::ALL {
        lines.push(format!("{}: {} and none of {}", it.why, acts(it.one), acts(it.other)));
    }
    let names = |of: &[Permission]| of.iter().map(|it| it.as_str()).collect::<Vec<_>>();
    let built_in: Vec<Value> = BuiltIn::ALL
        .iter()
        .map(|it| json!({"role": it.name, "what": it.what, "permits": names(it.permissions), "of_officers": it.of_officers}))
        .collect();
    let own: Vec<Value> =
        it.roles().iter().map(|(role, permits)| json!({"role": role, "permits": names(permits)})).collect();
    output.answer(&json!({"built_in": built_in, "own": own}), &lines.join("\n"))
}

fn acts(of: &[Permission]) -> String {
    of.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")
}

async fn emergency_of(common: &Common, begins: &str) -> Result<AmendmentId, Failure> {
    let charter = open(common)?.charter().await?;
    let what = (begins, "emergencies", "admin charter");
    one_that_begins(charter.emergencies(), |it| it.id.to_string(), what).map(|it| it.id)
}

/// What a change does, in words.
pub(super) fn says(change: &Change) -> String {
    let until = |until: &Instant| format!(" until {}", clock(until.0));
    match change {
        Change::Define { role, permissions } if permissions.is_empty() => format!("no role {role} any more"),
        Change::Define { role, permissions } => format!("the role {role} permits {}", acts(permissions)),
        Change::Assign { account, role, until: end } => {
            format!("{account} holds {role}{}", end.as_ref().map(until).unwrap_or_default())
        }
        Change::Withdraw { account, role } => format!("{account} holds {role} no more"),
        Change::Rule { name, cedar: Some(text) } => format!("the rule {name} is: {}", one_line(text)),
        Change::Rule { name, cedar: None } => format!("no rule {name} any more"),
        Change::TwoPersons { on: true } => "what gives rights takes two people".to_owned(),
        Change::TwoPersons { on: false } => "what gives rights takes one person".to_owned(),
        Change::BreakGlass { role, until: end, .. } => {
            format!("you hold {role} in an emergency{}; somebody else has to review it", until(end))
        }
        Change::Review { .. } => "the emergency is reviewed".to_owned(),
        Change::Map { group, role, holds: true } => format!("whoever is in the group {group} holds {role}"),
        Change::Map { group, role, holds: false } => format!("the group {group} gives {role} to nobody"),
        Change::Host { account, terms } => format!(
            "{account} is a guest{} in {} room(s); {} answers for them",
            until(&terms.until),
            terms.rooms.len(),
            terms.sponsor
        ),
        Change::Segment { name, add, remove } => {
            let moved = [(add, "belongs to"), (remove, "belongs no more to")];
            let says = |(who, what): &(&Vec<Handle>, &str)| format!("{} {what} {name}", names(who));
            moved.iter().filter(|(who, _)| !who.is_empty()).map(says).collect::<Vec<_>>().join("; ")
        }
        Change::Barrier { between: (one, other), stands: true } => format!("{one} and {other} may not meet"),
        Change::Barrier { between: (one, other), stands: false } => {
            format!("{one} and {other} may meet again")
        }
    }
}

async fn explain(
    common: &Common,
    output: &mut Output,
    act: &str,
    person: Option<Handle>,
) -> Result<(), Failure> {
    let whose = person.as_ref().map_or("you".to_owned(), ToString::to_string);
    let it = open(common)?.explain(person, act).await?;
    output.answer(&json!(it), &reasons(&whose, act, &it).join("\n"))
}

/// A device, by how it came to its account.
fn came(how: CameBy) -> &'static str {
    match how {
        CameBy::First => "the device that opened the account",
        CameBy::Device => "a device that another one has linked",
        CameBy::RecoveryKey => "a device that came with the recovery link",
        CameBy::Officers => "a device for which two officers have vouched",
    }
}

/// A policy is written over several lines, and told in one.
fn unwrapped(policy: &str) -> String {
    policy.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn reasons(whose: &str, act: &str, it: &Explanation) -> Vec<String> {
    let list = |names: Vec<&str>| names.join(", ");
    let mut lines = vec![format!("{whose} may{} do {act}", if it.allowed { "" } else { " not" })];
    let roles: Vec<&str> = it.roles.iter().map(|it| it.role.as_str()).collect();
    lines.push(if roles.is_empty() { "holds no role".to_owned() } else { format!("holds: {}", list(roles)) });
    if it.takes_two {
        lines.push("once another person has agreed: it waits for that".to_owned());
    }
    if !it.rules.is_empty() {
        lines.push(format!("forbidden by: {}", list(it.rules.iter().map(RoleName::as_str).collect())));
    }
    lines.extend(it.policies.iter().map(|policy| format!("because of: {}", one_line(&unwrapped(policy)))));
    if it.with_passkey {
        lines.push("would be allowed: once it is approved with a passkey, as it is asked".to_owned());
    }
    if !it.with_roles.is_empty() {
        let roles = list(it.with_roles.iter().map(RoleName::as_str).collect());
        lines.push(format!("would be allowed with any of the roles: {roles}"));
    }
    if !it.in_conflict.is_empty() {
        let roles = list(it.in_conflict.iter().map(RoleName::as_str).collect());
        lines.push(format!(
            "would be allowed with these, which must not meet with what {whose} may do now: {roles}"
        ));
    }
    if !it.from_zones.is_empty() {
        lines.push(format!("would be allowed from: {}", it.from_zones.join(", ")));
    }
    if let Some(days) = it.after_days {
        lines.push(format!("would be allowed in {days} days, once the device has been there long enough"));
    }
    if !it.by_devices.is_empty() {
        let ways = list(it.by_devices.iter().map(|it| came(*it)).collect());
        lines.push(format!("would be allowed from: {ways}"));
    }
    let elsewhere = it.from_zones.is_empty() && it.by_devices.is_empty() && it.after_days.is_none();
    let roles = it.with_roles.len() + it.in_conflict.len();
    if it.only_officers {
        lines.push("only officers may: what is signed by it is believed of nobody else".to_owned());
    } else if !it.allowed && !it.with_passkey && roles == 0 && elsewhere {
        lines.push("no role, passkey, network or device alone would change that".to_owned());
    }
    lines
}
