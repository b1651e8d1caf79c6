-- How many devices a meeting may still let in: one, or none where an officer vouches in it.
ALTER TABLE devices_linkings ADD COLUMN links BIGINT NOT NULL DEFAULT 1;
