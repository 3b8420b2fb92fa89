-- The file as this version keeps it: what all migrations together make. Times are milliseconds since 1970 in UTC.

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
    state        TEXT NOT NULL,
    outcome      TEXT,
    reason       TEXT,
    price        TEXT,
    reference    TEXT,
    capture      TEXT,               -- JSON
    due_at       INTEGER,            -- its future; NULL where it has none
    attempts     INTEGER NOT NULL DEFAULT 0,
    tries        INTEGER NOT NULL DEFAULT 0,   -- attempts that count against the retry policy
    spent_at     INTEGER,            -- up to when `spent` counts, by the clock of the daemon that noted it
    key          TEXT NOT NULL,      -- the idempotency key that the next try carries
    fresh        INTEGER NOT NULL DEFAULT 0,   -- replays that mapped anew, each under a key of its own
    replay       TEXT,               -- JSON: a person's wish, until the replay has ended
    delivered_at INTEGER,            -- when the source took it last
    spent        INTEGER NOT NULL DEFAULT 0    -- milliseconds since the first of these tries
) STRICT;

-- What a lane takes next, and (without touching the table) what waits where.
CREATE INDEX event_due ON event (endpoint, due_at, seq, source, flow, type, received_at) WHERE due_at IS NOT NULL;

-- Lists, newest first, by each of their filters; what stands behind the time is for a second one beside it.
CREATE INDEX event_by_time ON event (received_at);
CREATE INDEX event_by_source ON event (source, received_at, seq, type);
CREATE INDEX event_by_state ON event (state, received_at, seq, source, type, outcome);
CREATE INDEX event_by_type ON event (type, received_at);
CREATE INDEX event_by_outcome ON event (outcome, received_at, seq, source, type, state) WHERE outcome IS NOT NULL;
CREATE INDEX event_by_lead ON event (lead_id, received_at) WHERE lead_id IS NOT NULL;

-- How much an endpoint was given since a moment.
CREATE INDEX event_delivered ON event (endpoint, delivered_at) WHERE delivered_at IS NOT NULL;

CREATE TABLE attempt (
    seq      INTEGER PRIMARY KEY,
    event    INTEGER NOT NULL,       -- event.seq
    number   INTEGER NOT NULL,
    facts    TEXT NOT NULL,          -- JSON, in the shape of the HTTP interface
    mapped   TEXT,                   -- JSON: the values, for a replay that sends the same ones
    checksum INTEGER,                -- CRC-32 of mapped
    UNIQUE (event, number)
) STRICT;

-- The events with a try that was begun, is not recorded, and must not be made twice.
CREATE TABLE begun (
    event INTEGER PRIMARY KEY        -- event.seq
) STRICT;

-- What delivered events lay claim to at their endpoint, for good.
CREATE TABLE mark (
    endpoint TEXT NOT NULL,
    mark     TEXT NOT NULL,
    event    INTEGER NOT NULL,       -- event.seq, or gone.name
    PRIMARY KEY (endpoint, mark, event)
) STRICT, WITHOUT ROWID;

CREATE INDEX mark_by_event ON mark (event);

-- Events that were removed: a late repeat of one is still known.
CREATE TABLE gone (
    name        INTEGER PRIMARY KEY, -- hash of the id; always negative, so that a mark may refer to it
    digest      BLOB NOT NULL,       -- hash of the id and the content
    state       TEXT NOT NULL,
    outcome     TEXT,
    received_at INTEGER NOT NULL
) STRICT;

CREATE INDEX gone_by_time ON gone (received_at);

-- One row: the attempts up to this one have lost the bytes that are too old.
CREATE TABLE faded (
    attempt INTEGER NOT NULL         -- attempt.seq
) STRICT;

-- The endpoints that a person paused.
CREATE TABLE pause (
    endpoint TEXT PRIMARY KEY,
    by       TEXT NOT NULL,
    since    INTEGER NOT NULL,
    why      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The endpoints whose breaker is not closed.
CREATE TABLE trip (
    endpoint TEXT PRIMARY KEY,
    since    INTEGER NOT NULL,       -- when the breaker opened first
    until    INTEGER NOT NULL,       -- when its present pause is over
    pause    INTEGER NOT NULL        -- and how long that is, in milliseconds
) STRICT, WITHOUT ROWID;

-- Who did what, and why: every administrative act. Rows stay, whatever else is removed.
CREATE TABLE act (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    who     TEXT NOT NULL,           -- as the daemon knows it: `token ops`, `user joe`, `local`, `nobody`
    by      TEXT NOT NULL,           -- the same with the name that the wish itself gave
    act     TEXT NOT NULL,
    subject TEXT NOT NULL,           -- `event ID`, `endpoint ID`, `lead #HASH`, or nothing
    why     TEXT NOT NULL,
    result  TEXT NOT NULL,           -- begun, done, refused, failed
    status  INTEGER,                 -- that it was answered with
    detail  TEXT NOT NULL            -- numbers, as a JSON object
) STRICT;

CREATE INDEX act_by_subject ON act (subject);

CREATE TRIGGER act_stays BEFORE DELETE ON act BEGIN
    SELECT raise(ABORT, 'what was done stays on record');
END;

CREATE TRIGGER act_is_as_it_was BEFORE UPDATE OF seq, at, who, by, act, why ON act BEGIN
    SELECT raise(ABORT, 'what was done stays on record');
END;

CREATE TRIGGER act_ends_once BEFORE UPDATE OF result, status, detail ON act WHEN old.result <> 'begun' BEGIN
    SELECT raise(ABORT, 'what was done stays on record');
END;
