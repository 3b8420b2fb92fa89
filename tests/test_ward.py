"""Faults are counted, told without what they quote, and lead to a quarantine that ends by itself."""

import asyncio
from typing import Any

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from gateway.alerts import Alerts
from gateway.conf.pacing import QuarantineSettings
from gateway.contained import Fault
from gateway.metrics import Metrics
from gateway.model import Alert, Attempt, Outcome, Response, Vote
from gateway.ward import Ward
from tests import making

LEAD = "joe@example.com"
RETURNS = "acme/return"


class Room:
    """A ward, the bounds that it set, and what was told."""

    def __init__(self, **rules: Any) -> None:
        self.told: list[Alert] = []
        self.bound: list[tuple[str, int | None]] = []
        self.metrics = Metrics()
        self.ward = Ward(self.metrics, Alerts(lambda: making.NOON, self.told.append), lambda: making.NOON)
        self.ward.rules = QuarantineSettings.model_validate({"faults": 2, "pause": "50ms", **rules})
        self.ward.bind = lambda endpoint, most: self.bound.append((endpoint, most))

    def fail(
        self, times: int = 1, plugin: str = "json", endpoint: str | None = RETURNS, **fault: Any
    ) -> None:
        for _ in range(times):
            self.ward.hear(Fault(plugin, "render", "raised", endpoint, ValueError(LEAD), **fault))

    def counted(self) -> list[str]:
        lines = generate_latest(self.metrics.registry).decode().splitlines()
        return [line for line in lines if line.startswith("feedback_gateway_plugin_faults_total")]


def made(*votes: Vote, response: Response | None = None, rule: str = "", transport: str = "json") -> Attempt:
    return Attempt(
        event=making.event(), endpoint=RETURNS, number=1, started_at=making.NOON, ms=1.0, conf="c",
        outcome=Outcome("error", rule=rule), transport=transport, settled="queued", key="e-1",
        votes=votes, response=response,
    )  # fmt: skip


async def test_too_many_faults_shut_the_endpoint_and_a_person_is_told() -> None:
    """Counted and logged each time, alerted once; nothing says what the fault quoted."""
    room = Room()
    with capture_logs() as lines:
        room.fail()
        assert (room.bound, room.ward.held(RETURNS)) == ([], None)
        room.fail()
    assert room.bound == [(RETURNS, 0)]
    why = "the plugin json is in quarantine, since it keeps failing: `render` raised ValueError at an unknown place"
    assert room.ward.held(RETURNS) == why
    [alert] = room.told
    assert (alert.kind, alert.key) == ("quarantine", "quarantine:acme/return json")
    assert alert.text.startswith(f"{RETURNS}: {why} (the events there wait for 0.05 s, or until: ")
    assert [line["event"] for line in lines] == ["plugin.failed", "plugin.failed", "plugin.quarantined"]
    assert LEAD not in repr((lines, room.told))
    assert room.counted() == [
        'feedback_gateway_plugin_faults_total{hook="render",kind="raised",plugin="json"} 2.0'
    ]
    room.ward.close()


async def test_it_is_probed_and_let_go() -> None:
    """After the pause one event at a time may go; an attempt in which the plugin does well ends it."""
    room = Room()
    room.fail(2)
    await asyncio.sleep(0.1)
    assert room.bound == [(RETURNS, 0), (RETURNS, 1)]
    room.ward.heed(made(rule="a plugin failed", response=Response(200)))
    room.ward.heed(made())
    assert len(room.bound) == 2
    room.ward.heed(made(response=Response(500)))
    assert room.bound[2:] == [(RETURNS, None)]
    assert (list(room.ward), room.ward.held(RETURNS)) == ([], None)
    room.fail()
    assert len(room.bound) == 3


async def test_a_probe_that_fails_shuts_it_again() -> None:
    """One fault is enough then; and where nothing more is heard of it, time makes it well."""
    room = Room(within="100ms")
    room.fail(2)
    await asyncio.sleep(0.08)
    room.fail()
    assert room.bound == [(RETURNS, 0), (RETURNS, 1), (RETURNS, 0)]
    await asyncio.sleep(0.25)
    assert room.bound[3:] == [(RETURNS, 1), (RETURNS, None)]


async def test_each_endpoint_and_each_plugin_for_itself() -> None:
    """What one source brings about stops no other; an endpoint goes on when the last of its plugins may."""
    room = Room(pause="10s")
    room.fail(2)
    room.fail(1, endpoint="bolt/return")
    room.fail(2, plugin="rules")
    assert {endpoint for endpoint, _ in room.bound} == {RETURNS}
    assert [(one.plugin, one.endpoint, one.state) for one in room.ward] == [
        ("json", RETURNS, "quarantined"),
        ("rules", RETURNS, "quarantined"),
    ]
    assert room.ward.release("json") == 1
    assert room.bound[-1] == (RETURNS, 0)
    assert room.ward.release() == 1
    assert room.bound[-1] == (RETURNS, None)


async def test_a_criterion_does_well_by_its_vote() -> None:
    """A vote that was set aside, or is an error, shows nothing."""
    room = Room()
    room.fail(2, plugin="rules")
    await asyncio.sleep(0.1)
    for verdict in ("error", "skipped"):
        room.ward.heed(made(Vote("rules", verdict)))
    assert room.ward.held(RETURNS) is not None
    room.ward.heed(made(Vote("rules", "veto", "no")))
    assert room.ward.held(RETURNS) is None


async def test_an_observer_rests_alone() -> None:
    """No endpoint is bound for it; it is told again when its time is over."""
    room = Room()
    room.fail(2, plugin="counter", endpoint=None)
    assert (room.ward.resting, room.bound) == (["counter"], [])
    await asyncio.sleep(0.1)
    assert list(room.ward.resting) == []
    room.ward.close()


@pytest.mark.parametrize(("seconds", "faults"), [(0.3, 0), (0.6, 2)])
async def test_what_holds_up_everybody_counts_from_the_budget_on(seconds: float, faults: int) -> None:
    """Shorter than that is nobody's fault."""
    room = Room()
    for _ in range(2):
        room.ward.hear(Fault("json", "read", "slow", RETURNS, seconds=seconds))
    assert len(list(room.ward)) == (faults == 2)
    assert len(room.counted()) == (faults > 0)
    room.ward.close()


def test_the_rules_have_bounds() -> None:
    """A budget below what is measured at all would be none."""
    with pytest.raises(ValueError, match="write 50ms or more"):
        QuarantineSettings.model_validate({"budget": "10ms"})
