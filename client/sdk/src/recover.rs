//! Coming back after all devices are lost, and helping somebody to.

use chancery_engine::{Asking, Engine, EngineError, Link, Linking, Opener};
use chancery_vault::{Identity, TrustedDevice};
use chancery_wire::{
    api::{self, Account, Ceremony, Chains, Parts},
    bytes::Opaque,
    ids::{DeviceId, LinkingId},
    names::Handle,
    problem::Code,
};
use reqwest::Method;

use crate::{
    client::Client,
    clock::now,
    error::SdkError,
    files::insist,
    link::{BRING, PATIENCE, part, say},
    live::News,
    passkeys::hold_without_device,
};

/// On the new device: what the person says to the officer before anything is approved.
#[derive(Debug)]
pub struct Vouching {
    asking: Asking,
    server: String,
    /// The words that the person reads out.
    pub words: String,
    /// Whose device this is to be.
    pub handle: Handle,
}

impl Client {
    /// Makes the key that brings this account back when all its devices are lost, in the place of any earlier one; or takes it away.
    /// The link is shown once and kept nowhere.
    pub async fn make_recovery_key(&mut self, keep: bool) -> Result<Option<Link>, SdkError> {
        let identity = self.enrolled()?;
        self.sync(BRING, &mut |_| {}).await?;
        let (entry, link) = self.engine.make_recovery_key(keep, now())?;
        let ask = api::KeepRecoveryKey { entry: Opaque(entry) };
        let kept: Result<Account, SdkError> = self.ask(Method::PUT, "/v1/recovery-key", Some(&ask)).await;
        match kept {
            Ok(_) => {}
            // Perhaps it was kept, and only the answer was lost: the chain says.
            Err(error @ SdkError::Unreachable(_)) => {
                insist(PATIENCE, async || self.devices_of(&identity.handle).await)
                    .await
                    .map_err(|_| error)?;
                if !self.engine.is_recovery_key(link.as_ref())? {
                    return Err(SdkError::Unreachable("no recovery link was made".to_owned()));
                }
            }
            Err(error) => return Err(error),
        }
        self.sync(BRING, &mut |_| {}).await?;
        Ok(link)
    }

    /// The devices of an account, as the server shows them now and as they hold.
    pub async fn devices_of(&mut self, handle: &Handle) -> Result<Vec<TrustedDevice>, SdkError> {
        let identity = self.enrolled()?;
        self.http.read_chains(&mut self.engine, &identity, std::slice::from_ref(handle)).await?;
        self.keep_session()?;
        Ok(self.engine.devices_of(handle)?)
    }

    /// Revokes a device of another account, as an officer; and says whether its recovery key is worth something on.
    pub async fn revoke_of(
        &mut self,
        handle: &Handle,
        (device, keeps_key): (DeviceId, bool),
    ) -> Result<(), SdkError> {
        // Broken off, the same is asked again.
        if self.devices_of(handle).await?.iter().any(|it| it.device == device && it.revoked) {
            return Ok(());
        }
        let revoke =
            api::Revoke { entry: Opaque(self.engine.revoke_of(handle, (device, keeps_key), now())?) };
        let _: Account = self.ask(Method::POST, "/v1/devices/revocations", Some(&revoke)).await?;
        Ok(())
    }

    /// Opens a meeting with the new device of somebody who has lost all others, as an officer. Go on with [`Client::meet`].
    pub async fn begin_vouching(&mut self, handle: &Handle) -> Result<Linking, SdkError> {
        self.devices_of(handle).await?;
        let linking = self.engine.begin_vouching(handle, now())?;
        let meet = api::Meet { linking: linking.id, of: Some(handle.clone()) };
        let _: Parts = self.ask(Method::POST, "/v1/linkings", Some(&meet)).await?;
        Ok(linking)
    }

    /// Approves the new device, once the officer has heard the words from the person.
    pub async fn approve(&mut self, linking: &Linking) -> Result<(), SdkError> {
        let approval = self.engine.approve(linking, now())?;
        say(&self.http, linking.id, 4, approval).await
    }

    /// On the new device: meets an officer, and answers with what the person reads out.
    pub async fn ask_to_be_vouched_for(&mut self, link: &str) -> Result<Vouching, SdkError> {
        let Link { server, opener: Opener::Vouch(id, secret, root) } = link.parse()? else {
            return Err(SdkError::OtherLink);
        };
        self.go_to(&server)?;
        let mut asking = self.engine.ask_to_be_vouched_for((id, &secret, root))?;
        say(&self.http, id, 1, asking.offer()).await?;
        let (reveal, words, handle) = asking.answered(&part(&self.http, id, 2).await?)?;
        say(&self.http, id, 3, reveal).await?;
        Ok(Vouching { asking, server, words, handle })
    }

    /// On the new device: waits for the officer. Answers with who this is once there are two; with nothing after the first one.
    pub async fn be_vouched_for(
        &mut self,
        vouching: &Vouching,
        watch: &mut dyn FnMut(News),
    ) -> Result<Option<Identity>, SdkError> {
        let id: LinkingId = vouching.asking.id;
        let approval = part(&self.http, id, 4).await?;
        let made = self.engine.vouched_for(&vouching.asking, &vouching.server, &approval, now())?;
        match made {
            Some(identity) => self.come_back(&identity, watch).await.map(Some),
            None => Ok(None),
        }
    }

    /// On a new device: brings an account back by its recovery link.
    pub async fn recover(&mut self, link: &str, watch: &mut dyn FnMut(News)) -> Result<Identity, SdkError> {
        let Link { server, opener: Opener::Recover(handle, secret, root) } = link.parse()? else {
            return Err(SdkError::OtherLink);
        };
        self.go_to(&server)?;
        // Interrupted anywhere, it goes on with what it made then.
        if let Some(identity) = self.engine.recovered_before(Some(&secret))? {
            match self.come_back(&identity, watch).await {
                Err(error) if error.is(Code::BadEntry) => self.engine.give_up()?,
                done => return done,
            }
        }
        if let Some(kept) = self.engine.identity()?.filter(|kept| kept.enrolled) {
            return Err(EngineError::Enrolled(kept.handle).into());
        }
        let domain = self.http.organisation().await?.domain;
        let ask = Engine::ask_recovery(&domain, (&handle, &secret), now());
        let chains: Chains = self.http.open(Method::POST, "/v1/recoveries", Some(&ask)).await?;
        let identity = self.engine.recover((&server, &domain), (&handle, &secret, root), &chains, now())?;
        self.come_back(&identity, watch).await
    }

    /// Goes on with an account that two officers have vouched for, where the server has not confirmed it.
    pub async fn resume_recovery(
        &mut self,
        watch: &mut dyn FnMut(News),
    ) -> Result<Option<Identity>, SdkError> {
        let Some(identity) = self.engine.recovered_before(None)? else { return Ok(None) };
        self.go_to(&identity.server)?;
        match self.come_back(&identity, watch).await {
            // It came to nothing, or was begun with a recovery link and no passkey.
            Err(error) if error.is(Code::BadEntry) || error.is(Code::Unconfirmed) => {
                self.engine.give_up()?;
                Ok(None)
            }
            done => done.map(Some),
        }
    }

    async fn come_back(
        &mut self,
        identity: &Identity,
        watch: &mut dyn FnMut(News),
    ) -> Result<Identity, SdkError> {
        let link = api::Link { entry: Opaque(identity.entry.clone()) };
        if !identity.enrolled {
            let come = (Method::POST, "/v1/devices");
            let done: Result<Account, _> = self.http.open(come.0.clone(), come.1, Some(&link)).await;
            if let Err(error) = done {
                if !error.is(Code::Unconfirmed) || self.http.ask_owner.is_none() {
                    return Err(error);
                }
                // The link alone is not enough where the account has a passkey.
                let ask: Result<Ceremony, _> =
                    self.http.open(Method::POST, "/v1/recoveries/approvals", Some(&link)).await;
                let ceremony = ask?;
                hold_without_device(&mut self.http, &ceremony).await?;
                let _: Account = self.http.open_approved(come, Some(&link), Some(ceremony.ceremony)).await?;
            }
            self.engine.enrolled()?;
        }
        // Leaves key packages with the server, and checks that the account leads down to the root in the link.
        self.sync(BRING, watch).await?;
        // Now it can be added: whoever is in a room with the account hears of it.
        let _: api::Pended = self.http.ask(identity, Method::POST, "/v1/rooms/pending", None::<&()>).await?;
        self.sync(BRING, watch).await?;
        self.enrolled()
    }
}
