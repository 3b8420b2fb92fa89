"""Ten million events are stored: lists by every filter, one event, counts, and retention beside those that post."""

import asyncio
import random
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bench.load import EVENT
from bench.scale.filled import DELIVERED, fill, now
from bench.scale.house import Figure, House, middle, ms, part, scene
from gateway import jsontext
from gateway.conf.retention import RetentionSettings
from gateway.model import Event
from gateway.retention import Retention
from gateway.store import Entry, Swept
from gateway.store.sqlite import SqliteStore

DAYS = 100
BAR = 0.2


@dataclass(frozen=True, slots=True)
class Size:
    """events: stored; sources: that they are of; seconds: of posting, alone and beside retention; rate: in a second."""

    events: int = 10_000_000
    sources: int = 1_000
    seconds: float = 20
    rate: float = 300


SMALL = Size(events=5_000, sources=10, seconds=1, rate=50)


async def measure(folder: Path, size: Size) -> AsyncIterator[Figure]:
    """Through a daemon where a person would ask; retention on the store itself, as it runs in the daemon."""
    free, need = shutil.disk_usage(folder).free, size.events * 2600
    if free < need:
        raise SystemExit(
            f"{size.events:,} events take {need / 1e9:.0f} GB, {folder} has {free / 1e9:.0f} GB (--in FOLDER)"
        )
    async with scene(folder) as (sink, client):
        house = House.build(folder / "house", sink, client)
        house.source("s0")
        begun = time.perf_counter()
        await fill(house.data, size.events, [f"s{n}" for n in range(size.sources)], DELIVERED, DAYS, now())
        file = house.data / "events.db"
        yield Figure(
            "built",
            f"{size.events:,} events in {time.perf_counter() - begun:.0f} s, {file.stat().st_size / 1e9:.1f} GB",
        )
        async with house.running():
            yield Figure("start", f"{house.started:.2f} s")
            async for figure in _asked(house, size):
                yield figure
        async for figure in _swept(house.data, size):
            yield figure


async def _asked(house: House, size: Size) -> AsyncIterator[Figure]:
    await house.get("/events")  # the first one of all finds nothing ready
    lists = {_named(which): await _list(house, which) for which in _filters(size)}
    yield _worst("lists, each of three pages", lists, BAR)
    shown = random.Random(1).sample(range(size.events), 50)
    shows = [await _timed(house.get(f"/events/e{number:08}")) for number in shown]
    yield Figure("show", f"{ms(middle(shows))}, at most {ms(max(shows))}", max(shows) < BAR)
    counts = {_named(f): await _timed(house.post("/replay", {**f, "dry_run": True})) for f in _counts(size)}
    yield _worst("replay, one request that counts", counts, None)


def _named(which: Mapping[str, str]) -> str:
    return " ".join(f"{name}={value[:19]}" for name, value in which.items()) or "everything"


def _worst(name: str, took: Mapping[str, float], bar: float | None) -> Figure:
    slowest = sorted(took, key=lambda key: took[key])[-3:]
    told = f"{len(took)} asked, median {ms(middle(took.values()))}; slowest: " + ", ".join(
        f"{ms(took[key])} ({key})" for key in reversed(slowest)
    )
    return Figure(name, told, None if bar is None else max(took.values()) < bar)


def _filters(size: Size) -> list[dict[str, str]]:
    """Every filter alone and each with every other, the narrow and the wide values of both."""
    long_ago = (now() - timedelta(days=DAYS - 1)).isoformat()
    lately = (now() - timedelta(hours=1)).isoformat()
    values = {
        "state": ("delivered", "rejected", "vetoed", "parked", "queued"), "outcome": ("success", "error"),
        "source": (f"s{size.sources // 2}", "nobody"), "type": ("return", "conversion"),
        "lead_id": (f"L{size.events // 4:08}", "nobody"), "since": (long_ago, lately), "until": (long_ago, lately),
    }  # fmt: skip
    alone = [{name: value} for name, found in values.items() for value in found]
    pairs = [{**one, **other} for one in alone for other in alone if min(one) < min(other)]
    return [{}, *alone, *pairs]


def _counts(size: Size) -> list[dict[str, str]]:
    return [
        {"source": "s0"}, {"source": "s0", "state": "rejected"}, {"state": "parked"}, {"state": "delivered"},
        {"since": (now() - timedelta(days=1)).isoformat()}, {"type": "return"},
    ]  # fmt: skip


async def _list(house: House, which: Mapping[str, str]) -> float:
    """The slowest of the first three pages, each the quicker of two times: what else the machine does is not meant."""
    took, after = [], {}
    for _ in range(3):
        once = await _timed(house.get("/events", **which, **after))
        begun = time.perf_counter()
        page = await house.get("/events", **which, **after)
        took.append(min(once, time.perf_counter() - begun))
        if not page["next"]:
            break
        after = {"after": page["next"]}
    return max(took)


async def _timed(asking: Awaitable[object]) -> float:
    begun = time.perf_counter()
    await asking
    return time.perf_counter() - begun


async def _swept(data: Path, size: Size) -> AsyncIterator[Figure]:
    store = await SqliteStore.open(data)
    try:
        alone = await _acknowledged(store, "alone", size)
        removed, steps = Swept(), []

        async def pause(seconds: float) -> None:
            steps.append(seconds / 4)
            await asyncio.sleep(seconds)

        def told(swept: Swept) -> None:
            nonlocal removed
            removed = swept

        keep = RetentionSettings.model_validate(
            {"events": f"{DAYS - 10}d", "bodies": f"{DAYS // 2}d", "ids": "400d"}
        )
        sweeping = asyncio.create_task(Retention(store, lambda: keep, now, told, _raise, pause).round())
        beside = await _acknowledged(store, "beside", size)
        was_done = sweeping.done()
        sweeping.cancel()
        await asyncio.wait([sweeping])
    finally:
        await store.close()
    found = f"{len(steps):,} steps{'' if was_done else ' in that time'}: {ms(middle(steps))}, p99 {ms(part(steps, 0.99))}, at most {ms(max(steps))}"
    yield Figure("retention, one step", found, part(steps, 0.99) < BAR)
    one, other = part(beside, 0.99), part(alone, 0.99)
    yield Figure(
        f"acknowledged at {size.rate:.0f}/s, p99",
        f"{ms(one)} beside retention, {ms(other)} alone; the bar is 25 ms",
        one < 0.025,
    )


def _raise(error: Exception) -> None:
    raise error


async def _acknowledged(store: SqliteStore, tag: str, size: Size) -> list[float]:
    """How long each of so many posts in a second took to be on disk."""
    took: list[float] = []

    async def post(number: int) -> None:
        body = {"id": f"{tag}-{number}", "source": "s0", **EVENT}
        text = jsontext.dumps(body)
        event = Event(f"{tag}-{number}", "return", "s0", None, jsontext.loads(text), text, now())
        begun = time.perf_counter()
        await store.add([Entry(event, "s0/return", due_at=now())])
        took.append(time.perf_counter() - begun)

    begun, tasks = time.perf_counter(), []
    for number in range(int(size.rate * size.seconds)):
        await asyncio.sleep(max(begun + number / size.rate - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(post(number)))
    await asyncio.gather(*tasks)
    return took
