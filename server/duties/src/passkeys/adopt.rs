//! Adopt the metadata that the configuration names: never an older one than before; and say how many passkeys are not taken any more by it.
//!
//! By the house, when it starts and when it is told that there is something new; permitted by `Passkeys::"adopt"`, recorded as `passkeys.metadata-adopted`.

use chancery_floor::{
    store::StoreError,
    work::{Action, Denied, Desk},
};

use super::{InvalidMetadata, InvalidModels, Known, facts::Adopted, store};
use crate::{accounts, counter::Organisation};

/// The right to adopt metadata.
#[derive(Debug)]
pub(crate) enum Adopt {}

impl Action for Adopt {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"adopt""#;
}

/// Why what is said of authenticators is not adopted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAdopted {
    /// It cannot be used.
    #[error("[passkeys]: {0}")]
    Unusable(#[from] InvalidModels),
    /// The house may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The store says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adopts the metadata, if some is configured; refuses it where a newer one was used before.
pub(super) async fn adopt(desk: &Desk, known: &Known) -> Result<(), NotAdopted> {
    let Some(metadata) = &known.metadata else { return Ok(()) };
    let permit = desk.permit::<Adopt>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let before = store::metadata(&mut work.tx).await?;
    if metadata.number < before {
        let older = InvalidMetadata::Older { given: metadata.number, known: before };
        return Err(InvalidModels::from(older).into());
    }
    if metadata.next.is_some_and(|next| next < work.at()) {
        tracing::warn!(
            number = metadata.number,
            "FIDO's metadata is old: there is a newer one since its nextUpdate"
        );
    }
    let mut refused = 0;
    if let Some(party) = &known.party {
        for kept in store::all(&mut work.tx).await? {
            let device = accounts::devices_of(&mut work.tx, &kept.handle).await?.pop();
            let officer = device.is_some_and(|it| it.standing.is_officer());
            refused += u64::from(!party.takes(officer, &kept));
        }
    }
    if refused > 0 {
        tracing::warn!(refused, "passkeys are not taken any more, by the rules and FIDO's metadata");
    }
    if metadata.number > before {
        store::keep_metadata(&mut work.tx, metadata.number).await?;
        let models = u64::try_from(metadata.models.len()).unwrap_or(u64::MAX);
        let flagged = metadata.models.values().filter(|it| it.flagged).count();
        let flagged = u64::try_from(flagged).unwrap_or(u64::MAX);
        work.commit(&Adopted { number: metadata.number, models, flagged, refused }).await?;
    }
    Ok(())
}
