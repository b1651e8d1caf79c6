//! History: told to the account's other devices, taken in from them, and kept for the day all of them are lost.

use crate::{
    clock::now,
    error::SdkError,
    live::{Live, News},
};
use chancery_engine::EngineError;
use chancery_vault::Found;
use chancery_wire::{api::Archive, problem::Code};

/// How long history waits after the server could not keep or read it, in milliseconds.
const AWAY: i64 = 60_000;

impl Live<'_> {
    /// Tells another device of this account a piece of what was said before it came, or takes one in; or keeps one for the recovery
    /// key. `all` does not wait for rooms to become quiet. Answers whether there was one.
    pub(crate) async fn history(&mut self, all: bool) -> Result<bool, SdkError> {
        if now().0 < self.later.max(self.away) {
            return Ok(false);
        }
        match self.next_of_history(all).await {
            // Where files lie is not there, or full. What is said now goes on without it.
            Err(error) if error.is(Code::Busy) || error.is(Code::Full) => {
                self.away = now().0.saturating_add(AWAY);
                Ok(false)
            }
            done => done,
        }
    }

    async fn next_of_history(&mut self, all: bool) -> Result<bool, SdkError> {
        if !self.client.engine.has_history()? {
            return self.archive(all).await;
        }
        if let Some(telling) = self.client.engine.next_telling(now())? {
            self.client.tell_history(&telling).await?;
            return Ok(true);
        }
        let Some(told) = self.client.engine.next_told()? else { return self.archive(all).await };
        let taken = match self.client.read_history(&told).await {
            Ok(bytes) => self.client.engine.take_history(&told, Some(&bytes), now()).map_err(SdkError::from),
            Err(error) => Err(error),
        };
        match taken {
            Ok(()) => return Ok(true),
            Err(SdkError::Refused(problem)) if matches!(problem.status, 403 | 404) => {}
            Err(error @ SdkError::Engine(EngineError::BadFile)) => {
                self.news.push(News::Alarm(told.room, error.to_string()));
            }
            Err(error) => return Err(error),
        }
        // There will never be anything of it.
        self.client.engine.take_history(&told, None, now())?;
        Ok(true)
    }

    /// Asks what lies in the archive, where the account came back as this device by its recovery key.
    pub(crate) async fn look_into_archive(&mut self) -> Result<(), SdkError> {
        if self.client.engine.seeks_archive()? {
            let archive: Archive = self.get("/v1/archive").await?;
            self.client.engine.archive_lies(&archive, now())?;
        }
        Ok(())
    }

    /// Takes in a block of the archive, or puts one there. Answers whether there was one.
    async fn archive(&mut self, all: bool) -> Result<bool, SdkError> {
        if let Some(found) = self.client.engine.next_archived()? {
            self.take_archived(&found).await?;
            return Ok(true);
        }
        self.client.keep_block(all).await
    }

    async fn take_archived(&mut self, found: &Found) -> Result<(), SdkError> {
        let Found { room, number, device } = found;
        let path = format!("/v1/archive/{room}/{number}/{device}");
        match self.client.http.bytes(&self.identity, &path).await {
            Ok(sealed) => match self.client.engine.take_archived(found, &sealed, now()) {
                Ok(()) => return Ok(()),
                Err(error @ EngineError::BadBlock) => {
                    self.news.push(News::Alarm(*room, error.to_string()));
                }
                Err(error) => return Err(error.into()),
            },
            Err(error) if error.is(Code::NoBlock) => {}
            Err(error) => return Err(error),
        }
        Ok(self.client.engine.drop_archived(found, now())?)
    }
}
