//! The roles that an account holds: what the charter says of it, and of the groups in which the directory has it.

use chancery_floor::store::{Read, StoreError};
use chancery_transparency::{Charter, Standing};
use chancery_wire::{
    names::{Handle, RoleName},
    time::Instant,
};

use super::store;

/// The roles that an account holds at an instant.
pub(crate) async fn roles_of(
    from: &mut impl Read,
    charter: &Charter,
    (handle, standing): (&Handle, Standing),
    now: Instant,
) -> Result<Vec<RoleName>, StoreError> {
    let held = charter.held(handle, standing, now);
    let mut roles: Vec<_> = held.into_iter().map(|it| it.role).collect();
    if !charter.mapped().is_empty() {
        let groups = store::teams_of(from, handle).await?;
        roles.extend(charter.by_groups(&roles, groups.iter().map(String::as_str)));
    }
    Ok(roles)
}
