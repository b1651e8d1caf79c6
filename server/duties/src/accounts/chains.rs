//! Device chains with those they rest on: what a client needs to check a leaf down to the founding.

use chancery_floor::{
    store::{Read, Rows, StoreError},
    values,
};
use chancery_wire::{api::Chain, bytes::Opaque, names::Handle};

/// Whoever is asked for, whoever invited them, and officers who have signed in their chains, up to the founding. An inviter's number
/// is smaller than an invited one's, so the order puts inviters first.
const CLOSURE: Rows = Rows {
    head: "WITH RECURSIVE asked (handle) AS (VALUES",
    columns: 1,
    tail: "), resting (handle, number, invited_by) AS (
        SELECT a.handle, a.number, a.invited_by FROM accounts a JOIN asked ON a.handle = asked.handle
        UNION
        SELECT a.handle, a.number, a.invited_by FROM resting
            LEFT JOIN accounts_rests o ON o.handle = resting.handle
            JOIN accounts a ON a.handle = resting.invited_by OR a.handle = o.rests_on
    )
    SELECT r.handle, e.entry FROM resting r JOIN accounts_entries e ON e.handle = r.handle
    ORDER BY r.number, e.number",
};

/// The chains of `handles` and of everybody they rest on, inviters first. Unknown accounts are left out.
pub(crate) async fn chains(from: &mut impl Read, handles: &[Handle]) -> Result<Vec<Chain>, StoreError> {
    if handles.is_empty() {
        return Ok(Vec::new());
    }
    let asked = handles.iter().flat_map(|handle| values![handle.as_str()]).collect();
    let mut chains: Vec<Chain> = Vec::new();
    for row in from.list(CLOSURE, asked).await? {
        let (handle, entry): (Handle, _) = (row.parsed(0)?, Opaque(row.bytes(1)?));
        match chains.last_mut() {
            Some(chain) if chain.handle == handle => chain.entries.push(entry),
            _ => chains.push(Chain { handle, entries: vec![entry] }),
        }
    }
    Ok(chains)
}
