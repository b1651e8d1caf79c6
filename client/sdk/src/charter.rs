//! The charter: who holds which role. Read and checked here, amended with this device's signature; and what roles let somebody do.

use std::sync::Arc;

use chancery_engine::{Engine, EngineError};
use chancery_transparency::{Act, Amendment, Change, Charter};
use chancery_vault::Identity;
use chancery_wire::{
    api::{
        self, Agree, Amend, Amended, ApartRoom, ApartRooms, AskChains, CHAINS_LIMIT, Chains, Explain,
        Explanation, Facts, Guests, Proposals, Sessions, WaitingRequest, WaitingRequests,
    },
    bytes::Opaque,
    ids::{AmendmentId, RequestId},
    names::Handle,
    time::Instant,
};
use reqwest::Method;

use crate::{client::Client, clock::now, error::SdkError, net::Http};

impl Client {
    /// The charter as it stands, checked down to the root; and nothing of what was seen of it before is missing.
    pub async fn charter(&mut self) -> Result<Arc<Charter>, SdkError> {
        let identity = self.enrolled()?;
        self.http.read_charter(&mut self.engine, &identity).await?;
        self.keep_session()?;
        Ok(self.engine.charter(now())?)
    }

    /// Whether a barrier stood when the charter was read last.
    pub fn knows_barriers(&mut self) -> Result<bool, SdkError> {
        Ok(!self.engine.charter(now())?.segments().barriers().is_empty())
    }

    /// Amends the charter; answers its place, or none where it waits for another person's signature.
    pub async fn amend(&mut self, change: Change) -> Result<Amended, SdkError> {
        self.charter().await?;
        self.knows(change.is_about().into_iter().cloned()).await?;
        let amendment = self.engine.amend(change, now())?;
        let amended = self.deposit(amendment).await?;
        // What it changes counts here from now on.
        self.charter().await?;
        Ok(amended)
    }

    /// The amendments that wait for another person's signature, with who has signed each.
    pub async fn proposals(&mut self) -> Result<Vec<(Amendment, Vec<Handle>)>, SdkError> {
        let read = |it: &Vec<u8>| Amendment::peek(it);
        let all: Vec<_> = self.waiting_amendments().await?.iter().filter_map(read).collect();
        let names = |(it, signers): (Amendment, Vec<(Handle, _)>)| {
            (it, signers.into_iter().map(|(handle, _)| handle).collect())
        };
        Ok(all.into_iter().map(names).collect())
    }

    /// Signs an amendment that somebody else proposes, as it was shown, and has it taken in.
    pub async fn agree(&mut self, shown: &Amendment) -> Result<Amended, SdkError> {
        self.charter().await?;
        let same = |it: &Vec<u8>| Amendment::peek(it).is_some_and(|(it, _)| it == *shown);
        let all = self.waiting_amendments().await?;
        let amendment = all.into_iter().find(same).ok_or(EngineError::NoProposal)?;
        let (_, signers) = Amendment::peek(&amendment).ok_or(EngineError::NoProposal)?;
        let about = shown.change.is_about().into_iter().cloned();
        self.knows(signers.into_iter().map(|(by, _)| by).chain(about)).await?;
        let agreed = self.engine.agree(&amendment, now())?;
        self.deposit(agreed).await
    }

    /// The requests that wait for another person, for whoever may make one of them.
    pub async fn requests(&mut self) -> Result<Vec<WaitingRequest>, SdkError> {
        let path = "/v1/charter/requests";
        let waiting = self.ask::<WaitingRequests>(Method::GET, path, None::<&()>).await?;
        Ok(waiting.requests)
    }

    /// Agrees to a request of somebody else's, as it was shown, and has it carried out.
    pub async fn agree_to(&mut self, shown: &WaitingRequest) -> Result<(), SdkError> {
        let act = Act::new(shown.device, (&shown.method, &shown.path), &shown.body.0);
        let agree = Agree { digest: act.challenge(shown.id.0) };
        let path = format!("/v1/charter/requests/{}/agreements", shown.id);
        // What it is answered with is of the request's own kind.
        self.ask::<serde_json::Value>(Method::POST, &path, Some(&agree)).await.map(drop)
    }

    /// Declines a request, or takes one back.
    pub async fn decline_request(&mut self, id: RequestId) -> Result<(), SdkError> {
        let path = format!("/v1/charter/requests/{id}");
        self.ask(Method::DELETE, &path, None::<&()>).await
    }

    /// Declines a proposal, or takes one back.
    pub async fn decline(&mut self, id: AmendmentId) -> Result<(), SdkError> {
        let path = format!("/v1/charter/proposals/{id}");
        self.ask(Method::DELETE, &path, None::<&()>).await
    }

    /// Why this account, or another one, may do something or may not, and what would change that.
    pub async fn explain(&mut self, account: Option<Handle>, act: &str) -> Result<Explanation, SdkError> {
        let explain = Explain { account, act: act.to_owned() };
        self.ask(Method::POST, "/v1/explanations", Some(&explain)).await
    }

    /// What of their roles people have not used since then, for whoever may see that.
    pub async fn unused_rights(&mut self, since: Instant) -> Result<api::UnusedRights, SdkError> {
        let path = format!("/v1/charter/unused/{}", since.0);
        self.ask(Method::GET, &path, None::<&()>).await
    }

    /// The guests of the organisation, for whoever may see that.
    pub async fn guests(&mut self) -> Result<Vec<api::Guest>, SdkError> {
        let guests = self.ask::<Guests>(Method::GET, "/v1/guests", None::<&()>).await?;
        Ok(guests.guests)
    }

    /// The rooms in which people are who may not meet, for whoever may say that.
    pub async fn apart(&mut self) -> Result<Vec<ApartRoom>, SdkError> {
        let apart = self.ask::<ApartRooms>(Method::GET, "/v1/rooms/apart", None::<&()>).await?;
        Ok(apart.rooms)
    }

    /// The facts of the journal after that one, for whoever may read it: at most 512, and fewer only at its end.
    pub async fn facts(&mut self, after: u64) -> Result<Facts, SdkError> {
        self.ask(Method::GET, &format!("/v1/journal/{after}"), None::<&()>).await
    }

    /// The open sessions of another account.
    pub async fn sessions_of(&mut self, handle: &Handle) -> Result<Sessions, SdkError> {
        let path = format!("/v1/accounts/{handle}/sessions");
        self.ask(Method::GET, &path, None::<&()>).await
    }

    /// Ends all sessions of another account. Its devices sign in again by themselves, unless they may not.
    pub async fn end_sessions_of(&mut self, handle: &Handle) -> Result<(), SdkError> {
        let path = format!("/v1/accounts/{handle}/sessions");
        self.ask(Method::DELETE, &path, None::<&()>).await
    }

    async fn waiting_amendments(&mut self) -> Result<Vec<Vec<u8>>, SdkError> {
        let waiting = self.ask::<Proposals>(Method::GET, "/v1/charter/proposals", None::<&()>).await?;
        Ok(waiting.proposals.into_iter().map(|it| it.0).collect())
    }

    /// Has the chains of these accounts in the vault.
    async fn knows(&mut self, accounts: impl IntoIterator<Item = Handle>) -> Result<(), SdkError> {
        for account in accounts {
            self.devices_of(&account).await?;
        }
        Ok(())
    }

    async fn deposit(&mut self, amendment: Vec<u8>) -> Result<Amended, SdkError> {
        let amend = Amend { amendment: Opaque(amendment) };
        self.ask(Method::POST, "/v1/charter/amendments", Some(&amend)).await
    }
}

impl Http {
    /// Reads on in the charter, and in the chains that it takes to check it.
    pub(crate) async fn read_charter(
        &mut self,
        engine: &mut Engine,
        identity: &Identity,
    ) -> Result<(), SdkError> {
        loop {
            let after = engine.amendments_after()?;
            let path = format!("/v1/charter/amendments/{after}");
            let page: api::Charter = self.ask(identity, Method::GET, &path, None::<&()>).await?;
            let amendments: Vec<Vec<u8>> = page.amendments.into_iter().map(|it| it.0).collect();
            loop {
                let needs = engine.amended((after, page.number), &amendments, now())?;
                if needs.is_empty() {
                    break;
                }
                self.read_chains(engine, identity, &needs).await?;
                if let Some(whose) =
                    needs.into_iter().find(|it| engine.devices_of(it).is_ok_and(|all| all.is_empty()))
                {
                    return Err(EngineError::NoAccount(whose).into());
                }
            }
            let read = u64::try_from(amendments.len()).unwrap_or(u64::MAX);
            if read == 0 || after.saturating_add(read) >= page.number {
                return Ok(());
            }
        }
    }

    /// Fetches device chains and has them checked.
    pub(crate) async fn read_chains(
        &mut self,
        engine: &mut Engine,
        identity: &Identity,
        handles: &[Handle],
    ) -> Result<(), SdkError> {
        for handles in handles.chunks(CHAINS_LIMIT) {
            let ask = AskChains { handles: handles.to_vec() };
            let chains: Chains = self.ask(identity, Method::POST, "/v1/chains", Some(&ask)).await?;
            engine.trust(handles, &chains, now())?;
        }
        Ok(())
    }
}
