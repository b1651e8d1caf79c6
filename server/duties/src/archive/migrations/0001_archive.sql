-- What devices have sealed to their account's recovery key, a block of a room's lines each. `key` is the public half of that key.
CREATE TABLE archive_blocks (
    handle TEXT NOT NULL REFERENCES accounts (handle),
    room {bytes} NOT NULL,
    block BIGINT NOT NULL,
    device {bytes} NOT NULL,
    key {bytes} NOT NULL,
    digest {bytes} NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (handle, room, block, device)
);
CREATE INDEX archive_blocks_digest ON archive_blocks (digest);
