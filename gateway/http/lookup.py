"""Names to addresses, each look-up in a thread of its own.

asyncio shares six threads between all look-ups: six names whose servers do not answer stop every other one.
aiohttp keeps the result for a while and never asks twice for one name at the same time, so threads are few.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

# At most so many threads at once: a bound for the machine's sake, far above what a thousand sources need.
_THREADS = 512
# A hostile name may have thousands of addresses: so many are looked at, and so many of these are tried.
_JUDGED, _TRIED = 32, 8

# What getaddrinfo gives: family, type, protocol, canonical name, socket address.
Found: TypeAlias = list[tuple[Any, Any, Any, Any, Any]]


class Resolver(AbstractResolver):
    """Looks names up as the machine does (`/etc/hosts`, search domains, DNS).

    refused: says whether an address and port would be refused when dialled. A name that has other addresses
    as well is dialled at those only; where all are refused they are kept, so that the guard names the reason.
    """

    def __init__(self, refused: Callable[[str, int], bool]) -> None:
        self._refused = refused
        self._room = asyncio.Semaphore(_THREADS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, at most eight; raises OSError where it has none."""
        async with self._room:
            found = await _in_own_thread(host, port, family)
        # An IPv6 address with a zone (link-local) is left out: aiohttp would dial it without.
        plain = [each for each in found[:_JUDGED] if len(each[4]) == 2 or not each[4][3]]
        chosen = [each for each in plain if not self._refused(each[4][0], port)] or plain
        if not chosen:
            raise socket.gaierror(socket.EAI_NONAME, "Name has no usable address")
        return [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=port,
                family=kind,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, _, _, address in chosen[:_TRIED]
        ]

    async def close(self) -> None:
        """Nothing to close: a thread that still waits ends by itself, and holds up no exit."""


async def _in_own_thread(host: str, port: int, family: int) -> Found:
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Found] = loop.create_future()

    def settle(found: Found | OSError) -> None:
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def look_up() -> None:
        found: Found | OSError
        try:
            # As bytes: for text, Python would apply its own old IDNA and stumble over what it does not know.
            name = host.encode("ascii")
            found = socket.getaddrinfo(name, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        except OSError as error:
            found = error
        with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, found)

    try:
        # Not from a pool: Python joins a pool's threads at exit, and a look-up can take half a minute.
        Thread(target=look_up, name=f"look-up {host}", daemon=True).start()
    except RuntimeError as error:
        raise OSError(str(error)) from None
    return await answer
