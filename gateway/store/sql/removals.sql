-- What removes events, by age or by lead, and what stays of them. Lists of numbers are JSON arrays.

-- name: oldest
-- One page of events older than a moment, oldest first, and whether each may go: it has no future, and no young attempt.
SELECT
    seq, id, body, state, outcome, received_at,
    due_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM attempt WHERE attempt.event = event.seq AND facts ->> '$.started_at' >= :young
    ) AS may_go
FROM event
WHERE received_at < :before AND (received_at, seq) > (:after_received_at, :after_seq)
ORDER BY received_at, seq
LIMIT :limit;

-- name: of_ids
-- What of events with these ids is to be hashed and kept.
SELECT seq, id, body, state, outcome, received_at
FROM event
WHERE id IN (SELECT value FROM json_each(?));

-- name: remove
-- Removes events, those that got a future meanwhile only where that is wanted; which, and whether they had one.
DELETE FROM event
WHERE seq IN (SELECT value FROM json_each(:seqs)) AND (due_at IS NULL OR :also_waiting)
RETURNING seq, due_at IS NOT NULL;

-- name: remove_attempts
-- Removes the attempts of events.
DELETE FROM attempt WHERE event IN (SELECT value FROM json_each(?));

-- name: remove_begun
-- Nothing is begun of events that are removed.
DELETE FROM begun WHERE event IN (SELECT value FROM json_each(?));

-- name: remove_marks
-- Removes what events lay claim to.
DELETE FROM mark WHERE event IN (SELECT value FROM json_each(?));

-- name: remember
-- Keeps what outlives an event.
INSERT OR REPLACE INTO gone (name, digest, state, outcome, received_at) VALUES (?, ?, ?, ?, ?);

-- name: hand_on_marks
-- What an event lays claim to outlives it.
UPDATE OR REPLACE mark SET event = :name WHERE event = :seq;

-- name: oldest_gone
-- One page of names that were kept for long enough.
SELECT name FROM gone WHERE received_at < :before ORDER BY received_at LIMIT :limit;

-- name: remove_names
-- Removes names.
DELETE FROM gone WHERE name IN (SELECT value FROM json_each(?));

-- name: next_to_fade
-- The attempts that follow those without bytes, in the order in which they were stored; final: of an event that is.
SELECT attempt.seq, attempt.facts ->> '$.started_at' AS started_at, event.due_at IS NULL AS final
FROM attempt CROSS JOIN event ON event.seq = attempt.event
WHERE attempt.seq > (SELECT attempt FROM faded)
ORDER BY attempt.seq
LIMIT :limit;

-- name: fade
-- Lets go of the bytes of attempts; facts stay, and the values for a replay.
UPDATE attempt SET
    facts = json_insert(
        json_remove(facts, '$.request.body', '$.request.body_base64', '$.response.body', '$.response.body_base64'),
        '$.notes[#]', 'the bytes were kept for as long as retention.bodies says'
    )
WHERE seq IN (SELECT value FROM json_each(?)) AND coalesce(
    json_type(facts, '$.request.body'), json_type(facts, '$.request.body_base64'),
    json_type(facts, '$.response.body'), json_type(facts, '$.response.body_base64')
) IS NOT NULL;

-- name: faded
-- Up to which attempt the bytes are gone.
UPDATE faded SET attempt = :attempt;

-- name: number_anew
-- SQLite gives the numbers of the newest rows again once these are removed.
UPDATE faded SET attempt = min(attempt, (SELECT coalesce(max(seq), 0) FROM attempt));
