-- +goose Up
-- Files that programs uploaded for their messages. What is in them lies in the folder beside the
-- database, each under its id.
CREATE TABLE media (
  id            TEXT    PRIMARY KEY,
  kind          TEXT    NOT NULL,    -- wecom.MediaType
  name          TEXT    NOT NULL,
  size          INTEGER NOT NULL,
  created       INTEGER NOT NULL,
  used          INTEGER NOT NULL,    -- last, to the hour
  needed        INTEGER NOT NULL     -- until when a message may be sent that names it
) STRICT, WITHOUT ROWID;
CREATE INDEX media_used ON media (used);

-- What WeCom calls them, for the 3 days that it keeps them.
CREATE TABLE uploads (
  owner         TEXT    NOT NULL,    -- a corp, or a robot
  media         TEXT    NOT NULL,
  at            INTEGER NOT NULL,    -- when the upload began
  wecom_id      TEXT    NOT NULL,
  PRIMARY KEY (owner, media, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_at ON uploads (at);
