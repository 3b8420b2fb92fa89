-- What lanes must remember: which are paused by a person, and whose breaker is not closed.

CREATE TABLE pause (
    endpoint TEXT PRIMARY KEY,
    by       TEXT NOT NULL,
    since    INTEGER NOT NULL,
    why      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE trip (
    endpoint TEXT PRIMARY KEY,
    since    INTEGER NOT NULL,       -- when the breaker opened first
    until    INTEGER NOT NULL,       -- when its present pause is over
    pause    INTEGER NOT NULL        -- and how long that is, in milliseconds
) STRICT, WITHOUT ROWID;
