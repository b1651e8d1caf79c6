//! Prepare the founding: the server makes a one-time code and prints it for whoever runs it.
//!
//! No route; called when the server starts. Permitted by `Accounts::"prepare"`, recorded as `accounts.founding-prepared`.

use chancery_floor::{
    store::StoreError,
    work::{Action, Desk},
};
use chancery_trail::digest;

use super::{error::AccountsError, facts::Prepared, store};
use crate::counter::Organisation;

/// The right to make a founding code: the server's own.
#[derive(Debug)]
pub(crate) enum Prepare {}

impl Action for Prepare {
    type Resource = Organisation;
    const NAME: &'static str = r#"Accounts::Action::"prepare""#;
}

/// Makes a new founding code, which voids earlier ones; `None` once the organisation has been founded.
pub(crate) async fn prepare(desk: &Desk) -> Result<Option<[u8; 16]>, StoreError> {
    match write(desk).await {
        Ok(code) => Ok(code),
        Err(AccountsError::Store(error)) => Err(error),
        Err(other) => Err(StoreError::Failed(other.to_string())),
    }
}

async fn write(desk: &Desk) -> Result<Option<[u8; 16]>, AccountsError> {
    let permit = desk.permit::<Prepare>(Organisation)?;
    let mut work = desk.begin(permit).await?;
    if store::root(&mut work.tx).await?.is_some() {
        return Ok(None);
    }
    let code = work.fresh::<16>();
    let at = work.at();
    store::replace_code(&mut work.tx, digest(&code), at).await?;
    work.commit(&Prepared {}).await?;
    Ok(Some(code))
}
