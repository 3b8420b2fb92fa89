"""Connections to the outside: dialled under the guard, kept briefly, used again only while they live.

A request over a connection that its server has closed fails, and nobody can tell whether it was received. So
an idle connection is closed by us before most servers would, and looked at once more before it is used again.
What remains is the request that crosses the server's closing on its way.
"""

import errno
import os
import select
import socket
import ssl
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from gateway.http.failures import RefusedError
from gateway.http.lookup import Resolver
from gateway.lag import MOUTHFUL

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Seconds an idle connection is kept. Apache, Node and uvicorn close theirs after five.
KEEPALIVE = 4.0


class Connector(aiohttp.TCPConnector):
    """One policy's connections. guard: why an address and port may not be dialled; None where they may.

    most: how many requests there may be at once. While more than half as many connections are open, new ones are not
    kept; past one and a half, none is dialled: the rest of the descriptors is not for sources.
    """

    def __init__(
        self, guard: Callable[[str, int], str | None], tls: ssl.SSLContext, most: float = inf
    ) -> None:
        super().__init__(
            limit=0,  # the lanes have limits; a common one would be filled by a few dead sources
            ttl_dns_cache=300,
            dns_cache_max_size=10_000,
            keepalive_timeout=KEEPALIVE,
            ssl=tls,
            resolver=Resolver(lambda address, port: guard(address, port) is not None),
            socket_factory=self._dial,
        )
        self._guard = guard
        self._most = most
        self._open = [0]
        self._looks: WeakKeyDictionary[ResponseHandler, select.poll] = WeakKeyDictionary()

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        """A new connection, or a kept one that is still good."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            look = None if protocol is None else self._looks.get(protocol)
            if protocol is None or look is None:
                break
            # An idle connection that has something to read has ended, or brings bytes that nobody asked for.
            if not (protocol.should_close or look.poll(0)):
                return connection
            connection.close()
        if protocol is not None and connection.transport is not None:
            look = self._looks[protocol] = select.poll()
            look.register(connection.transport.get_extra_info("socket").fileno(), select.POLLIN)
            if self._open[0] > self._most / 2:
                protocol.force_close()  # once this request is over
        return connection

    def _dial(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, (address, port, *_) = info
        why = self._guard(address, port)
        if why is not None:
            raise RefusedError(why)
        if self._open[0] >= self._most * 1.5:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return _Counted(family, kind, proto, among=self._open)


class _Counted(socket.socket):
    """A socket that gives little at once, and is counted as long as it is open. among: where the number stands."""

    def __init__(self, family: int, kind: int, proto: int, among: list[int]) -> None:
        super().__init__(family, kind, proto)
        self._among: list[int] | None = among
        among[0] += 1

    def recv(self, most: int, flags: int = 0, /) -> bytes:
        return super().recv(min(most, MOUTHFUL), flags)

    def recv_into(self, buffer: "WriteableBuffer", most: int = 0, flags: int = 0) -> int:
        return super().recv_into(buffer, min(most or MOUTHFUL, MOUTHFUL), flags)

    def close(self) -> None:
        if self._among is not None:
            self._among[0] -= 1
            self._among = None
        super().close()
