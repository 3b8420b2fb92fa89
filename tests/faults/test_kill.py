"""kill -9 under load: what was acknowledged is delivered, and only what was in flight is sent twice."""

import asyncio
import random
import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.faults.houses import House, Poster, partner_in
from tests.faults.judge import judge
from tests.faults.warm import nursery

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
  breaker: off
""",
}
EVENTS = 20  # between two kills
AMID_THE_START = 0.1  # of the kills come before the daemon is ready


def usual(id: str) -> int:
    """How often the partner hears of an event where nothing goes wrong: of a flaky one it says 503 once."""
    return 2 if id.startswith("flaky") else 1


@pytest.mark.timeout(3600)
async def test_what_was_acknowledged_is_delivered_whatever_is_killed(
    tmp_path: Path, long: bool, thorough: bool
) -> None:
    """Judged by the partner's own journal: nothing is lost, and what came twice was in flight at a kill.

    5 kills, 100 with --thorough, 1,000 with --long; one in ten while the daemon still starts.
    """
    kills = 1000 if long else 100 if thorough else 5
    chance = random.Random(20261123)
    with nursery() as warm, partner_in(tmp_path) as journal, House(tmp_path, journal, SOURCES) as house:
        house.start_from(warm)
        async with house.client() as client:
            poster = Poster(client)
            faults = []
            began = time.monotonic()
            for load in _loads(EVENTS * kills, kills, chance):
                posting = [asyncio.create_task(poster.post(some)) for some in load]
                if chance.random() < AMID_THE_START:
                    await asyncio.sleep(chance.random() * 0.3)
                else:
                    await house.ready(client)
                    await _some_of(posting, chance)
                began_to_die, _ = house.kill()
                await journal.caught_up()  # what the dead one had sent is of before this moment
                faults.append((began_to_die, time.time()))
                house.start_from(warm)
                await asyncio.gather(*posting)
            spent = time.monotonic() - began
            await house.ready(client)
            told = await house.settled(client, EVENTS * kills, 60 + kills)
            house.signal(15)
            await house.logged("daemon.stopped")
        print(f"{spent / kills:.2f} s per kill")
        assert len(poster.acknowledged) == EVENTS * kills
        judge(journal.read(), poster.acknowledged, poster.posted, told, faults, usual=usual).uphold()


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
