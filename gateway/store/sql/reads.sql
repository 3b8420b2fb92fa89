-- What the readers ask.

-- name: due
-- One page of an endpoint's deliveries that are due, longest due first, with the values that a `same` replay sends.
SELECT
    event.id, event.source, event.flow, event.type, event.received_at, event.body, event.checksum,
    event.endpoint, event.state, event.due_at, event.attempts, event.tries, event.spent, event.spent_at, event.key,
    event.replay, last.mapped, last.checksum AS mapped_checksum
FROM event
LEFT JOIN attempt AS last
    ON event.replay ->> '$.values' = 'same' AND last.seq = (
        SELECT seq FROM attempt
        WHERE attempt.event = event.seq AND mapped IS NOT NULL ORDER BY number DESC LIMIT 1
    )
WHERE event.endpoint = :endpoint AND event.due_at <= :now
    AND (event.due_at, event.seq) > (:after_due_at, coalesce((SELECT seq FROM event WHERE id = :after_id), 0))
    AND event.id NOT IN (SELECT value FROM json_each(:without))
ORDER BY event.due_at, event.seq
LIMIT :limit;

-- name: next_due
-- When the next delivery of one endpoint is due.
SELECT due_at FROM event
WHERE endpoint = :endpoint AND due_at IS NOT NULL AND id NOT IN (SELECT value FROM json_each(:without))
ORDER BY due_at
LIMIT 1;

-- name: backlog
-- Everything that has a future, counted by endpoint: in the order of the index, for millions take a second to sort.
SELECT endpoint, count(*) AS count, min(due_at) AS next_due, min(received_at) AS oldest
FROM event INDEXED BY event_due
WHERE due_at IS NOT NULL
GROUP BY endpoint;

-- name: waiting
-- Where something waits, and of what.
SELECT DISTINCT source, flow, type, endpoint FROM event INDEXED BY event_due WHERE due_at IS NOT NULL;

-- name: to_move
-- One page of what waits for (source, flow, type) and is not yet at that endpoint, due by that moment.
SELECT endpoint, due_at, seq FROM event INDEXED BY event_due
WHERE due_at IS NOT NULL AND (endpoint, due_at, seq) > (:after_endpoint, :after_due_at, :after_seq)
    AND source = :source AND flow IS :flow AND type = :type
    AND (endpoint <> :endpoint OR due_at > :due_at)
ORDER BY endpoint, due_at, seq
LIMIT :limit;

-- name: list
-- One page of events, newest first; {where} stands for the filters.
SELECT
    seq, id, source, flow, type, lead_id, endpoint, received_at, state, outcome, reason, attempts, due_at
FROM event
WHERE {where}
ORDER BY received_at DESC, seq DESC
LIMIT :limit;

-- name: count
-- How many events the filters mean.
SELECT count(*) FROM event WHERE {where};

-- name: story
-- Everything on one event.
SELECT
    seq, id, source, flow, type, lead_id, endpoint, received_at, state, outcome, reason, attempts, due_at,
    body, price, reference, capture, replay
FROM event
WHERE id = ?;

-- name: attempts
-- The facts of one event's attempts, in order.
SELECT facts FROM attempt WHERE event = ? ORDER BY number;

-- name: history
-- Events with their last attempts, newest first; {where} stands for the filters.
SELECT
    event.seq, event.id, event.source, event.flow, event.type, event.received_at, event.body, event.checksum,
    event.endpoint, event.state, event.outcome, event.reason, last.facts, last.mapped,
    last.checksum AS mapped_checksum
FROM event
LEFT JOIN attempt AS last ON last.seq = (
    SELECT seq FROM attempt WHERE attempt.event = event.seq ORDER BY number DESC LIMIT 1
)
WHERE {where}
ORDER BY event.received_at DESC, event.seq DESC;

-- name: deliveries
-- How many events an endpoint was given since a moment, one left out: for all others the index alone answers.
SELECT count(*) - (
    SELECT count(*) FROM event WHERE id = :without AND endpoint = :endpoint AND delivered_at >= :since
)
FROM event WHERE endpoint = :endpoint AND delivered_at >= :since;

-- name: voices
-- The other events about one lead to one source that were delivered or have a future, in order of arrival.
SELECT
    id, type, endpoint, received_at, state, body,
    seq < coalesce((SELECT seq FROM event WHERE id = :id), 9223372036854775807) AS earlier
FROM event
WHERE lead_id = :lead_id AND source = :source AND id <> :id AND (state = 'delivered' OR due_at IS NOT NULL)
ORDER BY received_at, seq
LIMIT :limit;

-- name: given
-- What, other than this event, holds a mark of one endpoint: an event, or one that was removed since.
SELECT
    coalesce(event.id, 'that is not kept any more'),
    coalesce(event.type, iif(mark.endpoint LIKE '%/return', 'return', 'conversion')),
    coalesce(event.endpoint, mark.endpoint), coalesce(event.received_at, gone.received_at), 'delivered' AS state,
    coalesce(event.body, '{}'),
    event.seq IS NULL OR event.seq < coalesce((SELECT seq FROM event WHERE id = :id), 9223372036854775807) AS earlier
FROM mark LEFT JOIN event ON event.seq = mark.event LEFT JOIN gone ON gone.name = mark.event
WHERE mark.endpoint = :endpoint AND mark.mark = :mark
    AND (event.id <> :id OR (event.id IS NULL AND gone.name IS NOT NULL))
ORDER BY mark.event
LIMIT 1;

-- name: pauses
-- The endpoints that a person paused.
SELECT endpoint, by, since, why FROM pause ORDER BY endpoint;

-- name: trips
-- The endpoints whose breaker is not closed.
SELECT endpoint, since, until, pause FROM trip ORDER BY endpoint;
