-- Rooms: where each stands, and its public face. The large columns come last, and are read only when they are needed.
CREATE TABLE rooms (
    room {bytes} NOT NULL PRIMARY KEY,
    opened_by {bytes} NOT NULL,
    opening {bytes} NOT NULL,
    opened_at BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    handshake BIGINT NOT NULL,
    group_info {bytes} NOT NULL,
    face {bytes} NOT NULL
);
-- Who is or was in a room: since which entry, and up to which one. Who was removed and added again was in it twice.
CREATE TABLE rooms_devices (
    room {bytes} NOT NULL REFERENCES rooms (room),
    device {bytes} NOT NULL,
    joined BIGINT NOT NULL,
    removed BIGINT,
    PRIMARY KEY (room, device, joined)
);
CREATE INDEX rooms_devices_of ON rooms_devices (device);
-- The log. Its key is its compare-and-set: two writers that take the same place cannot both keep it. A body that nobody
-- needs any more is deleted; its digest stays, so that the chain can be followed.
CREATE TABLE rooms_log (
    room {bytes} NOT NULL,
    seq BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    at BIGINT NOT NULL,
    device {bytes} NOT NULL,
    submission {bytes} NOT NULL,
    head {bytes} NOT NULL,
    digest {bytes} NOT NULL,
    body {bytes},
    PRIMARY KEY (room, seq),
    UNIQUE (device, submission)
);
CREATE INDEX rooms_log_kept ON rooms_log (at) WHERE body IS NOT NULL;
-- What newcomers need, once for all who were added together; deleted with the last one who waits.
CREATE TABLE rooms_welcomes (
    room {bytes} NOT NULL,
    seq BIGINT NOT NULL,
    head {bytes} NOT NULL,
    welcome {bytes} NOT NULL,
    tree {bytes} NOT NULL,
    PRIMARY KEY (room, seq)
);
CREATE TABLE rooms_waiting (
    room {bytes} NOT NULL,
    device {bytes} NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room, device)
);
CREATE INDEX rooms_waiting_of ON rooms_waiting (device, at);
-- Rooms in which a leaf does not fit its account's chain: a device was revoked, or the account came back as another one.
CREATE TABLE rooms_pending (
    room {bytes} NOT NULL REFERENCES rooms (room),
    handle TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (room, handle)
);
-- Accounts that are in a room and have no device in it, because all of them were revoked: what its policy says, for looking up.
CREATE TABLE rooms_away (
    room {bytes} NOT NULL REFERENCES rooms (room),
    handle TEXT NOT NULL,
    PRIMARY KEY (room, handle)
);
CREATE INDEX rooms_away_of ON rooms_away (handle);
