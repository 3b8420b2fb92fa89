"""Work done apart from the loop, in a few threads of its own, that keeps nobody: neither who else asks, nor the end.

A thread cannot be stopped. asyncio's own are shared by everybody, and waited for when the process ends; these are not.
"""

import _thread
import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from gateway.contained import told
from gateway.model import Event

T = TypeVar("T")

# Characters of an event that is mapped, asked about and rendered in a moment.
SMALL = 16 * 1024


def is_large(event: Event) -> bool:
    """Whether working on an event could hold up everybody else."""
    return len(event.text) > SMALL


class Apart:
    """Does one piece of work at a time for each who asks. threads: at once; longest: seconds that one may take."""

    def __init__(self, name: str, threads: int = 4, longest: float = 30.0) -> None:
        self._name = name
        self._longest = longest
        self._free = asyncio.Semaphore(threads)
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, whose: str, work: Callable[[], T]) -> T:
        """What the work returns, or raises. TimeoutError, in words, where it, or the one before, does not end in time.

        The thread of such a one goes on, and stays taken until it ends.
        """
        turn = self._turns[whose]
        await self._in_time(turn.acquire())
        try:
            await self._free.acquire()
        except BaseException:
            turn.release()
            raise
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def ended(_: object) -> None:
            turn.release()
            self._free.release()
            done.exception()  # whoever waited for it may have gone

        done.add_done_callback(ended)
        try:
            # Unlike threading's, a plain thread keeps the loop no longer than it takes to ask for it.
            _thread.start_new_thread(_do, (work, done))
        except RuntimeError as error:  # the system has no thread to give
            done.set_exception(error)
        return await self._in_time(asyncio.shield(done))

    async def _in_time(self, waited: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._longest) as limit:
                return await waited
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimeoutError(f"{self._name} takes longer than {self._longest:g} s (one is right)") from None


def _do(work: Callable[[], T], done: asyncio.Future[T]) -> None:
    try:
        result = work()
    except (StopIteration, GeneratorExit) as error:
        # A future cannot bring these to who waits for it.
        _tell(done, done.set_exception, RuntimeError(f"it raised {told(error)}"))
    except BaseException as error:  # noqa: BLE001  it belongs to who waits, not to this thread
        _tell(done, done.set_exception, error)
    else:
        _tell(done, done.set_result, result)


def _tell(done: asyncio.Future[Any], step: Callable[[Any], None], what: object) -> None:
    with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
        done.get_loop().call_soon_threadsafe(step, what)
