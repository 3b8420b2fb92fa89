"""A file of each earlier version, with data in it, becomes one of this version, and nothing is lost."""

import sqlite3
from contextlib import closing

import pytest
from structlog.testing import capture_logs

from gateway import jsontext
from gateway.store import Filter, folder
from gateway.store.rows import attempt_row, entry_row
from gateway.store.sql import MIGRATIONS
from gateway.store.sqlite import SqliteStore
from gateway.store.verifying import verify

COLUMNS = (
    "id", "source", "flow", "type", "lead_id", "endpoint", "received_at", "body", "checksum", "state", "outcome",
    "reason", "due_at", "key",
)  # fmt: skip
NEWEST = max(MIGRATIONS)


def write_as_of(version, path, make):
    """A file of an earlier version: one event that was delivered, one that waits for its second try."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        folder.migrate(database, path, {number: MIGRATIONS[number] for number in range(1, version + 1)})
        known = {row[1] for row in database.execute("PRAGMA table_info(event)")}
        for id, state in (("given", "delivered"), ("waits", "queued")):
            made = make.event(id, lead={"id": "L"})
            row = dict(zip(COLUMNS, entry_row(make.entry(made)), strict=True))
            row |= {"state": state, "due_at": None if state == "delivered" else row["due_at"], "attempts": 1}
            row |= {"digest": jsontext.digest(made.body)} if "digest" in known else {}
            database.execute(
                f"INSERT INTO event ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                tuple(row.values()),
            )
            (seq,) = database.execute("SELECT max(seq) FROM event").fetchone()
            kind, due_at = ("success", None) if state == "delivered" else ("error", make.after(1))
            _, *tried = attempt_row(make.attempt(made, kind, due_at=due_at))
            database.execute(
                "INSERT INTO attempt (event, number, facts, mapped, checksum) VALUES (?, ?, ?, ?, ?)",
                (seq, *tried),
            )


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
async def test_from_each_version(tmp_path, make, version):
    """It is whole, its events are in their states with their attempts, what waits is due, repeats are known."""
    write_as_of(version, tmp_path / "events.db", make)
    with capture_logs() as said:
        store = await SqliteStore.open(tmp_path)
    assert [line["event"] for line in said] == ["store.upgrading"] * (version < NEWEST)
    found = {one.event.id: (one.state, one.last["number"]) for one in await store.history(Filter(), 9)}
    (waits,) = await store.due("acme/return", make.now, 9, ())
    posted = make.event("given", lead={"id": "L"})
    (receipt,) = await store.add([make.entry(posted)])
    await store.record(make.attempt(waits.event, number=2, marks=("m",)))
    await store.forget(["given"])
    await store.close()
    assert found == {"given": ("delivered", 1), "waits": ("queued", 1)}
    assert (waits.event.id, waits.attempts, receipt.added) == ("waits", 1, "known")
    after = verify(tmp_path / "events.db", lambda rows: None)
    assert after.damage == ()
    assert (after.counts["events"], after.counts["delivered"], after.counts["marks"]) == (1, 1, 1)
