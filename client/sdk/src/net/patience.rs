//! Patience: when the same request is made again. Once with a new session or the right time; and a server that has had enough for now
//! says when to go on, and is asked again then.

use std::time::Duration;

use chancery_wire::problem::Code;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::{
    clock::{draw, sleep},
    error::SdkError,
};

/// How often the same request is made again that the server puts off.
const TRIES: u32 = 6;
/// How long it is waited for that at most, in seconds.
const LONGEST: u64 = 20;

/// What is left of it for one request.
pub(super) struct Patience {
    left: u32,
    renewed: bool,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { left: TRIES, renewed: false }
    }

    /// Whether a refused request is to be made again: at once, where that was `renewed`, which helps once; or when it was put off, after
    /// waiting for that.
    pub(super) async fn again(&mut self, renewed: bool, refused: &SdkError, headers: &HeaderMap) -> bool {
        if renewed && !self.renewed {
            self.renewed = true;
            return true;
        }
        self.waits(refused, headers).await
    }

    /// Waits, where a request was refused because it is put off; answers whether it was, and is to be made again.
    pub(super) async fn waits(&mut self, refused: &SdkError, headers: &HeaderMap) -> bool {
        refused.is(Code::TooMany) && self.waits_for(headers).await
    }

    /// Waits as long as an answer says that puts a request off; answers whether it says so, and the request is to be made again.
    pub(super) async fn waits_for(&mut self, headers: &HeaderMap) -> bool {
        let after = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse::<u64>().ok());
        let Some(seconds) = after.filter(|_| self.left > 0) else { return false };
        self.left -= 1;
        // Spread out, so that those who were put off together do not come back together.
        let spread = u64::from_be_bytes(draw()) % 1000;
        sleep(Duration::from_millis(LONGEST.min(seconds) * 1000 + spread)).await;
        true
    }
}
