//! What a run has done, counted.

use std::fmt;

/// Counts of many schedules.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Schedules.
    pub schedules: u64,
    /// Things that persons, processes and networks did.
    pub(crate) actions: u64,
    /// Entries in the logs.
    pub(crate) entries: u64,
    /// Messages in the logs.
    pub messages: u64,
    /// Messages that a device has read.
    pub(crate) read: u64,
    /// Commits in the logs.
    pub(crate) commits: u64,
    /// Connections that broke.
    pub(crate) broken: u64,
    /// Processes killed, and of these inside a turn.
    pub(crate) kills: u64,
    /// Processes killed inside a turn.
    pub(crate) killed: u64,
    /// The hub killed between durable and answered.
    pub(crate) hub_kills: u64,
    /// Vaults put back to an old image.
    pub(crate) rollbacks: u64,
    /// Devices that came back into a room with new keys.
    pub(crate) returns: u64,
    /// Devices linked.
    pub(crate) linked: u64,
    /// Devices revoked.
    pub(crate) revoked: u64,
    /// Accounts that lost all devices.
    pub(crate) lost: u64,
    /// Accounts that came back.
    pub(crate) back: u64,
    /// Clocks set wrong.
    pub(crate) clocks: u64,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        let Self {
            schedules,
            actions,
            entries,
            messages,
            read,
            commits,
            broken,
            kills,
            killed,
            hub_kills,
            rollbacks,
            returns,
            linked,
            revoked,
            lost,
            back,
            clocks,
        } = other;
        self.schedules += schedules;
        self.actions += actions;
        self.entries += entries;
        self.messages += messages;
        self.read += read;
        self.commits += commits;
        self.broken += broken;
        self.kills += kills;
        self.killed += killed;
        self.hub_kills += hub_kills;
        self.rollbacks += rollbacks;
        self.returns += returns;
        self.linked += linked;
        self.revoked += revoked;
        self.lost += lost;
        self.back += back;
        self.clocks += clocks;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} schedules, {} actions, {} messages sent and {} read, {} commits, {} connections broken, {} processes \
             killed and {} inside a turn, {} hub kills, {} rollbacks, {} returns, {} linked, {} revoked, \
             {} lost everything, {} came back, {} wrong clocks",
            self.schedules,
            self.actions,
            self.messages,
            self.read,
            self.commits,
            self.broken,
            self.kills,
            self.killed,
            self.hub_kills,
            self.rollbacks,
            self.returns,
            self.linked,
            self.revoked,
            self.lost,
            self.back,
            self.clocks,
        )
    }
}
