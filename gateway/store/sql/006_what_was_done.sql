-- Who did what, and why: every administrative act, also such as were refused. Rows stay, whatever else is removed.

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
