"""Thousands of sources: how long a start, a reload and the metrics take, and what events feel of it meanwhile."""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench.folder import source, write_many
from bench.load import EVENT
from bench.processes import cpu, free_port, process

_TIMES = 5  # reloads, and looks at the metrics
_SMALL = 20  # sources, where it is only tried whether it works
_PACE = 0.02  # seconds between two events that are sent beside all this


@dataclass(frozen=True, slots=True)
class Figure:
    """What one row came to. bar: at most so much, in the same unit."""

    row: str
    value: float
    unit: str
    bar: float | None

    def __str__(self) -> str:
        bar = "" if self.bar is None else f"   (the bar is {self.bar:g} {self.unit})"
        return f"  {self.row:<58} {self.value:8.2f} {self.unit}{bar}"


class House:
    """A folder of many sources, with its daemon and a sink."""

    def __init__(self, folder: Path, sources: int, *, conversions: bool = False) -> None:
        self.folder = folder
        self.sources = sources
        self.port, self.sink = free_port(), free_port()
        self.conf = write_many(folder, self.port, self.sink, sources, conversions=conversions)
        self.url = f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[aiohttp.ClientSession, float, float]]:
        """The daemon, started: a session to speak to it, the seconds that its start took, and those of CPU."""
        command = ("-m", "gateway.cli", "run", "--conf", str(self.conf))
        log = self.folder / "run.log"
        began = time.perf_counter()
        with process(*command, port=self.port, log=log, patience=300) as daemon:
            took = time.perf_counter() - began
            async with aiohttp.ClientSession(self.url) as session:
                yield session, took, cpu(daemon.pid)

    def edit(self, number: int, edit: int) -> None:
        """Change one source's file."""
        text = source("json", number, f"http://127.0.0.1:{self.sink}", edit)
        (self.conf / "sources" / f"s{number}.yaml").write_text(text)


async def starts(folder: Path, sources: int) -> list[Figure]:
    """A start on a folder never seen before, and one more."""
    house, found = House(folder, sources), []
    for row, bar in (
        (f"cold start with {sources:,} sources", 20.0),
        ("the same from the files as parsed before", 5.0),
    ):
        async with house.open() as (_, took, used):
            found += [Figure(row, took, "s", bar), Figure("  of it CPU", used, "s", None)]
    return found


async def reloads(folder: Path, sources: int) -> list[Figure]:
    """Reloads of one changed file while events are delivered."""
    house = House(folder, sources)
    with process("-m", "bench.sink", str(house.sink), port=house.sink, log=folder / "sink.log"):
        async with house.open() as (session, *_):
            quiet = await _beside(session, asyncio.sleep(1.0 if sources == _SMALL else 3.0))
            took: list[float] = []

            async def change() -> None:
                for edit in range(1, _times(sources) + 1):
                    house.edit(5, edit)
                    took.append(await _timed(_reload(session)))

            before = await _lags(session)
            busy = await _beside(session, change())
            late = _later(await _lags(session), before)
    name = f"reload with {sources:,} sources, one changed"
    return [
        Figure(f"{name}: median of {len(took)}", statistics.median(took), "s", 1.0),
        Figure("  looks at the loop that were late by more than 50 ms", late, "", 0.0),
        Figure("  post to delivered meanwhile, p99", _p99(busy) * 1000, "ms", None),
        Figure("  post to delivered without, p99", _p99(quiet) * 1000, "ms", None),
    ]


async def metrics(folder: Path, sources: int) -> list[Figure]:
    """The metrics of twice as many endpoints, each of which has made an attempt."""
    house = House(folder, sources, conversions=True)
    with process("-m", "bench.sink", str(house.sink), port=house.sink, log=folder / "sink.log"):
        async with house.open() as (session, *_):
            await _attempt_all(session, sources)
            took: list[float] = []

            async def scrape() -> None:
                for _ in range(_times(sources)):
                    took.append(await _timed(_text(session, "/metrics")))
                    await asyncio.sleep(0.3)

            before = await _lags(session)
            busy = await _beside(session, scrape())
            late = _later(await _lags(session), before)
    return [
        Figure(
            f"/metrics with {2 * sources:,} endpoints: median of {len(took)}",
            statistics.median(took) * 1000,
            "ms",
            200.0,
        ),
        Figure("  looks at the loop that were late by more than 50 ms", late, "", 0.0),
        Figure("  post to delivered meanwhile, p99", _p99(busy) * 1000, "ms", None),
    ]


ROWS: dict[str, Callable[[Path, int], Coroutine[Any, Any, list[Figure]]]] = {
    "start": starts,
    "reload": reloads,
    "metrics": metrics,
}


def _times(sources: int) -> int:
    return 1 if sources == _SMALL else _TIMES


async def _beside(session: aiohttp.ClientSession, work: Coroutine[Any, Any, None]) -> list[float]:
    """Do some work while events are posted at a steady pace; the seconds until each was delivered."""
    took: list[float] = []
    body = {"source": "s0", **EVENT}

    async def post() -> None:
        began = time.perf_counter()
        async with session.post("/events", json=body, headers={"Prefer": "wait=30"}) as answer:
            told = await answer.json()
        if told.get("state") != "delivered":
            raise SystemExit(f"an event was not delivered, and the figure would mean nothing: {told}")
        took.append(time.perf_counter() - began)

    doing, posts = asyncio.create_task(work), []
    while not doing.done():
        posts.append(asyncio.create_task(post()))
        await asyncio.sleep(_PACE)
    await asyncio.gather(doing, *posts)
    return took


async def _attempt_all(session: aiohttp.ClientSession, sources: int) -> None:
    """Have every endpoint make an attempt."""
    for type_ in ("return", "conversion"):
        for first in range(0, sources, 500):
            events = [
                {**EVENT, "type": type_, "source": f"s{number}"}
                for number in range(first, min(first + 500, sources))
            ]
            async with session.post("/events", json=events) as answer:
                answer.raise_for_status()
    while (await (await session.get("/-/ready")).json())["waiting"]:
        await asyncio.sleep(0.5)


async def _reload(session: aiohttp.ClientSession) -> None:
    async with session.post("/-/reload") as answer:
        answer.raise_for_status()


async def _text(session: aiohttp.ClientSession, path: str) -> str:
    async with session.get(path) as answer:
        answer.raise_for_status()
        return await answer.text()


async def _timed(work: Coroutine[Any, Any, Any]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


async def _lags(session: aiohttp.ClientSession) -> dict[str, float]:
    """How many looks at the loop were late by at most so much, by bucket."""
    name = "feedback_gateway_event_loop_lag_seconds_bucket"
    lines = (line.rpartition(" ") for line in (await _text(session, "/metrics")).splitlines())
    return {
        bucket.partition('le="')[2].rstrip('"}'): float(count)
        for bucket, _, count in lines
        if bucket.startswith(name)
    }


def _later(after: dict[str, float], before: dict[str, float]) -> float:
    """How many looks between two were late by more than 50 ms."""
    return (after["+Inf"] - before["+Inf"]) - (after["0.05"] - before["0.05"])


def _p99(took: list[float]) -> float:
    return sorted(took)[len(took) * 99 // 100]


def main() -> None:
    """Measure, and print each figure with its bar."""
    parser = argparse.ArgumentParser(prog="python -m bench.sources", description=__doc__)
    parser.add_argument("--only", choices=ROWS, action="append", help="this row only (may be repeated)")
    parser.add_argument("--sources", type=int, default=5000, help="how many sources (5000)")
    parser.add_argument("--small", action="store_true", help=f"{_SMALL} sources, to see that it works")
    parser.add_argument("--as-json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    found: list[Figure] = []
    for row in asked.only or ROWS:
        with tempfile.TemporaryDirectory() as name:
            told = asyncio.run(ROWS[row](Path(name), _SMALL if asked.small else asked.sources))
        found += told
        if not asked.as_json:
            print(*told, sep="\n", flush=True)
    if asked.as_json:
        print(
            json.dumps(
                [
                    {"row": one.row.strip(), "value": one.value, "unit": one.unit, "bar": one.bar}
                    for one in found
                ]
            )
        )


if __name__ == "__main__":
    main()
