"""Bodies that no poster should send: refused with the place that is wrong, or stored as they were posted to the byte."""

import io
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from gateway import jsontext
from tests.attacks.aftermath import HEALTHY, lags, unharmed, unhurried
from tests.attacks.bodies import BODIES, NDJSON, Posted
from tests.faults.houses import House, partner_in

LIMITS = "limits: {body: 1MiB, events: 100}\n"
SOURCE = """\
return:
  transport: json
  url: PARTNER/json
  mapping: {lead_id: "{{ lead.id }}", price: "{{ price }}", note: "{{ note }}", at: "{{ feedback.timestamp }}"}
"""
LONGEST = 4096  # bytes of an answer that refuses
SHORT = 4  # every so many-th is posted when not thorough


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("bodies")
    sources = {"acme": SOURCE, "healthy": HEALTHY}
    with partner_in(folder) as partner, House(folder, partner, sources) as found:
        gateway = found.conf / "gateway.yaml"
        gateway.write_text(gateway.read_text() + LIMITS)
        found.start()
        yield found


def test_there_are_enough() -> None:
    """At least 150 bodies."""
    assert len(BODIES) >= 150


async def test_each_is_refused_by_its_place_or_stored_as_it_is(house: House, thorough: bool) -> None:
    """The status and the pointer are right, none is 500; what was accepted is in the store to the byte, and nothing else."""
    chosen = dict(list(BODIES.items())[:: 1 if thorough else SHORT])
    expected: Counter[str] = Counter()
    async with house.client() as client:
        await house.ready(client)
        before = await lags(client)
        wrong = {name: fault for name, posted in chosen.items() if (fault := await _fault(client, posted))}
        assert not wrong, "\n".join(f"{name}: {fault}" for name, fault in wrong.items())
        for posted in chosen.values():
            expected.update(_taken(posted))
        assert _stored(house.data) == expected
        states = await house.settled(client, expected.total())
        assert set(states.values()) == {"delivered"}
        await unharmed(client, house.log())
        unhurried(before, await lags(client), house.pid)


async def _fault(client: aiohttp.ClientSession, posted: Posted) -> str | None:
    """What is wrong about the answer; None where nothing is."""
    headers = {"Content-Type": posted.kind}
    async with client.post(posted.path, data=io.BytesIO(posted.body), headers=headers) as answer:
        text = await answer.text()
        told = jsontext.loads(text)
    if answer.status != posted.right:
        return f"{answer.status}: {text[:300]}"
    if answer.status == 202:
        if posted.refused is None:
            return None
        refused = tuple(at for at, one in enumerate(told["events"]) if "problem" in one)
        return None if refused == posted.refused else f"refused are {refused}"
    if len(text) > LONGEST:
        return f"an answer of {len(text)} bytes"
    if answer.content_type != "application/problem+json":
        return answer.content_type
    named = [error["pointer"] for error in told.get("errors", ())]
    return None if posted.at in (named or [""]) else f"it names {named}: {text[:300]}"


def _taken(posted: Posted) -> list[str]:
    """The texts of the events that are to be stored."""
    if posted.right != 202:
        return []
    text = posted.body.decode()
    if posted.refused is None:
        return [text]
    parts = text.split("\n") if posted.kind == NDJSON else list(jsontext.elements(text))
    return [part for at, part in enumerate(parts) if part and at not in posted.refused]


def _stored(data: Path) -> Counter[str]:
    [path] = data.glob("*.db")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return Counter(row[0] for row in connection.execute("SELECT body FROM event"))
