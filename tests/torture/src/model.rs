//! The model: what every device must show once the world has come to rest, from the hub's books and the truth alone.

use std::collections::{BTreeMap, BTreeSet};

use chancery_engine::{Line, Progress, RoomView};
use chancery_vault::{Said, Standing};
use chancery_wire::{
    ids::{DeviceId, RoomId},
    names::Handle,
    policy::Class,
};

use crate::{
    device::Device,
    template::NAMES,
    truth::{Deed, Opened, Truth, Wished},
    world::World,
};

/// A room, as one device shows it.
pub(crate) struct Seen {
    pub(crate) view: RoomView,
    pub(crate) lines: BTreeMap<u64, Line>,
}

impl Seen {
    /// Whether a name or topic was said by somebody who is believed: what others say once is good enough for a device, and not to be said
    /// again.
    fn was_told(&self, title: &Title, believed: &impl Fn(&Handle) -> bool) -> bool {
        let says =
            |line: &&Line| matches!(&line.message.said, Said::Event(text) if text.contains(title.says));
        let last = self.lines.values().rfind(says);
        last.and_then(|line| line.message.from.as_ref()).is_none_or(|(by, _)| believed(by))
    }
}

/// What a room is called: its name and its topic, each of which is said by itself.
struct Title {
    says: &'static str,
    of: fn(&RoomView) -> Option<&String>,
}

const TITLES: [Title; 2] = [
    Title { says: " named the room ", of: |view| view.name.as_ref() },
    Title { says: " gave the room the topic ", of: |view| view.topic.as_ref() },
];

/// A room, as all devices show it.
pub(crate) struct Shown {
    pub(crate) room: RoomId,
    pub(crate) place: usize,
    /// By device.
    pub(crate) seen: BTreeMap<usize, Seen>,
    /// The wish that stands at each entry, as far as any device could read it.
    pub(crate) wishes: BTreeMap<u64, usize>,
}

/// The unopened word of a line, if it is one.
pub(crate) fn unopened(line: &Line) -> Option<&str> {
    match &line.message.said {
        Said::Unopened(cause) => Some(cause),
        _ => None,
    }
}

impl World {
    /// Says everything that is not as it must be.
    pub(crate) fn check(&mut self) -> Vec<String> {
        let mut wrong = std::mem::take(&mut self.wrong);
        for device in self.devices.iter().filter(|device| !device.revoked) {
            for alarm in device.alarms.borrow().iter() {
                wrong.push(format!("{} was warned: {alarm}", device.name));
            }
        }
        // The rooms that persons opened, in the order of the story; then those of their devices.
        let mut rooms = self.rooms.clone();
        rooms.extend(self.door.books.keys().filter(|room| !self.rooms.contains(room)));
        for (place, room) in rooms.into_iter().enumerate() {
            if !self.door.books.contains_key(&room) {
                continue;
            }
            let shown = self.shown(place, room, &mut wrong);
            self.check_agreement(&shown, &mut wrong);
            self.check_messages(&shown, &mut wrong);
            self.check_readings(&shown, &mut wrong);
            self.check_said(&shown, &mut wrong);
            self.check_gone(&shown, &mut wrong);
        }
        self.check_wishes(&mut wrong);
        self.check_own_rooms(&mut wrong);
        self.count();
        wrong
    }

    /// The devices of every account have a room of their own, if there are several.
    fn check_own_rooms(&self, wrong: &mut Vec<String>) {
        for name in &NAMES[..self.accounts] {
            let living = self.devices.iter().filter(|it| it.account.as_str() == *name && !it.revoked);
            let living: Vec<_> = living.map(|it| it.id).collect();
            let own = self.door.hub.halls.values().any(|hall| {
                let leaves = hall.face.leaves().unwrap();
                let inside = |id: &DeviceId| leaves.iter().any(|leaf| leaf.name.device == *id);
                hall.face.policy().class == Class::Own && living.iter().all(inside)
            });
            if living.len() > 1 && !own {
                wrong.push(format!("the devices of {name} have no room of their own"));
            }
        }
    }

    fn count(&mut self) {
        self.tally.schedules = 1;
        for book in self.door.books.values() {
            self.tally.messages += book.sealed_in.len() as u64;
            self.tally.commits += book.epochs.len() as u64 - 1;
            self.tally.returns += book.returns.len() as u64;
        }
        self.tally.entries = self.door.entries;
    }

    /// Reads a room on every device.
    fn shown(&mut self, place: usize, room: RoomId, wrong: &mut Vec<String>) -> Shown {
        let mut seen = BTreeMap::new();
        for at in 0..self.devices.len() {
            if self.devices[at].revoked {
                continue;
            }
            self.start(at);
            let read = self.devices[at].act(|engine, _| {
                let view = engine.room(room).ok()?;
                let lines = engine.lines(room, Some(0), u32::MAX).unwrap();
                let lines = lines.into_iter().map(|line| (line.message.seq, line)).collect();
                Some(Seen { view, lines })
            });
            if let Some(it) = read.flatten() {
                let opened = it.lines.values().filter(|line| unopened(line).is_none()).count();
                self.tally.read += opened as u64;
                seen.insert(at, it);
            }
        }
        let mut shown = Shown { room, place, seen, wishes: BTreeMap::new() };
        self.find_wishes(&mut shown, wrong);
        shown
    }

    /// Which wish stands where, by what the devices show; they must not contradict each other.
    fn find_wishes(&self, shown: &mut Shown, wrong: &mut Vec<String>) {
        let mut taken_back = BTreeSet::new();
        for gone in [false, true] {
            for (device, seen) in &shown.seen {
                for (seq, line) in &seen.lines {
                    let (Some(id), is_gone) = (line.message.id, matches!(line.message.said, Said::Gone(_)))
                    else {
                        continue;
                    };
                    let found = match &line.message.said {
                        Said::Text(text) | Said::Edit(text) => Truth::by_text(text.reveal()),
                        Said::Event(_) | Said::Unopened(_) | Said::File(_) => None,
                        _ => self.truth.by_id(shown.room, id),
                    };
                    let Some(number) = found.filter(|_| is_gone == gone) else { continue };
                    let before = shown.wishes.get(seq).copied();
                    // Who never saw the words that were taken back may show so where they were changed later: they stood where they stand first.
                    let first = shown.wishes.iter().find(|(_, other)| **other == number).map(|(seq, _)| *seq);
                    if gone && (before.is_some() || first.is_some_and(|first| first < *seq)) {
                        continue;
                    }
                    if gone {
                        taken_back.insert(*seq);
                        if let Some(first) = first.filter(|first| taken_back.contains(first)) {
                            shown.wishes.remove(&first);
                        }
                    }
                    if before.is_some_and(|before| before != number) {
                        let name = &self.devices[*device].name;
                        wrong.push(format!(
                            "room {}: {name} shows another message at {seq}: wish {number}, not {before:?}",
                            shown.place
                        ));
                    }
                    shown.wishes.insert(*seq, number);
                }
            }
        }
    }

    /// What stands in the books at every wish: done, or refused for a reason.
    fn check_wishes(&mut self, wrong: &mut Vec<String>) {
        for number in 0..self.truth.wishes.len() {
            let wished = self.truth.wishes[number].clone();
            if wished.unsure || self.devices[wished.device].revoked {
                continue;
            }
            let name = self.devices[wished.device].name.clone();
            let progress = self.devices[wished.device].act(|engine, _| engine.progress(wished.wish));
            if matches!(progress, Some(Ok(Progress::Waiting))) && self.is_forsaken(wished.room, wished.device)
            {
                continue;
            }
            match progress.unwrap() {
                Ok(Progress::Done) => {}
                Ok(Progress::Refused(why)) if !why.is_empty() => {}
                other => {
                    wrong.push(format!("wish {number} of {name} is neither done nor refused: {other:?}"));
                }
            }
        }
    }

    /// Words that are done stand in the log, once.
    fn check_said(&mut self, shown: &Shown, wrong: &mut Vec<String>) {
        let stand: BTreeSet<usize> = shown.wishes.values().copied().collect();
        for number in self.truth.said_in(shown.room) {
            let wished = self.truth.wishes[number].clone();
            if wished.unsure || self.devices[wished.device].revoked {
                continue;
            }
            let progress = self.devices[wished.device].act(|engine, _| engine.progress(wished.wish));
            if matches!(progress, Some(Ok(Progress::Done))) && !stand.contains(&number) {
                wrong.push(format!("room {}: wish {number} is done and nobody shows it", shown.place));
            }
        }
        for (device, seen) in &shown.seen {
            let mut once = BTreeSet::new();
            for line in seen.lines.values() {
                let Said::Text(text) = &line.message.said else { continue };
                if !once.insert(text.reveal().to_owned()) {
                    let name = &self.devices[*device].name;
                    wrong.push(format!("room {}: {name} shows {} twice", shown.place, text.reveal()));
                }
            }
        }
    }

    /// Who left a room or was removed is not in it, unless somebody has wished to add them there as well.
    fn check_gone(&mut self, shown: &Shown, wrong: &mut Vec<String>) {
        if self.is_over(shown) {
            return;
        }
        let leaves = self.door.hub.halls[&shown.room].face.leaves().unwrap();
        for number in 0..self.truth.wishes.len() {
            let wished = self.truth.wishes[number].clone();
            let Deed::Go(whom) = wished.deed else { continue };
            let here = |wished: &&Wished| wished.room == shown.room;
            let brought = self.truth.wishes.iter().filter(here).any(|it| it.deed == Deed::Bring(whom));
            // Put back to before it had opened the room, a device still is to open it with everybody it was opened with.
            let again = |it: &Opened| self.devices[it.device].was_restored && it.with.contains(&whom);
            let brought = brought || self.truth.opened.get(&shown.room).is_some_and(again);
            if wished.room != shown.room || wished.unsure || brought || self.devices[wished.device].revoked {
                continue;
            }
            let progress = self.devices[wished.device].act(|engine, _| engine.progress(wished.wish));
            let is_in = leaves.iter().any(|leaf| leaf.name.account.as_str() == NAMES[whom]);
            if is_in && matches!(progress, Some(Ok(Progress::Done))) {
                let (place, name) = (shown.place, NAMES[whom]);
                wrong.push(format!("room {place}: {name} is in it, and wish {number} that they go is done"));
            }
        }
    }

    /// Whether everybody in a room but one device's own account is a device restored to before it came in: it knows nothing of the room,
    /// and nobody is left to take in that the others leave.
    pub(crate) fn is_forsaken(&mut self, room: RoomId, device: usize) -> bool {
        let Some(hall) = self.door.hub.halls.get(&room) else { return false };
        let own = self.devices[device].account.clone();
        let mut others = hall.face.leaves().unwrap();
        others.retain(|leaf| leaf.name.account != own);
        let mut is_ghost = |id: DeviceId| {
            let found = self.devices.iter_mut().find(|it| it.id == id && it.restored.contains_key(&room));
            found.and_then(|it| it.act(|engine, _| engine.room(room).is_err())).unwrap_or_default()
        };
        !others.is_empty() && others.iter().all(|leaf| is_ghost(leaf.name.device))
    }

    /// Whether nobody is in a room any more, although its last leaves are still there: nobody is left to take them out.
    fn is_over(&self, shown: &Shown) -> bool {
        let leaves = self.door.hub.halls[&shown.room].face.leaves().unwrap();
        let inside = |at: &usize| leaves.iter().any(|leaf| leaf.name.device == self.devices[*at].id);
        // Leaves of images that know nothing of the room are nobody.
        let mut here = shown.seen.iter().filter(|(at, _)| inside(at));
        here.all(|(_, seen)| seen.view.standing == Standing::Left)
    }

    /// Every room is as the hub has it, on every device that is in it, and nobody is missing.
    fn check_agreement(&self, shown: &Shown, wrong: &mut Vec<String>) {
        let hall = &self.door.hub.halls[&shown.room];
        let leaves = hall.face.leaves().unwrap();
        let (last, _) = hall.head(shown.room);
        let mut inside: Vec<_> = leaves.iter().map(|leaf| leaf.name.device).collect();
        inside.sort_unstable();
        let mut called: [BTreeMap<_, _>; TITLES.len()] = Default::default();
        for (at, device) in self.devices.iter().enumerate().filter(|(_, device)| !device.revoked) {
            let say = |what: String| format!("room {}: {} {what}", shown.place, device.name);
            let (is_in, seen) = (inside.contains(&device.id), shown.seen.get(&at));
            let Some(Seen { view, .. }) = seen else {
                // An image from before it was added knows nothing of the room, and nothing tells it: its leaf stays there
                // until somebody takes it out.
                if is_in && !device.restored.contains_key(&shown.room) {
                    wrong.push(say("is in the room and does not know it".to_owned()));
                }
                continue;
            };
            // Who is alone in a room leaves it at once, and nobody is there to take that in.
            let abandoned = view.standing == Standing::Left && self.is_over(shown);
            let standing = if is_in && !abandoned { Standing::Joined } else { Standing::Left };
            if view.standing != standing {
                let (is, why) = (view.standing, &view.why);
                wrong.push(say(format!("stands there as {is:?} ({why:?}), not {standing:?}")));
                continue;
            }
            if !is_in || abandoned {
                continue;
            }
            let mut members: Vec<_> = view.members.iter().map(|member| member.device).collect();
            members.sort_unstable();
            if (view.seq, view.epoch) != (last, Some(hall.face.epoch())) {
                wrong.push(say(format!("is at entry {} in epoch {:?}, not {last}", view.seq, view.epoch)));
            }
            if members != inside {
                wrong.push(say("shows other members than there are".to_owned()));
            }
            for member in &view.members {
                if member.role != hall.face.policy().role(&member.handle) {
                    wrong.push(say(format!("shows another role of {}", member.handle)));
                }
            }
            // Who was brought in by somebody who could not say what the room is called hears it from whoever knows it and may name the
            // room, or from anybody where nobody else may.
            let policy = hall.face.policy();
            let believed = |handle: &Handle| policy.role(handle) >= policy.may_add;
            let mut others = leaves.iter().filter(|leaf| leaf.name.account != device.account);
            let nobody = !others.any(|leaf| believed(&leaf.name.account));
            for (title, called) in TITLES.iter().zip(&mut called) {
                let teller = |(at, it): (&usize, &Seen)| {
                    let other = &self.devices[*at];
                    let heard = nobody || believed(&other.account) || other.account == device.account;
                    let says = (title.of)(&it.view).is_some() && it.was_told(title, &believed);
                    heard && inside.contains(&other.id) && says
                };
                let told = (title.of)(view).is_some() || shown.seen.iter().any(teller);
                if !device.was_restored && told {
                    called.insert(device.name.clone(), (title.of)(view).cloned());
                }
            }
        }
        for called in called {
            if called.values().collect::<BTreeSet<_>>().len() > 1 {
                wrong.push(format!("room {}: it is called differently: {called:?}", shown.place));
            }
        }
        // Whoever was alone has left for itself only.
        let joined = |(at, seen): (&usize, &Seen)| {
            inside.contains(&self.devices[*at].id) && seen.view.standing == Standing::Joined
        };
        for handle in &hall.face.policy().away {
            if shown.seen.iter().any(joined) {
                wrong.push(format!("room {}: {handle} is away and has a device", shown.place));
            }
        }
        self.check_devices(shown, &inside, wrong);
    }

    /// Of an account that is in a room all devices are, and none that was revoked.
    fn check_devices(&self, shown: &Shown, inside: &[DeviceId], wrong: &mut Vec<String>) {
        if self.is_over(shown) {
            return;
        }
        for device in &self.devices {
            let own = |(_, it): &(usize, &Device)| it.account == device.account && !it.revoked;
            // An image from before it was added knows nothing of the room, and brings nobody there.
            let is = |(at, it): (usize, &Device)| inside.contains(&it.id) && shown.seen.contains_key(&at);
            let one_is = self.devices.iter().enumerate().filter(own).any(is);
            if one_is && inside.contains(&device.id) == device.revoked {
                let what = if device.revoked { "was revoked and is in it" } else { "is missing" };
                wrong.push(format!("room {}: {} {what}", shown.place, device.name));
            }
        }
    }
}
