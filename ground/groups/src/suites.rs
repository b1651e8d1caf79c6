//! The registry of MLS cipher suites: the one place where a suite is named.
//!
//! Post-quantum code points are unassigned: the draft's version stands beside the number, and rooms store the name here,
//! never the number alone. A suite that is not listed as preferred or allowed is refused.

use openmls_traits::types::Ciphersuite;

/// Whether a suite may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// For new rooms.
    Preferred,
    /// For rooms of a profile that asks for it.
    Allowed,
    /// Not any more, or not yet.
    Denied,
}

/// A suite, and what is to be known about it.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Its name in the standard.
    pub name: &'static str,
    /// Where it is specified, with the version of a draft.
    pub standard: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Whether it may be used.
    pub status: Status,
    /// The year after which it is to be looked at again.
    pub review: u16,
    code: Ciphersuite,
}

/// Every suite this program has an opinion on.
pub const REGISTRY: [Suite; 3] = [
    Suite {
        name: "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
        standard: "draft-ietf-mls-pq-ciphersuites-06, private code point 0x004E",
        purpose: "new rooms: ML-KEM-768 with X25519, so that either one holding is enough; AES-256",
        status: Status::Preferred,
        review: 2030,
        code: Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519,
    },
    Suite {
        name: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
        standard: "RFC 9420, 0x0001",
        purpose: "none: no protection against a recorder with a quantum computer",
        status: Status::Denied,
        review: 2026,
        code: Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
    },
    Suite {
        name: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
        standard: "RFC 9420, 0x0003",
        purpose: "none: no protection against a recorder with a quantum computer",
        status: Status::Denied,
        review: 2026,
        code: Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
    },
];

impl Suite {
    /// The code for the MLS library.
    #[must_use]
    pub fn code(&self) -> Ciphersuite {
        self.code
    }
}

/// The suite of new rooms and of key packages.
#[must_use]
pub fn preferred() -> &'static Suite {
    // INVARIANT: the first entry is the preferred one; the test below keeps it so.
    let [first, ..] = &REGISTRY;
    first
}

/// The suite behind a code, if it may be used.
#[must_use]
pub fn usable(code: Ciphersuite) -> Option<&'static Suite> {
    REGISTRY.iter().find(|suite| suite.code == code && suite.status != Status::Denied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_suite_is_preferred_and_it_comes_first() {
        let preferred_ones = REGISTRY.iter().filter(|suite| suite.status == Status::Preferred).count();
        assert_eq!((preferred_ones, preferred().status), (1, Status::Preferred));
    }

    #[test]
    fn classical_and_unlisted_suites_are_refused() {
        assert!(usable(preferred().code()).is_some());
        assert!(usable(Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519).is_none());
        assert!(usable(Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256).is_none());
    }
}
