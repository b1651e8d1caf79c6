//! An organisation that was founded once: its vaults and key packages, copied into every schedule, because making hundreds of
//! post-quantum keys anew for each would be most of the work.

use std::path::Path;

use chancery_engine::{Engine, Opener};
use chancery_transparency::{AccountKind, Root, Secret};
use chancery_vault::{Vault, VaultKey};
use chancery_wire::{
    api::{self, Chain, Chains, Deposit},
    bytes::Opaque,
    ids::DeviceId,
    names::Handle,
    time::{DAY, Instant},
};

use chancery_play::person::{handle, link, today};

use crate::draws::{Draws, Fuse};

/// The cast. Alice founds and invites the others.
pub(crate) const NAMES: [&str; 8] = ["alice", "bob", "carol", "dora", "erin", "frank", "grace", "heidi"];
/// How many devices an account has at most when a schedule begins.
pub(crate) const DEVICES: usize = 2;

/// A device, ready to be copied.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// Its id.
    pub(crate) id: DeviceId,
    /// Its vault.
    pub(crate) vault: Vec<u8>,
    /// Its key packages.
    pub(crate) deposit: Deposit,
}

/// An account with so many devices.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// Its chain.
    pub(crate) chain: Chain,
    /// Its devices, in the order of the chain.
    pub(crate) devices: Vec<Model>,
}

/// The organisation.
#[derive(Debug)]
pub struct Template {
    /// When it was made; every schedule begins a little later.
    pub(crate) at: Instant,
    /// For each account: with one device, with two, and so on.
    pub(crate) accounts: Vec<(Handle, Vec<Stage>)>,
    /// What each has put away for the day all devices are lost.
    pub(crate) secrets: Vec<Secret>,
    /// The organisation's root.
    pub(crate) root: Root,
}

/// The vault in a file. Every vault here has the same key.
pub(crate) fn vault(file: &Path) -> Vault {
    Vault::open(file, &VaultKey::from_bytes([7; 32])).unwrap()
}

struct Maker<'d> {
    dir: &'d Path,
    seed: u64,
    at: Instant,
}

impl Maker<'_> {
    fn engine(&mut self, name: &str) -> (std::path::PathBuf, Engine) {
        self.seed += 1;
        let file = self.dir.join(name);
        let engine = Engine::new(vault(&file), Box::new(Draws::new(self.seed, &Fuse::default())));
        (file, engine)
    }

    /// The device is enrolled; what it is when its program is closed.
    fn close(&self, mut engine: Engine, file: &Path) -> Model {
        engine.enrolled().unwrap();
        let deposit = engine.restock(0, self.at).unwrap().unwrap();
        let id = engine.identity().unwrap().unwrap().device;
        drop(engine);
        Model { id, vault: std::fs::read(file).unwrap(), deposit }
    }
}

impl Template {
    /// Founds the organisation, in files below `dir`.
    pub fn found(dir: &Path) -> Self {
        // The library checks key packages against the real time too. It goes on from three weeks ago, so that devices can
        // live through two of them.
        let at = Instant(today().0 / 60_000 * 60_000).plus_seconds(-21 * DAY);
        let mut maker = Maker { dir, seed: 0, at };
        let (mut accounts, mut secrets, mut root) = (Vec::new(), Vec::new(), None);
        let mut founder: Option<(std::path::PathBuf, Chain)> = None;
        for name in NAMES {
            let (file, mut engine) = maker.engine(name);
            let entry = match &founder {
                None => {
                    let domain = "bank.example".parse().unwrap();
                    engine.found("https://bank.example", &domain, &handle(name), b"code", at).unwrap().entry
                }
                Some((alice, chain)) => {
                    let mut alice = Engine::new(vault(alice), Box::new(Draws::new(7, &Fuse::default())));
                    let (invitation, link) = alice.invite(&handle(name), &AccountKind::Person, at).unwrap();
                    let Opener::Join(id, secret, root) = &link.opener else { panic!("not an invitation") };
                    let offered = api::Invitation {
                        id: *id,
                        handle: handle(name),
                        until: at,
                        invitation: Opaque(invitation),
                        chains: vec![chain.clone()],
                    };
                    engine.join(&link.server, (*id, secret, *root), &offered, at).unwrap().entry
                }
            };
            engine.enrolled().unwrap();
            let mut chain = Chain { handle: handle(name), entries: vec![Opaque(entry)] };
            let (entry, link) = engine.make_recovery_key(true, at).unwrap();
            let Opener::Recover(_, secret, of) = link.unwrap().opener else { panic!("not a recovery link") };
            secrets.push(secret);
            root = Some(of);
            chain.entries.push(Opaque(entry));
            let alice = founder.iter().map(|(_, chain)| chain.clone());
            let chains = Chains { chains: alice.chain([chain.clone()]).collect() };
            engine.trust(&[handle(name)], &chains, at).unwrap();
            let model = maker.close(engine, &file);
            if founder.is_none() {
                founder = Some((file.clone(), chain.clone()));
            }
            let mut stages = vec![Stage { chain, devices: vec![model] }];
            for number in 2..=DEVICES {
                let next = stage(&mut maker, &stages[number - 2], &file, &format!("{name}-{number}"));
                stages.push(next);
            }
            accounts.push((handle(name), stages));
        }
        let root = root.unwrap();
        Self { at, accounts, secrets, root }
    }
}

/// One device more.
fn stage(maker: &mut Maker<'_>, before: &Stage, first: &Path, name: &str) -> Stage {
    let Stage { mut chain, mut devices } = before.clone();
    let mut old = Engine::new(vault(first), Box::new(Draws::new(maker.seed + 1000, &Fuse::default())));
    let (file, mut new) = maker.engine(name);
    let entry = link(&mut old, &mut new, maker.at);
    chain.entries.push(Opaque(entry));
    drop(old);
    devices.push(maker.close(new, &file));
    Stage { chain, devices }
}
