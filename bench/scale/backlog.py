"""A million events wait for one endpoint: the start, the memory, the rate at which they go, and everybody else's event."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.scale.filled import Kind, fill, now
from bench.scale.house import Figure, House, middle, ms, part, scene
from gateway.store import Pause
from gateway.store.sqlite import SqliteStore

MANY = "many/return"


@dataclass(frozen=True, slots=True)
class Size:
    """events: that wait; batch: sent in each round; singles: of another endpoint, in each round."""

    events: int = 1_000_000
    rounds: int = 7
    batch: int = 3_000
    singles: int = 60


SMALL = Size(events=3_000, rounds=1, batch=200, singles=5)


async def measure(folder: Path, size: Size) -> AsyncIterator[Figure]:
    """Two daemons side by side, in turn: one with the backlog, one with hardly more than is sent."""
    async with scene(folder) as (sink, client), AsyncExitStack() as stack:
        full, empty = (House.build(folder / name, sink, client) for name in ("full", "empty"))
        for house, events in ((full, size.events), (empty, size.rounds * size.batch * 4)):
            house.source("many")
            house.source("other")
            await fill(house.data, events, ["many"], [Kind("queued")], 1, now())
            await _pause(house.data)
        for house in (full, empty):
            await stack.enter_async_context(house.running())
        told = f"{_start(full)} (empty {_start(empty)}; the bar is 5 s)"
        yield Figure("start", told, full.started < 5)
        yield Figure("memory at the start", f"{full.memory():.0f} MB (empty {empty.memory():.0f} MB)")
        idle, drained, beside = await _rounds(full, empty, size)
        ratio = middle(a / b for a, b in zip(drained[full.port], drained[empty.port], strict=True))
        yield Figure(
            "drain",
            f"{middle(drained[full.port]):.0f}/s (empty {middle(drained[empty.port]):.0f}/s): {ratio:.2f} of it; the bar is 0.90",
            ratio >= 0.9,
        )
        yield _others("another endpoint's event, meanwhile nothing is sent", idle, full, empty)
        yield _others("another endpoint's event, while they are sent", beside, full, empty)
        most = full.memory("VmHWM")
        yield Figure("memory at most", f"{most:.0f} MB; the bar is 300 MB", most < 300)
        begun = time.perf_counter()
        waiting = (await full.get("/-/ready"))["waiting"]
        yield Figure("GET /-/ready", f"{ms(time.perf_counter() - begun)}, {waiting:,} wait")


def _start(house: House) -> str:
    return f"{house.started:.2f} s, {house.started_cpu:.2f} s of CPU"


def _others(name: str, times: dict[int, list[float]], full: House, empty: House) -> Figure:
    """By the quietest quarter of them: whatever else the machine does only makes some of them slower."""
    one, other = (
        (part(times[house.port], 0.25), part(times[house.port], 0.5), part(times[house.port], 0.99))
        for house in (full, empty)
    )
    told = "{}, median {}, p99 {} (empty {}, {}, {})".format(*map(ms, (*one, *other)))
    return Figure(name, f"quietest quarter within {told}", one[0] < other[0] * 1.1 + 0.001)


async def _rounds(full: House, empty: House, size: Size) -> tuple[dict[int, list[float]], ...]:
    idle, drained, beside = ({house.port: [] for house in (full, empty)} for _ in range(3))  # type: ignore[var-annotated]
    for _ in range(size.rounds):
        for house in (empty, full):
            idle[house.port] += await house.deliver_at(50, ["other"] * size.singles)
            drained[house.port].append(await _drain(house, size.batch))
            draining = asyncio.create_task(_drain(house, size.batch))
            beside[house.port] += await house.deliver_at(50, ["other"] * size.singles)
            await draining
    return idle, drained, beside


async def _drain(house: House, batch: int) -> float:
    """Let so many go; how many went in a second."""
    before, begun = await _taken(house), time.perf_counter()
    await house.post(f"/endpoints/{MANY}/resume", {})
    while (taken := await _taken(house) - before) < batch:
        await asyncio.sleep(0.02)
    rate = taken / (time.perf_counter() - begun)
    await house.post(f"/endpoints/{MANY}/pause", {"by": "the bench"})
    while any(one["under_way"] for one in (await house.get("/endpoints"))["endpoints"]):
        await asyncio.sleep(0.05)
    return rate


async def _taken(house: House) -> int:
    """How many requests the sink has answered."""
    async with house.client.get(f"http://127.0.0.1:{house.sink}/count") as answer:
        return int(await answer.text())


async def _pause(data: Path) -> None:
    store = await SqliteStore.open(data)
    await store.pause(MANY, Pause("the bench", now(), ""))
    await store.close()
