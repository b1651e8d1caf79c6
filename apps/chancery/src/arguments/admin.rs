//! What is typed by those who look after the organisation.

use std::{net::SocketAddr, path::PathBuf};

use clap::Subcommand;

use super::{Switch, span};

/// What to do for the organisation's directory.
#[derive(Debug, Subcommand)]
pub(crate) enum Directory {
    /// Let an identity provider say by SCIM 2.0 who belongs to the organisation, for as long as this runs
    ///
    /// It runs beside the provider, or beside the program that the provider has in the organisation's network, as the account of a program
    /// that an officer has invited with --directory. Whoever the provider deactivates or deletes is suspended at once, and restored when the
    /// provider says so.
    Serve {
        /// Where the provider asks: an address of this machine's own
        #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8464")]
        listen: SocketAddr,
    },
    /// Fill a room from a group of the directory: whoever is in it comes in, and goes when they are not
    ///
    /// This account has to be a moderator of the room; everybody in it sees what it does. Owners, moderators, guests and programs stay as
    /// they are. Who is in a group is what the provider has said to this program, and not what the server says.
    Fill {
        /// The room
        room: String,
        /// The group's name
        #[arg(required_unless_present = "stop")]
        group: Option<String>,
        /// Fill it from no group any more
        #[arg(long, conflicts_with = "group")]
        stop: bool,
    },
    /// List the rooms that are filled from groups, and what is still to be done there
    Rooms,
}

/// What to do to look after the organisation.
#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Keep somebody out until restored: sessions end at once, and every room takes the devices out; nothing is lost
    Suspend {
        /// The account
        person: String,
    },
    /// Let somebody in again who was suspended: with the same devices, in the same rooms
    Restore {
        /// The account
        person: String,
    },
    /// List who is suspended, and where that is not carried out yet
    Suspended,
    /// Show the charter: who holds which role, the organisation's own rules, emergencies
    Charter,
    /// List the roles, what each permits, and what never meets in one person
    Roles,
    /// Let somebody hold a role
    Assign {
        /// The account
        person: String,
        /// The role
        role: String,
        /// For this long only, such as 90d
        #[arg(long = "for", value_name = "TIME", value_parser = span)]
        lasting: Option<u32>,
    },
    /// Take a role from somebody, or give up one of your own
    Withdraw {
        /// The account
        person: String,
        /// The role
        role: String,
    },
    /// Let whoever is in a group of the directory hold a role; not one by which something is signed
    Map {
        /// The group, as the directory calls it
        group: String,
        /// The role
        role: String,
        /// Let them hold it no more
        #[arg(long)]
        drop: bool,
    },
    /// Make a role of the organisation's own, change one, or do away with it
    Role {
        /// What it is called
        name: String,
        /// What it permits, such as signin.list-others; may be given several times
        #[arg(long = "permit", value_name = "ACT", required_unless_present = "drop")]
        permits: Vec<String>,
        /// Do away with it, and take it from all who hold it
        #[arg(long, conflicts_with = "permits")]
        drop: bool,
    },
    /// Forbid something by a rule of the organisation's own, in Cedar, or do away with one
    ///
    /// A rule begins with `forbid (principal is Account` and may speak of what policies/schema.cedarschema names, such as principal.zone:
    /// what chanceryd's configuration calls the network from which somebody asks.
    Rule {
        /// What it is called
        name: String,
        /// A file with the rule; - for standard input
        #[arg(required_unless_present = "drop")]
        file: Option<PathBuf>,
        /// Do away with it
        #[arg(long, conflicts_with = "file")]
        drop: bool,
    },
    /// Have two people sign whatever gives rights, or one alone
    TwoPersons {
        /// on or off
        switch: Switch,
    },
    /// Say who belongs to a part of the organisation, such as a desk or a team: a segment
    Segment {
        /// What it is called
        name: String,
        /// Somebody who belongs to it from now on; may be given several times
        #[arg(long, value_name = "PERSON", required_unless_present = "remove")]
        add: Vec<String>,
        /// Somebody who belongs to it no more; may be given several times
        #[arg(long, value_name = "PERSON")]
        remove: Vec<String>,
    },
    /// Keep two segments apart: nobody of the one comes into a room with somebody of the other
    ///
    /// The server and everybody's devices hold it. Rooms in which people of both are already are listed by `admin barriers`; nothing is said
    /// there until those of one side have been removed.
    Barrier {
        /// A segment
        one: String,
        /// The other one
        other: String,
        /// Let them meet again
        #[arg(long)]
        lift: bool,
    },
    /// List the guests: who answers for each, where, until when, and for whom nobody does any more
    Guests,
    /// Have a guest take part on other terms: longer, in other rooms, with somebody else who answers; what is left out stays
    Host {
        /// The guest's account
        guest: String,
        /// Who answers for the guest from now on
        #[arg(long, value_name = "ACCOUNT")]
        sponsor: Option<String>,
        /// A room the guest may come into from now on, and no others; may be given several times
        #[arg(long = "room", value_name = "ROOM")]
        rooms: Vec<String>,
        /// For this long from now on, such as 30d
        #[arg(long = "for", value_name = "TIME", value_parser = span)]
        lasting: Option<u32>,
    },
    /// List the segments, the barriers between them, and the rooms through which one runs
    Barriers,
    /// List what waits for another person's signature
    Proposals,
    /// Sign what somebody else proposes, and have it done
    Agree {
        /// How the proposal's id begins
        proposal: String,
        /// Do not ask whether it is this one: the whole id is needed then
        #[arg(long)]
        yes: bool,
    },
    /// Decline what somebody proposes, or take your own proposal back
    Decline {
        /// How the proposal's id begins
        proposal: String,
    },
    /// In an emergency, take a role alone; everybody sees it, and somebody else reviews it
    BreakGlass {
        /// The role
        role: String,
        /// For how long, at most 4h
        #[arg(long = "for", value_name = "TIME", value_parser = span, default_value = "1h")]
        lasting: u32,
        /// Why it cannot wait
        #[arg(long)]
        because: String,
    },
    /// Say what was found of somebody's emergency
    Review {
        /// How its id begins, as in the charter
        emergency: String,
        /// What was found
        finding: String,
    },
    /// Say why an act is allowed or refused, and what would change that
    Explain {
        /// The act, such as accounts.invite
        act: String,
        /// For this account; you, when it is left out
        #[arg(long)]
        person: Option<String>,
    },
    /// List what of their roles people have not used, and what could be taken from whom without anybody missing it
    UnusedRights {
        /// How many days to look back
        #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(..=3_650))]
        days: u32,
    },
    /// Take up the roles you hold on this device, with a passkey, for a while; whatever needs them asks for it by itself, too
    Elevate {
        /// For how long, at most 8h
        #[arg(long = "for", value_name = "TIME", value_parser = span, default_value = "1h")]
        lasting: u32,
    },
    /// List the open sessions of somebody else, or end them
    Sessions {
        /// The account
        person: String,
        /// End them all; devices that may still sign in do so again by themselves
        #[arg(long)]
        end: bool,
    },
    /// Read the journal: what everybody has done. Reading it is told in it
    Journal {
        /// Only what comes after this place
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
}
