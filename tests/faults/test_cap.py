"""A cap under load and kill -9: exactly as many are delivered as it allows, whatever was in flight when it died."""

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.houses import House, Poster, partner_in

CAP, CONCURRENCY = 50, 8
CAPPED = f"""
return:
  transport: json
  url: PARTNER/json/slow:0.02
  concurrency: {CONCURRENCY}
  mapping: {{id: "{{{{ event.id }}}}"}}
  criteria: {{cap: {{max: {CAP}, per: month}}}}
"""


@pytest.mark.timeout(120)
async def test_exactly_as_many_are_delivered_as_the_cap_allows(tmp_path: Path, long: bool) -> None:
    """1,000 events at once against 50 places, and the daemon killed in between: 50 are delivered, 950 are vetoed.

    Of what was in flight at a kill the partner may have heard; that is all it hears beyond the cap. In the short form
    1 kill, with --long 8.
    """
    kills = 8 if long else 1
    chance = random.Random(20261123)
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"capped": CAPPED}) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            poster = Poster(client)
            events = [{"id": f"e-{n}", "type": "return", "source": "capped"} for n in range(1000)]
            posting = [
                asyncio.create_task(poster.post(events[start : start + 100])) for start in range(0, 1000, 100)
            ]
            for kill in range(kills):
                await journal.arrived(min(CAP - 10, (kill + 1) * CAP // (kills + 1)))
                await asyncio.sleep(chance.random() * 0.02)
                house.kill()
                house.start()
            await asyncio.gather(*posting)
            await house.ready(client)
            found = await _all_final(client, len(events))
        assert found == {"delivered": CAP, "vetoed": len(events) - CAP}
        heard = {received.key for received in journal.read()}
        print(f"{len(heard)} heard of, {len(journal.read())} requests, {kills} kills")
        assert CAP <= len(heard) <= CAP + kills * CONCURRENCY


async def _all_final(client: aiohttp.ClientSession, count: int) -> Counter[str]:
    """How many events ended in which state, once all have ended."""
    async with asyncio.timeout(60):
        while True:
            states = Counter(one["state"] for one in await _listed(client))
            if states.total() == count and not {"queued", "sending"} & states.keys():
                return states
            await asyncio.sleep(0.1)


async def _listed(client: aiohttp.ClientSession) -> list[dict[str, Any]]:
    async with client.get("/events", params={"limit": "1000"}) as response:
        told = await response.json()
    return list(told["events"])
