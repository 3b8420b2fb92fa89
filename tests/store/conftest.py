"""Events and attempts as the daemon makes them, and a store of each kind to put them in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway import jsontext
from gateway.model import Attempt, Event, Outcome
from gateway.store import Entry
from gateway.store.sqlite import SqliteStore

NOON = datetime(2026, 11, 23, 12, 0, 0, 123000, tzinfo=UTC)


def event(
    id: str, *, at: datetime = NOON, text: str | None = None, flow: str | None = None, **more: Any
) -> Event:
    body = {"id": id, "type": "return", "source": "acme", **more}
    text = jsontext.dumps(body) if text is None else text
    return Event(id, body["type"], body["source"], flow, jsontext.loads(text), text, at)


def entry(id: str | Event, *, endpoint: str | None = None, final: bool = False, **more: Any) -> Entry:
    made = id if isinstance(id, Event) else event(id)
    endpoint = endpoint or f"{made.source}/{made.type}"
    due_at = None if final else more.pop("due_at", made.received_at)
    return Entry(made, endpoint, due_at=due_at, **more)


def attempt(made: Event, kind: str = "success", *, settled: str | None = None, **more: Any) -> Attempt:
    states = {"success": "delivered", "failure": "rejected", "error": "parked", "skip": "vetoed"}
    state = settled or ("queued" if more.get("due_at") else states[kind])
    facts = {
        "endpoint": f"{made.source}/{made.type}",
        "number": 1,
        "started_at": NOON,
        "ms": 12.5,
        "outcome": Outcome(kind, **more.pop("said", {})),
        "conf": "c0ffee",
        "transport": "json",
        "key": made.id,
    }
    return Attempt(event=made, settled=state, **(facts | more))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def make() -> SimpleNamespace:
    """The makers of events, entries and attempts, and the hour they happen at."""
    return SimpleNamespace(event=event, entry=entry, attempt=attempt, now=NOON, after=after)


@pytest.fixture(params=["memory", "file"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store: every engine must pass the same tests."""
    opened = await (
        SqliteStore.in_memory() if request.param == "memory" else SqliteStore.open(tmp_path / "data")
    )
    yield opened
    await opened.close()


@pytest.fixture
async def file_store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """An empty store in a file."""
    opened = await SqliteStore.open(tmp_path / "data")
    yield opened
    await opened.close()
