"""A wall clock that jumps while the daemon runs: no storm, nothing stuck, nothing given up before its time."""

import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.testing.partner import Received
from tests.faults.houses import House, Poster, partner_in
from tests.faults.judge import judge
from tests.faults.machine import faked_time

JUMPS = ("+1h", "-1h", "+1d", "-10y", "+0")
FIRST = 0.4  # seconds: the first pause between two tries of a source that says no answer is to be had
# libfaketime 0.9.10 leaves timers alone as we want it to, but then has time.sleep fail.
PROGRAM = (
    sys.executable,
    "-c",
    "import select, time; time.sleep = lambda seconds: select.select([], [], [], seconds)\n"
    "from gateway.cli import main; main()",
)
ANSWERS_AGAIN = 3  # tries that are answered with 503, per event
SOURCES = {
    "steady": 'return: {transport: json, url: PARTNER/json, mapping: {id: "{{ event.id }}"}}\n',
    # Says 503, and in a second again, three times; its tries may take 90 s.
    "flaky": f"""
return:
  transport: json
  url: PARTNER/json/flaky:{ANSWERS_AGAIN}
  mapping: {{id: "{{{{ event.id }}}}"}}
  retry: {{first: 400ms, factor: 1, max: 400ms, within: 90s}}
  breaker: off
""",
    # Never answers well: it shows how often it is asked.
    "down": """
return:
  transport: json
  url: PARTNER/json/status:503
  mapping: {id: "{{ event.id }}"}
  retry: {first: 400ms, factor: 1, max: 400ms, within: 1h}
  breaker: off
""",
}


def usual(id: str) -> int:
    """How often the partner hears of an event where nothing goes wrong."""
    return 1 + ANSWERS_AGAIN if id.startswith("flaky") else 1


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("_thorough_only")
async def test_no_jump_of_the_clock_is_a_storm_or_the_end_of_anything(tmp_path: Path, long: bool) -> None:
    """±1 h, +1 day, -10 years and back, with events waiting for their next try at each jump.

    All that can be delivered is, and soon. What is tried again keeps its pauses, but for one try per jump, which a
    clock that is put on makes due at once. 1.5 s between two jumps, with --long 10.
    """
    clock = tmp_path / "clock"
    clock.write_text("+0")
    with partner_in(tmp_path) as journal, House(tmp_path, journal, SOURCES) as house:
        house.start(program=PROGRAM, env=faked_time(clock))
        async with house.client() as client:
            await house.ready(client)
            poster = Poster(client)
            await poster.post([event(f"down-{n}") for n in range(5)])
            for number, jump in enumerate(JUMPS):
                await poster.post(
                    [event(f"{name}-{number}-{n}") for name in ("steady", "flaky") for n in range(5)]
                )
                await asyncio.sleep(0.3)
                clock.with_suffix(".new").write_text(jump)
                clock.with_suffix(".new").replace(clock)
                await asyncio.sleep(10 if long else 1.5)
            asked = Counter(journal.keys())
            await asyncio.sleep(2 * FIRST)
            assert all(
                more > asked[key] for key, more in Counter(journal.keys()).items() if "down" in str(key)
            )
            told = await _final(house, client)
        assert {state for id, state in told.items() if id.startswith("down")} <= {"queued", "sending"}
        years = {line["timestamp"][:4] for line in map(json.loads, house.log().splitlines())}
        assert len(years) > 1, "the clock never jumped"
        received = journal.read()
        good = {id: state for id, state in told.items() if not id.startswith("down")}
        judge([one for one in received if one.key in good], set(good), set(good), good, usual=usual).uphold()
        hasty = _hasty(received)
        print(
            f"{len(received)} requests, {sum(hasty.values())} sooner than a clock that never jumps would have it"
        )
        assert all(count <= len(JUMPS) for count in hasty.values())


def event(id: str) -> dict[str, Any]:
    return {"id": id, "type": "return", "source": id.partition("-")[0]}


async def _final(house: House, client: aiohttp.ClientSession) -> dict[str, str]:
    """The states, once all that can be delivered is final."""
    async with asyncio.timeout(20):
        while True:
            told = await house.states(client)
            if all(state == "delivered" for id, state in told.items() if not id.startswith("down")):
                return told
            await asyncio.sleep(0.1)


def _hasty(received: Sequence[Received]) -> Counter[str]:
    """How often an event was sent again before half of its pause was over, which is the least that jitter leaves."""
    arrivals: defaultdict[str, list[float]] = defaultdict(list)
    for one in received:
        arrivals[str(one.key)].append(one.at.timestamp())
    return Counter(
        {
            id: sum(after - before < FIRST / 2 - 0.005 for before, after in pairwise(at))
            for id, at in arrivals.items()
        }
    )
