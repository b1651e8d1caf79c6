//! Refusals on the wire: RFC 9457 problems, each with a stable code.
//!
//! This is the one registry of codes: the server answers with them, clients act on them, and `protocol/errors.md` is
//! generated from them. A code is never renamed and never reused.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a request was refused, in the form of RFC 9457 (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// The HTTP status, repeated so that the body stands alone.
    pub status: u16,
    /// A stable code such as `rooms.not-found`; `protocol/errors.md` lists them all.
    pub code: String,
    /// What is the matter, for a person. Never contains what a person wrote.
    pub title: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Declares the codes: variant, code, status, what is the matter, what to do.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal, $remedy:literal;)*) => {
        /// A reason to refuse. Its text is stable and safe to log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of the document.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable text, such as `rooms.not-found`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status it travels with.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// What is the matter, in general.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// What to do about it.
            #[must_use]
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

codes! {
    /// The request is not in the form the API describes.
    Malformed = "request.malformed", 400, "the request is not in the form it should have",
        "compare it with protocol/api/v1.json; unknown fields are refused";
    /// The body or frame is larger than its limit.
    TooLarge = "request.too-large", 413, "the request is larger than its limit", "send less at once";
    /// There is no such route.
    NoRoute = "request.no-route", 404, "there is nothing at this address", "check the address";
    /// There is such a route, and not with this method.
    NoMethod = "request.no-method", 405, "this cannot be done at this address", "the answer's Allow names what can";
    /// Too many requests at once.
    TooMany = "request.too-many", 429, "there are too many requests at once", "wait a little and try again";
    /// No session, or one that ended.
    NoSession = "signin.no-session", 401, "there is no session, or it ended", "sign in again with the device key";
    /// The proof of the device key does not hold.
    BadProof = "signin.bad-proof", 401, "the proof of the device key does not hold",
        "a token works only together with the key of the device it was given to";
    /// The proof was made too long ago or in the future.
    StaleProof = "signin.stale-proof", 401, "the proof of the device key is too old or from the future",
        "make a new one, with the time of the Date header";
    /// The proof was used before.
    ReplayedProof = "signin.replayed-proof", 401, "the proof of the device key was used before",
        "make a new one for every request";
    /// No such session, or another account's.
    NoSuchSession = "signin.not-found", 404, "there is no such session", "ask which there are: it may have ended by itself";
    /// It has to be approved with a passkey.
    Unconfirmed = "passkeys.unconfirmed", 403, "this is done only when it was approved with a passkey",
        "use the `chancery` command, which asks for it; who has no passkey adds one first: chancery passkeys add";
    /// The roles that allow it are not taken up.
    NotTakenUp = "signin.roles-down", 403, "the roles that allow this are not taken up on this device",
        "take them up with a passkey, for an hour: chancery admin elevate";
    /// The roles that allow it count at another address.
    Elsewhere = "signin.elsewhere", 421, "the roles that allow this count only at the organisation's administration address",
        "use the `chancery` command, which asks there by itself; it has to be reached from where you are";
    /// The account is in rooms with others, and roles are for accounts that are not.
    InRooms = "signin.in-rooms", 403, "this account is in rooms with others: who looks after things has an account of its own for it",
        "leave those rooms, or let another account hold the role";
    /// The account has no passkey, and needs one.
    NoPasskeyYet = "passkeys.none", 409, "this is approved with a passkey, and the account has none",
        "add one: chancery passkeys add 'my security key'";
    /// Another request was approved, or none, or it is too late.
    NotApproved = "passkeys.not-approved", 403, "this is not what was approved, or it was done, or it is too late",
        "begin again: what is approved is done once, within five minutes, and exactly so";
    /// Not a request that is approved.
    NoAct = "passkeys.no-act", 422, "nobody is asked to approve such a request", "make it without approval";
    /// No such ceremony, or it is over.
    NoCeremony = "passkeys.no-ceremony", 404, "there is no such ceremony, or it is over",
        "begin again in the program that asked for it";
    /// The answer of the authenticator does not hold.
    BadPasskey = "passkeys.refused", 422, "the passkey was not accepted",
        "begin again, with a passkey of this account and on this organisation's own page";
    /// The organisation does not take such a passkey.
    OtherPasskey = "passkeys.not-allowed", 422, "your organisation does not take this kind of passkey",
        "use an authenticator that your administrator names";
    /// No such passkey of the account.
    NoPasskey = "passkeys.not-found", 404, "there is no such passkey", "ask which there are";
    /// Too many passkeys.
    ManyPasskeys = "passkeys.too-many", 409, "the account has as many passkeys as it may have", "remove one first";
    /// The server has no address that passkeys could be for.
    NoPasskeys = "passkeys.unavailable", 409, "this server has no name that passkeys could be made for",
        "ask its administrator to set `url` under [public] to a name, not an address";
    /// The device has no sign-in at the organisation's identity provider that is recent enough.
    SignInNeeded = "providers.sign-in-needed", 403, "the organisation asks for a sign-in at its identity provider",
        "sign in there: chancery sign-in";
    /// What an identity provider said does not hold.
    BadToken = "providers.bad-token", 403, "what the identity provider said does not hold", "sign in there again";
    /// A statement about an identity provider does not hold.
    BadProvider = "providers.bad-statement", 400, "what is said about the identity provider does not hold",
        "look at it again: chancery provider list";
    /// There is no such identity provider.
    NoProvider = "providers.not-found", 404, "there is no such identity provider",
        "ask an officer of your organisation which one it trusts";
    /// At the provider, the account is somebody else's.
    OtherSubject = "providers.other-person", 403,
        "at the identity provider, this account is somebody else's, or this person has another one",
        "ask an officer of your organisation: the provider may have given somebody's name to another person";
    /// There is no such person or group in the directory.
    NoResource = "provisioning.not-found", 404, "the directory has no such person or group", "ask which there are";
    /// A filter cannot be read, or speaks of what there is not.
    BadFilter = "provisioning.invalid-filter", 400, "the filter cannot be read, or names an attribute that there is not",
        "RFC 7644, section 3.4.2.2, says how it is written, and /scim/v2/Schemas which attributes there are";
    /// The path of a change cannot be read.
    BadPath = "provisioning.invalid-path", 400, "the path of a change cannot be read, or names an attribute that there is not",
        "RFC 7644, section 3.5.2, says how it is written, and /scim/v2/Schemas which attributes there are";
    /// A change has no target.
    NoTarget = "provisioning.no-target", 400, "what is to be changed is not there", "read the person or group first";
    /// A value is not as the schema says.
    BadValue = "provisioning.invalid-value", 400, "a value is not as the schema says, or one is missing",
        "compare it with /scim/v2/Schemas";
    /// An attribute cannot be written.
    ReadOnly = "provisioning.mutability", 400, "this attribute cannot be changed", "leave it out";
    /// Somebody else has the name.
    NameTaken = "provisioning.taken", 409, "another person in the directory has this userName, or the account that it stands for",
        "change the other one first";
    /// It is not as it was.
    Changed = "provisioning.changed", 412, "it was changed since it was read", "read it again, and make the change anew";
    /// This is not done here.
    NotHere = "provisioning.not-implemented", 501, "this is not done here", "/scim/v2/ServiceProviderConfig says what is";
    /// The policy does not allow it.
    Denied = "policy.denied", 403, "this is not allowed", "ask an administrator of your organisation";
    /// The organisation has not been founded.
    NotFounded = "accounts.not-founded", 409, "the organisation has not been founded yet",
        "found it with the one-time code the server printed";
    /// The organisation has been founded already.
    Founded = "accounts.founded", 409, "the organisation has been founded already", "join by invitation";
    /// The founding code is not the one the server printed.
    WrongCode = "accounts.wrong-code", 403, "the founding code is not right",
        "use the link that chanceryd printed last";
    /// The handle belongs to somebody.
    HandleTaken = "accounts.handle-taken", 409, "the name is taken", "choose another one";
    /// No such account.
    NoAccount = "accounts.not-found", 404, "there is no such account", "check the name";
    /// The device chain entry does not hold.
    BadEntry = "accounts.bad-entry", 422, "the device's entry does not hold", "start again with the invitation";
    /// No such invitation, or it was used, or it ran out.
    NoInvitation = "accounts.no-invitation", 404, "there is no such invitation, or it was used, or it ran out",
        "ask for a new one";
    /// The device was revoked.
    DeviceRevoked = "signin.revoked", 403, "this device was revoked: it speaks for its account no more",
        "if that was not you, tell your organisation's security officer at once; your other devices go on";
    /// The account is suspended.
    Suspended = "signin.suspended", 403, "this account is suspended: none of its devices is heard until it is restored",
        "ask an officer of your organisation; nothing is lost, and unsent messages wait on the device";
    /// The time of a program's or a guest's account is over.
    RunOut = "signin.run-out", 403, "the time for which this account was let in is over",
        "whoever answers for a guest has it made longer (chancery admin host); a program is invited anew, under another name";
    /// No such recovery key.
    NoRecovery = "accounts.no-recovery", 403, "this recovery key brings no account back",
        "look for a mistake in the link; or two officers can bring the account back with `vouch`";
    /// The invitation does not hold.
    BadInvitation = "accounts.bad-invitation", 422, "the invitation does not hold", "make a new one";
    /// The amendment of the charter is not taken in.
    BadAmendment = "charter.bad-amendment", 422, "the amendment of the charter does not hold",
        "see how the charter stands: chancery admin charter";
    /// There is no such proposal.
    NoProposal = "charter.no-proposal", 404, "there is no such proposal, or it is made or declined",
        "see which ones wait: chancery admin proposals";
    /// It is done only when another person has agreed to it.
    TakesTwo = "charter.takes-two", 403, "this is done only when another person has agreed to it",
        "use the `chancery` command, which puts it to them; they see it with: chancery admin proposals";
    /// There is no such request.
    NoRequest = "charter.no-request", 404, "there is no such request, or it was carried out or declined, or is not this one",
        "see which ones wait: chancery admin proposals";
    /// Nobody agrees to what they ask for themselves.
    OwnRequest = "charter.own-request", 403, "this takes somebody else: nobody agrees to a request of their own, or about themselves",
        "have another person agree who may do the same";
    /// A rule cannot be taken.
    BadRule = "charter.bad-rule", 422, "the rule cannot be taken",
        "a rule is Cedar, fits policies/schema.cedarschema, and forbids something to accounts";
    /// Nobody would be left who may amend the charter.
    LastOne = "charter.last-one", 409, "nobody would be left who may amend the charter",
        "let somebody else hold the role policy-admin first";
    /// There is no such act.
    NoSuchAct = "charter.no-such-act", 404, "there is no such act", "acts are called as in protocol/api/v1.json";
    /// A key package does not hold.
    BadPackage = "devices.bad-key-package", 422, "a key package does not hold", "update the program and try again";
    /// Too many key packages are deposited.
    FullStock = "devices.full-stock", 409, "there are enough key packages", "nothing: they are used up with time";
    /// The account has no device that can be added now.
    NoPackage = "devices.no-key-package", 409, "the account has no device that could be added now",
        "try again when the person has been online";
    /// No such linking, or it is over.
    NoLinking = "devices.no-linking", 404, "there is no such linking, or it is over",
        "begin anew on the device that you have";
    /// Not the next part of a linking.
    OtherPart = "devices.other-part", 409, "this is not what comes next in the linking",
        "begin anew on the device that you have; somebody else may have used the link";
    /// No such room, or none of the device's.
    NoRoom = "rooms.not-found", 404, "there is no such room", "check the name, or ask to be added";
    /// The room id is taken.
    RoomTaken = "rooms.taken", 409, "the room's id is taken", "open a room with a new id";
    /// The room does not start as a room must.
    BadRoom = "rooms.refused", 422, "the room does not start as a room must", "update the program and try again";
    /// No such file, or not whole yet.
    NoFile = "files.not-found", 404, "there is no such file", "it may have been deleted with its message";
    /// Another part is next.
    OtherFilePart = "files.other-part", 409, "this is not the part that comes next",
        "ask how far the file has come, and go on from there";
    /// The file is larger than the server takes.
    LargeFile = "files.too-large", 413, "the file is larger than this server takes",
        "send less, or ask the administrator for a larger limit";
    /// Too many files are under way.
    ManyFiles = "files.too-many", 429, "this device has begun too many files that are not whole yet",
        "finish them first; what is not gone on with is forgotten after some days";
    /// No such block.
    NoBlock = "archive.not-found", 404, "there is no such block in the archive", "ask which there are";
    /// Not a block.
    BadBlock = "archive.bad-block", 422, "this is no block of an archive", "update the program and try again";
    /// The account has another recovery key.
    OtherRecoveryKey = "archive.other-key", 409, "the account has another recovery key, or none",
        "read the account's device chain and seal it to the key that stands there";
    /// The submission is for another epoch.
    WrongEpoch = "delivery.wrong-epoch", 409, "the room has moved on since this was made",
        "take in what happened and make it again";
    /// The submission goes by an older charter.
    OldCharter = "delivery.old-charter", 409, "the charter was amended since this was made",
        "read the charter and make it again";
    /// Two are in the room who may not meet.
    Apart = "delivery.apart", 403, "people are in this room who may not meet: a barrier has come between them since",
        "have those of one side removed; until then nothing is said here";
    /// The handshake breaks the rules of the room.
    Refused = "delivery.refused", 422, "it breaks the rules of the room", "ask somebody with the right role";
    /// The message is not sealed.
    NotSealed = "delivery.not-sealed", 422, "the message is not sealed for this room",
        "only sealed messages can be put into a room";
    /// The submission id was used for something else.
    IdReused = "delivery.id-reused", 409, "the submission's id was used for something else", "choose a new id";
    /// The server's disk is full.
    Full = "server.full", 507, "the server's disk is full; nothing was changed",
        "nothing is lost: it is sent again when there is room";
    /// The server is stopping or too busy.
    Busy = "server.busy", 503, "the server is stopping or too busy; nothing was changed",
        "try again in a moment";
    /// Something went wrong inside the server.
    Failed = "server.failed", 500, "something went wrong in the server; nothing was changed",
        "try again; if it stays, show the server's log to its administrator";
}

impl Code {
    /// Reads a code; `None` for one this version does not know.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// The problem in words, with something more specific than the title where there is something.
    #[must_use]
    pub fn problem(self, title: Option<String>) -> Problem {
        Problem {
            status: self.status(),
            code: self.as_str().to_owned(),
            title: title.unwrap_or_else(|| self.title().to_owned()),
            detail: Some(self.remedy().to_owned()),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_and_none_is_there_twice() {
        for (at, code) in Code::ALL.iter().enumerate() {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert!(!Code::ALL[..at].iter().any(|other| other.as_str() == code.as_str()), "{code}");
        }
        assert_eq!(Code::parse("no.such-code"), None);
    }
}
