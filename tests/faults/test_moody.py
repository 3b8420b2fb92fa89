"""Sources that reset, hang, drip, flood, redirect or answer garbage, all at once, beside sources that are well."""

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.houses import House, Poster, partner_in
from tests.faults.judge import judge

# How each misbehaves, and what becomes of its events: tried again, refused, left to a person; a yes without end is one.
MOODS = {
    "resets": ("reset", "queued"),
    "breaks": ("reset-after", "queued"),
    "hangs": ("hang", "queued"),
    "drips": ("drip", "queued"),
    "floods": ("endless", "delivered"),
    "babbles": ("garbage", "queued"),
    "bursts": ("bomb", "delivered"),
    "fails": ("status:500", "queued"),
    "declines": ("status:422", "rejected"),
    "moves": ("redirect:302", "parked"),
    "circles": ("loop:307", "parked"),
}
WELL = ("well", "fit", "sound")
SOURCE = """
return:
  transport: json
  url: {partner}/json/{mood}
  mapping: {{id: "{{{{ event.id }}}}"}}
  timeout: 1s
  retry: {{first: 300ms, factor: 1, max: 300ms, within: 1h}}
  breaker: off
"""
AT_MOST = 2.0  # seconds from a post to the record of its delivery at a source that is well


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("_thorough_only")
async def test_what_is_well_goes_on_beside_what_is_not(tmp_path: Path, long: bool) -> None:
    """Each moody endpoint is given 5 events; those that are well get theirs at once, each once, none waits long.

    No event of the moody ones is lost: it is tried again in its time, rejected, or parked with a reason.
    3 s, with --long 30.
    """
    elsewhere = tmp_path / "elsewhere"  # or what floods would take the time of what is well
    elsewhere.mkdir()
    sources = {name: SOURCE.format(partner="PARTNER", mood="ok") for name in WELL}
    with (
        partner_in(elsewhere) as bad,
        partner_in(tmp_path) as journal,
        House(tmp_path, journal, sources) as house,
    ):
        for name, (mood, _) in MOODS.items():
            house.write(name, SOURCE.format(partner=bad.url, mood=mood))
        house.start()
        async with house.client() as client:
            await house.ready(client)
            moody, good = Poster(client), Poster(client)
            await moody.post([event(f"{name}-{n}") for name in MOODS for n in range(5)])
            waits = []
            end = time.monotonic() + (30 if long else 3)
            for number in range(10_000):
                if time.monotonic() > end:
                    break
                began = time.monotonic()
                waited = (_delivered(client, good, event(f"{name}-{number}")) for name in WELL)
                assert set(await asyncio.gather(*waited)) == {"delivered"}
                waits.append(time.monotonic() - began)
                await asyncio.sleep(0.05)
            told = await house.states(client)
            assert house.running is not None
            assert house.running.poll() is None
        waits.sort()
        print(f"{len(waits)} rounds, median {waits[len(waits) // 2]:.3f} s, longest {waits[-1]:.3f} s")
        assert waits[-1] < AT_MOST
        rest = {id: state for id, state in told.items() if id in good.posted}
        judge(journal.read(), good.acknowledged, good.posted, rest).uphold()
        for name, (_, state) in MOODS.items():
            states = Counter(told[f"{name}-{n}"].replace("sending", "queued") for n in range(5))
            assert states.keys() <= {state, "queued"}, f"{name}: {states}"
            assert any(str(one.key).startswith(name) for one in bad.read())
            if state in ("rejected", "parked"):
                assert states.keys() == {state}


def event(id: str) -> dict[str, Any]:
    return {"id": id, "type": "return", "source": id.partition("-")[0]}


async def _delivered(client: aiohttp.ClientSession, poster: Poster, one: dict[str, Any]) -> str:
    """Post an event and wait for what becomes of it."""
    poster.posted.add(one["id"])
    async with client.post("/events", json=one, headers={"Prefer": "wait=10"}) as response:
        told = await response.json()
    poster.acknowledged.add(told["id"])
    return str(told["state"])
