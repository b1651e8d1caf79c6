//! The archive: what was said is kept on the server for the day all devices are lost, sealed to a key that no device has
//! (`protocol/devices.md`, *Archive*).

use chancery_groups::suites::preferred;
use chancery_transparency::{BlockName, PublicKey, Secret, archive_seed};
use chancery_vault::{Block, Found, VaultError};
use chancery_wire::{
    api::Archive,
    archive::BLOCK_LIMIT,
    files::padded,
    ids::{DeviceId, RoomId},
    names::{Domain, Handle},
    time::Instant,
};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::{
    crypto::OpenMlsCrypto as _,
    types::{HpkeCiphertext, HpkeKeyPair},
};

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
};

/// What a key is encapsulated for. Stored.
const PURPOSE: &[u8] = b"chancery archive 1";
/// How many bytes the public half of a recovery key has.
const KEY: usize = 32;
/// How many bytes the key has that is encapsulated for a block: X-Wing's.
const ENCAPSULATED: usize = 1120;
/// How long a room is quiet, in seconds, before what was said there is kept: not every message is sealed alone.
const SETTLED: i64 = 120;

/// A block of a room, sealed, and where it belongs.
#[derive(Debug)]
pub struct SealedBlock {
    /// What it was made of.
    pub block: Block,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
}

impl Engine {
    /// The block that is to be put into the archive next. `all` does not wait for rooms to become quiet.
    pub fn next_block(&mut self, all: bool, now: Instant) -> Result<Option<SealedBlock>, EngineError> {
        let upto = if all { Instant(i64::MAX) } else { now.plus_seconds(-SETTLED) };
        if !self.look(|step, _| Ok(step.is_archive_due(upto)?))? {
            return Ok(None);
        }
        self.turn(now, |turn| {
            let Some(block) = turn.step.next_due(upto)? else { return Ok(None) };
            match turn.seal_block(&block) {
                Ok(bytes) => Ok(Some(SealedBlock { block, bytes })),
                // To a key that is none nothing can be sealed; the next one is in the chain.
                Err(EngineError::Mls(_)) => Ok(turn.step.keep_archive_key(None).map(|()| None)?),
                Err(error) => Err(error),
            }
        })
    }

    /// A block is in the archive; or the server takes none like it.
    pub fn archived(&mut self, it: &SealedBlock, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| Ok(turn.step.archived(&it.block)?))
    }

    /// Whether something is still to be put into the archive.
    pub fn has_to_keep(&self) -> Result<bool, EngineError> {
        self.look(|step, _| Ok(step.is_archive_due(Instant(i64::MAX))?))
    }

    /// Whether the server is to be asked what lies in the archive: the account came back as this device by its recovery key.
    pub fn seeks_archive(&self) -> Result<bool, EngineError> {
        self.look(|step, _| Ok(step.seeks_archive()?))
    }

    /// Takes in what lies in the archive: it is read block by block, as the rooms come.
    pub fn archive_lies(&mut self, archive: &Archive, now: Instant) -> Result<(), EngineError> {
        let found: Vec<Found> = archive
            .blocks
            .iter()
            .map(|it| Found { room: it.room, number: it.block, device: it.device })
            .collect();
        self.turn(now, |turn| Ok(turn.step.keep_found(&found)?))
    }

    /// The next block of the archive that can be taken in.
    pub fn next_archived(&self) -> Result<Option<Found>, EngineError> {
        self.look(|step, _| Ok(step.next_found()?))
    }

    /// Takes in a block of the archive. What is here already stays as it is.
    pub fn take_archived(&mut self, found: &Found, sealed: &[u8], now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| {
            let Some(secret) = turn.step.archive_secret()? else { return Ok(()) };
            let lines = turn.open_block(found, &Secret(secret), sealed)?;
            let mut room = turn.room(found.room)?;
            turn.take_in((room.id, None), room.joined, &lines).map_err(|error| match error {
                EngineError::BadFile => EngineError::BadBlock,
                error => error,
            })?;
            // What was said before it came is no news on this device.
            room.read = room.read.max(room.joined);
            turn.step.keep_room(&room)?;
            Ok(turn.step.found_taken(found)?)
        })
    }

    /// Blocks that were taken in and have no use any more, because this one is in the archive in their place.
    pub fn replaced(&self, it: &SealedBlock) -> Result<Vec<Found>, EngineError> {
        self.look(|step, _| Ok(step.replaced(&it.block)?))
    }

    /// A block of the archive is there no more, or is none.
    pub fn drop_archived(&mut self, found: &Found, now: Instant) -> Result<(), EngineError> {
        self.turn(now, |turn| Ok(turn.step.drop_found(found)?))
    }
}

impl Turn<'_> {
    fn seal_block(&self, block: &Block) -> Result<Vec<u8>, EngineError> {
        let damaged = || VaultError::Damaged("archive");
        let (key, _) = self.step.archive_key()?.ok_or_else(damaged)?;
        let own = self.step.trusted(&self.me.identity.handle)?;
        let recovery = own.first().and_then(|device| device.recovery_key).ok_or_else(damaged)?;
        let name = self.block(block.room, block.number, self.me.identity.device);
        let mut kept = name.sign(block.lines.clone(), self.me);
        kept.resize(usize::try_from(padded(kept.len() as u64)).unwrap_or(BLOCK_LIMIT), 0);
        let config = preferred().code().hpke_config();
        let sealed = self
            .crypto()
            .hpke_seal(config, &key, PURPOSE, &name.bound(), &kept)
            .map_err(|_| EngineError::Mls("what was said cannot be sealed for the recovery key"))?;
        Ok([&recovery[..], sealed.kem_output.as_slice(), sealed.ciphertext.as_slice()].concat())
    }

    fn open_block(&self, it: &Found, secret: &Secret, sealed: &[u8]) -> Result<Vec<u8>, EngineError> {
        let name = self.block(it.room, it.number, it.device);
        // Also a device that was revoked since has kept what was said.
        let devices = self.step.trusted(&name.handle)?;
        let by = devices.iter().find(|device| device.device == it.device).ok_or(EngineError::BadBlock)?;
        let (encapsulated, ciphertext) = sealed
            .get(KEY..)
            .and_then(|sealed| sealed.split_at_checked(ENCAPSULATED))
            .ok_or(EngineError::BadBlock)?;
        let sealed = HpkeCiphertext { kem_output: encapsulated.into(), ciphertext: ciphertext.into() };
        let pair = archive_keys(self.crypto(), (&name.domain, &name.handle, secret))?;
        let config = preferred().code().hpke_config();
        let kept = self
            .crypto()
            .hpke_open(config, &sealed, &pair.private, PURPOSE, &name.bound())
            .map_err(|_| EngineError::BadBlock)?;
        name.checked(&kept, &PublicKey(by.key)).ok_or(EngineError::BadBlock)
    }

    fn block(&self, room: RoomId, block: u64, device: DeviceId) -> BlockName {
        let (domain, handle) = (self.me.identity.domain.clone(), self.me.identity.handle.clone());
        BlockName { domain, handle, device, room, block }
    }
}

/// The key pair that is made of the secret in a recovery link: what the archive is sealed to, and what opens it.
pub(crate) fn archive_keys(
    crypto: &RustCrypto,
    (domain, handle, secret): (&Domain, &Handle, &Secret),
) -> Result<HpkeKeyPair, EngineError> {
    let seed = zeroize::Zeroizing::new(archive_seed(domain, handle, secret));
    crypto
        .derive_hpke_keypair(preferred().code().hpke_config(), seed.as_slice())
        .map_err(|_| EngineError::Mls("the key of the archive cannot be made"))
}
