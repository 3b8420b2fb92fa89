"""Whatever is posted, up to the largest body: a daemon in its own process keeps answering everybody else."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.houses import House, Journal

MIB = 1024 * 1024
# Seconds, on a machine that is busy with other tests; usual are 20 to 150 ms, a parse of the whole took 3 to 18 s.
LONGEST = 1.0
# What `make test` asks; `make faults` asks everything.
SHORT = {
    "numbers",
    "numbers in events",
    "values in events",
    "keys",
    "line breaks",
    "brackets",
    "small events",
}
JSON, NDJSON = "application/json", "application/x-ndjson"
LEAST = '{"type": "return", "source": "nobody"}'
FULL = '{"type": "return", "source": "nobody", "a": [' + ",".join(["1e999"] * 40_000) + "]}"
VALUES = '{"a": [' + "1," * 120_000 + "1]}"
BODIES: dict[str, tuple[str, Callable[[], str], int]] = {
    "numbers": (JSON, lambda: "[" + "1," * (8 * MIB - 2) + "1]", 413),
    "numbers in events": (JSON, lambda: "[" + ",".join([FULL] * 8) + "]", 202),
    "numbers in lines": (NDJSON, lambda: "\n".join([FULL] * 8), 202),
    "values": (JSON, lambda: VALUES, 422),
    "values in events": (JSON, lambda: "[" + ",".join([VALUES] * 62) + "]", 202),
    "keys": (JSON, lambda: "{" + ",".join(f'"{n}":1' for n in range(1_400_000)) + "}", 413),
    "keys in an array": (JSON, lambda: "[{" + ",".join(f'"{n}":1' for n in range(1_400_000)) + "}]", 202),
    "a surrogate at the end": (JSON, lambda: "[" + '"",' * (5 * MIB) + '"\\ud800"]', 413),
    "a surrogate in an event": (JSON, lambda: '{"a": [' + '"",' * 40_000 + '"\\ud800"]}', 400),
    "a surrogate below a long key": (
        JSON, lambda: '{"' + "k" * 120_000 + '": [' + '"",' * 40_000 + '"\\ud800"]}', 400,
    ),
    "line breaks": (NDJSON, lambda: "\n" * (16 * MIB - 8), 413),
    "blanks": (JSON, lambda: " " * (16 * MIB - 8), 413),
    "blanks in an array": (JSON, lambda: "[" + " " * (16 * MIB - 8), 400),
    "brackets": (JSON, lambda: "[" * (16 * MIB - 8), 400),
    "pairs of brackets": (JSON, lambda: "[[" + "[]," * (5 * MIB) + "[]]]", 202),
    "quotes": (JSON, lambda: '[["' + '\\"' * (8 * MIB - 8) + '"]]', 202),
    "strings": (JSON, lambda: "[[" + '""' * (8 * MIB - 8) + "]]", 202),
    "a string": (JSON, lambda: '["' + "ä" * (8 * MIB - 8) + '"]', 202),
    "small events": (JSON, lambda: "[" + ",".join([LEAST] * 9_900) + "]", 202),
    "small lines": (NDJSON, lambda: "\n".join([LEAST] * 9_900), 202),
}  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        metafunc.parametrize("name", BODIES if metafunc.config.getoption("--long") else sorted(SHORT))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A daemon with the limits that it has without being told others."""
    folder = tmp_path_factory.mktemp("hostile")
    with House(folder, Journal("http://127.0.0.1:1", folder / "journal"), {}) as found:
        found.start()
        yield found


async def test_no_post_makes_others_wait(house: House, name: str) -> None:
    """Health is asked for all the while."""
    kind, body, status = BODIES[name]
    data = body().encode()
    async with house.client() as client:
        await house.ready(client)
        posting = asyncio.create_task(asyncio.to_thread(_post, house.socket, kind, data))
        slowest = 0.0
        while not posting.done():
            started = time.perf_counter()
            async with client.get("/-/healthy") as answer:
                assert answer.status == 200
            slowest = max(slowest, time.perf_counter() - started)
            await asyncio.sleep(0.005)
        assert await posting == status
    assert slowest < LONGEST


def _post(path: Path, kind: str, data: bytes) -> int:
    """In a thread: a client's own work on a large body must not be taken for the daemon's."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(path))
        line.settimeout(60)
        head = f"POST /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\n"
        line.sendall(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
        return int(line.makefile("rb").readline().split()[1])
