"""What stands before the first handler: how many may connect, who, for how long, and what is no HTTP."""

import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from gateway import jsontext
from gateway.lag import MOUTHFUL
from gateway.testing.partner import Partner
from gateway.web import connections, load
from tests.web.conftest import event
from tests.web.doors import Front, open_front

HEALTH = b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
FULL = (
    "as many are connected as may be (limits.intake_connections); nothing was stored, post again in a moment"
)
VERSION = "HTTP/1.0 and HTTP/1.1 are spoken here"
EXPECT = "the only thing that may be expected is 100-continue (leave out Expect)"
NO_HTTP = "this is no request of HTTP/1.1 (RFC 9112)"


@pytest.fixture
async def front(tmp_path: Path, partner: Partner) -> AsyncIterator[Front]:
    async with open_front(tmp_path, partner) as found:
        yield found


def read(answer: bytes) -> tuple[int, dict[str, str], object]:
    """Status, headers and body of one raw answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, jsontext.loads(body) if body else None


NO_REQUESTS: list[tuple[bytes, int, str]] = [
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, NO_HTTP),
    (b"nonsense\r\n\r\n", 400, NO_HTTP),
    (b"GET /-/healthy HTTP/1.1\r\nHost : localhost\r\n\r\n", 400, NO_HTTP),
    (b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n", 400, NO_HTTP),
    (b"GET /-/healthy HTTP/1.1\nHost: localhost\n\n", 400, NO_HTTP),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, NO_HTTP),
    (b"GET /-/healthy HTTP/2.0\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400, VERSION),
    (b"GET /-/healthy HTTP/1.2\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400, NO_HTTP),
    (b"GET /-/healthy\r\n\r\n", 400, VERSION),
    (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", 400, NO_HTTP),
    (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NO_HTTP),
    (POST + b"Content-Length: +2\r\n\r\n{}", 400, NO_HTTP),
    (POST + b"Transfer-Encoding: gzip\r\n\r\n", 400, NO_HTTP),
    (POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400, NO_HTTP),
    (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 400,
     "a line of the request's head is too long (8,190 bytes are taken)"),
    (HEALTH + b"X: " + b"a" * 9000 + b"\r\n\r\n", 400,
     "a line of the request's head is too long (8,190 bytes are taken)"),
    (HEALTH + b"".join(b"X-%d: a\r\n" % n for n in range(200)) + b"\r\n", 400, NO_HTTP),
    (HEALTH + b"Expect: 200-ok\r\nConnection: close\r\n\r\n", 400, EXPECT),
    (b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nExpect: x\r\nConnection: close\r\n\r\n", 400, EXPECT),
]  # fmt: skip


async def test_what_is_no_request(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    """A problem document that repeats nothing and names no version; the connection is closed, the log stays quiet."""
    for request, status, title in NO_REQUESTS:
        found, headers, told = read(await front.raw(request))
        expected = {"type": "about:blank", "title": title, "status": status}
        assert (request[:80], found, told) == (request[:80], status, expected)
        assert headers["Content-Type"] == "application/problem+json"
        assert headers["Server"] == "feedback-gateway"
    assert caplog.records == []


async def test_every_answer_bears_one_name(front: Front) -> None:
    """Neither aiohttp nor Python is named, with what versions they have."""
    for path in ("/-/healthy", "/metrics", "/nowhere", "/events?limit=0"):
        _, _, headers = await front.ask("GET", path)
        assert headers["Server"] == "feedback-gateway"


async def test_the_older_protocol(front: Front) -> None:
    """HTTP/1.0 is spoken, too; Host is asked for there as well."""
    assert (await front.raw(b"GET /-/healthy HTTP/1.0\r\nHost: localhost\r\n\r\n")).split()[1] == b"200"
    assert (await front.raw(b"GET /-/healthy HTTP/1.0\r\n\r\n")).split()[1] == b"421"


async def test_a_head_that_drips(tmp_path: Path, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request whose head does not end is cut, the first on a connection and one that follows another."""
    monkeypatch.setattr(connections, "KEEP_ALIVE", 0.4)
    async with open_front(tmp_path, partner) as front:
        for first in (b"", HEALTH + b"\r\n"):
            async with front.line() as (reader, writer):
                writer.write(first)
                if first:
                    await reader.readuntil(b"}")
                started = asyncio.get_running_loop().time()
                with suppress(ConnectionError):
                    for byte in HEALTH * 3:
                        writer.write(bytes([byte]))
                        await asyncio.sleep(0.02)
                        if reader.at_eof():
                            break
                    assert await asyncio.wait_for(reader.read(), 5) == b""
                assert 0.3 < asyncio.get_running_loop().time() - started < 3


async def test_a_compressed_body(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    """It is refused, and never unpacked: neither a bomb nor what is not compressed at all leaves a line in the log."""
    for coding in (b"gzip", b"deflate"):
        more = b"Connection: close\r\nContent-Encoding: " + coding + b"\r\nContent-Length: 2\r\n\r\n{}"
        assert read(await front.raw(POST + more))[0] == 415
    assert caplog.records == []


async def test_a_body_that_drips(front: Front) -> None:
    """Answered after `limits.read`, also where bytes keep coming."""
    async with front.line() as (reader, writer):
        writer.write(POST + b"Content-Length: 1000\r\n\r\n")
        for _ in range(40):
            writer.write(b" ")
            await asyncio.sleep(0.02)
        assert (await asyncio.wait_for(reader.readline(), 5)).split()[1] == b"408"


async def test_whoever_does_not_read_is_cut(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that nobody fetches holds its connection for a while, and no longer."""
    monkeypatch.setattr(connections, "SLOW_READER", 0.3)
    async with front.line() as (_, writer):
        writer.transport.pause_reading()
        for _ in range(300):
            writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(5):
            while front.daemon.load.open:
                await asyncio.sleep(0.05)


async def test_whoever_reads_on_is_not(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was a slow reader for a moment keeps its connection."""
    monkeypatch.setattr(connections, "SLOW_READER", 1.0)
    async with front.line() as (reader, writer):
        writer.transport.pause_reading()
        for _ in range(300):
            writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.sleep(0.5)
        writer.transport.resume_reading()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 1.5)
        assert front.daemon.load.open == 1


async def test_many_requests_at_once_are_answered_in_order(front: Front) -> None:
    """Pipelined requests beyond what is parsed ahead wait on the wire; none is lost."""
    count = 200
    answer = await front.raw((HEALTH + b"\r\n") * (count - 1) + HEALTH + b"Connection: close\r\n\r\n", 10)
    assert answer.count(b"HTTP/1.1 200 OK") == count


@pytest.fixture
async def narrow(tmp_path: Path, partner: Partner) -> AsyncIterator[Front]:
    """A daemon that two may be connected to."""
    async with open_front(tmp_path, partner) as found:
        found.daemon.load.most = 2
        yield found


async def test_past_the_cap(narrow: Front) -> None:
    """503 with Retry-After, and closed; monitors are still answered, and everybody once there is room."""
    async with narrow.line(), narrow.line():
        await asyncio.sleep(0.05)
        body = json.dumps(event()).encode()
        answer = await narrow.raw(POST + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        status, headers, told = read(answer)
        assert (status, headers["Retry-After"], headers["Connection"]) == (503, "5", "close")
        assert told == {"type": "about:blank", "title": FULL, "status": 503}
        status, told, _ = await narrow.ask("GET", "/-/ready")
        assert (status, told["bound_by"], told["intake"]["connections"]) == (200, "connections", 3)
        status, text, _ = await narrow.ask("GET", "/metrics")
        assert 'feedback_gateway_intake_bound{limit="connections"} 1.0' in text
        assert 'feedback_gateway_requests_refused_total{status="503"} 1.0' in text
    async with asyncio.timeout(5):
        while narrow.daemon.load.open:
            await asyncio.sleep(0.01)
    status, told, _ = await narrow.ask("GET", "/-/ready")
    assert (status, told["bound_by"]) == (200, None)
    assert (await narrow.ask("POST", "/events", json=event()))[0] == 202
    assert (await narrow.ask("GET", "/events"))[1]["events"][0]["id"] == "e-1"


async def test_far_past_the_cap(
    narrow: Front, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A flood of connections is not even answered, and leaves nothing behind."""
    monkeypatch.setattr(connections, "RESERVE", 0)
    async with narrow.line(), narrow.line():
        await asyncio.sleep(0.05)
        with suppress(ConnectionError):
            assert await narrow.raw(HEALTH + b"\r\n") == b""
        assert narrow.daemon.load.open == 2
    gc.collect()
    assert caplog.records == []


@pytest.mark.parametrize(("limit", "most"), [(64, 16), (1, 1), (1_000_000, 10_000), (4096, 1024)])
def test_how_many_may_connect(monkeypatch: pytest.MonkeyPatch, limit: int, most: int) -> None:
    """A quarter of the descriptors, unless the conf says otherwise."""
    monkeypatch.setattr(load.resource, "getrlimit", lambda _: (limit, limit))
    assert (load.connections(), load.connections(7)) == (most, 7)


async def test_bytes_in_hand(front: Front) -> None:
    """Posts that are being read count as they come; what is too much is 503, and nothing of it is stored."""
    limits = front.daemon.reloader.conf.gateway.limits
    assert limits.in_hand == 64 * 1024 * 1024
    object.__setattr__(limits, "in_hand", 20_000)
    body = json.dumps([event("a", note="x" * 7000)]).encode()
    async with front.line() as (_, writer):
        writer.write(POST + b"Content-Length: 30000\r\n\r\n" + b"[" + b" " * 15_000)
        async with asyncio.timeout(5):
            while front.daemon.load.bytes < 15_000:
                await asyncio.sleep(0.01)
        status, told, headers = await front.ask(
            "POST", "/events", data=body, headers={"Content-Type": "application/json"}
        )
        assert (status, headers["Retry-After"]) == (503, "5")
        assert told["title"].startswith(
            "more is posted at the moment than there is room for (limits.in_hand)"
        )
        assert (await front.ask("POST", "/events", json=event("small")))[0] == 202
    async with asyncio.timeout(5):
        while front.daemon.load.bytes:
            await asyncio.sleep(0.01)
    assert (await front.ask("POST", "/events", data=body, headers={"Content-Type": "application/json"}))[
        0
    ] == 202
    assert front.daemon.load.bytes == 0


async def test_memory_in_use(front: Front) -> None:
    """Where the conf bounds the memory, nothing is taken while more is in use; ready says which limit binds."""
    limits = front.daemon.reloader.conf.gateway.limits
    object.__setattr__(limits, "memory", 1024)
    status, told, headers = await front.ask("POST", "/events", json=event())
    assert (status, headers["Retry-After"]) == (503, "5")
    assert told["title"].startswith("the daemon uses as much memory as it may (limits.memory)")
    assert (await front.ask("GET", "/-/ready"))[1]["bound_by"] == "memory"
    object.__setattr__(limits, "memory", 1024**4)
    assert (await front.ask("POST", "/events", json=event()))[0] == 202


async def test_peers_of_a_socket(tmp_path: Path, partner: Partner) -> None:
    """The kernel says whose program is at the other end: those who are listed are served, others are 403."""
    more = "listen: [{unix: //SOCKET, peers: [{uid: %d}]}, '127.0.0.1:PORT']"  # slashes too many
    for uid, status in ((os.getuid(), 200), (os.getuid() + 1, 403)):
        folder = tmp_path / str(uid)
        async with open_front(folder, partner, more % uid) as front:
            found, told, _ = await front.ask("GET", "/-/healthy", unix=True)
            assert found == status
            if status == 403:
                assert told["title"] == (
                    "the user behind this program may not use this socket (`peers` in gateway.yaml lists who may)"
                )
            assert (await front.ask("GET", "/-/healthy"))[0] == 200


async def test_little_is_taken_at_once(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much a poster sends: chunks of one byte, a quarter of a mebibyte at once, would hold the loop for 50 ms."""
    sizes, received = [], connections.Connection.data_received

    def noted(self: connections.Connection, data: bytes) -> None:
        sizes.append(len(data))
        received(self, data)

    monkeypatch.setattr(connections.Connection, "data_received", noted)
    chunked = POST.replace(b"\r\n\r\n", b"\r\n") + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    status, _, _ = read(await front.raw(chunked + b"1\r\n \r\n" * 150_000 + b"0\r\n\r\n"))
    assert (status, max(sizes) <= MOUTHFUL) == (413, True)


_ASK = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[1]))
line = socket.socket(socket.AF_UNIX); line.connect(sys.argv[3])
line.sendall(b"GET /-/healthy HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
print(line.makefile("rb").readline().split()[1].decode())
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become others")
async def test_users_and_groups_of_a_socket(partner: Partner) -> None:
    """A user by name or number, a group by name or number: as the kernel says, whatever the request claims."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        more = "listen: [{unix: SOCKET, peers: [{user: daemon}, {gid: 4242}]}, '127.0.0.1:PORT']"
        async with open_front(folder, partner, more) as front:
            front.socket.parent.chmod(0o755)
            front.socket.chmod(0o666)

            async def ask(uid: int, gid: int) -> str:
                made = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", _ASK, str(uid), str(gid), str(front.socket), stdout=subprocess.PIPE
                )
                return (await made.communicate())[0].decode().strip()

            assert [await ask(1, 1), await ask(4242, 4242), await ask(4243, 4243)] == ["200", "200", "403"]


async def test_the_daemon_behind_a_socket_knows_its_user(front: Front) -> None:
    """Without a token, whoever comes over the socket is known by the user of the program."""
    await front.ask("POST", "/endpoints/acme/return/pause", unix=True, json={"by": "ada"})
    _, told, _ = await front.ask("GET", "/audit")
    [act] = told["acts"]
    me = Path(f"/proc/{os.getpid()}").owner()
    assert (act["who"], act["by"]) == (f"user {me}", f"{me} (ada)")
