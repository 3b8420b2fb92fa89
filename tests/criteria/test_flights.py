"""What is in flight, as the gate itself counts it, and by which time those are asked who waited for their turn."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

import pytest

from gateway.conf.model import Asked, Route
from gateway.criteria.gate import Gate
from gateway.criteria.past import Before, Flight
from gateway.model import Pass, Veto, View
from gateway.registry import Criterion
from gateway.settings import Settings
from tests import making

LATER = making.NOON + timedelta(minutes=5)


class OneByOne(Settings):
    one_at_a_time: ClassVar[Literal["endpoint", "lead"] | None] = "endpoint"


def route(veto: Any, settings: Any = None) -> Route:
    return making.route(criteria=(Asked(Criterion("strict", Settings, veto), settings),))


@pytest.mark.parametrize(("verdict", "flying"), [(Pass(), 1), (Veto("no"), 0)])
async def test_only_what_was_let_go_is_in_flight(verdict: Any, flying: int) -> None:
    """Until it has landed."""

    async def veto(event: Any, endpoint: Any, view: View) -> Any:
        return verdict

    gate, event = Gate(), making.event()
    await gate.ask(route(veto), event, making.NOON, {}, (), lambda: LATER)
    assert len(gate) == flying
    gate.landed("acme/return", event.id)
    assert len(gate) == 0


@pytest.mark.parametrize(("settings", "when"), [(None, making.NOON), (OneByOne(), LATER)])
async def test_who_waited_is_asked_by_the_time_of_its_turn(settings: Any, when: datetime) -> None:
    """Not by that at which the attempt began: an hour, a day or a deadline may be over since."""
    seen = []

    async def veto(event: Any, endpoint: Any, view: View) -> Any:
        seen.append(view.now)
        await asyncio.sleep(0)
        return Pass()

    await Gate().ask(route(veto, settings), making.event(), making.NOON, {}, (), lambda: LATER)
    assert seen == [when]


async def test_an_event_is_not_in_its_own_way() -> None:
    """Others of its endpoint that are in flight count, and it does not, as when it is replayed on its way."""
    event, other = making.event(), making.event("e-2")
    flying = {
        "acme/return": {"e-1": Flight(event), "e-2": Flight(other)},
        "bolt/return": {"e-3": Flight(other)},
    }
    past = Before(None, "acme/return", event, flying)
    assert (past.in_flight, await past.deliveries(making.NOON)) == (1, 1)
