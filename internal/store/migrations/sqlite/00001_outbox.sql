-- +goose Up
-- Times are milliseconds since 1970, 0 for none; statuses are the numbers of delivery.Status:
-- up to 2 a delivery waits, 3 is on its way, from 4 on it is at its end.

-- A row is one delivery: its job in the queue, its history, and the answer to what became of it.
CREATE TABLE deliveries (
  id            INTEGER PRIMARY KEY, -- message << 12 | part: the parts of a message are a range
  sender        TEXT    NOT NULL,
  priority      INTEGER NOT NULL,
  status        INTEGER NOT NULL,
  waiting       INTEGER NOT NULL,    -- 1: for the part before it; 2: for earlier messages of its order key
  linked        INTEGER NOT NULL,    -- 1: its end may concern other rows (parts of the message, order key)
  due           INTEGER NOT NULL,
  accepted      INTEGER NOT NULL,
  expires       INTEGER NOT NULL,
  settled       INTEGER NOT NULL,
  attempts      INTEGER NOT NULL,
  started       INTEGER NOT NULL,
  doubt         INTEGER NOT NULL,
  maybe_twice   INTEGER NOT NULL,
  checked       INTEGER NOT NULL,    -- delivery.DuplicateCheck
  check_for     INTEGER NOT NULL,    -- milliseconds
  if_unknown    INTEGER NOT NULL,
  reason        TEXT    NOT NULL,
  reason_detail TEXT    NOT NULL,
  order_key     TEXT,                -- on all parts of the message
  answer        TEXT,                -- JSON

  -- Of the message, on part 0 only.
  producer      TEXT,
  labels        TEXT,                -- JSON
  callback_url  TEXT,
  idem_key      TEXT,
  digest        BLOB,

  kind          INTEGER NOT NULL,
  content       BLOB    NOT NULL     -- WeCom's JSON
) STRICT;

-- All indexes are partial, so that a message that goes at once is in as few of them as possible.

-- What may go next.
CREATE INDEX deliveries_due ON deliveries (sender, priority, due, expires) WHERE status <= 2 AND waiting = 0;
-- Whose time runs out next; with the status, to count from the index.
CREATE INDEX deliveries_expires ON deliveries (expires, status) WHERE status <= 2;
-- What is on its way: never more rows than there are workers.
CREATE INDEX deliveries_sending ON deliveries (status) WHERE status = 3;
-- What ended first: the first to be forgotten, and what was sent in the last hour.
CREATE INDEX deliveries_settled ON deliveries (settled) WHERE status >= 4;
-- What goes in order.
CREATE INDEX deliveries_order ON deliveries (sender, order_key) WHERE order_key IS NOT NULL AND status <= 3;
CREATE UNIQUE INDEX deliveries_key ON deliveries (producer, idem_key) WHERE idem_key IS NOT NULL;
-- What uses a quota although it was not sent: it may have arrived, or it has its time already.
CREATE INDEX deliveries_doubt ON deliveries (doubt) WHERE doubt > 0 AND status <= 2;
CREATE INDEX deliveries_paced ON deliveries (due) WHERE status <= 2 AND reason LIKE '%\_paced' ESCAPE '\';

-- Attempts that did not settle their delivery. The one that did is in its row.
CREATE TABLE attempts (
  delivery      INTEGER NOT NULL,
  attempt       INTEGER NOT NULL,
  at            INTEGER NOT NULL,
  took          INTEGER NOT NULL,    -- milliseconds
  reason        TEXT    NOT NULL,
  reason_detail TEXT    NOT NULL,
  answer        TEXT,
  PRIMARY KEY (delivery, attempt)
) STRICT, WITHOUT ROWID;

-- Contents that went with WeCom's duplicate check, in the order in which they went: those of a
-- commit in one row. They are looked up in memory.
CREATE TABLE fingerprints (
  id            INTEGER PRIMARY KEY,
  newest        INTEGER NOT NULL,
  prints        BLOB    NOT NULL     -- of each 8 bytes, and 8 bytes of the delivery that left it
) STRICT;

-- Senders that send nothing for a while.
CREATE TABLE rests (
  sender        TEXT    PRIMARY KEY,
  until         INTEGER NOT NULL,
  since         INTEGER NOT NULL,
  failures      INTEGER NOT NULL,
  reason        TEXT    NOT NULL,
  reason_detail TEXT    NOT NULL,
  failure       TEXT    NOT NULL     -- JSON
) STRICT, WITHOUT ROWID;

-- What would take too long to count, or is nothing but a count.
CREATE TABLE counters (
  name          TEXT    PRIMARY KEY,
  value         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES
  ('ended', 0),  -- messages all of whose deliveries are at their end
  ('probes', 0); -- how often somebody asked whether the database can be written
