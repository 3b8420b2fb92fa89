"""Documents through the guarded session: fetched once for all who ask for them at about the same time."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.errors import GatewayError, Held
from gateway.http import Session
from gateway.http.tls import Tls
from gateway.model import Endpoint, Request

_TIMEOUT = 20.0
_LARGEST = 16 * 1024 * 1024
_KEPT = 60.0  # seconds that a document is kept in memory


def tls_for(url: str, endpoint: Endpoint) -> Tls | None:
    """The endpoint's own TLS, where a document comes from the host that is named in the endpoint's address."""
    here, there = urlsplit(endpoint.url), urlsplit(url)
    return endpoint.tls if (here.scheme, here.netloc) == (there.scheme, there.netloc) else None


async def fetch(session: Session, url: str, tls: Tls | None = None) -> bytes:
    """One document through the guarded session. Raises Held with the reason."""
    request = Request("GET", url, (("Accept", "*/*"),))
    try:
        response = await session.request(request, timeout=_TIMEOUT, max_body=_LARGEST, tls=tls)
    except GatewayError as error:
        raise Held(f"{url} cannot be fetched: {error}") from error
    if response.status != 200:
        raise Held(f"{url} cannot be fetched: it was answered with status {response.status} (200 is right)")
    if response.truncated:
        raise Held(f"{url} cannot be fetched: it is larger than {_LARGEST // 2**20} MiB")
    return response.body


@dataclass(frozen=True, slots=True)
class _Fetch:
    """A fetch that is under way, or was. begun: by the clock."""

    begun: float
    task: asyncio.Task[bytes]


class Fetcher:
    """Fetches each document once for all who ask at about the same time. clock: seconds, monotonic."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._session = session
        self._fetches: dict[tuple[str, Tls | None], _Fetch] = {}
        self._asked: dict[str, float] = {}

    async def get(self, url: str, since: float | None = None, tls: Tls | None = None) -> bytes:
        """A document. since: one that was fetched then or later, by the clock, will do. Raises Held with the reason."""
        known = self._fetches.get((url, tls))
        if known is None or (known.task.done() and (since is None or known.begun < since)):
            known = self._begin(url, tls)
        return await asyncio.shield(known.task)  # who no longer wants it must not take it from the others

    def age(self, url: str) -> float:
        """Seconds since a document was last asked for; without end where it never was."""
        asked = self._asked.get(url)
        return float("inf") if asked is None else self.clock() - asked

    async def close(self) -> None:
        """Stop fetching."""
        tasks = [fetch.task for fetch in self._fetches.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, url: str, tls: Tls | None) -> _Fetch:
        loop = asyncio.get_running_loop()
        fetching = loop.create_task(fetch(self._session, url, tls))
        begun = self._fetches[url, tls] = _Fetch(self.clock(), fetching)
        self._asked[url] = begun.begun

        def drop() -> None:
            if self._fetches.get((url, tls)) is begun:
                del self._fetches[url, tls]

        def ended(task: asyncio.Task[bytes]) -> None:
            loop.call_later(_KEPT, drop)
            if not task.cancelled():
                task.exception()  # else asyncio complains where nobody waits any more

        begun.task.add_done_callback(ended)
        return begun
