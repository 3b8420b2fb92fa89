"""A request is made at once, or apart from the loop where its event is large: what comes of it is the same."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from gateway import RenderError, Request
from gateway.apart import SMALL, Apart
from gateway.contained import HOLD, Fault
from gateway.delivery.composing import Composed, compose
from gateway.rendering import Rendered
from gateway.templates import scope
from tests import making

LARGE = "x" * SMALL


async def composed(
    render: Callable[..., Any], text: str = "", longest: float = 5.0
) -> tuple[Composed, list[Fault]]:
    """What comes of an event with such a text, and what was told."""
    told: list[Fault] = []
    delivery = making.delivery(making.event(lead={"id": "1", "text": text}))
    variables = scope(delivery.event, "Acme", making.NOON, "ab" * 16)
    route = making.route(transport=making.transport(render=render))
    apart = Apart("rendering", threads=1, longest=longest)
    return await compose(delivery, route, making.conf(route), variables, apart, told.append), told


@pytest.mark.parametrize(("text", "is_apart"), [("", False), (LARGE, True)])
async def test_a_large_event_is_rendered_apart(text: str, is_apart: bool) -> None:
    """In another thread than the loop's; a small one at once."""
    where: list[threading.Thread] = []

    def render(*_: object) -> Request:
        where.append(threading.current_thread())
        return Request("POST", "https://api.acme.example/", (), b"{}")

    made, _ = await composed(render, text)
    assert isinstance(made.rendered, Rendered)
    assert (where[0] is not threading.main_thread()) == is_apart


@pytest.mark.parametrize("text", ["", LARGE])
@pytest.mark.parametrize("raised", [RenderError("no"), StopIteration("end"), SystemExit(3), KeyError("x")])
async def test_what_is_raised_is_told_and_raises_nothing(text: str, raised: BaseException) -> None:
    """Whatever a plugin raises stands in the place of the request, beside the values."""

    def render(*_: object) -> Request:
        raise raised

    made, told = await composed(render, text)
    assert made.rendered is raised
    assert made.values is not None
    assert told == []


async def test_a_plugin_that_never_ends_holds_up_no_lane() -> None:
    """Where a large event is rendered for too long, that is what comes of it; the loop goes on."""
    never = threading.Event()
    made, _ = await composed(lambda *_: never.wait(10), LARGE, longest=0.05)
    never.set()
    assert str(made.rendered) == "rendering takes longer than 0.05 s (one is right)"


async def test_a_slow_plugin_is_told_of_where_it_holds_up_everybody() -> None:
    """Not in a thread of its own, where nobody waits for it."""

    def render(*_: object) -> Request:
        time.sleep(HOLD)
        return Request("POST", "https://api.acme.example/", (), b"{}")

    _, told = await composed(render)
    assert [(one.hook, one.kind, one.endpoint) for one in told] == [("render", "slow", "acme/return")]
    assert told[0].seconds >= HOLD
    assert (await composed(render, LARGE))[1] == []
