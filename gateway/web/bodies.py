"""What stands in a request's body, within its bounds of size and time."""

import asyncio
from typing import TypeVar

from aiohttp import web

from gateway.conf.faults import validate
from gateway.jsontext import JsonError, loads
from gateway.settings import Settings
from gateway.web.problems import Refusal
from gateway.web.rooms import ROOMS

Keys = TypeVar("Keys", bound=Settings)

JSON = "application/json"
NDJSON = "application/x-ndjson"
_CHARSETS = ("utf-8", "utf8", "us-ascii")


async def read_keys(request: web.Request, model: type[Keys], refused: str) -> Keys:
    """The keys of a JSON object, or of nothing at all. refused: what to say first where one of them is wrong."""
    text = await read_text(request, request.app[ROOMS].reloader.conf.gateway.limits.read)
    try:
        asked = loads(text) if text.strip() else {}
    except JsonError as error:
        raise Refusal(400, "the body is not JSON as it is taken here", [("", str(error))]) from None
    if not isinstance(asked, dict):
        raise Refusal(422, refused, [("", "the wish is a JSON object, or nothing at all")])
    faults: list[tuple[str, str]] = []
    read = validate(model, asked, (), lambda path, text, _: faults.append((_pointer(path), text)), {})
    if read is None:
        raise Refusal(422, refused, faults)
    return read


def _pointer(path: tuple[str | int, ...]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


async def read_text(request: web.Request, seconds: float) -> str:
    """The body as text. seconds: how long it may take to arrive; its size is bounded by the application."""
    _check_form(request)
    try:
        return (_arrived(request) if request.content.is_eof() else await _arriving(request, seconds)).decode()
    except UnicodeDecodeError as error:
        raise Refusal(400, f"byte {error.start} of the body is not UTF-8 (send UTF-8)") from None


def _arrived(request: web.Request) -> bytes:
    """The usual case: nothing has to be waited for."""
    body, most = request.content.read_nowait(), request.client_max_size
    if len(body) > most:
        raise web.HTTPRequestEntityTooLarge(most)
    return body


async def _arriving(request: web.Request, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError:
        raise Refusal(
            408, "the body did not arrive in time (limits.read in gateway.yaml bounds it)"
        ) from None


def _check_form(request: web.Request) -> None:
    codings = request.headers.getall("Transfer-Encoding", None)
    if codings is not None and (named := ",".join(codings)).strip().lower() != "chunked":
        raise Refusal(415, f"a Transfer-Encoding of {named[:100]!r} is not taken (only chunked, or none)")
    charset = request.charset or "utf-8"
    if charset.lower() not in _CHARSETS:
        raise Refusal(415, f"a body in {charset[:100]!r} is not taken (send UTF-8)")
