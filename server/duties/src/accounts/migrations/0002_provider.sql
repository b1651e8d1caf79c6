-- The identity provider that vouched for the account, if one did: its issuer.
ALTER TABLE accounts ADD COLUMN provider TEXT;
