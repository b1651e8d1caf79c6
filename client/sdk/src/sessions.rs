//! Sessions of the account: which are open, and ending one.

use chancery_wire::{api::Sessions, ids::SessionId, time::Instant};
use reqwest::Method;

use crate::{client::Client, error::SdkError};

impl Client {
    /// Takes up the roles of this account in this session, for so many minutes; its owner approves that with a passkey. Answers until when.
    pub async fn elevate(&mut self, minutes: u32) -> Result<Instant, SdkError> {
        let identity = self.enrolled()?;
        let until = self.http.elevate(&identity, minutes).await?;
        self.keep_session()?;
        Ok(until)
    }

    /// The open sessions of all devices of this account, as the server has them.
    pub async fn sessions(&mut self) -> Result<Sessions, SdkError> {
        self.ask(Method::GET, "/v1/sessions", None::<&()>).await
    }

    /// Ends a session of this account. Its device signs in again by itself for as long as it is the account's.
    pub async fn end_session(&mut self, session: SessionId) -> Result<(), SdkError> {
        let path = format!("/v1/sessions/{session}");
        self.ask(Method::DELETE, &path, None::<&()>).await
    }
}
