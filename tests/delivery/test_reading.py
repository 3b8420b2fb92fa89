"""Answers are read so that none holds up the others."""

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from gateway import answers
from gateway.answers import ResponseSettings, Rules
from gateway.conf.model import Route
from gateway.contained import HOLD, Fault
from gateway.delivery.reading import THREADS, Reader
from gateway.model import Endpoint, Outcome, Response
from tests import making

SMALL = Response(200, (), b"x")
LARGE = Response(200, (), b"x" * 10_000)
WORST = "//*[count(preceding-sibling::*) = 3]"


def route(read: Any, id: str = "acme/return", **response: Any) -> Route:
    """An endpoint whose transport reads by a function."""
    rules = Rules.compile(ResponseSettings(**response))
    return making.route(id, transport=making.transport(read=read), response=rules)


async def test_a_small_answer_is_read_at_once_and_a_large_one_in_a_thread() -> None:
    """A thread costs more than a small answer; a large one must not hold up the loop."""

    def read(response: Response, endpoint: Endpoint) -> Outcome:
        return Outcome("success", reference=threading.current_thread().name)

    reader = Reader()
    here = (await reader.read(route(read), SMALL)).reference
    there = (await reader.read(route(read), LARGE)).reference
    assert here == threading.current_thread().name
    assert str(there).startswith("answers")


@pytest.mark.parametrize(
    ("path", "size", "apart"),
    [
        ("//a", 2048, False),
        ("//a", 2049, True),
        ("//a[following::b]", 512, False),
        ("//a[following::b]", 2048, True),
        ("//a[following::b[preceding::c]]", 129, True),
        ("li", 2048, False),
    ],
)
def test_a_small_answer_can_take_time_where_its_path_multiplies(path: str, size: int, apart: bool) -> None:
    """What is read apart is told by the work that its place can make, not by its size alone."""
    endpoint = route(None, reason_path=path).endpoint
    assert answers.takes_time(Response(200, (), b"x" * size), endpoint) is apart


async def test_one_endpoint_takes_one_thread_only() -> None:
    """A source with slow answers does not occupy them all."""
    at_once = most = 0

    def read(response: Response, endpoint: Endpoint) -> Outcome:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.01)
        at_once -= 1
        return Outcome("success")

    reader, slow = Reader(), route(read)
    await asyncio.gather(*(reader.read(slow, LARGE) for _ in range(2 * THREADS)))
    assert most == 1


async def test_a_read_that_never_ends_is_told_and_holds_up_nobody_else() -> None:
    """The thread is lost until it ends; its endpoint's next large answers wait for it, and no others do."""
    end = threading.Event()

    def hang(response: Response, endpoint: Endpoint) -> Outcome:
        end.wait(10)
        return Outcome("success")

    reader = Reader(longest=0.05)
    try:
        hung = [await reader.read(route(hang), LARGE) for _ in range(2)]
        other = await reader.read(route(lambda *_: Outcome("success"), "bolt/return"), LARGE)
        small = await reader.read(route(lambda *_: Outcome("success")), SMALL)
    finally:
        end.set()
    assert {(one.kind, one.reason) for one in hung} == {
        ("error", "the answer could not be read within 0.05 s")
    }
    assert (other.kind, small.kind) == ("success", "success")


async def test_who_holds_up_others_is_told_of() -> None:
    """A plugin that is slow with a small answer, or late with a large one; of the core's own reading, the answer is."""
    end, told = threading.Event(), list[Fault]()

    def slow(response: Response, endpoint: Endpoint) -> Outcome:
        end.wait(HOLD if response is SMALL else 10)
        return Outcome("success")

    reader = Reader(longest=0.01)
    hostile = replace(LARGE, headers=(("Content-Type", "text/xml"),), body=b"<r>" + b"<a/>" * 9_900 + b"</r>")
    ours = route(answers.read, "bolt/return", outcome_search_path=WORST, outcome_search_term="x")
    try:
        for route_, response in ((route(slow), SMALL), (route(slow), LARGE), (ours, hostile)):
            outcome = await reader.read(route_, response, told.append)
    finally:
        end.set()
    assert outcome.rule == "reading took too long"
    assert [(one.kind, one.endpoint) for one in told] == [("slow", "acme/return"), ("late", "acme/return")]


@pytest.mark.parametrize("response", [SMALL, LARGE])
@pytest.mark.parametrize("error", [TimeoutError("own"), StopIteration(), ValueError("x")])
async def test_what_a_plugin_raises_reaches_who_waits(response: Response, error: Exception) -> None:
    """Also what no future can bring, and whatever raised it holds up nobody after."""

    def read(response: Response, endpoint: Endpoint) -> Outcome:
        raise error

    reader = Reader()
    for _ in range(2):  # a second one finds its turn free
        with pytest.raises((type(error), RuntimeError)):
            await reader.read(route(read), response)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (WORST, b"<r>" + b"<a/>" * 9_900 + b"</r>"),
        ("//a//b", b"<a>" * 60 + b"<b/>" * 3_300 + b"</a>" * 60),
        ("//a", b"<r>" + b"<a/>" * 16_000 + b"</r>"),
    ],
)
async def test_the_loop_goes_on_while_a_hostile_answer_is_read(path: str, body: bytes) -> None:
    """The longest pause of the loop is far below what the reading takes; the time is that of this process alone."""
    hostile = route(answers.read, outcome_search_path=path, outcome_search_term="x")
    response = replace(LARGE, headers=(("Content-Type", "text/xml"),), body=body)
    reading = asyncio.create_task(Reader().read(hostile, response))
    beats = 0
    while not reading.done():
        await asyncio.sleep(0.001)
        beats += 1
    assert reading.result().kind in ("error", "failure")
    assert beats >= 3
