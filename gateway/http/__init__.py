"""The one session through which everything leaves: guarded, bounded, and honest about what may have arrived.

1. The guard decides on each address as it is dialled (`TCPConnector(socket_factory=...)`), so that literals,
   names, rebinding and redirects are all the same to it. A kept connection was judged when it was dialled; a
   changed policy gets new connections.
2. A request goes out once. aiohttp would repeat an idempotent one whose connection dies: `_Sending` stops it.
3. `maybe_received` is false only where not a byte of the request can have been written.
4. A secret stays with the host that it is meant for: no redirect takes it to another one, nor out of TLS.
"""

import asyncio
import io
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from math import inf
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from gateway.addresses import Allow, refusal
from gateway.auth import OAuth2
from gateway.hookspecs import hookimpl
from gateway.http.bodies import read_body
from gateway.http.connector import Connector
from gateway.http.deadlines import Deadlines
from gateway.http.failures import failure, too_late
from gateway.http.outgoing import followed, redirected, sendable, sendable_headers
from gateway.http.tls import Tls, system_trust
from gateway.http.tokens import LARGEST, TIMEOUT, Tokens, send_with_token
from gateway.model import Endpoint, Request, Response

MAX_BODY = 1024 * 1024
MAX_HOPS = 3
# aiohttp takes bigger bodies as files only, to write them piece by piece.
_BIG = 1024 * 1024


class Session:
    """Sends requests to the outside; made by `open` inside the running loop, ended by `close`."""

    def __init__(
        self,
        allow: Sequence[str | Allow],
        own: Sequence[tuple[str, int]],
        tls: ssl.SSLContext,
        most: float = inf,
    ) -> None:
        self._allow = _parsed(allow)
        self._own = _addresses(own)
        self._tls = tls
        self.tokens = Tokens(self._ask)
        self._most = most
        self._deadlines = Deadlines()
        self._pool = self._new_pool()
        self._retired: set[_Pool] = set()

    @classmethod
    def open(
        cls,
        allow: Sequence[str | Allow] = (),
        own: Sequence[tuple[str, int]] = (),
        *,
        tls: ssl.SSLContext | None = None,
        most: float = inf,
    ) -> Self:
        """A session under a policy.

        allow: blocks that may be dialled although they are not public, as `network.allow` writes them;
        own: (address, port) of the gateway's listeners; tls: in place of the system's trust and TLS 1.2;
        most: how many requests there may be at once, as the machine has descriptors for so many and a few more.
        Raises ValueError where an entry cannot be read.
        """
        return cls(allow, own, tls or system_trust(), most)

    async def allow(self, allow: Sequence[str | Allow]) -> None:
        """Change the policy, for every connection from now on. What is in flight is not disturbed."""
        new = _parsed(allow)
        if new == self._allow:
            return
        self._allow, old, self._pool = new, self._pool, self._new_pool()
        old.retired = True
        self._retired.add(old)
        await self._close_if_done(old)

    def listening(self, own: Sequence[tuple[str, int]]) -> None:
        """Take note of where the gateway listens by now, and never dial that: (address, port)."""
        self._own = _addresses(own)

    async def request(
        self,
        request: Request,
        *,
        timeout: float,
        follow_redirects: bool = False,
        max_body: int = MAX_BODY,
        tls: Tls | None = None,
    ) -> Response:
        """Send once and bring the answer, body included.

        timeout: seconds for everything, from the look-up of the name to the last byte, redirects included;
        max_body: bytes of the decompressed answer to read; past them it is cut and `truncated`; tls: the endpoint's
        own, in place of the session's.
        A redirect that is not followed is an answer like any other. Raises AddressRefused, RedirectRefused, SendError,
        or RenderError where address or headers cannot be put on the wire.
        """
        pool, sending = self._pool, _Sending()
        pool.busy += 1
        hops = MAX_HOPS if follow_redirects else 0
        try:
            async with asyncio.timeout(None) as limit:
                ending = self._deadlines.end(limit, timeout)
                try:
                    response = await _exchange(pool.client, sending, request, max_body, tls)
                    while hops and (onward := redirected(request, response, bound=tls is not None)):
                        hops, request, notes = hops - 1, onward, (*response.notes, followed(response, onward))
                        response = await _exchange(pool.client, sending, request, max_body, tls)
                        response = replace(response, notes=notes)
                    return response
                finally:
                    ending.discard(limit)
        except TimeoutError:
            url = sendable(request.url)
            raise too_late(url, timeout, begun=sending.begun, sent_on=sending.sent_on) from None
        finally:
            pool.busy -= 1
            if pool.retired:
                await self._close_if_done(pool)

    async def close(self) -> None:
        """Close every connection, also those in use."""
        await self.tokens.close()
        for pool in (self._pool, *self._retired):
            await pool.client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    def _new_pool(self) -> "_Pool":
        client = aiohttp.ClientSession(
            connector=Connector(self._refusal, self._tls, self._most),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
            trust_env=False,
            auto_decompress=False,
        )
        return _Pool(client)

    async def _close_if_done(self, pool: "_Pool") -> None:
        if not pool.busy:
            self._retired.discard(pool)
            await pool.client.close()

    def _refusal(self, address: str, port: int) -> str | None:
        return refusal(address, port, self._allow, self._own)

    async def _ask(self, request: Request, tls: Tls | None) -> Response:
        return await self.request(request, timeout=TIMEOUT, max_body=LARGEST, tls=tls)


@hookimpl(trylast=True)
async def send(request: Request, endpoint: Endpoint, session: Session) -> Response:
    """The default `send`: once over HTTP, with the endpoint's auth."""
    if isinstance(endpoint.auth, OAuth2) and request.header("Authorization") is None:
        return await send_with_token(request, endpoint, session)
    return await session.request(
        with_auth(request, endpoint),
        timeout=endpoint.timeout,
        follow_redirects=endpoint.follow_redirects,
        tls=endpoint.tls,
    )


def with_auth(request: Request, endpoint: Endpoint) -> Request:
    """The request with the endpoint's auth, unless such a header was mapped. Raises RenderError."""
    if endpoint.auth is None:
        return request
    proved: Request = endpoint.auth.on(request)
    return Request(proved.method, proved.url, proved.headers, proved.body, proved.notes, secret=True)


class _Pool:
    """The connections of one policy, closed when it is retired and its last request has ended."""

    __slots__ = ("busy", "client", "retired")

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self.client = client
        self.busy = 0
        self.retired = False


class _Sending:
    """The client middleware of one request: knows how far it came, and turns aiohttp's failures into ours.

    They must leave here as types that aiohttp does not know: on its own it sends an idempotent request again.
    """

    __slots__ = ("request", "sent_on")

    def __init__(self) -> None:
        self.request: ClientRequest | None = None
        self.sent_on = False

    def begin(self) -> None:
        """The next step: the first one, or one to which a redirect leads."""
        self.sent_on = self.request is not None
        self.request = None

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        self.request = request
        try:
            return await handler(request)
        except (aiohttp.ClientError, OSError) as error:
            # Not chained: aiohttp's errors carry the whole request.
            raise failure(error, request.url, begun=self.begun, sent_on=self.sent_on) from None

    @property
    def begun(self) -> bool:
        """Whether a byte may have been written: aiohttp sets `response` in the step that writes."""
        return self.request is not None and self.request.response is not None


async def _exchange(
    client: aiohttp.ClientSession, sending: _Sending, request: Request, max_body: int, tls: Tls | None
) -> Response:
    url, body = sendable(request.url), request.body
    headers, unwanted = sendable_headers(request.headers)
    sending.begin()
    answer = await client.request(
        request.method,
        url,
        headers=headers,
        skip_auto_headers=unwanted or None,
        data=io.BytesIO(body) if body is not None and len(body) > _BIG else body,
        allow_redirects=False,
        middlewares=(sending,),
        ssl=True if tls is None else tls.context,
    )
    try:
        content, truncated = await read_body(answer, max_body)
    except (aiohttp.ClientError, OSError) as error:
        raise failure(error, url, begun=True) from None
    finally:
        if not answer.closed:
            answer.close()  # a connection whose answer was not read to its end cannot be used again
    return Response(answer.status, _received(answer.headers), content, truncated)


def _received(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The headers of an answer as text. What is not UTF-8, where aiohttp leaves surrogates, is Latin-1."""
    pairs = tuple(headers.items())
    if all(map(str.isascii, headers.values())):
        return pairs
    return tuple((name, _text(value.encode("utf-8", "surrogateescape"))) for name, value in pairs)


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parsed(allow: Sequence[str | Allow]) -> tuple[Allow, ...]:
    return tuple(Allow.parse(entry) if isinstance(entry, str) else entry for entry in allow)


def _addresses(own: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    return tuple((host, port) for name, port in own for host in _listening(name))


def _listening(host: str) -> tuple[str, ...]:
    return ("127.0.0.1", "::1") if host == "localhost" else (str(ip_address(host.strip("[]"))),)
