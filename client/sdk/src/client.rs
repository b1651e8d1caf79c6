//! The façade: one profile, and everything a person or a program can ask of it.

use std::collections::HashMap;
#[cfg(not(target_family = "wasm"))]
use std::path::Path;

use chancery_engine::{Engine, InvalidLink, Line, Link, Opener, Progress, RoomView, Want};
use chancery_transparency::AccountKind;
use chancery_vault::{Identity, Standing, TrustedDevice, Vault, VaultKey, WishId};
use chancery_wire::{
    api::{Account, Found, Invitation, Invite, Join},
    bytes::Opaque,
    content::{MessageId, Written},
    ids::{DeviceId, RoomId},
    names::Handle,
    time::Instant,
};
use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};

#[cfg(not(target_family = "wasm"))]
use crate::profile::{Profile, private_file};
use crate::{
    clock::{Os, now},
    error::SdkError,
    net::{Http, Reach},
    nudge::Nudge,
};

/// How much of a room's id is shown where a person has to tell rooms apart.
const SHORT_ID: usize = 8;

/// A device of an account, with its vault and its way to the server.
pub struct Client {
    pub(crate) engine: Engine,
    pub(crate) http: Http,
    pub(crate) reach: Reach,
    /// Up to where the lines of each room were told to whoever watches.
    pub(crate) told: HashMap<RoomId, u64>,
    pub(crate) nudge: Nudge,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Client {
    /// Opens a profile's vault. `authority` names a PEM file of the certificates that vouch for the server, where the
    /// system's are not to be used.
    #[cfg(not(target_family = "wasm"))]
    pub fn open(profile: &Profile, key: &VaultKey, authority: Option<&Path>) -> Result<Self, SdkError> {
        let file = profile.vault();
        private_file(&file)?;
        Self::over(Vault::open(&file, key)?, Reach::new(authority)?)
    }

    /// Opens the vault that has this name where the browser keeps files for this page; whoever calls has the one handle to it, in a worker
    /// where the library's files are kept so (`apps/web-core`).
    #[cfg(target_family = "wasm")]
    pub fn open(name: &str, key: &VaultKey) -> Result<Self, SdkError> {
        Self::over(Vault::open(name.as_ref(), key)?, Reach)
    }

    fn over(vault: Vault, reach: Reach) -> Result<Self, SdkError> {
        let engine = Engine::new(vault, Box::new(Os));
        let server = engine.identity()?.map(|identity| identity.server).unwrap_or_default();
        let mut http = Http::new(&server, reach.clone())?;
        if let Some(token) = engine.session(server.trim_end_matches('/'), now())? {
            http.resume(token);
        }
        if let Some((address, token)) = engine.administration(now())? {
            http.resume_at(&address, token)?;
        }
        Ok(Self { engine, http, reach, told: HashMap::new(), nudge: Nudge::default() })
    }

    /// Founds an organisation with a first account, by the link its server printed.
    pub async fn found(&mut self, link: &str, handle: &Handle) -> Result<Identity, SdkError> {
        let Link { server, opener: Opener::Found(code) } = link.parse()? else {
            return Err(SdkError::JoiningLink);
        };
        self.go_to(&server)?;
        let organisation = self.http.organisation().await?;
        let identity = self.engine.found(&server, &organisation.domain, handle, &code, now())?;
        if !identity.enrolled {
            let found = Found { code: Opaque(code), entry: Opaque(identity.entry.clone()) };
            let _: Account = self.http.open(Method::POST, "/v1/organisation", Some(&found)).await?;
            self.engine.enrolled()?;
        }
        self.enrolled()
    }

    /// Opens an account by an invitation link.
    pub async fn join(&mut self, link: &str) -> Result<Identity, SdkError> {
        let Link { server, opener: Opener::Join(id, secret, root) } = link.parse()? else {
            return Err(SdkError::FoundingLink);
        };
        self.go_to(&server)?;
        // Interrupted before the server's answer came, it goes on with what it made then.
        let begun = self.engine.identity()?.filter(|it| it.opener == id.as_bytes());
        let identity = if let Some(identity) = begun {
            identity
        } else {
            let path = format!("/v1/invitations/{id}");
            let offered: Invitation = self.http.open(Method::GET, &path, None::<&()>).await?;
            self.engine.join(&server, (id, &secret, root), &offered, now())?
        };
        if !identity.enrolled {
            let join = Join { invitation: id, entry: Opaque(identity.entry.clone()) };
            let _: Account = self.http.open(Method::POST, "/v1/accounts", Some(&join)).await?;
            self.engine.enrolled()?;
        }
        self.enrolled()
    }

    /// Makes an invitation for an account: a person's, an officer's, who may invite others in turn, or a program's. With the link comes
    /// whether it opens nothing yet, because another person has to agree first.
    pub async fn invite(&mut self, handle: &Handle, kind: &AccountKind) -> Result<(Link, bool), SdkError> {
        let (invitation, link) = self.engine.invite(handle, kind, now())?;
        let invite = Invite { invitation: Opaque(invitation) };
        match self.ask::<Invitation>(Method::POST, "/v1/invitations", Some(&invite)).await {
            Ok(_) => Ok((link, false)),
            Err(SdkError::Waits(_)) => Ok((link, true)),
            Err(error) => Err(error),
        }
    }

    /// Keeps a session that was opened, for the next program that opens the vault.
    pub(crate) fn keep_session(&mut self) -> Result<(), SdkError> {
        for (server, session) in self.http.opened() {
            // A minute early, so that it does not end under way.
            let until = now().plus_seconds(session.seconds.saturating_sub(60));
            self.engine.keep_session(&server, (&session.token.0, until), now())?;
        }
        Ok(())
    }

    /// Asks the server, as this device, and keeps the session in which it was asked, whatever came of it.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, SdkError> {
        let identity = self.enrolled()?;
        let answer = self.http.ask(&identity, method, path, body).await;
        self.keep_session()?;
        answer
    }

    /// The time as the engine is told it, for wishes that speak of a later one.
    #[must_use]
    pub fn now() -> Instant {
        now()
    }

    /// Goes to a server that a link names; whoever asks the person for a passkey does so there as well.
    pub(crate) fn go_to(&mut self, server: &str) -> Result<(), SdkError> {
        let http = Http::new(server, self.reach.clone())?;
        let ask_owner = std::mem::replace(&mut self.http, http).ask_owner;
        self.http.ask_owner = ask_owner;
        Ok(())
    }

    /// Who this device is; an error while it belongs to nobody.
    pub fn enrolled(&self) -> Result<Identity, SdkError> {
        let identity = self.engine.identity()?.filter(|identity| identity.enrolled);
        Ok(identity.ok_or(chancery_engine::EngineError::NotEnrolled)?)
    }

    /// Whether nobody is named in this profile: it was set up, and neither founded nor joined with.
    pub fn is_blank(&self) -> Result<bool, SdkError> {
        Ok(self.engine.identity()?.is_none())
    }

    /// The devices of this account.
    pub fn devices(&self) -> Result<Vec<TrustedDevice>, SdkError> {
        Ok(self.engine.devices()?)
    }

    /// Opens a room; it is there at once, and the server is told by the next [`Client::sync`].
    pub fn open_room(&mut self, name: &Written, members: &[Handle]) -> Result<RoomId, SdkError> {
        Ok(self.engine.open_room(name, members, now())?)
    }

    /// All rooms.
    pub fn rooms(&self) -> Result<Vec<RoomView>, SdkError> {
        Ok(self.engine.rooms()?)
    }

    /// One room.
    pub fn room(&self, room: RoomId) -> Result<RoomView, SdkError> {
        Ok(self.engine.room(room)?)
    }

    /// The room a person means by its name, its id, or how its id begins.
    pub fn find_room(&self, text: &str) -> Result<RoomView, SdkError> {
        let rooms = self.engine.rooms()?;
        // A whole id means one room. Otherwise a name and the beginning of an id count the same: names are given by others,
        // and must not lead away from the room that was meant.
        if let Some(room) = rooms.iter().find(|room| room.id.to_string() == text) {
            return Ok(room.clone());
        }
        let begins = |room: &RoomView| text.len() >= 4 && room.id.to_string().starts_with(text);
        let meant = |room: &&RoomView| room.name.as_deref() == Some(text) || begins(room);
        let (left, here): (Vec<&RoomView>, Vec<&RoomView>) =
            rooms.iter().filter(meant).partition(|room| room.standing == Standing::Left);
        // A room one has left is meant only when no other can be.
        let found = if here.is_empty() { left } else { here };
        match found.as_slice() {
            [room] => Ok((*room).clone()),
            [] => Err(SdkError::Room(format!("there is no room '{text}' on this device"))),
            several => {
                let short = |room: &&RoomView| {
                    let id: String = room.id.to_string().chars().take(SHORT_ID).collect();
                    let name = room.name.as_deref().unwrap_or("not named yet");
                    format!("{id} ({name}, {} in it)", room.members.len())
                };
                let rooms: Vec<String> = several.iter().map(short).collect();
                Err(SdkError::Room(format!(
                    "'{text}' may be one of several rooms; say which by how its id begins: {}",
                    rooms.join(", ")
                )))
            }
        }
    }

    /// Keeps a wish for a room; it is sent by the next [`Client::sync`], or at once while [`Client::follow`] runs.
    pub fn want(&mut self, room: RoomId, want: Want) -> Result<WishId, SdkError> {
        Ok(self.engine.want(room, want, now())?)
    }

    /// What wakes this client while [`Client::follow`] runs, when another one has put something into the same vault.
    #[must_use]
    pub fn nudge(&self) -> Nudge {
        self.nudge.clone()
    }

    /// Has this client woken by another nudge than its own, which was given to others before it was there.
    pub fn nudged_by(&mut self, nudge: &Nudge) {
        self.nudge = nudge.clone();
    }

    /// How far a wish is.
    pub fn progress(&self, wish: WishId) -> Result<Progress, SdkError> {
        Ok(self.engine.progress(wish)?)
    }

    /// The id that the message will have which is wished for, for as long as it is not in the room.
    pub fn message_id(&self, wish: WishId) -> Result<Option<MessageId>, SdkError> {
        Ok(self.engine.message_id(wish)?)
    }

    /// Forgets a wish that was refused, once the person was told.
    pub fn dismiss(&mut self, wish: WishId) -> Result<(), SdkError> {
        Ok(self.engine.dismiss(wish, now())?)
    }

    /// The last lines of a room, oldest first, or those after an entry; each as it reads now.
    pub fn lines(&self, room: RoomId, after: Option<u64>, limit: u32) -> Result<Vec<Line>, SdkError> {
        Ok(self.engine.lines(room, after, limit)?)
    }

    /// What was said of a line and not taken back: its later versions, and reactions.
    pub fn lines_about(&self, line: &Line) -> Result<Vec<Line>, SdkError> {
        Ok(self.engine.lines_about(line)?)
    }

    /// A line by its place in a room's log.
    pub fn line(&self, room: RoomId, seq: u64) -> Result<Line, SdkError> {
        Ok(self.engine.line(room, seq)?)
    }

    /// The person has read a room up to an entry.
    pub fn mark_read(&mut self, room: RoomId, seq: u64) -> Result<(), SdkError> {
        Ok(self.engine.mark_read(room, seq, now())?)
    }

    /// Whether anything is wished or to be told, and waits for the next [`Client::sync`].
    pub fn has_to_send(&self) -> Result<bool, SdkError> {
        Ok(self.engine.has_to_send()?)
    }

    /// The device that has set this account's recovery key, if there is one.
    pub fn recovery_key_by(&self) -> Result<Option<DeviceId>, SdkError> {
        Ok(self.engine.recovery_key_by()?)
    }

    /// Whether something is still to be kept for the recovery key, which the next [`Client::sync`] does.
    pub fn has_to_keep(&self) -> Result<bool, SdkError> {
        Ok(self.engine.has_to_keep()?)
    }

    /// Keeps what the person has begun to write in a room, here and on the account's other devices; blank is nothing.
    pub fn keep_draft(&mut self, room: RoomId, text: &str) -> Result<(), SdkError> {
        Ok(self.engine.keep_draft(room, text, now())?)
    }

    /// The person calls one of the account's devices so.
    pub fn name_device(&mut self, device: DeviceId, name: &Written) -> Result<(), SdkError> {
        Ok(self.engine.name_device(device, name, now())?)
    }

    /// What the person calls a device, if it has a name.
    pub fn device_name(&self, device: DeviceId) -> Result<Option<String>, SdkError> {
        Ok(self.engine.device_name(device)?)
    }

    /// The person wants to be told of what is new in a room, or not; on all devices of the account.
    pub fn mute(&mut self, room: RoomId, muted: bool) -> Result<(), SdkError> {
        Ok(self.engine.mute(room, muted, now())?)
    }

    /// Reads a link without following it.
    pub fn read_link(link: &str) -> Result<Link, InvalidLink> {
        link.parse()
    }
}
