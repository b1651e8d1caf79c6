-- Passkeys: public keys that authenticators of the accounts' owners hold, as the WebAuthn library writes them.
CREATE TABLE passkeys_keys (
    passkey {bytes} NOT NULL PRIMARY KEY,
    credential {bytes} NOT NULL UNIQUE,
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
    ceremony {bytes} NOT NULL PRIMARY KEY,
    secret {bytes} NOT NULL UNIQUE,
    handle TEXT NOT NULL,
    device {bytes} NOT NULL,
    words TEXT NOT NULL,
    name TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body {bytes} NOT NULL,
    nonce {bytes} NOT NULL,
    until BIGINT NOT NULL,
    state BIGINT NOT NULL,
    confirmed BIGINT NOT NULL
);
CREATE INDEX passkeys_ceremonies_until ON passkeys_ceremonies (until);
CREATE INDEX passkeys_ceremonies_of ON passkeys_ceremonies (device, until);
