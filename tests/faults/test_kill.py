"""kill -9 under load: what was acknowledged is delivered, and only what was in flight is sent twice."""

import asyncio
import random
from bisect import bisect_left
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.testing.partner import Received
from tests.faults.houses import House, Poster, partner_in

CONCURRENCY = 8
SOURCES = {
    "steady": """
return:
  transport: json
  url: PARTNER/json/slow:0.03
  concurrency: 8
  mapping: {id: "{{ event.id }}"}
""",
    "flaky": """
return:
  transport: json
  url: PARTNER/json/flaky:1,slow:0.03
  concurrency: 8
  mapping: {id: "{{ event.id }}"}
  retry: {first: 100ms, within: 1h}
""",
}
# How often the partner hears of an event where nothing goes wrong: a flaky one says 503 once.
USUAL = {"steady": 1, "flaky": 2}
TO_ANSWER_AND_RECORD = 5.0  # seconds that an attempt takes at the very most, on a machine that is busy


@pytest.mark.timeout(300)
async def test_what_was_acknowledged_is_delivered_whatever_is_killed(tmp_path: Path, long: bool) -> None:
    """Judged by the partner's own journal: nothing is lost, and what came twice was in flight at a kill.

    In the short form 5 kills and 400 events, with --long 30 kills and 2,000 events.
    """
    kills, events = (30, 2000) if long else (5, 400)
    chance = random.Random(20261123)
    with partner_in(tmp_path) as journal, House(tmp_path, journal, SOURCES) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            poster = Poster(client)
            killed = []
            for load in _loads(events, kills + 1, chance):
                posting = [asyncio.create_task(poster.post(some)) for some in load]
                if len(killed) < kills:
                    await _some_of(posting, chance)
                    killed.append(house.kill())
                    house.start()
                await asyncio.gather(*posting)
                await house.ready(client)
            assert len(poster.acknowledged) == events
            await _all_delivered(client, poster.acknowledged)
            house.signal(15)
            assert await house.ended() == 0
        _judge(journal.read(), poster.acknowledged, killed)


def _judge(received: list[Received], acknowledged: set[str], killed: list[tuple[float, float]]) -> None:
    arrivals: defaultdict[str, list[float]] = defaultdict(list)
    taken: defaultdict[str, int] = defaultdict(int)
    for one in received:
        assert one.key is not None
        assert one.problem is None
        assert one.values == {"id": one.key}
        arrivals[one.key].append(one.at.timestamp())
        taken[one.key] += one.status == 200
    lost = {id for id in acknowledged if not taken[id]}
    extra = {id: len(at) - USUAL[id.partition("-")[0]] for id, at in arrivals.items()}
    twice = {id: more for id, more in extra.items() if more > 0}
    print(
        f"{len(acknowledged)} acknowledged, {len(killed)} kills, {len(lost)} lost, {sum(twice.values())} sent twice"
    )
    assert not lost
    assert set(arrivals) <= acknowledged
    assert sum(twice.values()) <= len(killed) * CONCURRENCY * len(SOURCES)
    in_flight: defaultdict[int, set[str]] = defaultdict(set)
    for id, more in twice.items():
        cut = _cut_off(arrivals[id], killed)
        assert len(cut) >= more, f"{id} came at {arrivals[id]}, and was not in flight at so many of {killed}"
        if len(cut) == more:  # else nobody can say which of them it was
            for kill in cut:
                in_flight[kill].add(id)
    for ids in in_flight.values():
        for source in SOURCES:
            assert sum(id.startswith(source) for id in ids) <= CONCURRENCY


def _cut_off(arrivals: list[float], killed: list[tuple[float, float]]) -> list[int]:
    """The kills that may have cut off one of these attempts: it had arrived shortly before, and another one followed."""
    deaths = [dead for _, dead in killed]
    found = []
    for at, following in pairwise(arrivals):
        kill = bisect_left(deaths, at - 0.001)  # the journal's times are in milliseconds
        if kill < len(killed) and killed[kill][0] <= following and deaths[kill] - at < TO_ANSWER_AND_RECORD:
            found.append(kill)
    return found


def _loads(events: int, portions: int, chance: random.Random) -> list[list[list[dict[str, object]]]]:
    """Portions of posts: most of one event, some of ten."""
    names = [f"{'flaky' if index % 4 == 0 else 'steady'}-{index}" for index in range(events)]
    loads: list[list[list[dict[str, object]]]] = [[] for _ in range(portions)]
    bounds = [events * index // portions for index in range(portions + 1)]
    for portion, (start, end) in enumerate(pairwise(bounds)):
        while start < end:
            size = min(chance.choice([1, 1, 1, 1, 10]), end - start)
            some = names[start : start + size]
            loads[portion].append(
                [{"id": id, "type": "return", "source": id.partition("-")[0]} for id in some]
            )
            start += size
    return loads


async def _some_of(posting: list[asyncio.Task[None]], chance: random.Random) -> None:
    """Wait until a random share of the posts is acknowledged, and a little longer."""
    share = chance.randrange(len(posting))
    while sum(task.done() for task in posting) < share:
        await asyncio.sleep(0.002)
    await asyncio.sleep(chance.random() * 0.1)


async def _all_delivered(client: object, ids: set[str]) -> None:
    """Wait until the daemon itself says that all are delivered."""
    async with asyncio.timeout(60):
        while True:
            found: set[str] = set()
            after: str | None = None
            while True:
                query = {"state": "delivered", "limit": "1000"} | ({"after": after} if after else {})
                async with client.get("/events", params=query) as response:  # type: ignore[attr-defined]
                    told = await response.json()
                found.update(one["id"] for one in told["events"])
                after = told["next"]
                if after is None:
                    break
            if found == ids:
                return
            await asyncio.sleep(0.1)
