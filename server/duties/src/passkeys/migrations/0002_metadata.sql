-- Which edition of FIDO's metadata was used last: an older one is not used any more.
CREATE TABLE passkeys_metadata (
    one BIGINT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);
