//! Amend the charter: a device deposits an amendment with its signature. Once enough people have signed, it is taken in.
//!
//! `POST /v1/charter/amendments` (in `gateway::amend`), permitted by `Charter::"amend"`, `"break-glass"`, `"review"`, `"separate"`,
//! `"host"` or `"give-up"`, by what it changes; recorded as `charter.amended`, or `charter.proposed` where it waits for another person. That person deposits the same amendment with one more
//! signature.

use std::collections::{BTreeSet, HashMap};

use chancery_floor::{
    bus::Notice,
    policy::Policies,
    store::{StoreError, Tx},
    work::{Action, Desk, Work},
};
use chancery_transparency::{Amendment, Change, Charter, InvalidAmendment, Permission};
use chancery_wire::{
    api,
    ids::DeviceId,
    names::{Handle, RoleName},
    time::{DAY, Instant},
};

use super::{
    CharterError, Charters,
    facts::{Amended, GlassBroken, Proposed},
    rights::{at, judged},
    store,
};
use crate::{
    accounts,
    counter::{Caller, Organisation, Refusal},
};

/// How long a proposal waits, in seconds.
pub(super) const WAITING: i64 = 7 * DAY;
/// How many proposals wait at most.
const PROPOSALS: u64 = 64;
/// How far a proposer's clock may be ahead, in seconds.
const SKEW: i64 = 300;

/// Declares rights that are exercised by depositing an amendment.
macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident = $act:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub(crate) enum $name {}

            impl Action for $name {
                type Resource = Organisation;
                const NAME: &'static str = concat!(r#"Charter::Action::""#, $act, r#"""#);
            }
        )*
    };
}

rights! {
    /// The right to amend the charter.
    Amend = "amend";
    /// The right to take a role alone, in an emergency.
    BreakGlass = "break-glass";
    /// The right to review an emergency.
    Review = "review";
    /// The right to say who may not meet whom.
    Separate = "separate";
    /// The right to say on what terms a guest takes part.
    Host = "host";
    /// The right to give up a role of one's own.
    GiveUp = "give-up";
}

/// Takes in an amendment that the calling device has signed last, or keeps it for another person to sign.
pub(crate) async fn amend(
    desk: &Desk,
    charters: &Charters,
    caller: &Caller,
    amendment: &[u8],
) -> Result<api::Amended, Refusal> {
    let (it, _) = Amendment::peek(amendment).ok_or(CharterError::from(InvalidAmendment::Malformed))?;
    let amended = match it.change.needs(&caller.handle) {
        None => deposit::<GiveUp>(desk, charters, caller, amendment).await,
        Some(Permission::BreakGlass) => deposit::<BreakGlass>(desk, charters, caller, amendment).await,
        Some(Permission::Review) => deposit::<Review>(desk, charters, caller, amendment).await,
        Some(Permission::Invite) => deposit::<Host>(desk, charters, caller, amendment).await,
        Some(Permission::Separate) => deposit::<Separate>(desk, charters, caller, amendment).await,
        Some(_) => deposit::<Amend>(desk, charters, caller, amendment).await,
    }?;
    if amended.number.is_some() {
        let floor = desk.floor();
        charters.rights.refresh(&mut floor.db.reader(), &charters.domain, &floor.policies).await?;
    }
    Ok(amended)
}

async fn deposit<A: Action<Resource = Organisation>>(
    desk: &Desk,
    charters: &Charters,
    caller: &Caller,
    amendment: &[u8],
) -> Result<api::Amended, CharterError> {
    let permit = desk.permit::<A>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let (it, signers) = Amendment::peek(amendment).ok_or(InvalidAmendment::Malformed)?;
    if signers.last() != Some(&(caller.handle.clone(), caller.device)) {
        return Err(CharterError::Unfit("this device did not sign the amendment last"));
    }
    let charter = charters.rights.charter(&mut work.tx, &charters.domain).await?;
    let charter = charter.ok_or(CharterError::NoAccount)?;
    let (mut after, mut chains) = ((*charter).clone(), HashMap::new());
    may_now(&mut work, &charter, &it, &signers).await?;
    if store::was_declined(&mut work.tx, it.id).await? {
        return Err(CharterError::NoProposal);
    }
    let taken = judged(&mut work.tx, &charters.domain, &mut chains, |chains| {
        after.take(amendment, &mut |whose| chains.get(whose).cloned())
    });
    match taken.await? {
        Ok(_) => is_rule(&desk.floor().policies, &after)?,
        Err(InvalidAmendment::TakesAnother) => {
            if let Change::Rule { name, cedar: Some(text) } = &it.change {
                desk.floor().policies.try_rules([(name.as_str(), text.as_str())])?;
            }
            return propose(work, &it, amendment).await;
        }
        Err(InvalidAmendment::Missing(_)) => return Err(CharterError::NoAccount),
        Err(why) => return Err(why.into()),
    }
    somebody_is_left(&mut work.tx, &charter, &after).await?;
    let (number, now) = (at(&after), work.at());
    if !store::append(&mut work.tx, (number, it.id), now, amendment).await? {
        return Err(StoreError::Raced.into());
    }
    store::drop_proposal(&mut work.tx, it.id).await?;
    work.tx.announce(Notice::Amended);
    if let Change::BreakGlass { role, .. } = &it.change {
        tracing::warn!(by = %it.by, %role, "a role was taken alone, in an emergency");
        work.tell(&GlassBroken { amendment: it.id, by: it.by.clone(), role: role.clone() });
    }
    let (change, account, role) = told(&it.change);
    let by = signers.into_iter().map(|(by, _)| by).collect();
    work.commit(&Amended { amendment: it.id, number, by, change, account, role, head: after.head() }).await?;
    Ok(api::Amended { id: it.id, number: Some(number) })
}

/// Whether everybody who has signed may do so at this moment. A client cannot know what time it was, nor that a device was revoked; here it
/// is known.
async fn may_now<A: Action>(
    work: &mut Work<A>,
    charter: &Charter,
    it: &Amendment,
    signers: &[(Handle, DeviceId)],
) -> Result<(), CharterError> {
    let now = work.at();
    if it.at > now.plus_seconds(SKEW) || it.at < now.plus_seconds(-WAITING) {
        return Err(CharterError::Unfit(
            "the amendment is from the future, or older than 7 days: check this device's clock, or make it again",
        ));
    }
    if let Change::Host { terms, .. } = &it.change
        && accounts::devices_of(&mut work.tx, &terms.sponsor).await?.is_empty()
    {
        return Err(CharterError::Unfit("whoever is to answer for the guest is suspended, or has no device"));
    }
    for (by, device) in signers {
        let known = accounts::find_device(&mut work.tx, *device).await?.filter(|known| known.handle == *by);
        let known = known.ok_or(InvalidAmendment::Signature)?;
        let holds = |needed| charter.permissions(by, known.standing, now).contains(&needed);
        if !it.change.needs(by).is_none_or(holds) {
            return Err(InvalidAmendment::NoRight(by.clone()).into());
        }
    }
    Ok(())
}

/// Whether the rules of a charter are ones. They are looked at only now: what a rule may be like was judged before.
fn is_rule(policies: &Policies, after: &Charter) -> Result<(), CharterError> {
    Ok(policies.try_rules(after.rules().iter().map(|(name, text)| (name.as_str(), text.as_str())))?)
}

/// Whether somebody is left who may amend the charter for good; two where it takes two.
async fn somebody_is_left(tx: &mut Tx, before: &Charter, after: &Charter) -> Result<(), CharterError> {
    let standings = accounts::standings(tx).await?;
    let left = |charter: &Charter| {
        let assigned: BTreeSet<&Handle> = charter.assignments().keys().collect();
        let there = standings.iter().filter(|(_, it)| it.suspended.is_none() && !it.bot && !it.guest);
        let may = there.filter(|(handle, it)| {
            (it.standing.is_officer() || assigned.contains(handle))
                && charter.permissions(handle, it.standing, Instant(i64::MAX)).contains(&Permission::Amend)
        });
        may.count()
    };
    let (needed, now) = (if after.two_persons() { 2 } else { 1 }, left(after));
    if now >= needed || (before.two_persons() == after.two_persons() && now >= left(before)) {
        return Ok(());
    }
    Err(CharterError::LastOne(if needed == 2 {
        "two people are needed who hold policy-admin for good: let another one hold it first"
    } else {
        "nobody would be left who holds policy-admin for good: let somebody else hold it first"
    }))
}

async fn propose<A: Action>(
    mut work: Work<A>,
    it: &Amendment,
    amendment: &[u8],
) -> Result<api::Amended, CharterError> {
    let now = work.at();
    store::forget(&mut work.tx, now.plus_seconds(-WAITING)).await?;
    let (kept, waiting) = store::proposal(&mut work.tx, it.id).await?;
    if kept.is_none() && waiting >= PROPOSALS {
        return Err(CharterError::Unfit("as many proposals wait as may: agree to some, or decline them"));
    }
    if kept.is_some_and(|kept| !Amendment::is_same(&kept, amendment)) {
        return Err(InvalidAmendment::Twice.into());
    }
    store::propose(&mut work.tx, it.id, now, amendment).await?;
    let (change, ..) = told(&it.change);
    work.commit(&Proposed { amendment: it.id, by: it.by.clone(), change }).await?;
    Ok(api::Amended { id: it.id, number: None })
}

/// What is told of a change: its kind, whom it is about, which role, rule or segments.
fn told(change: &Change) -> (&'static str, Option<Handle>, Option<String>) {
    let named = |kind, name: &RoleName| (kind, None, Some(name.to_string()));
    let about =
        |kind, account: &Handle, role: &RoleName| (kind, Some(account.clone()), Some(role.to_string()));
    match change {
        Change::Define { role, .. } => named("define", role),
        Change::Assign { account, role, .. } => about("assign", account, role),
        Change::Withdraw { account, role } => about("withdraw", account, role),
        Change::Rule { name, .. } => named("rule", name),
        Change::TwoPersons { on: true } => ("two-persons-on", None, None),
        Change::TwoPersons { on: false } => ("two-persons-off", None, None),
        Change::BreakGlass { role, .. } => named("break-glass", role),
        Change::Review { .. } => ("review", None, None),
        Change::Map { role, holds: true, .. } => named("map", role),
        Change::Map { role, holds: false, .. } => named("unmap", role),
        Change::Host { account, .. } => ("host", Some(account.clone()), None),
        Change::Segment { name, .. } => named("segment", name),
        Change::Barrier { between: (one, other), stands } => {
            (if *stands { "barrier-up" } else { "barrier-down" }, None, Some(format!("{one} {other}")))
        }
    }
}
