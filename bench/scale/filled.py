"""A store with millions of events, made in minutes: a few by the product itself, the rest as copies of them, in SQL.

Whatever columns a version's tables have, they are copied; what tells one event from another is written anew. Indexes are
taken down meanwhile and built at the end, as they stood.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway import jsontext
from gateway.model import Attempt, Event, Outcome, Request, Response, State, Values
from gateway.store import Entry
from gateway.store.rows import checksum, millis
from gateway.store.sqlite import SqliteStore

AT_ONCE = 500_000
_BODY = {
    "type": "return", "reason": "Wrong number", "timestamp": "2026-11-23T09:15:00Z",
    "lead": {"email": "joe@example.com", "phone_1": "5125551212", "state": "TX", "city": "Austin"},
    "recipient": {"id": "crm", "name": "Our CRM"}, "submission": {"timestamp": "2026-11-20T14:02:11Z"},
    "price": 12.75, "value": {"amount": 1500, "currency": "USD"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """Of a hundred events so many are as this one. state: queued ones have a due time, the others one attempt."""

    state: State
    share: int = 100


DELIVERED = (Kind("delivered", 95), Kind("rejected", 2), Kind("vetoed", 2), Kind("parked", 1))


async def fill(
    data: Path, events: int, sources: Sequence[str], kinds: Sequence[Kind], days: float, now: datetime
) -> None:
    """Fill the store of a data folder with events of the last days, each lead with two of them."""
    store = await SqliteStore.open(data)
    samples = [await _sample(store, kind, sources[0], now) for kind in kinds]
    await store.close()
    with closing(sqlite3.connect(data / "events.db", isolation_level=None)) as database:
        database.create_function("checksum", 1, checksum, deterministic=True)
        database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;"
        )
        indexes = database.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            database.execute(f"DROP INDEX {name}")
        _copy(database, events, sources, list(zip(samples, kinds, strict=True)), days, now)
        for _, sql in indexes:
            database.execute(sql)
        database.execute("PRAGMA journal_mode = WAL")


async def _sample(store: SqliteStore, kind: Kind, source: str, now: datetime) -> str:
    id = f"SAMPLE-{kind.state}"
    body = {"id": id, "source": source, **_BODY, "lead": {"id": "THE-LEAD", **_BODY["lead"]}}  # type: ignore[dict-item]
    text = jsontext.dumps(body)
    event = Event(id, "return", source, None, jsontext.loads(text), text, now)
    await store.add([Entry(event, f"{source}/return", due_at=now)])
    if kind.state != "queued":
        await store.record(_attempt(event, kind, now))
    return id


def _attempt(event: Event, kind: Kind, now: datetime) -> Attempt:
    sent = jsontext.dumps(
        {"lead_id": "THE-LEAD", "reason": "Wrong number", "email": "joe@example.com"}
    ).encode()
    url = "https://api.acme.example/returns"
    said = {"delivered": "success", "rejected": "failure", "vetoed": "skip"}.get(kind.state, "error")
    went_out = kind.state != "vetoed"
    return Attempt(
        event=event, endpoint=f"{event.source}/return", number=1, started_at=now, ms=12.5,
        outcome=Outcome(said, "as it was"), conf="c0ffee", transport="json", settled=kind.state, key=event.id,  # type: ignore[arg-type]
        values=Values(url, (), {"lead_id": "THE-LEAD", "reason": "Wrong number"}) if went_out else None,
        request=Request("POST", url, (("Content-Type", "application/json"),), sent) if went_out else None,
        response=Response(200, (("Content-Type", "application/json"),), b'{"status":"ok","id":77}') if went_out else None,
        tries=1,
    )  # fmt: skip


def _copy(
    database: sqlite3.Connection,
    events: int,
    sources: Sequence[str],
    samples: Sequence[tuple[str, Kind]],
    days: float,
    now: datetime,
) -> None:
    (first,) = database.execute("SELECT max(seq) + 1 FROM event").fetchone()
    begin = millis(now - timedelta(days=days))
    asked = {"begin": begin, "step": (millis(now) - begin) / events, "first": first, "sources": len(sources)}
    database.execute("CREATE TEMP TABLE source (number INTEGER PRIMARY KEY, id TEXT)")
    database.executemany("INSERT INTO source VALUES (?, ?)", enumerate(sources))
    chosen, below = "CASE", 0
    for id, kind in samples:
        below += kind.share
        chosen += f" WHEN n * 37 % 100 < {below} THEN (SELECT seq FROM event WHERE id = '{id}')"
    at_once = f"""
        WITH RECURSIVE number(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM number WHERE n + 1 < :high),
        new AS MATERIALIZED (
            SELECT :first + n AS seq, printf('e%08d', n) AS id, printf('L%08d', n / 2) AS lead,
                CAST(:begin + n * :step AS INTEGER) AS at, source.id AS source, {chosen} END AS sample
            FROM number JOIN source ON source.number = n % :sources
        )
    """
    for low in range(0, events, AT_ONCE):
        page = {**asked, "low": low, "high": min(low + AT_ONCE, events)}
        for table, written, sample in _TABLES:
            database.execute(at_once + _insert(database, table, written, sample), page)
    for id, _ in samples:
        database.execute("DELETE FROM attempt WHERE event = (SELECT seq FROM event WHERE id = ?)", (id,))
        database.execute("DELETE FROM event WHERE id = ?", (id,))


_TEXT = "replace(replace(replace({}, old.id, new.id), 'THE-LEAD', new.lead), '\"source\":\"' || old.source, '\"source\":\"' || new.source)"
_BODY_TEXT = _TEXT.format("old.body")
_STARTED = "strftime('%Y-%m-%dT%H:%M:%fZ', new.at / 1000.0, 'unixepoch')"
_TABLES: tuple[tuple[str, Mapping[str, str], str], ...] = (
    (
        "event",
        {
            "seq": "new.seq", "id": "new.id", "key": "new.id", "source": "new.source", "lead_id": "new.lead",
            "endpoint": "new.source || '/return'", "received_at": "new.at", "body": _BODY_TEXT,
            "checksum": f"checksum({_BODY_TEXT})", "due_at": "iif(old.due_at IS NULL, NULL, new.at)",
            "delivered_at": "iif(old.delivered_at IS NULL, NULL, new.at)",
        },
        "new CROSS JOIN event AS old ON old.seq = new.sample",
    ),
    (
        "attempt",
        {
            "seq": "new.seq", "event": "new.seq",
            "facts": f"json_replace(replace({_TEXT.format('facts')}, 'SAMPLE', 'e'), '$.started_at', {_STARTED})",
        },
        "new CROSS JOIN event AS old ON old.seq = new.sample CROSS JOIN attempt ON attempt.event = old.seq",
    ),
)  # fmt: skip


def _insert(database: sqlite3.Connection, table: str, written: Mapping[str, str], sample: str) -> str:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    copied = {"event": "old", "attempt": "attempt"}[table]
    values = ", ".join(written.get(column, f"{copied}.{column}") for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {sample}"


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)
