"""The largest events that are taken, for every transport at once: whoever is small waits for none of them."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest

from gateway import jsontext
from tests.attacks.aftermath import HEALTHY, lags, unharmed, unhurried
from tests.attacks.processes import hostile_source, with_wsdl
from tests.faults.houses import House

ROUNDS = 4  # so that the loop is looked at more than a hundred times
WHOLE = "{{ lead.v }}"
SOURCES = {
    "json": f"transport: json\n  mapping: {{v: '{WHOLE}', w: 'x {WHOLE}'}}",
    "ascii": f"transport: json\n  send_ascii: true\n  mapping: {{v: '{WHOLE}'}}",
    "form": f"transport: formpost\n  mapping: {{v: '{WHOLE}'}}",
    "query": f"transport: query\n  mapping: {{v: '{WHOLE}'}}",
    "xml": f"transport: xml\n  mapping: {{r.v: '{WHOLE}'}}",
    "soap": f"transport: soap\n  operation: Take\n  mapping: {{Item: '{WHOLE}', Amid: x, Tree.Inner: x}}",
    "rules": "transport: json\n  criteria: {rules: [{field: lead.v, op: does not match pattern, value: '/(a|b)*a(a|b){40}c/'}]}",
    "once": "transport: json\n  criteria: {once: lead.v}",
    "filters": f"transport: json\n  mapping: {{v: '{WHOLE[:-3]} | json | sha256 }}}}', w: '{WHOLE[:-3]} | urlencode }}}}'}}",
}
VALUES: dict[str, Any] = {
    "text": "x" * 250_000,
    "letters": "".join(Random(3).choices("ab", k=250_000)),
    "words": ["ab"] * 40_000,
    "object": {f"k{at}": at for at in range(15_000)},
    "deep": {"a": [{"b": [at, {"c": "d"}]} for at in range(9_000)]},
    "numbers": [10**900] * 250,
    "marks": "<&\">'" * 40_000,
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A daemon with an endpoint for each."""
    sources = {"healthy": HEALTHY}
    for name, text in SOURCES.items():
        address = (
            "  url: wsdl/strings.wsdl\n  address: PARTNER/json\n"
            if name == "soap"
            else "  url: PARTNER/json\n"
        )
        sources[name] = f"return:\n  breaker: off\n  retry: {{attempts: 1}}\n{address}  {text}\n"
    with hostile_source() as journal, House(tmp_path, journal, sources) as found:
        with_wsdl(found)
        found.start()
        yield found


@pytest.mark.usefixtures("_thorough_only")
@pytest.mark.timeout(240)
async def test_nobody_waits_for_a_large_event(house: House) -> None:
    """Each is settled, and the loop goes on all the while."""
    async with house.client() as client:
        await house.ready(client)
        before = await lags(client)
        for value in ROUNDS * [*VALUES.values()]:
            await asyncio.gather(*(settled(client, source, value) for source in SOURCES))
        await unharmed(client, house.log())
        unhurried(before, await lags(client), house.pid)


async def settled(client: aiohttp.ClientSession, source: str, value: Any) -> None:
    """Post an event, and wait for what becomes of it."""
    event = jsontext.dumps({"type": "return", "source": source, "lead": {"id": "1", "v": value}})
    headers = {"Content-Type": "application/json", "Prefer": "wait=60"}
    began = time.monotonic()
    async with client.post("/events", data=event.encode(), headers=headers) as answer:
        told = await answer.json()
    assert told["state"] in ("delivered", "rejected", "vetoed", "parked"), told
    assert time.monotonic() - began < 30
