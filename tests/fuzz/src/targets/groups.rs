//! `ground/groups`: key packages, sealed messages, and a room's public face with everything that is shown to it.

use chancery_groups::{Breach, Face, check_key_package, sealed_epoch};
use chancery_wire::time::Instant;

use super::{Target, only};
use crate::{
    case::Parts,
    room::{ROOM, Room, play},
};

pub(super) fn targets() -> Vec<Target> {
    let room = play().unwrap_or_default();
    // The face before each commit, as a server keeps it.
    let faces = faces(&room);
    let commits: Vec<Parts> = faces
        .iter()
        .zip(&room.commits)
        .map(|(face, (commit, info))| vec![face.clone(), commit.clone(), info.clone()])
        .collect();
    let leave: Vec<Parts> =
        faces.get(1).map(|face| vec![face.clone(), room.leave.clone()]).into_iter().collect();
    let opening = vec![vec![room.tree.clone(), room.group_info.clone()]];
    vec![
        Target::of("key-package", [room.key_package.clone()], |parts| Ok(key_package(parts))),
        Target::of("sealed", [room.message.clone()], |parts| Ok(sealed(parts))),
        Target { name: "face-open", seeds: opening, fixed: 0, run: open },
        Target::of("face-load", faces.clone(), |parts| Ok(load(parts))),
        Target { name: "face-commit", seeds: commits, fixed: 1, run: commit },
        Target { name: "face-propose", seeds: leave, fixed: 1, run: propose },
    ]
}

fn faces(room: &Room) -> Vec<Vec<u8>> {
    let Ok(mut face) = Face::open(ROOM, &room.tree, &room.group_info) else { return vec![] };
    let mut faces: Vec<_> = face.save().into_iter().collect();
    for (commit, info) in &room.commits {
        if face.commit(commit, info, &|_| false).is_ok() {
            faces.extend(face.save());
        }
    }
    faces
}

/// A breach in few words.
fn answer<T>(found: &Result<T, Breach>) -> String {
    match found {
        Ok(_) => "ok".to_owned(),
        Err(why) => format!("{why:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
    }
}

fn part(parts: &[Vec<u8>], at: usize) -> &[u8] {
    parts.get(at).map(Vec::as_slice).unwrap_or_default()
}

fn key_package(parts: &[Vec<u8>]) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_millis();
    let now = Instant(i64::try_from(now).unwrap_or(i64::MAX));
    answer(&check_key_package(only(parts), now))
}

fn sealed(parts: &[Vec<u8>]) -> String {
    answer(&sealed_epoch(ROOM, only(parts)))
}

fn open(parts: &[Vec<u8>]) -> Result<String, String> {
    let opened = Face::open(ROOM, part(parts, 0), part(parts, 1));
    if opened
        .as_ref()
        .is_ok_and(|face| face.epoch() != 0 || face.leaves().map(|leaves| leaves.len()) != Ok(1))
    {
        return Err("a room starts with more than its owner".to_owned());
    }
    Ok(answer(&opened))
}

fn load(parts: &[Vec<u8>]) -> String {
    let loaded = Face::load(only(parts));
    // What is loaded can be looked at, whatever is in it.
    let seen = loaded.as_ref().map(|face| (face.leaves().is_ok(), face.tree().is_ok(), face.save().is_ok()));
    format!("{} {seen:?}", answer(&loaded))
}

/// Shows a face something and makes sure that a refusal leaves it as it was.
fn shown<T>(face: &[u8], show: impl FnOnce(&mut Face) -> Result<T, Breach>) -> Result<String, String> {
    let mut loaded = Face::load(face).map_err(|why| why.to_string())?;
    let found = show(&mut loaded);
    if found.is_err() && loaded.save().map_err(|why| why.to_string())? != face {
        return Err("something that was refused changed the room".to_owned());
    }
    Ok(answer(&found))
}

fn commit(parts: &[Vec<u8>]) -> Result<String, String> {
    shown(part(parts, 0), |face| face.commit(part(parts, 1), part(parts, 2), &|_| false))
}

fn propose(parts: &[Vec<u8>]) -> Result<String, String> {
    shown(part(parts, 0), |face| face.propose(part(parts, 1)))
}
