-- When something was asked last in a session while the roles of the account were up in it, to the minute.
ALTER TABLE signin_sessions ADD COLUMN used BIGINT;
