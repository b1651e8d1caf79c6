//! A bucket of an S3 store: where it is, and how it is asked.
//!
//! Everything is handed in: nothing of what the programs of such stores look for in the environment is looked for here.

use std::{fmt, time::Duration};

use object_store::{
    ClientOptions, Error, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, Checksum},
    client::HttpError,
};

/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long one request may take. A device waits a minute for its answer: a try, and one more that began in time, fit into that.
const REQUEST: Duration = Duration::from_secs(20);
/// How long after the first try another one is begun.
const AGAIN: Duration = Duration::from_secs(10);
/// How many more tries there are. The device tries again by itself, for longer.
const TRIES: usize = 3;

/// Where a bucket is, and who may use it.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The store's address: scheme, host and port.
    pub endpoint: String,
    /// The bucket's name. It must be there, and belong to this server alone.
    pub name: String,
    /// The region requests are signed for.
    pub region: String,
    /// The name of the key that requests are signed with.
    pub key_id: String,
    /// The key itself.
    pub secret: String,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({} at {}, {})", self.name, self.endpoint, self.region)
    }
}

impl Bucket {
    /// Prepares to ask the store. Nothing is sent yet.
    pub(super) fn open(&self) -> Result<AmazonS3, Error> {
        let retry = RetryConfig { max_retries: TRIES, retry_timeout: AGAIN, ..RetryConfig::default() };
        let client = ClientOptions::new()
            .with_allow_http(self.endpoint.starts_with("http://"))
            .with_connect_timeout(CONNECTING)
            .with_timeout(REQUEST);
        AmazonS3Builder::new()
            .with_client_options(client)
            .with_retry(retry)
            .with_endpoint(self.endpoint.clone())
            .with_bucket_name(self.name.clone())
            .with_region(self.region.clone())
            .with_access_key_id(self.key_id.clone())
            .with_secret_access_key(self.secret.clone())
            // The store compares what it got with what was sent before it says that it has it.
            .with_checksum_algorithm(Checksum::SHA256)
            .build()
    }
}

/// Whether an error, or what stands behind it, means that the store may do it later: there was no answer, or one that says so.
/// A store that answers that there is no such bucket, or no right to it, is not away.
pub(super) fn is_away(error: &(dyn std::error::Error + 'static)) -> bool {
    // The library shows the status of an answer in its words only.
    let said = error.to_string();
    let later = ["status code: 5", "status code: 429"].iter().any(|status| said.contains(status));
    error.is::<HttpError>() || later
}

/// What there is to tell about an error, in one line: the store's own word for it, or the cause behind all others.
pub(super) fn told(error: &Error) -> String {
    let said = error.to_string();
    let code = said.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    if let Some((code, _)) = code.filter(|(code, _)| code.chars().all(|c| c.is_ascii_alphanumeric())) {
        return format!("it answers {code}");
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().lines().next().unwrap_or_default().trim_end_matches([':', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let word = |word: &str| word.to_owned();
        let bucket = Bucket {
            endpoint: word("https://s3.bank.example"),
            name: word("files"),
            region: word("us-east-1"),
            key_id: word("AKEXAMPLE"),
            secret: word("hunter2"),
        };
        let said = format!("{bucket:?} {:?}", super::super::Blobs::bucket(&bucket).unwrap());
        assert!(said.contains("s3.bank.example") && !said.contains("hunter2"), "{said}");
    }
}
