"""A lead is forgotten where no daemon runs."""

import json
import sqlite3
from contextlib import closing

import pytest

from gateway.errors import StoreError, StoreUnavailable
from gateway.store.acts import hidden
from gateway.store.forgetting import count, forget_lead
from gateway.store.sqlite import SqliteStore

LEAD = "L-canary"
NOTHING = {"events": 0, "cancelled": 0, "attempts": 0, "marks": 0}


@pytest.fixture
async def data(tmp_path, make):
    """A folder whose store holds two events about a lead, and one about another."""
    store = await SqliteStore.open(tmp_path)
    waits, over = (make.event(id, lead={"id": LEAD}) for id in ("waits", "over"))
    await store.add([make.entry(waits), make.entry(over), make.entry("other")])
    await store.record(make.attempt(over))
    await store.close()
    return tmp_path


async def test_every_event_about_the_lead_goes(data):
    """What waits is counted apart, and cancelled; another lead's events stay, and the act is on record."""
    assert await count(data, LEAD) == {"events": 2, "waiting": 1, "sending": 0}
    assert await forget_lead(data, LEAD, "joe", "asked") == {
        **NOTHING,
        "events": 2,
        "cancelled": 1,
        "attempts": 1,
    }
    assert await count(data, LEAD) == {"events": 0, "waiting": 0, "sending": 0}
    with closing(sqlite3.connect(data / "events.db")) as database:
        assert database.execute("SELECT id FROM event").fetchall() == [("other",)]
        [(*told, detail)] = database.execute("SELECT who, act, subject, why, result, detail FROM act")
    assert told == ["user joe", "forget", f"lead {hidden(LEAD)}", "asked", "done"]
    assert json.loads(detail) == {**NOTHING, "events": 2, "cancelled": 1, "attempts": 1}


async def test_asked_again_it_empties_the_log(data, monkeypatch):
    """Where a reader was in the way, what was removed leaves the log all the same, though no event is left to remove."""
    monkeypatch.setattr("gateway.store.writer.LOG_TRIES", 1)
    with closing(sqlite3.connect(data / "events.db", isolation_level=None)) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM event").fetchone()
        with pytest.raises(StoreUnavailable, match="could not be emptied"):
            await forget_lead(data, LEAD, "joe", "")
        reading.execute("COMMIT")
        assert await forget_lead(data, LEAD, "joe", "") == NOTHING
        left = {path.name for path in data.glob("events.db*") if LEAD.encode() in path.read_bytes()}
    assert left == set()


async def test_no_store_is_made(tmp_path):
    """A folder without one is refused with a sentence, and stays empty."""
    with pytest.raises(StoreError, match="there is no store in "):
        await forget_lead(tmp_path, LEAD, "joe", "")
    assert list(tmp_path.iterdir()) == []
