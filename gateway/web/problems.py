"""Problem documents (RFC 9457): every error that a client sees."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import structlog
from aiohttp import web
from pydantic_core import to_json

from gateway.errors import StoreError, StoreFull
from gateway.jsontext import dumps
from gateway.observe import fault, trace

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# What must hold of a request; where that takes time, the wait for it.
Check = Callable[[web.Request], Awaitable[None] | None]
Noted = Callable[[web.Request, "Refusal"], Awaitable[None]]
Over = Callable[[web.Request], None]
# Seconds: by then a moment's trouble may be over; room on a disk is made by people.
_RETRY_AFTER = {503: "5", 507: "30"}


class Refusal(Exception):  # noqa: N818  reads as the fact it states
    """A request that is refused. errors: (JSON pointer or parameter, detail) pairs, all at once; headers: its own."""

    def __init__(
        self,
        status: int,
        title: str,
        errors: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] = MappingProxyType({}),
        **more: Any,
    ) -> None:
        self.status = status
        self.title = title
        self.errors = [{"pointer": pointer, "detail": detail} for pointer, detail in errors]
        self.headers = headers
        self.more = more
        super().__init__(title)


def answer(data: Any, status: int = 200) -> web.Response:
    """A JSON answer, numbers exact."""
    return web.Response(body=_encoded(data), status=status, content_type="application/json")


def answer_text(data: Mapping[str, str | None], status: int = 200) -> web.Response:
    """The same of text alone, which is written in a fraction of the time: an answer to every single event."""
    try:
        body = to_json(data)
    except ValueError:  # a lone surrogate
        return answer(data, status)
    return web.Response(body=body, status=status, content_type="application/json")


def problem(refusal: Refusal) -> web.Response:
    """The problem document of a refusal."""
    document: dict[str, Any] = {"type": "about:blank", "title": refusal.title, "status": refusal.status}
    if refusal.errors:
        document["errors"] = refusal.errors
    after = _RETRY_AFTER.get(refusal.status)
    headers = refusal.headers if after is None else {"Retry-After": after, **refusal.headers}
    return web.Response(
        body=_encoded(document | refusal.more),
        status=refusal.status,
        headers=headers,
        content_type="application/problem+json",
    )


def _encoded(data: Any) -> bytes:
    """JSON in UTF-8, which has no lone surrogates: such a one, as a plugin may tell it, becomes a question mark."""
    return dumps(data).encode(errors="replace")


def problems(check: Check, noted: Noted, over: Over):  # type: ignore[no-untyped-def]  # aiohttp has no name for its type
    """A middleware: what does not pass the check, or goes wrong in a handler, becomes a problem document.

    noted: told of each refusal; over: told of each request that ends. Never a traceback, never a secret. It is the only
    middleware: each costs every request.
    """

    @web.middleware
    async def answered(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            more = check(request)
            if more is not None:
                await more
            return await handler(request)
        except (ConnectionError, web.RequestPayloadError):
            raise  # the client went in the middle: nobody reads an answer
        except Exception as error:  # noqa: BLE001  whatever it is, the client gets a problem document, and the log the rest
            refusal = error if isinstance(error, Refusal) else refusal_of(request, error)
            await noted(request, refusal)
            return problem(refusal)
        finally:
            over(request)

    return answered


def refusal_of(request: web.BaseRequest, error: Exception) -> Refusal:
    """What a client is told of an error."""
    if isinstance(error, StoreFull):
        return Refusal(507, str(error))
    if isinstance(error, StoreError):
        return Refusal(503, str(error))
    if isinstance(error, web.HTTPException):
        return _plain(request, error)
    structlog.get_logger().error(
        "request.failed", method=request.method, error=fault(error), trace=trace(error)
    )
    return Refusal(500, "a fault in the gateway; its log says more")


def _plain(request: web.BaseRequest, error: web.HTTPException) -> Refusal:
    if error.status == 404:
        return Refusal(404, f"there is nothing at {request.path} (docs/http.md lists every path)")
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods - {"HEAD"}))
        title = f"{request.method} is not for {request.path} (use {allowed})"
        return Refusal(405, title, headers={"Allow": error.headers["Allow"]})
    if error.status == 417:
        return Refusal(400, "the only thing that may be expected is 100-continue (leave out Expect)")
    if error.status == 413:
        return Refusal(
            413, "the body is too large (limits.body in gateway.yaml bounds it; send less at a time)"
        )
    return Refusal(error.status, error.reason)
