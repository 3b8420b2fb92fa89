"""Each connection of a poster: whether it may be here, how long it may take, and what it is told where it is no HTTP.

aiohttp cuts one that is idle, or whose head does not end, after `KEEP_ALIVE`; it parses no more than 32 requests ahead,
and no line of a head beyond 8,190 bytes. The rest is here.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from gateway.conf.access import Listener, UnixListener, is_open
from gateway.lag import MOUTHFUL
from gateway.observe import fault
from gateway.web.callers import Peers, credentials
from gateway.web.load import Load
from gateway.web.problems import Refusal, problem, refusal_of
from gateway.web.rooms import ROOMS

KEEP_ALIVE = 15.0  # seconds
SLOW_READER = 30.0  # seconds that an answer may wait for its reader
RESERVE = 64  # connections beyond the bound that are still told so
LINGER = 2.0  # seconds that the rest of a refused body is read for
NAME = "feedback-gateway"
_MONITORED = ("/-/healthy", "/-/ready", "/metrics")
_FULL = (
    "as many are connected as may be (limits.intake_connections); nothing was stored, post again in a moment"
)

Gate = Callable[[web.Request], None]
NOBODY = Peers(frozenset(), frozenset())


def _no_peer(request: web.Request) -> None:
    raise Refusal(
        403, "the user behind this program may not use this socket (`peers` in gateway.yaml lists who may)"
    )


def _too_many(request: web.Request) -> None:
    if request.path not in _MONITORED:
        raise Refusal(503, _FULL)


def _must_have_token(request: web.Request) -> None:
    """The conf lost its tokens since the daemon opened this listener."""
    if not request.app[ROOMS].reloader.conf.access.grants:
        raise Refusal(
            403, "other machines reach this listener, and there are no tokens (name `tokens` in gateway.yaml)"
        )


class Connection(web.RequestHandler):
    """One connection. gates: asked before each of its requests."""

    __slots__ = ("_doors", "_is_counted", "_patience", "gates")

    def __init__(self, doors: "Doors", **options: Any) -> None:
        super().__init__(doors, **options)
        self.gates: tuple[Gate, ...] = ()
        self._doors = doors
        self._is_counted = False
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it, and see whose it is. One that is far too many is closed at once."""
        load = self._doors.load
        self._is_counted = True
        load.open += 1
        if load.open > load.most + RESERVE and isinstance(transport, asyncio.Transport):
            transport.abort()
            return  # aiohttp would begin to wait for a request
        self.gates = tuple(self._doors.gates(transport))
        transport.max_size = MOUTHFUL  # type: ignore[attr-defined]  # of asyncio's transports, but in none of their types
        super().connection_made(transport)

    def connection_lost(self, error: BaseException | None) -> None:
        """It is over."""
        if self._is_counted:
            self._is_counted = False
            self._doors.load.open -= 1
        self._wait_no_more()
        super().connection_lost(error)

    def pause_writing(self) -> None:
        """The other side does not read: it has some time, and then it is cut."""
        super().pause_writing()
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(SLOW_READER, self._cut)

    def resume_writing(self) -> None:
        """It reads again."""
        self._wait_no_more()
        super().resume_writing()

    def _wait_no_more(self) -> None:
        """Nobody is waited for."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp itself refuses, as a problem document that repeats nothing of it."""
        if isinstance(exc, ConnectionError):
            raise exc  # nobody is there to be told
        if isinstance(exc, LineTooLong):
            refusal = Refusal(400, "a line of the request's head is too long (8,190 bytes are taken)")
        elif status == 400 or isinstance(exc, web.RequestPayloadError):
            refusal = Refusal(400, "this is no request of HTTP/1.1 (RFC 9112)")
        else:
            self.log_exception("an answer was not made", exc_info=exc)
            refusal = Refusal(500, "a fault in the gateway; its log says more")
        answer = problem(refusal)
        answer.force_close()
        return answer

    def log_exception(self, *said: Any, exc_info: BaseException | None = None, **more: Any) -> None:
        """A line for what goes wrong in aiohttp itself, and none for a body that breaks off once it is refused."""
        if not isinstance(exc_info, (ConnectionError, web.RequestPayloadError)):
            error = str(said[0]) if exc_info is None else fault(exc_info)
            structlog.get_logger().error("connection.failed", error=error)

    def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> Any:
        """Every answer bears our name, and none a version; what aiohttp refused by itself is a problem document."""
        if isinstance(resp, web.HTTPException):
            resp = problem(refusal_of(request, resp))
        resp.headers["Server"] = NAME
        if _too_many in self.gates:
            resp.force_close()
        return super().finish_response(request, resp, start_time)


class Doors(web.Server):
    """Makes the connections. load: where they are counted; listeners: whose they are."""

    def __init__(self, made: web.Server, load: Load, listeners: tuple[Listener, ...], **options: Any) -> None:
        super().__init__(made.request_handler, request_factory=made.request_factory, **options)
        self.load = load
        self._options = options
        self._peers: dict[str, Peers | None] = {
            str(Path(one.removeprefix("unix:"))): None for one in listeners if isinstance(one, str)
        }
        self._peers |= {
            str(Path(one.unix)): _peers(one) for one in listeners if isinstance(one, UnixListener)
        }
        self._is_open = any(map(is_open, listeners))

    def __call__(self) -> Connection:
        """A new connection."""
        return Connection(self, loop=asyncio.get_running_loop(), **self._options)

    def gates(self, transport: asyncio.BaseTransport) -> Iterator[Gate]:
        """What stands in the way of a connection's requests."""
        name = transport.get_extra_info("sockname")
        if isinstance(name, tuple):
            if self._is_open:
                yield _must_have_token
        elif not self._is_for(name, transport):
            yield _no_peer
        if self.load.open > self.load.most:
            yield _too_many

    def _is_for(self, name: str, transport: asyncio.BaseTransport) -> bool:
        """Whether the program at the other end of a Unix socket may use it; nobody, of one that is not known."""
        listed = self._peers.get(name, NOBODY)
        found = credentials(transport)
        return listed is None or (found is not None and listed.include(*found))


def _peers(listener: UnixListener) -> Peers | None:
    return None if listener.peers is None else Peers.of(listener.peers)


class Runner(web.AppRunner):
    """Serves an application through `Doors`."""

    def __init__(
        self, app: web.Application, load: Load, listeners: tuple[Listener, ...], **options: Any
    ) -> None:
        super().__init__(app, **options)
        self._made_with = (load, listeners)

    async def _make_server(self) -> web.Server:
        """The one place where aiohttp lets connections of another class in."""
        options: dict[str, Any] = {
            "keepalive_timeout": KEEP_ALIVE,
            "lingering_time": LINGER,
            "access_log": None,
            "auto_decompress": False,  # such a body is refused, and what remains of it is read past
        }
        return Doors(await super()._make_server(), *self._made_with, **options)
