"""A backup is whole, is the store of one moment, and can be started on."""

import asyncio
import time

import pytest

from gateway.errors import StoreError
from gateway.store import Filter, copying
from gateway.store.copying import copy, pages
from gateway.store.sqlite import SqliteStore
from gateway.store.verifying import Damage, Verified

SILENT = lambda number: None  # noqa: E731


async def test_beside_a_daemon_that_writes(tmp_path, make, monkeypatch):
    """What was acknowledged before it began is in it, however much is written meanwhile; it is not begun anew."""
    monkeypatch.setattr(copying, "PAGES", 4)
    store = await SqliteStore.open(tmp_path / "data")
    await store.add([make.entry(make.event(f"e{n:03}", note="x" * 2000)) for n in range(200)])
    told, stop = [], asyncio.Event()

    def slowly(number):
        told.append(number)
        time.sleep(0.01)

    async def keep_adding():
        added = 0
        while not stop.is_set():
            await store.add([make.entry(f"late-{added}")])
            added += 1
        return added

    adding = asyncio.create_task(keep_adding())
    total = await asyncio.to_thread(pages, tmp_path / "data" / "events.db")
    found = await asyncio.to_thread(copy, tmp_path / "data" / "events.db", tmp_path / "copy.db", slowly)
    stop.set()
    meanwhile = await adding
    await store.close()
    assert meanwhile > 5
    assert found.damage == ()
    assert found.counts["events"] >= 200
    assert len(told) > 20
    assert sum(told) >= total - 20
    (tmp_path / "restored").mkdir(mode=0o700)
    (tmp_path / "copy.db").rename(tmp_path / "restored" / "events.db")
    restored = await SqliteStore.open(tmp_path / "restored")
    assert await restored.count(Filter()) == found.counts["events"]
    assert (await restored.story("e199")).summary.state == "queued"
    assert (await restored.add([make.entry("new")]))[0].added == "added"
    await restored.close()


async def test_one_file_for_its_owner_only(tmp_path, make):
    """Nothing stands beside it, whatever the umask; and what is there already is not written over."""
    store = await SqliteStore.open(tmp_path / "data")
    await store.add([make.entry("a")])
    target = tmp_path / "copy.db"
    await asyncio.to_thread(copy, tmp_path / "data" / "events.db", target, SILENT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "data"]
    assert target.stat().st_mode & 0o777 == 0o600
    before = target.read_bytes()
    with pytest.raises(StoreError) as refused:
        await asyncio.to_thread(copy, tmp_path / "data" / "events.db", target, SILENT)
    await store.close()
    assert str(refused.value) == (
        f"{target} is there already, and is not written over (name a file that there is not)"
    )
    assert target.read_bytes() == before


async def test_a_damaged_copy_is_none(tmp_path, make, monkeypatch):
    """What is not whole gets no name; the sentence says what was found."""
    await (await SqliteStore.open(tmp_path / "data")).close()
    found = Verified((Damage("a", "it is broken"),), {})
    monkeypatch.setattr("gateway.store.verifying.verify", lambda file, advance: found)
    with pytest.raises(
        StoreError, match=r"^the copy of .* is damaged: event a: it is broken \(verify the store"
    ):
        copy(tmp_path / "data" / "events.db", tmp_path / "copy.db", SILENT)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


async def test_one_that_was_cut_off(tmp_path):
    """Its part is left alone: another backup may be writing it right now."""
    await (await SqliteStore.open(tmp_path / "data")).close()
    (tmp_path / "copy.db.part").write_text("part")
    with pytest.raises(
        StoreError, match=r"copy\.db\.part is there: another backup writes it, or was cut off \("
    ):
        copy(tmp_path / "data" / "events.db", tmp_path / "copy.db", SILENT)
    assert (tmp_path / "copy.db.part").read_text() == "part"


async def test_no_folder_for_it(tmp_path):
    """A folder that there is not is said so."""
    await (await SqliteStore.open(tmp_path / "data")).close()
    with pytest.raises(StoreError, match=r"copy\.db\.part cannot be made: No such file or directory$"):
        copy(tmp_path / "data" / "events.db", tmp_path / "none" / "copy.db", SILENT)
