//! Suspending accounts and restoring them, as an officer or as the organisation's directory.

use chancery_wire::{
    api::{self, Suspension, Suspensions},
    bytes::Opaque,
    names::Handle,
};
use reqwest::Method;

use crate::{client::Client, clock::now, error::SdkError};

impl Client {
    /// Suspends another account, or restores it, for officers and the directory. Suspended, none of its devices is heard from then on, and
    /// whoever is online takes them out of the rooms; restored, they come back where they were.
    pub async fn suspend(&mut self, handle: &Handle, suspended: bool) -> Result<Suspension, SdkError> {
        self.devices_of(handle).await?;
        let entry = Opaque(self.engine.suspend(handle, suspended, now())?);
        let suspend = api::Suspend { entry };
        self.ask(Method::POST, "/v1/suspensions", Some(&suspend)).await
    }

    /// The accounts that are suspended, and the rooms in which that is not carried out yet; for officers and the directory.
    pub async fn suspended(&mut self) -> Result<Suspensions, SdkError> {
        self.ask(Method::GET, "/v1/suspensions", None::<&()>).await
    }
}
