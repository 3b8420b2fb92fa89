"""aiosqlite's connection, with one thing more: a whole piece of work done in its thread in one hand-off."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

import aiosqlite

from gateway.errors import StoreError

P = ParamSpec("P")
T = TypeVar("T")

# One statement per size of batch, reading and writing, and some room.
_STATEMENTS = 256
_PRAGMAS = """
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -32768;
    PRAGMA temp_store = MEMORY;
    PRAGMA secure_delete = ON;
"""


class Connection(aiosqlite.Connection):
    """One SQLite connection that lives in a thread of its own. Close it, or the process never ends."""

    async def run(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call `work(connection, ...)` in the connection's thread."""
        return cast("T", await self._execute(work, self._conn, *args, **kwargs))  # type: ignore[no-untyped-call]

    async def ended(self) -> None:
        """Wait for the thread's end, after an opening that failed: it still speaks to the event loop."""
        await asyncio.to_thread(self._thread.join)


async def writer(file: Path | str) -> Connection:
    """Open the one connection that writes; `:memory:` is a file too.

    Checkpoints are made by hand, since SQLite's automatic ones keep a failing fsync to themselves.
    Raises StoreError where no write-ahead log can be kept.
    """

    def connect() -> sqlite3.Connection:
        database = sqlite3.connect(file, isolation_level=None, cached_statements=_STATEMENTS)
        try:
            (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode not in {"wal", "memory"}:
                raise StoreError(f"{file} cannot have a write-ahead log (`data` must be on a local disk)")
            database.executescript(_PRAGMAS)
        except BaseException:
            database.close()
            raise
        return database

    return await _opened(connect)


async def reader(file: Path) -> Connection:
    """Open a connection that only reads.

    With `mode=ro` it never checkpoints either, which before SQLite 3.51.3 two connections must not do.
    """

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None)

    return await _opened(connect)


async def _opened(connect: Callable[[], sqlite3.Connection]) -> Connection:
    connection = Connection(connect, iter_chunk_size=64)
    try:
        await connection
    except BaseException:
        await connection.ended()
        raise
    return connection
