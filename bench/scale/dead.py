"""A hundred endpoints of a thousand are dead: how long the events of the healthy ones take."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.load import EVENT
from bench.processes import cpu
from bench.scale.house import Figure, House, middle, ms, part, scene


@dataclass(frozen=True, slots=True)
class Size:
    """endpoints: all; dead: of these; rate: posts in a second to healthy ones; seconds: of one window; beside: posts to
    dead ones in each.
    """

    endpoints: int = 1_000
    dead: int = 100
    rate: float = 60
    seconds: float = 1.5
    rounds: int = 60
    beside: int = 20


SMALL = Size(endpoints=10, dead=2, rate=40, seconds=1, rounds=1, beside=2)


async def measure(folder: Path, size: Size) -> AsyncIterator[Figure]:
    """Two daemons of the same sources side by side, in turn: at one a tenth never answers, at the other all do.

    No breaker helps: each dead endpoint has a backlog, and every try of it takes its whole timeout.
    """
    names = [f"s{number}" for number in range(size.endpoints)]
    async with scene(folder) as (sink, client), AsyncExitStack() as stack:
        with_dead, without = (House.build(folder / name, sink, client) for name in ("with", "without"))
        for number, name in enumerate(names):
            hangs = number < size.dead
            with_dead.source(name, "hang" if hangs else "json", "  breaker: off\n")
            without.source(name, "json", "  breaker: off\n")
        for house in (with_dead, without):
            await stack.enter_async_context(house.running())
            await _post(house, names[: size.dead], 20)
        yield Figure("start", f"{with_dead.started:.1f} s, {size.endpoints:,} sources")
        for figure in await _compared(with_dead, without, names, size):
            yield figure
        told = (await with_dead.get("/endpoints"))["endpoints"]
        under_way = sum(one["under_way"] for one in told)
        waiting = sum(one["waiting"] for one in told)
        yield Figure(
            "meanwhile", f"{under_way} attempts under way at dead endpoints, {waiting:,} events wait there"
        )


async def _compared(with_dead: House, without: House, names: Sequence[str], size: Size) -> list[Figure]:
    chance = random.Random(1)
    took: dict[int, list[list[float]]] = {with_dead.port: [], without.port: []}
    used = {with_dead.port: 0.0, without.port: 0.0}
    for number in range(size.rounds + 1):
        for house in (with_dead, without)[:: 1 if number % 2 else -1]:
            healthy = chance.choices(names[size.dead :], k=int(size.rate * size.seconds))
            before = cpu(house.pid)
            beside = asyncio.create_task(_post(house, chance.sample(names[: size.dead], size.beside), 1))
            found = await house.deliver_at(size.rate, healthy)
            await beside
            if number:  # the first warms up
                took[house.port].append(found)
                used[house.port] += cpu(house.pid) - before
    return [
        _slower(took[with_dead.port], took[without.port]),
        _dearer(used[with_dead.port], used[without.port]),
    ]


def _slower(dead: Sequence[Sequence[float]], well: Sequence[Sequence[float]]) -> Figure:
    """By the quietest quarter of the windows: whatever else the machine does only makes some of them slower."""
    (one, one_middle), (other, other_middle) = (
        (part(late, 0.25), middle(late))
        for late in ([part(found, 0.99) for found in took] for took in (dead, well))
    )
    half, half_other = (middle(time for found in took for time in found) for took in (dead, well))
    told = (
        f"p99 {ms(one)}, {ms(other)} without dead ones: {one / other:.2f} of it; the bar is 1.10"
        f" (quietest quarter of {len(dead)} windows; median window {ms(one_middle)}, {ms(other_middle)};"
        f" p50 {ms(half)}, {ms(half_other)})"
    )
    return Figure("healthy endpoints, POST to delivered", told, one / other < 1.1)


def _dearer(dead: float, well: float) -> Figure:
    told = (
        f"{dead / well:.2f} of what it takes without dead ones, where the same events are delivered as well"
    )
    return Figure("CPU of the daemon", told)


async def _post(house: House, names: Sequence[str], each: int) -> None:
    """Post events that nobody waits for."""
    for name in names:
        for _ in range(each):
            await house.post("/events", {"source": name, **EVENT})
        await asyncio.sleep(0.02)
