"""The bound that all lanes share: never more than that, one for each lane, further ones in turn, and nobody forgotten."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.lanes.places import Places, Share
from gateway.model import Delivery, Outcome
from gateway.store.sqlite import SqliteStore
from tests import making
from tests.lanes.world import SUCCESS, Gate, World

LATER = timedelta(hours=1)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.in_memory()
    yield opened
    await opened.close()


class Crowd:
    """Lanes that want so many places each, over nothing but the places."""

    def __init__(self, most: int, lanes: int) -> None:
        self.places = Places()
        self.places.divide(most, lanes)
        self.shares = [Share() for _ in range(lanes)]
        self.wants = [0] * lanes
        self.began: list[int] = []

    def ask(self, lane: int) -> None:
        """What a lane does when it looks: begins what it may, and waits for the rest."""
        share = self.shares[lane]
        while self.wants[lane]:
            if not self.places.has_room(share):
                self.places.wait_for(share, partial(self.ask, lane))
                return
            self.wants[lane] -= 1
            self.began.append(lane)
            self.places.take(share)

    def want(self, lane: int, more: int = 1) -> None:
        self.wants[lane] += more
        self.ask(lane)

    def end(self, lane: int) -> None:
        self.places.give(self.shares[lane])
        self.ask(lane)

    def taken(self) -> list[int]:
        return [share.taken for share in self.shares]


STEPS = st.lists(
    st.tuples(st.sampled_from(("want", "end", "time out", "come back")), st.integers(0, 7)), max_size=80
)


@given(most=st.integers(1, 12), lanes=st.integers(1, 8), steps=STEPS)
def test_never_more_than_the_bound_and_nobody_is_forgotten(
    most: int, lanes: int, steps: list[tuple[str, int]]
) -> None:
    """Whatever comes: the bound holds, whoever waits waits for a reason, and all that was wanted is begun in the end."""
    crowd = Crowd(most, lanes)
    for what, number in steps:
        lane = number % lanes
        share = crowd.shares[lane]
        if what == "want":
            crowd.want(lane)
        elif what == "end" and share.taken:
            crowd.end(lane)
        elif what == "time out":
            share.hear(timed_out=True)
        elif what == "come back" and share.hear(timed_out=False):
            crowd.ask(lane)
        taken = crowd.taken()
        assert crowd.places.taken == sum(taken) <= most
        waiting = [lane for lane in range(lanes) if crowd.wants[lane]]
        if lanes <= most - most // 4:
            assert all(taken[lane] for lane in waiting), "each has its one"
        if sum(taken) < most:
            assert all(taken[lane] for lane in waiting)
    while any(crowd.taken()):
        crowd.end(next(lane for lane in range(lanes) if crowd.shares[lane].taken))
    assert crowd.wants == [0] * lanes


def test_one_place_is_kept_for_each() -> None:
    """However much others want: who comes last still begins at once."""
    crowd = Crowd(10, 4)
    for lane in range(3):
        crowd.want(lane, 100)
    assert crowd.taken() == [7, 1, 1, 0]
    crowd.want(3)
    assert crowd.taken() == [7, 1, 1, 1]


def test_who_waits_comes_before_who_has_many() -> None:
    """Each place that falls free goes to another, in order; nobody takes its eighth while one waits for its second."""
    crowd = Crowd(10, 4)
    for lane in range(3):
        crowd.want(lane, 100)
    crowd.began.clear()
    for _ in range(6):
        crowd.end(0)
    assert crowd.began == [0, 1, 2, 0, 1, 2]
    assert crowd.taken() == [3, 3, 3, 0]


def test_a_lane_that_timed_out_has_just_one() -> None:
    """What hangs there would hold many; the first answer lets it have more again."""
    crowd = Crowd(10, 2)
    crowd.shares[0].hear(timed_out=True)
    crowd.want(0, 100)
    assert crowd.taken() == [1, 0]
    assert crowd.shares[0].hear(timed_out=False)
    crowd.ask(0)
    assert crowd.taken() == [9, 0]


def test_more_lanes_than_places() -> None:
    """The bound holds for first ones too: they are given out in turn, and before all further ones."""
    crowd = Crowd(8, 100)
    for lane in range(100):
        crowd.want(lane, 2)
    assert sum(crowd.taken()) == 8
    crowd.began.clear()
    while any(crowd.taken()):
        crowd.end(next(lane for lane in range(100) if crowd.shares[lane].taken))
    assert crowd.wants == [0] * 100
    assert crowd.began[:94] == list(range(6, 100))


def test_a_busy_lane_among_many_that_have_nothing_to_do_has_its_quarter() -> None:
    """More lanes than places make nobody slow where they are idle."""
    crowd = Crowd(8, 100)
    crowd.want(0, 100)
    assert crowd.taken()[0] == 3  # its first, and a quarter


def test_a_place_that_is_left_goes_to_the_next() -> None:
    """Who waited and wants nothing any more, as it was paused meanwhile, leaves it to whoever is behind."""
    crowd = Crowd(4, 3)
    crowd.want(0, 2)
    crowd.want(1, 2)
    crowd.want(2, 2)
    crowd.wants[1] = 0
    crowd.end(0)
    assert (crowd.taken(), crowd.wants) == ([1, 1, 2], [0, 0, 0])


def test_a_larger_bound_serves_who_waits() -> None:
    """A reload may bring more places; nobody need end first."""
    crowd = Crowd(2, 2)
    crowd.want(0, 6)
    crowd.places.divide(10, 2)
    assert crowd.taken() == [6, 0]


def test_an_event_costs_the_same_however_many_wait() -> None:
    """Giving a place back looks at the one who waits first, not at all of them."""
    took = {}
    for lanes in (100, 10_000):
        crowd = Crowd(10, lanes)
        for lane in range(lanes):
            crowd.want(lane)
        begun = process_time()
        for number in range(90):
            crowd.end(crowd.began[number])
        took[lanes] = process_time() - begun
    assert took[10_000] < took[100] * 20 + 0.005


def test_a_smaller_bound_is_kept_to_once_what_is_under_way_has_ended() -> None:
    """A reload takes no place away; it gives none out before there is one."""
    crowd = Crowd(4, 1)
    crowd.want(0, 4)
    crowd.places.divide(1, 1)
    crowd.want(0)
    assert (crowd.taken(), crowd.wants) == ([4], [1])
    for _ in range(4):
        crowd.end(0)
    assert (crowd.taken(), crowd.wants) == ([1], [0])


class TestLanes:
    """The lanes themselves, over a store."""

    def world(self, store: SqliteStore, most: int, lanes: int, decide: Any, **more: Any) -> World:
        places = Places()
        places.divide(most, lanes)
        routes = [making.route(f"s{number}/return", **more) for number in range(lanes)]
        return World(store, making.conf(*routes), decide, places=places)

    async def test_the_bound_is_shared(self, store: SqliteStore) -> None:
        """A lane with a crowd has what is left over, another its one, and both say so; then all are sent."""
        gate = Gate()
        world = self.world(store, 6, 3, gate)
        await world.post(*(making.event(f"a-{n}", source="s0") for n in range(20)))
        await world.until(lambda: world.lanes.under_way("s0/return") == 4)
        await world.post(*(making.event(f"b-{n}", source="s1") for n in range(3)))
        await world.until(lambda: world.lanes.under_way("s1/return") == 1)
        await world.quiet(0.05)
        for id in ("s0/return", "s1/return"):
            assert world.lanes.look(id).bound_by(world.conf.route(id)) == "connections"
        assert world.lanes.look("s2/return").bound_by(world.conf.route("s2/return")) == "none"
        for _ in range(30):
            gate.open()
            await world.quiet(0.01)
        await world.until(lambda: len(world.done) == 23)
        await world.until(world.is_empty)
        assert world.places.taken == 0

    async def test_a_try_that_raises_gives_its_place_back(self, store: SqliteStore, monkeypatch: Any) -> None:
        """Whatever happens to an attempt, the place is free again by the time its event is."""
        monkeypatch.setattr("gateway.lanes.LONGEST_WAIT", 0.01)
        failures = iter([RuntimeError("a bug")] * 3)

        async def shaky(delivery: Delivery) -> Outcome:
            error = next(failures, None)
            if error:
                raise error
            return SUCCESS

        world = self.world(store, 2, 1, shaky)
        await world.post(*(making.event(f"e-{n}", source="s0") for n in range(6)))
        await world.until(lambda: len(world.done) == 6)
        await world.until(world.is_empty)
        assert (world.places.taken, len(world.failed)) == (0, 3)

    async def test_after_a_timeout_it_goes_one_by_one(self, store: SqliteStore) -> None:
        """Eight at once while all is well, one after a try that timed out, eight again once one was answered."""
        hangs, gate = True, Gate()

        async def decide(delivery: Delivery) -> Any:
            await gate(delivery)
            return LATER if hangs else SUCCESS

        world = self.world(store, 50, 1, decide, breaker=None)
        world.ms = 10_001.0
        await world.post(*(making.event(f"e-{n:02}", source="s0") for n in range(30)))
        await world.until(lambda: len(gate.waiting) == 8)
        gate.open()
        await world.until(lambda: len(gate.waiting) == 9)
        await world.quiet(0.05)
        assert len(world.begun) == 9
        hangs, world.ms = False, 1.0
        gate.open()
        await world.until(lambda: world.lanes.under_way("s0/return") == 8)
        while len(world.done) < 30:
            gate.open()
            await asyncio.sleep(0.005)
        await world.until(world.is_empty)

    async def test_a_hundred_dead_lanes_leave_a_healthy_one_alone(self, store: SqliteStore) -> None:
        """All places beyond the first ones are held by what hangs; the healthy lane sends on."""

        async def decide(delivery: Delivery) -> Outcome:
            if delivery.endpoint != "s100/return":
                await asyncio.sleep(60)
            return SUCCESS

        world = self.world(store, 140, 101, decide)
        await world.post(*(making.event(f"d-{n}", source=f"s{n % 100}") for n in range(1000)))
        await world.until(lambda: world.places.taken == 139)
        await world.post(*(making.event(f"h-{n}", source="s100") for n in range(50)))
        await world.until(lambda: len(world.done) == 50)
        assert await world.lanes.drain(0) == 139
