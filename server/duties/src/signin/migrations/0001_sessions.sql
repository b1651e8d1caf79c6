-- Sessions, found by the SHA-256 of their token: who reads this table cannot use one.
CREATE TABLE signin_sessions (
    token {bytes} NOT NULL PRIMARY KEY,
    session {bytes} NOT NULL UNIQUE,
    device {bytes} NOT NULL,
    until BIGINT NOT NULL
);
CREATE INDEX signin_sessions_of ON signin_sessions (device, until);
