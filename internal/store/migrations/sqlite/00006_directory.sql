-- +goose Up
-- Who was found behind phone numbers and email addresses of a delivery: JSON of delivery.Lookup.
ALTER TABLE deliveries ADD COLUMN lookup TEXT;

-- What WeCom said of phone numbers and email addresses, so that it is asked once.
CREATE TABLE aliases (
  corp          TEXT    NOT NULL,
  alias         TEXT    NOT NULL,    -- mobile:… or email:…
  agent         INTEGER NOT NULL,    -- 0: whoever the member is, all apps of the corp know; else for whom there is none
  user          TEXT    NOT NULL COLLATE NOCASE, -- '': nobody whom the agent can see
  until         INTEGER NOT NULL,    -- when it is to be asked again
  PRIMARY KEY (corp, alias, agent)
) STRICT, WITHOUT ROWID;
-- What is forgotten because WeCom does not know the member any more, and because of its age.
CREATE INDEX aliases_user ON aliases (corp, user) WHERE user <> '';
CREATE INDEX aliases_until ON aliases (until);

-- How many lookups found nobody, by hour: WeCom closes the call to a corp with too many.
CREATE TABLE misses (
  corp          TEXT    NOT NULL,
  call          TEXT    NOT NULL,
  hour          INTEGER NOT NULL,    -- since 1970
  n             INTEGER NOT NULL,
  PRIMARY KEY (corp, call, hour)
) STRICT, WITHOUT ROWID;
