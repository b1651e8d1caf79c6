//! The organisation's identity provider: officers say which one counts, people join by it and sign in at it.

use std::future::Future;

use chancery_engine::{Engine, EngineError, Link, NewProvider, Opener, Signed};
use chancery_transparency::{Provider, Root};
use chancery_vault::Identity;
use chancery_wire::{
    api::{self, Account, JoinByProvider, Providers, TrustProvider, WithdrawProvider},
    bytes::Opaque,
    names::Domain,
};
use reqwest::Method;

use crate::{
    client::Client,
    clock::now,
    error::SdkError,
    link::BRING,
    net::{Authorize, Http, Question},
};

/// How a person is taken to a provider's page in a browser.
pub struct Visit<'a, F> {
    /// Shows the person the address.
    pub go: &'a mut dyn FnMut(&str),
    /// The address at which the browser ended, if the person brings it: where the browser runs on another machine. Never, if nobody can.
    pub brought: F,
    /// Which provider, where the organisation trusts several: its issuer.
    pub at: Option<&'a str>,
}

impl<F> std::fmt::Debug for Visit<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visit").field("at", &self.at).finish_non_exhaustive()
    }
}

/// What an officer says about a provider; the rest it says itself.
#[derive(Clone, Debug)]
pub struct TrustedProvider {
    /// Who it is: an https address.
    pub issuer: String,
    /// As whom the organisation's programs ask it.
    pub client: String,
    /// Which claim has the account's name in it.
    pub claim: String,
    /// What follows the account's name there; often nothing.
    pub suffix: String,
    /// How people have to sign in there; nothing where any way will do.
    pub acr: Vec<String>,
    /// Whether it may vouch for new accounts.
    pub vouches: bool,
}

impl Client {
    /// Has an identity provider count, as an officer: asks it for its keys, and signs what is to be believed of it. With a provider that
    /// counts already, its keys are taken in anew.
    pub async fn trust_provider(&mut self, it: TrustedProvider) -> Result<Provider, SdkError> {
        let keys = Authorize::discover(&it.issuer, self.reach.authority()).await?.keys().await?;
        let TrustedProvider { issuer, client, claim, suffix, acr, vouches } = it;
        let new = NewProvider { issuer, client, claim, suffix, keys, acr, vouches };
        let statement = self.engine.trust_provider(&new, now())?;
        let signed = Provider::peek(&statement).ok_or(EngineError::NoProvider)?;
        let trust = TrustProvider { statement: Opaque(statement) };
        self.ask::<api::Provider>(Method::PUT, "/v1/providers", Some(&trust)).await?;
        Ok(signed)
    }

    /// Has what a provider says count no more, as an officer.
    pub async fn withdraw_provider(&mut self, issuer: &str) -> Result<(), SdkError> {
        let withdraw = WithdrawProvider { issuer: issuer.to_owned() };
        let path = "/v1/providers/withdrawals";
        self.ask::<Providers>(Method::POST, path, Some(&withdraw)).await.map(drop)
    }

    /// The providers that this device's organisation trusts.
    pub async fn providers(&self) -> Result<Vec<Signed>, SdkError> {
        let identity = self.enrolled()?;
        let root = Root(identity.root);
        let shown = shown(&self.http, root).await?;
        Ok(Engine::providers(&identity.domain, root, &shown)?)
    }

    /// The link by which people join whom the provider knows. It opens nothing by itself.
    pub fn sign_in_link(&self) -> Result<Link, SdkError> {
        let identity = self.enrolled()?;
        Ok(Link { server: identity.server, opener: Opener::SignIn(Root(identity.root)) })
    }

    /// Opens the account that the organisation's provider names, by the organisation's link.
    pub async fn join_by_provider(
        &mut self,
        link: &str,
        visit: Visit<'_, impl Future<Output = String>>,
    ) -> Result<Identity, SdkError> {
        let Link { server, opener: Opener::SignIn(root) } = link.parse()? else {
            return Err(SdkError::NoSignInLink);
        };
        self.go_to(&server)?;
        // Interrupted before the server's answer came, it goes on with what it made then, while the provider's word is good.
        if let Some(identity) = self.engine.joined_before(root)? {
            match self.enter(&identity).await {
                // It was the wrong person, or too late: the person signs in again.
                Err(error @ SdkError::Refused(_)) if !error.passes() => self.engine.give_up()?,
                done => return done,
            }
        }
        let domain = self.http.organisation().await?.domain;
        let shown = shown(&self.http, root).await?;
        let signed = chosen(&domain, root, &shown, (visit.at, true))?;
        let newcomer = self.engine.newcomer(&domain, root)?;
        let token = self.ask_provider(&signed, &newcomer.nonce, visit).await?;
        let identity =
            self.engine.join_by_provider(&server, &newcomer, (&signed, &token), &shown.chains, now())?;
        self.enter(&identity).await
    }

    async fn enter(&mut self, identity: &Identity) -> Result<Identity, SdkError> {
        if !identity.enrolled {
            let join = JoinByProvider { entry: Opaque(identity.entry.clone()) };
            let _: Account = self.http.open(Method::POST, "/v1/providers/accounts", Some(&join)).await?;
            self.engine.enrolled()?;
        }
        self.enrolled()
    }

    /// Signs in at the organisation's provider, and with that at its server; answers at which provider.
    pub async fn sign_in(
        &mut self,
        visit: Visit<'_, impl Future<Output = String>>,
    ) -> Result<String, SdkError> {
        let identity = self.enrolled()?;
        let root = Root(identity.root);
        let shown = shown(&self.http, root).await?;
        let signed = chosen(&identity.domain, root, &shown, (visit.at, false))?;
        let token = self.ask_provider(&signed, &self.engine.nonce()?, visit).await?;
        self.http.sign_in_with(&identity, token).await?;
        self.keep_session()?;
        // A device as which an account came back could not do this before: whoever is in a room with the account hears of it.
        self.sync(BRING, &mut |_| {}).await?;
        let pending = "/v1/rooms/pending";
        let _: api::Pended = self.ask(Method::POST, pending, None::<&()>).await?;
        self.sync(BRING, &mut |_| {}).await?;
        Ok(signed.provider.issuer)
    }

    async fn ask_provider(
        &self,
        signed: &Signed,
        nonce: &str,
        visit: Visit<'_, impl Future<Output = String>>,
    ) -> Result<String, SdkError> {
        let it = &signed.provider;
        let question = Question { client: &it.client, claim: &it.claim, nonce, acr: &it.acr };
        let provider = Authorize::discover(&it.issuer, self.reach.authority()).await?;
        provider.sign_in(question, visit.go, visit.brought).await
    }
}

async fn shown(http: &Http, root: Root) -> Result<Providers, SdkError> {
    http.open(Method::GET, &format!("/v1/providers/{}", root.0), None::<&()>).await
}

/// The provider that is meant.
fn chosen(
    domain: &Domain,
    root: Root,
    shown: &Providers,
    (at, vouches): (Option<&str>, bool),
) -> Result<Signed, SdkError> {
    let there = Engine::providers(domain, root, shown)?;
    let mut fitting = there
        .into_iter()
        .filter(|it| (!vouches || it.provider.vouches) && at.is_none_or(|at| it.provider.issuer == at));
    match (fitting.next(), fitting.next()) {
        (Some(it), None) => Ok(it),
        (None, _) => Err(EngineError::NoProvider.into()),
        (Some(one), Some(other)) => {
            let (one, other) = (one.provider.issuer, other.provider.issuer);
            Err(SdkError::Provider(format!(
                "the organisation has several: choose with --at {one} or --at {other}"
            )))
        }
    }
}
