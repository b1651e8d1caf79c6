-- How a device came to its account, and when the server took it in: by its own clock, since a device says of itself what it likes.
-- Whoever does not say it is an older server beside this one: what it takes in has come just now, in the way that counts least.
ALTER TABLE accounts_devices ADD COLUMN came TEXT NOT NULL DEFAULT 'officers';
ALTER TABLE accounts_devices ADD COLUMN came_at BIGINT NOT NULL DEFAULT 9223372036854775807;
-- Of those that are there already only they themselves say when; not before their account was opened.
UPDATE accounts_devices SET came_at = enrolled_at, came = CASE
    WHEN linked_by IS NOT NULL THEN 'device'
    WHEN recovered_by = '' THEN 'recovery-key'
    WHEN recovered_by IS NOT NULL THEN 'officers'
    ELSE 'first'
END;
UPDATE accounts_devices SET came_at = (SELECT a.opened_at FROM accounts a WHERE a.handle = accounts_devices.handle)
    WHERE came_at < (SELECT a.opened_at FROM accounts a WHERE a.handle = accounts_devices.handle);
