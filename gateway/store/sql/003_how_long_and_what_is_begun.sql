-- How long an event has been tried, by a clock that nobody changes; and which tries must not be made twice.

ALTER TABLE event RENAME COLUMN first_try_at TO spent_at;

ALTER TABLE event ADD COLUMN spent INTEGER NOT NULL DEFAULT 0;

CREATE TABLE begun (
    event INTEGER PRIMARY KEY        -- event.seq
) STRICT;
