//! The house: a whole server without its listeners.

use std::{sync::Arc, time::Duration};

use axum::Router;
use chancery_floor::{
    blobs::Blobs,
    bus::Closed,
    clock::{Clock, Entropy},
    journal::{self, BrokenJournal, Refusals},
    policy::{InvalidPolicies, Policies},
    store::{Db, StoreError},
    work::{Desk, Floor},
};
use chancery_wire::{ids::Digest, names::Domain, time::DAY};

use tokio::sync::{Semaphore, watch};

use super::{
    Settings, amend, describe::migrations, follow::follow, guests, limit::Limits, receive::Gate,
    routes::router, sweep::sweep, tasks::Tasks,
};
use crate::{
    accounts,
    charter::{Rights, Uses},
    counter::{Plane, Refusal},
    delivery, devices, files,
    passkeys::{self, InvalidModels, NotAdopted, PasskeySettings, Passkeys},
    signin,
};

/// How often small things that wait are written.
const SOON: Duration = Duration::from_millis(250);
/// How many of those pauses lie between two rounds of expiring.
const ROUND: u32 = 240;
/// After how many of those it is looked whose time is over.
const ATTEND: u32 = 20;
/// How many open connections are looked at once: fewer than there are connections to the database.
const WATCHING: usize = 2;
/// How long stopping waits for what is being written, and for connections to say goodbye.
const PATIENCE: Duration = Duration::from_secs(10);

/// A whole server without its listeners. Clones are the same house.
#[derive(Clone, Debug)]
pub struct House {
    gate: Gate,
}

/// Why a house cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HouseError {
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The organisation in the database was founded under another domain than the one that is configured.
    #[error(
        "this database belongs to {founded}, and `domain` says {configured}: a domain stays as it is once the organisation is founded"
    )]
    OtherDomain {
        /// The domain it was founded under.
        founded: Domain,
        /// The domain that is configured.
        configured: Domain,
    },
    /// The policies do not hold.
    #[error(transparent)]
    Policies(#[from] InvalidPolicies),
    /// Other servers use the same database, and this one or another keeps files where only it gets at them.
    #[error(
        "another server uses this database: several can do that when all of them keep files in the same S3 store ([files] s3), and one alone otherwise"
    )]
    NotAlone,
    /// The models of authenticators that are to be taken cannot be told.
    #[error("[passkeys]: {0}")]
    Models(#[from] InvalidModels),
}

impl From<NotAdopted> for HouseError {
    fn from(why: NotAdopted) -> Self {
        match why {
            NotAdopted::Unusable(why) => why.into(),
            NotAdopted::Store(why) => why.into(),
            NotAdopted::Denied(_) => {
                StoreError::Failed("the policies let nobody adopt metadata".to_owned()).into()
            }
        }
    }
}

/// What no rule of the organisation's own touches: what it takes to read the charter, to amend it and to confirm that. So every rule can
/// be taken back.
const EXEMPT: [&str; 13] = [
    r#"Charter::Action::"read""#,
    r#"Charter::Action::"amend""#,
    r#"Charter::Action::"review""#,
    r#"Charter::Action::"give-up""#,
    r#"Charter::Action::"list-proposals""#,
    r#"Charter::Action::"decline""#,
    r#"Charter::Action::"explain""#,
    r#"Charter::Action::"explain-others""#,
    r#"Devices::Action::"chains""#,
    r#"Passkeys::Action::"approve""#,
    r#"Passkeys::Action::"watch""#,
    r#"Passkeys::Action::"list""#,
    r#"Passkeys::Action::"use-approval""#,
];

/// The policies this program was built with.
fn policies() -> Result<Policies, InvalidPolicies> {
    let schema = include_str!("../../../../policies/schema.cedarschema");
    let texts = [
        include_str!("../../../../policies/accounts.cedar"),
        include_str!("../../../../policies/charter.cedar"),
        include_str!("../../../../policies/audit.cedar"),
        include_str!("../../../../policies/devices.cedar"),
        include_str!("../../../../policies/signin.cedar"),
        include_str!("../../../../policies/passkeys.cedar"),
        include_str!("../../../../policies/providers.cedar"),
        include_str!("../../../../policies/provisioning.cedar"),
        include_str!("../../../../policies/rooms.cedar"),
        include_str!("../../../../policies/files.cedar"),
        include_str!("../../../../policies/archive.cedar"),
        include_str!("../../../../policies/delivery.cedar"),
    ];
    Policies::parse(schema, &texts, &EXEMPT)
}

impl House {
    /// Opens a house over a database and a place for files: brings the schema up to date and starts its tasks.
    pub async fn open(
        (db, blobs): (Db, Blobs),
        settings: Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, HouseError> {
        let started = clock.now();
        db.migrate(&migrations(), started).await?;
        let founded = accounts::domain(&mut db.reader()).await?;
        if let Some(founded) = founded.filter(|founded| *founded != settings.domain) {
            return Err(HouseError::OtherDomain { founded, configured: settings.domain });
        }
        let follower = db.follow(!blobs.is_shared()).await?.ok_or(HouseError::NotAlone)?;
        let (policies, refusals) = (policies()?, Refusals::default());
        let fatal = db.fatal().clone();
        let floor = Arc::new(Floor { db, policies, clock, entropy, refusals });
        let rights = Rights::default();
        let charter = rights.refresh(&mut floor.db.reader(), &settings.domain, &floor.policies).await?;
        let limits = Arc::new(Limits::new(&settings, &floor.clock));
        let signin = signin::Signin::new(settings.session_minutes, started, settings.providers());
        let passkeys = Passkeys::new(&settings.domain, &settings.passkeys, started)?;
        let (delivery, batcher) = delivery::Delivery::new(
            Arc::clone(&floor),
            (settings.domain.clone(), rights.clone()),
            settings.bounds(),
            settings.own_accounts(),
        );
        let tasks = Arc::new(Tasks::default());
        tasks.start_writer(fatal.clone(), batcher.run());
        let house = Self {
            gate: Gate {
                floor,
                blobs,
                settings: Arc::new(settings),
                plane: Plane::Whole,
                signin,
                passkeys,
                rights,
                uses: Uses::default(),
                carried_out: Arc::default(),
                amended: Arc::new(watch::Sender::new(0)),
                watching: Arc::new(Semaphore::new(WATCHING)),
                limits,
                delivery,
                tasks,
            },
        };
        house.gate.passkeys.adopt(&house.desk()).await?;
        // Whatever ended this process before, nothing is said where people may not meet.
        if charter.is_some() {
            let failed = |refusal: Refusal| StoreError::Failed(format!("the charter: {}", refusal.code));
            amend::carry_out(&house.gate).await.map_err(failed)?;
        }
        house.gate.tasks.start_helper(house.clone().keep());
        house.gate.tasks.start_helper(follow(house.gate.clone(), follower));
        let delivery = house.gate.delivery.clone();
        house.gate.tasks.start_helper(async move {
            fatal.raised().await;
            delivery.close_all(Closed::Anew);
        });
        Ok(house)
    }

    /// Reads again what is known of authenticators: which models are taken, who vouches for them, and FIDO's metadata. Where that cannot be
    /// used, or is older than what was used before, all stays as it was.
    pub async fn renew_models(&self, settings: &PasskeySettings) -> Result<(), HouseError> {
        let (passkeys, domain) = (&self.gate.passkeys, &self.gate.settings.domain);
        Ok(passkeys.renew(&self.desk(), domain, settings).await?)
    }

    /// The API as people's devices see it: every route, and the WebSocket at `/v1/stream`. Roles count here only where no other listener
    /// is set up for that.
    pub fn router(&self) -> Router {
        let apart = self.gate.settings.administration.is_some();
        router(self.gate.at(if apart { Plane::People } else { Plane::Whole }))
    }

    /// The API as those see it who look after the organisation: where roles count, and nobody talks.
    pub fn administration(&self) -> Router {
        router(self.gate.at(Plane::Administration))
    }

    /// Makes a new one-time founding code, which voids earlier ones; `None` once the organisation has been founded.
    pub async fn prepare_founding(&self) -> Result<Option<[u8; 16]>, StoreError> {
        accounts::prepare(&self.desk()).await
    }

    /// Deletes what reached its limit: bodies, sessions, key packages, unfinished files. Runs by itself every minute.
    pub async fn expire(&self) -> Result<(), Refusal> {
        self.gate.limits.forget();
        let desk = self.desk();
        let kept = DAY * i64::from(self.gate.settings.body_days);
        delivery::expire(&desk, desk.now().plus_seconds(-kept)).await?;
        signin::expire(&desk).await?;
        passkeys::expire(&desk).await?;
        devices::expire(&desk).await?;
        files::expire(&desk).await
    }

    /// Keeps out guests and programs whose time is over, and carries out what the charter says, where that is not done yet. Runs by itself
    /// every five seconds.
    pub async fn attend(&self) -> Result<(), Refusal> {
        amend::carry_out(&self.gate).await?;
        guests::run_out(&self.gate, &self.desk()).await
    }

    /// Deletes bytes that belong to nothing. Runs by itself every hour.
    pub async fn sweep(&self) -> Result<(), Refusal> {
        sweep(&self.desk(), &self.gate.blobs).await
    }

    /// Writes what waits to be written soon: acknowledgements, and refusals for the journal. Runs by itself all the time.
    pub async fn settle(&self) -> Result<(), StoreError> {
        self.gate.delivery.flush().await;
        let floor = &self.gate.floor;
        floor.refusals.flush(&floor.db, floor.clock.now()).await
    }

    /// Follows the whole journal; returns how many facts there are and the head.
    pub async fn verify_journal(&self) -> Result<(u64, Digest), BrokenJournal> {
        journal::verify(&mut self.gate.floor.db.reader()).await
    }

    /// Whether the house can serve.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let db = &self.gate.floor.db;
        if !db.hears() {
            let why = "it does not hear of what other servers write, and takes in no streams until it does";
            return Err(StoreError::Failed(why.to_owned()));
        }
        db.ready().await
    }

    /// Whether the last thing that was asked of the store for files worked. Everything but files goes on without it.
    #[must_use]
    pub fn serves_files(&self) -> bool {
        self.gate.blobs.works()
    }

    /// Waits until the store has failed for good, and says why. The process must end then.
    pub async fn fatal(&self) -> String {
        self.gate.floor.db.fatal().raised().await
    }

    /// Stops: refuses new submissions, finishes those that wait, closes the connections.
    pub async fn stop(&self) {
        let Gate { floor, delivery, tasks, .. } = &self.gate;
        delivery.stop().await;
        tasks.wait_for_writers(PATIENCE).await;
        delivery.close_all(Closed::Anew);
        tasks.wind_up(PATIENCE).await;
        if let Err(error) = floor.refusals.flush(&floor.db, floor.clock.now()).await {
            tracing::warn!(%error, "the last refusals were not written to the journal");
        }
    }

    fn desk(&self) -> Desk {
        self.gate.house()
    }

    /// The housekeeping that runs by itself.
    async fn keep(self) {
        let floor = Arc::clone(&self.gate.floor);
        for round in 1_u32.. {
            tokio::time::sleep(SOON).await;
            self.gate.delivery.flush().await;
            if let Err(error) = floor.refusals.settle(&floor.db, floor.clock.now()).await {
                tracing::warn!(%error, "refusals were not written to the journal; they are tried again");
            }
            if round % ATTEND == 0
                && let Err(refusal) = self.attend().await
            {
                tracing::warn!(code = %refusal.code, "whose time is over is not seen to; it is tried again");
            }
            if round % ROUND == 0
                && let Err(refusal) = self.expire().await
            {
                tracing::warn!(code = %refusal.code, "expiring did not work; it is tried again");
            }
            if round % ROUND == 0
                && let Err(error) = self.gate.blobs.check().await
            {
                tracing::warn!(%error, "files cannot be put or read; everything else goes on");
            }
            if round % (60 * ROUND) == 0
                && let Err(refusal) = self.sweep().await
            {
                tracing::warn!(code = %refusal.code, "bytes of deleted files were not deleted; it is tried again");
            }
        }
    }
}
