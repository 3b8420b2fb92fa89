"""Patterns that hang other engines, in the conf of a running daemon: refused by name, or asked in a time that grows with the text."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest

from gateway import jsontext
from gateway.patterns import Pattern
from tests.attacks.aftermath import HEALTHY, lags, unharmed, unhurried
from tests.attacks.patterns import PATTERNS
from tests.attacks.processes import hostile_source
from tests.attacks.test_answers import posted
from tests.faults.houses import House

AT_ONCE = 3  # patterns
LONGEST = 15_000.0  # ms of an attempt, the answer included, on a busy machine
SOON = 0.1  # seconds of CPU for 16 KiB; usual are 7 ms at worst
KIB_250 = 250 * 1024
TEXTS = {
    "letters": "".join(Random(2).choices("ab", k=KIB_250)),
    "one letter": "a" * KIB_250 + "!",
    "words": "word " * (KIB_250 // 5) + "!",
    "blanks": " " * KIB_250 + "x",
    "an address": "a." * (KIB_250 // 2) + "@",
    "signs": "x=" * (KIB_250 // 2) + "y",
}
TAKEN = [name for name, (_, refusal) in PATTERNS.items() if not refusal]
REFUSED = [name for name in PATTERNS if name not in TAKEN]


def asking(name: str) -> dict[str, str]:
    """Two sources: a pattern that is asked of what is posted, and the same of an answer."""
    pattern = PATTERNS[name][0]
    slashed = jsontext.dumps(pattern if pattern.startswith("/") else f"/{pattern}/")
    common = "return:\n  transport: json\n  url: PARTNER/a-mebibyte-of-letters\n  breaker: off\n  retry: {attempts: 1}\n"
    rule = f"{{field: lead.v, op: does not match pattern, value: {slashed}}}"
    return {
        f"rule-{name}": f"{common}  criteria: {{rules: [{rule}]}}\n".replace("a-mebibyte-of-letters", "json"),
        f"answer-{name}": f"{common}  response: {{outcome_search_term: {jsontext.dumps(pattern)}}}\n",
    }


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A daemon with two endpoints for each pattern that is taken."""
    sources = {"healthy": HEALTHY} | {source: text for name in TAKEN for source, text in asking(name).items()}
    with hostile_source() as journal, House(tmp_path, journal, sources) as found:
        found.start()
        yield found


def test_there_are_enough() -> None:
    """At least 40, of which some are taken."""
    assert len(PATTERNS) >= 40
    assert min(len(TAKEN), len(REFUSED)) >= 20


@pytest.mark.parametrize("name", TAKEN)
def test_time_grows_with_the_text_and_no_faster(name: str) -> None:
    """What takes other engines years is over in a moment."""
    pattern = Pattern.compile(PATTERNS[name][0])
    for text in TEXTS.values():
        began = time.process_time()
        pattern.holds(text[: 16 * 1024])
        assert time.process_time() - began < SOON


@pytest.mark.usefixtures("_thorough_only")
async def test_a_reload_names_what_no_engine_should_take(house: House) -> None:
    """Every refused pattern is a problem of its own file, in words; what is taken goes on."""
    async with house.client() as client:
        await house.ready(client)
        for name in REFUSED:
            for source, text in asking(name).items():
                house.write(source, text)
        async with client.post("/-/reload") as answer:
            assert answer.status == 207
            told: list[str] = (await answer.json())["problems"]
        for name in REFUSED:
            for source in asking(name):
                (fault,) = [fault for fault in told if fault.startswith(f"sources/{source}.yaml:")]
                assert re.search(PATTERNS[name][1], fault), fault
                assert re.match(r"sources/[\w-]+\.yaml:\d+:\d+: return\.", fault), fault
                (house.conf / "sources" / f"{source}.yaml").unlink()
        await unharmed(client, house.log())


@pytest.mark.usefixtures("_thorough_only")
@pytest.mark.timeout(240)
async def test_the_longest_texts_and_answers_hold_up_nobody(house: House) -> None:
    """Every pattern that is taken, asked of the longest events and the longest answers: soon settled, and the loop goes on."""
    async with house.client() as client:
        await house.ready(client)
        before = await lags(client)
        for at in range(0, len(TAKEN), AT_ONCE):
            asked = TAKEN[at : at + AT_ONCE]
            rules = [attempted(client, f"rule-{name}", text) for name in asked for text in TEXTS.values()]
            answers = [attempted(client, f"answer-{name}", "") for name in asked]
            for source, attempt in await asyncio.gather(*rules, *answers):
                assert attempt["ms"] < LONGEST, source
                assert "too long" not in (attempt["reason"] or ""), (source, attempt["reason"])
        await unharmed(client, house.log())
        unhurried(before, await lags(client), house.pid)


async def attempted(client: aiohttp.ClientSession, source: str, text: str) -> tuple[str, dict[str, Any]]:
    """The one attempt of an event with such a text, once it is settled."""
    told = await posted(client, source, wait=60, text=text)
    assert told["state"] in ("delivered", "rejected", "vetoed", "parked"), (source, told)
    async with client.get(f"/events/{told['id']}") as answer:
        (attempt,) = (await answer.json())["attempts"]
        return source, attempt
