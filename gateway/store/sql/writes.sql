-- What the writer asks. {rows} stands for as many rows of parameters as one statement writes.

-- name: known
-- Which of these ids are stored already, and what became of them; parameter: the ids as a JSON array.
SELECT id, digest, state, outcome FROM event WHERE id IN (SELECT value FROM json_each(?));

-- name: add
-- Stores new events.
INSERT INTO event (
    id, source, flow, type, lead_id, endpoint, received_at, body, checksum, digest,
    state, outcome, reason, due_at, key
)
VALUES {rows};

-- name: settle
-- Takes over what attempts led to. A delivered event stays delivered, whatever a later attempt says.
WITH new (id, number, settled, outcome, reason, price, reference, capture, due_at, tries, first_try_at, key) AS (
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
    first_try_at = iif(new.due_at IS NULL, NULL, new.first_try_at),
    key = new.key,
    replay = iif(new.due_at IS NULL, NULL, event.replay)
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
    first_try_at = NULL,
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
WHERE id = :id AND due_at IS NULL AND (state <> 'delivered' OR :again);

-- name: future
-- Why an event could not be replayed: it has a future, or is delivered.
SELECT state, due_at FROM event WHERE id = ?;

-- name: park_damaged
-- Takes a damaged event out of its lane.
UPDATE event SET
    state = iif(state = 'delivered', state, 'parked'),
    outcome = iif(state = 'delivered', outcome, 'error'),
    reason = iif(state = 'delivered', reason, :reason),
    due_at = NULL, replay = NULL, tries = 0, first_try_at = NULL
WHERE id = :id AND due_at IS NOT NULL;
