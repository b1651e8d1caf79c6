-- Who has suspended the account, while it is: what its chain says.
ALTER TABLE accounts ADD COLUMN suspended TEXT;
-- What it may do besides taking part in rooms, and until when it may do anything, where it is a program's.
ALTER TABLE accounts ADD COLUMN bot_scope TEXT;
ALTER TABLE accounts ADD COLUMN bot_until BIGINT;
