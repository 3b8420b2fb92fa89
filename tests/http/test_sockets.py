"""Sockets are counted: connections are not kept, and at last not dialled, before descriptors run out."""

import asyncio
import socket
import threading
import time

import pytest

from gateway.errors import SendError
from gateway.http import Session
from gateway.model import Request
from tests.http.peers import LOOPBACK, OK, hang, peer, response


def counted(session: Session) -> list[int]:
    return session._pool.client.connector._open  # type: ignore[union-attr,no-any-return]


async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_each_socket_is_counted_until_it_is_closed() -> None:
    """Kept ones too; a refused connection, a reset one and one that times out leave nothing behind."""
    async with peer(OK) as well, peer(broken) as bad, peer(hang) as slow, Session.open(LOOPBACK) as session:
        number = counted(session)
        await session.request(Request("GET", well.url()), timeout=5)
        assert number == [1]
        for url in (bad.url(), slow.url(), "http://127.0.0.1:1/"):
            try:
                await session.request(Request("POST", url), timeout=0.2)
            except SendError:
                continue
        await asyncio.sleep(0.05)
        assert number == [1]
        await session.close()
        await asyncio.sleep(0.05)
        assert number == [0]


async def test_while_many_are_open_new_ones_are_not_kept() -> None:
    """Idle connections never take the room of those that are needed."""
    async with peer(OK) as one, peer(OK) as other, Session.open(LOOPBACK, most=2) as session:
        for source in (one, other, one, other):
            await session.request(Request("GET", source.url()), timeout=5)
        assert (one.connections, other.connections) == (1, 2)
        await asyncio.sleep(0.05)
        assert counted(session) == [1]


async def test_past_the_bound_none_is_dialled() -> None:
    """That try fails as one that nobody received; what is open is not disturbed, and later there is room again."""
    async with peer(hang) as slow, peer(OK) as well, Session.open(LOOPBACK, most=2) as session:
        hanging = [
            asyncio.create_task(session.request(Request("GET", slow.url()), timeout=20)) for _ in range(3)
        ]
        while slow.connections < 3:
            await asyncio.sleep(0.01)
        with pytest.raises(SendError, match="Too many open files") as refused:
            await session.request(Request("GET", well.url()), timeout=5)
        assert not refused.value.maybe_received
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        await asyncio.sleep(0.05)
        assert (await session.request(Request("GET", well.url()), timeout=5)).status == 200


def _answers_twice(listener: socket.socket, now: threading.Event, sent: threading.Event) -> None:
    """One answer to the first request, and one more that nobody asked for; a third to the next connection."""
    first, _ = listener.accept()
    first.recv(4096)
    first.sendall(response(b"asked"))
    now.wait(5)
    first.sendall(response(b"unasked"))
    sent.set()
    second, _ = listener.accept()
    second.recv(4096)
    second.sendall(response(b"asked again"))
    second.close()
    first.close()


async def test_what_nobody_has_read_yet_answers_nobody() -> None:
    """What waits in the kernel when the next request begins is no answer to it: that one goes over a new connection."""
    now, sent = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        source = threading.Thread(target=_answers_twice, args=(listener, now, sent))
        source.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        async with Session.open(LOOPBACK) as session:
            assert (await session.request(Request("POST", url), timeout=5)).body == b"asked"
            now.set()
            assert sent.wait(5)  # on purpose in the loop's own thread: so it reads nothing meanwhile
            time.sleep(0.05)
            assert (await session.request(Request("POST", url), timeout=5)).body == b"asked again"
        source.join(5)
