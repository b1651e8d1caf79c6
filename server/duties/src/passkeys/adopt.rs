//! Adopt the metadata that the configuration names: never an older one than before; and say how many passkeys are not taken any more by it.
//!
//! By the house, when it starts; permitted by `Passkeys::"adopt"`, recorded as `passkeys.metadata-adopted`.

use chancery_floor::work::{Action, Desk};

use super::{InvalidMetadata, Passkeys, error::PasskeysError, facts::Adopted, store};
use crate::{accounts, counter::Organisation};

/// The right to adopt metadata.
#[derive(Debug)]
pub(crate) enum Adopt {}

impl Action for Adopt {
    type Resource = Organisation;
    const NAME: &'static str = r#"Passkeys::Action::"adopt""#;
}

/// Adopts the metadata, if some is configured; refuses it where a newer one was used before.
pub(crate) async fn adopt(
    desk: &Desk,
    passkeys: &Passkeys,
) -> Result<Result<(), InvalidMetadata>, PasskeysError> {
    let Some(metadata) = &passkeys.metadata else { return Ok(Ok(())) };
    let permit = desk.permit::<Adopt>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    let known = store::metadata(&mut work.tx).await?;
    if metadata.number < known {
        return Ok(Err(InvalidMetadata::Older { given: metadata.number, known }));
    }
    if metadata.next.is_some_and(|next| next < work.at()) {
        tracing::warn!(
            number = metadata.number,
            "FIDO's metadata is old: there is a newer one since its nextUpdate"
        );
    }
    let mut refused = 0;
    if let Some(party) = &passkeys.party {
        for kept in store::all(&mut work.tx).await? {
            let device = accounts::devices_of(&mut work.tx, &kept.handle).await?.pop();
            let officer = device.is_some_and(|it| it.standing.is_officer());
            refused += u64::from(!party.takes(officer, &kept));
        }
    }
    if refused > 0 {
        tracing::warn!(refused, "passkeys are not taken any more, by the rules and FIDO's metadata");
    }
    if metadata.number > known {
        store::keep_metadata(&mut work.tx, metadata.number).await?;
        let models = u64::try_from(metadata.models.len()).unwrap_or(u64::MAX);
        let flagged = metadata.models.values().filter(|it| it.flagged).count();
        let flagged = u64::try_from(flagged).unwrap_or(u64::MAX);
        work.commit(&Adopted { number: metadata.number, models, flagged, refused }).await?;
    }
    Ok(Ok(()))
}
