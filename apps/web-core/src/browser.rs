//! The worker's side: opens the vault, does what the page asks, and stays online.
//!
//! Two clients are open on one vault, as in `chancery chat`: one that is online, and one that reads and wishes. They never meet within a
//! transaction, because there is one thread and a transaction never waits.

use std::cell::Cell;

use chancery_sdk::{Client, Lock, Nudge, Opens, SdkError, VaultKey};
use js_sys::Function;
use tokio::sync::Mutex;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use zeroize::Zeroizing;

use crate::{Ask, Event, Trouble, perform};

/// The vault, among the files of this origin.
const VAULT: &str = "vault";

/// A device of an account, unlocked.
#[wasm_bindgen]
pub struct Core {
    desk: Mutex<Client>,
    key: VaultKey,
    hear: Function,
    nudge: Nudge,
    online: Cell<bool>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}

/// Takes hold of the files of this origin. Once, before anything is opened; fails while another worker has them.
#[wasm_bindgen]
pub async fn prepare() -> Result<(), JsValue> {
    chancery_opfs::install().await.map_err(|why| thrown(&files(&why)))
}

/// Makes a new lock; answers what is to be written down of it, which is no secret. `passkey` is what a passkey answers to the PRF extension.
#[wasm_bindgen(js_name = makeLock)]
pub fn make_lock(passphrase: Option<String>, passkey: Option<Vec<u8>>) -> Result<String, JsValue> {
    with(passphrase, passkey, |by| {
        let (lock, _) = Lock::make(by)?;
        Ok(serde_json::to_string(&lock).unwrap_or_default())
    })
}

#[wasm_bindgen]
impl Core {
    /// Opens the vault with what was written down of its lock. `hear` is called with each event, as JSON.
    pub fn open(
        lock: &str,
        passphrase: Option<String>,
        passkey: Option<Vec<u8>>,
        hear: Function,
    ) -> Result<Self, JsValue> {
        let damaged = |_| SdkError::NoKeyring("what was written down of the lock is damaged".to_owned());
        let key =
            with(passphrase, passkey, |by| serde_json::from_str::<Lock>(lock).map_err(damaged)?.open(by))?;
        let client = Client::open(VAULT, &key).map_err(|error| thrown(&error.into()))?;
        let desk = Mutex::new(client);
        let core = Self { desk, key, hear, nudge: Nudge::default(), online: Cell::new(false) };
        core.go_online()?;
        Ok(core)
    }

    /// Does what the page asks for; both are JSON.
    pub async fn ask(&self, ask: String) -> Result<String, JsValue> {
        let ask: Ask = serde_json::from_str(&ask).map_err(|why| thrown(&Trouble::nonsense(&why)))?;
        let sends = ask.sends();
        let answer = perform(&mut *self.desk.lock().await, ask).await.map_err(|trouble| thrown(&trouble))?;
        if sends {
            self.go_online()?;
            self.nudge.give();
        }
        Ok(answer.to_string())
    }
}

impl Core {
    /// Stays online from now on, if this device is somebody's and is not yet.
    fn go_online(&self) -> Result<(), JsValue> {
        if self.online.get() {
            return Ok(());
        }
        let mut client = Client::open(VAULT, &self.key).map_err(|error| thrown(&error.into()))?;
        if client.enrolled().is_err() {
            return Ok(());
        }
        self.online.set(true);
        client.nudged_by(&self.nudge);
        let hear = self.hear.clone();
        spawn_local(async move {
            let ended = client.follow(&mut |news| tell(&hear, &news.into())).await;
            if let Err(error) = ended {
                tell(&hear, &Event::Ended { trouble: error.into() });
            }
        });
        Ok(())
    }
}

fn tell(hear: &Function, event: &Event) {
    let event = serde_json::to_string(event).unwrap_or_default();
    // A page that is gone hears nothing.
    let _ = hear.call1(&JsValue::NULL, &JsValue::from_str(&event));
}

/// Does something with what opens a lock.
fn with<T>(
    passphrase: Option<String>,
    passkey: Option<Vec<u8>>,
    run: impl FnOnce(Opens<'_>) -> Result<T, SdkError>,
) -> Result<T, JsValue> {
    let (passphrase, passkey) = (passphrase.map(Zeroizing::new), passkey.map(Zeroizing::new));
    let secret = passkey.as_ref().and_then(|bytes| <&[u8; 32]>::try_from(bytes.as_slice()).ok());
    let by = match (&passphrase, secret) {
        (Some(words), None) => Opens::Passphrase(words),
        (None, Some(secret)) => Opens::Passkey(secret),
        _ => return Err(thrown(&Trouble::nonsense(&"a lock is opened by a passphrase or by a passkey"))),
    };
    run(by).map_err(|error| thrown(&error.into()))
}

fn files(why: &str) -> Trouble {
    let title = format!("this browser's files for this page cannot be used: {why}");
    Trouble { code: "client.files".to_owned(), title, remedy: None }
}

/// What the page's script catches: a trouble, as JSON.
fn thrown(trouble: &Trouble) -> JsValue {
    JsValue::from_str(&serde_json::to_string(trouble).unwrap_or_default())
}
