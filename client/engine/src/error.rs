//! Why the engine says no: nothing was changed then.

use chancery_groups::Breach;
use chancery_transparency::{InvalidAmendment, InvalidChain, InvalidProvider, InvalidToken};
use chancery_vault::VaultError;
use chancery_wire::names::Handle;

use crate::trust::Distrust;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The vault says no.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The device belongs to no account yet.
    #[error("this device belongs to no account yet")]
    NotEnrolled,
    /// The device belongs to an account already.
    #[error("this device belongs to {0} already")]
    Enrolled(Handle),
    /// What opens the account does not hold.
    #[error("the invitation does not hold: {0}")]
    Invitation(#[from] InvalidChain),
    /// The server answers for another organisation or account than the invitation names.
    #[error("the server answered with another invitation than the link names")]
    OtherInvitation,
    /// A device is shown that nobody vouches for.
    #[error("{0}")]
    Distrust(#[from] Distrust),
    /// It is against the rules of the room.
    #[error("{0}")]
    Breach(#[from] Breach),
    /// The device does not know the room.
    #[error("there is no such room on this device")]
    NoRoom,
    /// Nothing can be done in the room as it stands.
    #[error("{0}")]
    Standing(String),
    /// Somebody is in the room already.
    #[error("{0} is in the room already")]
    Inside(Handle),
    /// Somebody is not in the room.
    #[error("{0} is not in the room")]
    Outside(Handle),
    /// The message that is meant is not on this device, or is none that can be spoken of.
    #[error("there is no such message on this device")]
    NoMessage,
    /// Only who wrote a message changes it or takes it back.
    #[error("only {0} can change that message or take it back")]
    SomebodyElses(Handle),
    /// Nobody asked for the message to be acknowledged, or it is one's own.
    #[error("that message does not ask to be acknowledged by you")]
    NotUrgent,
    /// The file that is meant is not on its way.
    #[error("there is no such file on its way")]
    NoFile,
    /// What the server has is not the file that the message speaks of.
    #[error("the file is not what was sent: the server, or somebody on its disk, has changed it")]
    BadFile,
    /// What lies in the archive is not what a device of the account has put there.
    #[error(
        "a part of what was kept for the recovery key is not what this account's devices kept: the server, or somebody on its disk, has changed it"
    )]
    BadBlock,
    /// Somebody else than the other device has its hands in the linking, or the two have lost each other.
    #[error(
        "the two devices do not understand each other: somebody may stand between them; begin anew on the old device"
    )]
    Linking,
    /// The words that were typed on the other side were not those that this device shows.
    #[error(
        "the words typed on the other side are not the ones shown here, so nothing was done; begin anew over there, with a new link"
    )]
    TurnedDown,
    /// Another device of the account has revoked this one.
    #[error("this device was revoked by another one of yours: it speaks for you no more")]
    Revoked,
    /// The account is suspended.
    #[error("this account is suspended: ask an officer of your organisation")]
    Suspended,
    /// The account is suspended already, or is not, or it is not for this account to say.
    #[error("{0} is suspended already, or is not, or only an officer may say so")]
    NoSuspension(Handle),
    /// An amendment of the charter does not hold.
    #[error("{0}")]
    BadAmendment(#[from] InvalidAmendment),
    /// The server shows another charter than before.
    #[error("the server shows another charter than the one this device has seen: it can only grow")]
    OtherCharter,
    /// There is no such proposal.
    #[error("there is no such proposal, or somebody has changed it since it was shown")]
    NoProposal,
    /// There is no such device of the account.
    #[error("there is no such device of that account")]
    NoDevice,
    /// What a bot is for is no line that could be shown.
    #[error("say in one line of at most 200 bytes what the bot is for")]
    Purpose,
    /// A guest opens no room.
    #[error("guests open no rooms: ask whoever answers for you")]
    IsGuest,
    /// A guest comes into no room, or into too many.
    #[error("say into which rooms the guest may come: at least one, and at most 32")]
    NoRooms,
    /// Only officers do it.
    #[error("only officers of the organisation do this")]
    NoOfficer,
    /// There is no such account, or its chain does not hold.
    #[error("there is no account {0} here, or its devices do not hold")]
    NoAccount(Handle),
    /// The provider has named no such group to this program.
    #[error("the identity provider has named no group {0} to this program yet")]
    NoGroup(String),
    /// The provider has named several such groups.
    #[error("there are several groups called {0}: have the provider give them different names")]
    SeveralGroups(String),
    /// A device does not revoke itself.
    #[error("this is the device in your hand: revoke it on another one of yours, or ask an officer to")]
    ThisDevice,
    /// Only officers revoke for others.
    #[error("only officers revoke devices of other accounts")]
    NotForOthers,
    /// A provider cannot be trusted as it was told.
    #[error(transparent)]
    Provider(#[from] InvalidProvider),
    /// What a provider said about the person does not hold.
    #[error(transparent)]
    Token(#[from] InvalidToken),
    /// The organisation trusts no such provider, or not for this.
    #[error("no officer of the organisation lets this identity provider do that")]
    NoProvider,
    /// Nobody vouches for oneself.
    #[error("nobody vouches for oneself: link the new device instead, or ask two other officers")]
    ForOneself,
    /// Nobody removes themselves.
    #[error("nobody removes themselves: leave the room instead")]
    Oneself,
    /// The last owner cannot leave the others behind.
    #[error("you are the only owner: make somebody else an owner first")]
    LastOwner,
    /// The MLS library says no, for a reason that is a defect of this program.
    #[error("the room's encryption could not be used ({0})")]
    Mls(&'static str),
}
