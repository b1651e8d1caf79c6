//! People, each with one device, made without a server: enrolled, invited by the first of them, with a key package.
//!
//! Most of them only lend their names: their engines make one key package and are gone. The server is told later
//! (`house`), by the entries and invitations kept here.

use std::collections::HashMap;

use chancery_engine::{Engine, Opener};
use chancery_vault::{Identity, Vault};
use chancery_wire::{
    api::{self, Chain, Chains, Claimed},
    bytes::Opaque,
    ids::InvitationId,
    names::Handle,
    time::Instant,
};

use crate::{Failure, Outcome, clock::Os};

/// The organisation everybody belongs to.
pub(crate) const DOMAIN: &str = "bank.example";

/// What is on paper about somebody.
#[derive(Debug)]
pub(crate) struct Paper {
    /// Who it is, with the key of the device.
    pub(crate) identity: Identity,
    /// The invitation that was used; the founder has none.
    pub(crate) invitation: Option<(InvitationId, Vec<u8>)>,
}

/// What a server would be asked for: chains and key packages.
#[derive(Debug, Default)]
pub(crate) struct Book {
    founder: Vec<Chain>,
    chains: HashMap<Handle, Chain>,
    packages: HashMap<Handle, Opaque>,
}

/// Everybody.
#[derive(Debug)]
pub(crate) struct People {
    /// The founder first.
    pub(crate) papers: Vec<Paper>,
    /// The devices of the first of them that take part themselves.
    pub(crate) engines: Vec<Engine>,
    /// Chains and key packages of all.
    pub(crate) book: Book,
}

impl People {
    /// Gathers `count` people, the first `awake` of them with devices that take part.
    pub(crate) fn gather(count: usize, awake: usize, now: Instant) -> Outcome<Self> {
        let handle: Handle = "p0".parse()?;
        let mut founder = blank()?;
        founder.found("http://127.0.0.1", &DOMAIN.parse()?, &handle, b"code", now)?;
        let mut people = Self { papers: vec![], engines: vec![], book: Book::default() };
        let mut first = people.enter(founder, None, now)?;
        for number in 1..count {
            let (engine, invitation) = people.invited(&mut first, &format!("p{number}").parse()?, now)?;
            let engine = people.enter(engine, Some(invitation), now)?;
            if number < awake {
                people.engines.push(engine);
            }
        }
        people.engines.insert(0, first);
        Ok(people)
    }

    fn invited(
        &self,
        by: &mut Engine,
        handle: &Handle,
        now: Instant,
    ) -> Outcome<(Engine, (InvitationId, Vec<u8>))> {
        let (signed, link) = by.invite(handle, &chancery_transparency::Kind::Person, now)?;
        let Opener::Join(id, secret, root) = &link.opener else {
            return Err("no invitation was made".into());
        };
        let offered = api::Invitation {
            id: *id,
            handle: handle.clone(),
            until: now,
            invitation: Opaque(signed.clone()),
            chains: self.book.founder.clone(),
        };
        let mut engine = blank()?;
        engine.join(&link.server, (*id, secret, *root), &offered, now)?;
        Ok((engine, (*id, signed)))
    }

    /// Writes somebody down, with one key package that may be used again and again.
    fn enter(
        &mut self,
        mut engine: Engine,
        invitation: Option<(InvitationId, Vec<u8>)>,
        now: Instant,
    ) -> Outcome<Engine> {
        engine.enrolled()?;
        let identity = engine.identity()?.ok_or("nobody was enrolled")?;
        let (handle, entries) = (identity.handle.clone(), vec![Opaque(identity.entry.clone())]);
        let chain = Chain { handle: handle.clone(), entries };
        if invitation.is_none() {
            self.book.founder.push(chain.clone());
        }
        self.book.chains.insert(handle.clone(), chain);
        // Half of a stock is there, as it were: fewer packages to make.
        let package = engine.restock(12, now)?.and_then(|deposit| deposit.last_resort);
        self.book.packages.insert(handle, package.ok_or("no key package was made")?);
        self.papers.push(Paper { identity, invitation });
        Ok(engine)
    }

    /// The accounts from one number up to, and without, another.
    pub(crate) fn handles(&self, from: usize, to: usize) -> Vec<Handle> {
        let some = self.papers.iter().take(to).skip(from);
        some.map(|paper| paper.identity.handle.clone()).collect()
    }

    /// What is on paper about one of them.
    pub(crate) fn paper(&self, number: usize) -> Outcome<&Paper> {
        Ok(self.papers.get(number).ok_or("there are not that many people")?)
    }

    /// One of those who take part, and the book.
    pub(crate) fn awake(&mut self, number: usize) -> Outcome<(&mut Engine, &Book)> {
        let engine = self.engines.get_mut(number).ok_or("there are not that many devices")?;
        Ok((engine, &self.book))
    }
}

impl Book {
    /// Key packages, as a claim is answered.
    pub(crate) fn claims(&self, handles: &[Handle]) -> Vec<(Handle, Result<Claimed, String>)> {
        let claim = |handle: &Handle| {
            let found = self.packages.get(handle).ok_or("there is no such account");
            let claimed = found.map(|package| Claimed { packages: vec![package.clone()] });
            (handle.clone(), claimed.map_err(str::to_owned))
        };
        handles.iter().map(claim).collect()
    }

    /// Chains, as the server answers: the founder's first, since everybody's rests on it.
    pub(crate) fn chains(&self, handles: &[Handle]) -> Chains {
        let asked = handles.iter().filter_map(|handle| self.chains.get(handle));
        Chains { chains: self.founder.iter().chain(asked).cloned().collect() }
    }
}

/// A device that belongs to nobody yet, with a vault in memory.
fn blank() -> Result<Engine, Failure> {
    Ok(Engine::new(Vault::in_memory()?, Box::new(Os)))
}
