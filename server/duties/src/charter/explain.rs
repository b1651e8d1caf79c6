//! Explain: why an account may do something, or may not, and what would change that.
//!
//! `POST /v1/explanations` (in `gateway::explain`), permitted by `Charter::"explain"` for oneself and `"explain-others"`. Changes nothing. What is asked is what
//! policy would be asked: for a room, as a member of it.

use std::sync::Arc;

use chancery_floor::{
    policy::{Entity, Policies},
    store::Read,
    work::{Action, Desk},
};
use chancery_transparency::{BuiltIn, Charter, Conflict, Held, Standing};
use chancery_wire::{
    api::{CameBy, Explanation, HeldRole},
    names::{Handle, RoleName},
    time::Instant,
};

use super::{CharterError, Charters, segments_of};
use crate::{
    accounts,
    counter::{Assurance, Caller, Granted, Organisation, Plane, Refusal},
};

/// The right to ask why oneself may do something.
#[derive(Debug)]
pub(crate) enum ExplainOwn {}

impl Action for ExplainOwn {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"explain""#;
}

/// The right to ask why somebody else may do something.
#[derive(Debug)]
pub(crate) enum ExplainOthers {}

impl Action for ExplainOthers {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"explain-others""#;
}

/// Whom a question is about, as policy sees them, and the charter that answers it; where the caller may ask that.
pub(crate) async fn asked_of(
    desk: &Desk,
    charters: &Charters,
    (caller, account): (Caller, Option<&Handle>),
) -> Result<(Arc<Charter>, Caller), Refusal> {
    let other = account.filter(|it| **it != caller.handle);
    if other.is_some() {
        desk.permit::<ExplainOthers>(Organisation)?;
    } else {
        desk.permit::<ExplainOwn>(Organisation)?;
    }
    let mut from = desk.floor().db.reader();
    let charter = charters.rights.charter(&mut from, &charters.domain).await?;
    let charter = charter.ok_or(CharterError::NoAccount)?;
    let subject = match other {
        None => Caller { plane: Plane::Whole, ..caller },
        // As from one of their devices: without a zone, and with a passkey that has approved nothing yet.
        Some(handle) => {
            let subject = subject(&mut from, &caller, (handle, desk.now())).await?;
            Caller { segments: segments_of(&mut from, &charter, &subject).await?, ..subject }
        }
    };
    Ok((charter, subject))
}

/// Why somebody who holds these roles may do something or may not, and what would change that.
pub(crate) fn explain(
    desk: &Desk,
    charters: &Charters,
    (charter, subject, all): (&Charter, Caller, Vec<RoleName>),
    act: &str,
) -> Result<Explanation, Refusal> {
    let policies = &desk.floor().policies;
    let action = action(act).filter(|action| policies.knows(action));
    let action = action.ok_or(CharterError::NoSuchAct)?;
    let question = Question { policies, action, charter, subject, all, now: desk.now() };
    Ok(question.answer(&charters.zones).ok_or(CharterError::NoSuchAct)?)
}

/// Another account as policy sees it.
async fn subject(
    from: &mut impl Read,
    caller: &Caller,
    (handle, now): (&Handle, Instant),
) -> Result<Caller, CharterError> {
    let devices = accounts::devices_of(from, handle).await?;
    let device = devices.into_iter().next().ok_or(CharterError::NoAccount)?;
    Ok(Caller {
        // What is asked is what the roles permit, where they count.
        elevated: true,
        assurance: Assurance { passkey: true, confirmed: false, alone: false },
        ..device.asks((caller.session, caller.until), Plane::Whole, now)
    })
}

/// `accounts.invite` as policy calls it.
fn action(act: &str) -> Option<String> {
    let (duty, what) = act.split_once('.')?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let (first, rest) = duty.split_at_checked(1)?;
    let named = format!(r#"{}{rest}::Action::"{what}""#, first.to_ascii_uppercase());
    (plain(duty) && plain(what)).then_some(named)
}

struct Question<'a> {
    policies: &'a Policies,
    action: String,
    charter: &'a Charter,
    subject: Caller,
    /// The roles that it holds, those by groups of the directory too.
    all: Vec<RoleName>,
    now: Instant,
}

impl Question<'_> {
    fn answer(&self, zones: &[String]) -> Option<Explanation> {
        let held = self.charter.held(&self.subject.handle, self.subject.standing, self.now);
        let granted = Granted::by(self.charter, self.all.iter().cloned());
        let assurance = Assurance { alone: false, ..self.subject.assurance };
        let as_is = Caller { granted: granted.clone(), assurance, ..self.subject.clone() };
        let answer = self.ask(&as_is)?;
        let allows = |other: &Caller| self.ask(other).is_some_and(|it| it.allowed);
        let takes_two = answer.allowed
            && self.charter.two_persons()
            && !allows(&Caller { assurance: Assurance { alone: true, ..assurance }, ..as_is.clone() });
        let confirmed = |mut it: Caller| {
            it.assurance.confirmed = true;
            it
        };
        let with_passkey = !answer.allowed && allows(&confirmed(as_is.clone()));
        let names = BuiltIn::ALL.iter().filter_map(|it| it.name.parse().ok());
        let names = names.chain(self.charter.roles().keys().cloned());
        let holding = |role: &RoleName| {
            let more = self.all.iter().cloned().chain([role.clone()]);
            allows(&confirmed(Caller { granted: Granted::by(self.charter, more), ..as_is.clone() }))
        };
        let needs_more = !answer.allowed && !with_passkey;
        let meets = |role: &RoleName| {
            let all = self.all.iter().chain([role]);
            let all = all.filter_map(|role| self.charter.permits(role)).flatten().copied().collect();
            Conflict::within(&all).is_some()
        };
        let as_officer = |role: &RoleName| {
            let granted = Granted::by(self.charter, [role.clone()]);
            allows(&confirmed(Caller { granted, standing: Standing::Officer, ..as_is.clone() }))
        };
        let only_officers = !answer.allowed && !as_is.standing.is_officer() && {
            let mut all = BuiltIn::ALL.iter().filter_map(|it| it.name.parse().ok());
            all.any(|role: RoleName| as_officer(&role) && !holding(&role))
        };
        let would: Vec<RoleName> = names.filter(|role| needs_more && holding(role)).collect();
        let (in_conflict, with_roles) = would.into_iter().partition(meets);
        let in_zone = |zone: &&String| {
            let zone = Some(zone.as_str().into());
            allows(&confirmed(Caller { zone, ..as_is.clone() }))
        };
        let from_zones = zones.iter().filter(|zone| needs_more && in_zone(zone)).cloned().collect();
        let with = |came: CameBy, days: u8| allows(&confirmed(Caller { came, days, ..as_is.clone() }));
        let after_days =
            (self.subject.days..=Caller::DAYS).find(|it| needs_more && with(self.subject.came, *it));
        let after_days = after_days.map(|it| it - self.subject.days);
        let by_devices = CameBy::ALL.into_iter().filter(|it| needs_more && with(*it, self.subject.days));
        let by_devices = by_devices.collect();
        let forbidden_by = answer.rules.iter().filter_map(|it| it.parse().ok()).collect();
        let by_group = self.all.iter().filter(|role| held.iter().all(|it| it.role != **role));
        let by_group = by_group.map(|role| HeldRole {
            role: role.clone(),
            until: None,
            as_officer: false,
            by_group: true,
        });
        let own = |it: &Held| HeldRole {
            role: it.role.clone(),
            until: it.until,
            as_officer: it.as_officer,
            by_group: false,
        };
        let roles = held.iter().map(own).chain(by_group);
        Some(Explanation {
            allowed: answer.allowed,
            roles: roles.collect(),
            policies: answer.policies,
            rules: forbidden_by,
            with_passkey,
            with_roles,
            in_conflict,
            only_officers,
            from_zones,
            by_devices,
            after_days,
            takes_two,
        })
    }

    fn ask(&self, subject: &Caller) -> Option<chancery_floor::policy::Answer> {
        let entity = subject.actor().entity;
        let room = Entity::plain("Room").with("member", true).with("reader", true);
        let resources = [Entity::plain("Organisation"), room];
        resources.iter().find_map(|it| self.policies.explain(&entity, &self.action, it).ok())
    }
}
