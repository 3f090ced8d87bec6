-- +goose Up
-- What messages are found by: 's:' and the sender, 'u:' and a member in small letters, 'p:' and a
-- department, 't:' and a tag, 'a:' for everybody, 'l:' and a label as name:value. Names of members are
-- as good as random, so, like fingerprints, they are kept by spans of time: what is written lies close
-- together, and a span goes as a whole when all its messages are forgotten.
CREATE TABLE terms (
  span          INTEGER NOT NULL,    -- message >> 35: four hours and forty minutes
  term          TEXT    NOT NULL,
  message       INTEGER NOT NULL,
  PRIMARY KEY (span, term, message)
) STRICT, WITHOUT ROWID;

-- What did not go, or not yet. What is on its way or was sent is not in it, so that a message that
-- goes at once costs nothing.
CREATE INDEX deliveries_status ON deliveries (sender, status) WHERE status <= 2 OR status >= 5;

-- What a delivery waited for when its time ran out or somebody cancelled it.
ALTER TABLE deliveries ADD COLUMN cause TEXT;

-- Of the message, on part 0 only: the message that it repeats.
ALTER TABLE deliveries ADD COLUMN resend_of INTEGER;
CREATE INDEX deliveries_resend ON deliveries (resend_of) WHERE resend_of IS NOT NULL;
