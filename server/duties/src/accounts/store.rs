//! The SQL of accounts. No other duty names these tables.

use std::collections::HashMap;

use chancery_floor::{
    bus::Notice,
    store::{Migration, Read, Row, StoreError, Tx},
    values,
};
use chancery_trail::digest;
use chancery_transparency::{
    Bot, Device, Enrol, PublicKey, Recovered, Root, Scope, Standing, Suspender, Trusted,
};
use chancery_wire::{
    api::CameBy,
    ids::{DeviceId, Digest, InvitationId},
    names::{Domain, Handle},
    time::Instant,
};

use super::{
    attended_store,
    model::{AccountStanding, KnownDevice, Pending},
};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "accounts/0001_accounts", sql: include_str!("migrations/0001_accounts.sql") },
    Migration { name: "accounts/0002_provider", sql: include_str!("migrations/0002_provider.sql") },
    Migration { name: "accounts/0003_suspension", sql: include_str!("migrations/0003_suspension.sql") },
    Migration { name: "accounts/0004_guests", sql: include_str!("migrations/0004_guests.sql") },
    Migration { name: "accounts/0005_came", sql: include_str!("migrations/0005_came.sql") },
];

/// The organisation's root, once it was founded.
pub(crate) async fn root(from: &mut impl Read) -> Result<Option<Root>, StoreError> {
    let row = from.row("SELECT root FROM accounts_organisation WHERE one = 1", vec![]).await?;
    row.map(|row| row.fixed(0).map(|root| Root(Digest(root)))).transpose()
}

/// Makes one founding code the only one.
pub(crate) async fn replace_code(tx: &mut Tx, code: Digest, at: Instant) -> Result<(), StoreError> {
    tx.execute("DELETE FROM accounts_founding_codes", vec![]).await?;
    let insert = "INSERT INTO accounts_founding_codes (digest, made_at) VALUES ($1, $2)";
    tx.execute(insert, values![code.0, at.0]).await?;
    Ok(())
}

/// Uses up the founding code; `false` when it is another one.
pub(crate) async fn use_code(tx: &mut Tx, code: Digest) -> Result<bool, StoreError> {
    let used = tx.execute("DELETE FROM accounts_founding_codes WHERE digest = $1", values![code.0]).await?;
    Ok(used == 1)
}

/// Keeps who founded the organisation; `false` when somebody has.
pub(crate) async fn found(
    tx: &mut Tx,
    founder: &Device,
    root: Root,
    at: Instant,
) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO accounts_organisation (one, domain, founder, root, founded_at)
        VALUES (1, $1, $2, $3, $4) ON CONFLICT (one) DO NOTHING";
    let (domain, founder) = (founder.domain.as_str(), founder.handle.as_str());
    Ok(tx.execute(INSERT, values![domain, founder, root.0.0, at.0]).await? == 1)
}

/// The domain the organisation was founded under, once it was.
pub(crate) async fn domain(from: &mut impl Read) -> Result<Option<Domain>, StoreError> {
    let row = from.row("SELECT domain FROM accounts_organisation WHERE one = 1", vec![]).await?;
    row.map(|row| row.parsed(0)).transpose()
}

/// Keeps a new account with the first entry of its chain; `false` when its device or key is known already.
pub(crate) async fn open(
    tx: &mut Tx,
    device: &Device,
    entry: &[u8],
    at: Instant,
) -> Result<bool, StoreError> {
    const ACCOUNT: &str = "INSERT INTO accounts
        (handle, number, officer, invited_by, attended_by, bot_purpose, bot_scope, good_until, opened_at, provider,
            guest_rooms)
        VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM accounts), $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let handle = device.handle.as_str();
    let invited_by = device.invited_by.as_ref().map(Handle::as_str);
    let attended = device.attended();
    let by = attended.as_ref().map(|it| it.owner.as_str());
    let purpose = device.bot.as_ref().map(|bot| bot.purpose.as_str());
    let scope = device.bot.as_ref().and_then(|bot| bot.scope).map(Scope::as_str);
    let guest = device.guest.as_ref();
    let until =
        device.bot.as_ref().and_then(|bot| bot.until).or(guest.map(|it| it.until)).map(|until| until.0);
    let rooms = guest.map(|it| attended_store::list(&it.rooms));
    let provider = device.provider.as_deref();
    let values = values![
        handle,
        device.officer,
        invited_by,
        by,
        purpose,
        scope,
        until,
        at.0,
        provider,
        rooms.as_deref()
    ];
    tx.execute(ACCOUNT, values).await?;
    Ok(keep_entry(tx, &device.handle, 1, entry).await? && keep_device(tx, device, 1, at).await?)
}

/// The first entry of an account's chain, if there is such an account.
pub(crate) async fn first_entry(
    from: &mut impl Read,
    handle: &Handle,
) -> Result<Option<Vec<u8>>, StoreError> {
    const SELECT: &str = "SELECT entry FROM accounts_entries WHERE handle = $1 AND number = 1";
    let row = from.row(SELECT, values![handle.as_str()]).await?;
    row.map(|row| row.bytes(0)).transpose()
}

/// An account's chain as checked when it was stored.
pub(crate) async fn trusted(
    from: &mut impl Read,
    domain: &Domain,
    handle: &Handle,
) -> Result<Option<Trusted>, StoreError> {
    const DEVICES: &str =
        "SELECT d.device, d.key, d.enrolled_at, a.officer, a.invited_by, d.linked_by, d.revoked, d.recovered_by,
            a.recovery_key, a.attended_by, a.bot_purpose, a.provider, a.bot_scope, a.good_until, a.suspended, a.guest_rooms
        FROM accounts a JOIN accounts_devices d ON d.handle = a.handle
        WHERE a.handle = $1 ORDER BY d.number";
    let (mut devices, mut recovery) = (Vec::new(), None);
    for row in from.rows(DEVICES, values![handle.as_str()]).await? {
        let invited_by = row.text_if_any(4)?.map(|by| by.parse()).transpose();
        let linked_by = row.bytes_if_any(5)?.map(|by| DeviceId::from_slice(&by)).transpose();
        devices.push(Device {
            domain: domain.clone(),
            handle: handle.clone(),
            id: DeviceId(row.fixed(0)?),
            key: PublicKey(row.fixed(1)?),
            officer: row.flag(3)?,
            bot: match (row.text_if_any(9)?, row.text_if_any(10)?) {
                (Some(owner), Some(purpose)) => {
                    let owner = owner.parse();
                    let damaged = |_| StoreError::Failed("a stored handle does not parse".to_owned());
                    let owner = owner.map_err(damaged)?;
                    let unknown = || StoreError::Failed("a stored scope does not parse".to_owned());
                    let scope = row.text_if_any(12)?;
                    let scope = scope.map(|it| Scope::parse(&it).ok_or_else(unknown)).transpose()?;
                    Some(Bot { owner, purpose, scope, until: row.integer_if_any(13)?.map(Instant) })
                }
                _ => None,
            },
            guest: match row.text_if_any(9)? {
                Some(_) => attended_store::guest(&row, row.parsed(9)?, (13, 15))?,
                None => None,
            },
            invited_by: invited_by
                .map_err(|_| StoreError::Failed("a stored handle does not parse".to_owned()))?,
            provider: row.text_if_any(11)?,
            linked_by: linked_by
                .map_err(|_| StoreError::Failed("a stored device has another length".to_owned()))?,
            recovered: row.text_if_any(7)?.map(|by| recovered(&by)).transpose()?,
            at: Instant(row.integer(2)?),
            revoked: row.integer_if_any(6)?.is_some(),
            suspended: row.text_if_any(14)?.map(|by| suspender(&by)).transpose()?,
            // Whether it was before is nothing to the server, which judges what is done now.
            has_been_suspended: row.text_if_any(14)?.is_some(),
        });
        let key = row.bytes_if_any(8)?.map(TryInto::try_into).transpose();
        recovery =
            key.map_err(|_| StoreError::Failed("a stored key has another length".to_owned()))?.map(PublicKey);
    }
    let heads: Vec<Digest> = entries(from, handle).await?.iter().map(|entry| digest(entry)).collect();
    let Some(head) = heads.last().copied() else { return Ok(None) };
    Ok(Some(Trusted { devices, recovery, archive: None, head, heads }))
}

/// The entries of an account's chain, the first one first; none when there is no such account.
pub(crate) async fn entries(from: &mut impl Read, handle: &Handle) -> Result<Vec<Vec<u8>>, StoreError> {
    const SELECT: &str = "SELECT entry FROM accounts_entries WHERE handle = $1 ORDER BY number";
    from.rows(SELECT, values![handle.as_str()]).await?.iter().map(|row| row.bytes(0)).collect()
}

/// Keeps a further entry of a chain with what it changes, and whose chains it rests on; `false` when its place is taken, or the
/// device that comes or its key is known already.
pub(super) async fn extend(
    tx: &mut Tx,
    (handle, rests): (&Handle, &[Handle]),
    chain: &Trusted,
    (came, went): (Option<&Device>, &[Device]),
    (entry, at): (&[u8], Instant),
) -> Result<bool, StoreError> {
    const ACCOUNT: &str = "UPDATE accounts SET recovery_key = $2, suspended = $3 WHERE handle = $1";
    const RESTS: &str =
        "INSERT INTO accounts_rests (handle, rests_on) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    const GONE: &str = "UPDATE accounts_devices SET revoked = $2 WHERE device = $1 AND revoked IS NULL";
    let number = chain.heads.len() as u64;
    if !keep_entry(tx, handle, number, entry).await? {
        return Ok(false);
    }
    for device in went {
        tx.execute(GONE, values![device.id.0, number]).await?;
    }
    if !went.is_empty() {
        // With this very transaction: a server that dies right after it has told the others.
        tx.announce(Notice::Closed(went.iter().map(|device| device.id).collect()));
    }
    for officer in rests {
        tx.execute(RESTS, values![handle.as_str(), officer.as_str()]).await?;
    }
    let suspended = chain.suspended().map(Suspender::as_str);
    tx.execute(ACCOUNT, values![handle.as_str(), chain.recovery.map(|key| key.0.to_vec()), suspended])
        .await?;
    match came {
        Some(device) => keep_device(tx, device, number, at).await,
        None => Ok(true),
    }
}

/// Who has suspended an account, as it is kept.
fn suspender(text: &str) -> Result<Suspender, StoreError> {
    Suspender::parse(text).ok_or_else(|| StoreError::Failed("a stored suspension does not parse".to_owned()))
}

/// How an account came back, as it is kept: the officers' names, or none for its key.
fn recovered(by: &str) -> Result<Recovered, StoreError> {
    let damaged = || StoreError::Failed("a stored handle does not parse".to_owned());
    let names: Result<Vec<Handle>, _> = by.split_whitespace().map(str::parse).collect();
    match names.map_err(|_| damaged())?.as_slice() {
        [] => Ok(Recovered::Key),
        [one, two] => Ok(Recovered::Officers(one.clone(), two.clone())),
        _ => Err(damaged()),
    }
}

async fn keep_entry(tx: &mut Tx, handle: &Handle, number: u64, entry: &[u8]) -> Result<bool, StoreError> {
    const ENTRY: &str = "INSERT INTO accounts_entries (handle, number, entry) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    Ok(tx.execute(ENTRY, values![handle.as_str(), number, entry]).await? == 1)
}

async fn keep_device(tx: &mut Tx, device: &Device, number: u64, at: Instant) -> Result<bool, StoreError> {
    const CAME: &str = "SELECT came FROM accounts_devices WHERE device = $1";
    const DEVICE: &str = "INSERT INTO accounts_devices
        (device, handle, number, key, linked_by, recovered_by, enrolled_at, came, came_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    let linked_by = device.linked_by.map(|by| by.0.to_vec());
    let recovered = device.recovered.as_ref().map(|how| match how {
        Recovered::Key => String::new(),
        Recovered::Officers(one, two) => format!("{one} {two}"),
    });
    let came = match (&device.recovered, device.linked_by) {
        (Some(Recovered::Key), _) => CameBy::RecoveryKey,
        (Some(Recovered::Officers(..)), _) => CameBy::Officers,
        (None, Some(by)) => match tx.row(CAME, values![by.0]).await?.map(|row| came(&row, 0)).transpose()? {
            Some(by @ (CameBy::RecoveryKey | CameBy::Officers)) => by,
            _ => CameBy::Device,
        },
        (None, None) => CameBy::First,
    };
    let (handle, key, came) = (device.handle.as_str(), device.key.0, came.as_str());
    let (recovered, enrolled) = (recovered.as_deref(), device.at.0);
    let values = values![device.id.0, handle, number, key, linked_by, recovered, enrolled, came, at.0];
    Ok(tx.execute(DEVICE, values).await? == 1)
}

/// How a device came, as it is kept.
fn came(row: &Row, column: usize) -> Result<CameBy, StoreError> {
    let damaged = || StoreError::Failed("how a device came does not parse".to_owned());
    CameBy::parse(&row.text(column)?).ok_or_else(damaged)
}

const DEVICE: &str = "SELECT d.device, d.handle, d.key, a.officer, a.bot_purpose, a.bot_scope,
        COALESCE(a.hosted_until, a.good_until), a.invited_by, a.guest_rooms,
        d.came, d.came_at
    FROM accounts_devices d JOIN accounts a ON a.handle = d.handle
    LEFT JOIN accounts o ON o.handle = COALESCE(a.hosted_by, a.attended_by)
    WHERE d.device = $1 AND d.revoked IS NULL AND a.suspended IS NULL AND o.suspended IS NULL";
const DEVICES_OF: &str =
    "SELECT d.device, d.handle, d.key, a.officer, a.bot_purpose, a.bot_scope,
        COALESCE(a.hosted_until, a.good_until), a.invited_by, a.guest_rooms,
        d.came, d.came_at
    FROM accounts_devices d JOIN accounts a ON a.handle = d.handle
    LEFT JOIN accounts o ON o.handle = COALESCE(a.hosted_by, a.attended_by)
    WHERE d.handle = $1 AND d.revoked IS NULL AND a.suspended IS NULL AND o.suspended IS NULL ORDER BY d.number";

fn device(row: &Row) -> Result<KnownDevice, StoreError> {
    let (device, key) = (DeviceId(row.fixed(0)?), PublicKey(row.fixed(2)?));
    let bot = row.text_if_any(4)?.is_some();
    let directory = row.text_if_any(5)?.is_some_and(|scope| scope == Scope::Directory.as_str());
    let until = row.integer_if_any(6)?.map(Instant);
    let (officer, invited) = (row.flag(3)?, row.text_if_any(7)?.is_some());
    let standing = standing(officer, invited);
    let guest = row.text_if_any(8)?.is_some();
    let came = (came(row, 9)?, Instant(row.integer(10)?));
    Ok(KnownDevice { device, handle: row.parsed(1)?, key, standing, bot, guest, directory, until, came })
}

/// A device by its id, if it speaks for its account.
pub(crate) async fn find_device(
    from: &mut impl Read,
    id: DeviceId,
) -> Result<Option<KnownDevice>, StoreError> {
    from.row(DEVICE, values![id.0]).await?.map(|row| device(&row)).transpose()
}

/// The device that linked a device, if one did.
pub(crate) async fn linked_by(
    from: &mut impl Read,
    device: DeviceId,
) -> Result<Option<DeviceId>, StoreError> {
    const SELECT: &str = "SELECT linked_by FROM accounts_devices WHERE device = $1 AND linked_by IS NOT NULL";
    from.row(SELECT, values![device.0]).await?.map(|row| row.fixed(0).map(DeviceId)).transpose()
}

/// The public half of the key that brings an account back, if it has one.
pub(crate) async fn recovery_key(
    from: &mut impl Read,
    handle: &Handle,
) -> Result<Option<[u8; 32]>, StoreError> {
    const SELECT: &str = "SELECT recovery_key FROM accounts WHERE handle = $1 AND recovery_key IS NOT NULL";
    from.row(SELECT, values![handle.as_str()]).await?.map(|row| row.fixed(0)).transpose()
}

/// The devices that speak for an account; none when there is no such account.
pub(crate) async fn devices_of(
    from: &mut impl Read,
    handle: &Handle,
) -> Result<Vec<KnownDevice>, StoreError> {
    from.rows(DEVICES_OF, values![handle.as_str()]).await?.iter().map(device).collect()
}

/// The devices of the programs and guests for which an account answers: they are not heard while it is suspended.
pub(crate) async fn owned_by(from: &mut impl Read, owner: &Handle) -> Result<Vec<DeviceId>, StoreError> {
    const SELECT: &str = "SELECT d.device FROM accounts_devices d JOIN accounts a ON a.handle = d.handle
        WHERE COALESCE(a.hosted_by, a.attended_by) = $1 AND d.revoked IS NULL ORDER BY d.device";
    from.rows(SELECT, values![owner.as_str()]).await?.iter().map(|row| row.fixed(0).map(DeviceId)).collect()
}

/// The devices of an account, also those that were revoked.
pub(crate) async fn all_devices_of(
    from: &mut impl Read,
    handle: &Handle,
) -> Result<Vec<DeviceId>, StoreError> {
    const SELECT: &str = "SELECT device FROM accounts_devices WHERE handle = $1 ORDER BY number";
    from.rows(SELECT, values![handle.as_str()]).await?.iter().map(|row| row.fixed(0).map(DeviceId)).collect()
}

/// Whether a device with this key was revoked; nothing where there is none.
pub(crate) async fn was_revoked(
    from: &mut impl Read,
    device: DeviceId,
    key: &PublicKey,
) -> Result<Option<bool>, StoreError> {
    const SELECT: &str = "SELECT revoked FROM accounts_devices WHERE device = $1 AND key = $2";
    let row = from.row(SELECT, values![device.0, key.0]).await?;
    row.map(|row| row.integer_if_any(0).map(|at| at.is_some())).transpose()
}

/// The devices of an account that do not speak for it, with their keys: those that were revoked, and all while it is suspended or its time
/// is over.
pub(crate) async fn silent_of(
    from: &mut impl Read,
    handle: &Handle,
    now: Instant,
) -> Result<Vec<(DeviceId, PublicKey)>, StoreError> {
    const SELECT: &str =
        "SELECT d.device, d.key FROM accounts_devices d JOIN accounts a ON a.handle = d.handle
        WHERE d.handle = $1 AND (d.revoked IS NOT NULL OR a.suspended IS NOT NULL
            OR COALESCE(a.hosted_until, a.good_until) <= $2)
        ORDER BY d.number";
    let rows = from.rows(SELECT, values![handle.as_str(), now.0]).await?;
    rows.iter().map(|row| Ok((DeviceId(row.fixed(0)?), PublicKey(row.fixed(1)?)))).collect()
}

/// The accounts that are suspended, and by whom.
pub(crate) async fn suspended(from: &mut impl Read) -> Result<Vec<(Handle, Suspender)>, StoreError> {
    const SELECT: &str = "SELECT handle, suspended FROM accounts WHERE suspended IS NOT NULL ORDER BY handle";
    let one = |row: &Row| Ok((row.parsed(0)?, suspender(&row.text(1)?)?));
    from.rows(SELECT, vec![]).await?.iter().map(one).collect()
}

/// How all accounts stand.
pub(crate) async fn standings(from: &mut impl Read) -> Result<HashMap<Handle, AccountStanding>, StoreError> {
    const SELECT: &str =
        "SELECT handle, officer, bot_purpose, suspended, invited_by, guest_rooms FROM accounts";
    from.rows(SELECT, vec![]).await?.iter().map(stands).collect()
}

/// How an account stands; nothing where there is none.
pub(crate) async fn standing_of(
    from: &mut impl Read,
    handle: &Handle,
) -> Result<Option<Standing>, StoreError> {
    const SELECT: &str = "SELECT officer, invited_by FROM accounts WHERE handle = $1";
    let row = from.row(SELECT, values![handle.as_str()]).await?;
    row.map(|row| Ok(standing(row.flag(0)?, row.text_if_any(1)?.is_some()))).transpose()
}

fn stands(row: &Row) -> Result<(Handle, AccountStanding), StoreError> {
    let suspended = row.text_if_any(3)?.map(|by| suspender(&by)).transpose()?;
    let bot = row.text_if_any(2)?.is_some();
    let (officer, invited) = (row.flag(1)?, row.text_if_any(4)?.is_some());
    let (guest, standing) = (row.text_if_any(5)?.is_some(), standing(officer, invited));
    Ok((row.parsed(0)?, AccountStanding { standing, bot, guest, suspended }))
}

fn standing(officer: bool, invited: bool) -> Standing {
    match (officer, invited) {
        (true, false) => Standing::Founder,
        (true, true) => Standing::Officer,
        (false, _) => Standing::Other,
    }
}

/// Keeps an invitation; `false` when its id is taken.
pub(crate) async fn deposit(tx: &mut Tx, it: &Pending) -> Result<bool, StoreError> {
    const INSERT: &str = "INSERT INTO accounts_invitations (id, handle, until, invited_by, signed, used_at)
        VALUES ($1, $2, $3, $4, $5, NULL) ON CONFLICT (id) DO NOTHING";
    let (handle, by) = (it.handle.as_str(), it.invited_by.as_str());
    let values = values![it.id.0, handle, it.until.0, by, it.signed.clone()];
    Ok(tx.execute(INSERT, values).await? == 1)
}

/// An invitation by its id.
pub(crate) async fn invitation(
    from: &mut impl Read,
    id: InvitationId,
) -> Result<Option<Pending>, StoreError> {
    const SELECT: &str =
        "SELECT handle, until, invited_by, signed, used_at FROM accounts_invitations WHERE id = $1";
    let Some(row) = from.row(SELECT, values![id.0]).await? else { return Ok(None) };
    let (handle, until, invited_by) = (row.parsed(0)?, Instant(row.integer(1)?), row.parsed(2)?);
    let used = row.integer_if_any(4)?.is_some();
    Ok(Some(Pending { id, handle, until, invited_by, signed: row.bytes(3)?, used }))
}

/// Uses up an invitation; `false` when it was used.
pub(crate) async fn use_invitation(tx: &mut Tx, id: InvitationId, at: Instant) -> Result<bool, StoreError> {
    const UPDATE: &str = "UPDATE accounts_invitations SET used_at = $2 WHERE id = $1 AND used_at IS NULL";
    Ok(tx.execute(UPDATE, values![id.0, at.0]).await? == 1)
}

/// Whether an entry stands in the chain it says: the same request again is answered the same.
pub(crate) async fn is_kept(tx: &mut Tx, enrol: &Enrol, entry: &[u8]) -> Result<bool, StoreError> {
    Ok(entries(tx, &enrol.handle).await?.iter().any(|kept| kept == entry))
}
