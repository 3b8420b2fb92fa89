"""`verify` finds what is damaged, names it, and changes nothing."""

import sqlite3
from contextlib import closing

import pytest

from gateway.errors import StoreError
from gateway.model import Replay, Values
from gateway.store.sqlite import SqliteStore
from gateway.store.verifying import Damage, size, verify

SILENT = lambda rows: None  # noqa: E731


@pytest.fixture
async def file(tmp_path, make):
    """A store of three events: one delivered with a mark, one that is tried again, one vetoed."""
    store = await SqliteStore.open(tmp_path)
    given, tried = make.event("given", note="note"), make.event("tried")
    vetoed = make.entry("vetoed", final=True, state="vetoed", outcome="skip")
    await store.add([make.entry(given), make.entry(tried), vetoed])
    await store.record(make.attempt(given, marks=("m",), values=Values("u", (), {"a": "note"})))
    await store.record(make.attempt(tried, "error", due_at=make.after(9)))
    await store.close()
    return tmp_path / "events.db"


def change(file, sql):
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(sql)


def test_all_is_whole(file):
    """Nothing is found, everything is counted, and the file stays as it is to the last byte."""
    before, rows = file.read_bytes(), []
    found = verify(file, rows.append)
    assert found.damage == ()
    assert found.counts == {
        "events": 3, "delivered": 1, "queued": 1, "vetoed": 1, "attempts": 2, "marks": 1, "ids of removed events": 0,
    }  # fmt: skip
    assert sum(rows) == size(file) == 5
    assert file.read_bytes() == before


async def test_beside_a_daemon(tmp_path, make):
    """It looks at what was acknowledged a moment ago; the daemon goes on meanwhile."""
    store = await SqliteStore.open(tmp_path)
    for n in range(30):
        await store.add([make.entry(f"e{n}")])
        found = verify(tmp_path / "events.db", SILENT)
        assert (found.damage, found.counts["events"]) == ((), n + 1)
    await store.close()


@pytest.mark.parametrize(
    ("sql", "damage"),
    [
        (
            "UPDATE event SET body = replace(body, 'note', 'nope')",
            Damage("given", "what was posted is not what was stored: its checksum differs"),
        ),
        (
            "UPDATE attempt SET mapped = replace(mapped, 'note', 'nope')",
            Damage("given", "the values of attempt 1 are not what was stored: their checksum differs"),
        ),
        (
            "UPDATE attempt SET facts = substr(facts, 2) WHERE mapped IS NULL",
            Damage("tried", "what is kept of attempt 1 cannot be read"),
        ),
        ("UPDATE event SET due_at = NULL", Damage("tried", "it is queued, and nothing will ever send it")),
        ("UPDATE attempt SET event = 99 WHERE mapped IS NULL", Damage(None, "an attempt (number 1) belongs to no event")),
        ("UPDATE mark SET event = 99", Damage(None, "marks: 1 belong to no event")),
        ("INSERT INTO begun VALUES (99)", Damage(None, "tries that were begun: 1 belong to no event")),
    ],
)  # fmt: skip
def test_each_damage_is_named(file, sql, damage):
    """One change, one finding, with the event that it concerns."""
    change(file, sql)
    assert verify(file, SILENT).damage == (damage,)


def test_a_flipped_bit(file):
    """A bit in the middle of a text, as a failing disk flips it, is found."""
    content = bytearray(file.read_bytes())
    content[content.index(b'"note":"note"') + 9] ^= 0x80
    file.write_bytes(content)
    assert [one.event for one in verify(file, SILENT).damage] == ["given"]


def test_a_page_that_is_gone(file):
    """What SQLite itself finds is told, and whatever can still be read is looked at."""
    content = bytearray(file.read_bytes())
    (root,) = (
        sqlite3.connect(file)
        .execute("SELECT rootpage FROM sqlite_master WHERE name = 'event_by_state'")
        .fetchone()
    )
    content[(root - 1) * 4096 : root * 4096] = bytes(4096)
    file.write_bytes(content)
    damage = verify(file, SILENT).damage
    assert damage
    assert {one.event for one in damage} == {None}


def test_what_is_no_store(tmp_path):
    """No file, and a file that SQLite did not write, are refused with a sentence."""
    with pytest.raises(StoreError, match=r"^there is no store at .*/none\.db \(the daemon makes it"):
        verify(tmp_path / "none.db", SILENT)
    (tmp_path / "notes").write_text("no database" * 100)
    with pytest.raises(StoreError, match=r"^.*/notes cannot be read: file is not a database \("):
        size(tmp_path / "notes")


async def test_after_a_sweep_and_a_replay(tmp_path, make):
    """What retention leaves is whole: a mark of a removed event belongs to its id."""
    from tests.store.test_removing import cutoffs, old, settle, swept

    store = await SqliteStore.open(tmp_path)
    for id in ("a", "b"):
        made = old(make, id, 100)
        await store.add([make.entry(made)])
        await settle(store, make, made, marks=(id,))
    await store.replay("b", Replay(again=True), "acme/return", make.now)
    assert (await swept(store, cutoffs(make, events=-90))).events == 1
    await store.close()
    assert verify(tmp_path / "events.db", SILENT).damage == ()
