//! Files for the screen: where one lies or goes, and how it is set on its way.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use chancery_wire::content::Attachment;
use tokio::sync::Notify;

use super::{
    super::{
        carry::{self, Load},
        state::{Chat, Over},
        transfer::{Standing, Transfer},
        typed::Typed,
    },
    Desk,
};
use crate::{failure::Failure, output::one_line};

impl Desk {
    /// Sends a file; what is wrong with its path is said where it was typed.
    pub(super) fn send(&mut self, chat: &mut Chat, path: PathBuf) {
        let Some(room) = chat.at else { return };
        let checked = match std::fs::metadata(&path) {
            _ if path.as_os_str().is_empty() => Err("say which file".to_owned()),
            Err(why) => Err(format!("{}: {why}", path.display())),
            Ok(found) if !found.is_file() => Err(format!("{} is a folder, and no file", path.display())),
            Ok(found) => std::fs::File::open(&path)
                .map(|_| found.len())
                .map_err(|why| format!("{}: {why}", path.display())),
        };
        let name = name_of(&path);
        let load = Load::Send { room, path, about: None };
        let begun = checked.and_then(|size| self.carry(chat, (name, size), load));
        tell(chat, begun);
    }

    /// Saves a file.
    pub(super) fn save(&mut self, chat: &mut Chat, file: &Attachment, path: PathBuf) {
        let Some(room) = chat.at else { return };
        let to = if path.is_dir() { path.join(one_line(file.name.reveal())) } else { path };
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let checked = if to.exists() {
            Err(format!("{}: there is something already", to.display()))
        } else if folder.is_dir() {
            Ok(file.size)
        } else {
            Err(format!("there is no folder {}", folder.display()))
        };
        let load = Load::Save { room, file: file.clone(), to };
        let begun = checked.and_then(|size| self.carry(chat, (one_line(file.name.reveal()), size), load));
        tell(chat, begun);
    }

    /// Tries again what was broken off.
    pub(super) fn again(&mut self, chat: &mut Chat, number: usize) -> Result<(), Failure> {
        let Some(transfer) = chat.transfers.get_mut(number) else { return Ok(()) };
        if matches!(transfer.standing, Standing::Failed(_)) {
            transfer.stop =
                carry::begin(self.door.clone(), (number, transfer.load.clone()), self.to.clone())?;
            transfer.standing = Standing::Going;
        }
        Ok(())
    }

    fn carry(&mut self, chat: &mut Chat, (name, all): (String, u64), load: Load) -> Result<(), String> {
        // Two at once with the same file would do everything twice.
        if chat.transfers.iter().any(|it| it.is_going() && it.load.is_same(&load)) {
            return Err("that is on its way already".to_owned());
        }
        let number = chat.transfers.len();
        let stop: Arc<Notify> = carry::begin(self.door.clone(), (number, load.clone()), self.to.clone())
            .map_err(|why| why.to_string())?;
        chat.transfers.push(Transfer { name, load, done: 0, all, standing: Standing::Going, stop });
        Ok(())
    }
}

/// Leaves the question when it was answered, and otherwise says there what is wrong.
fn tell(chat: &mut Chat, begun: Result<(), String>) {
    match (begun, &mut chat.over) {
        (Ok(()), _) => chat.over = None,
        (Err(why), Some(Over::Place(place))) => place.wrong = Some(one_line(&why)),
        (Err(why), _) => chat.note = Some(one_line(&why)),
    }
}

/// Completes the path that is typed, as far as it can only go on in one way.
pub(super) fn complete(chat: &mut Chat) {
    let Some(Over::Place(place)) = &mut chat.over else { return };
    let typed = place.path.as_str().to_owned();
    let (folder, begun) = typed.rsplit_once('/').map_or(("", typed.as_str()), |(folder, begun)| {
        (typed.get(..=folder.len()).unwrap_or_default(), begun)
    });
    let mut look = place.clone();
    look.path = Typed::of(if folder.is_empty() { "." } else { folder });
    let Ok(entries) = std::fs::read_dir(look.meant()) else {
        place.wrong = Some("there is no such folder".to_owned());
        return;
    };
    let names = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let ending = if entry.path().is_dir() { "/" } else { "" };
        // What is hidden is meant only when it is begun so.
        let shown = begun.starts_with('.') || !name.starts_with('.');
        (shown && name.starts_with(begun) && name == one_line(&name)).then(|| name + ending)
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    let Some(first) = names.first() else {
        place.wrong = Some("nothing there begins so".to_owned());
        return;
    };
    let mut shared = first.clone();
    while !names.iter().all(|name| name.starts_with(&shared)) {
        shared.pop();
    }
    place.wrong = (names.len() > 1).then(|| names.join("  "));
    place.path = Typed::of(&format!("{folder}{shared}"));
}

fn name_of(path: &Path) -> String {
    one_line(&path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()))
}
