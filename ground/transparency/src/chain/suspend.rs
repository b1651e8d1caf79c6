//! Suspending: an account keeps its devices and its places, and none of its devices speaks for it until it is restored.

use chancery_wire::names::Handle;

use super::{BY_SUSPENDING, Device, Entry, InvalidChain, OFFICERS, Suspend, Trusted};
use crate::{invitation::Scope, signed::labelled};

/// Who has suspended an account. What an officer has done, only an officer undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspender {
    /// An officer.
    Officer,
    /// A program that says who belongs to the organisation.
    Directory,
}

impl Suspender {
    const ALL: [(Self, &str); 2] = [(Self::Officer, "officer"), (Self::Directory, "directory")];

    /// The suspender as a word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(it, _)| *it == self).map_or("", |(_, text)| text)
    }

    /// The suspender whose word this is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, other)| *other == text).map(|(it, _)| *it)
    }
}

impl Device {
    /// As what this device may suspend an account, of which `whom` is a device. A directory has no power over officers, who could not
    /// stop it then, nor over programs.
    #[must_use]
    pub fn may_suspend(&self, whom: &Self) -> Option<Suspender> {
        let directory = self.bot.as_ref().is_some_and(|bot| bot.scope == Some(Scope::Directory));
        if self.handle == whom.handle {
            None
        } else if self.officer {
            Some(Suspender::Officer)
        } else {
            (directory && !whom.officer && whom.bot.is_none()).then_some(Suspender::Directory)
        }
    }
}

impl Trusted {
    /// Who has suspended the account, while it is.
    #[must_use]
    pub fn suspended(&self) -> Option<Suspender> {
        self.devices.first().and_then(|device| device.suspended)
    }

    /// Whether somebody may say now that the account is suspended, or is not: it says something new, and undoes no officer's word.
    pub(crate) fn may_be_said(&self, by: Suspender, suspended: bool) -> bool {
        match self.suspended() {
            None => suspended,
            Some(Suspender::Directory) => by == Suspender::Officer || !suspended,
            Some(Suspender::Officer) => by == Suspender::Officer && !suspended,
        }
    }

    pub(super) fn suspend(
        &mut self,
        entry: &Entry,
        it: &Suspend,
        others: &mut dyn FnMut(&Handle) -> Option<Self>,
    ) -> Result<(), InvalidChain> {
        let whom = self.is_about(&it.domain, &it.handle)?;
        if it.whose == it.handle {
            return Err(InvalidChain::Malformed);
        }
        let chain = others(&it.whose).ok_or_else(|| InvalidChain::Missing(it.whose.clone()))?;
        let by = chain.devices.iter().find(|device| device.id == it.by && device.handle == it.whose);
        let by = by.ok_or(InvalidChain::NoRightToVouch)?;
        let role = by.may_suspend(whom).ok_or(InvalidChain::NoRightToVouch)?;
        if by.bot.as_ref().and_then(|bot| bot.until).is_some_and(|until| it.at >= until) {
            return Err(InvalidChain::NoRightToVouch);
        }
        if it.previous != self.head || entry.vouched.is_some() {
            return Err(InvalidChain::Broken);
        }
        by.key
            .check(&labelled(BY_SUSPENDING, &entry.body), &entry.device)
            .map_err(|_| InvalidChain::Signature)?;
        if !self.may_be_said(role, it.suspended) {
            return Err(InvalidChain::NoRightToVouch);
        }
        let suspended = it.suspended.then_some(role);
        if suspended.is_none() {
            self.leaves_room(if role == Suspender::Directory { OFFICERS } else { 0 })?;
        }
        for device in &mut self.devices {
            device.suspended = suspended;
            device.has_been_suspended |= suspended.is_some();
        }
        Ok(())
    }
}
