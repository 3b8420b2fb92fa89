"""What one transaction does, as plain functions on a connection; they run in the writer's thread.

Rows are written many to a statement: SQLite lets go of the interpreter's lock once per statement, and beside
a busy event loop getting it back costs more than writing a row.
"""

import sqlite3
from asyncio import Future
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gateway.errors import StoreError
from gateway.jsontext import JsonError, digest, loads
from gateway.model import Event
from gateway.store import Added, Entry, Receipt, removed, removing
from gateway.store.facts import written
from gateway.store.rows import Row
from gateway.store.sql import QUERIES

ROWS_PER_STATEMENT = 64
# Of an event that is tried for days, the bytes are kept of the first attempt and of so many last ones.
LAST_WITH_BYTES = 5


@dataclass(slots=True, kw_only=True)
class Job:
    """Something to be written, and who waits for it.

    size: about the bytes that it adds to the write-ahead log; answer: what came of it, once it is committed.
    """

    done: "Future[Any]"
    size: int = 0
    answer: Any = None


@dataclass(slots=True, kw_only=True)
class Add(Job):
    """Events to be stored; the answer is a Receipt for each."""

    entries: Sequence[Entry]
    rows: Sequence[Row]


@dataclass(slots=True, kw_only=True)
class Begin(Job):
    """One attempt that is about to be sent, to be stored before."""

    event: str
    attempt: Row


@dataclass(slots=True, kw_only=True)
class Record(Job):
    """One attempt to be stored; it is tried until it succeeds. begun: it was stored before it was sent, too."""

    event: str
    number: int
    settled: Row
    attempt: Row
    marks: Sequence[Row] = ()
    begun: bool = False


@dataclass(slots=True, kw_only=True)
class Change(Job):
    """Anything else; the answer is what `work` returns."""

    work: Callable[[sqlite3.Connection], Any] = field(repr=False)


def write(database: sqlite3.Connection, jobs: Sequence[Job]) -> None:
    """Do all jobs in one transaction, or none. The order is: events, what is begun, attempts, the rest."""
    if database.in_transaction:  # a rollback failed
        database.execute("ROLLBACK")
    database.execute("BEGIN IMMEDIATE")
    try:
        _add(database, [job for job in jobs if isinstance(job, Add)])
        _begin(database, [job for job in jobs if isinstance(job, Begin)])
        _record(database, [job for job in jobs if isinstance(job, Record)])
        for job in jobs:
            if isinstance(job, Change):
                job.answer = job.work(database)
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            if database.in_transaction:
                database.execute("ROLLBACK")
        raise


def probe(database: sqlite3.Connection) -> None:
    """Write one page that changes nothing, to learn whether anything can be written."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    database.execute(f"PRAGMA user_version = {version}")


def checkpoint(database: sqlite3.Connection) -> bool:
    """Carry the write-ahead log over into the file, as far as no reader needs it; whether that was all of it."""
    _, log, carried = database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return bool(log == carried)


def empty_log(database: sqlite3.Connection) -> bool:
    """Carry all of it over and cut it to nothing; whether no reader was in the way. Waits for none."""
    (patience,) = database.execute("PRAGMA busy_timeout").fetchone()
    database.execute("PRAGMA busy_timeout = 0")
    try:
        busy, *_ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        database.execute(f"PRAGMA busy_timeout = {patience}")
    return not busy


def _add(database: sqlite3.Connection, jobs: Sequence[Add]) -> None:
    """In most batches nothing was there before: then one statement does it, and nothing has to be asked."""
    rows = [row for job in jobs for row in job.rows]
    if _insert(database, rows) == len(rows):
        for job in jobs:
            job.answer = [
                Receipt(entry.event.id, "added", entry.state, entry.outcome) for entry in job.entries
            ]
    else:  # begun anew, to see which were there before; nothing else was written yet
        database.execute("ROLLBACK")
        database.execute("BEGIN IMMEDIATE")
        _add_unknown(database, jobs)


def _add_unknown(database: sqlite3.Connection, jobs: Sequence[Add]) -> None:
    """Of entries with the same id the first is stored; what follows is known, or a conflict."""
    ids = written([entry.event.id for job in jobs for entry in job.entries])
    known = {known_id: tuple(found) for known_id, *found in database.execute(QUERIES["known"], (ids,))}
    gone = _gone(
        database, [entry.event.id for job in jobs for entry in job.entries if entry.event.id not in known]
    )
    new = []
    for job in jobs:
        job.answer = receipts = []
        for entry, row in zip(job.entries, job.rows, strict=True):
            name = entry.event.id
            added: Added = "added"
            if name in known:
                added = "known" if _is_same(known[name][0], entry.event) else "conflict"
            elif name in gone:
                added = "known" if gone[name][0] == removing.digest(name, entry.event.body) else "conflict"
            else:
                known[name] = (entry.event.text, entry.state, entry.outcome)
                new.append(row)
            _, state, outcome = known[name] if name in known else gone[name]
            receipts.append(Receipt(name, added, state, outcome))
    _insert(database, new)


def _insert(database: sqlite3.Connection, rows: Sequence[Row]) -> int:
    """How many of them were not there before."""
    return _many(database, "add", [(removed.name(row[0]), *row) for row in rows])


def _gone(database: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Row]:
    """What is still known of events that were removed, by id."""
    names = {removed.name(id): id for id in ids}
    rows = database.execute(QUERIES["gone"], (written(list(names)),))
    return {names[name]: tuple(known) for name, *known in rows}


def _is_same(stored: str, event: Event) -> bool:
    """Whether an event was posted before, whatever the order and the spacing of its text."""
    if stored == event.text:
        return True
    try:
        return digest(loads(stored)) == digest(event.body)
    except JsonError:  # what is stored is damaged
        return False


def _begin(database: sqlite3.Connection, jobs: Sequence[Begin]) -> None:
    _many(database, "record", [job.attempt for job in jobs])
    _many(database, "begin", [(job.event,) for job in jobs])


def _record(database: sqlite3.Connection, jobs: Sequence[Record]) -> None:
    if not jobs:
        return
    alone = len({job.event for job in jobs}) < len(jobs)  # one statement settles an event once
    settled = _many(database, "settle", [job.settled for job in jobs], 1 if alone else ROWS_PER_STATEMENT)
    _many(database, "record", [job.attempt for job in jobs])
    _many(database, "mark", [mark for job in jobs for mark in job.marks])
    _many(database, "end", [(job.event,) for job in jobs if job.begun])
    fading = [(job.event, job.number - LAST_WITH_BYTES) for job in jobs if job.number - LAST_WITH_BYTES > 1]
    _many(database, "forget_bytes", fading)
    if settled < len(jobs):
        ids = written([job.event for job in jobs])
        known = {known_id for known_id, *_ in database.execute(QUERIES["known"], (ids,))}
        for job in jobs:
            if job.event not in known:
                job.answer = StoreError(
                    f"no event {job.event} is stored, so its attempt has no place (add it first)"
                )


def _many(
    database: sqlite3.Connection, name: str, rows: Sequence[Row], size: int = ROWS_PER_STATEMENT
) -> int:
    """Run a query for many rows; how many rows it changed."""
    before = database.total_changes
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        sql = _filled(name, len(some), len(some[0]))
        database.execute(sql, [value for row in some for value in row])
    return database.total_changes - before


@cache
def _filled(name: str, rows: int, width: int) -> str:
    row = f"({', '.join('?' * width)})"
    return QUERIES[name].format(rows=", ".join([row] * rows))
