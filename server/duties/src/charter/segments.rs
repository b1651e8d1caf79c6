//! The segments that somebody who asks belongs to, for the organisation's own rules.

use std::collections::{BTreeSet, HashMap};

use chancery_floor::store::{Read, StoreError};
use chancery_transparency::Charter;
use chancery_wire::names::RoleName;

use crate::{
    accounts,
    counter::{Caller, Whose},
};

/// The segments of whoever asks, by themselves or by whoever answers for them. Where there are none, nothing is asked of the store.
pub(crate) async fn segments_of(
    from: &mut impl Read,
    charter: &Charter,
    caller: &Caller,
) -> Result<BTreeSet<RoleName>, StoreError> {
    let segments = charter.segments();
    if segments.members().is_empty() {
        return Ok(BTreeSet::new());
    }
    let person = caller.whose == Whose::Person;
    let attended = if person { HashMap::new() } else { accounts::attended_by(from, &caller.handle).await? };
    Ok(segments.of(&caller.handle, &|who| attended.get(who).cloned()))
}
