-- Whether two are in the room who may not meet, since a barrier has come between them: nothing is said there until one side has gone.
ALTER TABLE rooms ADD COLUMN apart BIGINT NOT NULL DEFAULT 0;
CREATE INDEX rooms_apart ON rooms (apart);
