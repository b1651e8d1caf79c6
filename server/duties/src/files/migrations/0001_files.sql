-- Sealed files in rooms, and the parts they are made of. `until` is when a file is forgotten that is not whole.
CREATE TABLE files (
    file {bytes} NOT NULL PRIMARY KEY,
    room {bytes} NOT NULL,
    handle TEXT NOT NULL,
    device {bytes} NOT NULL,
    parts BIGINT NOT NULL,
    next BIGINT NOT NULL,
    until BIGINT
);
CREATE INDEX files_until ON files (until) WHERE until IS NOT NULL;
CREATE INDEX files_device ON files (device) WHERE until IS NOT NULL;
CREATE TABLE files_parts (
    file {bytes} NOT NULL REFERENCES files (file) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    digest {bytes} NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (file, number)
);
CREATE INDEX files_parts_digest ON files_parts (digest);
