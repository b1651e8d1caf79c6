//! The network of an operating system: TLS by our own rules, and sockets over it.

mod authorize;
mod stream;
mod tls;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use reqwest::Client;
use rustls::ClientConfig;

use super::http::unreachable;
use crate::error::SdkError;

pub(crate) use authorize::{Authorize, Question};
pub(super) use stream::{Stream, connect};

/// How servers are reached from here: by which certificates they are known.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    tls: Arc<ClientConfig>,
    authority: Option<PathBuf>,
}

impl Reach {
    /// Servers are known by the certificates in the PEM file `authority` alone, or by the system's where none is named.
    pub(crate) fn new(authority: Option<&Path>) -> Result<Self, SdkError> {
        Ok(Self { tls: tls::config(authority)?, authority: authority.map(Path::to_owned) })
    }

    /// The file of the certificates that are to be believed besides the system's when others than the server are asked.
    pub(crate) fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// What makes requests.
    pub(super) fn client(&self) -> Result<Client, SdkError> {
        Client::builder()
            .tls_backend_preconfigured(ClientConfig::clone(&self.tls))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_mins(1))
            .build()
            .map_err(|error| unreachable(&error))
    }
}
