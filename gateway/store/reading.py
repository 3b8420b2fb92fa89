"""What the readers ask, as plain functions on a connection; they run and parse in a reader's thread."""

import re
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from gateway import jsontext
from gateway.model import Delivery, Event, Json, Voice
from gateway.store import Backlog, Filter, Page, Pause, Recorded, Story, Trip, Waiting, facts
from gateway.store.rows import DamagedError, delivery, due_millis, millis, moment, recorded, summary, voice
from gateway.store.sql import QUERIES

_CONDITIONS = {
    "lead_id": "lead_id = :lead_id",
    "state": "state = :state",
    "outcome": "outcome = :outcome",
    "source": "source = :source",
    "type": "type = :type",
    "since": "received_at >= :since",
    "until": "received_at < :until",
}
# What most events end with: an index on these leads to nearly everything.
_COMMON = {"delivered", "success"}
# Also where the event of that `seq` is gone: then from where the one stored before it stood.
_BEFORE = """
    (event.received_at, event.seq) < (
        (SELECT received_at FROM event WHERE seq <= :before ORDER BY seq DESC LIMIT 1), :before
    )
"""
# Of a lead id that stands for everybody, such as 0, the first ones will do.
MOST_VOICES = 1000
_BEFORE_ALL = -(2**63)  # the smallest number that SQLite keeps
_CURSOR = re.compile(r"(-?[0-9]{1,15})\.([0-9]{1,18})")


def due(
    database: sqlite3.Connection,
    endpoint: str,
    now: datetime,
    limit: int,
    without: Collection[str],
    after: Delivery | None,
) -> tuple[list[Delivery], list[DamagedError]]:
    """What is due, and of that what must not be sent since it is damaged."""
    place = {"after_due_at": _BEFORE_ALL, "after_id": ""}
    if after is not None and after.due_at is not None:
        place = {"after_due_at": due_millis(after.due_at), "after_id": after.event.id}
    asked = {
        "endpoint": endpoint,
        "now": due_millis(now),
        "limit": limit,
        "without": _array(without),
        **place,
    }
    sound: list[Delivery] = []
    damaged: list[DamagedError] = []
    for row in database.execute(QUERIES["due"], asked):
        try:
            sound.append(delivery(row))
        except DamagedError as error:
            damaged.append(error)
    return sound, damaged


def next_due(database: sqlite3.Connection, endpoint: str, without: Collection[str]) -> datetime | None:
    """When the next delivery of an endpoint is due."""
    asked = {"endpoint": endpoint, "without": _array(without)}
    row = database.execute(QUERIES["next_due"], asked).fetchone()
    return None if row is None else moment(row[0])


def backlog(database: sqlite3.Connection) -> list[Backlog]:
    """Everything that has a future, counted."""
    return [
        Backlog(endpoint, count, moment(next_due), moment(oldest))
        for endpoint, count, next_due, oldest in database.execute(QUERIES["backlog"])
    ]


def waiting(database: sqlite3.Connection) -> list[Waiting]:
    """Where something waits, and of what."""
    return [Waiting(*row) for row in database.execute(QUERIES["waiting"])]


def to_move(
    database: sqlite3.Connection, asked: Mapping[str, Any], after: tuple[str, int, int]
) -> list[tuple[str, int, int]]:
    """One page of what must be moved, as (endpoint, due_at, seq); `after` is the last of the page before."""
    endpoint, due_at, seq = after
    place = {"after_endpoint": endpoint, "after_due_at": due_at, "after_seq": seq}
    return database.execute(QUERIES["to_move"], {**asked, **place}).fetchall()


def story(database: sqlite3.Connection, event: str) -> Story | None:
    """One event's whole story."""
    with _one_moment(database):
        row = database.execute(QUERIES["story"], (event,)).fetchone()
        if row is None:
            return None
        seq, *told = row
        attempts = database.execute(QUERIES["attempts"], (seq,)).fetchall()
    *head, body, price, reference, capture, replay = told
    return Story(
        summary=summary(tuple(head)),
        posted=_posted(body),
        price=price,
        reference=reference,
        capture={} if capture is None else facts.read(capture),
        replay=None if replay is None else facts.replay_of(facts.read(replay)),
        attempts=tuple(facts.read(text) for (text,) in attempts),
    )


def page(database: sqlite3.Connection, which: Filter, limit: int, after: str | None) -> Page:
    """One page of events, newest first."""
    where, asked = _where(which)
    if after is not None:
        where += " AND (received_at, seq) < (:after_received_at, :after_seq)"
        asked |= _cursor(after)
    rows = database.execute(QUERIES["list"].format(where=where), {**asked, "limit": limit + 1}).fetchall()
    events = tuple(summary(row[1:]) for row in rows[:limit])
    following = f"{millis(events[-1].received_at)}.{rows[limit - 1][0]}" if len(rows) > limit else None
    return Page(events, following)


def count(database: sqlite3.Connection, which: Filter) -> int:
    """How many events a filter means."""
    where, asked = _where(which)
    (number,) = database.execute(QUERIES["count"].format(where=where), asked).fetchone()
    return int(number)


def history(database: sqlite3.Connection, which: Filter, limit: int, before: int | None) -> list[Recorded]:
    """Events with their last attempts, newest first, without those that are damaged."""
    where, asked = _where(which)
    if before is not None:
        where += f" AND {_BEFORE}"
        asked["before"] = before
    found: list[Recorded] = []
    with closing(database.execute(QUERIES["history"].format(where=where), asked)) as rows:
        while len(found) < limit and (row := rows.fetchone()):
            with suppress(DamagedError):
                found.append(recorded(row))
    return found


def deliveries(database: sqlite3.Connection, endpoint: str, since: datetime, without: str | None) -> int:
    """How many events an endpoint was given since a moment."""
    asked = {"endpoint": endpoint, "since": due_millis(since), "without": without}
    (number,) = database.execute(QUERIES["deliveries"], asked).fetchone()
    return int(number)


def voices(database: sqlite3.Connection, event: Event) -> list[Voice]:
    """The other events about the same lead to the same source that were delivered or have a future."""
    if event.lead_id is None:
        return []
    asked = {"id": event.id, "lead_id": event.lead_id, "source": event.source, "limit": MOST_VOICES}
    return [voice(row) for row in database.execute(QUERIES["voices"], asked)]


def given(database: sqlite3.Connection, endpoint: str, mark: str, event: str) -> Voice | None:
    """The delivered event of an endpoint, other than this one, that holds a mark."""
    asked = {"endpoint": endpoint, "mark": facts.storable_text(mark), "id": event}
    row = database.execute(QUERIES["given"], asked).fetchone()
    return None if row is None else voice(row)


def pauses(database: sqlite3.Connection) -> dict[str, Pause]:
    """The endpoints that a person paused."""
    rows = database.execute(QUERIES["pauses"])
    return {endpoint: Pause(by, moment(since), why) for endpoint, by, since, why in rows}


def trips(database: sqlite3.Connection) -> dict[str, Trip]:
    """The endpoints whose breaker is not closed."""
    rows = database.execute(QUERIES["trips"])
    return {
        endpoint: Trip(moment(since), moment(until), pause / 1000) for endpoint, since, until, pause in rows
    }


@contextmanager
def _one_moment(database: sqlite3.Connection) -> Iterator[None]:
    """What is read in this block is all of one moment, whatever is written meanwhile."""
    database.execute("BEGIN")
    try:
        yield
    finally:
        if database.in_transaction:  # some errors end it
            database.execute("COMMIT")


def _where(which: Filter) -> tuple[str, dict[str, Any]]:
    """The conditions of a filter. Only the narrowest may choose the index: a `+` keeps the others from it."""
    asked = {name: value for name, value in asdict(which).items() if value is not None}
    equal = [name for name in _CONDITIONS if name in asked and name not in {"since", "until"}]
    narrow = next((name for name in equal if asked[name] not in _COMMON), equal[0] if equal else None)
    terms = [("" if name == narrow or name not in equal else "+") + _CONDITIONS[name] for name in asked]
    asked |= {name: millis(asked[name]) for name in ("since", "until") if name in asked}
    return " AND ".join(terms) or "true", asked


def _cursor(text: str) -> dict[str, int]:
    found = _CURSOR.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no cursor of a list (take `next` of the page before)")
    return {"after_received_at": int(found[1]), "after_seq": int(found[2])}


def _posted(body: str) -> Json:
    try:
        return jsontext.loads(body)
    except jsontext.JsonError:
        return body  # damaged: shown as it stands


def _array(ids: Collection[str]) -> str:
    return jsontext.dumps(list(ids))
