"""The store on SQLite: one file, one task that writes it, two connections that read it."""

import asyncio
import sqlite3
from builtins import list as List  # noqa: N812  the contract's method `list` hides the type
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from gateway.errors import StoreError
from gateway.model import Attempt, Delivery, Json, Replay, Type
from gateway.store import (
    Cutoffs,
    Entry,
    Forgotten,
    Pause,
    Receipt,
    Replayed,
    Summary,
    Swept,
    Trip,
    acting,
    facts,
    folder,
    reading,
    removing,
    replaying,
)
from gateway.store.acts import Act, ActFilter, ActPage, Result
from gateway.store.archive import SqliteArchive
from gateway.store.connection import Connection, reader, writer
from gateway.store.rows import (
    attempt_row,
    due_millis,
    entry_row,
    mark_rows,
    pause_row,
    settle_row,
    summary,
    trip_row,
)
from gateway.store.sql import QUERIES
from gateway.store.transaction import Add, Begin, Change, Record
from gateway.store.writer import ROW_BYTES, Writer

P = ParamSpec("P")
T = TypeVar("T")

MOVED_AT_ONCE = 500


def _ignore(told: StoreError | str | None) -> None:
    """Every call that follows raises it anyway."""


def _no_files() -> None:
    """Memory has none that could be removed."""


class SqliteStore(SqliteArchive):
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
        super().__init__(for_people, for_lanes, place)
        self._connections = (for_people, for_lanes, writing)
        self._lock = lock
        self._begun: set[str] = set()
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
        """Why nothing can be stored for now, in the sentence that `on_trouble` was told; None where it can."""
        return self._writer.told

    async def add(self, entries: Sequence[Entry]) -> List[Receipt]:
        """Store events durably, in one transaction; a Receipt for each, in order."""
        if not entries:
            return []
        rows = [entry_row(entry) for entry in entries]
        size = sum(len(entry.event.text) + ROW_BYTES for entry in entries)
        job = Add(done=_future(), entries=entries, rows=rows, size=size)
        receipts: List[Receipt] = await self._writer.do(job)
        return receipts

    async def begin(self, attempt: Attempt) -> None:
        """Store an attempt that is about to be sent, durably, as it is to be read if nobody records how it ended."""
        row = attempt_row(attempt)
        self._begun.add(attempt.event.id)
        size = len(row[2]) + ROW_BYTES
        await self._writer.do(Begin(done=_future(), event=attempt.event.id, attempt=row, size=size))

    async def park_unfinished(self) -> List[Summary]:
        """Park every event that has a try that was begun and never recorded; what they were before."""

        def work(database: sqlite3.Connection) -> List[Summary]:
            found = [summary(row) for row in database.execute(QUERIES["unfinished"])]
            if found:
                database.execute(QUERIES["settle_unfinished"])
                database.execute(QUERIES["forget_unfinished"])
            return found

        return await self._change(work)

    async def record(self, attempt: Attempt) -> None:
        """Store one attempt and the state it led to, durably; it is tried until it succeeds."""
        row = attempt_row(attempt)
        job = Record(
            done=_future(),
            event=attempt.event.id,
            number=attempt.number,
            settled=settle_row(attempt),
            attempt=row,
            marks=mark_rows(attempt),
            begun=attempt.event.id in self._begun,
            size=len(row[2]) + ROW_BYTES,
        )
        await self._writer.do(job)
        self._begun.discard(attempt.event.id)

    async def due(
        self,
        endpoint: str,
        now: datetime,
        limit: int,
        without: Collection[str],
        after: Delivery | None = None,
    ) -> List[Delivery]:
        """Up to `limit` deliveries of an endpoint that are due, longest due first; parks what is damaged."""
        sound, damaged = await self._read(self._for_lanes, reading.due, endpoint, now, limit, without, after)
        for error in damaged:
            await self._execute("park_damaged", {"id": error.event, "reason": str(error)})
        return sound

    async def next_due(self, endpoint: str, without: Collection[str]) -> datetime | None:
        """When the next delivery of an endpoint is due, leaving out the ids in `without`."""
        return await self._read(self._for_lanes, reading.next_due, endpoint, without)

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
        (answer,) = await self.replay_many([(id, endpoint)], wish, due_at, {})
        return answer

    async def replay_many(
        self,
        events: Sequence[tuple[str, str]],
        wish: Replay,
        due_at: datetime,
        apart: Mapping[str, timedelta],
    ) -> List[Replayed]:
        """Replay some events in one transaction, each with its endpoint; what became of each, in order."""
        due = due_millis(due_at)
        return await self._change(lambda database: replaying.replay(database, events, wish, due, apart))

    async def pauses(self) -> Mapping[str, Pause]:
        """The endpoints that a person paused."""
        return await self._read(self._for_people, reading.pauses)

    async def pause(self, endpoint: str, pause: Pause | None) -> None:
        """Remember durably that an endpoint is paused; None: that it is not."""
        if pause is None:
            await self._execute("resume", {"endpoint": endpoint})
        else:
            await self._execute("pause", pause_row(endpoint, pause))

    async def trips(self) -> Mapping[str, Trip]:
        """The endpoints whose breaker is not closed."""
        return await self._read(self._for_people, reading.trips)

    async def trip(self, endpoint: str, trip: Trip | None) -> None:
        """Remember durably how far an endpoint's breaker is open; None: that it is closed."""
        if trip is None:
            await self._execute("untrip", {"endpoint": endpoint})
        else:
            await self._execute("trip", trip_row(endpoint, trip))

    def sweep(self, before: Cutoffs) -> AsyncIterator[Swept]:
        """Remove what is too old and has no future, a little with every step; what each step removed."""
        read = partial(self._read, self._for_people)
        return removing.sweep(read, self._change, before, self._writer.empty_log)

    async def forget(self, ids: Sequence[str]) -> Forgotten:
        """Remove events and all that is kept of them, for good: from the write-ahead log too."""
        forgotten = await self._change(removing.forget, ids)
        await self._writer.empty_log()
        return forgotten

    async def begin_act(self, act: Act) -> int:
        """Store an act durably, before it is done; its `seq`."""
        return await self._change(acting.begin, act)

    async def end_act(self, seq: int, result: Result, status: int | None, detail: Mapping[str, Json]) -> None:
        """Store how an act ended, once."""
        await self._change(acting.end, seq, result, status, detail)

    async def acts(self, which: ActFilter, limit: int, after: str | None = None) -> ActPage:
        """Acts, newest first; `after` is an ActPage's `next`."""
        return await self._read(self._for_people, acting.page, which, limit, after)

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

    async def _change(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        job = Change(done=_future(), work=lambda database: work(database, *args, **kwargs), size=ROW_BYTES)
        answer: T = await self._writer.do(job)
        return answer

    def _check(self) -> None:
        self._writer.check()

    def _heed(self, error: sqlite3.Error) -> None:
        self._writer.heed(error)


def _future() -> "asyncio.Future[Any]":
    return asyncio.get_running_loop().create_future()
