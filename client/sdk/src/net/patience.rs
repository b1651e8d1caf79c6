//! Patience: a server that has had enough for now says when to go on, and is asked again then.

use std::time::Duration;

use chancery_wire::problem::Code;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::error::SdkError;

/// How often the same request is made again that the server puts off.
const TRIES: u32 = 8;
/// How long it is waited for that at most, in seconds.
const LONGEST: u64 = 60;

/// What is left of it for one request.
pub(super) struct Patience {
    left: u32,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { left: TRIES }
    }

    /// Waits, where a request was refused because it is put off; answers whether it was, and is to be made again.
    pub(super) async fn waits(&mut self, refused: &SdkError, headers: &HeaderMap) -> bool {
        let after = headers.get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse::<u64>().ok());
        let Some(seconds) = after.filter(|_| self.left > 0 && refused.is(Code::TooMany)) else {
            return false;
        };
        self.left -= 1;
        tokio::time::sleep(Duration::from_secs(LONGEST.min(seconds))).await;
        true
    }
}
