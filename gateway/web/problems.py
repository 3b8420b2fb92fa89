"""Problem documents (RFC 9457): every error that a client sees."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from aiohttp import web

from gateway.errors import StoreError
from gateway.jsontext import dumps
from gateway.observe import fault, trace

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Check = Callable[[web.Request], None]
_RETRY_AFTER = "5"


class Refusal(Exception):  # noqa: N818  reads as the fact it states
    """A request that is refused. errors: (JSON pointer or parameter, detail) pairs, all at once."""

    def __init__(self, status: int, title: str, errors: Iterable[tuple[str, str]] = (), **more: Any) -> None:
        self.status = status
        self.title = title
        self.errors = [{"pointer": pointer, "detail": detail} for pointer, detail in errors]
        self.more = more
        super().__init__(title)


def answer(data: Any, status: int = 200) -> web.Response:
    """A JSON answer, numbers exact."""
    return web.Response(body=_encoded(data), status=status, content_type="application/json")


def problem(refusal: Refusal) -> web.Response:
    """The problem document of a refusal."""
    document: dict[str, Any] = {"type": "about:blank", "title": refusal.title, "status": refusal.status}
    if refusal.errors:
        document["errors"] = refusal.errors
    headers = {"Retry-After": _RETRY_AFTER} if refusal.status == 503 else {}
    return web.Response(
        body=_encoded(document | refusal.more),
        status=refusal.status,
        headers=headers,
        content_type="application/problem+json",
    )


def _encoded(data: Any) -> bytes:
    """JSON in UTF-8, which has no lone surrogates: such a one, as a plugin may tell it, becomes a question mark."""
    return dumps(data).encode(errors="replace")


def problems(check: Check):  # type: ignore[no-untyped-def]  # aiohttp has no name for its type
    """A middleware: what does not pass the check, or goes wrong in a handler, becomes a problem document.

    Never a traceback, never a secret. It is the only one: each costs every request.
    """

    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            check(request)
            return await handler(request)
        except Refusal as refusal:
            return problem(refusal)
        except (ConnectionError, web.RequestPayloadError):
            raise  # the client went in the middle: nobody reads an answer
        except Exception as error:  # noqa: BLE001  whatever it is, the client gets a problem document, and the log the rest
            return problem(_refusal(request, error))

    return answered


def _refusal(request: web.Request, error: Exception) -> Refusal:
    if isinstance(error, StoreError):
        return Refusal(503, str(error))
    if isinstance(error, web.HTTPException):
        return _plain(request, error)
    structlog.get_logger().error(
        "request.failed", method=request.method, error=fault(error), trace=trace(error)
    )
    return Refusal(500, "a fault in the gateway; its log says more")


def _plain(request: web.Request, error: web.HTTPException) -> Refusal:
    if error.status == 404:
        return Refusal(404, f"there is nothing at {request.path} (docs/http.md lists every path)")
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods - {"HEAD"}))
        return Refusal(405, f"{request.method} is not for {request.path} (use {allowed})")
    if error.status == 413:
        return Refusal(
            413, "the body is too large (limits.body in gateway.yaml bounds it; send less at a time)"
        )
    return Refusal(error.status, error.reason)
