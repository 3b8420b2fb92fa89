"""The store on SQLite: one file, one task that writes it, two connections that read it.

Lanes have a reader to themselves, so that no delivery waits behind a person's list.
"""

import asyncio
import sqlite3
from builtins import list as List  # noqa: N812  the contract's method `list` hides the type
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from gateway.errors import StoreError, StoreUnavailable
from gateway.model import Attempt, Delivery, Replay, Type
from gateway.store import Backlog, Entry, Filter, Page, Receipt, Replayed, Story, facts, folder, reading
from gateway.store.connection import Connection, reader, writer
from gateway.store.rows import attempt_row, due_millis, entry_row, settle_row
from gateway.store.sql import QUERIES
from gateway.store.transaction import Add, Change, Record
from gateway.store.writer import ROW_BYTES, Writer

P = ParamSpec("P")
T = TypeVar("T")

MOVED_AT_ONCE = 500


def _ignore(told: StoreError | str | None) -> None:
    """Every call that follows raises it anyway."""


def _no_files() -> None:
    """Memory has none that could be removed."""


class SqliteStore:
    """A Store in one SQLite file; made by `open` or `in_memory`. Close it, or the process never ends."""

    def __init__(
        self,
        writing: Connection,
        for_lanes: Connection,
        for_people: Connection,
        *,
        place: str,
        lock: folder.Lock | None = None,
        look: Callable[[], None] = _no_files,
        on_fatal: Callable[[StoreError], None] = _ignore,
        on_trouble: Callable[[str | None], None] = _ignore,
    ) -> None:
        self._connections = (for_people, for_lanes, writing)
        self._for_lanes = for_lanes
        self._for_people = for_people
        self._place = place
        self._lock = lock
        self._writer = Writer(writing, place, look, on_fatal, on_trouble)

    @classmethod
    async def open(
        cls,
        data: Path,
        *,
        on_fatal: Callable[[StoreError], None] = _ignore,
        on_trouble: Callable[[str | None], None] = _ignore,
    ) -> "SqliteStore":
        """Open the store in a data folder, which is made if it is missing.

        on_fatal: told once, with the reason, when the store can do nothing any more: the process must end.
        on_trouble: told why nothing can be stored for now, such as a full disk; and None once it is over.
        Raises StoreError where the folder is in use or read-only, or its file is from a newer version.
        """
        lock, file = folder.claim(data)
        opened: List[Connection] = []
        try:
            opened.append(await writer(file))
            await opened[0].run(folder.migrate, file)
            opened.append(await reader(file))
            opened.append(await reader(file))
            watch = folder.Watch(file)
        except BaseException as error:
            for connection in opened:
                await connection.close()
            lock.release()
            if isinstance(error, sqlite3.Error):
                raise StoreError(
                    f"{file} cannot be opened: {error} (it must be the gateway's own file, on a disk with room)"
                ) from error
            raise
        return cls(
            *opened, place=str(file), lock=lock, look=watch.look, on_fatal=on_fatal, on_trouble=on_trouble
        )

    @classmethod
    async def in_memory(cls) -> "SqliteStore":
        """A store that keeps nothing, for tests."""
        only = await writer(":memory:")
        await only.run(folder.migrate, ":memory:")
        return cls(only, only, only, place="memory")

    @property
    def commits(self) -> int:
        """How many transactions were made."""
        return self._writer.commits

    @property
    def trouble(self) -> str | None:
        """Why the last transaction failed, in a sentence; None where it did not."""
        return self._writer.fatal or self._writer.trouble

    async def add(self, entries: Sequence[Entry]) -> List[Receipt]:
        """Store events durably, in one transaction; a Receipt for each, in order."""
        if not entries:
            return []
        rows = [entry_row(entry) for entry in entries]
        size = sum(len(entry.event.text) + ROW_BYTES for entry in entries)
        job = Add(done=_future(), entries=entries, rows=rows, size=size)
        receipts: List[Receipt] = await self._writer.do(job)
        return receipts

    async def record(self, attempt: Attempt) -> None:
        """Store one attempt and the state it led to, durably; it is tried until it succeeds."""
        row = attempt_row(attempt)
        job = Record(
            done=_future(),
            event=attempt.event.id,
            number=attempt.number,
            settled=settle_row(attempt),
            attempt=row,
            size=len(row[2]) + ROW_BYTES,
        )
        await self._writer.do(job)

    async def due(self, endpoint: str, now: datetime, limit: int, without: Collection[str]) -> List[Delivery]:
        """Up to `limit` deliveries of an endpoint that are due, longest due first; parks what is damaged."""
        sound, damaged = await self._read(self._for_lanes, reading.due, endpoint, now, limit, without)
        for error in damaged:
            await self._execute("park_damaged", {"id": error.event, "reason": str(error)})
        return sound

    async def next_due(self, endpoint: str, without: Collection[str]) -> datetime | None:
        """When the next delivery of an endpoint is due, leaving out the ids in `without`."""
        return await self._read(self._for_lanes, reading.next_due, endpoint, without)

    async def backlog(self) -> List[Backlog]:
        """Everything that has a future, counted by source, flow, type and endpoint."""
        return await self._read(self._for_people, reading.backlog)

    async def move(self, source: str, flow: str | None, type: Type, endpoint: str, due_at: datetime) -> None:
        """Assign what waits for (source, flow, type) to this endpoint, due by then; in small transactions."""
        to = {"endpoint": endpoint, "due_at": due_millis(due_at)}
        asked = {**to, "source": source, "flow": flow, "type": type, "limit": MOVED_AT_ONCE}
        after = ("", 0, 0)
        while page := await self._read(self._for_people, reading.to_move, asked, after):
            await self._execute("move", {**to, "seqs": facts.written([seq for _, _, seq in page])})
            after = page[-1]

    async def replay(self, id: str, wish: Replay, endpoint: str, due_at: datetime) -> Replayed:
        """Give an event a future again. A delivered one needs `wish.again`; one that waits is left alone."""
        asked = {
            "id": id,
            "endpoint": endpoint,
            "due_at": due_millis(due_at),
            "wish": facts.written(facts.replay_json(wish)),
            "fresh": wish.values == "fresh",
            "again": wish.again,
        }

        def work(database: sqlite3.Connection) -> Replayed:
            if database.execute(QUERIES["replay"], asked).rowcount:
                return "queued"
            found = database.execute(QUERIES["future"], (id,)).fetchone()
            if found is None:
                return "unknown"
            return "delivered" if found[1] is None else "waiting"

        return await self._change(work)

    async def story(self, id: str) -> Story | None:
        """One event's whole story."""
        return await self._read(self._for_people, reading.story, id)

    async def count(self, which: Filter) -> int:
        """How many events a filter means."""
        return await self._read(self._for_people, reading.count, which)

    async def list(self, which: Filter, limit: int, after: str | None = None) -> Page:
        """Events, newest first; `after` is a Page's `next`. Raises ValueError for a cursor that is none."""
        return await self._read(self._for_people, reading.page, which, limit, after)

    async def close(self) -> None:
        """Write what waits, close the file and let the folder go. May be called twice."""
        try:
            await self._writer.close()
            # The last one to write checkpoints and removes the log by its name. After a fatal error neither must be:
            # the log may be another one by now. A reader that is the last one leaves all as it is.
            order = -1 if self._writer.fatal else 1
            for connection in self._connections[::order]:
                await connection.close()
        finally:
            if self._lock:
                self._lock.release()
                self._lock = None

    async def _execute(self, query: str, asked: Mapping[str, Any]) -> None:
        await self._change(lambda database: database.execute(QUERIES[query], asked).rowcount)

    async def _change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        answer: T = await self._writer.do(Change(done=_future(), work=work, size=ROW_BYTES))
        return answer

    async def _read(
        self,
        connection: Connection,
        question: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        self._writer.check()
        try:
            return await connection.run(question, *args, **kwargs)
        except sqlite3.Error as error:
            raise StoreUnavailable(
                f"{self._place} could not be read: {error} (the same may be asked again)"
            ) from error


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()
