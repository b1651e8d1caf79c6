-- Requests that take two people: as they were made, for the other one to agree to.
CREATE TABLE charter_requests (
    id {bytes} NOT NULL PRIMARY KEY,
    asked BIGINT NOT NULL,
    handle TEXT NOT NULL,
    device {bytes} NOT NULL,
    session {bytes} NOT NULL,
    zone TEXT NOT NULL,
    act TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body {bytes} NOT NULL
);
