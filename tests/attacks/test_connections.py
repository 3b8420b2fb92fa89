"""Connections that say too little, listen to nothing, or come in crowds: cut in time, while everybody else is served."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.web.connections import KEEP_ALIVE, LINGER, RESERVE, SLOW_READER
from tests.attacks.aftermath import HEALTHY, unharmed
from tests.attacks.requests import JSON, get, post
from tests.cli.processes import free_port
from tests.faults.houses import House, partner_in

LIMITS = "limits: {read: 1s, body: 64KiB, in_hand: 64KiB, intake_connections: 600}\n"
READ = 1.0  # seconds, as above
SLACK = 3.0  # seconds that a busy machine may take besides

CAP = 20
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Slow:
    """first: what is said at once; then: ten times a second; longest: seconds to the end; right: the status, if any."""

    first: bytes
    then: bytes
    longest: float
    right: int | None = None


BODY = b"Content-Length: 1000"
CHUNKED = b"Transfer-Encoding: chunked"
SLOW: Mapping[str, Slow] = {
    "a body": Slow(post(BODY, body=b""), b" ", READ, 408),
    "a body that never begins": Slow(post(BODY, body=b""), b"", READ, 408),
    "a body in chunks": Slow(post(CHUNKED, body=b""), b"1\r\n \r\n", READ, 408),
    "the size of a chunk": Slow(post(CHUNKED, body=b""), b"0", READ, 408),
    "the extension of a chunk": Slow(post(CHUNKED, body=b"5;"), b"a", READ, 408),
    "a wish": Slow(post(BODY, body=b"", line=b"POST /replay HTTP/1.1"), b" ", READ, 408),
    "a body that is waited for": Slow(post(BODY, b"Prefer: wait=60", body=b""), b" ", READ, 408),
    "a body that was asked for": Slow(post(BODY, b"Expect: 100-continue", body=b""), b" ", READ, 100),
    "a body that is refused": Slow(post(BODY, b"Origin: null", body=b""), b" ", LINGER, 403),
    "a body where none belongs": Slow(get(b"/-/healthy", JSON, BODY), b" ", LINGER, 200),
    "nothing at all": Slow(b"", b"", KEEP_ALIVE),
    "a first line": Slow(b"GET /", b"a", KEEP_ALIVE),
    "blank lines": Slow(b"", b"\r\n", KEEP_ALIVE),
    "a header's value": Slow(get()[:-2] + b"X: ", b"y", KEEP_ALIVE),
    "a header's name": Slow(get()[:-2], b"X", KEEP_ALIVE),
    "a second head": Slow(get() + get()[:-2], b"X", KEEP_ALIVE, 200),
    "nothing after an answer": Slow(get(), b"", KEEP_ALIVE, 200),
}


@contextmanager
def _house(folder: Path, limits: str) -> Iterator[tuple[House, int]]:
    port = free_port()
    with partner_in(folder) as partner, House(folder, partner, {"healthy": HEALTHY}) as house:
        gateway = house.conf / "gateway.yaml"
        text = gateway.read_text().replace('"unix:', f'"127.0.0.1:{port}", "unix:')
        gateway.write_text(text + limits)
        house.start()
        yield house, port


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, int]]:
    """A daemon, and the port that it listens on."""
    with _house(tmp_path_factory.mktemp("connections"), LIMITS) as found:
        yield found


@asynccontextmanager
async def _lines(port: int, count: int) -> AsyncIterator[list[Line]]:
    async with AsyncExitStack() as stack:
        lines = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(count)))
        for _, writer in lines:
            stack.callback(writer.close)
        yield lines


async def _connected(client: aiohttp.ClientSession) -> int:
    async with client.get("/-/ready") as answer:
        return int((await answer.json())["intake"]["connections"])


async def test_whoever_drips_is_cut(front: tuple[House, int], thorough: bool) -> None:
    """After `limits.read` a body that comes too slowly is 408; a head is cut after 15 s; others do not notice."""
    house, port = front
    async with house.client() as client:
        await house.ready(client)
        chosen = {name: slow for name, slow in SLOW.items() if thorough or slow.longest == READ}
        faults = await asyncio.gather(*(_slow(port, slow) for slow in chosen.values()), _served(client, READ))
        wrong = {name: fault for name, fault in zip(chosen, faults, strict=False) if fault}
        assert not wrong, "\n".join(f"{name}: {fault}" for name, fault in wrong.items())
        await unharmed(client, house.log())


async def _slow(port: int, slow: Slow) -> str | None:
    """What is wrong about how it ends; None where nothing is."""
    async with _lines(port, 1) as [(reader, writer)]:
        started = time.monotonic()
        writer.write(slow.first)
        reading = asyncio.create_task(_read(reader))
        while not reading.done() and time.monotonic() - started < slow.longest + SLACK:
            with suppress(ConnectionError):
                writer.write(slow.then)
            await asyncio.wait([reading], timeout=0.1)
        if not reading.done():
            reading.cancel()
            return f"it is still open after {slow.longest + SLACK} s"
        took, said = time.monotonic() - started, reading.result()
    status = int(said.split()[1]) if said else None
    is_one = said.count(b"HTTP/1.") == (slow.right is not None) + (slow.right == 100)
    return None if status == slow.right and is_one else f"after {took:.1f} s: {said[:200]!r}"


async def _read(reader: asyncio.StreamReader) -> bytes:
    said = b""
    with suppress(ConnectionError):
        while more := await reader.read(65536):
            said += more
    return said


async def _served(client: aiohttp.ClientSession, seconds: float) -> None:
    """Somebody else is answered all the while, most of the time at once."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        started = time.perf_counter()
        async with client.get("/-/healthy") as answer:
            assert answer.status == 200
        times.append(time.perf_counter() - started)
        await asyncio.sleep(0.02)
    assert sorted(times)[len(times) // 2] < 0.1


@pytest.mark.usefixtures("_thorough_only")
async def test_whoever_does_not_read_is_cut(front: tuple[House, int]) -> None:
    """Forty that ask for much and take nothing, or two bytes a second, are gone after 30 s; they cost little memory."""
    house, port = front
    async with house.client() as client:
        await house.ready(client)
        before = _memory(house.pid)
        with ExitStack() as stack:
            deaf = [stack.enter_context(_deaf(port)) for _ in range(40)]
            async with asyncio.timeout(SLOW_READER + SLACK):
                while await _connected(client) > 1:
                    await asyncio.sleep(0.5)
                    for line in deaf[::2]:
                        with suppress(OSError):
                            line.recv(1)
            assert _memory(house.pid) - before < 64 * 1024 * 1024
        await unharmed(client, house.log())


def _deaf(port: int) -> socket.socket:
    """A connection that asks 500 times for something long, and has room for little."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port))
    line.setblocking(False)
    line.sendall(get(b"/openapi.json") * 500)
    return line


def _memory(pid: int) -> int:
    """Bytes that a process has in use."""
    [line] = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


@pytest.mark.usefixtures("_thorough_only")
async def test_500_that_say_nothing(front: tuple[House, int]) -> None:
    """Others are served as if they were not there."""
    house, port = front
    async with house.client() as client:
        await house.ready(client)
        async with _lines(port, 500):
            async with asyncio.timeout(SLACK):
                while await _connected(client) < 501:  # some still wait to be let in
                    await asyncio.sleep(0.05)
            await _served(client, 0.5)
            await unharmed(client, house.log())


async def test_more_in_hand_than_there_is_room_for(front: tuple[House, int]) -> None:
    """503 with Retry-After and nothing stored, while another's post is on its way; then it is taken."""
    house, port = front
    body = b'{"id":"large","type":"return","source":"healthy","note":"%s"}' % (b"x" * 20_000)
    async with house.client() as client, _lines(port, 1) as [(_, writer)]:
        await house.ready(client)
        writer.write(post(b"Content-Length: 64000", body=b" " * 60_000))
        async with asyncio.timeout(READ):
            while not await _held(client):
                await asyncio.sleep(0.01)
        status, headers, told = await _post(client, body)
        assert (status, headers["Retry-After"]) == (503, "5"), told
        assert "limits.in_hand" in told["title"]
        async with client.get("/events/large") as answer:
            assert answer.status == 404
        async with asyncio.timeout(READ + SLACK):
            while await _held(client):
                await asyncio.sleep(0.05)
        assert (await _post(client, body))[0] == 202


async def _held(client: aiohttp.ClientSession) -> int:
    async with client.get("/-/ready") as answer:
        return int((await answer.json())["intake"]["bytes"])


async def _post(client: aiohttp.ClientSession, body: bytes) -> tuple[int, Mapping[str, str], Any]:
    async with client.post("/events", data=body, headers={"Content-Type": "application/json"}) as answer:
        return answer.status, answer.headers, await answer.json(content_type=None)


@pytest.mark.usefixtures("_thorough_only")
async def test_more_connections_than_there_may_be(tmp_path: Path) -> None:
    """Past the cap a post is 503 with Retry-After and not stored, monitors are answered; past a reserve none is."""
    body = b'{"id":"crowded","type":"return","source":"healthy"}'
    with _house(tmp_path, f"limits: {{intake_connections: {CAP}}}\n") as (house, port):
        async with house.client() as client:
            await house.ready(client)
            async with _lines(port, CAP):
                assert await _connected(client) == CAP + 1
                status, headers, told = await _post(client, body)
                assert (status, headers["Retry-After"], headers["Connection"]) == (503, "5", "close"), told
                assert "limits.intake_connections" in told["title"]
                async with client.get("/-/healthy") as answer:
                    assert answer.status == 200
                async with _lines(port, RESERVE * 3) as crowd:
                    silent = await asyncio.gather(*(_told_nothing(line) for line in crowd))
                    assert 2 * RESERVE <= sum(silent) < 3 * RESERVE
            async with asyncio.timeout(SLACK):
                while await _connected(client) > 1:
                    await asyncio.sleep(0.05)
            async with client.get("/events") as answer:
                assert (await answer.json())["events"] == []
            assert (await _post(client, body))[0] == 202
            await unharmed(client, house.log())


async def _told_nothing(line: Line) -> bool:
    """Whether a connection is closed without a word; else it hears that it is one too many."""
    reader, writer = line
    writer.write(get(b"/events"))
    said = await asyncio.wait_for(_read(reader), 10)
    assert not said or said.startswith(b"HTTP/1.1 503 ")
    return not said
