"""The files of a store, read beside the daemon that writes them, or when none runs."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.errors import StoreError
from gateway.store import Filter, reading
from gateway.store.archive import archive
from gateway.store.sql import MIGRATIONS
from gateway.store.sqlite import SqliteStore

ADDER = Path(__file__).with_name("adder.py")
ENDPOINT = "acme/return"
NEWEST = max(MIGRATIONS)


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".db"}


async def refusal(folder):
    with pytest.raises(StoreError) as refused:
        await archive(folder)
    return str(refused.value).replace(str(folder), "DATA")


async def test_beside_a_running_daemon(tmp_path, make):
    """It answers every question, sees what was stored a moment ago, and the daemon writes on."""
    store = await SqliteStore.open(tmp_path)
    posted = make.event("a", lead={"id": "L"})
    await store.add([make.entry(posted)])
    beside = await archive(tmp_path)
    await store.record(make.attempt(posted, marks=("m",)))
    await store.add([make.entry("b")])
    (b, a) = await beside.history(Filter(), 9)
    assert (a.event, a.state, b.event.id) == (posted, "delivered", "b")
    assert [told.id for told in (await beside.list(Filter(), 9)).events] == ["b", "a"]
    assert (await beside.count(Filter()), await beside.deliveries(ENDPOINT, make.now)) == (2, 1)
    assert (await beside.given(ENDPOINT, "m", "b")).id == "a"
    assert [voice.id for voice in await beside.voices(make.event("c", lead={"id": "L"}))] == ["a"]
    assert (await beside.story("a")).posted == posted.body
    await store.close()
    assert (await beside.story("b")).summary.state == "queued"
    await beside.close()
    await beside.close()


async def test_a_story_is_of_one_moment(tmp_path, make):
    """An attempt that is recorded while a story is read stands in all of it, or in nothing of it."""
    store = await SqliteStore.open(tmp_path)
    await store.add([make.entry("a")])
    await store.close()
    reads, writes = (sqlite3.connect(tmp_path / "events.db", isolation_level=None) for _ in range(2))

    def meanwhile(statement):
        if "FROM attempt" in statement:
            writes.execute("UPDATE event SET state = 'delivered', due_at = NULL")
            writes.execute("INSERT INTO attempt (event, number, facts) VALUES (1, 1, '{}')")

    reads.set_trace_callback(meanwhile)
    told = reading.story(reads, "a")
    assert (told.summary.state, told.attempts) == ("queued", ())
    reads.set_trace_callback(None)
    told = reading.story(reads, "a")
    assert (told.summary.state, told.attempts) == ("delivered", ({},))
    reads.close()
    writes.close()


async def test_without_a_daemon(tmp_path, make):
    """It needs no daemon, changes nothing in the file, and leaves the folder to the next one."""
    store = await SqliteStore.open(tmp_path)
    await store.add([make.entry("a")])
    await store.close()
    before = files(tmp_path)
    alone = await archive(tmp_path)
    (told,) = await alone.history(Filter(), 9)
    after = files(tmp_path)
    again = await SqliteStore.open(tmp_path)
    await again.add([make.entry("b")])
    assert (told.event.id, await alone.count(Filter())) == ("a", 2)
    assert after == before
    await alone.close()
    await again.close()


async def test_after_a_kill(tmp_path):
    """What a killed daemon acknowledged is there, though it never came from the log into the file."""
    folder = tmp_path / "data"
    with subprocess.Popen([sys.executable, ADDER, folder], stdout=subprocess.PIPE, text=True) as adder:
        acknowledged = {adder.stdout.readline().strip() for _ in range(20)}
        os.kill(adder.pid, signal.SIGKILL)
        acknowledged |= {line.strip() for line in adder.stdout if line.endswith("\n")}
    left = await archive(folder)
    found = {one.event.id for one in await left.history(Filter(), 1_000_000)}
    await left.close()
    assert acknowledged <= found


async def test_it_only_reads(tmp_path):
    """Its connection refuses to write, whatever is asked of it."""
    await (await SqliteStore.open(tmp_path)).close()
    opened = await archive(tmp_path)
    with pytest.raises(StoreError, match="attempt to write a readonly database"):
        await opened._read(opened._for_people, lambda database: database.execute("DELETE FROM event"))
    await opened.close()


async def test_no_store(tmp_path):
    """A folder without a store is named, with where the name stands; nothing is made there."""
    assert await refusal(tmp_path / "data") == (
        "there is no store in DATA: events.db is missing"
        " (`data` in gateway.yaml names the folder; the daemon makes the file when it first runs)"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (99, f"a newer version of the gateway: its format is 99, not {NEWEST} (run the newer version, or use another `data` folder)"),
        (1, f"an older version of the gateway: its format is 1, not {NEWEST} (start this version's daemon once: it brings the file to the new format)"),
    ],
)  # fmt: skip
async def test_other_versions(tmp_path, version, sentence):
    """A file that is not in this version's shape is refused, and stays as it is."""
    database = sqlite3.connect(tmp_path / "events.db")
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    before = files(tmp_path)
    assert await refusal(tmp_path) == f"DATA/events.db is from {sentence}"
    assert files(tmp_path) == before


async def test_another_file(tmp_path):
    """What is no database is refused with what SQLite says of it."""
    (tmp_path / "events.db").write_text("no database" * 100)
    assert await refusal(tmp_path) == (
        "DATA/events.db cannot be read: file is not a database"
        " (it must be the gateway's own file, readable, and whole)"
    )


async def test_damaged_events_are_left_out(tmp_path, make):
    """A flipped bit in an event's text hides that event only; in its values, only these."""
    store = await SqliteStore.open(tmp_path)
    for n in range(5):
        await store.add([make.entry(make.event(f"e{n}", note="note"))])
    await store.close()
    database = sqlite3.connect(tmp_path / "events.db")
    database.execute("UPDATE event SET body = replace(body, 'note', 'nope') WHERE id IN ('e1', 'e3')")
    database.execute(
        "INSERT INTO attempt (event, number, facts, mapped, checksum)"
        " SELECT seq, 1, '{}', '{}', 1 FROM event WHERE id = 'e2'"
    )
    database.commit()
    database.close()
    opened = await archive(tmp_path)
    found = await opened.history(Filter(), 3)
    await opened.close()
    assert [(one.event.id, one.last, one.values) for one in found] == [
        ("e4", None, None),
        ("e2", {}, None),
        ("e0", None, None),
    ]


async def test_a_damaged_event_posted_again(tmp_path, make):
    """What cannot be read any more is not taken for the same: the id is another post's, and the batch goes on."""
    store = await SqliteStore.open(tmp_path)
    await store.add([make.entry("a")])
    await store.close()
    database = sqlite3.connect(tmp_path / "events.db")
    database.execute("UPDATE event SET body = '{'")
    database.commit()
    database.close()
    store = await SqliteStore.open(tmp_path)
    receipts = await store.add([make.entry("a"), make.entry("b")])
    await store.close()
    assert [receipt.added for receipt in receipts] == ["conflict", "added"]
