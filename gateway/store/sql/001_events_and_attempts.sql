-- The first shape of the file: events, each with its one future, and the attempts that were made for them.
-- Times are milliseconds since 1970 in UTC.

CREATE TABLE event (
    seq          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    source       TEXT NOT NULL,
    flow         TEXT,
    type         TEXT NOT NULL,
    lead_id      TEXT,
    endpoint     TEXT NOT NULL,      -- the one it was last assigned to
    received_at  INTEGER NOT NULL,
    body         TEXT NOT NULL,      -- as it was posted
    checksum     INTEGER NOT NULL,   -- CRC-32 of the body: a flipped bit is never delivered
    digest       BLOB NOT NULL,      -- hash of the parsed body: the same event posted again is known by it
    state        TEXT NOT NULL,
    outcome      TEXT,
    reason       TEXT,
    price        TEXT,
    reference    TEXT,
    capture      TEXT,               -- JSON
    due_at       INTEGER,            -- its future; NULL where it has none
    attempts     INTEGER NOT NULL DEFAULT 0,
    tries        INTEGER NOT NULL DEFAULT 0,   -- attempts that count against the retry policy
    first_try_at INTEGER,            -- when the first of these tries was made
    key          TEXT NOT NULL,      -- the idempotency key that the next try carries
    fresh        INTEGER NOT NULL DEFAULT 0,   -- replays that mapped anew, each under a key of its own
    replay       TEXT                -- JSON: a person's wish, until the replay has ended
) STRICT;

-- What a lane takes next, and (without touching the table) what waits where.
CREATE INDEX event_due ON event (endpoint, due_at, seq, source, flow, type, received_at) WHERE due_at IS NOT NULL;

-- Lists, newest first, by each of their filters.
CREATE INDEX event_by_time ON event (received_at);
CREATE INDEX event_by_source ON event (source, received_at);
CREATE INDEX event_by_state ON event (state, received_at);
CREATE INDEX event_by_type ON event (type, received_at);
CREATE INDEX event_by_outcome ON event (outcome, received_at) WHERE outcome IS NOT NULL;
CREATE INDEX event_by_lead ON event (lead_id, received_at) WHERE lead_id IS NOT NULL;

CREATE TABLE attempt (
    seq      INTEGER PRIMARY KEY,
    event    INTEGER NOT NULL,       -- event.seq
    number   INTEGER NOT NULL,
    facts    TEXT NOT NULL,          -- JSON, in the shape of the HTTP interface
    mapped   TEXT,                   -- JSON: the values, for a replay that sends the same ones
    checksum INTEGER,                -- CRC-32 of mapped
    UNIQUE (event, number)
) STRICT;
