"""How an answer leaves: whole as a rule, or late, in pieces, cut off, without end, or not at all."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from aiohttp import web

from gateway.testing.partner.behaviours import Wish
from gateway.testing.partner.exchange import Answer

_Way: TypeAlias = Callable[[web.BaseRequest, Answer], Awaitable[web.StreamResponse]]

_DRIP = 0.5
_BLOCK = b" " * 65536
_MOST = 1024**3


async def leave(request: web.BaseRequest, answer: Answer, wishes: tuple[Wish, ...]) -> web.StreamResponse:
    """Send the answer the way the wishes want it; where several ways are wished for, the last one counts."""
    send: _Way = _whole
    for wish in wishes:
        if wish.name == "slow":
            await asyncio.sleep(float(wish.arguments[0]))
        send = _WAYS.get(wish.name, send)
    return await send(request, answer)


async def _whole(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    return web.Response(status=answer.status, body=answer.body, headers=_headers(answer))


async def _hang(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    while request.transport and not request.transport.is_closing():  # noqa: ASYNC110  nobody tells a handler
        await asyncio.sleep(0.05)
    return web.Response()


async def _drip(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = await _begin(request, answer)
    for index in range(len(answer.body)):
        await asyncio.sleep(_DRIP)
        await response.write(answer.body[index : index + 1])
    return response


async def _reset(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    _cut(request)
    return web.Response()


async def _reset_after(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = await _begin(request, answer)
    await response.write(answer.body[: len(answer.body) // 2])
    await asyncio.sleep(0.05)  # a reset overtakes what the other side has not read yet
    _cut(request)
    return response


async def _endless(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    response.enable_chunked_encoding()
    await response.prepare(request)
    await response.write(answer.body)
    for _ in range(_MOST // len(_BLOCK)):
        await response.write(_BLOCK)
    return response


async def _garbage(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    if request.transport:
        request.transport.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        request.transport.close()
    return web.Response()


async def _begin(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=_headers(answer))
    response.content_length = len(answer.body)
    await response.prepare(request)
    return response


def _headers(answer: Answer) -> list[tuple[str, str]]:
    return [("Content-Type", answer.content_type), *answer.headers]


def _cut(request: web.BaseRequest) -> None:
    """Close with a reset instead of a goodbye: no lingering (socket(7), SO_LINGER)."""
    if request.transport is None:
        return
    request.transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    request.transport.abort()


_WAYS: Mapping[str, _Way] = {
    "hang": _hang,
    "drip": _drip,
    "reset": _reset,
    "reset-after": _reset_after,
    "endless": _endless,
    "garbage": _garbage,
}
