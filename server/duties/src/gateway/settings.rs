//! What a house is told when it is opened. The program that reads the configuration has checked it.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use chancery_wire::{files, names::Domain};
use ipnet::IpNet;

use crate::{
    delivery::Bounds,
    passkeys::{PasskeyRule, PasskeySettings},
    providers::Providers,
};

/// How a house is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The organisation's domain. It is in every leaf's name: it never changes.
    pub domain: Domain,
    /// How long bodies are kept that not everybody has acknowledged, in days: 1 to 30.
    pub body_days: u32,
    /// How long a session lives, in minutes.
    pub session_minutes: u32,
    /// The largest file that a device may put into a room, in bytes.
    pub file_bytes: u64,
    /// How many connections a device may have.
    pub connections_per_device: usize,
    /// How many requests a minute are taken from an address from which nobody has signed in, half of them at once.
    pub address_requests: NonZeroU32,
    /// How many requests a minute are taken from a device, half of them at once.
    pub device_requests: NonZeroU32,
    /// Proxies that are believed for whom they ask, besides those on this machine.
    pub proxies: Vec<IpAddr>,
    /// The networks that the organisation has named: what they are called, and what belongs to each. An address is in the first that has it.
    pub zones: Vec<(Arc<str>, Vec<IpNet>)>,
    /// Which passkeys are taken, and for what.
    pub passkeys: PasskeySettings,
    /// Where the organisation is looked after; nothing where that is done at the same address as everything else.
    pub administration: Option<Administration>,
    /// For how many hours a sign-in at the organisation's identity provider is good, once officers trust one; nothing where devices
    /// need none.
    pub provider_hours: Option<u32>,
}

/// A listener of its own for those who look after the organisation ([decision 0033]).
///
/// [decision 0033]: ../../../../protocol/decisions/0033-a-listener-and-accounts-of-their-own.md
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administration {
    /// How it is reached.
    pub url: String,
    /// Whether it hears only accounts that are in no room with others.
    pub own_accounts: bool,
}

impl Settings {
    /// The usual settings.
    #[must_use]
    pub fn new(domain: Domain) -> Self {
        Self {
            domain,
            body_days: 14,
            session_minutes: 60,
            file_bytes: 2 << 30,
            connections_per_device: 8,
            address_requests: const { NonZeroU32::new(600).unwrap() },
            device_requests: const { NonZeroU32::new(1200).unwrap() },
            proxies: vec![],
            zones: vec![],
            passkeys: PasskeySettings {
                origin: None,
                required: false,
                rule: PasskeyRule { synced: true, models: None, level: None },
                officers: None,
                metadata: None,
            },
            administration: None,
            provider_hours: None,
        }
    }

    /// What the network is called in which an address is.
    pub(super) fn zone(&self, address: IpAddr) -> Option<Arc<str>> {
        let there = |(_, networks): &&(Arc<str>, Vec<IpNet>)| networks.iter().any(|it| it.contains(&address));
        self.zones.iter().find(there).map(|(name, _)| Arc::clone(name))
    }

    /// What the networks are called.
    pub(super) fn zone_names(&self) -> Vec<String> {
        self.zones.iter().map(|(name, _)| name.to_string()).collect()
    }

    /// Whether who holds a role is kept out of rooms.
    pub(super) fn own_accounts(&self) -> bool {
        self.administration.as_ref().is_some_and(|it| it.own_accounts)
    }

    /// The most parts a file may have.
    pub(super) fn file_parts(&self) -> u64 {
        files::parts(self.file_bytes)
    }

    /// Who has to sign in at an identity provider, and how often.
    pub(super) fn providers(&self) -> Providers {
        Providers { domain: self.domain.clone(), hours: self.provider_hours }
    }

    /// How much delivery may have under way.
    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            connections: self.connections_per_device,
            submissions: 256,
            queue: 8192,
            kibibytes: 256 * 1024,
            frames: 1024,
            bytes: 4 * 1024 * 1024,
        }
    }
}
