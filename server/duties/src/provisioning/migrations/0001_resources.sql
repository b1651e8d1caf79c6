-- Persons and groups as the directory knows them, numbered in the order in which they came.
CREATE TABLE provisioning_resources (
    id {bytes} NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    number BIGINT NOT NULL UNIQUE,
    -- The userName or displayName in small letters.
    name TEXT NOT NULL,
    external TEXT,
    -- The account that a person has or may come to have.
    handle TEXT UNIQUE,
    active BIGINT NOT NULL,
    -- Whether an officer has restored the account since the directory said something of the person last.
    aside BIGINT NOT NULL,
    -- What is said of it, as JSON.
    body TEXT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL
);
CREATE INDEX provisioning_resources_name ON provisioning_resources (kind, name);
CREATE INDEX provisioning_resources_external ON provisioning_resources (kind, external);
-- Who is in which group.
CREATE TABLE provisioning_members (
    team {bytes} NOT NULL REFERENCES provisioning_resources (id),
    member {bytes} NOT NULL REFERENCES provisioning_resources (id),
    PRIMARY KEY (team, member)
);
CREATE INDEX provisioning_members_of ON provisioning_members (member);
-- Accounts whose persons the directory knew and does not any more.
CREATE TABLE provisioning_left (
    handle TEXT NOT NULL PRIMARY KEY,
    -- Who it was: another person by the name does not bring that one's devices back.
    resource {bytes} NOT NULL
);
