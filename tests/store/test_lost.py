"""A store whose file is damaged or gone ends, also where only a reader notices."""

import errno
import os
import sqlite3

import pytest

from gateway.errors import StoreError, StoreUnavailable
from gateway.store import Filter
from gateway.store.sqlite import SqliteStore

PAGE = 4096


async def grown(folder, make, told):
    """A store with some events, all of it in its file."""
    store = await SqliteStore.open(folder, on_fatal=told.append)
    await store.add([make.entry(make.event(f"e{n}", note="x" * 2000)) for n in range(50)])
    await store.forget([])
    return store


async def test_a_reader_that_finds_the_file_damaged_ends_it(tmp_path, make):
    """Nothing is taken any more, the daemon is told once, and the sentence says what to look after."""
    told: list[StoreError] = []
    store = await grown(tmp_path, make, told)
    await store.list(Filter(), 1)
    file = tmp_path / "events.db"
    with file.open("r+b") as opened:
        opened.seek(PAGE)
        opened.write(os.urandom(file.stat().st_size - PAGE))

    async def read_all() -> None:
        for n in range(50):
            await store.story(f"e{n}")

    with pytest.raises(StoreError, match=r"^the store stopped, .* malformed \(look after the disk") as ended:
        await read_all()
    assert not isinstance(ended.value, StoreUnavailable)
    with pytest.raises(StoreError, match=r"^the store stopped"):
        await store.add([make.entry("more")])
    assert [str(error) for error in told] == [str(ended.value)]
    await store.close()


async def test_a_reader_that_fails_where_the_file_is_gone_ends_it(tmp_path, make):
    """Whatever the reader met: it is looked at whether the file is still the one that was opened."""
    told: list[StoreError] = []
    store = await grown(tmp_path, make, told)
    (tmp_path / "events.db").unlink()

    def failing(database: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(StoreError, match=r"events.db was removed or replaced while the daemon ran"):
        await store._read(store._for_people, failing)
    assert len(told) == 1
    await store.close()


async def test_a_reader_that_fails_otherwise_ends_nothing(tmp_path, make):
    """A file that is in its place may be read a moment later."""
    told: list[StoreError] = []
    store = await grown(tmp_path, make, told)
    with pytest.raises(StoreUnavailable, match="could not be read: no such table"):
        await store._read(store._for_people, lambda database: database.execute("SELECT 1 FROM nowhere"))
    await store.add([make.entry("more")])
    assert told == []
    await store.close()


async def test_a_disk_that_cannot_be_looked_at_is_told_as_that(tmp_path, make, monkeypatch):
    """An error of the disk is not called a removal."""
    told: list[StoreError] = []
    store = await grown(tmp_path, make, told)

    def broken(path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("gateway.store.folder.os.stat", broken)
    with pytest.raises(StoreError, match=r"events.db cannot be looked at any more: Input/output error \("):
        await store.add([make.entry("more")])
    monkeypatch.undo()
    assert len(told) == 1
    await store.close()
