"""Answers that no source should give, from a raw socket: each attempt ends in time and is called what it is, and all the while
everybody else's events go out.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.attacks.aftermath import HEALTHY, lags, unharmed, unhurried
from tests.attacks.answers import ANSWERS, POISONS, Hostile
from tests.attacks.processes import hostile_source, with_wsdl
from tests.attacks.steps import Wait
from tests.faults.houses import House

SHORT = 5  # every so many-th when not thorough
ROUNDS = 20  # among which the answers are divided, so that the loop is looked at a hundred times
GROWTH = 50 * 1024  # KiB that the daemon may take beyond what it took before
LATE = 1.0  # seconds past its timeout, in which an attempt is ended, read and recorded on a busy machine
PATIENCE = 5.0  # seconds of a poster to the healthy source, on a busy machine
SECRET = "sk-live-5bb3890e9000974b"
NUMBERS = count()

BY_PATH = "  response: {outcome_search_path: PATH, outcome_search_term: ^accepted$, reason_path: REASON}\n"
READS = {
    "json": "  transport: json\n" + BY_PATH.replace("PATH", "status").replace("REASON", "message"),
    "nothing": "  transport: json\n",
    "text": "  transport: json\n  response: {outcome_search_term: ^accepted$}\n",
    "xml": "  transport: xml\n  mapping: {r.id: '{{ lead.id }}'}\n"
    + BY_PATH.replace("PATH", "//status").replace("REASON", "//message"),
    "html": "  transport: json\n" + BY_PATH.replace("PATH", ".status").replace("REASON", ".message"),
    "form": "  transport: formpost\n" + BY_PATH.replace("PATH", "status").replace("REASON", "message"),
    "soap": "  transport: soap\n  operation: Take\n  mapping: {Amid: x, Tree.Inner: x}\n"
    + BY_PATH.replace("PATH", "status").replace("REASON", "message"),
    "busy": "  transport: json\n",
    "follows": "  transport: json\n  follow_redirects: true\n",
}
AROUND = "  auth: {bearer: {file: key}}\n  breaker: off\n  concurrency: 1\n"


def source(name: str, row: Hostile) -> str:
    """The endpoint of one row."""
    url = f"PARTNER/{name}"
    address = f"  url: wsdl/strings.wsdl\n  address: {url}\n" if row.reads == "soap" else f"  url: {url}\n"
    retry = "  retry: {first: 10s}\n" if row.reads == "busy" else "  retry: {attempts: 1}\n"
    return f"return:\n{READS[row.reads]}{address}{retry}{AROUND}  timeout: {row.timeout * 1000:.0f}ms\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A daemon with an endpoint for each row, and a source that is as it should be."""
    folder = tmp_path_factory.mktemp("answers")
    rows = {**ANSWERS, **{f"poison-{name}": Hostile(()) for name in POISONS}}
    sources = {name: source(name.removeprefix("poison-"), row) for name, row in rows.items()}
    with hostile_source() as journal, House(folder, journal, {**sources, "healthy": HEALTHY}) as found:
        with_wsdl(found)
        key = found.conf / "secrets" / "key"
        key.parent.mkdir()
        key.write_text(SECRET)
        key.chmod(0o600)
        found.start()
        yield found


@pytest.fixture
async def client(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    """A session to it, and proof of its health once the test is over."""
    async with house.client() as session:
        await house.ready(session)
        yield session
        await unharmed(session, house.log())
        assert SECRET not in house.log()


def test_there_are_enough() -> None:
    """At least 60 answers, and what follows one."""
    assert len(ANSWERS) >= 60
    assert len(POISONS) >= 10


@pytest.mark.timeout(240)
async def test_each_is_called_what_it_is(house: House, client: aiohttp.ClientSession, thorough: bool) -> None:
    """In time, by its name, in bounds of memory, never a success by mistake, and with no secret that it was sent; a healthy
    source waits for nobody.
    """
    chosen = list(ANSWERS)[:: 1 if thorough else SHORT]
    rounds = ROUNDS if thorough else 1
    await unharmed(client, house.log())
    before, held = await lags(client), memory(house)
    assert [fault for at in range(rounds) for fault in await played(client, chosen[at::rounds])] == []
    if thorough:
        unhurried(before, await lags(client), house.pid)
    assert memory(house, "VmHWM") - held < GROWTH


async def played(client: aiohttp.ClientSession, names: list[str]) -> list[tuple[str, str]]:
    """What is wrong about the attempts that these answers led to, while a healthy source gets events."""
    done = asyncio.Event()
    others = asyncio.create_task(healthy_meanwhile(client, done))
    try:
        told = await asyncio.gather(*(tried(client, name) for name in names))
    finally:
        done.set()
    slowest = await others
    faults = [
        (name, fault)
        for name, story in zip(names, told, strict=True)
        if (fault := wrong(ANSWERS[name], story))
    ]
    return faults if slowest < PATIENCE else [*faults, ("healthy", f"waited for {slowest:.1f} s")]


async def tried(client: aiohttp.ClientSession, name: str) -> dict[str, Any]:
    """The story of one event at one endpoint, once it was tried."""
    told = await posted(client, name, wait=0)
    end = time.monotonic() + ANSWERS.get(name, Hostile(())).timeout + 10 * LATE
    while time.monotonic() < end:
        async with client.get(f"/events/{told['id']}") as answer:
            story: dict[str, Any] = await answer.json()
        if story["attempts"] and story["state"] != "sending":
            return story
        await asyncio.sleep(0.1)
    return story


async def posted(client: aiohttp.ClientSession, name: str, wait: int = 10, text: str = "") -> dict[str, Any]:
    """What the daemon says of a new event."""
    event = {
        "id": f"{name}.{next(NUMBERS)}",
        "type": "return",
        "source": name,
        "lead": {"id": "1", "v": text},
    }
    async with client.post("/events", json=event, headers={"Prefer": f"wait={wait}"}) as answer:
        assert answer.status in (200, 202), await answer.text()
        told: dict[str, Any] = await answer.json()
        return told


async def healthy_meanwhile(client: aiohttp.ClientSession, done: asyncio.Event) -> float:
    """Seconds that the slowest delivery to the healthy source took."""
    slowest = 0.0
    while not done.is_set():
        started = time.perf_counter()
        assert (await posted(client, "healthy"))["state"] == "delivered"
        slowest = max(slowest, time.perf_counter() - started)
        await asyncio.sleep(0.05)
    return slowest


def wrong(row: Hostile, story: dict[str, Any]) -> str | None:
    """What is wrong about a story; None where nothing is."""
    if len(story["attempts"]) != 1:
        return f"{len(story['attempts'])} attempts, {story['state']}"
    (attempt,) = story["attempts"]
    reason = attempt["reason"] or ""
    if attempt["outcome"] != row.outcome or not re.search(row.reason, reason):
        return f"{attempt['outcome']}: {reason}"
    if attempt["ms"] > (row.timeout + LATE) * 1000:
        return f"it took {attempt['ms']:.0f} ms"
    if SECRET in str(story):
        return "a secret is in it"
    if any(not (char.isprintable() or char == "\n") for char in reason):
        return f"it steers a terminal: {reason!r}"
    return wrong_wait(row, story)


def wrong_wait(row: Hostile, story: dict[str, Any]) -> str | None:
    """What is wrong about when it is tried again: a person or a calendar can wait for it."""
    states = {"success": "delivered", "failure": "rejected", "error": "parked"}
    if story["state"] != "queued":
        right = story["state"] == states[row.outcome]
        return None if right else story["state"]
    wait = datetime.fromisoformat(story["due_at"]) - datetime.fromisoformat(story["received_at"])
    is_near = timedelta(0) < wait < timedelta(days=3)
    return None if row.reads == "busy" and is_near else f"queued, for {wait}"


async def test_what_follows_an_answer_answers_nobody(client: aiohttp.ClientSession, thorough: bool) -> None:
    """Each of the next events gets the answer that was given to itself."""
    chosen = list(POISONS)[:: 1 if thorough else SHORT]  # one after another: they share their connections
    assert {name: await poisoned(client, name) for name in chosen} == dict.fromkeys(chosen, ["rejected"] * 3)


async def poisoned(client: aiohttp.ClientSession, name: str) -> list[str]:
    """What became of three events, one after another."""
    said = sum(step.seconds for step in POISONS[name] if isinstance(step, Wait))
    states = []
    for pause in (
        said + 0.1,
        0.0,
        0.0,
    ):  # what comes once the next is asked for, nobody can tell from its answer
        states.append((await posted(client, f"poison-{name}"))["state"])
        await asyncio.sleep(pause)
    return states


def memory(house: House, which: str = "VmRSS") -> int:
    """KiB that the daemon takes, or took at most."""
    status = Path(f"/proc/{house.pid}/status").read_text()
    found = re.search(rf"^{which}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return int(found[1])
