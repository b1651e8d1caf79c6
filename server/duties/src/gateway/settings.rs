//! What a house is told when it is opened. The program that reads the configuration has checked it.

use chancery_wire::names::Domain;

use crate::delivery::Bounds;

/// How a house is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The organisation's domain. It is in every leaf's name: it never changes.
    pub domain: Domain,
    /// How long bodies are kept that not everybody has acknowledged, in days: 1 to 30.
    pub body_days: u32,
    /// How long a session lives, in minutes.
    pub session_minutes: u32,
    /// How many connections a device may have.
    pub connections_per_device: usize,
}

impl Settings {
    /// The usual settings.
    #[must_use]
    pub fn new(domain: Domain) -> Self {
        Self { domain, body_days: 14, session_minutes: 60, connections_per_device: 8 }
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
