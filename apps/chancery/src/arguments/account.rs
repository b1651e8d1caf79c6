//! What can be typed about one's own account, and about who comes in.

use clap::Subcommand;

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub(crate) enum Devices {
    /// List the devices of this account
    List {
        /// Of this account instead
        #[arg(long, value_name = "ACCOUNT")]
        of: Option<String>,
    },
    /// Revoke another device, such as one that was lost: it can do nothing from then on
    Revoke {
        /// The device: how its id begins, as the list shows it
        device: String,
        /// As an officer: a device of this account
        #[arg(long, value_name = "ACCOUNT")]
        of: Option<String>,
        /// With --of: the person has a recovery link from before the device was lost, and it is to work on. Without this it ends, because
        /// whoever has the device may have made one
        #[arg(long, requires = "of")]
        keep_recovery_key: bool,
    },
    /// Give one of your devices a name; only your devices see it
    Rename {
        /// The device: how its id begins, as the list shows it
        device: String,
        /// Its name from now on, such as 'work laptop'
        name: String,
    },
    /// Link another device: shows a link for it, and asks for the words that it shows
    Link,
}

/// What to do with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum Sessions {
    /// List the open sessions of this account, on all its devices
    List,
    /// End one, such as one you do not know; its device signs in again by itself unless it is revoked
    End {
        /// The session: how its id begins, as the list shows it
        session: String,
    },
}

/// What to do with passkeys.
#[derive(Debug, Subcommand)]
pub(crate) enum Passkeys {
    /// List the passkeys of this account
    List,
    /// Add one, in a browser: with a security key, a phone, or this computer's fingerprint reader
    ///
    /// From then on, what is sensitive asks for it: inviting, linking a device, revoking somebody else's, changing the recovery key,
    /// and changing passkeys. Whoever has only this device can do none of that.
    Add {
        /// What to call it, such as 'blue security key'
        name: String,
    },
    /// Remove one, such as that of a security key you have lost
    Remove {
        /// The passkey: how its id begins, as the list shows it
        passkey: String,
    },
    /// Take away all passkeys of somebody who has lost them, so that they can add new ones (for officers)
    ///
    /// Make sure that it is them: whoever has their device can add one then.
    Reset {
        /// Whose
        person: String,
    },
}

/// What to do with identity providers.
#[derive(Debug, Subcommand)]
pub(crate) enum Provider {
    /// Let an identity provider (OIDC) say who somebody is; again, when it has changed its keys
    ///
    /// Register a public client there first (native application, authorization code with PKCE), with a redirect to 127.0.0.1,
    /// path /signed-in, on any port. This asks the provider for its keys, and signs them: everybody in the organisation
    /// checks with just these what it says of newcomers. What is left out is as it was before; compare the keys that are shown with
    /// those that the provider's administrators tell you.
    Trust {
        /// Its address, exactly as it calls itself (issuer)
        issuer: String,
        /// The client id it was registered as
        #[arg(long, value_name = "ID")]
        client: Option<String>,
        /// The claim with the person's account name in it, which people must not be able to change themselves; `preferred_username` where
        /// nothing was said
        #[arg(long, value_name = "CLAIM")]
        claim: Option<String>,
        /// What follows the account name in that claim, such as '@bank.example'
        #[arg(long, value_name = "TEXT")]
        suffix: Option<String>,
        /// How people have to sign in there: one of these authentication context classes (acr); any where nothing was said
        #[arg(long, value_name = "CLASS")]
        acr: Vec<String>,
        /// It says who signs in, and opens no new accounts
        #[arg(long)]
        sign_in_only: bool,
        /// It opens new accounts as well; this is so unless --sign-in-only was said
        #[arg(long, conflicts_with = "sign_in_only")]
        vouches: bool,
    },
    /// List the identity providers that count, who trusts them, and the link by which people join
    List,
    /// Believe an identity provider no more
    Withdraw {
        /// Its address
        issuer: String,
    },
}
