"""What can be asked of a store's file: also beside the daemon that writes it, or when none runs.

Lanes have a reader to themselves, so that no delivery waits behind a person's list.
"""

import sqlite3
from builtins import list as List  # noqa: N812  the contract's method `list` hides the type
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from gateway.errors import StoreError, StoreUnavailable
from gateway.model import Event, Voice
from gateway.store import Backlog, Filter, Page, Recorded, Story, Waiting, folder, reading
from gateway.store.connection import Connection, reader

P = ParamSpec("P")
T = TypeVar("T")


class SqliteArchive:
    """An Archive in one SQLite file; made by `archive`. Close it, or the process never ends."""

    def __init__(self, for_people: Connection, for_lanes: Connection, place: str) -> None:
        self._for_people = for_people
        self._for_lanes = for_lanes
        self._place = place

    async def story(self, id: str) -> Story | None:
        """One event's whole story."""
        return await self._read(self._for_people, reading.story, id)

    async def list(self, which: Filter, limit: int, after: str | None = None) -> Page:
        """Events, newest first; `after` is a Page's `next`. Raises ValueError for a cursor that is none."""
        return await self._read(self._for_people, reading.page, which, limit, after)

    async def count(self, which: Filter) -> int:
        """How many events a filter means."""
        return await self._read(self._for_people, reading.count, which)

    async def backlog(self) -> List[Backlog]:
        """Everything that has a future, counted by endpoint."""
        return await self._read(self._for_people, reading.backlog)

    async def waiting(self) -> List[Waiting]:
        """Where something waits, and of what."""
        return await self._read(self._for_people, reading.waiting)

    async def history(self, which: Filter, limit: int, before: int | None = None) -> List[Recorded]:
        """Stored events with what became of them, newest first, in the order of a list."""
        return await self._read(self._for_people, reading.history, which, limit, before)

    async def deliveries(self, endpoint: str, since: datetime, without: str | None = None) -> int:
        """How many events of an endpoint were delivered at `since` or later; without: one that is not counted."""
        return await self._read(self._for_lanes, reading.deliveries, endpoint, since, without)

    async def voices(self, event: Event) -> List[Voice]:
        """The other events about the same lead to the same source: the first 1,000, in order of arrival."""
        return await self._read(self._for_lanes, reading.voices, event)

    async def given(self, endpoint: str, mark: str, event: str) -> Voice | None:
        """The delivered event of an endpoint, other than this one, that holds a mark."""
        return await self._read(self._for_lanes, reading.given, endpoint, mark, event)

    async def close(self) -> None:
        """Close the file. May be called twice."""
        await self._for_people.close()

    def _check(self) -> None:
        """Raise StoreError where nothing can be asked any more."""

    def _heed(self, error: sqlite3.Error) -> None:
        """Raise StoreError where nothing can be asked any more after such an error."""

    async def _read(
        self,
        connection: Connection,
        question: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        self._check()
        try:
            return await connection.run(question, *args, **kwargs)
        except sqlite3.Error as error:
            self._heed(error)
            raise StoreUnavailable(
                f"{self._place} could not be read: {error} (the same may be asked again)"
            ) from error


async def archive(data: Path) -> SqliteArchive:
    """Open the store in a data folder for reading only, whether or not a daemon is writing it.

    Nothing in it is changed, and no daemon has to wait. Raises StoreError where there is no store, where its file is
    damaged, or of another version of the gateway.
    """
    file = data / folder.FILE
    if not file.exists():
        raise StoreError(
            f"there is no store in {data}: {folder.FILE} is missing"
            " (`data` in gateway.yaml names the folder; the daemon makes the file when it first runs)"
        )
    connection: Connection | None = None
    try:
        connection = await reader(file)
        await connection.run(folder.check_version, file)
    except BaseException as error:
        if connection:
            await connection.close()
        if isinstance(error, sqlite3.Error):
            raise StoreError(
                f"{file} cannot be read: {error} (it must be the gateway's own file, readable, and whole)"
            ) from error
        raise
    return SqliteArchive(connection, connection, str(file))
