//! The network: requests and one socket, each with proof of the device's key.

mod authorize;
mod http;
mod patience;
mod socket;
mod tls;

pub(crate) use authorize::{Authorize, Question};
pub(crate) use http::Http;
pub(crate) use socket::Socket;
