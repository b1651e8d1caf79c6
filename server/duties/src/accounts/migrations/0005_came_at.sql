-- When the server took a device in: by its own clock, since a device says of itself what it likes.
ALTER TABLE accounts_devices ADD COLUMN came_at BIGINT NOT NULL DEFAULT 0;
UPDATE accounts_devices SET came_at = enrolled_at;
