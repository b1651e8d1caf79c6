//! Key packages: what this device leaves with the server so that others can add it while it is away.

use chancery_groups::{KEY_PACKAGE_DAYS, suites};
use chancery_wire::{
    api::Deposit,
    bytes::Opaque,
    time::{DAY, Instant},
};
use openmls::prelude::{KeyPackage, Lifetime, MlsMessageOut};
use tls_codec::Serialize as _;

use crate::{
    engine::{Engine, Turn},
    error::EngineError,
    mls::capabilities,
};

/// How many key packages for one use a device keeps with the server.
const STOCK: usize = 24;

impl Engine {
    /// Makes what is missing when `left` key packages are with the server; nothing while there are enough.
    pub fn restock(&mut self, left: i64, now: Instant) -> Result<Option<Deposit>, EngineError> {
        let missing = STOCK.saturating_sub(usize::try_from(left).unwrap_or(0));
        if missing < STOCK / 2 {
            return Ok(None);
        }
        self.turn(now, |turn| {
            let packages = (0..missing).map(|_| turn.package(false)).collect::<Result<_, _>>()?;
            Ok(Some(Deposit { packages, last_resort: Some(turn.package(true)?) }))
        })
    }
}

impl Turn<'_> {
    fn package(&self, last_resort: bool) -> Result<Opaque, EngineError> {
        // An hour back, since clocks differ.
        let from = self.now.plus_seconds(-3600).0 / 1000;
        let until = from + KEY_PACKAGE_DAYS * DAY;
        let seconds = |at: i64| u64::try_from(at).unwrap_or(0);
        let mut builder = KeyPackage::builder()
            .key_package_lifetime(Lifetime::init(seconds(from), seconds(until)))
            .leaf_node_capabilities(capabilities());
        if last_resort {
            builder = builder.mark_as_last_resort();
        }
        let suite = suites::preferred().code();
        let bundle = builder
            .build(suite, &self.provider(), self.me, self.me.credential())
            .map_err(|_| EngineError::Mls("a key package cannot be made"))?;
        let message = MlsMessageOut::from(bundle.into_key_package());
        let bytes = message.tls_serialize_detached();
        bytes.map(Opaque).map_err(|_| EngineError::Mls("a key package cannot be written"))
    }
}
