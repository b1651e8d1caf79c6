//! Revoking: a device of an account says that another one speaks for it no more.

use chancery_transparency::{Sign, revoke, revoke_as_officer};
use chancery_vault::TrustedDevice;
use chancery_wire::{
    ids::{DeviceId, RoomId},
    names::Handle,
    time::Instant,
};

use crate::{engine::Engine, error::EngineError, trust::trusted};

impl Engine {
    /// The entry of the account's chain that revokes another device. Sessions end and rooms are left as others take it in. A recovery
    /// key that the other device has set is worth nothing from then on: whoever has the device may have set it.
    pub fn revoke(&mut self, device: DeviceId, now: Instant) -> Result<Vec<u8>, EngineError> {
        self.turn(now, |turn| {
            let me = &turn.me.identity;
            let chain = trusted(turn.step, &me.handle)?.ok_or(EngineError::NotEnrolled)?;
            if device == me.device {
                return Err(EngineError::ThisDevice);
            }
            let keeps_key = turn.step.archive_key()?.is_none_or(|(_, by)| by != device);
            revoke(&chain, (me.device, turn.me), (device, keeps_key), now).ok_or(EngineError::NoDevice)
        })
    }

    /// The entry by which this device, an officer's, revokes one of another account whose chain is known here; and whether the recovery
    /// key of that account is worth something on.
    pub fn revoke_of(
        &mut self,
        handle: &Handle,
        (device, keeps_key): (DeviceId, bool),
        now: Instant,
    ) -> Result<Vec<u8>, EngineError> {
        self.turn(now, |turn| {
            let me = &turn.me.identity;
            let officers = trusted(turn.step, &me.handle)?.ok_or(EngineError::NotEnrolled)?;
            if *handle == me.handle {
                return Err(EngineError::ThisDevice);
            }
            if !officers.devices.iter().any(|it| it.id == me.device && it.officer) {
                return Err(EngineError::NotForOthers);
            }
            let chain = trusted(turn.step, handle)?.ok_or(EngineError::NoDevice)?;
            let officer = (&officers, me.device, turn.me as &dyn Sign);
            let entry = revoke_as_officer(&chain, officer, (device, keeps_key), now);
            entry.ok_or(EngineError::NoDevice)
        })
    }

    /// The device that has set this account's recovery key, if there is one.
    pub fn recovery_key_by(&self) -> Result<Option<DeviceId>, EngineError> {
        self.look(|step, _| Ok(step.archive_key()?.map(|(_, by)| by)))
    }

    /// The devices of an account, as far as its chain is known here.
    pub fn devices_of(&self, handle: &Handle) -> Result<Vec<TrustedDevice>, EngineError> {
        self.look(|step, _| Ok(step.trusted(handle)?))
    }

    /// The rooms of this device in which a device still is, such as one that was revoked and not taken out everywhere yet.
    pub fn rooms_with(&self, device: DeviceId) -> Result<Vec<RoomId>, EngineError> {
        let inside =
            self.rooms()?.into_iter().filter(|room| room.members.iter().any(|it| it.device == device));
        Ok(inside.map(|room| room.id).collect())
    }
}
