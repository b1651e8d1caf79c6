//! Explain: why an account may do something, or may not, and what would change that.
//!
//! `POST /v1/explanations`, permitted by `Charter::"explain"` for oneself and `"explain-others"`. Changes nothing. What is asked is what
//! policy would be asked: for a room, as a member of it.

use axum::{Json, extract::State};
use chancery_floor::{
    policy::{Entity, Policies},
    store::Read,
    work::Action,
};
use chancery_transparency::{BuiltIn, Charter, Conflict, Standing};
use chancery_wire::{
    api::{self, Explanation, HeldRole},
    names::{Handle, RoleName},
    problem::Problem,
    time::Instant,
};

use super::{CharterError, Charters};
use crate::{
    accounts,
    counter::{Ask, Assurance, Caller, Granted, Organisation, Plane, Refusal, Visitor},
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

/// Why the calling account, or another one, may do something or may not, and what would change that.
#[utoipa::path(post, path = "/v1/explanations", tag = "charter", operation_id = "charter.explain", request_body = api::Explain,
    responses((status = 200, description = "Why.", body = Explanation),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, caller }: Visitor,
    State(charters): State<Charters>,
    Ask(ask): Ask<api::Explain>,
) -> Result<Json<Explanation>, Refusal> {
    let other = ask.account.as_ref().filter(|it| **it != caller.handle);
    if other.is_some() {
        desk.permit::<ExplainOthers>(Organisation)?;
    } else {
        desk.permit::<ExplainOwn>(Organisation)?;
    }
    let floor = desk.floor();
    let mut from = floor.db.reader();
    let charter = charters.rights.charter(&mut from, &charters.domain).await?;
    let charter = charter.ok_or(CharterError::NoAccount)?;
    let subject = match other {
        None => Caller { plane: Plane::Whole, ..caller },
        // As from one of their devices: without a zone, and with a passkey that has approved nothing yet.
        Some(handle) => subject(&mut from, &caller, handle).await?,
    };
    let action = action(&ask.act).filter(|action| floor.policies.knows(action));
    let action = action.ok_or(CharterError::NoSuchAct)?;
    let question =
        Question { policies: &floor.policies, action, charter: &charter, subject, now: desk.now() };
    Ok(Json(question.answer(&charters.zones).ok_or(CharterError::NoSuchAct)?))
}

/// Another account as policy sees it.
async fn subject(from: &mut impl Read, caller: &Caller, handle: &Handle) -> Result<Caller, CharterError> {
    let devices = accounts::devices_of(from, handle).await?;
    let device = devices.into_iter().next().ok_or(CharterError::NoAccount)?;
    Ok(Caller {
        // What is asked is what the roles permit, where they count.
        elevated: true,
        assurance: Assurance { passkey: true, confirmed: false, alone: false },
        ..device.asks((caller.session, caller.until), Plane::Whole)
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
    now: Instant,
}

impl Question<'_> {
    fn answer(&self, zones: &[String]) -> Option<Explanation> {
        let held = self.charter.held(&self.subject.handle, self.subject.standing, self.now);
        let granted = Granted::by(self.charter, held.iter().map(|it| it.role.clone()));
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
            let more = held.iter().map(|it| it.role.clone()).chain([role.clone()]);
            allows(&confirmed(Caller { granted: Granted::by(self.charter, more), ..as_is.clone() }))
        };
        let needs_more = !answer.allowed && !with_passkey;
        let meets = |role: &RoleName| {
            let all = held.iter().map(|it| &it.role).chain([role]);
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
        let forbidden_by = answer.rules.iter().filter_map(|it| it.parse().ok()).collect();
        let roles =
            held.into_iter().map(|it| HeldRole { role: it.role, until: it.until, as_officer: it.as_officer });
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
