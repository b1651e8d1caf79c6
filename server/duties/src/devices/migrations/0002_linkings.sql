-- Meetings of two devices of which one links the other, for some minutes; and what they say to each other.
CREATE TABLE devices_linkings (
    id {bytes} NOT NULL PRIMARY KEY,
    device {bytes} NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX devices_linkings_until ON devices_linkings (until);
CREATE TABLE devices_linking_parts (
    id {bytes} NOT NULL REFERENCES devices_linkings (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    part {bytes} NOT NULL,
    PRIMARY KEY (id, number)
);
