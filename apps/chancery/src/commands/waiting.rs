//! What waits for another person: amendments of the charter, and requests that take two.

use chancery_sdk::{Amendment, Client, SdkError};
use chancery_wire::{api::WaitingRequest, names::Handle, problem::Code};
use serde_json::{Value, json};

use super::{
    charter::{done, says},
    one_that_begins, open,
};
use crate::{
    arguments::Common,
    failure::Failure,
    output::{Output, clock},
};

/// Lists what waits.
pub(super) async fn list(common: &Common, output: &mut Output) -> Result<(), Failure> {
    let Waiting { amendments: waiting, requests } = Waiting::read(&mut open(common)?).await?;
    let line = |(it, signers): &(Amendment, Vec<Handle>)| {
        let (id, names) = (it.id.to_string(), signers.iter().map(Handle::as_str).collect::<Vec<_>>());
        format!("{id:.8}  {}  {}  signed by {}", clock(it.at.0), says(&it.change), names.join(", "))
    };
    let asked = |it: &WaitingRequest| {
        format!("{:.8}  {}  {}  asked for by {}", it.id.to_string(), clock(it.asked.0), it.words, it.by)
    };
    let lines: Vec<String> = waiting.iter().map(line).chain(requests.iter().map(asked)).collect();
    let list: Vec<Value> = waiting
        .iter()
        .map(|(it, signers)| json!({"amendment": it.id, "at": it.at, "says": says(&it.change), "signed_by": signers}))
        .collect();
    let text =
        if lines.is_empty() { "nothing waits for another person".to_owned() } else { lines.join("\n") };
    output.answer(&json!({"proposals": list, "requests": requests}), &text)
}

/// Agrees to one of it.
pub(super) async fn agree(
    common: &Common,
    output: &mut Output,
    (begins, yes): (&str, bool),
) -> Result<(), Failure> {
    let mut client = open(common)?;
    let it = Waiting::read(&mut client).await?.one(begins)?;
    // Whoever proposes something chooses its id: what is signed is shown first, and is what was shown.
    if !(yes && it.id() == begins) {
        output.note(&format!("{}\nType yes to sign it:", it.says()));
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        if answer.trim() != "yes" {
            return Err(Failure::Usage("nothing was signed".to_owned()));
        }
    }
    match it {
        Proposed::Amendment(it) => {
            let amended = client.agree(&it).await?;
            done(output, &amended, &says(&it.change))
        }
        Proposed::Request(it) => {
            client.agree_to(&it).await?;
            output.answer(&json!({"request": it.id, "done": true}), &format!("done: {}", it.words))
        }
    }
}

/// Declines one of it, or takes it back.
pub(super) async fn decline(common: &Common, output: &mut Output, begins: &str) -> Result<(), Failure> {
    let mut client = open(common)?;
    match Waiting::read(&mut client).await?.one(begins)? {
        Proposed::Amendment(it) => {
            client.decline(it.id).await?;
            let answer = json!({"amendment": it.id, "declined": true});
            output.answer(&answer, &format!("declined: {}", says(&it.change)))
        }
        Proposed::Request(it) => {
            client.decline_request(it.id).await?;
            output.answer(&json!({"request": it.id, "declined": true}), &format!("declined: {}", it.words))
        }
    }
}

/// What waits for another person, as far as this one may see it.
struct Waiting {
    amendments: Vec<(Amendment, Vec<Handle>)>,
    requests: Vec<WaitingRequest>,
}

/// Something of it.
#[derive(Clone)]
enum Proposed {
    Amendment(Box<Amendment>),
    Request(Box<WaitingRequest>),
}

impl Waiting {
    async fn read(client: &mut Client) -> Result<Self, Failure> {
        // Some may see the one, and some the other; who may see neither is told so.
        let (amendments, requests) = (client.proposals().await, client.requests().await);
        let hidden = |error: &SdkError| error.is(Code::Denied);
        match (amendments, requests) {
            (Err(error), Err(other)) if hidden(&error) && hidden(&other) => Err(error.into()),
            (amendments, requests) => {
                Ok(Self { amendments: unless(amendments, hidden)?, requests: unless(requests, hidden)? })
            }
        }
    }

    fn one(self, begins: &str) -> Result<Proposed, Failure> {
        let amendments = self.amendments.into_iter().map(|(it, _)| Proposed::Amendment(Box::new(it)));
        let requests = self.requests.into_iter().map(|it| Proposed::Request(Box::new(it)));
        let all: Vec<Proposed> = amendments.chain(requests).collect();
        one_that_begins(&all, Proposed::id, (begins, "proposals", "admin proposals")).cloned()
    }
}

impl Proposed {
    fn id(&self) -> String {
        match self {
            Self::Amendment(it) => it.id.to_string(),
            Self::Request(it) => it.id.to_string(),
        }
    }

    fn says(&self) -> String {
        match self {
            Self::Amendment(it) => format!("{} proposes: {}", it.by, says(&it.change)),
            Self::Request(it) => format!("{} asks to {}  ({} {})", it.by, it.words, it.method, it.path),
        }
    }
}

/// Nothing, where that is the reason why not.
fn unless<T>(
    answer: Result<Vec<T>, SdkError>,
    reason: impl Fn(&SdkError) -> bool,
) -> Result<Vec<T>, SdkError> {
    match answer {
        Err(error) if reason(&error) => Ok(vec![]),
        answer => answer,
    }
}
