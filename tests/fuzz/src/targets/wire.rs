//! `ground/wire`: ids, names, frames, content, policy, and the JSON bodies of the API.

use chancery_wire::{
    api,
    bytes::Opaque,
    content::{Content, Letter, TEXT_LIMIT, View, Written},
    frames::{Accepted, Acknowledge, ClientFrame, Entry, Fetch, Kind, Refused, ServerFrame, Submit, UpTo},
    ids::{DeviceId, Digest, InvitationId, RoomId, SubmissionId},
    names::{Domain, Handle, LeafName},
    policy::{Role, RoomPolicy},
    problem::{Code, Problem},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{Run, Target, only, survives};

const ROOM: RoomId = RoomId([1; 16]);
const ID: SubmissionId = SubmissionId([2; 16]);
const HEAD: Digest = Digest([3; 32]);

pub(super) fn targets() -> Vec<Target> {
    vec![
        Target::of("ids", texts(&[&ROOM.to_string(), &HEAD.to_string()]), ids),
        Target::of(
            "names",
            texts(&["alice", "bank.example", "mimi://bank.example/u/alice/d/aaaaaaaaaaaaaaaaaaaaaaaaaa"]),
            names,
        ),
        Target::of("client-frame", client_frames(), client_frame),
        Target::of("server-frame", server_frames(), server_frame),
        Target::of("letter", letters(), letter),
        Target::of("policy", policies(), policy),
        Target::of(
            "body-found",
            json(&api::Found { code: Opaque(vec![1; 16]), entry: Opaque(vec![2; 90]) }),
            body::<api::Found>,
        ),
        Target::of(
            "body-join",
            json(&api::Join { invitation: InvitationId([4; 16]), entry: Opaque(vec![2; 90]) }),
            body::<api::Join>,
        ),
        Target::of("body-chains", json(&api::AskChains { handles: handles() }), body::<api::AskChains>),
        Target::of(
            "body-deposit",
            json(&api::Deposit {
                packages: vec![Opaque(vec![5; 40]); 3],
                last_resort: Some(Opaque(vec![6; 40])),
            }),
            body::<api::Deposit>,
        ),
        Target::of(
            "body-open",
            json(&api::Open { room: ROOM, group_info: Opaque(vec![7; 60]), tree: Opaque(vec![8; 60]) }),
            body::<api::Open>,
        ),
        Target::of("answer-rooms", json(&rooms()), body::<api::Rooms>),
        Target::of("problem", json(&Code::NoRoom.problem(None)), problem),
    ]
}

fn texts(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn json(value: &impl Serialize) -> Vec<Vec<u8>> {
    serde_json::to_vec(value).into_iter().collect()
}

fn handles() -> Vec<Handle> {
    ["alice", "bob", "carol"].into_iter().filter_map(|name| name.parse().ok()).collect()
}

fn rooms() -> api::Rooms {
    api::Rooms { rooms: vec![api::RoomHead { room: ROOM, epoch: 3, seq: 9, head: HEAD }; 2] }
}

fn client_frames() -> Vec<Vec<u8>> {
    let submit = Submit {
        id: ID,
        room: ROOM,
        kind: Kind::Commit,
        epoch: 4,
        body: vec![5; 70].into(),
        welcome: vec![6; 300].into(),
        group_info: vec![].into(),
    };
    let fetch = ClientFrame::Fetch(Fetch { room: ROOM, after: 7 });
    let acknowledge = ClientFrame::Acknowledge(Acknowledge { room: ROOM, seq: 8 });
    [ClientFrame::Submit(submit), fetch, acknowledge].iter().map(ClientFrame::encode).collect()
}

fn server_frames() -> Vec<Vec<u8>> {
    let (room, id, head, digest) = (ROOM, ID, HEAD, Digest([9; 32]));
    let body = Some(vec![4; 90].into());
    let refused =
        Refused { id, room, code: b"rooms.not-found".to_vec().into(), title: b"no room".to_vec().into() };
    [
        ServerFrame::Entry(Entry { room, seq: 1, kind: Kind::Message, at: 2, id, head, digest, body }),
        ServerFrame::Entry(Entry { room, seq: 2, kind: Kind::Proposal, at: 2, id, head, digest, body: None }),
        ServerFrame::Accepted(Accepted { id, room, seq: 3, at: 4, head }),
        ServerFrame::Refused(refused),
        ServerFrame::UpTo(UpTo { room, seq: 5, last: 6 }),
        ServerFrame::Look(room),
    ]
    .iter()
    .map(ServerFrame::encode)
    .collect()
}

fn letters() -> Vec<Vec<u8>> {
    let view = View { seq: 7, head: HEAD, authenticator: vec![8; 48], charter: 9 };
    let text = |text| Written::parse(text, TEXT_LIMIT).ok();
    let contents = [text("Hello, **Bob**").map(Content::text), text("Treasury").map(Content::RoomName)];
    let letters =
        contents.into_iter().flatten().map(|content| Letter { salt: [1; 16], view: view.clone(), content });
    letters.map(|letter| letter.encode()).collect()
}

fn policies() -> Vec<Vec<u8>> {
    let mut handles = handles().into_iter();
    let founded = handles.next().map(RoomPolicy::founded_by);
    let grown = founded.clone().map(|mut policy| {
        policy.roles.extend(handles.map(|handle| (handle, Role::Moderator)));
        policy
    });
    [founded, grown].iter().flatten().map(RoomPolicy::encode).collect()
}

fn ids(parts: &[Vec<u8>]) -> Result<String, String> {
    let Ok(text) = std::str::from_utf8(only(parts)) else { return Ok("no text".to_owned()) };
    let (id, digest) = (text.parse::<DeviceId>(), text.parse::<Digest>());
    // An id has one spelling.
    if id.is_ok_and(|id| id.to_string() != text) {
        return Err("one id has two spellings".to_owned());
    }
    Ok(if id.is_ok() || digest.is_ok() { "ok".to_owned() } else { format!("{id:?}") })
}

fn names(parts: &[Vec<u8>]) -> Result<String, String> {
    let Ok(text) = std::str::from_utf8(only(parts)) else { return Ok("no text".to_owned()) };
    let (handle, domain, leaf) = (text.parse::<Handle>(), text.parse::<Domain>(), text.parse::<LeafName>());
    if leaf.as_ref().is_ok_and(|leaf| leaf.to_string() != text) {
        return Err("one leaf has two spellings".to_owned());
    }
    let kinds = [handle.is_ok(), domain.is_ok(), leaf.is_ok()];
    Ok(if kinds.contains(&true) { format!("ok {kinds:?}") } else { format!("{:?}", leaf.err()) })
}

fn client_frame(parts: &[Vec<u8>]) -> Result<String, String> {
    let Ok(frame) = ClientFrame::decode(only(parts)) else { return Ok("no frame".to_owned()) };
    survives(&frame, ClientFrame::decode(&frame.encode()).ok().as_ref())?;
    Ok(format!("ok {:?}", std::mem::discriminant(&frame)))
}

fn server_frame(parts: &[Vec<u8>]) -> Result<String, String> {
    let Ok(frame) = ServerFrame::decode(only(parts)) else { return Ok("no frame".to_owned()) };
    survives(&frame, ServerFrame::decode(&frame.encode()).ok().as_ref())?;
    Ok(format!("ok {:?}", std::mem::discriminant(&frame)))
}

fn letter(parts: &[Vec<u8>]) -> Result<String, String> {
    match Letter::decode(only(parts)) {
        Ok(letter) => {
            survives(&letter, Letter::decode(&letter.encode()).ok().as_ref())?;
            Ok(format!("ok {:?}", std::mem::discriminant(&letter.content)))
        }
        Err(why) => Ok(format!("{why:?}")),
    }
}

fn policy(parts: &[Vec<u8>]) -> Result<String, String> {
    match RoomPolicy::decode(only(parts)) {
        Ok(policy) => {
            survives(&policy, RoomPolicy::decode(&policy.encode()).ok().as_ref())?;
            Ok(format!("ok {}", policy.roles.len().min(9)))
        }
        Err(why) => Ok(format!("{:?}", std::mem::discriminant(&why))),
    }
}

/// A JSON body of the API.
fn body<T: DeserializeOwned + Serialize + PartialEq>(parts: &[Vec<u8>]) -> Result<String, String> {
    match serde_json::from_slice::<T>(only(parts)) {
        Ok(value) => {
            let again = serde_json::to_vec(&value).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            survives(&value, again.as_ref())?;
            Ok("ok".to_owned())
        }
        Err(why) => Ok(format!("{:?}", why.classify())),
    }
}

fn problem(parts: &[Vec<u8>]) -> Result<String, String> {
    let answer = (body::<Problem> as Run)(parts)?;
    let code =
        serde_json::from_slice::<Problem>(only(parts)).ok().and_then(|problem| Code::parse(&problem.code));
    Ok(format!("{answer} {code:?}"))
}
