"""What stands in a request's body, within its bounds of size and time."""

import asyncio
from typing import TypeVar

from aiohttp import web

from gateway.conf.faults import validate
from gateway.conf.schema import LimitSettings
from gateway.jsonplaces import pointer
from gateway.jsontext import JsonError, loads
from gateway.settings import Settings
from gateway.web.load import SMALL
from gateway.web.problems import Refusal
from gateway.web.rooms import ROOMS, Rooms

Keys = TypeVar("Keys", bound=Settings)

JSON = "application/json"
NDJSON = "application/x-ndjson"
_READ: web.RequestKey[bytes] = web.RequestKey("read", bytes)
_CHARSETS = ("utf-8", "utf8", "us-ascii")


async def read_keys(request: web.Request, model: type[Keys], refused: str) -> Keys:
    """The keys of a JSON object, or of nothing at all. refused: what to say first where one of them is wrong."""
    text = await read_text(request, request.app[ROOMS])
    try:
        asked = loads(text) if text else {}
    except JsonError as error:
        raise Refusal(400, "the body is not JSON as it is taken here", [error.fault]) from None
    if not isinstance(asked, dict):
        raise Refusal(422, refused, [("", "the wish is a JSON object, or nothing at all")])
    faults: list[tuple[str, str]] = []
    read = validate(model, asked, (), lambda path, text, _: faults.append((pointer(path), text)), {})
    if read is None:
        raise Refusal(422, refused, faults)
    return read


async def read_text(request: web.Request, rooms: Rooms) -> str:
    """The body as text, within the bounds of `limits`."""
    body = await _read(request, rooms) or request.get(_READ, b"")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Refusal(400, f"byte {error.start} of the body is not UTF-8 (send UTF-8)") from None


async def read_ahead(request: web.Request, rooms: Rooms) -> bytes:
    """The body, before its handler asks for it."""
    body = request[_READ] = await _read(request, rooms)
    return body


async def _read(request: web.Request, rooms: Rooms) -> bytes:
    _check_form(request)
    limits = rooms.reloader.conf.gateway.limits
    if request.content.is_eof():  # the usual case: nothing has to be waited for
        body = request.content.read_nowait()
        _check_size(request, len(body))
        if len(body) > SMALL or limits.memory is not None:
            rooms.load.hold(request, len(body), limits)
        return body
    try:
        async with asyncio.timeout(limits.read):
            return await _arriving(request, rooms, limits)
    except TimeoutError:
        raise Refusal(
            408, "the body did not arrive in time (limits.read in gateway.yaml bounds it)"
        ) from None


async def _arriving(request: web.Request, rooms: Rooms, limits: LimitSettings) -> bytes:
    parts, size = [], 0
    while part := await request.content.readany():
        size += len(part)
        _check_size(request, size)
        rooms.load.hold(request, len(part), limits)
        parts.append(part)
    return b"".join(parts)


def _check_size(request: web.Request, size: int) -> None:
    if size > request.client_max_size:
        raise web.HTTPRequestEntityTooLarge(request.client_max_size)


def _check_form(request: web.Request) -> None:
    codings = request.headers.getall("Transfer-Encoding", None)
    if codings is not None and (named := ",".join(codings)).strip().lower() != "chunked":
        raise Refusal(415, f"a Transfer-Encoding of {named[:100]!r} is not taken (only chunked, or none)")
    charset = request.charset or "utf-8"
    if charset.lower() not in _CHARSETS:
        raise Refusal(415, f"a body in {charset[:100]!r} is not taken (send UTF-8)")
