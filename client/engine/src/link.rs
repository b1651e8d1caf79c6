//! Links: what a person is handed to found or to join an organisation, or to link another device.
//!
//! Everything after `#` stays on the person's side: no program sends a fragment to a server.

use std::{fmt, str::FromStr};

use chancery_transparency::{Root, Secret};
use chancery_wire::{
    ids::{Digest, InvitationId, LinkingId},
    names::Handle,
};
use data_encoding::BASE32_NOPAD;

/// What a link opens.
#[derive(Clone, Debug)]
pub enum Opener {
    /// The founding: the one-time code of the server.
    Found(Vec<u8>),
    /// An account: the invitation, its secret, and the organisation's root.
    Join(InvitationId, Secret, Root),
    /// Another device of an account: the meeting, its secret, and the organisation's root.
    Link(LinkingId, Secret, Root),
    /// A lost account, as a new device that an officer vouches for: the meeting, its secret, and the organisation's root.
    Vouch(LinkingId, Secret, Root),
    /// A lost account, by the key that its owner had put away: its name, the secret, and the organisation's root.
    Recover(Handle, Secret, Root),
    /// An account that the organisation's identity provider vouches for: the organisation's root. It is no secret.
    SignIn(Root),
}

/// A link, such as `https://bank.example/#join=…`.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where the server is, such as `https://bank.example`.
    pub server: String,
    /// What it opens.
    pub opener: Opener,
}

/// A text that is no link of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a whole Chancery link: copy all of it, from 'https://' to its end, in quotes")]
pub struct InvalidLink;

impl FromStr for Link {
    type Err = InvalidLink;

    fn from_str(text: &str) -> Result<Self, InvalidLink> {
        let (server, fragment) = text.trim().split_once("/#").ok_or(InvalidLink)?;
        let server = server.to_owned();
        if !server.starts_with("http://") && !server.starts_with("https://") {
            return Err(InvalidLink);
        }
        let opener = match fragment.split_once('=').ok_or(InvalidLink)? {
            ("found", code) => Opener::Found(decode(code)?),
            (what @ ("join" | "link" | "vouch" | "recover"), parts) => {
                // A name may have dots in it.
                let parts: Vec<&str> = parts.rsplitn(3, '.').collect();
                let [root, secret, id] = parts.as_slice() else { return Err(InvalidLink) };
                let secret = Secret(decode(secret)?.try_into().map_err(|_| InvalidLink)?);
                let root = Root(Digest::from_slice(&decode(root)?).map_err(|_| InvalidLink)?);
                match what {
                    "join" => Opener::Join(id.parse().map_err(|_| InvalidLink)?, secret, root),
                    "vouch" => Opener::Vouch(id.parse().map_err(|_| InvalidLink)?, secret, root),
                    "recover" => Opener::Recover(id.parse().map_err(|_| InvalidLink)?, secret, root),
                    _ => Opener::Link(id.parse().map_err(|_| InvalidLink)?, secret, root),
                }
            }
            ("sign-in", root) => {
                Opener::SignIn(Root(Digest::from_slice(&decode(root)?).map_err(|_| InvalidLink)?))
            }
            _ => return Err(InvalidLink),
        };
        Ok(Self { server, opener })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/#", self.server)?;
        match &self.opener {
            Opener::Found(code) => write!(f, "found={}", encode(code)),
            Opener::Join(id, secret, root) => {
                write!(f, "join={id}.{}.{}", encode(&secret.0), encode(&root.0.0))
            }
            Opener::Link(id, secret, root) => {
                write!(f, "link={id}.{}.{}", encode(&secret.0), encode(&root.0.0))
            }
            Opener::Vouch(id, secret, root) => {
                write!(f, "vouch={id}.{}.{}", encode(&secret.0), encode(&root.0.0))
            }
            Opener::Recover(handle, secret, root) => {
                write!(f, "recover={handle}.{}.{}", encode(&secret.0), encode(&root.0.0))
            }
            Opener::SignIn(root) => write!(f, "sign-in={}", encode(&root.0.0)),
        }
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

fn decode(text: &str) -> Result<Vec<u8>, InvalidLink> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(InvalidLink);
    }
    BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).map_err(|_| InvalidLink)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_survives_being_written_and_read() {
        let opener = Opener::Join(InvitationId([1; 16]), Secret([2; 16]), Root(Digest([3; 32])));
        let linking = Opener::Link(LinkingId([5; 16]), Secret([2; 16]), Root(Digest([3; 32])));
        let vouching = Opener::Vouch(LinkingId([5; 16]), Secret([2; 16]), Root(Digest([3; 32])));
        let handle = "bob.jones".parse().unwrap();
        let recovering = Opener::Recover(handle, Secret([2; 16]), Root(Digest([3; 32])));
        let by_provider = Opener::SignIn(Root(Digest([3; 32])));
        for opener in [opener, linking, vouching, recovering, by_provider, Opener::Found(vec![4; 16])] {
            let text = Link { server: "https://bank.example".to_owned(), opener }.to_string();
            assert_eq!(text.parse::<Link>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_link_is_written_as_the_document_states() {
        let document = include_str!("../../../protocol/devices.md");
        let stated = document.split_once("```text link\n").unwrap().1.lines().next().unwrap();
        let link: Link = stated.parse().unwrap();
        let Opener::Join(id, secret, _) = &link.opener else { panic!("not an invitation") };
        assert_eq!((id.0, secret.0), ([9; 16], [5; 16]));
        assert_eq!(link.to_string(), stated);
    }

    #[test]
    fn half_a_link_is_refused() {
        let opener = Opener::Join(InvitationId([1; 16]), Secret([2; 16]), Root(Digest([3; 32])));
        let text = Link { server: "https://bank.example".to_owned(), opener }.to_string();
        for cut in 0..text.len() {
            let half = text.get(..cut).unwrap();
            assert!(half.parse::<Link>().is_err(), "{half}");
        }
        assert!("https://bank.example".parse::<Link>().is_err());
        assert!("ftp://bank.example/#found=aaaa".parse::<Link>().is_err());
    }
}
