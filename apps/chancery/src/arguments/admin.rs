//! What is typed by those who look after the organisation.

use std::net::SocketAddr;

use clap::Subcommand;

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
}

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
