//! Roles that every organisation has, and what never meets in one person.

use std::collections::BTreeSet;

use chancery_wire::names::RoleName;

use super::Permission::{
    self, Amend, BreakGlass, EndSessions, Explain, Invite, ListSessions, ReadJournal, ResetPasskeys, Review,
    RevokeOthers, SeeSuspended, SeeWaiting, Separate, Suspend, TrustProvider, WithdrawProvider,
};

/// A role that every organisation has. It never changes but with the version of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub what: &'static str,
    /// What it permits.
    pub permissions: &'static [Permission],
    /// Whether officers hold it unless they have given it up.
    pub of_officers: bool,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self {
            name: "identity-admin",
            what: "says who belongs to the organisation",
            permissions: &[Invite, Suspend, SeeSuspended, TrustProvider, WithdrawProvider, SeeWaiting],
            of_officers: true,
        },
        Self {
            name: "device-admin",
            what: "looks after lost devices, passkeys and sessions",
            permissions: &[RevokeOthers, ResetPasskeys, ListSessions, EndSessions],
            of_officers: true,
        },
        Self {
            name: "policy-admin",
            what: "says who holds which role, and makes roles, rules and barriers",
            permissions: &[Amend, Explain, Separate],
            of_officers: true,
        },
        Self {
            name: "security-admin",
            what: "acts where something is wrong: ends sessions, revokes and suspends",
            permissions: &[Suspend, SeeSuspended, RevokeOthers, ListSessions, EndSessions],
            of_officers: false,
        },
        Self {
            name: "soc-analyst",
            what: "sees who is signed in and who is kept out, and changes nothing",
            permissions: &[SeeSuspended, SeeWaiting, ListSessions],
            of_officers: false,
        },
        Self {
            name: "incident-lead",
            what: "leads an incident: ends sessions, suspends, and sees how far that is carried out",
            permissions: &[Suspend, SeeSuspended, SeeWaiting, ListSessions, EndSessions],
            of_officers: false,
        },
        Self {
            name: "auditor",
            what: "reads what everybody has done, and does nothing",
            permissions: &[ReadJournal, SeeSuspended, Explain, Review],
            of_officers: false,
        },
        Self {
            name: "privacy-officer",
            what: "sees who may do what and why, and looks at emergencies",
            permissions: &[Explain, Review],
            of_officers: false,
        },
        Self {
            name: "help-desk",
            what: "sees what stands in the way of somebody who cannot come in",
            permissions: &[SeeSuspended, ListSessions],
            of_officers: false,
        },
        Self {
            name: "recovery-officer",
            what: "lets those begin anew who have lost their passkeys",
            permissions: &[ResetPasskeys, ListSessions],
            of_officers: false,
        },
        Self {
            name: "control-room",
            what: "keeps apart those who may not meet, and lets them meet again",
            permissions: &[Separate, Explain],
            of_officers: false,
        },
        Self {
            name: "federation-manager",
            what: "says which identity providers are believed",
            permissions: &[TrustProvider, WithdrawProvider],
            of_officers: false,
        },
        Self {
            name: "integration-owner",
            what: "looks after the directory's program",
            permissions: &[SeeWaiting],
            of_officers: false,
        },
        Self {
            name: "break-glass-holder",
            what: "may take a role for a short while in an emergency",
            permissions: &[BreakGlass],
            of_officers: false,
        },
    ];

    /// The role of that name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|it| it.name == name)
    }

    /// The roles that officers hold unless they have given them up.
    pub(super) fn of_officers() -> impl Iterator<Item = RoleName> {
        Self::ALL.iter().filter(|it| it.of_officers).filter_map(|it| it.name.parse().ok())
    }
}

/// Two kinds of permission of which nobody holds one of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Why not.
    pub why: &'static str,
    /// Whoever may do one of these …
    pub one: &'static [Permission],
    /// … may do none of these.
    pub other: &'static [Permission],
}

impl Conflict {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self {
            why: "who reads the journal changes nothing that it tells of",
            one: &[ReadJournal],
            other: &[
                Invite,
                Suspend,
                RevokeOthers,
                Amend,
                BreakGlass,
                Separate,
                ResetPasskeys,
                TrustProvider,
                WithdrawProvider,
                EndSessions,
            ],
        },
        Self {
            why: "who looks at emergencies cannot make one, nor say who may",
            one: &[Review],
            other: &[BreakGlass, Amend],
        },
    ];

    /// What keeps these permissions from meeting in one person, if anything does.
    #[must_use]
    pub fn within(permissions: &BTreeSet<Permission>) -> Option<&'static Self> {
        let any = |of: &[Permission]| of.iter().any(|it| permissions.contains(it));
        Self::ALL.iter().find(|it| any(it.one) && any(it.other))
    }
}
