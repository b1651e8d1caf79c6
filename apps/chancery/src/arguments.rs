//! What can be typed: commands, options, and the help a person reads.

mod account;
mod admin;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use account::{Devices, Passkeys, Provider, Sessions};
pub(crate) use admin::{Admin, Directory};

/// Messages that only the people in a room can read.
#[derive(Debug, Parser)]
#[command(
    name = "chancery",
    version,
    propagate_version = true,
    after_help = "Exit codes:\n  \
        0 done\n  1 refused: the text says by whom and why\n  2 wrong usage\n  3 this profile belongs to no account yet\n  \
        4 the server cannot be reached; what was asked of a room is kept and done next time\n  \
        5 the vault cannot be opened or written\n  6 something must not be: a server or device that lies\n  \
        7 not done yet: kept, and tried again next time\n\n\
        First steps:\n  chancery join '<invitation link>'\n  chancery room new 'Ward 7' bob carol\n  \
        chancery send 'Ward 7' 'good morning'\n  chancery tail 'Ward 7' --follow\n\n\
        Several people on one machine are several profiles: add --profile <name> to each command."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Which profile: each is one device of one account
    #[arg(
        long,
        short,
        global = true,
        env = "CHANCERY_PROFILE",
        default_value = "default",
        value_name = "NAME"
    )]
    pub(crate) profile: String,
    /// Where profiles are kept
    #[arg(long, global = true, env = "CHANCERY_HOME", value_name = "DIRECTORY")]
    pub(crate) home: Option<PathBuf>,
    /// Answer in JSON, one object (or one a line while following)
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// How a new profile's vault is locked; later it is found by itself
    #[arg(long, global = true, env = "CHANCERY_UNLOCK", value_name = "HOW")]
    pub(crate) unlock: Option<Lock>,
    /// The key file, with --unlock file; never in the profile's own directory
    #[arg(long, global = true, env = "CHANCERY_KEY_FILE", value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Read the passphrase from the first line of this file instead of asking
    #[arg(long, global = true, env = "CHANCERY_PASSPHRASE_FILE", value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Trust the server by these certificates (PEM) instead of the system's
    #[arg(long, global = true, env = "CHANCERY_CA_FILE", value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// How long to wait for the server, in seconds
    #[arg(long, global = true, default_value_t = 20, value_name = "SECONDS")]
    pub(crate) wait: u64,
}

impl Common {
    /// What has to be typed to mean the same profile again; nothing for the default one.
    pub(crate) fn profile_option(&self) -> String {
        if self.profile == "default" { String::new() } else { format!(" --profile {}", self.profile) }
    }
}

/// How a vault is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lock {
    /// With a key in the system's keyring
    Keyring,
    /// With a passphrase that is asked for each time
    Passphrase,
    /// With a key file
    File,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Found an organisation with a first account, by the link its server printed
    Found {
        /// The link, in quotes
        link: String,
        /// The name of the first account, such as alice
        #[arg(long = "as", value_name = "NAME")]
        handle: String,
    },
    /// Invite a person: prints a link that opens one account, once, within seven days
    Invite {
        /// The name of the account, such as bob
        handle: String,
        /// Let the new account invite others in turn
        #[arg(long)]
        officer: bool,
        /// It is a program's, for this purpose; everybody in its rooms sees that
        #[arg(long, value_name = "PURPOSE", conflicts_with = "officer")]
        bot: Option<String>,
        /// Who answers for the bot; you, when it is left out
        #[arg(long, value_name = "ACCOUNT", requires = "bot")]
        owner: Option<String>,
        /// Let the bot say who belongs to the organisation: it suspends and restores people who are no officers
        #[arg(long, requires = "bot")]
        directory: bool,
        /// It is for somebody from outside, who comes into the rooms you name and learns of nobody else; everybody there sees that
        #[arg(long, conflicts_with_all = ["officer", "bot"], requires_all = ["rooms", "lasting"])]
        guest: bool,
        /// Who answers for the guest; you, when it is left out
        #[arg(long, value_name = "ACCOUNT", requires = "guest")]
        sponsor: Option<String>,
        /// A room the guest may come into, by its name or its whole id; may be given several times
        #[arg(long = "room", value_name = "ROOM", requires = "guest")]
        rooms: Vec<String>,
        /// Let the bot or the guest do anything for this long only, such as 90d
        #[arg(long = "for", value_name = "TIME", value_parser = span)]
        lasting: Option<u32>,
    },
    /// Join by an invitation link, or by the link of an organisation whose identity provider knows you
    Join {
        /// The link, in quotes
        link: String,
        /// Which identity provider knows you, where the organisation has several: its address
        #[arg(long, value_name = "ADDRESS")]
        at: Option<String>,
    },
    /// Sign in at your organisation's identity provider, where it asks for that from time to time
    SignIn {
        /// Which one, where there are several: its address
        #[arg(long, value_name = "ADDRESS")]
        at: Option<String>,
    },
    /// Say who this device is
    Whoami,
    /// Make this the further device of an account, by the link that another one of its devices shows
    Link {
        /// The link, in quotes
        link: String,
    },
    /// Make the key that brings your account back when all your devices are lost; it is shown once
    RecoveryKey {
        /// Take it away instead
        #[arg(long)]
        remove: bool,
    },
    /// Bring an account back on this new device: by its recovery link, or by the links of two officers
    Recover {
        /// The link, in quotes
        link: String,
    },
    /// As an officer: vouch for the new device of somebody who has lost all others; it takes two officers
    Vouch {
        /// The account
        person: String,
    },
    /// The devices of this account: list, link, rename, revoke
    #[command(subcommand)]
    Devices(Devices),
    /// See where this account is signed in, and end a session
    #[command(subcommand)]
    Sessions(Sessions),
    /// Your passkeys: list, add and remove them
    #[command(subcommand)]
    Passkeys(Passkeys),
    /// The organisation's identity provider, which knows its people: trust one, list, withdraw (for officers)
    #[command(subcommand)]
    Provider(Provider),
    /// For those who look after the organisation: who is kept out, who holds which role, what was done
    #[command(subcommand)]
    Admin(Admin),
    /// For the program that knows the organisation's people: connect an identity provider by SCIM
    #[command(subcommand)]
    Directory(Directory),
    /// Rooms: new, list, show, add, remove, role, leave
    #[command(subcommand)]
    Room(Room),
    /// Say something in a room
    Send {
        /// The room: its name, or how its id begins
        room: String,
        /// What to say; read from standard input when it is left out
        text: Option<String>,
        /// The message it answers, by its number
        #[arg(long, value_name = "NUMBER", value_parser = place, conflicts_with = "thread")]
        reply_to: Option<u64>,
        /// The message in whose thread it is said, by its number
        #[arg(long, value_name = "NUMBER", value_parser = place)]
        thread: Option<u64>,
        /// Ask everybody to acknowledge it
        #[arg(long, conflicts_with_all = ["reply_to", "thread", "file"])]
        urgent: bool,
        /// Delete it from every device after this time, such as 30m, 12h or 7d
        #[arg(long, value_name = "TIME", value_parser = span, conflicts_with_all = ["reply_to", "thread", "file"])]
        expires: Option<u32>,
        /// Say each line of standard input as a message of its own, as long as there are any
        #[arg(long, conflicts_with_all = ["text", "reply_to", "thread", "file", "urgent", "expires"])]
        stdin: bool,
        /// A file to send; the text says something about it, and can be left out. Broken off, the same command goes on
        #[arg(long, value_name = "PATH", conflicts_with_all = ["reply_to", "thread"])]
        file: Option<PathBuf>,
    },
    /// Save a file that was sent; broken off, the same command goes on
    Save {
        /// The room: its name, or how its id begins
        room: String,
        /// The message that brought it, by its number
        #[arg(value_name = "NUMBER", value_parser = place)]
        message: u64,
        /// Where to: a folder, or a name that nothing has yet
        #[arg(long, value_name = "PATH", default_value = ".")]
        to: PathBuf,
    },
    /// Change what you have said; everybody sees that it was changed
    Edit {
        /// The room: its name, or how its id begins
        room: String,
        /// The message, by its number
        #[arg(value_name = "NUMBER", value_parser = place)]
        message: u64,
        /// What it says from now on; read from standard input when it is left out
        text: Option<String>,
    },
    /// Take back what you have said, or a reaction; everybody sees that something was taken back
    Delete {
        /// The room: its name, or how its id begins
        room: String,
        /// The message or reaction, by its number
        #[arg(value_name = "NUMBER", value_parser = place)]
        message: u64,
    },
    /// React to a message
    React {
        /// The room: its name, or how its id begins
        room: String,
        /// The message, by its number
        #[arg(value_name = "NUMBER", value_parser = place)]
        message: u64,
        /// What with, such as an emoji
        with: String,
    },
    /// Say that you have taken note of an urgent message
    Ack {
        /// The room: its name, or how its id begins
        room: String,
        /// The message, by its number
        #[arg(value_name = "NUMBER", value_parser = place)]
        message: u64,
    },
    /// Keep a message in view for everybody in the room
    Pin {
        /// The room: its name, or how its id begins
        room: String,
        /// The message, by its number
        #[arg(value_name = "NUMBER", value_parser = place)]
        message: u64,
        /// Do so no more
        #[arg(long)]
        remove: bool,
    },
    /// Show a message with its earlier versions and with reactions to it
    Message {
        /// The room: its name, or how its id begins
        room: String,
        /// The message, by its number
        #[arg(value_name = "NUMBER", value_parser = place)]
        message: u64,
    },
    /// Search everything this device has: words, "a phrase", begin*, from:bob, in:"Ward 7", has:file, before:2026-11-01, after:…
    Search {
        /// What to search for
        #[arg(required = true)]
        words: Vec<String>,
        /// At most this many, the newest
        #[arg(long, short = 'n', default_value_t = 50)]
        limit: u32,
    },
    /// Show what is new, in one room or in all, and remember that it was read
    Read {
        /// The room; all rooms when it is left out
        room: Option<String>,
        /// Show what was read before as well, at most this many lines a room
        #[arg(long, value_name = "LINES")]
        last: Option<u32>,
        /// Show what is here already, without asking the server
        #[arg(long)]
        offline: bool,
    },
    /// Show the last lines of a room, and go on showing them with --follow
    Tail {
        /// The room: its name, or how its id begins
        room: String,
        /// How many lines
        #[arg(long, short = 'n', default_value_t = 20)]
        lines: u32,
        /// Stay online and show what comes; Ctrl-C ends it
        #[arg(long, short)]
        follow: bool,
    },
    /// For programs: say everything that is new in all rooms, and what comes, a line each; best with --json
    Listen {
        /// The room; all rooms when it is left out
        room: Option<String>,
    },
    /// Talk on the whole screen: rooms, threads, search, files; F1 there shows the keys
    ///
    /// Rooms stand on the left, what is said in one on the right, and below it what you type. Everything is done with keys, and
    /// F1 (or ? where nothing is typed yet) shows all of them. It works in a terminal of 80 columns and 24 rows, also over ssh.
    ///
    /// What you type is kept in the vault whenever you pause, and stands there again the next time, whatever has ended the
    /// program. What you send is kept first, and sent as soon as the server can be reached.
    #[command(
        after_long_help = "With NO_COLOR set, or on a terminal without colours, nothing is coloured; no meaning is in the \
                           colours alone."
    )]
    Chat {
        /// The room to begin in: its name, or how its id begins; the one that was last active when it is left out
        room: Option<String>,
    },
    /// Print the completion script for a shell
    Completion {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// A message's number, as it is shown: 12 or #12.
fn place(text: &str) -> Result<u64, String> {
    text.trim_start_matches('#').parse().map_err(|_| format!("'{text}' is no message's number, such as 12"))
}

/// A span of time in seconds: 90s, 30m, 12h or 7d.
fn span(text: &str) -> Result<u32, String> {
    let wrong = || format!("'{text}' is no time, such as 30m, 12h or 7d");
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let found = units.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(*unit)?, *seconds)));
    let (count, seconds) = found.ok_or_else(wrong)?;
    let count: u32 = count.parse().map_err(|_| wrong())?;
    // A year is more than anybody means by a while.
    let span = count.checked_mul(seconds).filter(|span| (1..=366 * 86_400).contains(span));
    span.ok_or_else(wrong)
}

/// What to do with rooms.
#[derive(Debug, Subcommand)]
pub(crate) enum Room {
    /// Open a room with a name and its first members
    New {
        /// Its name; only its members ever see it
        name: String,
        /// Who is to be in it, besides you
        members: Vec<String>,
    },
    /// List the rooms of this device
    List {
        /// List what is known here, without asking the server
        #[arg(long)]
        offline: bool,
    },
    /// Show a room: who is in it, who may do what, what is the matter with it
    Show {
        /// The room: its name, or how its id begins
        room: String,
        /// Show what is known here, without asking the server
        #[arg(long)]
        offline: bool,
    },
    /// Add people
    Add {
        /// The room: its name, or how its id begins
        room: String,
        /// Who
        #[arg(required = true)]
        people: Vec<String>,
        /// What they may do
        #[arg(long = "as", value_name = "ROLE", default_value = "member")]
        role: RoleName,
    },
    /// Remove somebody: they can read nothing that is said afterwards
    Remove {
        /// The room: its name, or how its id begins
        room: String,
        /// Who
        person: String,
    },
    /// Change what somebody may do
    Role {
        /// The room: its name, or how its id begins
        room: String,
        /// Who
        person: String,
        /// What they may do
        role: RoleName,
    },
    /// Give a room another name
    Rename {
        /// The room: its name, or how its id begins
        room: String,
        /// Its name from now on
        name: String,
    },
    /// Say what a room is about
    Topic {
        /// The room: its name, or how its id begins
        room: String,
        /// What it is about
        topic: String,
    },
    /// Be told of nothing new in a room, on all your devices
    Mute {
        /// The room: its name, or how its id begins
        room: String,
        /// Be told again
        #[arg(long)]
        off: bool,
    },
    /// Let all in a room see who has got and read what, or not
    Receipts {
        /// The room: its name, or how its id begins
        room: String,
        /// Whether
        switch: Switch,
    },
    /// Let new members read what was said in the days before they came; everybody sees that this was set
    History {
        /// The room: its name, or how its id begins
        room: String,
        /// How many days; 0 for nothing
        #[arg(value_parser = clap::value_parser!(u16).range(0..=3650))]
        days: u16,
    },
    /// Leave: done as soon as somebody else's device has taken it in
    Leave {
        /// The room: its name, or how its id begins
        room: String,
    },
}

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It is
    On,
    /// It is not
    Off,
}

/// What somebody may do in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleName {
    /// Read and write
    Member,
    /// Also add and remove members
    Moderator,
    /// Also change what others may do
    Owner,
}
