-- Identity providers: what an officer signed last about each, and when; nothing where it was withdrawn.
CREATE TABLE providers (
    issuer TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    signed {bytes}
);
-- Who somebody is at a provider, for ever.
CREATE TABLE providers_subjects (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    handle TEXT NOT NULL,
    PRIMARY KEY (issuer, subject),
    UNIQUE (issuer, handle)
);
-- When a person signed in at a provider last, for the device at which it was.
CREATE TABLE providers_signins (
    device {bytes} NOT NULL PRIMARY KEY,
    issuer TEXT NOT NULL,
    signed_in BIGINT NOT NULL
);
