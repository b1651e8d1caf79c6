//! Why something was not done, for the page.

use chancery_sdk::SdkError;
use serde::Serialize;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// A stable word: the server's code where it said no, the client's otherwise.
    pub code: String,
    /// What happened.
    pub title: String,
    /// What to do about it, where there is something.
    pub remedy: Option<String>,
}

impl Trouble {
    /// What the page has asked makes no sense: the page's mistake, not the person's.
    pub(crate) fn nonsense(why: &dyn std::fmt::Display) -> Self {
        Self { code: "client.refused".to_owned(), title: why.to_string(), remedy: None }
    }
}

impl From<SdkError> for Trouble {
    fn from(error: SdkError) -> Self {
        let remedy = error.remedy().map(str::to_owned);
        Self { code: error.code().to_owned(), title: error.to_string(), remedy }
    }
}
