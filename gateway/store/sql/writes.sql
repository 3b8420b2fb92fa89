-- What the writer asks. {rows} stands for as many rows of parameters as one statement writes.

-- name: known
-- Which of these ids are stored already, with what was posted and became of it; parameter: the ids as a JSON array.
SELECT id, body, state, outcome FROM event WHERE id IN (SELECT value FROM json_each(?));

-- name: gone
-- Which of these names are of events that were removed, and what is still known of them; parameter: a JSON array.
SELECT name, digest, state, outcome FROM gone WHERE name IN (SELECT value FROM json_each(?));

-- name: add
-- Stores new events; one that is stored, or was removed, is left alone.
WITH new (
    name, id, source, flow, type, lead_id, endpoint, received_at, body, checksum, state, outcome, reason, due_at,
    key
) AS (
    VALUES {rows}
)
INSERT INTO event (
    id, source, flow, type, lead_id, endpoint, received_at, body, checksum, state, outcome, reason, due_at, key
)
SELECT
    id, source, flow, type, lead_id, endpoint, received_at, body, checksum, state, outcome, reason, due_at, key
FROM new
WHERE name NOT IN (SELECT name FROM gone)
ON CONFLICT (id) DO NOTHING;

-- name: settle
-- Takes over what attempts led to. A delivered event stays delivered, whatever a later attempt says.
WITH new (
    id, number, settled, outcome, reason, price, reference, capture, due_at, tries, spent, spent_at, key,
    endpoint, delivered_at
) AS (
    VALUES {rows}
)
UPDATE event SET
    state = CASE event.state WHEN 'delivered' THEN event.state ELSE new.settled END,
    outcome = iif(event.state = 'delivered' AND new.outcome <> 'success', event.outcome, new.outcome),
    reason = iif(event.state = 'delivered' AND new.outcome <> 'success', event.reason, new.reason),
    price = iif(event.state = 'delivered' AND new.outcome <> 'success', event.price, new.price),
    reference = iif(event.state = 'delivered' AND new.outcome <> 'success', event.reference, new.reference),
    capture = iif(event.state = 'delivered' AND new.outcome <> 'success', event.capture, new.capture),
    due_at = new.due_at,
    attempts = max(event.attempts, new.number),
    tries = iif(new.due_at IS NULL, 0, new.tries),
    spent = iif(new.due_at IS NULL, 0, new.spent),
    spent_at = iif(new.due_at IS NULL, NULL, new.spent_at),
    key = new.key,
    replay = iif(new.due_at IS NULL, NULL, event.replay),
    endpoint = iif(new.delivered_at IS NULL, event.endpoint, new.endpoint),
    delivered_at = coalesce(new.delivered_at, event.delivered_at)
FROM new
WHERE event.id = new.id;

-- name: record
-- Stores attempts beside their events; the same number again replaces itself.
WITH new (id, number, facts, mapped, checksum) AS (
    VALUES {rows}
)
INSERT INTO attempt (event, number, facts, mapped, checksum)
SELECT event.seq, new.number, new.facts, new.mapped, new.checksum
FROM new CROSS JOIN event  -- CROSS: each new row looks up its event, never the other way round
WHERE event.id = new.id
ON CONFLICT (event, number) DO UPDATE SET
    facts = excluded.facts, mapped = excluded.mapped, checksum = excluded.checksum;

-- name: forget_bytes
-- Lets go of the bytes and values of attempts in the middle; the last values there are stay, for a replay.
WITH old (id, number) AS (
    VALUES {rows}
)
UPDATE attempt SET
    facts = json_insert(
        json_remove(facts, '$.request.body', '$.request.body_base64', '$.response.body', '$.response.body_base64'),
        '$.notes[#]', 'bytes are kept of the first and the last attempts only'
    ),
    mapped = iif(
        EXISTS (
            SELECT 1 FROM attempt AS later
            WHERE later.event = attempt.event AND later.number > attempt.number AND later.mapped IS NOT NULL
        ),
        NULL,
        mapped
    )
WHERE seq IN (
    SELECT middle.seq
    FROM old CROSS JOIN event CROSS JOIN attempt AS middle
    WHERE event.id = old.id AND middle.event = event.seq AND middle.number = old.number
);

-- name: mark
-- Keeps what delivered events lay claim to.
WITH new (endpoint, mark, id) AS (
    VALUES {rows}
)
INSERT OR IGNORE INTO mark (endpoint, mark, event)
SELECT new.endpoint, new.mark, event.seq
FROM new CROSS JOIN event
WHERE event.id = new.id;

-- name: move
-- Assigns these events to another endpoint, due by a moment; one that got settled meanwhile is left alone.
UPDATE event SET endpoint = :endpoint, due_at = min(due_at, :due_at)
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND due_at IS NOT NULL;

-- name: replay
-- Gives an event without a future a new one, with the key that its values carried or with the next fresh one.
UPDATE event SET
    state = iif(state = 'delivered', state, 'queued'),
    endpoint = :endpoint,
    due_at = :due_at,
    replay = :wish,
    tries = 0,
    spent = 0,
    spent_at = NULL,
    fresh = fresh + :fresh,
    key = iif(
        :fresh,
        id || '.' || (fresh + 2),
        coalesce(
            (
                SELECT facts ->> '$.key' FROM attempt
                WHERE event = event.seq AND mapped IS NOT NULL ORDER BY number DESC LIMIT 1
            ),
            key
        )
    )
WHERE id = :id AND due_at IS NULL AND (state <> 'delivered' OR :again)
    AND (
        :job = ''
        OR NOT EXISTS (
            SELECT 1 FROM attempt WHERE attempt.event = event.seq AND attempt.facts ->> '$.replay.job' = :job
        )
    );

-- name: future
-- Why an event could not be replayed: it has a future, was replayed by that job before, or is delivered.
SELECT
    state, due_at,
    :job <> '' AND EXISTS (
        SELECT 1 FROM attempt WHERE attempt.event = event.seq AND attempt.facts ->> '$.replay.job' = :job
    ) AS done
FROM event
WHERE id = :id;

-- name: planned_until
-- When the last of a job's replays at one endpoint is due, of those still to come.
SELECT due_at FROM event
WHERE endpoint = :endpoint AND due_at > :due_at AND replay ->> '$.job' = :job
ORDER BY due_at DESC
LIMIT 1;

-- name: park_damaged
-- Takes a damaged event out of its lane.
UPDATE event SET
    state = iif(state = 'delivered', state, 'parked'),
    outcome = iif(state = 'delivered', outcome, 'error'),
    reason = iif(state = 'delivered', reason, :reason),
    due_at = NULL, replay = NULL, tries = 0, spent = 0, spent_at = NULL
WHERE id = :id AND due_at IS NOT NULL;

-- name: begin
-- Notes that a try of these events is about to be sent, and must not be sent twice.
WITH new (id) AS (
    VALUES {rows}
)
INSERT OR IGNORE INTO begun (event)
SELECT event.seq FROM new CROSS JOIN event WHERE event.id = new.id;

-- name: end
-- The try is recorded.
WITH old (id) AS (
    VALUES {rows}
)
DELETE FROM begun WHERE event IN (SELECT event.seq FROM old CROSS JOIN event WHERE event.id = old.id);

-- name: unfinished
-- What was begun and never recorded.
SELECT
    event.id, event.source, event.flow, event.type, event.lead_id, event.endpoint, event.received_at, event.state,
    event.outcome, event.reason, event.attempts, event.due_at
FROM begun CROSS JOIN event ON event.seq = begun.event;

-- name: settle_unfinished
-- Settles what was begun and never recorded as its own attempt says that it may have been sent.
UPDATE event SET
    state = iif(event.state = 'delivered', event.state, 'parked'),
    outcome = iif(event.state = 'delivered', event.outcome, 'error'),
    reason = iif(event.state = 'delivered', event.reason, last.facts ->> '$.reason'),
    attempts = last.number,
    due_at = NULL, replay = NULL, tries = 0, spent = 0, spent_at = NULL
FROM begun CROSS JOIN attempt AS last
WHERE event.seq = begun.event AND last.seq = (
    SELECT seq FROM attempt WHERE attempt.event = begun.event ORDER BY number DESC LIMIT 1
);

-- name: forget_unfinished
-- Nothing is begun any more.
DELETE FROM begun;

-- name: pause
-- Remembers who paused an endpoint.
INSERT OR REPLACE INTO pause (endpoint, by, since, why) VALUES (:endpoint, :by, :since, :why);

-- name: resume
-- Forgets that an endpoint was paused.
DELETE FROM pause WHERE endpoint = :endpoint;

-- name: trip
-- Remembers that an endpoint's breaker is open.
INSERT OR REPLACE INTO trip (endpoint, since, until, pause) VALUES (:endpoint, :since, :until, :pause);

-- name: untrip
-- Forgets it.
DELETE FROM trip WHERE endpoint = :endpoint;
