-- Everything a device keeps. Instants are milliseconds since 1970; ids are 16 bytes.
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    server TEXT NOT NULL,
    domain TEXT NOT NULL,
    root BLOB NOT NULL,
    handle TEXT NOT NULL,
    device BLOB NOT NULL,
    signing_key BLOB NOT NULL,
    entry BLOB NOT NULL,
    opener BLOB NOT NULL,
    enrolled INTEGER NOT NULL
) STRICT;

-- The sessions with the server, so that not every program that opens the vault has to sign in: with the one that people talk at, and
-- with the one at which the organisation is looked after, which has an address of its own.
CREATE TABLE session (
    server TEXT PRIMARY KEY,
    token BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT;

-- What the MLS library keeps, by slot (see mls.rs).
CREATE TABLE mls (
    slot INTEGER NOT NULL,
    key BLOB NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (slot, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
    room BLOB PRIMARY KEY,
    name TEXT,
    standing TEXT NOT NULL,
    why TEXT,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    joined INTEGER NOT NULL,
    read INTEGER NOT NULL,
    renew_at INTEGER NOT NULL,
    sealed INTEGER NOT NULL,
    settle_at INTEGER,
    topic TEXT,
    -- Whether only the devices of this account are in it.
    own INTEGER NOT NULL,
    -- Whether the person wants to be told of nothing here.
    muted INTEGER NOT NULL DEFAULT 0,
    -- What the person has begun to write, and when the other devices are told of it.
    draft TEXT,
    draft_at INTEGER,
    -- When the others are told what was got and read here.
    report_at INTEGER,
    name_at INTEGER,
    topic_at INTEGER,
    names_since INTEGER,
    name_hearsay INTEGER NOT NULL,
    topic_hearsay INTEGER NOT NULL,
    -- The account that brought this device in.
    brought_by TEXT,
    -- The number of the amendment that somebody who has spoken here knew to say last who may meet whom.
    charter INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What is public of rooms whose keys the device has lost, so that it still judges what is done in them.
CREATE TABLE faces (
    room BLOB PRIMARY KEY REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    face BLOB NOT NULL
) STRICT;

-- The chain head after each entry taken in, to compare other members' views with; and the digest of its body, to notice
-- a body that comes again.
CREATE TABLE heads (
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    seq INTEGER NOT NULL,
    head BLOB NOT NULL,
    digest BLOB,
    PRIMARY KEY (room, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX heads_digest ON heads (room, digest) WHERE digest IS NOT NULL;

-- The epoch authenticators of recent epochs, to compare other members' views with.
CREATE TABLE epochs (
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    epoch INTEGER NOT NULL,
    authenticator BLOB NOT NULL,
    PRIMARY KEY (room, epoch)
) STRICT, WITHOUT ROWID;

-- What was said and what happened, and what could not be opened and why. Lines are added and never changed, but for what was
-- taken back: its text is deleted, and of it stays that it was there.
CREATE TABLE messages (
    line INTEGER PRIMARY KEY,
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    seq INTEGER NOT NULL,
    id BLOB,
    at INTEGER NOT NULL,
    handle TEXT,
    device BLOB,
    kind TEXT NOT NULL,
    said TEXT NOT NULL,
    about BLOB,
    thread BLOB,
    gone INTEGER NOT NULL DEFAULT 0,
    -- Where a file lies and what opens it.
    file BLOB,
    -- Whom a text names, each between blanks; whether it is to be acknowledged; when it is deleted.
    mentions TEXT,
    urgent INTEGER NOT NULL DEFAULT 0,
    expires INTEGER,
    -- The other member whose word it is that this was said.
    told_by TEXT,
    UNIQUE (room, seq)
) STRICT;
CREATE UNIQUE INDEX messages_once ON messages (room, id, handle) WHERE id IS NOT NULL;
CREATE INDEX messages_by ON messages (handle) WHERE kind IN ('text', 'file');
CREATE INDEX messages_about ON messages (room, about, kind) WHERE about IS NOT NULL;
CREATE INDEX messages_thread ON messages (room, thread, seq) WHERE thread IS NOT NULL;
CREATE INDEX messages_expires ON messages (expires) WHERE expires IS NOT NULL AND gone = 0;
CREATE INDEX messages_urgent ON messages (room, seq) WHERE urgent = 1;
CREATE INDEX messages_mentions ON messages (room, seq) WHERE mentions IS NOT NULL;
CREATE INDEX messages_unopened ON messages (room) WHERE kind = 'unopened';

-- How far messages are with whom, as they say; what is still to be said to the others; and what is kept in view.
CREATE TABLE receipts (
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    id BLOB NOT NULL,
    handle TEXT NOT NULL,
    status INTEGER NOT NULL,
    PRIMARY KEY (room, id, handle)
) STRICT, WITHOUT ROWID;
CREATE TABLE reports (
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    id BLOB NOT NULL,
    status INTEGER NOT NULL,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE pins (
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    id BLOB NOT NULL,
    PRIMARY KEY (room, id)
) STRICT, WITHOUT ROWID;

-- The words of every text as it reads now, by line, for searching. The texts themselves are not kept here.
CREATE VIRTUAL TABLE words USING fts5 (
    said, content = '', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
-- What is taken out of the index leaves nothing behind in it.
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

-- Files that are being sent, with the content their message will have; and files to be deleted from the server.
CREATE TABLE uploads (
    file BLOB PRIMARY KEY,
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    path TEXT NOT NULL,
    content BLOB NOT NULL,
    UNIQUE (room, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE disposals (
    file BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

-- What was said before another device of the account came, and is still to be told to it: everything below an entry.
CREATE TABLE history_owed (
    device BLOB NOT NULL,
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    below INTEGER NOT NULL,
    told INTEGER NOT NULL,
    PRIMARY KEY (device, room)
) STRICT, WITHOUT ROWID;
-- What is still to be told to those who came into a room by an entry: everything since a moment and below an entry.
CREATE TABLE history_granted (
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    before INTEGER NOT NULL,
    since INTEGER NOT NULL,
    below INTEGER NOT NULL,
    PRIMARY KEY (room, before)
) STRICT, WITHOUT ROWID;
-- What another device of the account, or another member, has told of it, and was not taken in yet; and in which room its file lies. The room that
-- it is about may still be to come.
CREATE TABLE history_told (
    file BLOB PRIMARY KEY,
    place BLOB NOT NULL,
    told_by TEXT,
    room BLOB NOT NULL,
    upto INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The public key that the account's archive is sealed to, and the blocks of rooms that have changed since they were put there: since
-- when, and a mark that is another one with each change. A block is 64 entries of a room's log.
CREATE TABLE archive_key (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    key BLOB NOT NULL,
    -- The device that set it.
    device BLOB NOT NULL
) STRICT;
CREATE TABLE archive_due (
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    block INTEGER NOT NULL,
    at INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    PRIMARY KEY (room, block)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_due_block ON archive_due (block);
CREATE TRIGGER archive_added AFTER INSERT ON messages BEGIN
    INSERT INTO archive_due (room, block, at, changes)
    SELECT NEW.room, NEW.seq / 64, NEW.at, random() FROM archive_key, rooms r WHERE r.room = NEW.room AND r.own = 0
    ON CONFLICT (room, block) DO UPDATE SET changes = random();
END;
-- What was taken back does not wait.
CREATE TRIGGER archive_erased AFTER UPDATE OF gone ON messages BEGIN
    INSERT INTO archive_due (room, block, at, changes)
    SELECT NEW.room, NEW.seq / 64, 0, random() FROM archive_key, rooms r WHERE r.room = NEW.room AND r.own = 0
    ON CONFLICT (room, block) DO UPDATE SET at = 0, changes = random();
END;
-- What opens the archive on a device as which the account came back, until all of it was taken in; and what there still is of it,
-- once it was asked for.
CREATE TABLE archive_secret (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    secret BLOB NOT NULL,
    asked INTEGER NOT NULL
) STRICT;
CREATE TABLE archive_found (
    room BLOB NOT NULL,
    block INTEGER NOT NULL,
    device BLOB NOT NULL,
    -- How many there are in the room that are newer.
    newer INTEGER NOT NULL,
    -- Whether it was taken in. It is deleted there once this device has put it there anew.
    taken INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room, block, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_found_newer ON archive_found (taken, newer);

-- What the person wants done, kept before anything is sent; sealed once it can be.
CREATE TABLE outbox (
    wish INTEGER PRIMARY KEY AUTOINCREMENT,
    room BLOB NOT NULL REFERENCES rooms (room) DEFERRABLE INITIALLY DEFERRED,
    at INTEGER NOT NULL,
    what BLOB NOT NULL,
    not_before INTEGER NOT NULL,
    submission BLOB UNIQUE,
    -- In which order what is sealed was sealed: it is sent in that order.
    sealed INTEGER,
    kind INTEGER,
    epoch INTEGER,
    body BLOB,
    welcome BLOB,
    group_info BLOB,
    charter INTEGER,
    accepted INTEGER,
    refused TEXT
) STRICT;

-- Device chains that were checked down to the organisation's root.
-- What the person calls the account's devices. Only they know.
CREATE TABLE device_names (
    device BLOB PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trust (
    handle TEXT NOT NULL,
    device BLOB NOT NULL,
    key BLOB NOT NULL,
    officer INTEGER NOT NULL,
    invited_by TEXT,
    linked_by BLOB,
    recovered_by TEXT,
    recovery_key BLOB,
    -- Who answers for the account: a program's owner, a guest's sponsor; and until when it may do anything.
    attended_by TEXT,
    good_until INTEGER,
    bot_purpose TEXT,
    bot_scope TEXT,
    guest_rooms TEXT,
    suspended TEXT,
    has_been_suspended INTEGER NOT NULL,
    provider TEXT,
    at INTEGER NOT NULL,
    head BLOB NOT NULL,
    revoked INTEGER NOT NULL,
    UNIQUE (handle, device)
) STRICT;
-- What an identity provider has said to the directory's program: whose account a person's is, what groups are called, and who is in them,
-- and whether that is all known.
CREATE TABLE directory_people (
    id BLOB PRIMARY KEY,
    handle TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE directory_groups (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    sure INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE directory_members (
    team BLOB NOT NULL,
    person BLOB NOT NULL,
    PRIMARY KEY (team, person)
) STRICT, WITHOUT ROWID;
-- Rooms that are filled from a group of the directory, and what the group was called then.
CREATE TABLE directory_rooms (
    room BLOB PRIMARY KEY,
    team BLOB NOT NULL,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- The charter, as its signers signed it: checked when it came, and it can only grow.
CREATE TABLE amendments (
    number INTEGER PRIMARY KEY,
    amendment BLOB NOT NULL
) STRICT;
