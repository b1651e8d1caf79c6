-- Whether a device has asked to leave a room, with all of its account's: it is in there until another one takes that in.
ALTER TABLE rooms_devices ADD COLUMN leaving BIGINT NOT NULL DEFAULT 0;
