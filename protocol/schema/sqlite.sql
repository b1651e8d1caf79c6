-- The schema, put together by `cargo xtask schema` from the duties' migrations.

-- store/migrations
CREATE TABLE IF NOT EXISTS store_migrations (
    name TEXT NOT NULL PRIMARY KEY,
    digest BLOB NOT NULL,
    at BIGINT NOT NULL
);

-- journal/0001_journal
-- One fact a row. `fact` is the CBOR that the chain is over; the other columns repeat parts of it for queries.
-- Two writers that both take the next seq cannot both keep it: the key is the compare-and-set.
CREATE TABLE journal (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    fact BLOB NOT NULL,
    head BLOB NOT NULL
);

-- accounts/0001_accounts
-- The organisation: one row once it was founded.
CREATE TABLE accounts_organisation (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    domain TEXT NOT NULL,
    founder TEXT NOT NULL,
    root BLOB NOT NULL,
    founded_at BIGINT NOT NULL
);
-- The digest of the one-time founding code that was printed last.
CREATE TABLE accounts_founding_codes (
    digest BLOB NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL
);
-- Accounts, numbered in the order they were opened: an inviter's number is smaller than an invited one's.
CREATE TABLE accounts (
    handle TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    officer BIGINT NOT NULL,
    invited_by TEXT REFERENCES accounts (handle),
    recovery_key BLOB,
    -- Who answers for it and what it is for, where it is a program's.
    bot_owner TEXT REFERENCES accounts (handle),
    bot_purpose TEXT,
    opened_at BIGINT NOT NULL
);
-- Whose chains an account's chain rests on besides its inviter's: officers who have signed in it.
CREATE TABLE accounts_rests (
    handle TEXT NOT NULL REFERENCES accounts (handle),
    rests_on TEXT NOT NULL REFERENCES accounts (handle),
    PRIMARY KEY (handle, rests_on)
);
-- Device chains, as signed.
CREATE TABLE accounts_entries (
    handle TEXT NOT NULL REFERENCES accounts (handle),
    number BIGINT NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (handle, number)
);
-- The devices of accounts, by which entry they came and by which they were revoked: what the chains say, for looking up.
CREATE TABLE accounts_devices (
    device BLOB NOT NULL PRIMARY KEY,
    handle TEXT NOT NULL REFERENCES accounts (handle),
    number BIGINT NOT NULL,
    key BLOB NOT NULL UNIQUE,
    linked_by BLOB,
    -- The officers who vouched when the account came back by it, between blanks; none of them when its own key did.
    recovered_by TEXT,
    revoked BIGINT,
    enrolled_at BIGINT NOT NULL
);
CREATE INDEX accounts_devices_of ON accounts_devices (handle);
-- Invitations, as signed.
CREATE TABLE accounts_invitations (
    id BLOB NOT NULL PRIMARY KEY,
    handle TEXT NOT NULL,
    until BIGINT NOT NULL,
    invited_by TEXT NOT NULL REFERENCES accounts (handle),
    signed BLOB NOT NULL,
    used_at BIGINT
);

-- accounts/0002_provider
-- The identity provider that vouched for the account, if one did: its issuer.
ALTER TABLE accounts ADD COLUMN provider TEXT;

-- accounts/0003_suspension
-- Who has suspended the account, while it is: what its chain says.
ALTER TABLE accounts ADD COLUMN suspended TEXT;
-- What it may do besides taking part in rooms, and until when it may do anything, where it is a program's.
ALTER TABLE accounts ADD COLUMN bot_scope TEXT;
ALTER TABLE accounts ADD COLUMN bot_until BIGINT;

-- accounts/0004_guests
-- Accounts for which another one answers: programs, which have a purpose, and guests, which have rooms; as they were invited.
ALTER TABLE accounts RENAME COLUMN bot_owner TO attended_by;
-- Until when it may do anything, and whether that was over when it was looked at last.
ALTER TABLE accounts RENAME COLUMN bot_until TO good_until;
ALTER TABLE accounts ADD COLUMN guest_rooms TEXT;
ALTER TABLE accounts ADD COLUMN ran_out BIGINT NOT NULL DEFAULT 0;
-- The terms of a guest that are in force, where the charter says others than the invitation.
ALTER TABLE accounts ADD COLUMN hosted_by TEXT;
ALTER TABLE accounts ADD COLUMN hosted_until BIGINT;
ALTER TABLE accounts ADD COLUMN hosted_rooms TEXT;
CREATE INDEX accounts_good_until ON accounts (good_until);

-- accounts/0005_came
-- How a device came to its account, and when the server took it in: by its own clock, since a device says of itself what it likes.
-- Whoever does not say it is an older server beside this one: what it takes in has come just now, in the way that counts least.
ALTER TABLE accounts_devices ADD COLUMN came TEXT NOT NULL DEFAULT 'officers';
ALTER TABLE accounts_devices ADD COLUMN came_at BIGINT NOT NULL DEFAULT 9223372036854775807;
-- Of those that are there already only they themselves say when; not before their account was opened.
UPDATE accounts_devices SET came_at = enrolled_at, came = CASE
    WHEN linked_by IS NOT NULL THEN 'device'
    WHEN recovered_by = '' THEN 'recovery-key'
    WHEN recovered_by IS NOT NULL THEN 'officers'
    ELSE 'first'
END;
UPDATE accounts_devices SET came_at = (SELECT a.opened_at FROM accounts a WHERE a.handle = accounts_devices.handle)
    WHERE came_at < (SELECT a.opened_at FROM accounts a WHERE a.handle = accounts_devices.handle);

-- charter/0001_charter
-- The charter: every amendment that was taken in, as its signers signed it.
CREATE TABLE charter_amendments (
    number BIGINT NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    taken BIGINT NOT NULL,
    amendment BLOB NOT NULL
);
-- Amendments that wait for the signature of another person, or were declined while they did.
CREATE TABLE charter_proposals (
    id BLOB NOT NULL PRIMARY KEY,
    proposed BIGINT NOT NULL,
    amendment BLOB NOT NULL,
    declined BIGINT NOT NULL
);

-- charter/0002_uses
-- When somebody used what a role gives last, to the day; and since when that is written down.
CREATE TABLE charter_uses (
    handle TEXT NOT NULL,
    permission TEXT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (handle, permission)
);
CREATE TABLE charter_observed (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    since BIGINT NOT NULL
);

-- charter/0003_requests
-- Requests that take two people: as they were made, for the other one to agree to.
CREATE TABLE charter_requests (
    id BLOB NOT NULL PRIMARY KEY,
    asked BIGINT NOT NULL,
    handle TEXT NOT NULL,
    device BLOB NOT NULL,
    session BLOB NOT NULL,
    zone TEXT NOT NULL,
    act TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body BLOB NOT NULL
);

-- devices/0001_devices
-- Key packages that devices deposited, each for one use but the last resort.
CREATE TABLE devices_key_packages (
    device BLOB NOT NULL,
    reference BLOB NOT NULL,
    last_resort BIGINT NOT NULL,
    until BIGINT NOT NULL,
    package BLOB NOT NULL,
    PRIMARY KEY (device, reference)
);
CREATE INDEX devices_key_packages_until ON devices_key_packages (until);

-- devices/0002_linkings
-- Meetings of two devices of which one links the other, for some minutes; and what they say to each other.
CREATE TABLE devices_linkings (
    id BLOB NOT NULL PRIMARY KEY,
    device BLOB NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX devices_linkings_until ON devices_linkings (until);
CREATE TABLE devices_linking_parts (
    id BLOB NOT NULL REFERENCES devices_linkings (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    part BLOB NOT NULL,
    PRIMARY KEY (id, number)
);

-- devices/0003_links
-- How many devices a meeting may still let in: one, or none where an officer vouches in it.
ALTER TABLE devices_linkings ADD COLUMN links BIGINT NOT NULL DEFAULT 1;

-- providers/0001_providers
-- Identity providers: what an officer signed last about each, and when; nothing where it was withdrawn.
CREATE TABLE providers (
    issuer TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    signed BLOB
);
-- Who somebody is at a provider, for ever.
CREATE TABLE providers_subjects (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    handle TEXT NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, handle)
);
-- When a person signed in at a provider last, for the device at which it was.
CREATE TABLE providers_signins (
    device BLOB NOT NULL PRIMARY KEY,
    issuer TEXT NOT NULL,
    signed_in BIGINT NOT NULL
);

-- provisioning/0001_resources
-- Persons and groups as the directory knows them, numbered in the order in which they came.
CREATE TABLE provisioning_resources (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    -- The userName or displayName in small letters.
    name TEXT NOT NULL,
    external TEXT,
    -- The account that a person has or may come to have.
    handle TEXT UNIQUE,
    active BIGINT NOT NULL,
    -- Whether an officer has restored the account since the directory said something of the person last.
    aside BIGINT NOT NULL,
    -- What is said of it, as JSON.
    body TEXT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);
CREATE INDEX provisioning_resources_name ON provisioning_resources (kind, name);
CREATE INDEX provisioning_resources_external ON provisioning_resources (kind, external);
-- Who is in which group.
CREATE TABLE provisioning_members (
    team BLOB NOT NULL REFERENCES provisioning_resources (id),
    member BLOB NOT NULL REFERENCES provisioning_resources (id),
    PRIMARY KEY (team, member)
);
CREATE INDEX provisioning_members_of ON provisioning_members (member);
-- Accounts whose persons the directory knew and does not any more.
CREATE TABLE provisioning_left (
    handle TEXT NOT NULL PRIMARY KEY,
    -- Who it was: another person by the name does not bring that one's devices back.
    resource BLOB NOT NULL
);

-- signin/0001_sessions
-- Sessions, found by the SHA-256 of their token: who reads this table cannot use one.
CREATE TABLE signin_sessions (
    token BLOB NOT NULL PRIMARY KEY,
    session BLOB NOT NULL UNIQUE,
    device BLOB NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX signin_sessions_of ON signin_sessions (device, until);

-- signin/0002_opened
-- When a session was opened; nothing for those that were open before this was kept.
ALTER TABLE signin_sessions ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0;

-- signin/0003_elevated
-- Until when the roles of the account are taken up in a session.
ALTER TABLE signin_sessions ADD COLUMN elevated BIGINT;

-- signin/0004_administration
-- Whether a session was opened where the organisation is looked after: it is good there and nowhere else.
ALTER TABLE signin_sessions ADD COLUMN administration BIGINT NOT NULL DEFAULT 0;

-- signin/0005_used
-- When something was asked last in a session while the roles of the account were up in it, to the minute.
ALTER TABLE signin_sessions ADD COLUMN used BIGINT;

-- passkeys/0001_passkeys
-- Passkeys: public keys that authenticators of the accounts' owners hold, as the WebAuthn library writes them.
CREATE TABLE passkeys_keys (
    passkey BLOB NOT NULL PRIMARY KEY,
    credential BLOB NOT NULL UNIQUE,
    handle TEXT NOT NULL,
    name TEXT NOT NULL,
    kept TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX passkeys_keys_of ON passkeys_keys (handle, added_at);
-- Ceremonies, found by the SHA-256 of their secret. One with a method is about a request that is to be approved, and one with
-- none about a passkey of this name that is to be added.
CREATE TABLE passkeys_ceremonies (
    ceremony BLOB NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL UNIQUE,
    handle TEXT NOT NULL,
    device BLOB NOT NULL,
    words TEXT NOT NULL,
    name TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body BLOB NOT NULL,
    nonce BLOB NOT NULL,
    until BIGINT NOT NULL,
    state BIGINT NOT NULL,
    confirmed BIGINT NOT NULL
);
CREATE INDEX passkeys_ceremonies_until ON passkeys_ceremonies (until);
CREATE INDEX passkeys_ceremonies_of ON passkeys_ceremonies (device, until);

-- passkeys/0002_metadata
-- Which edition of FIDO's metadata was used last: an older one is not used any more.
CREATE TABLE passkeys_metadata (
    one BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);

-- rooms/0001_rooms
-- Rooms: where each stands, and its public face. The large columns come last, and are read only when they are needed.
CREATE TABLE rooms (
    room BLOB NOT NULL PRIMARY KEY,
    opened_by BLOB NOT NULL,
    opening BLOB NOT NULL,
    opened_at BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    handshake BIGINT NOT NULL,
    group_info BLOB NOT NULL,
    face BLOB NOT NULL
);
-- Who is or was in a room: since which entry, and up to which one. Who was removed and added again was in it twice.
CREATE TABLE rooms_devices (
    room BLOB NOT NULL REFERENCES rooms (room),
    device BLOB NOT NULL,
    joined BIGINT NOT NULL,
    removed BIGINT,
    PRIMARY KEY (room, device, joined)
);
CREATE INDEX rooms_devices_of ON rooms_devices (device);
-- The log. Its key is its compare-and-set: two writers that take the same place cannot both keep it. A body that nobody
-- needs any more is deleted; its digest stays, so that the chain can be followed.
CREATE TABLE rooms_log (
    room BLOB NOT NULL,
    seq BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    at BIGINT NOT NULL,
    device BLOB NOT NULL,
    submission BLOB NOT NULL,
    head BLOB NOT NULL,
    digest BLOB NOT NULL,
    body BLOB,
    PRIMARY KEY (room, seq),
    UNIQUE (device, submission)
);
CREATE INDEX rooms_log_kept ON rooms_log (at) WHERE body IS NOT NULL;
-- What newcomers need, once for all who were added together; deleted with the last one who waits.
CREATE TABLE rooms_welcomes (
    room BLOB NOT NULL,
    seq BIGINT NOT NULL,
    head BLOB NOT NULL,
    welcome BLOB NOT NULL,
    tree BLOB NOT NULL,
    PRIMARY KEY (room, seq)
);
CREATE TABLE rooms_waiting (
    room BLOB NOT NULL,
    device BLOB NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room, device)
);
CREATE INDEX rooms_waiting_of ON rooms_waiting (device, at);
-- Rooms in which a leaf does not fit its account's chain: a device was revoked, or the account came back as another one.
CREATE TABLE rooms_pending (
    room BLOB NOT NULL REFERENCES rooms (room),
    handle TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room, handle)
);
-- Accounts that are in a room and have no device in it, because all of them were revoked: what its policy says, for looking up.
CREATE TABLE rooms_away (
    room BLOB NOT NULL REFERENCES rooms (room),
    handle TEXT NOT NULL,
    PRIMARY KEY (room, handle)
);
CREATE INDEX rooms_away_of ON rooms_away (handle);

-- rooms/0002_apart
-- Whether two are in the room who may not meet, since a barrier has come between them: nothing is said there until one side has gone.
ALTER TABLE rooms ADD COLUMN apart BIGINT NOT NULL DEFAULT 0;
CREATE INDEX rooms_apart ON rooms (apart);

-- rooms/0003_leaving
-- Whether a device has asked to leave a room, with all of its account's: it is in there until another one takes that in.
ALTER TABLE rooms_devices ADD COLUMN leaving BIGINT NOT NULL DEFAULT 0;

-- files/0001_files
-- Sealed files in rooms, and the parts they are made of. `until` is when a file is forgotten that is not whole.
CREATE TABLE files (
    file BLOB NOT NULL PRIMARY KEY,
    room BLOB NOT NULL,
    handle TEXT NOT NULL,
    device BLOB NOT NULL,
    parts BIGINT NOT NULL,
    next BIGINT NOT NULL,
    until BIGINT
);
CREATE INDEX files_until ON files (until) WHERE until IS NOT NULL;
CREATE INDEX files_device ON files (device) WHERE until IS NOT NULL;
CREATE TABLE files_parts (
    file BLOB NOT NULL REFERENCES files (file) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    digest BLOB NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (file, number)
);
CREATE INDEX files_parts_digest ON files_parts (digest);

-- archive/0001_archive
-- What devices have sealed to their account's recovery key, a block of a room's lines each. `key` is the public half of that key.
CREATE TABLE archive_blocks (
    handle TEXT NOT NULL REFERENCES accounts (handle),
    room BLOB NOT NULL,
    block BIGINT NOT NULL,
    device BLOB NOT NULL,
    key BLOB NOT NULL,
    digest BLOB NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (handle, room, block, device)
);
CREATE INDEX archive_blocks_digest ON archive_blocks (digest);

-- delivery/0001_cursors
-- How far each device has acknowledged each room.
CREATE TABLE delivery_cursors (
    room BLOB NOT NULL,
    device BLOB NOT NULL,
    acknowledged BIGINT NOT NULL,
    PRIMARY KEY (room, device)
);
