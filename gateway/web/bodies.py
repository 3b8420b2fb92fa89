"""What stands in a request's body, within its bounds of size and time."""

import asyncio

from aiohttp import web

from gateway.web.problems import Refusal

JSON = "application/json"
NDJSON = "application/x-ndjson"
_CHARSETS = ("utf-8", "utf8", "us-ascii")


async def read_text(request: web.Request, seconds: float) -> str:
    """The body as text. seconds: how long it may take to arrive; its size is bounded by the application."""
    _check_form(request)
    arrived = request.content.is_eof()  # the usual case needs no timer
    try:
        async with asyncio.timeout(None if arrived else seconds):
            return (await request.read()).decode("utf-8")
    except TimeoutError:
        raise Refusal(
            408, "the body did not arrive in time (limits.read in gateway.yaml bounds it)"
        ) from None
    except UnicodeDecodeError as error:
        raise Refusal(400, f"byte {error.start} of the body is not UTF-8 (send UTF-8)") from None


def _check_form(request: web.Request) -> None:
    codings = ",".join(request.headers.getall("Transfer-Encoding", ["chunked"]))
    if codings.strip().lower() != "chunked":
        raise Refusal(415, f"a Transfer-Encoding of {codings[:100]!r} is not taken (only chunked, or none)")
    charset = request.charset or "utf-8"
    if charset.lower() not in _CHARSETS:
        raise Refusal(415, f"a body in {charset[:100]!r} is not taken (send UTF-8)")
