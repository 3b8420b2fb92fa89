-- What `verify` asks.

-- name: all_events
-- One page of events, with what must hold for each.
SELECT seq, id, body, checksum, state, due_at IS NOT NULL
FROM event
WHERE seq > :after ORDER BY seq LIMIT :limit;

-- name: all_attempts
-- One page of attempts, with what must hold for each.
SELECT attempt.seq, event.id, attempt.number, attempt.mapped, attempt.checksum, json_valid(attempt.facts)
FROM attempt LEFT JOIN event ON event.seq = attempt.event
WHERE attempt.seq > :after ORDER BY attempt.seq LIMIT :limit;

-- name: astray
-- What refers to an event that there is not, and how often.
SELECT what, number FROM (
    SELECT 'marks' AS what, count(*) AS number FROM mark
    WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.seq = mark.event)
        AND NOT EXISTS (SELECT 1 FROM gone WHERE gone.name = mark.event)
    UNION ALL
    SELECT 'tries that were begun', count(*) FROM begun
    WHERE NOT EXISTS (SELECT 1 FROM event WHERE event.seq = begun.event)
)
WHERE number > 0;

-- name: counts
-- How much of what is stored.
SELECT 'events', count(*) FROM event
UNION ALL SELECT state, count(*) FROM event GROUP BY state
UNION ALL SELECT 'attempts', count(*) FROM attempt
UNION ALL SELECT 'marks', count(*) FROM mark
UNION ALL SELECT 'ids of removed events', count(*) FROM gone;

-- name: highest
-- The highest numbers of events and attempts, added up.
SELECT coalesce((SELECT max(seq) FROM event), 0) + coalesce((SELECT max(seq) FROM attempt), 0);
