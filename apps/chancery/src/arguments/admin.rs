//! What is typed by those who look after the organisation.

use clap::Subcommand;

/// What to do with accounts of others.
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
}
