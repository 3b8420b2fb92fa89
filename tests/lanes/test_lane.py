"""What one lane knows: what must not be claimed, and when to look again."""

import asyncio
from datetime import timedelta

import pytest

from gateway.lanes.lane import ByEndpoint
from gateway.lanes.places import Places
from tests import making

NOON = making.NOON


def test_lanes_of_one_source_and_type_are_kin() -> None:
    """A flow's lane knows what the general one holds, and the other way round; other types and sources do not."""
    lanes = ByEndpoint(Places())
    lanes["acme/return"].begin("e-1")
    lanes["acme@solar/return"].arrives("e-2")
    lanes["acme@wind/return"].next.append(making.delivery(making.event("e-3")))
    for endpoint in ("acme/return", "acme@solar/return", "acme@wind/return"):
        assert lanes[endpoint].known == {"e-1", "e-2", "e-3"}
    assert lanes["acme/conversion"].known == set()
    assert lanes["bolt/return"].known == set()
    assert lanes["acme/return"] is lanes["acme/return"]


def test_a_claim_brings_nothing_that_is_known_or_has_ended_meanwhile() -> None:
    """What the store showed as due may have been taken, or sent, before its answer was there."""
    lanes = ByEndpoint(Places())
    lane, kin = lanes["acme/return"], lanes["acme@solar/return"]
    lane.begin_claim()
    kin.begin("ended")
    kin.end("ended")
    lane.begin("under way")
    lane.arrives("arriving")
    found = [making.delivery(making.event(id)) for id in ("ended", "under way", "arriving", "free")]
    assert [delivery.event.id for delivery in lane.end_claim(found)] == ["free"]
    lane.begin_claim()
    assert [delivery.event.id for delivery in lane.end_claim(found)] == ["ended", "free"]


def test_what_arrives_twice_is_known_until_both_are_answered() -> None:
    """Two posts of one id at once: the first answer does not uncover what the second still waits for."""
    lane = ByEndpoint(Places())["acme/return"]
    lane.arrives("e-1")
    lane.arrives("e-1")
    lane.arrived("e-1")
    assert lane.known == {"e-1"}
    lane.arrived("e-1")
    assert lane.known == set()


def test_an_event_goes_straight_on_only_where_nobody_is_before_it() -> None:
    """Room alone is not enough: what waits in the store, is next, or is being claimed comes first."""
    lane = ByEndpoint(Places())["acme/return"]
    route = making.route(concurrency=1)
    assert lane.is_idle(route)
    lane.begin("e-1")
    assert not lane.is_idle(route)
    lane.end("e-1")
    lane.in_store = True
    assert not lane.is_idle(route)
    lane.begin_claim()
    assert not lane.is_idle(route)
    lane.end_claim([])
    assert lane.is_idle(route)
    lane.next.append(making.delivery())
    assert not lane.is_idle(route)


async def test_the_earliest_expectation_counts() -> None:
    """A lane looks when the first of all that it expects is due, and then expects nothing."""
    looked: list[str] = []
    lane = ByEndpoint(Places())["acme/return"]
    for milliseconds in (500, 20, 800):
        lane.expect(NOON + timedelta(milliseconds=milliseconds), NOON, looked.append)
    await asyncio.sleep(0.1)
    assert looked == ["acme/return"]
    lane.expect(NOON - timedelta(days=1), NOON, looked.append)
    await asyncio.sleep(0.01)
    assert looked == ["acme/return"] * 2


async def test_a_lane_looks_again_after_a_while_whatever_it_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall clock that jumps ahead is noticed: no timer is longer than that."""
    monkeypatch.setattr("gateway.lanes.lane.LONGEST_WAIT", 0.02)
    looked: list[str] = []
    lane = ByEndpoint(Places())["acme/return"]
    lane.expect(NOON + timedelta(days=9), NOON, looked.append)
    await asyncio.sleep(0.05)
    assert looked == ["acme/return"]


async def test_a_lane_that_rests_does_not_look() -> None:
    """At the end of the daemon no timer is left."""
    looked: list[str] = []
    lane = ByEndpoint(Places())["acme/return"]
    lane.expect(NOON, NOON, looked.append)
    lane.rest()
    await asyncio.sleep(0.01)
    assert looked == []
