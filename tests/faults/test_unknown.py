"""`on_unknown: park`: what was being sent when the daemon was killed waits for a person, and is not sent again."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.houses import House, Poster, partner_in

SOURCE = """
return:
  transport: json
  url: PARTNER/json/slow:1.5
  mapping: {id: "{{ event.id }}"}
  on_unknown: ON_UNKNOWN
"""


async def story(client: aiohttp.ClientSession, id: str, *states: str) -> Any:
    async with asyncio.timeout(20):
        while True:
            async with client.get(f"/events/{id}") as response:
                told = await response.json()
            if told["state"] in states:
                return told
            await asyncio.sleep(0.05)


async def test_a_kill_in_flight_parks_where_nothing_may_go_twice(tmp_path: Path) -> None:
    """Judged by the partner's journal: one request of the careful source, two of the other, and both are accounted for."""
    sources = {
        name: SOURCE.replace("ON_UNKNOWN", how) for name, how in (("careful", "park"), ("usual", "retry"))
    }
    with partner_in(tmp_path) as journal, House(tmp_path, journal, sources) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            poster = Poster(client)
            await poster.post([{"id": name, "type": "return", "source": name} for name in sources])
            for name in sources:
                await story(client, name, "sending")
            await asyncio.sleep(0.3)  # until both are on the wire; the answers take longer
            house.kill()
            house.start()
            await house.ready(client)
            parked = await story(client, "careful", "parked")
            await story(client, "usual", "delivered")
            assert await journal.arrived(3)
            house.signal(15)
            assert await house.ended() == 0
    keys = [received.key or "" for received in journal.read()]
    assert sorted(keys) == ["careful", "usual", "usual"]
    [attempt] = parked["attempts"]
    assert (attempt["maybe_received"], attempt["request"]["body"]) == (True, '{"id":"careful"}')
    assert attempt["notes"] == [
        "parked: the source may have received it, and `on_unknown: park` sends nothing twice"
    ]
    assert "a daemon ended while it was being sent" in house.log()
