//! Linking another device: begun on the one that is there, compared by the person, finished on both.

use std::time::Duration;

use chancery_engine::{Asking, Link, Linking, Opener};
use chancery_vault::Identity;
use chancery_wire::{
    api::{self, Account, Parts},
    bytes::Opaque,
    ids::{DeviceId, LinkingId, RoomId},
    names::Handle,
    problem::Code,
};
use reqwest::Method;

use crate::{
    client::Client,
    clock::{now, sleep},
    error::SdkError,
    files::insist,
    live::News,
    net::Http,
};

/// How often the other device's next part is looked for.
const LOOK: Duration = Duration::from_millis(400);
/// How long a part is tried again while the server is away.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// How long bringing a device into its rooms may take.
pub(crate) const BRING: Duration = Duration::from_mins(1);

/// On the new device: what the person compares before anything is linked.
#[derive(Debug)]
pub struct Compared {
    asking: Asking,
    server: String,
    /// The words that the person types on the other device.
    pub words: String,
    /// Whose device this is to be.
    pub handle: Handle,
}

impl Client {
    /// Opens a meeting with another device. The link in it is for that device only, and links nothing by itself.
    pub async fn begin_linking(&mut self) -> Result<Linking, SdkError> {
        // What the account's chain is now, the new entry follows from.
        self.sync(BRING, &mut |_| {}).await?;
        let linking = self.engine.begin_linking(now())?;
        let meet = api::Meet { linking: linking.id, of: None };
        let _: Parts = self.ask(Method::POST, "/v1/linkings", Some(&meet)).await?;
        Ok(linking)
    }

    /// Waits for the other device, and answers with the words that it has to show as well.
    pub async fn meet(&mut self, linking: &mut Linking) -> Result<String, SdkError> {
        let offer = part(&self.http, linking.id, 1).await?;
        let answer = linking.offered(&offer)?;
        say(&self.http, linking.id, 2, answer).await?;
        Ok(linking.revealed(&part(&self.http, linking.id, 3).await?)?)
    }

    /// Links the other device, once the person has compared the words, and brings it into all rooms.
    pub async fn link_device(
        &mut self,
        linking: &Linking,
        watch: &mut dyn FnMut(News),
    ) -> Result<(), SdkError> {
        let grant = self.engine.grant(linking, now())?;
        say(&self.http, linking.id, 4, grant).await?;
        if !linking.is_ready(&part(&self.http, linking.id, 5).await?) {
            return Err(chancery_engine::EngineError::Linking.into());
        }
        self.sync(BRING, watch).await?;
        say(&self.http, linking.id, 6, linking.brought()).await
    }

    /// The words were not the same: the other device hears that it will not be linked, or vouched for.
    pub async fn turn_down(&mut self, linking: &Linking) -> Result<(), SdkError> {
        say(&self.http, linking.id, 4, linking.turned_down()).await
    }

    /// Revokes another device of this account: from then on the server knows it no more. It is taken out of the rooms that this
    /// device is in; answers those in which it still is, because that could not be done yet.
    pub async fn revoke(
        &mut self,
        device: DeviceId,
        watch: &mut dyn FnMut(News),
    ) -> Result<Vec<RoomId>, SdkError> {
        self.sync(BRING, watch).await?;
        // Broken off, the same is asked again.
        if self.devices()?.iter().any(|it| it.device == device && it.revoked) {
            return self.still_in(device);
        }
        let revoke = api::Revoke { entry: Opaque(self.engine.revoke(device, now())?) };
        let _: Account = self.ask(Method::POST, "/v1/devices/revocations", Some(&revoke)).await?;
        // At the next connection this device sees the chain as it is now, and takes the other one out.
        self.sync(BRING, watch).await?;
        self.still_in(device)
    }

    /// The rooms of this device in which another one still is.
    pub fn still_in(&self, device: DeviceId) -> Result<Vec<RoomId>, SdkError> {
        Ok(self.engine.rooms_with(device)?)
    }

    /// On the new device: goes on with a linking that was broken off after the other device had granted it, if there is one.
    pub async fn resume_linking(
        &mut self,
        link: &str,
        watch: &mut dyn FnMut(News),
    ) -> Result<Option<Identity>, SdkError> {
        let Link { server, opener: Opener::Link(id, secret, _) } = link.parse()? else {
            return Err(SdkError::OtherLink);
        };
        let Some((identity, ready)) = self.engine.granted_before((id, &secret))? else { return Ok(None) };
        self.go_to(&server)?;
        self.come_in(id, &identity, ready, watch).await.map(Some)
    }

    /// On the new device: meets the other one, and answers with what the person compares.
    pub async fn ask_to_be_linked(&mut self, link: &str) -> Result<Compared, SdkError> {
        let Link { server, opener: Opener::Link(id, secret, root) } = link.parse()? else {
            return Err(SdkError::OtherLink);
        };
        self.go_to(&server)?;
        let mut asking = self.engine.ask_to_be_linked((id, &secret, root))?;
        say(&self.http, id, 1, asking.offer()).await?;
        let (reveal, words, handle) = asking.answered(&part(&self.http, id, 2).await?)?;
        say(&self.http, id, 3, reveal).await?;
        Ok(Compared { asking, server, words, handle })
    }

    /// On the new device: waits until the person has compared the words on the other one, and belongs to the account then.
    pub async fn be_linked(
        &mut self,
        compared: &Compared,
        watch: &mut dyn FnMut(News),
    ) -> Result<Identity, SdkError> {
        let id = compared.asking.id;
        let identity =
            self.engine.granted(&compared.asking, &compared.server, &part(&self.http, id, 4).await?)?;
        self.come_in(id, &identity, compared.asking.ready(), watch).await
    }

    async fn come_in(
        &mut self,
        id: LinkingId,
        identity: &Identity,
        ready: Vec<u8>,
        watch: &mut dyn FnMut(News),
    ) -> Result<Identity, SdkError> {
        let link = api::Link { entry: Opaque(identity.entry.clone()) };
        let _: Account = self.http.open(Method::POST, "/v1/devices", Some(&link)).await?;
        self.engine.enrolled()?;
        // Leaves key packages with the server, and checks that the account leads down to the root in the link.
        self.sync(BRING, watch).await?;
        // It is linked. When the other device is gone, this one comes into its rooms when that is back.
        if say(&self.http, id, 5, ready).await.is_ok() && part(&self.http, id, 6).await.is_ok() {
            self.sync(BRING, watch).await?;
        }
        self.enrolled()
    }
}

/// Waits for a part.
pub(crate) async fn part(http: &Http, id: LinkingId, number: usize) -> Result<Vec<u8>, SdkError> {
    loop {
        let said = insist(PATIENCE, async || parts(http, id).await).await?;
        if let Some(Opaque(part)) = said.parts.into_iter().nth(number - 1) {
            return Ok(part);
        }
        sleep(LOOK).await;
    }
}

async fn parts(http: &Http, id: LinkingId) -> Result<Parts, SdkError> {
    http.open(Method::GET, &format!("/v1/linkings/{id}/parts"), None::<&()>).await
}

/// Says a part.
pub(crate) async fn say(http: &Http, id: LinkingId, number: u8, part: Vec<u8>) -> Result<(), SdkError> {
    let path = format!("/v1/linkings/{id}/parts");
    let part = api::SayPart { number, part: Opaque(part) };
    insist(PATIENCE, async || {
        let said: Result<Parts, SdkError> = http.open(Method::PUT, &path, Some(&part)).await;
        match said {
            // The answer may have been lost.
            Err(error) if error.is(Code::OtherPart) => {
                let there = parts(http, id).await?.parts;
                let same = there.get(usize::from(number) - 1).is_some_and(|there| *there == part.part);
                if same { Ok(()) } else { Err(error) }
            }
            said => said.map(drop),
        }
    })
    .await
}
