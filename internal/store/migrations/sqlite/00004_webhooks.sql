-- +goose Up
-- Who handed a message over is told when it came to its end. A row is one thing to tell: its job, and
-- the answer to what became of it. It is written in the transaction that ends the message.
CREATE TABLE webhooks (
  message       INTEGER NOT NULL,
  event         INTEGER NOT NULL,    -- 1, 2, … of the message
  sender        TEXT    NOT NULL,
  producer      TEXT    NOT NULL,    -- the key whose secret signs it
  origin        TEXT    NOT NULL,    -- scheme, host and port of the URL: with the producer, who is told
  url           TEXT    NOT NULL,
  created       INTEGER NOT NULL,    -- when it happened
  status        INTEGER NOT NULL,    -- webhook.Status: 1 waits, 2 told, 3 given up
  due           INTEGER NOT NULL,    -- when it is tried next; while it is tried, when it is tried again if no result is recorded
  until         INTEGER NOT NULL,    -- when it is given up
  attempts      INTEGER NOT NULL,
  step          INTEGER NOT NULL,    -- of the schedule
  settled       INTEGER NOT NULL,
  history       TEXT,                -- JSON: the last attempts
  PRIMARY KEY (message, event)
) STRICT, WITHOUT ROWID;

-- What is told next, to each receiver.
CREATE INDEX webhooks_due ON webhooks (producer, origin, due) WHERE status = 1;
-- What is given up next.
CREATE INDEX webhooks_until ON webhooks (until) WHERE status = 1;
-- What was given up, and what was told, by app and time.
CREATE INDEX webhooks_status ON webhooks (status, sender, created, message, event);

-- A signature needs its secret in clear. The one before is good until then.
ALTER TABLE keys ADD COLUMN callback_url   TEXT    NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN webhook_secret BLOB    NOT NULL DEFAULT x'';
ALTER TABLE keys ADD COLUMN webhook_before BLOB;
ALTER TABLE keys ADD COLUMN webhook_until  INTEGER NOT NULL DEFAULT 0;
UPDATE keys SET webhook_secret = randomblob(32);
