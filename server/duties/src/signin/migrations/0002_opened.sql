-- When a session was opened; nothing for those that were open before this was kept.
ALTER TABLE signin_sessions ADD COLUMN opened_at BIGINT NOT NULL DEFAULT 0;
