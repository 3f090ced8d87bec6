-- +goose Up
-- What messages are found by: 's:' and the sender, 'u:' and a member in small letters, 'p:' and a
-- department, 't:' and a tag, 'a:' for everybody, 'l:' and a label as name:value. Names of members are
-- as good as random: as keys of one b-tree each would dirty a page of its own, and double what a
-- message costs. So they are written in blocks of some thousand messages, each in the order of its
-- terms; those of the latest messages are in memory, and are read from the deliveries at the start.
CREATE TABLE terms (
  block         INTEGER NOT NULL,    -- blocks.first
  term          TEXT    NOT NULL,
  messages      TEXT    NOT NULL,    -- ids less first, rising, in base 36 with spaces between
  PRIMARY KEY (block, term)
) STRICT, WITHOUT ROWID;
CREATE TABLE blocks (
  first         INTEGER PRIMARY KEY, -- message
  last          INTEGER NOT NULL
) STRICT;

-- What did not go, or not yet. What is on its way or was sent is not in it, so that a message that
-- goes at once costs nothing.
CREATE INDEX deliveries_status ON deliveries (sender, status) WHERE status <= 2 OR status >= 5;

-- What a delivery waited for when its time ran out or somebody cancelled it.
ALTER TABLE deliveries ADD COLUMN cause TEXT;

-- Of the message, on part 0 only: the message that it repeats.
ALTER TABLE deliveries ADD COLUMN resend_of INTEGER;
CREATE INDEX deliveries_resend ON deliveries (resend_of) WHERE resend_of IS NOT NULL;
