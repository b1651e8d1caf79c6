-- When somebody used what a role gives last, to the day; and since when that is written down.
CREATE TABLE charter_uses (
    handle TEXT NOT NULL,
    permission TEXT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (handle, permission)
);
CREATE TABLE charter_observed (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    since BIGINT NOT NULL
);
