//! The commands: each opens the profile, does one thing, and says what came of it.

mod account;
mod admin;
mod charter;
mod devices;
mod directory;
mod files;
mod listen;
mod passkeys;
mod pipe;
mod provider;
mod read;
mod recover;
mod rooms;
mod say;
mod sessions;
mod tail;
mod waiting;

pub(crate) use devices::vouched;
pub(crate) use rooms::{away, bot, guest, invited, role, title};

use std::time::Duration;

use chancery_sdk::{AccountKind, Client, News, Progress, SdkError, WishId};
use clap::CommandFactory as _;

use crate::{
    arguments::{Arguments, Command, Common, Devices, Directory},
    chat,
    failure::Failure,
    output::{Output, told},
    unlock,
};

/// Does what was typed.
pub(crate) async fn run(arguments: Arguments, output: &mut Output) -> Result<(), Failure> {
    let common = &arguments.common;
    match arguments.command {
        Command::Found { link, handle } => account::found(common, output, &link, &handle).await,
        Command::Invite { handle, officer: true, .. } => {
            account::invite(common, output, &handle, AccountKind::Officer).await
        }
        Command::Invite { handle, guest: true, sponsor, rooms, lasting, .. } => {
            account::invite_guest(common, output, &handle, (sponsor, &rooms, lasting)).await
        }
        Command::Invite { handle, bot: None, .. } => {
            account::invite(common, output, &handle, AccountKind::Person).await
        }
        Command::Invite { handle, bot: Some(purpose), owner, directory, lasting, .. } => {
            account::invite_bot(common, output, &handle, (purpose, owner), (directory, lasting)).await
        }
        Command::Join { link, at } => account::join(common, output, &link, at.as_deref()).await,
        Command::SignIn { at } => provider::sign_in(common, output, at.as_deref()).await,
        Command::Provider(what) => provider::run(common, output, what).await,
        Command::Whoami => account::whoami(common, output),
        Command::Link { link } => devices::be_linked(common, output, &link).await,
        Command::RecoveryKey { remove } => recover::key(common, output, remove).await,
        Command::Recover { link } => recover::recover(common, output, &link).await,
        Command::Vouch { person } => recover::vouch(common, output, &person.parse()?).await,
        Command::Devices(Devices::List { of: None }) => devices::list(common, output).await,
        Command::Devices(Devices::List { of: Some(whose) }) => {
            devices::list_of(common, output, &whose.parse()?).await
        }
        Command::Devices(Devices::Revoke { device, of: None, .. }) => {
            devices::revoke(common, output, &device).await
        }
        Command::Devices(Devices::Revoke { device, of: Some(whose), keep_recovery_key }) => {
            devices::revoke_of(common, output, (&device, keep_recovery_key), &whose.parse()?).await
        }
        Command::Devices(Devices::Rename { device, name }) => {
            devices::rename(common, output, &device, &name).await
        }
        Command::Devices(Devices::Link) => devices::link(common, output).await,
        Command::Passkeys(what) => passkeys::run(common, output, what).await,
        Command::Sessions(what) => sessions::run(common, output, what).await,
        Command::Directory(Directory::Serve { listen }) => directory::serve(common, output, listen).await,
        Command::Directory(Directory::Fill { room, group, .. }) => {
            directory::fill(common, output, (&room, group.as_deref())).await
        }
        Command::Directory(Directory::Rooms) => directory::rooms(common, output),
        Command::Admin(what) => admin::run(common, output, what).await,
        Command::Room(room) => rooms::run(common, output, room).await,
        Command::Send { room, stdin: true, .. } => pipe::run(common, output, &room).await,
        Command::Listen { room } => listen::run(common, output, room).await,
        Command::Send { room, text, file: Some(path), .. } => {
            files::send(common, output, (&room, text), &path).await
        }
        Command::Save { room, message, to } => files::save(common, output, (&room, message), &to).await,
        Command::Send { room, text, reply_to, thread, urgent, expires, file: None, stdin: false } => {
            let how = match (reply_to, thread) {
                (Some(place), _) => say::How::Answering(place),
                (None, Some(place)) => say::How::InThread(place),
                (None, None) => say::How::Marked { urgent, expires },
            };
            say::send(common, output, (&room, text), how).await
        }
        Command::Ack { room, message } => say::acknowledge(common, output, (&room, message)).await,
        Command::Pin { room, message, remove } => say::pin(common, output, (&room, message), !remove).await,
        Command::Edit { room, message, text } => say::edit(common, output, (&room, message, text)).await,
        Command::Delete { room, message } => say::withdraw(common, output, (&room, message)).await,
        Command::React { room, message, with } => say::react(common, output, (&room, message, &with)).await,
        Command::Message { room, message } => say::show(common, output, (&room, message)),
        Command::Search { words, limit } => say::search(common, output, &question(&words), limit),
        Command::Read { room, last, offline } => read::run(common, output, room, last, offline).await,
        Command::Tail { room, lines, follow } => tail::run(common, output, &room, lines, follow).await,
        Command::Chat { room } => chat::run(common, output, room.as_deref()).await,
        Command::Completion { shell } => {
            let (mut command, mut script) = (Arguments::command(), Vec::new());
            clap_complete::generate(shell, &mut command, "chancery", &mut script);
            output.plain(&script)
        }
    }
}

/// What is searched for, from the words as the shell gave them: it took the quotes away from around blanks.
fn question(words: &[String]) -> String {
    let [_, _, ..] = words else { return words.concat() };
    let quoted = |word: &String| match word.split_once(':') {
        _ if !word.contains(char::is_whitespace) || word.contains('"') => word.clone(),
        Some((key, value)) if !key.contains(char::is_whitespace) => format!("{key}:\"{value}\""),
        _ => format!("\"{word}\""),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// The one of several things whose id begins so, as their list shows it.
fn one_that_begins<'a, T>(
    all: &'a [T],
    id: impl Fn(&T) -> String,
    (begins, what, list): (&str, &str, &str),
) -> Result<&'a T, Failure> {
    let fits = |it: &&T| begins.len() >= 4 && id(it).starts_with(begins);
    match all.iter().filter(fits).collect::<Vec<_>>().as_slice() {
        [one] => Ok(one),
        _ => Err(Failure::Usage(format!(
            "'{begins}' is not how the id of exactly one of the {what} begins: chancery {list}"
        ))),
    }
}

/// Takes in and sends everything. An alarm is told at once, and fails the command at its end.
async fn sync(common: &Common, output: &mut Output, client: &mut Client) -> Result<(), Failure> {
    let busy = output.busy("talking to the server");
    let mut alarm = None;
    let mut notes = Vec::new();
    let mut watch = |news: News| {
        busy.inc(u64::from(matches!(news, News::Line(_))));
        match news {
            News::Alarm(room, why) => alarm = Some((room, why)),
            other => notes.extend(told(&other)),
        }
    };
    let done = client.sync(Duration::from_secs(common.wait), &mut watch).await;
    busy.finish_and_clear();
    notes.dedup();
    for note in &notes {
        output.note(note);
    }
    done?;
    let Some((room, why)) = alarm else { return Ok(()) };
    let rooms = client.rooms()?;
    let title = rooms.iter().find(|view| view.id == room).map_or_else(|| room.to_string(), title);
    Err(Failure::Alarm(format!("{title}: {why}")))
}

/// Goes online for what others did meanwhile. Without a connection, what is here counts; answers whether there was one.
async fn sync_if_reachable(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
) -> Result<bool, Failure> {
    match sync(common, output, client).await {
        Ok(()) => Ok(true),
        Err(Failure::Sdk(SdkError::Unreachable(_))) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Goes online for a wish and says what became of it. `what` names it, such as "the message".
async fn fulfil(
    common: &Common,
    output: &mut Output,
    client: &mut Client,
    wish: WishId,
    what: &str,
) -> Result<(), Failure> {
    let done = sync(common, output, client).await;
    match client.progress(wish)? {
        // Some things are done without a server.
        Progress::Done if matches!(done, Err(Failure::Sdk(SdkError::Unreachable(_)))) => Ok(()),
        Progress::Done => done,
        Progress::Refused(why) => {
            client.dismiss(wish)?;
            Err(Failure::Refused(why))
        }
        Progress::Accepted | Progress::Waiting => {
            done.map_err(Failure::with_wish_kept)?;
            Err(Failure::Pending(format!("{what} is not with the server yet")))
        }
    }
}

/// Opens a profile that was set up before.
fn open(common: &Common) -> Result<Client, Failure> {
    let mut client = unlock::open(common)?;
    client.enrolled()?;
    client.ask_owner_by(Box::new(passkeys::ask_owner));
    Ok(client)
}
