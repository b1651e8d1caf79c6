//! Passkeys of the account's owner: list, add and remove them. Requests that need approval ask for it by themselves (`net/http.rs`).

use std::time::Duration;

use chancery_vault::Identity;
use chancery_wire::{
    api::{AddPasskey, Ceremony, CeremonyState, CeremonyView, LookAtCeremony, Passkeys},
    bytes::Opaque,
    ids::PasskeyId,
    names::Handle,
    problem::Code,
};
use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;

use crate::{client::Client, clock::sleep, error::SdkError, net::Http};

/// How often it is looked whether the person was there.
const PAUSE: Duration = Duration::from_secs(1);

/// Asks the person to go to a page in a browser, and comes back at once.
pub type AskOwner = Box<dyn FnMut(&Ceremony) + Send>;

impl Client {
    /// How the person is asked to use a passkey. Without it, what needs approval is refused.
    pub fn ask_owner_by(&mut self, ask: AskOwner) {
        self.http.ask_owner = Some(ask);
    }

    /// The passkeys of this account, as the server has them.
    pub async fn passkeys(&mut self) -> Result<Passkeys, SdkError> {
        self.ask(Method::GET, "/v1/passkeys", None::<&()>).await
    }

    /// Adds a passkey to this account: the person is asked to make it, and it is there when this returns. Where the account has one, that
    /// one approves it first.
    pub async fn add_passkey(&mut self, name: &str) -> Result<(), SdkError> {
        let identity = self.enrolled()?;
        let add = AddPasskey { name: name.to_owned() };
        let ceremony: Ceremony = self.ask(Method::POST, "/v1/passkeys", Some(&add)).await?;
        let held = hold(&mut self.http, &identity, &ceremony).await;
        self.keep_session()?;
        held
    }

    /// Removes a passkey of this account, approved by one of them.
    pub async fn remove_passkey(&mut self, passkey: PasskeyId) -> Result<(), SdkError> {
        let path = format!("/v1/passkeys/{passkey}");
        self.ask(Method::DELETE, &path, None::<&()>).await
    }

    /// Takes all passkeys of another account away, whose owner has lost them; for officers.
    pub async fn reset_passkeys(&mut self, whose: &Handle) -> Result<(), SdkError> {
        let path = format!("/v1/accounts/{whose}/passkeys");
        self.ask(Method::DELETE, &path, None::<&()>).await
    }
}

/// Asks the person whose account has no device, and waits until they were there, or the ceremony is over. Without a session there is the
/// page to look at only; which of the two it was shows when the request is made.
pub(crate) async fn hold_without_device(http: &mut Http, ceremony: &Ceremony) -> Result<(), SdkError> {
    let Some(ask) = &mut http.ask_owner else { return Err(SdkError::NobodyToAsk) };
    ask(ceremony);
    let secret = ceremony.url.split_once('#').map(|(_, secret)| secret).unwrap_or_default();
    let secret = BASE64URL_NOPAD.decode(secret.as_bytes());
    let secret = secret.map_err(|_| SdkError::Strange("the address of its page is none"))?;
    let look = LookAtCeremony { secret: Opaque(secret) };
    loop {
        let seen: Result<CeremonyView, _> = http.open(Method::POST, "/v1/ceremonies/look", Some(&look)).await;
        match seen {
            Ok(_) => sleep(PAUSE).await,
            Err(error) if error.is(Code::NoCeremony) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Asks the person, and waits until they were there, or the ceremony is over.
pub(crate) async fn hold(http: &mut Http, identity: &Identity, ceremony: &Ceremony) -> Result<(), SdkError> {
    let Some(ask) = &mut http.ask_owner else { return Err(SdkError::NobodyToAsk) };
    ask(ceremony);
    let path = format!("/v1/ceremonies/{}", ceremony.ceremony);
    loop {
        let state: CeremonyState = http.ask(identity, Method::GET, &path, None::<&()>).await?;
        if state.done {
            return Ok(());
        }
        sleep(PAUSE).await;
    }
}
