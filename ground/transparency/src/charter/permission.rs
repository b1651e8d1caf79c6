//! Permissions: the acts that a role can give. Each is one act of the server's policy; there is none that stands for several.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Declares the permissions: variant, act, and what it lets somebody do.
macro_rules! permissions {
    ($($name:ident = $text:literal, $what:literal;)*) => {
        /// Something that a role lets its holders do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $(#[doc = $what] $name,)*
        }

        impl Permission {
            /// All of them, in the order of the document.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The act: the duty and what is done.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it lets somebody do, in words.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$name => $what,)* }
            }
        }
    };
}

permissions! {
    Invite = "accounts.invite", "invite people and programs; officers only";
    RevokeOthers = "accounts.revoke-others", "revoke devices of others; officers only";
    SeeSuspended = "accounts.see-suspended", "see who is suspended, and where that is not carried out yet";
    Suspend = "accounts.suspend", "suspend accounts and restore them; officers only";
    ReadJournal = "audit.read", "read the journal: who has done what";
    Amend = "charter.amend", "amend the charter: roles, who holds them, rules";
    BreakGlass = "charter.break-glass", "take a role for up to four hours, alone, in an emergency";
    Explain = "charter.explain-others", "see why somebody else may do something, or may not";
    Review = "charter.review", "look at an emergency afterwards and say what was found";
    Separate = "charter.separate", "say which parts of the organisation may not meet, and who belongs to them";
    ResetPasskeys = "passkeys.reset", "take away the passkeys of somebody who has lost them";
    TrustProvider = "providers.trust", "let an identity provider say who somebody is; officers only";
    WithdrawProvider = "providers.withdraw", "believe an identity provider no more";
    SeeWaiting = "provisioning.see-waiting", "see what the directory says and is not carried out yet";
    EndSessions = "signin.end-others", "end the sessions of others";
    ListSessions = "signin.list-others", "see the sessions of others";
}

impl Permission {
    /// The permission for an act, where there is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.as_str() == text)
    }
}

impl Serialize for Permission {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Permission {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("there is no such permission"))
    }
}
