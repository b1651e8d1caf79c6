//! Inviting: an officer's device signs that whoever knows a fresh secret may open one account.

use chancery_transparency::{AccountKind, Invitation, Root, Secret, Sign as _};
use chancery_wire::{
    ids::InvitationId,
    names::Handle,
    time::{DAY, Instant},
};

use crate::{
    engine::Engine,
    error::EngineError,
    link::{Link, Opener},
};

/// How long an invitation may be used, in days.
const INVITATION_DAYS: i64 = 7;

impl Engine {
    /// Makes an invitation for `handle`: the signed bytes for the server, and the link for the person.
    ///
    /// `kind` says as what the new account is opened.
    pub fn invite(
        &mut self,
        handle: &Handle,
        kind: &AccountKind,
        now: Instant,
    ) -> Result<(Vec<u8>, Link), EngineError> {
        self.turn(now, |turn| {
            let (id, secret) = (InvitationId(turn.draw()), Secret(turn.draw()));
            let identity = &turn.me.identity;
            let own = turn.step.trusted(&identity.handle)?;
            let own = own.first().ok_or(EngineError::NotEnrolled)?;
            let invitation = Invitation {
                id,
                domain: identity.domain.clone(),
                handle: handle.clone(),
                officer: *kind == AccountKind::Officer,
                until: now.plus_seconds(INVITATION_DAYS * DAY),
                key: secret.derive_key(id).public(),
                by: identity.handle.clone(),
                device: identity.device,
                chain: own.head,
                bot: match kind {
                    AccountKind::Bot(bot) if bot.is_sound() => Some(bot.clone()),
                    AccountKind::Bot(_) => return Err(EngineError::Purpose),
                    AccountKind::Person | AccountKind::Officer | AccountKind::Guest(_) => None,
                },
                guest: match kind {
                    AccountKind::Guest(guest) if guest.is_sound() => Some(guest.clone()),
                    AccountKind::Guest(_) => return Err(EngineError::NoRooms),
                    _ => None,
                },
            };
            let opener = Opener::Join(id, secret, Root(identity.root));
            Ok((invitation.sign(turn.me), Link { server: identity.server.clone(), opener }))
        })
    }
}
