-- What outlives an event that was removed: that its id is taken, by which content, and what it laid claim to.

CREATE TABLE gone (
    name        INTEGER PRIMARY KEY, -- hash of the id; always negative, so that a mark may refer to it
    digest      BLOB NOT NULL,       -- hash of the id and the content
    state       TEXT NOT NULL,
    outcome     TEXT,
    received_at INTEGER NOT NULL
) STRICT;

CREATE INDEX gone_by_time ON gone (received_at);

CREATE INDEX mark_by_event ON mark (event);

-- One row: the attempts up to this one have lost the bytes that are too old.
CREATE TABLE faded (
    attempt INTEGER NOT NULL         -- attempt.seq
) STRICT;

INSERT INTO faded (attempt) VALUES (0);
