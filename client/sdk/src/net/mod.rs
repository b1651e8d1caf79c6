//! The network: requests and one socket, each with proof of the device's key.

#[cfg(target_family = "wasm")]
mod browser;
mod http;
#[cfg(not(target_family = "wasm"))]
mod native;
mod patience;
mod socket;

#[cfg(target_family = "wasm")]
use browser as here;
pub(crate) use here::Reach;
#[cfg(not(target_family = "wasm"))]
pub(crate) use here::{Authorize, Question};
pub(crate) use http::Http;
#[cfg(not(target_family = "wasm"))]
use native as here;
pub(crate) use socket::Socket;
