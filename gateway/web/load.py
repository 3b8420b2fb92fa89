"""What posters make the daemon hold at once, and where that ends: with 503, before anything is stored."""

import asyncio
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from aiohttp import web

from gateway.conf.schema import LimitSettings
from gateway.web.problems import Refusal

T = TypeVar("T")
Bound: TypeAlias = Literal["connections", "bytes", "memory"]

MOST = 10_000  # connections, where the system would allow for more
SMALL = 4096  # bytes: a post that came with its head and is no larger is not counted, for a connection takes as much
THREADS = 2  # that read long posts: more would read no faster, and each takes its turns from the loop
EVERY = 0.5  # seconds between two looks at the memory in use
_HELD: web.RequestKey[int] = web.RequestKey("held", int)
_STATM = Path("/proc/self/statm")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def connections(asked: int | None = None) -> int:
    """How many posters may be connected: a quarter of the descriptors. asked: another number that a person wants."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    quarter = MOST if soft == resource.RLIM_INFINITY else min(max(soft // 4, 1), MOST)
    return quarter if asked is None else asked


class Load:
    """Counts what is held. open: connections; bytes: of posts in hand; most: connections at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open = 0
        self.bytes = 0
        self._memory = (0.0, 0)
        self._threads = asyncio.Semaphore(THREADS)

    async def apart(self, work: Callable[[], T]) -> T:
        """What work on a long post returns, or raises: from a thread, so that nobody waits for it but who posted it."""
        async with self._threads:
            return await asyncio.to_thread(work)

    def hold(self, request: web.Request, size: int, limits: LimitSettings) -> None:
        """So many more bytes of a post have come. Raises Refusal (503) where that is too much; `release` ends it."""
        if self.bytes and self.bytes + size > limits.in_hand:  # one post alone always fits
            raise _refusal("more is posted at the moment than there is room for (limits.in_hand)")
        if limits.memory is not None and self.memory() > limits.memory:
            raise _refusal("the daemon uses as much memory as it may (limits.memory)")
        self.bytes += size
        request[_HELD] = request.get(_HELD, 0) + size

    def release(self, request: web.Request) -> None:
        """The request is over."""
        if self.bytes and _HELD in request:
            self.bytes -= request[_HELD]

    def memory(self) -> int:
        """Bytes that the process has in use, as of half a second ago at most."""
        seen_at, found = self._memory
        now = time.monotonic()
        if now - seen_at > EVERY:
            found = int(_STATM.read_text().split()[1]) * _PAGE
            self._memory = (now, found)
        return found

    def bound_by(self, limits: LimitSettings) -> Bound | None:
        """Which limit is reached, if one is."""
        if self.open >= self.most:
            return "connections"
        if self.bytes >= limits.in_hand:
            return "bytes"
        return "memory" if limits.memory is not None and self.memory() > limits.memory else None


def _refusal(why: str) -> Refusal:
    return Refusal(503, f"{why}; nothing was stored, post again in a moment")
