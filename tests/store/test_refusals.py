"""What else a store is refused for: whose the folder is, and whose the file."""

import os
import sqlite3

import pytest

from gateway.errors import StoreError
from gateway.store.sqlite import SqliteStore


async def refusal(folder):
    with pytest.raises(StoreError) as refused:
        await SqliteStore.open(folder)
    return str(refused.value).replace(str(folder), "DATA")


async def test_a_folder_that_anybody_may_write_to(tmp_path):
    """Others could put another file in the place of ours."""
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data").chmod(0o777)
    assert await refusal(tmp_path / "data") == (
        "anybody on this machine may write to the data folder DATA (chmod 700 DATA, or name another)"
    )


async def test_a_file_of_another_user(tmp_path, monkeypatch):
    """Whoever it belongs to could not open what is made beside it; it stays as it is, and the folder is free again."""
    await (await SqliteStore.open(tmp_path)).close()
    uid = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    assert await refusal(tmp_path) == (
        f"DATA/events.db belongs to another user, number {uid} (run this as that user, or give it to {uid + 1}:"
        " files made beside it would be out of that user's reach)"
    )
    monkeypatch.undo()
    await (await SqliteStore.open(tmp_path)).close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_folder_that_cannot_be_written_to(tmp_path):
    """It is named, with what it must be."""
    (tmp_path / "data").mkdir(mode=0o500)
    assert await refusal(tmp_path / "data") == (
        "the data folder DATA cannot be used: Permission denied"
        " (it must be a folder that the daemon may write to, on a disk with room)"
    )


async def test_a_link_in_place_of_the_file(tmp_path):
    """A link could lead anywhere, also out of the folder that is locked."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "events.db").symlink_to(tmp_path / "elsewhere.db")
    assert (await refusal(tmp_path / "data")).startswith(
        "the data folder DATA cannot be used: Too many levels of"
    )
    assert not (tmp_path / "elsewhere.db").exists()


async def test_another_programs_database(tmp_path):
    """A database that is not the gateway's is named, and gets no tables."""
    database = sqlite3.connect(tmp_path / "events.db")
    database.execute("CREATE TABLE notes (text)")
    database.close()
    assert await refusal(tmp_path) == (
        "DATA/events.db is another program's database (name a folder of the gateway's own as `data` in gateway.yaml)"
    )
    database = sqlite3.connect(tmp_path / "events.db")
    assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]
    database.close()


async def test_a_copy_that_was_put_back(tmp_path):
    """A file that others may read, as `cp` makes one, is closed to them."""
    await (await SqliteStore.open(tmp_path)).close()
    (tmp_path / "events.db").chmod(0o644)
    await (await SqliteStore.open(tmp_path)).close()
    assert (tmp_path / "events.db").stat().st_mode & 0o777 == 0o600
