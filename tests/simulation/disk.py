"""The store on a disk that takes its time, fills up, and loses nothing that was committed.

It is the real store over a real SQLite database: only the thread is left out, so that a seed always tells the same
story. A commit is a moment: whoever dies before it has written nothing, whoever dies after it has written all.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from gateway.store import folder
from gateway.store.sqlite import SqliteStore

NEVER = 1e9


class Disk:
    """What is left when a daemon dies. full: whether nothing more can be written."""

    def __init__(self, chance: Random) -> None:
        self.full = False
        self._chance = chance
        self._database = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        _formatted().backup(self._database)

    def ask(self, sql: str, *values: Any) -> list[Any]:
        """What stands in the file."""
        return self._database.execute(sql, values).fetchall()

    def mount(self) -> "Mount":
        """A connection for one daemon."""
        return Mount(self, self._database, self._chance)

    def close(self) -> None:
        """Forget everything."""
        self._database.close()


class Mount:
    """One daemon's connection: what aiosqlite would be. dead: its daemon was killed."""

    def __init__(self, disk: Disk, database: sqlite3.Connection, chance: Random) -> None:
        self.dead = False
        self._disk = disk
        self._database = database
        self._chance = chance

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call `work` on the database, some time before the answer is heard."""
        await self._pass()
        if self._disk.full and work.__name__ == "_commit":
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        done = work(self._database, *args, **kwargs)
        await self._pass()
        return done

    async def close(self) -> None:
        """Nothing is left open."""

    async def _pass(self) -> None:
        if not self.dead:
            await asyncio.sleep(self._chance.choice((0.0, 0.0, 0.001, 0.02)))
        if self.dead:
            raise asyncio.CancelledError

    def store(self) -> SqliteStore:
        """The store of one daemon."""
        self._store = SqliteStore(self, self, self, place="the simulated disk")  # type: ignore[arg-type]
        return self._store

    def kill(self) -> None:
        """Let nothing of this daemon reach the disk any more."""
        self.dead = True
        self._store._writer.do = _gone  # type: ignore[method-assign]


async def _gone(_: object) -> None:
    raise asyncio.CancelledError


@cache
def _formatted() -> sqlite3.Connection:
    database = sqlite3.connect(":memory:", isolation_level=None)
    folder.migrate(database, ":memory:")  # type: ignore[arg-type]
    return database
