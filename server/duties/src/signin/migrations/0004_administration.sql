-- Whether a session was opened where the organisation is looked after: it is good there and nowhere else.
ALTER TABLE signin_sessions ADD COLUMN administration BIGINT NOT NULL DEFAULT 0;
