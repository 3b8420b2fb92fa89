"""A quarantine binds a lane: nothing, or one attempt at a time, until it is let go."""

import asyncio

import pytest

from gateway.conf.alerting import NAME
from gateway.lanes.quarantined import bind
from gateway.store.sqlite import SqliteStore
from tests import making
from tests.lanes.world import SUCCESS, World


@pytest.fixture
async def store():
    store = await SqliteStore.in_memory()
    yield store
    await store.close()


@pytest.mark.parametrize("most", [0, 1])
async def test_no_more_than_it_allows_are_under_way(store, most):
    """What came before and what comes meanwhile waits; let go, all of it is sent once."""
    world = World(store, making.conf(making.route()))
    going = asyncio.Event()

    async def when_told(delivery):
        await going.wait()
        return SUCCESS

    world.decide = when_told
    bind(world.lanes, "acme/return", most)
    await world.lanes.start()
    for n in range(5):
        await world.post(making.event(f"e-{n}"))
    await asyncio.sleep(0.1)
    assert world.lanes.under_way("acme/return") == most
    bind(world.lanes, "acme/return", None)
    going.set()
    await world.until(lambda: len(world.done) == 5)
    assert len(world.begun) == 5
    await world.lanes.drain(1.0)


async def test_the_endpoint_of_the_alerts_has_no_lane(store):
    """A fault there makes none."""
    world = World(store, making.conf(making.route()))
    bind(world.lanes, NAME, 0)
    assert list(world.lanes) == []
