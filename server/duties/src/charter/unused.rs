//! Unused rights: what of their roles people have used is written down, to the day; and what they could do without is listed.
//!
//! `GET /v1/charter/unused/{since}`, permitted by `Charter::"see-unused"`. What is used is recorded as `charter.used`, once a day for each
//! account and permission. A permission is used by what policy would have refused without it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Json, extract::State};
use chancery_floor::{
    policy::Entity,
    work::{Action, Desk},
};
use chancery_transparency::Permission;
use chancery_wire::{
    api,
    names::Handle,
    problem::Problem,
    time::{DAY, Instant},
};

use super::{Charters, facts::Used, store};
use crate::{
    accounts,
    counter::{At, Caller, Granted, Organisation, Refusal, Visitor, place},
};

/// The right to see what nobody uses.
#[derive(Debug)]
pub(crate) enum SeeUnused {}

impl Action for SeeUnused {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"see-unused""#;
}

/// The right to write down what is used: the server's own.
#[derive(Debug)]
pub(crate) enum NoteUse {}

impl Action for NoteUse {
    type Resource = Organisation;
    const NAME: &'static str = r#"Charter::Action::"note-use""#;
}

/// What was written down lately. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses(Arc<Mutex<HashMap<(Handle, Permission), Instant>>>);

impl Uses {
    /// Writes down what a caller has used for what it was permitted, where that was not done in the last day.
    pub(crate) async fn note(
        &self,
        desk: &Desk,
        caller: &Caller,
        acts: &[(&'static str, Entity)],
    ) -> Result<(), Refusal> {
        let now = desk.now();
        let mut used: Vec<Permission> = acts.iter().flat_map(|act| used_for(desk, caller, act)).collect();
        used.sort_unstable();
        used.dedup();
        used.retain(|it| self.is_news((&caller.handle, *it), now));
        if used.is_empty() {
            return Ok(());
        }
        let mut work = desk.begin(desk.permit::<NoteUse>(Organisation)?).await?;
        let at = work.at();
        store::note_used(&mut work.tx, &caller.handle, &used, at).await?;
        let permissions = used.iter().map(|it| it.as_str()).collect();
        work.commit(&Used { account: caller.handle.clone(), permissions }).await?;
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lately.extend(used.into_iter().map(|it| ((caller.handle.clone(), it), at)));
        Ok(())
    }

    fn is_news(&self, (handle, it): (&Handle, Permission), now: Instant) -> bool {
        let lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lately.get(&(handle.clone(), it)).is_none_or(|at| at.plus_seconds(DAY) <= now)
    }
}

/// The permissions without which an act would not have been permitted.
fn used_for(desk: &Desk, caller: &Caller, (act, resource): &(&'static str, Entity)) -> Vec<Permission> {
    let allows = |granted: Granted| {
        let actor = Caller { granted, ..caller.clone() }.actor();
        desk.floor().policies.allow(&actor.entity, act, resource)
    };
    if allows(caller.granted.without(|_| true)) {
        return vec![];
    }
    let needed = |it: &Permission| !allows(caller.granted.without(|gone| gone == *it));
    caller.granted.permissions().iter().copied().filter(needed).collect()
}

/// The roles of which their holders have used less than they give, since then.
#[utoipa::path(get, path = "/v1/charter/unused/{since}", tag = "charter", operation_id = "charter.see-unused",
    params(("since" = u64, Path, description = "Since when is looked, in milliseconds since 1970.")),
    responses((status = 200, description = "What could go.", body = api::UnusedRights),
        (status = "default", description = "Refused.", body = Problem)))]
pub(super) async fn handle(
    Visitor { desk, .. }: Visitor,
    State(charters): State<Charters>,
    At(since): At<u64>,
) -> Result<Json<api::UnusedRights>, Refusal> {
    let permit = desk.permit::<SeeUnused>(Organisation)?;
    let (mut from, now) = (desk.look(&permit), desk.now());
    let since = Instant(i64::try_from(place(since)?).unwrap_or(i64::MAX));
    let observed = store::observed(&mut from).await?;
    let mut unused = Vec::new();
    // Of a time in which nothing was written down nobody can say what was used.
    let covered = observed.is_some_and(|observed| observed <= since);
    let charter = charters.rights.charter(&mut from, &charters.domain).await?;
    if let Some(charter) = charter.filter(|_| covered) {
        // What is used is written down once a day.
        let used = store::used(&mut from, since.plus_seconds(-DAY)).await?;
        for (handle, it) in accounts::standings(&mut from).await? {
            let used = used.get(&handle).cloned().unwrap_or_default();
            unused.extend(charter.unused((&handle, it.standing), &used, (since, now)).into_iter().map(
                |it| {
                    let permissions = it.permissions.iter().map(|it| it.as_str().to_owned()).collect();
                    api::UnusedRight { account: it.account, role: it.role, permissions, whole: it.whole }
                },
            ));
        }
        unused.sort_by(|one, next| (&one.account, &one.role).cmp(&(&next.account, &next.role)));
    }
    Ok(Json(api::UnusedRights { unused, observed }))
}
