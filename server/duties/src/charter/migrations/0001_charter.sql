-- The charter: every amendment that was taken in, as its signers signed it.
CREATE TABLE charter_amendments (
    number BIGINT NOT NULL PRIMARY KEY,
    id {bytes} NOT NULL UNIQUE,
    taken BIGINT NOT NULL,
    amendment {bytes} NOT NULL
);
-- Amendments that wait for the signature of another person, or were declined while they did.
CREATE TABLE charter_proposals (
    id {bytes} NOT NULL PRIMARY KEY,
    proposed BIGINT NOT NULL,
    amendment {bytes} NOT NULL,
    declined BIGINT NOT NULL
);
