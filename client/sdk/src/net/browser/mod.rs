//! The network as a browser has it: it looks after TLS itself, and speaks to the page's own server alone.

mod stream;

use reqwest::Client;

use super::http::unreachable;
use crate::error::SdkError;

pub(super) use stream::{Stream, connect};

/// How servers are reached from here: as the browser does it.
#[derive(Clone, Debug)]
pub(crate) struct Reach;

impl Reach {
    /// What makes requests.
    pub(super) fn client(&self) -> Result<Client, SdkError> {
        Client::builder().build().map_err(|error| unreachable(&error))
    }
}
