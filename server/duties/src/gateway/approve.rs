//! Approve: a device has its owner approve one request, before it makes it.
//!
//! `POST /v1/approvals`, permitted by `Passkeys::"approve"`. The page says in words what the request does, made here from the request
//! itself: so what is read and what is signed are one thing. Here because these requests are of several duties.

use axum::{Json, extract::State, http::StatusCode};
use chancery_floor::store::{Read, StoreError};
use chancery_trail::digest;
use chancery_transparency::{Amendment, Change, Invitation, Provider, about, keeps_key, revokes, suspends};
use chancery_wire::{
    api::{
        self, AddPasskey, Agree, Amend, Ceremony, Elevate, Invite, KeepRecoveryKey, Meet, Revoke, Suspend,
        TrustProvider, WithdrawProvider,
    },
    ids::{PasskeyId, RoomId},
    names::Handle,
    problem::{Code, Problem},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::receive::Gate;
use crate::{
    charter,
    counter::{Ask, Organisation, Refusal, Visitor, rfc3339},
    passkeys::{self, Approve, Purpose},
};

/// The route.
pub(super) fn routes() -> OpenApiRouter<Gate> {
    OpenApiRouter::new().routes(routes!(handle))
}

/// Opens a ceremony in which the calling account approves one request with a passkey. The request is made afterwards, by the same device
/// and exactly so, with the header `Chancery-Approval` that names the ceremony.
#[utoipa::path(post, path = "/v1/approvals", tag = "passkeys", operation_id = "passkeys.approve", request_body = api::Approve,
    responses((status = 201, description = "The ceremony.", body = Ceremony),
        (status = "default", description = "Refused.", body = Problem)))]
async fn handle(
    Visitor { desk, caller }: Visitor,
    State(gate): State<Gate>,
    Ask(ask): Ask<api::Approve>,
) -> Result<(StatusCode, Json<Ceremony>), Refusal> {
    let permit = desk.permit::<Approve>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    if !passkeys::has_any(&mut work.tx, &caller.handle).await? {
        return Err(Refusal::new(Code::NoPasskeyYet));
    }
    let api::Approve { method, path, body } = ask;
    let words = words(&mut work.tx, &caller.handle, (&method, &path, &body.0)).await?;
    let words = words.ok_or_else(|| Refusal::new(Code::NoAct))?;
    let purpose = Purpose::Approve { method, path, body: digest(&body.0) };
    let ceremony = passkeys::begin(work, &gate.passkeys, (&caller).into(), (words, purpose)).await?;
    Ok((StatusCode::CREATED, Json(ceremony)))
}

/// What a request does, in words; nothing for those that nobody has to approve.
pub(super) async fn words(
    from: &mut impl Read,
    handle: &Handle,
    (method, path, body): (&str, &str, &[u8]),
) -> Result<Option<String>, StoreError> {
    Ok(match (method, path) {
        ("POST", "/v1/invitations") => serde_json::from_slice(body).ok().and_then(|it: Invite| invites(&it)),
        ("POST", "/v1/devices/revocations") => {
            let revoke: Option<Revoke> = serde_json::from_slice(body).ok();
            revoke.and_then(|it| {
                let (whose, _) = about(&it.entry.0).ok()?;
                let (device, keeps) = revokes(&it.entry.0)?;
                let device: String = device.to_string().chars().take(8).collect();
                let key = if keeps { "" } else { ", and any recovery key with it" };
                Some(format!("revoke the device {device} of {whose}{key}"))
            })
        }
        ("POST", "/v1/suspensions") => {
            let suspend: Option<Suspend> = serde_json::from_slice(body).ok();
            suspend.and_then(|it| {
                let (whose, _) = about(&it.entry.0).ok()?;
                let suspends = suspends(&it.entry.0)?;
                Some(if suspends {
                    format!("keep {whose} out of everything until restored")
                } else {
                    format!("let {whose} in again, who was suspended")
                })
            })
        }
        ("POST", "/v1/charter/amendments") => {
            let amend: Option<Amend> = serde_json::from_slice(body).ok();
            amend.and_then(|it| Some(amends(&Amendment::peek(&it.amendment.0)?.0.change)))
        }
        ("PUT", "/v1/recovery-key") => {
            let keep: Option<KeepRecoveryKey> = serde_json::from_slice(body).ok();
            let keeps = keep.and_then(|it| keeps_key(&it.entry.0));
            let what = |keeps| if keeps { "set a new recovery key" } else { "remove the recovery key" };
            keeps.map(|keeps| format!("{} of this account", what(keeps)))
        }
        ("POST", "/v1/elevations") => {
            let elevate: Option<Elevate> = serde_json::from_slice(body).ok();
            elevate.map(|it| {
                format!("take up the roles of this account on this device, for {} minutes", it.minutes)
            })
        }
        ("POST", "/v1/linkings") => {
            let meet: Option<Meet> = serde_json::from_slice(body).ok();
            meet.map(|it| match it.of {
                Some(whom) => format!("vouch for {whom}, who comes back on a new device"),
                None => "link another device to this account".to_owned(),
            })
        }
        ("PUT", "/v1/providers") => {
            let trust: Option<TrustProvider> = serde_json::from_slice(body).ok();
            trust.and_then(|it| {
                let it = Provider::peek(&it.statement.0)?;
                let what = if it.vouches { "vouch for new accounts" } else { "say who signs in" };
                let acr = if it.acr.is_empty() { "any way".to_owned() } else { it.acr.join(" or ") };
                Some(format!(
                    "let the identity provider {} {what}, as the client {}, by the claim {}{}, signed in there in {acr}, with the keys {}",
                    it.issuer,
                    it.client,
                    it.claim,
                    if it.suffix.is_empty() { String::new() } else { format!(" that ends with {}", it.suffix) },
                    it.fingerprints().join(" ")
                ))
            })
        }
        ("POST", "/v1/providers/withdrawals") => {
            let withdraw: Option<WithdrawProvider> = serde_json::from_slice(body).ok();
            withdraw.map(|it| format!("believe the identity provider {} no more", it.issuer))
        }
        ("POST", "/v1/passkeys") => {
            let add: Option<AddPasskey> = serde_json::from_slice(body).ok();
            add.map(|it| format!("add another passkey, called {}, to this account", it.name.trim()))
        }
        ("POST", path) if path.starts_with("/v1/charter/requests/") => {
            let id =
                path.strip_prefix("/v1/charter/requests/").and_then(|rest| rest.strip_suffix("/agreements"));
            let Some(id) = id.and_then(|id| id.parse().ok()) else { return Ok(None) };
            let agree: Option<Agree> = serde_json::from_slice(body).ok();
            let request = charter::request(from, id).await?;
            let Some(request) = request.filter(|it| agree.is_some_and(|agree| it.digest() == agree.digest))
            else {
                return Ok(None);
            };
            let what = (request.method.as_str(), request.path.as_str(), request.body.as_slice());
            let what = Box::pin(words(from, &request.handle, what)).await?;
            what.map(|what| format!("agree that {} may {what}", request.handle))
        }
        ("DELETE", path) if path.starts_with("/v1/accounts/") => {
            let whose = path.strip_prefix("/v1/accounts/").and_then(|rest| rest.strip_suffix("/passkeys"));
            let whose = whose.and_then(|whose| whose.parse::<Handle>().ok());
            whose.map(|whose| format!("take all passkeys of {whose} away, who adds new ones then"))
        }
        ("DELETE", path) => {
            let id = path.strip_prefix("/v1/passkeys/").and_then(|id| id.parse::<PasskeyId>().ok());
            let Some(id) = id else { return Ok(None) };
            let name = passkeys::name(from, handle, id).await?;
            name.map(|name| format!("remove the passkey called {name} from this account"))
        }
        _ => None,
    })
}

fn invites(invite: &Invite) -> Option<String> {
    let it = Invitation::peek(&invite.invitation.0)?;
    let what = if it.officer { " as an officer, who may invite others and revoke their devices" } else { "" };
    let bot = it.bot.as_ref().map(|bot| format!(" as a bot, for which {} answers", bot.owner));
    let guest = it.guest.as_ref().map(|guest| {
        let rooms = shortly(&guest.rooms);
        format!(
            " as a guest of the rooms {rooms} until {}, for whom {} answers",
            rfc3339(guest.until),
            guest.sponsor
        )
    });
    Some(format!("invite {}{what}{}", it.handle, bot.or(guest).unwrap_or_default()))
}

/// Rooms by how their ids begin.
fn shortly(rooms: &[RoomId]) -> String {
    rooms.iter().map(|room| format!("{:.8}", room.to_string())).collect::<Vec<_>>().join(", ")
}

/// What an amendment of the charter does, in words.
fn amends(change: &Change) -> String {
    match change {
        Change::Define { role, permissions } if permissions.is_empty() => {
            format!("do away with the role {role}, and take it from all who hold it")
        }
        Change::Define { role, permissions } => {
            let what: Vec<_> = permissions.iter().map(|it| it.what()).collect();
            format!("let whoever holds the role {role}: {}", what.join("; "))
        }
        Change::Assign { account, role, until } => {
            let until = until.map(|until| format!(" until {}", rfc3339(until))).unwrap_or_default();
            format!("let {account} hold the role {role}{until}")
        }
        Change::Withdraw { account, role } => format!("take the role {role} from {account}"),
        Change::Rule { name, cedar: Some(text) } => format!("have the rule {name}: {text}"),
        Change::Rule { name, cedar: None } => format!("do away with the rule {name}"),
        Change::TwoPersons { on: true } => {
            "have two people sign whatever gives rights, from now on".to_owned()
        }
        Change::TwoPersons { on: false } => "have one person alone give rights, from now on".to_owned(),
        Change::BreakGlass { role, until, .. } => {
            format!(
                "take the role {role} alone, in an emergency, until {}; somebody else reviews it",
                rfc3339(*until)
            )
        }
        Change::Review { .. } => "say what was found of somebody's emergency".to_owned(),
        Change::Map { group, role, holds: true } => {
            format!("let everybody in the directory's group {group} hold the role {role}")
        }
        Change::Map { group, role, holds: false } => {
            format!("let nobody hold the role {role} for being in the directory's group {group}")
        }
        Change::Host { account, terms } => format!(
            "have the guest {account} take part in the rooms {} until {}, and {} answer for it",
            shortly(&terms.rooms),
            rfc3339(terms.until),
            terms.sponsor
        ),
        Change::Segment { name, add, remove } => {
            let names =
                |handles: &[Handle]| handles.iter().map(Handle::as_str).collect::<Vec<_>>().join(", ");
            match (add.is_empty(), remove.is_empty()) {
                (false, true) => format!("have {} belong to the segment {name}", names(add)),
                (true, false) => format!("have {} belong to the segment {name} no more", names(remove)),
                _ => {
                    format!("have {} belong to the segment {name}, and {} no more", names(add), names(remove))
                }
            }
        }
        Change::Barrier { between: (one, other), stands: true } => {
            format!("keep {one} and {other} apart: nobody of the one comes into a room with the other")
        }
        Change::Barrier { between: (one, other), stands: false } => {
            format!("let {one} and {other} meet again")
        }
    }
}
