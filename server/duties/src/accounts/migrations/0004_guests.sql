-- Accounts for which another one answers: programs, which have a purpose, and guests, which have rooms; as they were invited.
ALTER TABLE accounts RENAME COLUMN bot_owner TO attended_by;
-- Until when it may do anything, and whether that was over when it was looked at last.
ALTER TABLE accounts RENAME COLUMN bot_until TO good_until;
ALTER TABLE accounts ADD COLUMN guest_rooms TEXT;
ALTER TABLE accounts ADD COLUMN ran_out BIGINT NOT NULL DEFAULT 0;
-- The terms of a guest that are in force, where the charter says others than the invitation.
ALTER TABLE accounts ADD COLUMN hosted_by TEXT;
ALTER TABLE accounts ADD COLUMN hosted_until BIGINT;
ALTER TABLE accounts ADD COLUMN hosted_rooms TEXT;
CREATE INDEX accounts_good_until ON accounts (good_until);
