"""How long a poster waits until an event is on disk, and a source until it hears of it: `python -m bench.latency`."""

import argparse
import asyncio
import json
import tempfile
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.load import is_whole, request_of
from bench.processes import free_port, process
from bench.rows import write_conf
from bench.scale.filled import DELIVERED, fill
from bench.scale.house import Figure, ms, part
from bench.sink import Sink

ACKNOWLEDGED, HEARD = 0.025, 0.020  # seconds: the bars of the 99th percentiles
CONNECTIONS = 64
OLD = 40_000  # events that retention finds
RETENTION = 62  # seconds after its start until the daemon has begun to remove


class Line(asyncio.Protocol):
    """One kept connection: a post, its answer, the next post."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.pending = b""
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.load.free.append(self)

    def post(self, due: float) -> None:
        self.due = due
        self.transport.write(self.load.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.pending += data
        if is_whole(self.pending):
            answer, self.pending = self.pending, b""
            self.load.answered(self, answer)


class Load:
    """Posts that come when they come, whether those before were answered or not; times count from when each was due."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.free: list[Line] = []
        self.waiting: deque[float] = deque()
        self.took: list[float] = []

    async def run(self, port: int, rate: float, seconds: float) -> list[float]:
        """So many posts in a second; how long each took until it was answered, in seconds."""
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            await loop.create_connection(lambda: Line(self), "127.0.0.1", port)
        begun, count = loop.time(), int(rate * seconds)
        for number in range(count):
            due = begun + number / rate
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            if self.free:
                self.free.pop().post(due)
            else:
                self.waiting.append(due)
        while len(self.took) < count:
            await asyncio.sleep(0.01)
        for line in self.free:
            line.transport.close()
        return self.took

    def answered(self, line: Line, answer: bytes) -> None:
        if not answer.startswith(b"HTTP/1.1 202"):
            raise SystemExit(f"an event was not taken, so the figure would mean nothing: {answer!r}")
        self.took.append(asyncio.get_running_loop().time() - line.due)
        if self.waiting:
            line.post(self.waiting.popleft())
        else:
            self.free.append(line)


async def idle(folder: Path, rate: float, seconds: float) -> Figure:
    """POST to the first byte at the source, where nothing else happens: twenty events a second."""
    loop, heard = asyncio.get_running_loop(), list[float]()

    class Ear(Sink):
        def data_received(self, data: bytes) -> None:
            heard.append(loop.time())
            super().data_received(data)

    port, sink, took = free_port(), free_port(), list[float]()
    async with await loop.create_server(Ear, "127.0.0.1", sink):
        with process(*_daemon(folder, port, sink), port=port, log=folder / "run.log"):
            load = Load(request_of("json", "127.0.0.1", port))
            await loop.create_connection(lambda: Line(load), "127.0.0.1", port)
            for number in range(int(20 * seconds) + 1):
                heard.clear()
                begun = loop.time()
                load.free.pop().post(begun)
                while not (heard and load.free):
                    await asyncio.sleep(0.001)
                if number:  # the first warms up
                    took.append(heard[0] - begun)
                await asyncio.sleep(0.05)
    return _figure("idle: POST to the first byte at the source", took, HEARD)


async def acknowledged(folder: Path, rate: float, seconds: float) -> Figure:
    """POST to the 202, every event delivered at once by the way."""
    return await _under_load(folder, rate, seconds, "acknowledge", 0)


async def beside_retention(folder: Path, rate: float, seconds: float) -> Figure:
    """The same while retention removes events that are too old."""
    await fill(folder / "data", OLD, ["json"], DELIVERED, 5, datetime.now(UTC) - timedelta(days=100))
    return await _under_load(folder, rate, seconds, "acknowledge beside retention", RETENTION)


async def _under_load(folder: Path, rate: float, seconds: float, name: str, after: float) -> Figure:
    port, sink = free_port(), free_port()
    with (
        process("-m", "bench.sink", str(sink), port=sink, log=folder / "sink.log"),
        process(*_daemon(folder, port, sink), port=port, log=folder / "run.log"),
    ):
        await Load(request_of("json", "127.0.0.1", port)).run(port, rate, 1)  # warms up
        await asyncio.sleep(after)
        took = await Load(request_of("json", "127.0.0.1", port)).run(port, rate, seconds)
    return _figure(f"{name}, at {rate:,.0f} events/s", took, ACKNOWLEDGED)


def _daemon(folder: Path, port: int, sink: int) -> Sequence[str]:
    return "-m", "gateway.cli", "run", "--conf", str(write_conf(folder, port, sink))


def _figure(name: str, took: Sequence[float], bar: float) -> Figure:
    p99 = part(took, 0.99)
    told = (
        f"p50 {ms(part(took, 0.5))}, p99 {ms(p99)}, the longest {ms(max(took))}; the bar of p99 is {ms(bar)}"
    )
    return Figure(name, told, p99 <= bar)


ROWS: dict[str, Callable[[Path, float, float], Coroutine[Any, Any, Figure]]] = {
    "idle": idle,
    "acknowledge": acknowledged,
    "retention": beside_retention,
}


def main() -> None:
    """Measure the rows that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--only", choices=ROWS, action="append", help="this row only (may be repeated)")
    parser.add_argument("--rate", type=float, default=1000, help="events posted in a second (1000)")
    parser.add_argument("--seconds", type=float, default=10, help="how long (10)")
    parser.add_argument("--as-json", action="store_true", help="print a JSON array")
    asked = parser.parse_args()
    told = []
    for name in asked.only or list(ROWS):
        with tempfile.TemporaryDirectory() as folder:
            figure = asyncio.run(ROWS[name](Path(folder), asked.rate, asked.seconds))
        told.append({"row": name, "figure": figure.name, "found": figure.found, "good": figure.is_good})
        if not asked.as_json:
            print(f"  {'ok    ' if figure.is_good else 'MISSED'} {figure.name}: {figure.found}", flush=True)
    if asked.as_json:
        print(json.dumps(told))


if __name__ == "__main__":
    main()
