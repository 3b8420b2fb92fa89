"""A daemon of its own, with its conf and its store, asked over HTTP."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from bench.load import EVENT
from bench.processes import cpu, free_port, process
from bench.rows import GATEWAY, ROWS


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. found: as it is printed; is_good: whether it reaches its bar, None where there is none."""

    name: str
    found: str
    is_good: bool | None = None


@dataclass(slots=True)
class House:
    """One conf folder and the daemon on it. started: seconds that its start took, and of CPU; pid: its process."""

    folder: Path
    port: int
    sink: int
    client: aiohttp.ClientSession
    started: float = 0.0
    started_cpu: float = 0.0
    pid: int = 0

    @classmethod
    def build(cls, folder: Path, sink: int, client: aiohttp.ClientSession) -> Self:
        """A conf folder without a source yet."""
        house = cls(folder, free_port(), sink, client)
        (folder / "conf" / "sources").mkdir(parents=True)
        text = GATEWAY.format(port=house.port, sink=sink).replace("info", "error")
        (folder / "conf" / "gateway.yaml").write_text(f"{text}shutdown: 1s\n")
        return house

    @property
    def data(self) -> Path:
        """Where its store is."""
        return self.folder / "data"

    def source(self, name: str, path: str = "json", keys: str = "") -> None:
        """Add a source that is sent JSON, at a path of the sink. keys: further lines of its `return`."""
        text = ROWS["json"].source(f"http://127.0.0.1:{self.sink}").replace("/json\n", f"/{path}\n")
        text = text.replace("  concurrency: 64\n", "")
        (self.folder / "conf" / "sources" / f"{name}.yaml").write_text(
            text.replace("  mapping:\n", f"{keys}  mapping:\n")
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """The daemon, from when it listens."""
        begun, conf = time.perf_counter(), str(self.folder / "conf")
        command = ("-m", "gateway.cli", "run", "--conf", conf)
        with process(*command, port=self.port, log=self.folder / "run.log") as running:
            self.started, self.pid = time.perf_counter() - begun, running.pid
            self.started_cpu = cpu(self.pid)
            yield self

    async def get(self, path: str, **query: str) -> Any:
        """What the daemon answers."""
        async with self.client.get(f"http://127.0.0.1:{self.port}{path}", params=query) as answer:
            return await answer.json(content_type=None)

    async def post(self, path: str, body: Mapping[str, Any], wait: int = 0) -> Any:
        """What the daemon answers. wait: seconds that it may take until the event is delivered."""
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.client.post(url, json=body, headers=headers) as answer:
            return await answer.json()

    async def deliver(self, source: str) -> float:
        """Post one event; the seconds until it was delivered."""
        begun = time.perf_counter()
        told = await self.post("/events", {"source": source, **EVENT}, wait=30)
        if told.get("state") != "delivered":
            raise SystemExit(f"an event of {source} was not delivered: {told}")
        return time.perf_counter() - begun

    async def deliver_at(self, rate: float, sources: Sequence[str]) -> list[float]:
        """Post one event of each of these, so many in a second, whether the one before has been delivered or not."""
        begun, tasks = time.perf_counter(), []
        for number, source in enumerate(sources):
            await asyncio.sleep(max(begun + number / rate - time.perf_counter(), 0))
            tasks.append(asyncio.create_task(self.deliver(source)))
        return list(await asyncio.gather(*tasks))

    def memory(self, name: str = "VmRSS") -> float:
        """Megabytes of memory that it has, or (`VmHWM`) had at most."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0]) / 1024


@contextlib.asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[tuple[int, aiohttp.ClientSession]]:
    """A sink and a client: all that a house needs."""
    sink = free_port()
    timeout, connector = aiohttp.ClientTimeout(total=120), aiohttp.TCPConnector(limit=0)
    with process("-m", "bench.sink", str(sink), port=sink, log=folder / "sink.log"):
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as client:
            yield sink, client


def part(times: Iterable[float], share: float) -> float:
    """The value below which such a share of the times is."""
    ordered = sorted(times)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def ms(seconds: float) -> str:
    """As it is printed."""
    return f"{seconds * 1000:.1f} ms"


def middle(times: Iterable[float]) -> float:
    """The median."""
    return statistics.median(times)
