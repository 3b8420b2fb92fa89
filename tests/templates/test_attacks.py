"""Every attack of the list is refused at load, or ends soon and small; a real daemon answers others all the while."""

import asyncio
import os
import time
import tracemalloc
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from gateway import jsontext
from gateway.errors import RenderError
from gateway.templates import Template, to_text
from gateway.templates.text import MAX_OUTPUT
from tests.attacks.aftermath import lags, unhurried
from tests.faults.houses import House, Journal
from tests.templates.attacks import HOSTILE, POSTED, TAKERS, WRITTEN

TABLES = {"t": {"a": 1, "x": "y"}}
NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
TAKEN = {"now": NOW, "today": NOW.date(), "random": "0" * 32}
SECONDS = 0.3  # of CPU for one attack, on a busy machine; usual are 0 to 0.05
BYTES = 16 * 1024 * 1024
TAKEN_OR_REFUSED = (202, 400, 413)  # 400: what is no JSON as it is taken, such as a NUL
HEALTHY = 0.1  # seconds until an answer
SHORT = 5  # every so many-th value is posted when not thorough


def outcome(text, variables):
    """What a template makes: its value, or why there is none."""
    try:
        template = Template.compile(text, TABLES)
    except ValueError as error:
        return error
    try:
        return template.render({**variables, **TAKEN})
    except RenderError as error:
        return error


def seconds(work):
    """Of CPU; the least of three times, since a collection of garbage may fall into one."""
    taken = []
    for _ in range(3):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


@contextmanager
def bounded_memory():
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < BYTES
    finally:
        tracemalloc.stop()


def test_there_are_enough():
    """Ways out and ways to exhaust, written and posted."""
    assert len(WRITTEN) >= 40
    assert len(POSTED) >= 40


@pytest.mark.parametrize("name", WRITTEN)
def test_a_written_attack_ends_soon_and_small(name):
    """Refused with a sentence, parked with one, or a value within the bound."""
    variables = {**HOSTILE, "lead": HOSTILE}
    with bounded_memory():
        made = outcome(WRITTEN[name], variables)
    assert seconds(lambda: outcome(WRITTEN[name], variables)) < SECONDS
    assert isinstance(made, Exception) or len(to_text(made).encode()) <= MAX_OUTPUT
    assert "0x" not in str(made)
    assert "<class" not in str(made)


TAKING = [Template.compile(text, TABLES) for text in TAKERS]


@pytest.mark.parametrize("name", POSTED)
def test_a_posted_attack_ends_soon_and_small(name):
    """Whichever filter takes it: a value, or the sentence of a RenderError, in time and within the bound of memory."""
    v, w = POSTED[name]
    variables = {"lead": {"v": v, "w": w}, **TAKEN}
    slowest = 0.0
    for template in TAKING:
        started = time.process_time()
        with suppress(RenderError):
            assert "<class" not in to_text(template.render(variables))
        slowest = max(slowest, time.process_time() - started)
    assert slowest < SECONDS
    with bounded_memory(), suppress(RenderError):
        for template in TAKING:
            template.render(variables)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a(?:.*c)?)", "a" * 65_536),
        ("a[ab]{900}c", "ab" * 32_768),
        ("(test|fake).{0,200}xlead", "test " * 13_000),
    ],
)
def test_a_pattern_that_takes_long_is_given_up(pattern, text):
    """`extract` looks for no match longer than it should, and says so."""
    template, scope = f"{{{{ lead.v | extract('{pattern}') }}}}", {"lead": {"v": text}}
    made = outcome(template, scope)
    assert str(made).endswith(f"the pattern {pattern} takes too long in a text of this length (narrow it)")
    assert seconds(lambda: outcome(template, scope)) < 0.1


def source(mapping):
    lines = "".join(f"    k{at}: {jsontext.dumps(text)}\n" for at, text in enumerate(mapping))
    return f"return:\n  transport: json\n  url: http://127.0.0.1:1/\n  blank: empty\n  mapping:\n{lines}"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A daemon with one endpoint for each filter and operator that takes what is posted."""
    folder = tmp_path_factory.mktemp("attacked")
    sources = {f"taker{at}": source([text]) for at, text in enumerate(TAKERS)}
    with House(folder, Journal("http://127.0.0.1:1", folder / "journal"), sources) as found:
        (found.conf / "tables").mkdir()
        (found.conf / "tables" / "t.yaml").write_text("a: 1\n")
        found.start()
        yield found


def lost_to_others(*pids):
    """Seconds for which these processes were ready to run and no processor was free (see sched-stats of Linux)."""
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) for pid in pids) / 1e9


async def slowest_health(house, client, work):
    """Seconds of the slowest answer of /-/healthy while something is under way, and what came of that.

    Where other programs had the machine, that time is taken off.
    """
    doing, slowest = asyncio.ensure_future(work), 0.0
    pids = (os.getpid(), house.running.pid)
    while not doing.done():
        started, lost = time.perf_counter(), lost_to_others(*pids)
        async with client.get("/-/healthy") as answer:
            assert answer.status == 200
        slowest = max(slowest, time.perf_counter() - started - (lost_to_others(*pids) - lost))
        await asyncio.sleep(0.005)
    return slowest, await doing


async def calm(house, client, attack):
    """Run an attack; again where health was slow, since the machine may be: an attack is slow each time."""
    for _ in range(4):
        slowest, made = await slowest_health(house, client, attack())
        if slowest < HEALTHY:
            break
    assert slowest < HEALTHY
    return made


async def test_a_daemon_answers_all_the_while(house, thorough):
    """Every value is posted to every taker, every template is put into the conf: health comes within 100 ms, and the
    reload tells what it refuses."""
    async with house.client() as client:
        await house.ready(client)
        before = await lags(client)
        # Thorough: twice, so that the loop is looked at more than a hundred times.
        for name, (v, w) in 2 * [*POSTED.items()] if thorough else [*POSTED.items()][::SHORT]:
            events = [
                {"type": "return", "source": f"taker{at}", "lead": {"v": v, "w": w}}
                for at in range(len(TAKERS))
            ]
            step = max(1, 200_000 // len(jsontext.dumps(events[0])))
            for at in range(0, len(events), step):
                body = jsontext.dumps(events[at : at + step]).encode()
                assert await calm(house, client, partial(post, client, body)) in TAKEN_OR_REFUSED, name
        house.write("written", source(WRITTEN.values()))
        for name, text in WRITTEN.items():
            house.write(name.replace(" ", "-").replace("_", "-"), source([text]))
        status, told = await calm(house, client, partial(reload, client))
        assert status == 207
        assert {fault.partition(":")[0] for fault in told["problems"]} >= {
            "sources/written.yaml",
            "sources/mro.yaml",
        }
        await calm(house, client, partial(asyncio.sleep, 0.5))
        if thorough:
            unhurried(before, await lags(client), house.pid)
    assert "Traceback" not in house.log()


async def post(client, body):
    async with client.post(
        "/events", data=BytesIO(body), headers={"Content-Type": "application/json"}
    ) as answer:
        return answer.status


async def reload(client):
    async with client.post("/-/reload") as answer:
        return answer.status, await answer.json()
