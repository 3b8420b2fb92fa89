"""Rate, breaker and pause: what a lane may not begin waits in the store, costs nothing, and goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.breaker import Policy
from gateway.errors import StoreError, StoreUnavailable
from gateway.lanes.lane import Lane
from gateway.model import Delivery, Outcome, Replay
from gateway.settings import rate
from gateway.store import Filter, Trip
from gateway.store.sqlite import SqliteStore
from tests import making
from tests.lanes.world import SUCCESS, Gate, World, held

LATER = timedelta(hours=1)
SOON = Policy(least=3, pause=0.05)
ACME = making.route("acme/return", concurrency=4, breaker=SOON)
CONF = making.conf(ACME)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.in_memory()
    yield opened
    await opened.close()


def ids(count: int, start: int = 0) -> list[str]:
    return [f"e-{index:04}" for index in range(start, start + count)]


class Source:
    """A source that fails until it is well; what is vetoed never gets to it."""

    def __init__(self) -> None:
        self.is_well = False
        self.vetoed: set[str] = set()
        self.began: list[float] = []

    async def __call__(self, delivery: Delivery) -> Outcome | timedelta:
        self.began.append(asyncio.get_running_loop().time())
        await asyncio.sleep(0.001)
        if delivery.event.id in self.vetoed:
            return Outcome("skip", "a criterion said no")
        return SUCCESS if self.is_well else LATER


async def tripped(store: SqliteStore, source: Source, route: Any = ACME, events: int = 3) -> World:
    """A world whose source failed as often as it takes."""
    world = World(store, making.conf(route), source)
    await world.post(*ids(events))
    await world.until(lambda: ("acme/return", "open") in world.turned)
    await world.until(lambda: not world.lanes.under_way("acme/return"))
    return world


class TestRate:
    async def test_attempts_are_spread(self, store: SqliteStore) -> None:
        """At 100/s each begins a hundredth of a second behind the one before, although all were there at once."""
        source = Source()
        source.is_well = True
        world = World(store, making.conf(replace(ACME, rate=rate("100/s"))), source)
        posted = asyncio.get_running_loop().time()
        await world.post(*ids(10))
        await world.until(lambda: len(world.done) == 10)
        # By what was posted, not by the one before: on a busy machine that one may itself have come late.
        sooner = [
            began for number, began in enumerate(source.began) if began - posted < 0.01 * number - 0.001
        ]
        assert sooner == []
        await world.until(world.is_empty)

    async def test_who_waits_for_its_turn_does_not_look_all_the_time(
        self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One timer, not a loop that asks."""
        asked: list[float] = []
        wait = Lane.wait
        monkeypatch.setattr(Lane, "wait", lambda lane, route: asked.append(wait(lane, route)) or asked[-1])
        world = World(store, making.conf(replace(ACME, rate=rate("5/s"))))
        await world.post("e-1", "e-2")
        await world.until(lambda: len(world.done) == 2)
        assert len(asked) < 30

    async def test_what_waits_stays_in_the_store(self, store: SqliteStore) -> None:
        """In memory stands a short row, however many wait."""
        world = World(store, making.conf(replace(ACME, rate=rate("1/h"))))
        await world.post(*ids(300))
        await world.until(lambda: len(world.done) == 1)
        assert len(world.lanes.look("acme/return").known) <= 4 * 4
        assert world.lanes.look("acme/return").bound_by(replace(ACME, rate=rate("1/h"))) == "rate"
        assert await world.lanes.drain(1) == 0

    async def test_a_veto_takes_nothing_of_the_rate(self, store: SqliteStore) -> None:
        """Nothing went out: the next one need not wait for it."""
        source = Source()
        source.is_well, source.vetoed = True, {"e-0000", "e-0001"}
        world = World(store, making.conf(replace(ACME, rate=rate("1/h"))), source)
        await world.post(*ids(3))
        await world.until(lambda: len(world.done) == 3)


class TestBreaker:
    async def test_what_waits_at_an_open_breaker_costs_nothing(self, store: SqliteStore) -> None:
        """No attempt, no row, no try; it keeps its due time, and so do the retries."""
        world = await tripped(store, Source(), replace(ACME, breaker=Policy(least=3, pause=60)))
        await world.post(*ids(20, 100))
        await world.quiet()
        assert len(world.begun) == 3
        waiting = (await store.list(Filter(state="queued"), 50)).events
        assert sorted((event.id, event.attempts, event.due_at) for event in waiting) == sorted(
            [(id, 0, making.NOON) for id in ids(20, 100)] + [(id, 1, making.NOON + LATER) for id in ids(3)]
        )
        assert world.lanes.look("acme/return").bound_by(ACME) == "breaker"
        await world.lanes.drain(1)

    async def test_one_probe_at_a_time_then_it_ramps_up(self, store: SqliteStore) -> None:
        """A probe that fails opens it anew; a good one lets 1, 2, and then all four at once."""
        source = Source()
        world = await tripped(store, source)
        world.most.clear()
        await world.post(*ids(40, 100))
        await world.until(lambda: world.turned.count(("acme/return", "open")) == 2)
        assert world.most["acme/return"] == 1
        source.is_well = True
        await world.until(lambda: len([made for made in world.done if made.settled == "delivered"]) == 39)
        assert world.turned == [("acme/return", state) for state in ("open", "open", "ramping", "closed")]
        assert world.most["acme/return"] == 4

    async def test_the_first_event_that_comes_is_the_probe(self, store: SqliteStore) -> None:
        """Also where nothing waited while it was open."""
        source = Source()
        world = await tripped(store, source)
        source.is_well = True
        await world.post("e-9")
        await world.until(
            lambda: [made.event.id for made in world.done if made.settled == "delivered"] == ["e-9"]
        )
        assert source.began[-1] - source.began[-2] >= 0.05

    async def test_a_probe_that_a_criterion_stops_holds_nobody_up(self, store: SqliteStore) -> None:
        """The next event is the probe, at once."""
        source = Source()
        world = await tripped(store, source)
        source.is_well, source.vetoed = True, {"e-0100", "e-0101"}
        await world.post(*ids(4, 100))
        await world.until(lambda: len(world.done) == 7)
        assert [made.settled for made in world.done[3:]] == ["vetoed", "vetoed", "delivered", "delivered"]

    async def test_a_no_of_the_source_is_no_failure(self, store: SqliteStore) -> None:
        """A source that refuses every lead is well."""

        async def refuse(delivery: Delivery) -> Outcome | timedelta:
            return Outcome("failure", "duplicate")

        world = World(store, CONF, refuse)
        await world.post(*ids(30))
        await world.until(lambda: len(world.done) == 30)
        assert world.turned == []

    async def test_it_survives_a_restart(self, store: SqliteStore) -> None:
        """The rest of its pause is waited, and then one probe goes out; when it is closed, its row is gone."""
        source = Source()
        policy = Policy(least=3, pause=0.15)
        world = await tripped(store, source, replace(ACME, breaker=policy))
        await world.post(*ids(5, 100))
        await world.until(lambda: not world.lanes._tasks)
        assert list(await store.trips()) == ["acme/return"]
        world.lanes.stop()
        again = World(store, world.conf, source)
        await again.lanes.start()
        await again.quiet(0.1)
        assert again.begun == []
        source.is_well = True
        await again.until(lambda: len(again.done) == 5)
        assert again.turned == [("acme/return", "ramping"), ("acme/return", "closed")]
        await again.until(again.is_empty)
        assert await store.trips() == {}

    @pytest.mark.parametrize(
        "conf", [making.conf(replace(ACME, breaker=None)), making.conf()], ids=["off", "gone"]
    )
    async def test_one_that_is_off_by_now_is_forgotten_at_the_start(
        self, store: SqliteStore, conf: Any
    ) -> None:
        """Or whose endpoint is gone."""
        await store.trip("acme/return", Trip(making.NOON, making.NOON + LATER, 3600.0))
        world = World(store, conf)
        await world.lanes.start()
        await world.until(world.is_empty)
        assert world.lanes.look("acme/return").breaker.is_closed
        assert await store.trips() == {}

    async def test_a_reload_that_changes_its_endpoint_closes_it(self, store: SqliteStore) -> None:
        """What waits goes out at once, by the new conf; one of another source changes nothing."""
        source = Source()
        route = replace(ACME, breaker=Policy(least=3, pause=60))
        world = await tripped(store, source, route)
        await world.post("e-9")
        await world.swap(making.conf(route, making.route("bolt/return")))
        assert not world.lanes.look("acme/return").breaker.is_closed
        source.is_well = True
        await world.swap(making.conf(route, digest="mended"))
        await world.until(lambda: sum(made.settled == "delivered" for made in world.done) == 4)
        await world.until(world.is_empty)
        assert await store.trips() == {}

    async def test_a_disk_that_is_full_delays_its_row(
        self, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is written as it is by then."""
        monkeypatch.setattr("gateway.lanes.tasks.PAUSE", 0.01)
        real, troubles = store.trip, [StoreUnavailable("full")] * 3

        async def full(*asked: Any) -> None:
            if troubles:
                raise troubles.pop()
            await real(*asked)

        store.trip = full  # type: ignore[method-assign]
        world = await tripped(store, Source(), replace(ACME, breaker=Policy(least=3, pause=60)))
        await world.until(world.is_empty)
        assert list(await store.trips()) == ["acme/return"]


class TestPause:
    async def test_nothing_more_begins_and_what_is_under_way_ends(self, store: SqliteStore) -> None:
        """What comes meanwhile is taken, and waits in the store; resumed, all of it goes out."""
        gate = Gate()
        world = World(store, CONF, gate)
        await world.post(*ids(10))
        await world.until(lambda: len(world.begun) == 4)
        await world.lanes.pause("acme/return", "joe", "they move")
        gate.open(*ids(20))
        await world.post(*ids(10, 10))
        await world.quiet()
        assert len(world.done) == 4
        assert world.lanes.look("acme/return").bound_by(ACME) == "paused"
        await world.lanes.resume("acme/return")
        await world.until(lambda: len(world.done) == 20)

    async def test_it_survives_a_restart(self, store: SqliteStore) -> None:
        """Nothing goes out before it is resumed, whoever starts the daemon."""
        await World(store, CONF).lanes.pause("acme/return", "joe", "they move")
        world = World(store, CONF, now=making.NOON + LATER)
        await world.lanes.start()
        await world.post("e-1")
        await world.quiet()
        assert world.begun == []
        found = world.lanes.look("acme/return").paused
        assert found is not None
        assert (found.by, found.since, found.why) == ("joe", making.NOON, "they move")
        await world.lanes.resume("acme/return")
        await world.until(lambda: len(world.done) == 1)
        assert await store.pauses() == {}

    async def test_paused_again_it_keeps_its_beginning(self, store: SqliteStore) -> None:
        """Who and why are the later ones."""
        world = World(store, CONF)
        await world.lanes.pause("acme/return", "joe", "")
        world.now += LATER
        await world.lanes.pause("acme/return", "ann", "still")
        found = (await store.pauses())["acme/return"]
        assert (found.by, found.since, found.why) == ("ann", making.NOON, "still")

    async def test_what_could_not_be_stored_is_not_so(self, store: SqliteStore) -> None:
        """Neither paused nor resumed: whoever asked hears why."""
        world = World(store, CONF)
        real = store.pause

        async def full(*_: Any) -> None:
            raise StoreUnavailable("full")

        store.pause = full  # type: ignore[method-assign]
        with pytest.raises(StoreError):
            await world.lanes.pause("acme/return", "joe", "")
        await world.post("e-1")
        await world.until(lambda: len(world.done) == 1)
        store.pause = real  # type: ignore[method-assign]
        await world.lanes.pause("acme/return", "joe", "")
        store.pause = full  # type: ignore[method-assign]
        with pytest.raises(StoreError):
            await world.lanes.resume("acme/return")
        await world.post("e-2")
        await world.quiet(0.05)
        assert len(world.done) == 1

    async def test_a_replay_waits_too(self, store: SqliteStore) -> None:
        """A person's wish does not go past another's."""
        world = World(store, CONF)
        await world.post("e-1")
        await world.until(lambda: len(world.done) == 1)
        await world.lanes.pause("acme/return", "joe", "")
        [event] = (await store.list(Filter(), 1)).events
        assert await world.lanes.replay(event, Replay(again=True), "acme/return") == "queued"
        await world.quiet(0.05)
        assert len(world.done) == 1
        await world.lanes.resume("acme/return")
        await world.until(lambda: len(world.done) == 2)


async def test_the_limit_that_binds_is_told(store: SqliteStore) -> None:
    """Held, concurrency, or none; paused, breaker and rate stand above."""
    gate = Gate()
    world = World(store, CONF, gate)
    lane = world.lanes.look("acme/return")
    assert lane.bound_by(ACME) == "none"
    assert lane.bound_by(held(ACME)) == "held"
    await world.post(*ids(4))
    await world.until(lambda: len(world.begun) == 4)
    assert lane.bound_by(ACME) == "concurrency"
    gate.open(*ids(4))
    await world.until(world.is_empty)
