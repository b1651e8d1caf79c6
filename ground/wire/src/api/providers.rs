//! What is asked about identity providers (`protocol/providers.md`).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Chain;
use crate::bytes::Opaque;

/// Opens an account that an identity provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinByProvider {
    /// The first entry of the account's device chain.
    pub entry: Opaque,
}

/// Says that an identity provider may say who somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustProvider {
    /// The statement, as an officer's device has signed it (providers.md).
    pub statement: Opaque,
}

/// Says that what an identity provider says counts no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawProvider {
    /// The provider's issuer.
    pub issuer: String,
}

/// An identity provider that the organisation trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provider {
    /// The statement, as an officer's device has signed it.
    pub statement: Opaque,
}

/// The identity providers that the organisation trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Providers {
    /// The providers, by issuer.
    pub providers: Vec<Provider>,
    /// The device chains of the officers who have signed, and those they rest on.
    pub chains: Vec<Chain>,
}

/// What a device shows besides its key where it opens a session.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The ID token of an identity provider, made for this device.
    pub token: String,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn(…)")
    }
}
