-- What criteria ask about the past: what an endpoint was given, when, and by which mark.

ALTER TABLE event ADD COLUMN delivered_at INTEGER;

UPDATE event SET delivered_at = (
    SELECT
        CAST(round((julianday(facts ->> '$.started_at') - 2440587.5) * 86400000 + (facts ->> '$.ms')) AS INTEGER)
    FROM attempt
    WHERE attempt.event = event.seq AND facts ->> '$.outcome' = 'success' ORDER BY number DESC LIMIT 1
)
WHERE state = 'delivered';

-- The same event posted again is known by its body.
ALTER TABLE event DROP COLUMN digest;

CREATE INDEX event_delivered ON event (endpoint, delivered_at) WHERE delivered_at IS NOT NULL;

CREATE TABLE mark (
    endpoint TEXT NOT NULL,
    mark     TEXT NOT NULL,
    event    INTEGER NOT NULL,       -- event.seq
    PRIMARY KEY (endpoint, mark, event)
) STRICT, WITHOUT ROWID;
