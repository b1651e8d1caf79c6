//! Trust: a leaf is believed when its account's device chain leads down to the organisation's root.
//!
//! Chains come from the server and are checked here; the server is never believed. The key directory of a later version
//! will add, at [`Engine::trust`], the proof that everybody is shown the same chain.

use chancery_groups::Leaf;
use chancery_transparency::{
    self as transparency, Bot, Device, Guest, InvalidChain, PublicKey, Recovered, Root, Scope, Suspender,
    Trusted,
};
use chancery_vault::{Step, TrustedBot, TrustedDevice, TrustedGuest};
use chancery_wire::{api::Chains, names::Handle, time::Instant};

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
};

/// Why a device is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// The server has no chain for the account.
    #[error("the server shows no device chain for {0}: somebody nobody vouched for")]
    Unknown(Handle),
    /// The chain does not hold.
    #[error("the device chain of {0} does not hold: {1}")]
    Chain(Handle, InvalidChain),
    /// The device is not in the account's chain.
    #[error("a device was shown as one of {0}'s that is not in {0}'s device chain")]
    OtherDevice(Handle),
    /// The device is in the chain with another key.
    #[error("the server showed another key for a device of {0} than the one in its chain")]
    OtherKey(Handle),
    /// A chain that was checked before reads differently now.
    #[error("the server changed the device chain of {0}, which can only grow")]
    Rewritten(Handle),
    /// A key package is not what was asked for.
    #[error("the server handed out something else than a key package of {0}")]
    OtherPackage(Handle),
}

/// What came of asking the server for a chain.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// It showed none, or none that holds.
    Refused(Distrust),
    /// It showed one that holds; it is in the vault.
    Held,
}

/// Whether leaves are believed.
pub(crate) enum Verdict {
    /// All of them.
    Trusted,
    /// These accounts' chains are needed first.
    Needs(Vec<Handle>),
    /// One is not.
    Distrusted(Distrust),
}

impl Engine {
    /// Takes in chains the server answered with; `asked` are the accounts it was asked for.
    pub fn trust(&mut self, asked: &[Handle], chains: &Chains, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            // Those that rest on each other are checked in turns.
            let mut grown = true;
            while std::mem::take(&mut grown) {
                for chain in &chains.chains {
                    let entries: Vec<Vec<u8>> = chain.entries.iter().map(|entry| entry.0.clone()).collect();
                    let (outcome, more) = turn.check(&chain.handle, &entries)?;
                    turn.memory.asked.insert(chain.handle.clone(), outcome);
                    grown |= more;
                }
            }
            for handle in asked {
                let missing = Asked::Refused(Distrust::Unknown(handle.clone()));
                turn.memory.asked.entry(handle.clone()).or_insert(missing);
            }
            Ok(())
        })
    }

    /// Whether the server showed this device's own account as it is, with this device in it. Devices of the account that are
    /// not in its rooms yet are brought there, and those that were revoked are taken out.
    pub fn check_own(&mut self, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let me = &turn.me.identity;
            if let Some(Asked::Refused(distrust)) = turn.memory.asked.get(&me.handle) {
                return Err(distrust.clone().into());
            }
            let devices = turn.step.trusted(&me.handle)?;
            let own = devices.iter().find(|device| device.device == me.device && device.key == turn.me.key());
            match own {
                None => Err(Distrust::OtherDevice(me.handle.clone()).into()),
                Some(own) if own.revoked => Err(EngineError::Revoked),
                Some(own) if own.suspended.is_some() => Err(EngineError::Suspended),
                Some(_) => {
                    turn.see_to(&devices)?;
                    turn.look_for_those_over()
                }
            }
        })
    }
}

impl Turn<'_> {
    /// Checks one chain and keeps its devices as far as it holds; answers also whether more of it does than was known.
    fn check(&self, handle: &Handle, entries: &[Vec<u8>]) -> Result<(Asked, bool), EngineError> {
        let identity = &self.me.identity;
        // A failure to read the vault must not look like a chain that does not hold.
        let mut failed = None;
        let inviter = |by: &Handle| match trusted(self.step, by) {
            Ok(found) => found,
            Err(error) => {
                failed = Some(error);
                None
            }
        };
        let found =
            transparency::verify_as_far(entries, handle, &identity.domain, Root(identity.root), inviter);
        if let Some(error) = failed {
            return Err(error);
        }
        let refused = |why| Asked::Refused(Distrust::Chain(handle.clone(), why));
        let (found, missing) = match found {
            Ok(found) => found,
            Err(why) => return Ok((refused(why), false)),
        };
        // A chain grows: what its head was before is still in it.
        let known = self.step.trusted(handle)?;
        if known.iter().any(|device| !found.heads.contains(&device.head)) {
            return Ok((Asked::Refused(Distrust::Rewritten(handle.clone())), false));
        }
        keep(self.step, &found)?;
        if *handle == identity.handle {
            self.step.keep_archive_key(found.archive.as_ref())?;
        }
        let grown = known.first().is_none_or(|device| device.head != found.head);
        let outcome = missing.map_or(Asked::Held, |whose| refused(InvalidChain::Missing(whose)));
        Ok((outcome, grown))
    }

    /// Whether every one of `leaves` is believed.
    pub(crate) fn verdict<'l>(
        &mut self,
        leaves: impl IntoIterator<Item = &'l Leaf>,
    ) -> Result<Verdict, EngineError> {
        let (mut needs, mut sought) = (Vec::new(), Vec::new());
        for leaf in leaves {
            let handle = &leaf.name.account;
            let known = self.step.trusted(handle)?;
            let device = known.iter().find(|device| device.device == leaf.name.device);
            let distrust = match device {
                Some(device) if leaf.name.domain != self.me.identity.domain || device.key != leaf.key => {
                    Distrust::OtherKey(handle.clone())
                }
                Some(_) => continue,
                None => match self.memory.asked.get(handle) {
                    // The chain may have grown since it was asked for: it is asked for once more for each device.
                    Some(Asked::Held) if self.memory.sought.contains(&leaf.name.device) => {
                        Distrust::OtherDevice(handle.clone())
                    }
                    Some(Asked::Refused(distrust)) => distrust.clone(),
                    None | Some(Asked::Held) => {
                        sought.push(leaf.name.device);
                        needs.push(handle.clone());
                        continue;
                    }
                },
            };
            return Ok(Verdict::Distrusted(distrust));
        }
        self.memory.sought.extend(sought);
        needs.sort_unstable();
        needs.dedup();
        Ok(if needs.is_empty() { Verdict::Trusted } else { Verdict::Needs(needs) })
    }
}

/// Keeps the devices of a chain that was checked.
pub(crate) fn keep(step: &Step<'_>, chain: &Trusted) -> Result<(), EngineError> {
    for device in &chain.devices {
        step.keep_trust(&TrustedDevice {
            handle: device.handle.clone(),
            device: device.id,
            key: device.key.0,
            officer: device.officer,
            bot: device.bot.clone().map(|Bot { owner, purpose, scope, until }| TrustedBot {
                owner,
                purpose,
                scope: scope.map(|scope| scope.as_str().to_owned()),
                until,
            }),
            guest: device.guest.clone().map(|Guest { sponsor, rooms, until }| TrustedGuest {
                sponsor,
                rooms,
                until,
            }),
            invited_by: device.invited_by.clone(),
            provider: device.provider.clone(),
            linked_by: device.linked_by,
            recovered_by: device.recovered.as_ref().map(|how| match how {
                Recovered::Key => String::new(),
                Recovered::Officers(one, two) => format!("{one} {two}"),
            }),
            recovery_key: chain.recovery.map(|key| key.0),
            at: device.at,
            head: chain.head,
            revoked: device.revoked,
            suspended: device.suspended.map(|by| by.as_str().to_owned()),
            has_been_suspended: device.has_been_suspended,
        })?;
    }
    Ok(())
}

/// The chain of an account as it was checked before.
pub(crate) fn trusted(step: &Step<'_>, handle: &Handle) -> Result<Option<Trusted>, EngineError> {
    let Some(identity) = step.identity()? else { return Ok(None) };
    let known = step.trusted(handle)?;
    let Some(head) = known.first().map(|device| device.head) else { return Ok(None) };
    let device = |it: TrustedDevice| Device {
        domain: identity.domain.clone(),
        handle: it.handle,
        id: it.device,
        key: PublicKey(it.key),
        officer: it.officer,
        bot: it.bot.map(|TrustedBot { owner, purpose, scope, until }| Bot {
            owner,
            purpose,
            scope: scope.as_deref().and_then(Scope::parse),
            until,
        }),
        guest: it.guest.map(|TrustedGuest { sponsor, rooms, until }| Guest { sponsor, rooms, until }),
        invited_by: it.invited_by,
        provider: it.provider,
        linked_by: it.linked_by,
        recovered: it.recovered_by.map(|by| {
            let names: Vec<Handle> = by.split_whitespace().filter_map(|name| name.parse().ok()).collect();
            match names.as_slice() {
                [one, two] => Recovered::Officers(one.clone(), two.clone()),
                _ => Recovered::Key,
            }
        }),
        at: it.at,
        revoked: it.revoked,
        suspended: it.suspended.as_deref().and_then(Suspender::parse),
        has_been_suspended: it.has_been_suspended,
    };
    let recovery = known.first().and_then(|device| device.recovery_key).map(PublicKey);
    // What the head was before is not asked for here.
    let heads = vec![head];
    let devices = known.into_iter().map(device).collect();
    Ok(Some(Trusted { devices, recovery, archive: None, head, heads }))
}
