//! The command line of `chanceryd`, and its help.

use std::path::PathBuf;

use chancery_wire::names::Domain;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// The Chancery server: end-to-end encrypted messaging that an organisation runs itself.
///
/// The server orders, keeps and delivers sealed messages. It never sees a key that opens one.
#[derive(Debug, Parser)]
#[command(
    name = "chanceryd",
    version,
    after_help = "\
Begin with:
  chanceryd init --domain bank.example
  chanceryd serve --config chancery.toml

Exit codes: 0 stopped as asked; 1 could not start; 2 wrong command line or configuration;
74 the disk failed while writing, so nothing more was acknowledged."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented configuration and make the data directory.
    ///
    /// Nothing is overwritten. SQLite and loopback addresses are the defaults; the file says what else there is.
    Init {
        /// The organisation's domain, such as bank.example; it is part of every account's name.
        #[arg(long)]
        domain: Domain,
        /// The folder for the database.
        #[arg(long, value_name = "DIR", default_value = "data")]
        data: PathBuf,
        /// Where the configuration is written.
        #[arg(long, value_name = "FILE", default_value = "chancery.toml")]
        config: PathBuf,
        /// For trying it out: one account looks after everything and talks as well, without a passkey.
        ///
        /// Without this, whoever looks after the organisation needs an account of its own for it, a passkey, and a listener that
        /// nobody else reaches. Both can be changed in the file.
        #[arg(long)]
        trial: bool,
    },
    /// Run the server until it is asked to stop (Ctrl-C or SIGTERM).
    ///
    /// As long as the organisation is not founded, every start prints a fresh founding link. SIGHUP reads renewed
    /// certificates, and what is known of authenticators (`[passkeys]`: the files of `roots` and `metadata`).
    Serve(ConfigFile),
    /// Look at a configuration without starting anything.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// For developers: write out what is generated from the server's code.
    #[command(hide = true)]
    Describe {
        /// What to describe.
        what: Subject,
    },
}

/// Which configuration.
#[derive(Clone, Debug, Args)]
pub struct ConfigFile {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "chancery.toml")]
    pub config: PathBuf,
}

/// What to do with a configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Say whether the server would start with it: "ok", or one line that says where it is wrong.
    Check(ConfigFile),
    /// Print it with every default filled in, in the form of the file.
    Show(ConfigFile),
}

/// Something generated from the server's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// The assembled SQL schema for SQLite.
    SchemaSqlite,
    /// The assembled SQL schema for PostgreSQL.
    SchemaPostgres,
    /// The OpenAPI description, as JSON.
    Api,
    /// Every refusal code, as Markdown.
    Errors,
    /// Every fact the journal knows, as Markdown.
    Facts,
}
