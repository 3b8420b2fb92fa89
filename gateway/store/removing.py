"""What removes events, by age or because a person is to be forgotten, and what stays of them.

- Of an event that is removed stays, for as long as ids are kept, a hash of its id, one of its content, and how it
  ended: a late repeat is known again. The second is keyed by the id, so that nobody can look for a content in it.
- What age removes keeps its marks: what was given once stays given. Where a lead is forgotten, they go too.
- Everything is done in small transactions. What was read for one is judged again by it: meanwhile a person may have
  had an event sent again.
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, TypeAlias

from gateway import jsontext
from gateway.model import Json
from gateway.store import Cutoffs, Forgotten, Swept, acting, facts
from gateway.store.removed import name
from gateway.store.rows import Row, millis
from gateway.store.sql import QUERIES

# Has a function called with a connection, in its thread, and with what more is given.
Ask: TypeAlias = Callable[..., Awaitable[Any]]

AT_ONCE = 20
NAMES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Old:
    """One old event, with the row of `gone` that is to outlive it; None where it may not go yet."""

    seq: int
    received_at: int
    gone: Row | None


@dataclass(frozen=True, slots=True)
class Faded:
    """Attempts that lose their bytes, and up to which one all that are old enough have lost them."""

    seqs: list[int]
    last: int


def digest(id: str, body: Json) -> bytes:
    """What a content is known by once its event is gone."""
    return blake2b(jsontext.digest(body), key=blake2b(id.encode()).digest(), digest_size=16).digest()


async def sweep(
    read: Ask, change: Ask, before: Cutoffs, empty_log: Callable[[], Awaitable[None]]
) -> AsyncIterator[Swept]:
    """Remove what is older than the cut-offs, a little with every step; what each step removed.

    In the end the log is emptied: what was removed still stood there.
    """
    after = (-(2**62), 0)
    while page := await read(_oldest, before.events, after):
        yield await change(_outlive, page)
        after = (page[-1].received_at, page[-1].seq)
    while faded := await read(_next_to_fade, before.bodies):
        yield await change(_fade, faded)
    while names := await read(_oldest_names, before.ids):
        yield await change(_remove_names, names)
    await empty_log()


def forget(database: sqlite3.Connection, ids: Sequence[str]) -> Forgotten:
    """Remove events with all that is kept of them, those that wait too; only hashes stay."""
    rows = {row[0]: row[1:] for row in database.execute(QUERIES["of_ids"], (facts.written(list(ids)),))}
    waited = _remove(database, list(rows), also_waiting=True)
    seqs = facts.written(list(waited))
    marks = database.execute(QUERIES["remove_marks"], (seqs,)).rowcount
    attempts = _remove_attempts(database, seqs)
    acting.forget(database, [rows[seq][0] for seq in waited])
    for seq, waits in waited.items():
        id, body, state, outcome, received_at = rows[seq]
        is_cancelled = waits and state == "queued"
        end = ("vetoed", "skip") if is_cancelled else (state, outcome)
        database.execute(QUERIES["remember"], (name(id), _digest(id, body), *end, received_at))
    return Forgotten(len(waited), sum(waited.values()), attempts, marks)


def _oldest(database: sqlite3.Connection, before: datetime, after: tuple[int, int]) -> list[Old]:
    asked = {
        "before": millis(before),
        "young": before.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "after_received_at": after[0],
        "after_seq": after[1],
        "limit": AT_ONCE,
    }
    return [
        Old(seq, at, (name(id), _digest(id, body), state, outcome, at) if may_go else None)
        for seq, id, body, state, outcome, at, may_go in database.execute(QUERIES["oldest"], asked)
    ]


def _outlive(database: sqlite3.Connection, page: Sequence[Old]) -> Swept:
    gone = {old.seq: old.gone for old in page if old.gone is not None}
    removed = _remove(database, list(gone), also_waiting=False)
    rows = [gone[seq] for seq in removed]
    database.executemany(QUERIES["remember"], rows)
    database.executemany(QUERIES["hand_on_marks"], [(gone[seq][0], seq) for seq in removed])
    attempts = _remove_attempts(database, facts.written(list(removed)))
    return Swept(events=len(rows), parked=sum(row[2] == "parked" for row in rows), attempts=attempts)


def _next_to_fade(database: sqlite3.Connection, before: datetime) -> Faded | None:
    """Attempts are stored in the order in which they ended, which is about that in which they began."""
    old = [
        (seq, is_final)
        for seq, started_at, is_final in database.execute(QUERIES["next_to_fade"], {"limit": AT_ONCE})
        if datetime.fromisoformat(started_at) < before
    ]
    return Faded([seq for seq, is_final in old if is_final], old[-1][0]) if old else None


def _fade(database: sqlite3.Connection, faded: Faded) -> Swept:
    lost = database.execute(QUERIES["fade"], (facts.written(faded.seqs),)).rowcount
    database.execute(QUERIES["faded"], {"attempt": faded.last})
    return Swept(bodies=lost)


def _oldest_names(database: sqlite3.Connection, before: datetime) -> list[int]:
    asked = {"before": millis(before), "limit": NAMES_AT_ONCE}
    return [found for (found,) in database.execute(QUERIES["oldest_gone"], asked)]


def _remove_names(database: sqlite3.Connection, names: Sequence[int]) -> Swept:
    array = facts.written(names)
    database.execute(QUERIES["remove_marks"], (array,))
    return Swept(ids=database.execute(QUERIES["remove_names"], (array,)).rowcount)


def _remove(database: sqlite3.Connection, seqs: Sequence[int], *, also_waiting: bool) -> dict[int, bool]:
    """Remove events; which were removed, each with whether it still had a future."""
    asked = {"seqs": facts.written(seqs), "also_waiting": also_waiting}
    return {seq: bool(waits) for seq, waits in database.execute(QUERIES["remove"], asked).fetchall()}


def _remove_attempts(database: sqlite3.Connection, events: str) -> int:
    database.execute(QUERIES["remove_begun"], (events,))
    attempts = database.execute(QUERIES["remove_attempts"], (events,)).rowcount
    database.execute(QUERIES["number_anew"])
    return attempts


def _digest(id: str, body: str) -> bytes:
    """Of a body as it is stored; one that is damaged is equal to no other."""
    try:
        return digest(id, jsontext.loads(body))
    except jsontext.JsonError:
        return b""
