//! The organisation's directory: what a provider asks by SCIM is passed on to the server, and what follows from it is signed here.

use std::{collections::BTreeSet, time::Duration};

use bytes::Bytes;
use chancery_engine::{Filled, Progress, Want};
use chancery_wire::{api::Waiting, ids::RoomId, names::Handle, policy::Role};
use reqwest::Method;

use crate::{
    client::Client,
    clock::now,
    error::SdkError,
    heard::{heard, shown},
};

/// How long rooms may take to be filled.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is passed on to the server, and what it answers.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// The headers that say something of it: media type, versions, where it is.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// What followed from what the directory says.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Who was suspended.
    pub suspended: Vec<Handle>,
    /// Who was restored.
    pub restored: Vec<Handle>,
    /// With whom it could not be done, and why.
    pub failed: Vec<(Handle, String)>,
    /// Whom only an officer may suspend.
    pub officers: Vec<Handle>,
}

/// What was done in rooms that are filled from groups of the directory.
#[derive(Clone, Debug, Default)]
pub struct Filling {
    /// Who was brought in where.
    pub came: Vec<(RoomId, Handle)>,
    /// Who was taken out of where.
    pub went: Vec<(RoomId, Handle)>,
    /// With whom it could not be done, and why.
    pub failed: Vec<(RoomId, Handle, String)>,
    /// Where nothing can be done, and why.
    pub stuck: Vec<(RoomId, &'static str)>,
}

impl Client {
    /// Passes a request on to the server, as this device; answers the status and what the server says.
    pub async fn pass(
        &mut self,
        (method, path): (&str, &str),
        passed: &Passed,
    ) -> Result<(u16, Passed), SdkError> {
        let identity = self.enrolled()?;
        let answer = self.http.pass(&identity, (method, path), passed).await?;
        self.keep_session()?;
        let read = |body: &Bytes| serde_json::from_slice(body).unwrap_or_default();
        let (asked, answered) = (read(&passed.body), read(&answer.1.body));
        let said = heard((method, path), (answer.0, &asked, &answered), &identity.domain);
        // The provider would speak of the one from then on, and mean the other.
        if self.engine.is_contradicted(&said, &shown(&answered, &identity.domain))? {
            return Err(SdkError::Strange(
                "it shows somebody under the id of somebody else in the directory",
            ));
        }
        if !said.is_empty() {
            self.engine.hear(&said, now())?;
        }
        Ok(answer)
    }

    /// Fills a room from a group of the directory from now on, or from none: for the directory's program, which is a moderator there. What is
    /// to be done is done by [`Client::fill_rooms`].
    pub fn fill_room(&mut self, room: RoomId, group: Option<&str>) -> Result<(), SdkError> {
        Ok(self.engine.fill_room(room, group, now())?)
    }

    /// The rooms that are filled from groups of the directory, and what is to be done in each.
    pub fn filled_rooms(&self) -> Result<Vec<Filled>, SdkError> {
        Ok(self.engine.filled_rooms()?)
    }

    /// Brings into the rooms that are filled from groups of the directory who is in the group, and takes out who is not.
    pub async fn fill_rooms(&mut self) -> Result<Filling, SdkError> {
        let mut filling = Filling::default();
        if !self.engine.fills_rooms()? {
            return Ok(filling);
        }
        self.sync(PATIENCE, &mut |_| {}).await?;
        let (all, identity) = (self.filled_rooms()?, self.enrolled()?);
        let coming: BTreeSet<Handle> = all.iter().flat_map(|it| it.coming.iter().cloned()).collect();
        let coming: Vec<Handle> = coming.into_iter().collect();
        self.http.read_chains(&mut self.engine, &identity, &coming).await?;
        let mut moves = Vec::new();
        for it in all {
            filling.stuck.extend(it.stuck.map(|why| (it.room, why)));
            for handle in it.coming {
                // Whoever has no account yet comes in once they have.
                let devices = self.engine.devices_of(&handle)?;
                if devices.iter().any(|it| !it.revoked && it.suspended.is_none()) {
                    moves.push((it.room, handle.clone(), Want::Add(vec![handle], Role::Member)));
                }
            }
            moves.extend(it.going.into_iter().map(|handle| (it.room, handle.clone(), Want::Remove(handle))));
        }
        let mut wished = Vec::new();
        for (room, handle, want) in moves {
            let comes = matches!(want, Want::Add(..));
            match self.want(room, want) {
                Ok(wish) => wished.push((room, handle, comes, wish)),
                Err(error) => filling.failed.push((room, handle, error.to_string())),
            }
        }
        if !wished.is_empty() {
            self.sync(PATIENCE, &mut |_| {}).await?;
        }
        for (room, handle, comes, wish) in wished {
            match self.progress(wish)? {
                // It is wished for again, if it is still to be done.
                Progress::Refused(why) => {
                    self.dismiss(wish)?;
                    filling.failed.push((room, handle, why));
                }
                Progress::Done | Progress::Accepted if comes => filling.came.push((room, handle)),
                Progress::Done | Progress::Accepted => filling.went.push((room, handle)),
                Progress::Waiting => {}
            }
        }
        Ok(filling)
    }

    /// The accounts that stand otherwise than the directory says; for the directory and officers.
    pub async fn waiting(&mut self) -> Result<Waiting, SdkError> {
        let path = "/v1/provisioning/waiting";
        self.ask(Method::GET, path, None::<&()>).await
    }

    /// Signs what the directory says: suspends and restores the accounts that stand otherwise.
    pub async fn settle_directory(&mut self) -> Result<Settled, SdkError> {
        let Waiting { suspend, restore, officers } = self.waiting().await?;
        let mut settled = Settled { officers, ..Settled::default() };
        let all = suspend.into_iter().map(|it| (it, true)).chain(restore.into_iter().map(|it| (it, false)));
        for (handle, suspended) in all {
            match self.suspend(&handle, suspended).await {
                Ok(_) if suspended => settled.suspended.push(handle),
                Ok(_) => settled.restored.push(handle),
                Err(error @ SdkError::Unreachable(_)) => return Err(error),
                // The others do not wait for it.
                Err(error) => settled.failed.push((handle, error.to_string())),
            }
        }
        Ok(settled)
    }
}
