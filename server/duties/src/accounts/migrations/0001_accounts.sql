-- The organisation: one row once it was founded.
CREATE TABLE accounts_organisation (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    domain TEXT NOT NULL,
    founder TEXT NOT NULL,
    root {bytes} NOT NULL,
    founded_at BIGINT NOT NULL
);
-- The digest of the one-time founding code that was printed last.
CREATE TABLE accounts_founding_codes (
    digest {bytes} NOT NULL PRIMARY KEY,
    made_at BIGINT NOT NULL
);
-- Accounts, numbered in the order they were opened: an inviter's number is smaller than an invited one's.
CREATE TABLE accounts (
    handle TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    officer BIGINT NOT NULL,
    invited_by TEXT REFERENCES accounts (handle),
    recovery_key {bytes},
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
    entry {bytes} NOT NULL,
    PRIMARY KEY (handle, number)
);
-- The devices of accounts, by which entry they came and by which they were revoked: what the chains say, for looking up.
CREATE TABLE accounts_devices (
    device {bytes} NOT NULL PRIMARY KEY,
    handle TEXT NOT NULL REFERENCES accounts (handle),
    number BIGINT NOT NULL,
    key {bytes} NOT NULL UNIQUE,
    linked_by {bytes},
    -- The officers who vouched when the account came back by it, between blanks; none of them when its own key did.
    recovered_by TEXT,
    revoked BIGINT,
    enrolled_at BIGINT NOT NULL
);
CREATE INDEX accounts_devices_of ON accounts_devices (handle);
-- Invitations, as signed.
CREATE TABLE accounts_invitations (
    id {bytes} NOT NULL PRIMARY KEY,
    handle TEXT NOT NULL,
    until BIGINT NOT NULL,
    invited_by TEXT NOT NULL REFERENCES accounts (handle),
    signed {bytes} NOT NULL,
    used_at BIGINT
);
