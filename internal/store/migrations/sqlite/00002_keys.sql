-- +goose Up
-- API keys. The secret itself is nowhere: only its SHA-256.
CREATE TABLE keys (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  name          TEXT    NOT NULL,
  hash          BLOB    NOT NULL UNIQUE,
  senders       TEXT    NOT NULL,    -- JSON
  scopes        TEXT    NOT NULL,    -- JSON
  created       INTEGER NOT NULL,
  revoked       INTEGER NOT NULL,
  last_used     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX keys_name ON keys (name) WHERE revoked = 0;
