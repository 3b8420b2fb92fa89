"""Awkward strings through the front door to sources that read with other parsers: the same text arrives, or the story says why not."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import pytest

from tests.attacks.aftermath import HEALTHY, lags, unharmed, unhurried
from tests.attacks.processes import receivers, with_wsdl
from tests.attacks.strings import Row
from tests.attacks.strings_of_formats import ROWS
from tests.attacks.strings_sources import FORBIDDEN, NOTHING, SOURCES, event, expected
from tests.faults.houses import House

SHORT = 23  # every so many-th string when not thorough
BATCH = 500
JSON = {"Content-Type": "application/json"}
TAKEN = {f"r{at}": row for at, row in enumerate(ROWS.values()) if row.fate.taken}
REFUSED = [row for row in ROWS.values() if not row.fate.taken]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A daemon with a source for each transport and each place."""
    folder = tmp_path_factory.mktemp("strings")
    sources = {
        name: f"return:\n  retry: {{attempts: 2, first: 100ms}}\n{text}" for name, text in SOURCES.items()
    }
    with receivers(folder) as journal, House(folder, journal, {**sources, "healthy": HEALTHY}) as found:
        with_wsdl(found)
        found.start()
        yield found


@pytest.fixture
async def client(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    """A session to it."""
    async with house.client() as session:
        await house.ready(session)
        yield session


async def posted(client: aiohttp.ClientSession, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the intake says of each of many."""
    told: list[dict[str, Any]] = []
    for at in range(0, len(events), BATCH):
        # Half characters are written as JSON escapes: no other way of posting them is text.
        async with client.post("/events", data=json.dumps(events[at : at + BATCH]), headers=JSON) as answer:  # fmt: skip
            assert answer.status in (202, 422, 200), await answer.text()
            told += (await answer.json())["events"]
    return told


@pytest.mark.timeout(240)
async def test_each_arrives_as_it_was_posted(
    house: House, client: aiohttp.ClientSession, thorough: bool
) -> None:
    """Over every transport, in every place: the same text at a parser that is not ours, or a story that says why not."""
    chosen = dict(list(TAKEN.items())[:: 1 if thorough else SHORT])
    events = [event(source, key, row.text) for source in SOURCES for key, row in chosen.items()]
    before = await lags(client)
    told = await posted(client, events)
    assert [one["id"] for one in told] == [one["id"] for one in events]
    states = await house.settled(client, len(events), 60)
    read = journalled(house)
    wrong = {}
    for source in SOURCES:
        for key, row in chosen.items():
            id_, right = f"{source}-{key}", expected(source, row.text, row.fate)
            if read.get(id_, NOTHING) != right or states[id_] != (
                "parked" if right == NOTHING else "delivered"
            ):
                wrong[f"{source}: {row.name}"] = (read.get(id_, NOTHING), right, states[id_])
    assert wrong == {}
    untold = {
        f"{source}-{key}": row.name
        for source in SOURCES
        for key, row in chosen.items()
        if not await is_told(client, source, key, row)
    }
    assert untold == {}
    await unharmed(client, house.log())
    if thorough:
        unhurried(before, await lags(client), house.pid)


def journalled(house: House) -> dict[str, Any]:
    """What the receivers read, by event; nothing was sent twice, and nothing was no request."""
    lines = [json.loads(line) for line in (house.folder / "journal.ndjson").read_text().splitlines()]
    read = {line["key"]: line["read"] for line in lines}
    assert len(read) == len(lines)
    return read


async def is_told(client: aiohttp.ClientSession, source: str, key: str, row: Row) -> bool:
    """Whether the story says what did not arrive: why it is parked, what was left out, what was removed."""
    sent = expected(source, row.text, row.fate)
    removed = source in ("xml", "xml_in_form", "soap") and FORBIDDEN.search(row.text)
    blank = row.fate.body == "blank" and source not in ("header", "action", "path")
    if not (sent == NOTHING or removed or blank):
        return True
    async with client.get(f"/events/{source}-{key}") as answer:
        [attempt] = (await answer.json())["attempts"]
    if sent == NOTHING:
        where = {"header": "X-Text", "action": "SOAPAction", "path": "url", "as_written": "name"}[source]
        return where in attempt["reason"]
    notes = " ".join(attempt["notes"])
    left_out = {
        "json_in_form": "extra_parameters.plain",
        "xml_in_form": "extra_parameters.plain",
        "xml": "Return.Text",
        "soap": "Text",
    }.get(source, "text")
    return (not removed or "XML" in notes) and (not blank or left_out in attempt["left_out"])


FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "/reason": lambda text: {"reason": text},
    "/lead/text": lambda text: {"lead": {"text": text}},
    "/lead/list/1": lambda text: {"lead": {"list": ["x", text]}},
    "/recipient/id": lambda text: {"recipient": {"id": text}},
    "/flow/name": lambda text: {"flow": {"name": text}},
    "/note": lambda text: {"note": text},
    "/lead": lambda text: {"lead": {text: "named"}},
    "": lambda text: {text: "named"},
}


async def test_what_no_text_is_stays_outside(client: aiohttp.ClientSession) -> None:
    """NUL and half characters, in every field and as a name: refused with the place, and nothing is stored."""
    for row in REFUSED:
        for pointer, made in FIELDS.items():
            posted = {"type": "return", "source": "json", "id": "never", **made(row.text)}
            async with client.post("/events", data=json.dumps(posted), headers=JSON) as answer:
                told = await answer.json()
            assert (answer.status, [one["pointer"] for one in told["errors"]]) == (400, [pointer]), row.name
    async with client.get("/events/never") as answer:
        assert answer.status == 404


async def test_an_id_is_a_word_or_refused(client: aiohttp.ClientSession) -> None:
    """As the id of an event, a source or a flow: kept as it is, or refused with the field's name."""
    events = [
        {"id": row.text, "type": "return", "source": row.text, "flow": {"id": row.text}}
        for row in TAKEN.values()
    ]
    told = await posted(client, events)
    wrong = {}
    for row, one in zip(TAKEN.values(), told, strict=True):
        pointers = [error["pointer"] for error in one["problem"]["errors"]] if "problem" in one else []
        if row.fate.id != (one.get("id") == row.text) or pointers != (
            [] if row.fate.id else ["/source", "/id", "/flow/id"]
        ):
            wrong[row.name] = one
    assert wrong == {}
    words = [row.text for row in TAKEN.values() if row.fate.id]
    async with client.get(f"/events/{words[0]}") as answer:
        assert (await answer.json())["source"] == words[0]


def test_there_are_enough() -> None:
    """At least 500 different texts, with each fate among them."""
    assert len({row.text for row in ROWS.values()}) >= 500
    fates = [row.fate for row in ROWS.values()]
    assert {fate.header for fate in fates} == {"same", "trimmed", "dropped", "parked"}
    assert {fate.xml for fate in fates} == {"same", "blank", "removed"}
