"""Connections to the outside: dialled under the guard, kept briefly, used again only while they live.

A request over a connection that its server has closed fails, and nobody can tell whether it was received. So
an idle connection is closed by us before most servers would, and looked at once more before it is used again.
What remains is the request that crosses the server's closing on its way.
"""

import select
import socket
import ssl
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import aiohttp
from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from gateway.http.failures import RefusedError
from gateway.http.lookup import Resolver

# Seconds an idle connection is kept. Apache, Node and uvicorn close theirs after five.
KEEPALIVE = 4.0


class Connector(aiohttp.TCPConnector):
    """One policy's connections. guard: why an address and port may not be dialled; None where they may."""

    def __init__(self, guard: Callable[[str, int], str | None], tls: ssl.SSLContext) -> None:
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
        self._known: WeakSet[ResponseHandler] = WeakSet()

    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout) -> Connection:
        """A new connection, or a kept one that is still good."""
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol = connection.protocol
            if protocol is None or protocol not in self._known:
                break
            if not _ended(connection, protocol):
                return connection
            connection.close()
        if protocol is not None:
            self._known.add(protocol)
        return connection

    def _dial(self, info: tuple[Any, ...]) -> socket.socket:
        family, kind, proto, _, (address, port, *_) = info
        why = self._guard(address, port)
        if why is not None:
            raise RefusedError(why)
        return socket.socket(family, kind, proto)


def _ended(connection: Connection, protocol: ResponseHandler) -> bool:
    """Whether an idle connection has something to read: its end, or bytes that nobody asked for."""
    if protocol.should_close or connection.transport is None:
        return True
    poll = select.poll()
    poll.register(connection.transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))
