"""Facts about the one outgoing session, against real servers on loopback."""

import asyncio
import gzip
import re
import socket
import ssl
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.addresses import refusal
from gateway.auth import ApiKey, Auth, Basic, Bearer
from gateway.errors import AddressRefused, RedirectRefused, RenderError, SendError
from gateway.http import Session, connector, send
from gateway.model import Endpoint, Request, Response
from tests.http.peers import LOOPBACK, OK, SECRET, hang, peer, redirect, reset, response


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# What goes out


async def test_exactly_our_bytes_go_out(session: Session) -> None:
    """Address and headers leave as written, a repeated name in its first spelling; only Host,
    Accept-Encoding and Content-Length are added.
    """
    async with peer(OK) as source:
        headers = (("Content-Type", "a/b"), ("X-Two", "1"), ("x-two", "2"))
        path = "/a/../b%2f%zz;|{}?q=%20+\"<>'&x=/?"
        await session.request(Request("POST", source.url(path) + "#gone", headers, b"body"), timeout=5)
    assert source.requests == [
        (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{source.port}\r\nContent-Type: a/b\r\nX-Two: 1\r\nX-Two: 2\r\n"
            "Accept-Encoding: gzip, deflate\r\nContent-Length: 4\r\n\r\nbody"
        ).encode()
    ]


@pytest.mark.parametrize(
    ("method", "expected"), [("GET", []), ("POST", ["Content-Length: 0"]), ("DELETE", ["Content-Length: 0"])]
)
async def test_nothing_is_added_to_a_bare_request(session: Session, method: str, expected: list[str]) -> None:
    """A request without headers gets no User-Agent, Accept or Content-Type of aiohttp's."""
    async with peer(OK) as source:
        await session.request(Request(method, source.url()), timeout=5)
    host = f"Host: 127.0.0.1:{source.port}"
    assert source.heads == [[f"{method} / HTTP/1.1", host, "Accept-Encoding: gzip, deflate", *expected]]


async def test_a_mapped_accept_encoding_wins(session: Session) -> None:
    """Ours stands in only where the request brings none."""
    async with peer(OK) as source:
        await session.request(Request("GET", source.url(), (("accept-encoding", "identity"),)), timeout=5)
    assert source.heads[0][2:] == ["accept-encoding: identity"]


async def test_a_big_body(session: Session) -> None:
    """A body of more than a mebibyte goes out whole, without a warning."""
    body = bytes(range(256)) * 8192
    async with peer(OK) as source:
        await session.request(Request("POST", source.url(), (), body), timeout=10)
    assert source.requests[0].split(b"\r\n\r\n", 1)[1] == body


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "file:///etc/passwd", "//example.com/", "example.com", "http://", "http:///path", "http://?x",
        "http://joe:s3cret@example.com/", "http://joe@example.com/", "http://example.com:0/", "http://example.com:70000/",
        "http://example.com:x/", "http://example.com/a b", "http://example.com/\r\nX: y", "http://exämple.com/",
        "http://example.com/ä", "http://example.com\\@evil.example/", "http://[::1/", "http://[127.0.0.1]/", "http://[1:2]/",
        "http://[fe80::1%25eth0]/", "http://%31.example/",
    ],
)  # fmt: skip
async def test_urls_that_cannot_be_sent(session: Session, url: str) -> None:
    """Anything but http(s), a plain host, a good port and visible ASCII fails before a name is even looked up."""
    with pytest.raises(RenderError) as caught:
        await session.request(Request("GET", url), timeout=5)
    assert caught.value.key == "url"
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.01"]
)
async def test_odd_notations_of_an_address(session: Session, host: str) -> None:
    """An IPv4 address in another notation than the usual is refused by name, even where the address is allowed."""
    with pytest.raises(RenderError) as caught:
        await session.request(Request("GET", f"http://{host}/"), timeout=5)
    assert str(caught.value) == f"the url's host {host} is an address in an odd notation (write 127.0.0.1)"


@pytest.mark.parametrize(
    ("header", "key", "sentence"),
    [
        (("X-Key", "s3cret\r\nX: y"), "headers.X-Key", "the header X-Key holds a control character"),
        (("X-Key", "s3cret\x00"), "headers.X-Key", "the header X-Key holds a control character"),
        (("X-Key", "s3cret\x7f"), "headers.X-Key", "the header X-Key holds a control character"),
        (("X-Key", "s3crét"), "headers.X-Key", "the header X-Key holds more than ASCII"),
        (("X Key", "s3cret"), "headers", "'X Key' is not a header name (letters, digits and hyphens)"),
        (("X\r\n", "s3cret"), "headers", "'X\\r\\n' is not a header name (letters, digits and hyphens)"),
        (("", "s3cret"), "headers", "'' is not a header name (letters, digits and hyphens)"),
    ],
)
async def test_headers_that_cannot_be_sent(
    session: Session, header: tuple[str, str], key: str, sentence: str
) -> None:
    """What would break the head of the request fails this delivery; the sentence does not repeat the value."""
    async with peer(OK) as source:
        with pytest.raises(RenderError) as caught:
            await session.request(Request("GET", source.url(), (header,)), timeout=5)
    assert (caught.value.key, str(caught.value)) == (key, sentence)
    assert source.connections == 0


async def test_cookies_are_not_kept(session: Session) -> None:
    """What a source sets for one delivery does not come back with another."""
    async with peer(response(b"", "Set-Cookie: a=1; Path=/")) as source:
        answers = [await session.request(Request("GET", source.url()), timeout=5) for _ in range(2)]
    assert answers[0].header("set-cookie") == "a=1; Path=/"
    assert not any("cookie" in line.lower() for line in source.heads[1])


async def test_environment_proxies_are_not_used(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment cannot lead deliveries past the guard."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    async with peer(OK) as source:
        assert (await session.request(Request("GET", source.url()), timeout=5)).status == 200


# What comes back


async def test_an_answer(session: Session) -> None:
    """Status, headers in their order and body arrive as they were sent."""
    async with peer(response(b"hello", "X-A: 1", "X-B: 2", "x-a: 3", status="418 Tea")) as source:
        answer = await session.request(Request("GET", source.url()), timeout=5)
    assert answer == Response(
        418, (("Content-Length", "5"), ("X-A", "1"), ("X-B", "2"), ("x-a", "3")), b"hello"
    )


async def test_headers_are_text_whatever_their_bytes(session: Session) -> None:
    """UTF-8 and Latin-1 in a header both become the letters they mean, never a lone surrogate."""
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-One: Zo\xc3\xab\r\nX-Two: Zo\xeb\r\n\r\n"
    async with peer(raw) as source:
        answer = await session.request(Request("GET", source.url()), timeout=5)
    assert (answer.header("X-One"), answer.header("X-Two")) == ("Zoë", "Zoë")


@pytest.mark.parametrize(
    ("encoding", "packed"), [("gzip", gzip.compress(b"hello", mtime=0)), ("deflate", zlib.compress(b"hello"))]
)
async def test_a_compressed_answer(session: Session, encoding: str, packed: bytes) -> None:
    """The two codings we accept are undone."""
    async with peer(response(packed, f"Content-Encoding: {encoding}")) as source:
        assert (await session.request(Request("GET", source.url()), timeout=5)).body == b"hello"


@pytest.mark.parametrize(("length", "truncated"), [(99, False), (100, False), (101, True)])
async def test_the_body_has_a_bound(session: Session, length: int, truncated: bool) -> None:
    """Up to max_body bytes are whole, more is cut to exactly that."""
    async with peer(response(b"x" * length)) as source:
        answer = await session.request(Request("GET", source.url()), timeout=5, max_body=100)
    assert (len(answer.body), answer.truncated) == (min(length, 100), truncated)


async def test_an_endless_body(session: Session) -> None:
    """A body without end is cut at the bound, and its connection is closed."""
    gone = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        finally:
            gone.set()

    async with peer(endless) as source:
        answer = await session.request(Request("GET", source.url()), timeout=10)
        await asyncio.wait_for(gone.wait(), 5)
    assert (answer.status, len(answer.body), answer.truncated) == (200, 1024 * 1024, True)


async def test_a_gzip_bomb(session: Session) -> None:
    """A gibibyte in a mebibyte is unpacked no further than the bound: memory stays small."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(256)) + packer.flush()
    async with peer(response(bomb, "Content-Encoding: gzip")) as source:
        tracemalloc.start()
        try:
            answer = await session.request(Request("GET", source.url()), timeout=20)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (len(answer.body), answer.truncated) == (1024 * 1024, True)
    assert peak < 12 * 1024 * 1024


# What goes wrong


async def broken(session: Session, url: str, *, method: str = "POST", timeout: float = 5) -> tuple[str, bool]:
    """The sentence and maybe_received of a request that fails; neither may tell anything secret."""
    request = Request(
        method, f"{url}?key={SECRET}", (("Authorization", f"Bearer {SECRET}"),), SECRET.encode()
    )
    with pytest.raises(SendError) as caught:
        await session.request(replace(request, body=None) if method == "GET" else request, timeout=timeout)
    shown: BaseException | None = caught.value
    while shown is not None:
        assert SECRET not in repr(shown)
        shown = None if shown.__suppress_context__ else shown.__context__
    return str(caught.value), caught.value.maybe_received


async def test_nobody_listens(session: Session) -> None:
    """A refused port: nothing was received."""
    port = closed_port()
    assert await broken(session, f"http://127.0.0.1:{port}/") == (
        f"no connection to 127.0.0.1:{port} came about: Connection refused",
        False,
    )


async def test_an_unknown_name(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name without an address: nothing was received."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("gateway.http.lookup.socket.getaddrinfo", unknown)
    assert await broken(session, "http://nowhere.example/") == (
        "the name in nowhere.example could not be looked up: Name or service not known",
        False,
    )


async def test_a_name_that_is_no_name(session: Session) -> None:
    """A label longer than DNS allows is a failed look-up like any other."""
    sentence, maybe_received = await broken(session, f"http://{'a' * 70}.example/")
    assert sentence.startswith(f"the name in {'a' * 70}.example could not be looked up: ")
    assert not maybe_received


async def test_a_name_with_a_zoned_address_only(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link-local address with its zone cannot be dialled by name."""
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1", 80, 0, 2))]
    monkeypatch.setattr("gateway.http.lookup.socket.getaddrinfo", lambda *_, **__: found)
    assert await broken(session, "http://linked.example/") == (
        "the name in linked.example could not be looked up: Name has no usable address",
        False,
    )


async def test_no_thread_for_a_look_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that gives no more threads fails the attempt like a failed look-up."""

    def none_left(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("gateway.http.lookup.Thread.start", none_left)
    sentence, maybe_received = await broken(session, "http://name.example/")
    assert sentence.startswith("the name in name.example could not be looked up: ")
    assert not maybe_received


async def test_a_connection_that_never_comes_about(session: Session) -> None:
    """A server that does not take up the connection (TLS here): the deadline ends it, nothing was received."""
    async with peer(hang) as source:
        url = source.url().replace("http", "https")
        assert await broken(session, url, timeout=0.2) == (
            f"no connection to 127.0.0.1:{source.port} came about within 0.2 s",
            False,
        )


async def test_tls_on_a_plain_port(session: Session) -> None:
    """A server that speaks plain HTTP where TLS was expected: nothing was received."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        assert await broken(session, f"https://127.0.0.1:{port}/") == (
            f"no TLS is spoken at 127.0.0.1:{port} (write the port where it is, or ask the source for it)",
            False,
        )
    finally:
        server.close()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_reset_before_the_answer(session: Session, method: str) -> None:
    """A connection that dies before the answer: maybe received, and whatever the method, sent exactly once."""

    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    async with peer(die) as source:
        assert await broken(session, source.url(), method=method) == (
            f"the connection to 127.0.0.1:{source.port} broke before the answer was whole: Connection reset by peer",
            True,
        )
    assert (source.connections, len(source.requests)) == (1, 1)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_closed_before_the_answer(session: Session, method: str) -> None:
    """The same with an orderly end instead of a reset."""

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with peer(leave) as source:
        assert await broken(session, source.url(), method=method) == (
            f"127.0.0.1:{source.port} closed the connection without an answer",
            True,
        )
    assert (source.connections, len(source.requests)) == (1, 1)


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_kept_connection_that_dies_with_the_request(session: Session, method: str) -> None:
    """The case in which aiohttp sends an idempotent request again by itself: the source sees it once."""

    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    async with peer(OK, die) as source:
        await session.request(Request("GET", source.url("/first")), timeout=5)
        assert (await broken(session, source.url("/second"), method=method))[1]
        await asyncio.sleep(0.05)
    assert source.connections == 1
    assert [head[0].split("?")[0] for head in source.heads] == ["GET /first HTTP/1.1", f"{method} /second"]


@pytest.mark.parametrize("end", [reset, asyncio.StreamWriter.close])
async def test_broken_off_in_the_body(session: Session, end: Callable[[asyncio.StreamWriter], None]) -> None:
    """An answer that ends before its length, by reset or in order, is no answer; the request was received."""

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        await asyncio.sleep(0.05)
        end(writer)

    async with peer(half) as source:
        assert await broken(session, source.url()) == (
            f"the answer of 127.0.0.1:{source.port} could not be read to its end",
            True,
        )


async def test_no_answer(session: Session) -> None:
    """A server that takes the request and says nothing: the deadline ends it, maybe received."""
    async with peer(hang) as source:
        started = time.monotonic()
        assert await broken(session, source.url(), timeout=0.2) == (
            f"127.0.0.1:{source.port} gave no whole answer within 0.2 s",
            True,
        )
    assert time.monotonic() - started < 2


async def test_a_dripping_answer(session: Session) -> None:
    """The deadline is one for the whole attempt: an answer that keeps dripping does not extend it."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with peer(drip) as source:
        assert await broken(session, source.url(), timeout=0.3) == (
            f"127.0.0.1:{source.port} gave no whole answer within 0.3 s",
            True,
        )


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n"],
)
async def test_garbage(session: Session, answer: bytes) -> None:
    """What is not HTTP is an answer that cannot be read; the request was received."""
    async with peer(answer) as source:
        assert await broken(session, source.url()) == (
            f"what 127.0.0.1:{source.port} answered is not HTTP",
            True,
        )


async def test_a_body_that_is_not_what_it_says(session: Session) -> None:
    """Garbage under `Content-Encoding: gzip` cannot be read."""
    async with peer(response(b"not gzip at all", "Content-Encoding: gzip")) as source:
        sentence, maybe_received = await broken(session, source.url())
    assert sentence == f"the answer of 127.0.0.1:{source.port} could not be read to its end"
    assert maybe_received


async def test_a_cancelled_request_leaves_nothing_open(session: Session) -> None:
    """A request that is cut off from outside closes its connection and raises nothing of its own."""
    gone = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()

    async with peer(wait) as source:
        task = asyncio.create_task(session.request(Request("GET", source.url()), timeout=30))
        while not source.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(gone.wait(), 5)


# Kept connections


async def test_connections_are_kept(session: Session) -> None:
    """Answers read to their end leave a connection that serves the next request."""
    async with peer(OK) as source:
        for _ in range(5):
            await session.request(Request("POST", source.url(), (), b"x"), timeout=5)
    assert (source.connections, len(source.requests)) == (1, 5)


async def test_a_server_that_closes_without_saying_so(session: Session) -> None:
    """A connection that its server closed is never used again, not even at once and under load: no request is lost."""

    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        writer.close()

    async with peer(close) as source:

        async def lane() -> None:
            for _ in range(50):
                assert (
                    await session.request(Request("POST", source.url(), (), b"x"), timeout=5)
                ).body == b"ok"

        await asyncio.gather(*(lane() for _ in range(4)))
    assert len(source.requests) == 200


async def test_unasked_bytes_are_no_answer(session: Session) -> None:
    """A second answer that nobody asked for is not taken for the answer to the next request."""
    async with peer(OK + response(b"forged"), OK) as source:
        for _ in range(2):
            assert (await session.request(Request("GET", source.url()), timeout=5)).body == b"ok"
            await asyncio.sleep(0.05)


async def test_late_unasked_bytes_are_no_answer(session: Session) -> None:
    """The same where they arrive on a connection that is already kept."""

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await asyncio.sleep(0.05)
        writer.write(response(b"forged"))
        await asyncio.sleep(1)

    async with peer(twice, OK) as source:
        assert (await session.request(Request("GET", source.url()), timeout=5)).body == b"ok"
        await asyncio.sleep(0.1)
        assert (await session.request(Request("GET", source.url()), timeout=5)).body == b"ok"
    assert source.connections == 2


async def test_idle_connections_are_closed_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """We close an idle connection before the five seconds after which many servers do."""
    assert connector.KEEPALIVE < 5
    monkeypatch.setattr(connector, "KEEPALIVE", 0.1)
    async with Session.open(LOOPBACK) as session, peer(OK) as source:
        await session.request(Request("GET", source.url()), timeout=5)
        await asyncio.sleep(0.3)
        await session.request(Request("GET", source.url()), timeout=5)
    assert source.connections == 2


# The guard


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "10.0.0.1", "0.0.0.0", "[64:ff9b::7f00:1]"],
)
async def test_a_refused_literal_is_not_dialled(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an entry, an address that is not public gets no socket at all; the sentence names what to write."""
    sockets: list[object] = []
    monkeypatch.setattr("gateway.http.connector.socket.socket", lambda *args: sockets.append(args))
    async with Session.open() as session:
        with pytest.raises(AddressRefused) as caught:
            await session.request(Request("GET", f"http://{host}:8080/?key={SECRET}"), timeout=5)
    assert "to network.allow)" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert sockets == []


async def test_nothing_arrives_at_a_refused_address() -> None:
    """A server that is really there hears nothing, by address or by name."""
    async with Session.open() as session, peer(OK) as source:
        with pytest.raises(AddressRefused) as by_address:
            await session.request(Request("GET", source.url()), timeout=5)
        with pytest.raises(AddressRefused) as by_name:
            await session.request(Request("GET", source.url(host="localhost")), timeout=5)
        await asyncio.sleep(0.05)
    sentence = f"127.0.0.1 is not public but Loopback, RFC1122 (if it is meant, add 127.0.0.1/32:{source.port} to network.allow)"
    assert str(by_address.value) == sentence
    assert str(by_name.value).startswith("localhost leads to a refused address: ")
    assert source.connections == 0


async def test_an_entry_with_a_port() -> None:
    """`127.0.0.1:PORT` opens that port only."""
    async with peer(OK) as one, peer(OK) as other, Session.open([f"127.0.0.1:{one.port}"]) as session:
        assert (await session.request(Request("GET", one.url()), timeout=5)).status == 200
        with pytest.raises(AddressRefused):
            await session.request(Request("GET", other.url()), timeout=5)
    assert other.connections == 0


@pytest.mark.parametrize("listener", ["127.0.0.1", "0.0.0.0", "localhost", "::"])
async def test_own_listeners(listener: str) -> None:
    """The gateway never posts to itself, whatever is allowed."""
    async with peer(OK) as own, Session.open(["0.0.0.0/0", "::/0"], [(listener, own.port)]) as session:
        for host in ("127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"):
            with pytest.raises(AddressRefused, match="the gateway's own listener"):
                await session.request(Request("GET", own.url(host=host)), timeout=5)
    assert own.connections == 0


async def test_a_listener_that_took_a_free_port() -> None:
    """A port that is known only once the gateway listens, as of `127.0.0.1:0`, is refused from then on."""
    async with peer(OK) as own, Session.open(LOOPBACK) as session:
        session.listening([("127.0.0.1", own.port)])
        with pytest.raises(AddressRefused, match="the gateway's own listener"):
            await session.request(Request("GET", own.url()), timeout=5)
    assert own.connections == 0


async def test_metadata() -> None:
    """A cloud's metadata address is never dialled, whatever is allowed."""
    async with Session.open(["0.0.0.0/0", "::/0"]) as session:
        for host in ("169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"):
            with pytest.raises(AddressRefused, match="metadata"):
                await session.request(Request("GET", f"http://{host}/latest/"), timeout=5)


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[bytes]:
    """Let every name have these addresses; gives the names that were looked up."""
    asked: list[bytes] = []

    def getaddrinfo(host: bytes, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]

    monkeypatch.setattr("gateway.http.lookup.socket.getaddrinfo", getaddrinfo)
    return asked


async def test_a_name_is_dialled_where_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a name's addresses only those that may be dialled are, also where the refused ones stand first."""
    resolving(monkeypatch, "10.0.0.1", "fd00::1", "169.254.169.254", "127.0.0.1")
    async with peer(OK) as source, Session.open(["127.0.0.1"]) as session:
        answer = await session.request(Request("GET", source.url(host="source.example")), timeout=5)
    assert answer.status == 200
    assert source.heads[0][1] == f"Host: source.example:{source.port}"


async def test_a_name_that_moves_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the address is judged when it is dialled, not when the name was looked up."""
    asked = resolving(monkeypatch, "10.0.0.1", "169.254.169.254")
    async with Session.open() as session:
        for _ in range(2):
            with pytest.raises(AddressRefused, match=r"^rebound\.example leads to a refused address: "):
                await session.request(Request("GET", "http://rebound.example/"), timeout=5)
    assert asked == [b"rebound.example"]


async def test_a_name_with_a_thousand_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hostile name's addresses only the first few are judged and tried."""
    judged: list[str] = []

    def counting(address: str, *rest: Any) -> str | None:
        judged.append(address)
        return refusal(address, *rest)

    monkeypatch.setattr("gateway.http.refusal", counting)
    resolving(monkeypatch, *(f"127.0.{high}.{low}" for high in range(4) for low in range(1, 255)))
    async with Session.open(LOOPBACK) as session:
        sentence, _ = await broken(session, f"http://many.example:{closed_port()}/")
    assert "Connection refused" in sentence
    assert len(set(judged)) == 32
    assert len(judged) < 100


async def test_ipv6() -> None:
    """An IPv6 literal is dialled where an entry names it."""
    try:
        async with peer(OK, host="::1") as source, Session.open([f"[::1/128]:{source.port}"]) as session:
            assert (await session.request(Request("GET", source.url(host="[::1]")), timeout=5)).status == 200
            assert source.heads[0][1] == f"Host: [::1]:{source.port}"
    except OSError:
        pytest.skip("this machine has no ::1")


async def test_a_stricter_policy_holds_at_once() -> None:
    """After `allow`, a kept connection to an address that is no longer named is not used."""
    async with peer(OK) as source, Session.open(LOOPBACK) as session:
        await session.request(Request("GET", source.url()), timeout=5)
        await session.allow([])
        with pytest.raises(AddressRefused):
            await session.request(Request("GET", source.url()), timeout=5)
        await session.allow(LOOPBACK)
        assert (await session.request(Request("GET", source.url()), timeout=5)).status == 200
    assert source.connections == 2


async def test_the_same_policy_keeps_the_connections() -> None:
    """A reload that does not touch `network.allow` costs no connection."""
    async with peer(OK) as source, Session.open(LOOPBACK) as session:
        for _ in range(3):
            await session.request(Request("GET", source.url()), timeout=5)
            await session.allow(list(LOOPBACK))
    assert source.connections == 1


async def test_a_new_policy_does_not_disturb_what_is_in_flight() -> None:
    """A request under way ends in peace under the old policy; then its connections are closed."""
    let, gone = asyncio.Event(), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await let.wait()
        writer.write(OK)
        await reader.read()
        gone.set()

    async with peer(slow) as source, Session.open(LOOPBACK) as session:
        task = asyncio.create_task(session.request(Request("GET", source.url()), timeout=5))
        while not source.requests:
            await asyncio.sleep(0.01)
        await session.allow([])
        let.set()
        assert (await task).status == 200
        await asyncio.wait_for(gone.wait(), 5)


@pytest.mark.parametrize(("allow", "own"), [(["nonsense"], []), ([], [("name.example", 80)])])
async def test_a_faulty_policy(allow: list[str], own: list[tuple[str, int]]) -> None:
    """A session is not opened under a policy that cannot be read."""
    with pytest.raises(ValueError, match=r"nonsense|name\.example"):
        Session.open(allow, own)


async def test_slow_names_stall_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty names whose look-up hangs do not delay a healthy one: each has a thread of its own."""
    release = threading.Event()
    real = socket.getaddrinfo

    def slow(host: bytes, *args: Any, **kwargs: Any) -> object:
        if host.startswith(b"slow"):
            release.wait(20)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real(host, *args, **kwargs)

    monkeypatch.setattr("gateway.http.lookup.socket.getaddrinfo", slow)
    async with peer(OK) as source, Session.open(LOOPBACK) as session:
        requests = [
            asyncio.create_task(session.request(Request("GET", f"http://slow{i}.example/"), timeout=20))
            for i in range(30)
        ]
        await asyncio.sleep(0.05)
        started = time.monotonic()
        answer = await session.request(Request("GET", source.url(host="localhost")), timeout=5)
        assert answer.status == 200
        assert time.monotonic() - started < 1
        release.set()
        for outcome in await asyncio.gather(*requests, return_exceptions=True):
            assert isinstance(outcome, SendError)
            assert not outcome.maybe_received


async def test_a_hanging_name_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The attempt ends at its deadline and the session closes, while the look-up still hangs."""
    release = threading.Event()
    monkeypatch.setattr("gateway.http.lookup.socket.getaddrinfo", lambda *_, **__: release.wait(20) and [])
    started = time.monotonic()
    async with Session.open() as session:
        assert await broken(session, "http://slow.example/", timeout=0.1) == (
            "no connection to slow.example came about within 0.1 s",
            False,
        )
    assert time.monotonic() - started < 2
    release.set()


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_answers_unless_asked_for(session: Session, status: int) -> None:
    """By default a 3xx comes back as it is."""
    async with peer(redirect("/there", status)) as source:
        answer = await session.request(Request("POST", source.url(), (), b"x"), timeout=5)
    assert (answer.status, answer.header("Location"), len(source.requests)) == (status, "/there", 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_get_leads_to_get(session: Session, status: int) -> None:
    """A GET is led on by every redirect, with its headers where the host stays the same."""
    async with peer(redirect("there?x=%2F", status), OK) as source:
        request = Request("GET", source.url("/a/b"), (("X-Key", SECRET),))
        answer = await session.request(request, timeout=5, follow_redirects=True)
    assert answer.status == 200
    assert answer.notes == (f"it was sent on by status {status} to http://127.0.0.1:{source.port}",)
    assert source.heads[1][0] == "GET /a/there?x=%2F HTTP/1.1"
    assert f"X-Key: {SECRET}" in source.heads[1]


@pytest.mark.parametrize(
    ("status", "followed"), [(301, False), (302, False), (303, False), (307, True), (308, True)]
)
async def test_post_stays_post(session: Session, status: int, followed: bool) -> None:
    """A POST is repeated as it is on 307 and 308, and never turned into a GET."""
    async with peer(redirect("/there", status), OK) as source:
        request = Request("POST", source.url(), (("Content-Type", "a/b"),), b"body")
        answer = await session.request(request, timeout=5, follow_redirects=True)
    assert answer.status == (200 if followed else status)
    assert [head[0] for head in source.heads] == ["POST / HTTP/1.1", "POST /there HTTP/1.1"][: 1 + followed]
    assert source.requests[-1].endswith(b"\r\n\r\nbody")


async def test_a_loop_ends_after_three_hops(session: Session) -> None:
    """The fourth redirect comes back as it is."""
    async with peer(redirect("/again")) as source:
        answer = await session.request(Request("GET", source.url()), timeout=5, follow_redirects=True)
    assert (answer.status, len(source.requests)) == (302, 4)


@pytest.mark.parametrize(
    "location",
    [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://joe:pw@127.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1:0/",
        "http://a b/",
        "http://[::1/",
        "javascript:1",
        "",
    ],
)
async def test_a_redirect_to_nowhere(session: Session, location: str) -> None:
    """A Location that could not be sent as a first address is not followed: the 3xx comes back."""
    async with peer(redirect(location)) as source:
        answer = await session.request(Request("GET", source.url()), timeout=5, follow_redirects=True)
    assert (answer.status, len(source.requests)) == (302, 1)


async def test_a_redirect_is_guarded_like_the_first_address() -> None:
    """A source cannot lead us to an address that we would not dial by ourselves."""
    async with (
        peer(OK) as inside,
        peer(redirect(inside.url())) as source,
        Session.open([f"127.0.0.1:{source.port}"]) as session,
    ):
        with pytest.raises(AddressRefused, match=f"127.0.0.1/32:{inside.port}"):
            await session.request(Request("GET", source.url()), timeout=5, follow_redirects=True)
    assert inside.connections == 0


@pytest.mark.parametrize("status", [302, 307, 308])
@pytest.mark.parametrize("auth", [Bearer(SECRET), ApiKey("k", SECRET, in_query=True), None])
async def test_no_secret_goes_to_another_origin(session: Session, auth: Auth | None, status: int) -> None:
    """A request with a secret, wherever it stands in it, follows no redirect to another host or port."""
    method = "GET" if status == 302 else "POST"
    body = None if method == "GET" else f'{{"key": "{SECRET}"}}'.encode()
    async with peer(OK) as other, peer(redirect(other.url("/there"), status)) as source:
        request = Request(method, source.url(), body=body, secret=auth is None)
        with pytest.raises(RedirectRefused) as caught:
            await send(request, endpoint(auth=auth, follow_redirects=True), session)
    assert str(caught.value) == (
        f"127.0.0.1:{source.port} redirects to http://127.0.0.1:{other.port}, and the request holds a secret "
        "that is not meant for it (write that url)"
    )
    assert (len(source.requests), other.connections) == (1, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_to_another_host_go_harmless_headers(session: Session, host: str) -> None:
    """To another host or port only headers go along that cannot hold a secret."""
    async with peer(OK) as other, peer(redirect(other.url("/there", host), 307)) as source:
        headers = (("Authorization", f"Bearer {SECRET}"), ("X-Api-Key", SECRET), ("Cookie", SECRET))
        kept = (("Content-Type", "a/b"), ("User-Agent", "gw"), ("Accept", "a/b"), ("Idempotency-Key", "e-1"))
        request = Request("POST", source.url(), headers + kept, b"body")
        assert (await session.request(request, timeout=5, follow_redirects=True)).status == 200
    assert SECRET.encode() in source.requests[0]
    assert SECRET.encode() not in other.requests[0]
    assert other.heads[0][2:6] == [f"{name}: {value}" for name, value in kept]


async def test_the_deadline_holds_over_all_hops(session: Session) -> None:
    """Redirects do not extend the attempt."""

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        writer.write(redirect("/again"))
        writer.close()

    async with peer(slowly) as source:
        with pytest.raises(SendError, match=r"within 0\.25 s"):
            await session.request(Request("GET", source.url()), timeout=0.25, follow_redirects=True)


@pytest.mark.parametrize("waits", [False, True])
async def test_what_was_sent_on_may_have_been_received(session: Session, waits: bool) -> None:
    """Where no connection comes about after a redirect, the source that sent us on has had the request all the same."""
    async with peer(hang) as slow:
        there = f"https://127.0.0.1:{slow.port}/" if waits else f"http://127.0.0.1:{closed_port()}/"
        async with peer(redirect(there)) as source:
            with pytest.raises(SendError, match=r"^no connection to ") as caught:
                await session.request(Request("GET", source.url()), timeout=0.5, follow_redirects=True)
    assert caught.value.maybe_received
    assert len(source.requests) == 1


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    both = folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    both.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return both


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_an_untrusted_certificate(session: Session, certificate: Path) -> None:
    """Certificates are verified: nothing is sent to a server that cannot prove its name."""
    async with peer(OK, tls=serving(certificate)) as source:
        assert await broken(session, f"https://localhost:{source.port}/") == (
            f"the certificate of localhost:{source.port} is not trusted: self-signed certificate",
            False,
        )
    assert source.requests == []


async def test_a_trusted_certificate(certificate: Path) -> None:
    """With a context that trusts it the answer comes, over one kept connection; for another name it does not."""
    trust = ssl.create_default_context(cafile=str(certificate))
    async with peer(OK, tls=serving(certificate)) as source, Session.open(LOOPBACK, tls=trust) as session:
        for _ in range(2):
            url = f"https://localhost:{source.port}/"
            assert (await session.request(Request("GET", url), timeout=5)).body == b"ok"
        sentence, maybe_received = await broken(session, f"https://127.0.0.1:{source.port}/")
    assert sentence.startswith(f"the certificate of 127.0.0.1:{source.port} is not trusted: ")
    assert not maybe_received
    assert source.connections == 1


async def test_old_tls_is_refused(certificate: Path) -> None:
    """A server that speaks TLS 1.1 at most gets nothing."""
    old = serving(certificate)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    async with peer(OK, tls=old) as source, Session.open(LOOPBACK) as session:
        sentence, maybe_received = await broken(session, f"https://localhost:{source.port}/")
    # Whether the server's alert arrives before its reset is chance.
    assert re.match(
        rf"no (TLS )?connection to localhost:{source.port} came about: (Conn|tls|unsupp)", sentence
    )
    assert not maybe_received


async def test_no_redirect_leads_out_of_tls(certificate: Path) -> None:
    """From https to http, even on the same host, nothing is sent at all."""
    trust = ssl.create_default_context(cafile=str(certificate))
    async with (
        peer(OK) as plain,
        peer(redirect(plain.url(host="localhost")), tls=serving(certificate)) as source,
        Session.open(LOOPBACK, tls=trust) as session,
    ):
        request = Request("GET", f"https://localhost:{source.port}/", (("X-Key", SECRET),))
        with pytest.raises(RedirectRefused) as caught:
            await session.request(request, timeout=5, follow_redirects=True)
    assert str(caught.value) == (
        f"localhost:{source.port} redirects to http://localhost:{plain.port}, which is without TLS "
        "(ask the source for an https address)"
    )
    assert (len(source.requests), plain.connections) == (1, 0)


# The hook


def endpoint(**changes: Any) -> Endpoint:
    basis = Endpoint(
        "acme/return", "acme", "Acme", None, "return", "json", "http://127.0.0.1/", SimpleNamespace()
    )
    return replace(basis, **changes)


@pytest.mark.parametrize(
    ("auth", "expected"),
    [(None, []), (Bearer(SECRET), [f"Bearer {SECRET}"]), (Basic("joe", "pw"), ["Basic am9lOnB3"])],
)
async def test_send_adds_the_endpoints_auth(session: Session, auth: object, expected: list[str]) -> None:
    """The default `send` adds what the conf's `auth` makes."""
    async with peer(OK) as source:
        await send(Request("GET", source.url()), endpoint(auth=auth), session)
    assert [line[15:] for line in source.heads[0] if line.startswith("Authorization: ")] == expected


async def test_a_mapped_authorization_wins(session: Session) -> None:
    """Whatever its case, an Authorization header of the mapping replaces the endpoint's auth."""
    async with peer(OK) as source:
        request = Request("GET", source.url(), (("authorization", "Custom x"),))
        await send(request, endpoint(auth=Bearer(SECRET)), session)
    assert [line for line in source.heads[0] if "authorization" in line.lower()] == [
        "authorization: Custom x"
    ]


async def test_send_keeps_to_the_endpoints_limits(session: Session) -> None:
    """Timeout and redirects are the endpoint's."""
    async with peer(redirect("/there"), hang) as source:
        assert (await send(Request("GET", source.url()), endpoint(), session)).status == 302
        with pytest.raises(SendError, match=r"within 0\.1 s"):
            await send(Request("GET", source.url()), endpoint(timeout=0.1, follow_redirects=True), session)
