"""What is written and read of administrative acts, as plain functions on a connection."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from gateway.model import Json
from gateway.store import facts
from gateway.store.acts import Act, ActFilter, ActPage, Result, hidden
from gateway.store.rows import Row, millis, moment
from gateway.store.sql import QUERIES

_CONDITIONS = {
    "who": "who = :who",
    "act": "act = :act",
    "subject": "subject = :subject",
    "result": "result = :result",
    "since": "at >= :since",
    "until": "at < :until",
    "after": "seq < :after",
}
_MOMENTS = ("since", "until")


def begin(database: sqlite3.Connection, act: Act) -> int:
    """Store an act; its seq."""
    row = asdict(act) | {"at": millis(act.at), "detail": facts.written(dict(act.detail))}
    row |= {name: facts.storable_text(row[name]) for name in ("by", "subject", "why")}
    return database.execute(QUERIES["begin_act"], row).lastrowid or 0


def end(
    database: sqlite3.Connection, seq: int, result: Result, status: int | None, detail: Mapping[str, Json]
) -> None:
    """Store how it ended."""
    asked = {"seq": seq, "result": result, "status": status, "detail": facts.written(dict(detail))}
    database.execute(QUERIES["end_act"], asked)


def page(database: sqlite3.Connection, which: ActFilter, limit: int, after: str | None) -> ActPage:
    """One page, newest first."""
    asked = {name: value for name, value in asdict(which).items() if value is not None}
    asked |= {name: millis(asked[name]) for name in _MOMENTS if name in asked}
    if after is not None:
        asked["after"] = _cursor(after)
    where = " AND ".join(_CONDITIONS[name] for name in asked) or "true"
    rows = database.execute(QUERIES["acts"].format(where=where), {**asked, "limit": limit + 1}).fetchall()
    return ActPage(tuple(map(_act, rows[:limit])), str(rows[limit - 1][0]) if len(rows) > limit else None)


def forget(database: sqlite3.Connection, events: Iterable[str]) -> None:
    """Keep no more than hashes of these events' ids."""
    asked = [{"subject": f"event {id}", "hidden": f"event {hidden(id)}"} for id in events]
    database.executemany(QUERIES["hide_subject"], asked)


def _act(row: Row) -> Act:
    seq, at, who, by, act, subject, why, result, status, detail = row
    return Act(moment(at), who, by, act, subject, why, result, status, facts.read(detail), seq)


def _cursor(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 18:
        raise ValueError(f"{text[:100]!r} is no cursor of a list (take `next` of the page before)")
    return int(text)
