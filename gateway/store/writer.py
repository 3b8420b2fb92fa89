"""The one task that writes. Its rules:

- A batch is everything that waited when the commit before it ended, and what follows from that at once: one
  transaction, one hand-off. Nobody waits for a batch to become larger.
- A batch is never cancelled. A caller that is cancelled leaves; what it wanted is written all the same.
- Where a batch fails for want of disk, its adds are refused; its attempts are tried again until they succeed.
- After a failing fsync nobody knows what is on disk: nothing more is written, and the daemon is told to end.
- Likewise where a file was removed or replaced. That is looked at behind each commit, before anybody is answered.
- Trouble is told when it begins and when it is over. While it lasts and nobody writes, a page is tried now and
  then: a daemon that says it is not ready may be sent nothing that would show that it is again.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from gateway.errors import StoreError, StoreFull, StoreUnavailable
from gateway.store import transaction
from gateway.store.connection import Connection
from gateway.store.folder import GoneError
from gateway.store.transaction import Change, Job, Record

PAUSE = 0.05
LONGEST_PAUSE = 1.0
LOG_TRIES = 100
# Of the event loop, before a batch: in the first, whoever was answered goes on; in the second, what came in meanwhile
# is read. What both ask for would otherwise need a transaction of its own.
TURNS = 2
CHECKPOINT_BYTES = 32 * 1024 * 1024
# Beside its text a row touches about this much of indexes and pages in the write-ahead log.
ROW_BYTES = 16 * 1024

_FATAL = {
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
}


class Writer:
    """Owns the writing connection.

    place: the file, for sentences; commits: how many transactions were made; trouble: why the last one failed; told:
    the same as `on_trouble` was told it; fatal: why none will follow; look: raises GoneError where the files are not
    those that were opened.
    """

    def __init__(
        self,
        connection: Connection,
        place: str,
        look: Callable[[], None],
        on_fatal: Callable[[StoreError], None],
        on_trouble: Callable[[str | None], None],
    ) -> None:
        self.commits = 0
        self.trouble: str | None = None
        self.told: str | None = None
        self.fatal: str | None = None
        self._connection = connection
        self._place = place
        self._look = look
        self._on_fatal = on_fatal
        self._on_trouble = on_trouble
        self._waiting: list[Job] = []
        self._wake = asyncio.Event()
        self._closing = asyncio.Event()
        self._pause = PAUSE
        self._written = 0
        self._task = asyncio.create_task(self._run(), name="store writer")

    async def do(self, job: Job) -> Any:
        """Have a job written with the next batch; its answer, once it is on disk."""
        self.check()
        self._waiting.append(job)
        self._wake.set()
        return await job.done

    def check(self) -> None:
        """Raise StoreError where the store can do nothing any more."""
        if self.fatal:
            raise StoreError(self.fatal)
        if self._closing.is_set():
            raise StoreError("the store is closed")

    def heed(self, error: sqlite3.Error) -> None:
        """A reader failed: where that means that the file cannot be trusted, or is not there, nothing goes on.

        Raises StoreError then.
        """
        found: Exception = error
        try:
            self._look()
        except GoneError as gone:
            found = gone
        if _is_fatal(found):
            if not self.fatal:
                self._stop((), found)
            self.check()

    async def empty_log(self) -> None:
        """Cut the write-ahead log to nothing. Raises StoreUnavailable where readers stay in the way."""
        for _ in range(LOG_TRIES):
            self.check()
            if await self._checkpoint(transaction.empty_log):
                return
            await asyncio.sleep(PAUSE)
        raise StoreUnavailable(
            f"the log of {self._place} could not be emptied: somebody reads it, such as a backup (ask again later)"
        )

    async def close(self) -> None:
        """Write what waits, and end."""
        is_first = not self._closing.is_set()
        self._closing.set()
        self._wake.set()
        await self._task
        if is_first and not self.fatal:
            try:
                self._look()
            except GoneError as error:
                self._stop((), error)

    async def _run(self) -> None:
        while self._waiting or not self._closing.is_set():
            await self._woken()
            self._wake.clear()
            while self._waiting:
                await self._round()

    async def _woken(self) -> None:
        if not self.trouble:
            await self._wake.wait()
            return
        try:
            await asyncio.wait_for(self._wake.wait(), LONGEST_PAUSE)
        except TimeoutError:
            probe = Change(done=asyncio.get_running_loop().create_future(), work=transaction.probe)
            probe.done.cancel()  # nobody waits for it
            self._waiting.append(probe)

    def _tell(self) -> None:
        if (self.trouble is None) != (self.told is None):
            self.told = self.trouble
            self._on_trouble(self.trouble)

    async def _round(self) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        jobs, self._waiting = self._waiting, []
        if self.trouble:  # apart, so that what cannot be stored does not take the rest with it
            await self._write([job for job in jobs if isinstance(job, Record)])
            await self._write([job for job in jobs if not isinstance(job, Record)])
        else:
            await self._write(jobs)
        self._tell()
        if self.trouble and self._waiting:
            await self._rest()
        if self._written >= CHECKPOINT_BYTES and not self.fatal:
            await self._checkpoint(transaction.checkpoint)

    async def _write(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        if self.fatal:  # since a moment ago, by the other half of this batch
            for job in jobs:
                _answer(job, StoreError(self.fatal))
            return
        try:
            await self._connection.run(self._commit, jobs)
        except Exception as error:  # noqa: BLE001  whatever it is, somebody waits for an answer
            await self._failed(jobs, error)
        else:
            self.commits += 1
            self.trouble = None
            self._pause = PAUSE
            for job in jobs:
                self._written += job.size
                _answer(job, job.answer)

    def _commit(self, database: sqlite3.Connection, jobs: Sequence[Job]) -> None:
        """One transaction, in the connection's thread; also one that failed may have had no file any more."""
        try:
            transaction.write(database, jobs)
        finally:
            self._look()

    async def _failed(self, jobs: Sequence[Job], error: Exception) -> None:
        if _is_fatal(error):
            self._stop(jobs, error)
        elif _is_the_machines(error):
            self.trouble = f"nothing could be stored in {self._place}: {error} ({_remedy(error)})"
            for job in jobs:
                if isinstance(job, Record) and not self._closing.is_set():
                    self._waiting.append(job)
                else:
                    _answer(job, (StoreFull if _is_full(error) else StoreUnavailable)(self.trouble))
        elif len(jobs) > 1:  # one of them is at fault: the others must not suffer
            for job in jobs:
                await self._write([job])
        else:
            fault = "a fault of the gateway or of a plugin"
            _answer(jobs[0], StoreError(f"this cannot be stored: {error} ({fault})"))

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), self._pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _checkpoint(self, how: Callable[[sqlite3.Connection], bool]) -> bool:
        """Carry the log over; whether that was done to the end."""
        self._written = 0
        try:
            return await self._connection.run(how)
        except sqlite3.Error as error:
            if _is_fatal(error):
                self._stop((), error)
            return False

    def _stop(self, jobs: Sequence[Job], error: Exception) -> None:
        self.fatal = (
            str(error)
            if isinstance(error, GoneError)
            else f"the store stopped, since it is not known what of {self._place} is on disk: {error}"
            " (look after the disk, then start the daemon again)"
        )
        waiting, self._waiting = self._waiting, []
        for job in (*jobs, *waiting):
            _answer(job, StoreError(self.fatal))
        self._on_fatal(StoreError(self.fatal))


def _answer(job: Job, answer: Any) -> None:
    if job.done.done():  # its caller was cancelled
        return
    if isinstance(answer, Exception):
        job.done.set_exception(answer)
    else:
        job.done.set_result(answer)


def _is_fatal(error: Exception) -> bool:
    if isinstance(error, GoneError):
        return True
    code = getattr(error, "sqlite_errorcode", 0)
    primary = code & 0xFF  # the rest says more (sqlite.org/rescode.html)
    return code in _FATAL or primary in _FATAL


def _is_the_machines(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _is_full(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL


def _remedy(error: Exception) -> str:
    if _is_full(error):
        return "free some disk space; the same may be posted again"
    return "the same may be posted again later"
