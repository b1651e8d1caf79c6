-- Until when the roles of the account are taken up in a session.
ALTER TABLE signin_sessions ADD COLUMN elevated BIGINT;
