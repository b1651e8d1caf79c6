//! Reading the vault for the screen: rooms, lines around where one looks, threads, and what is searched for.

use std::collections::HashSet;

use chancery_sdk::{Line, RoomView, SdkError};
use chancery_wire::ids::RoomId;

use super::{
    super::{
        gist::{gist, told_by},
        rooms::Listed,
        state::{Chat, Focus, Over, Thread},
        timeline::Timeline,
    },
    Desk,
};
use crate::{commands::title, failure::Failure, output::one_line};

/// How many lines are loaded at once.
const PAGE: u32 = 200;
/// How many lines above one that was found are loaded with it.
const ABOVE: u64 = 60;
/// How far after its beginning a thread is followed.
const THREAD: u32 = 5_000;
/// The most that a search shows.
const FOUND: u32 = 100;

impl Desk {
    /// Shows these rooms as the vault has them now, and the lines of the one that is shown.
    pub(in super::super) fn refresh(&mut self, chat: &mut Chat, changed: &HashSet<RoomId>) {
        let begun = chat.at.is_some();
        let listed = changed.iter().try_for_each(|room| self.list_one(chat, *room));
        // The first room may have come while none was there.
        let shown = chat.at.is_some_and(|room| changed.contains(&room) || !begun);
        let reloaded = if shown { listed.and_then(|()| self.reload(chat)) } else { listed };
        if let Err(error) = reloaded {
            chat.note = Some(one_line(&error.to_string()));
        }
        // What was not there when it was searched for may have come.
        if matches!(&chat.over, Some(Over::Search(search)) if search.found.is_empty() && !search.asked.is_empty())
        {
            self.search(chat);
        }
    }

    /// The room to begin in: the one that is named, or the one that was last active.
    pub(in super::super) fn begin(&mut self, chat: &mut Chat, named: Option<&str>) -> Result<(), Failure> {
        self.list(chat)?;
        let first = match named {
            Some(named) => Some(self.client.find_room(named)?.id),
            None => chat.rooms.first().map(|room| room.view.id),
        };
        first.map_or(Ok(()), |room| self.enter(chat, room))
    }

    /// Shows a room from its end, with what was typed in it.
    pub(super) fn enter(&mut self, chat: &mut Chat, room: RoomId) -> Result<(), Failure> {
        self.list_one(chat, room)?;
        chat.at = Some(room);
        chat.thread = None;
        let view = chat.room().cloned();
        chat.timeline = Timeline::default();
        if let Some(view) = view {
            chat.timeline.new_after = (view.unread > 0).then_some(view.read);
            chat.begin_with(room, view.draft.as_deref().unwrap_or_default());
        }
        self.newest(chat)
    }

    fn list(&self, chat: &mut Chat) -> Result<(), SdkError> {
        let mut rooms = Vec::new();
        for view in self.client.rooms()? {
            rooms.push(self.listed(chat, view)?);
        }
        chat.rooms = rooms;
        chat.sort();
        Ok(())
    }

    /// Lists a room as it is now. What it takes grows with its members: not all are read for news in one.
    fn list_one(&self, chat: &mut Chat, room: RoomId) -> Result<(), SdkError> {
        if chat.rooms.iter().all(|listed| listed.view.id != room) {
            // It is new, or none that a person sees.
            return self.list(chat);
        }
        let listed = self.listed(chat, self.client.room(room)?)?;
        chat.rooms.retain(|before| before.view.id != room);
        chat.rooms.push(listed);
        chat.sort();
        Ok(())
    }

    fn listed(&self, chat: &Chat, view: RoomView) -> Result<Listed, SdkError> {
        let before = chat.rooms.iter().find(|room| room.view.id == view.id && room.view.seq == view.seq);
        let active = match before {
            Some(before) => before.active,
            None => self.client.lines(view.id, None, 1)?.last().map_or(0, |line| line.message.at.0),
        };
        Ok(Listed { alarm: chat.alarms.contains_key(&view.id), active, view })
    }

    /// Loads the lines anew that are shown, and what came after them.
    fn reload(&mut self, chat: &mut Chat) -> Result<(), SdkError> {
        let Some(view) = chat.room().cloned() else { return Ok(()) };
        let (whole, ends) = (chat.timeline.is_whole, chat.timeline.ends());
        if let Some((first, last)) = ends {
            let after = first.saturating_sub(1);
            let mut lines = self.client.lines(view.id, Some(after), u32::MAX)?;
            lines.retain(|line| whole.1 || line.message.seq <= last);
            // Whoever looks at the end for days does not carry all of those days along.
            let page = PAGE as usize;
            let over = lines.len().saturating_sub(page);
            if over > page && chat.timeline.follows() {
                lines.drain(..over);
                self.show(chat, &view, lines, (false, true));
            } else {
                self.show(chat, &view, lines, whole);
            }
        } else {
            let lines = self.client.lines(view.id, None, PAGE)?;
            let all = lines.len() < PAGE as usize;
            self.show(chat, &view, lines, (all, true));
        }
        self.reload_thread(chat, view.id)
    }

    fn show(&mut self, chat: &mut Chat, view: &RoomView, lines: Vec<Line>, is_whole: (bool, bool)) {
        chat.timeline.show(lines, is_whole);
        chat.timeline.show_own(view.waiting.clone(), view.unsent.clone());
        let gist_of = |seq: &u64| self.client.line(view.id, *seq).ok().map(|line| told_by(&line));
        chat.pinned = view.pinned.last().and_then(gist_of);
        chat.urgent = view.urgent.first().and_then(|seq| Some((*seq, gist_of(seq)?)));
        self.quote(view.id, &mut chat.timeline);
    }

    /// Looks up what is spoken of and not shown.
    fn quote(&self, room: RoomId, timeline: &mut Timeline) {
        for seq in timeline.unquoted() {
            let found = self.client.line(room, seq);
            timeline.quote(seq, found.map_or_else(|_| format!("#{seq}"), |line| gist(&line)));
        }
    }

    /// Loads the end of the room, and shows it.
    pub(super) fn newest(&mut self, chat: &mut Chat) -> Result<(), Failure> {
        let Some(view) = chat.room().cloned() else { return Ok(()) };
        if chat.thread.is_none() {
            let lines = self.client.lines(view.id, None, PAGE)?;
            let all = lines.len() < PAGE as usize;
            self.show(chat, &view, lines, (all, true));
        }
        chat.shown_mut().show_end();
        Ok(())
    }

    /// Loads what is older than what is shown.
    pub(super) fn older(&mut self, chat: &mut Chat) -> Result<(), Failure> {
        let (Some(view), Some((first, _))) = (chat.room().cloned(), chat.timeline.ends()) else {
            return Ok(());
        };
        // Not every place in the log is a line: further back, until there are some.
        let (mut after, mut step) = (first.saturating_sub(1), u64::from(PAGE));
        let mut older = Vec::new();
        while older.is_empty() && after > 0 {
            let before = after;
            after = after.saturating_sub(step);
            step *= 2;
            older =
                self.client.lines(view.id, Some(after), u32::try_from(before - after).unwrap_or(u32::MAX))?;
            older.retain(|line| line.message.seq <= before);
        }
        let lines = older.into_iter().chain(chat.timeline.lines().iter().cloned()).collect();
        let newest = chat.timeline.is_whole.1;
        self.show(chat, &view, lines, (after == 0, newest));
        chat.lay();
        Ok(())
    }

    /// Loads what is newer than what is shown.
    pub(super) fn newer(&mut self, chat: &mut Chat) -> Result<(), Failure> {
        let (Some(view), Some((_, last))) = (chat.room().cloned(), chat.timeline.ends()) else {
            return Ok(());
        };
        let newer = self.client.lines(view.id, Some(last), PAGE)?;
        let all = newer.len() < PAGE as usize;
        let lines = chat.timeline.lines().iter().cloned().chain(newer).collect();
        let oldest = chat.timeline.is_whole.0;
        self.show(chat, &view, lines, (oldest, all));
        chat.lay();
        Ok(())
    }

    /// Shows the line that was found, among those around it.
    pub(super) fn find(&mut self, chat: &mut Chat, room: RoomId, seq: u64) -> Result<(), Failure> {
        self.keep_draft(chat);
        self.enter(chat, room)?;
        let Some(view) = chat.room().cloned() else { return Ok(()) };
        let is_here = |chat: &Chat| chat.timeline.line(seq).is_some();
        if !is_here(chat) {
            let after = seq.saturating_sub(ABOVE);
            let lines = self.client.lines(room, Some(after), PAGE)?;
            let all = lines.len() < PAGE as usize;
            self.show(chat, &view, lines, (after == 0, all));
        }
        chat.lay();
        let height = chat.rows();
        chat.timeline.show_around(seq, height);
        chat.focus = Focus::Lines;
        Ok(())
    }

    /// Opens the thread of a message: the one it belongs to, or the one it begins.
    pub(super) fn thread(&mut self, chat: &mut Chat, seq: u64) -> Result<(), Failure> {
        let Some(room) = chat.at else { return Ok(()) };
        let mut line = self.client.line(room, seq)?;
        let Some(began) = line.message.thread.or(line.message.id) else { return Ok(()) };
        // Back from answer to answer, to where the thread began.
        while line.message.id != Some(began) {
            match line.answers.as_ref().filter(|(to, _)| *to < line.message.seq) {
                Some((to, _)) => line = self.client.line(room, *to)?,
                None => break,
            }
        }
        let gist = told_by(&line);
        let mut timeline = Timeline::of_thread(began);
        timeline.show(vec![line], (true, true));
        chat.timeline.selected = None;
        chat.focus = Focus::Composer;
        chat.thread = Some(Thread { root: began, gist, timeline });
        Ok(self.reload_thread(chat, room)?)
    }

    fn reload_thread(&mut self, chat: &mut Chat, room: RoomId) -> Result<(), SdkError> {
        let Some(thread) = &mut chat.thread else { return Ok(()) };
        let Some((first, _)) = thread.timeline.ends() else { return Ok(()) };
        let began = Some(thread.root);
        let mut lines = self.client.lines(room, Some(first.saturating_sub(1)), THREAD)?;
        lines.retain(|line| line.message.id == began || line.message.thread == began);
        thread.timeline.show(lines, (true, true));
        self.quote(room, &mut thread.timeline);
        Ok(())
    }

    /// Searches for what is asked.
    pub(super) fn search(&mut self, chat: &mut Chat) {
        let Some(Over::Search(search)) = &mut chat.over else { return };
        (search.chosen, search.why) = (0, None);
        search.found = match self.client.search(search.asked.as_str(), FOUND) {
            Ok(found) => {
                let name = |line: &Line| chat.rooms.iter().find(|room| room.view.id == line.message.room);
                let named =
                    |line: Line| (name(&line).map_or_else(String::new, |room| title(&room.view)), line);
                found.into_iter().map(named).collect()
            }
            Err(error) => {
                search.why = Some(one_line(&error.to_string()));
                vec![]
            }
        };
    }
}
