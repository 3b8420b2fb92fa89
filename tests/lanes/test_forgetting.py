"""Events are forgotten while lanes run: none is begun whose record would have no place."""

import asyncio

import pytest

from gateway.errors import StoreUnavailable
from gateway.store import Filter, Forgotten
from gateway.store.sqlite import SqliteStore
from tests import making
from tests.lanes.world import SUCCESS, World


@pytest.fixture
async def world():
    store = await SqliteStore.in_memory()
    made = World(store, making.conf(making.route(concurrency=1)))
    yield made
    made.lanes.stop()
    await made.lanes.drain(5)
    await store.close()


async def all_of(world, lead="L-1"):
    return (await world.store.list(Filter(lead_id=lead), 100)).events


async def test_what_is_being_sent_stays(world):
    """The one on its way is named and ends well; the others are removed, also from the lane's row, and never begun."""
    go = asyncio.Event()

    async def decide(delivery):
        if delivery.event.id != "e1":
            await go.wait()
        return SUCCESS

    world.decide = decide
    world.conf = making.conf(making.route(concurrency=2))
    await world.lanes.take([making.entry(making.event(f"e{n}")) for n in range(8)])
    async with asyncio.timeout(5):
        while not world.lanes.look("acme/return").next:
            await asyncio.sleep(0.001)
    found, left = await world.lanes.forget(await all_of(world))
    go.set()
    async with asyncio.timeout(5):
        while len(world.done) < 3:
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.05)
    assert (found, sorted(left)) == (Forgotten(events=6, cancelled=5, attempts=1), ["e0", "e2"])
    assert sorted(event.id for event in await all_of(world)) == ["e0", "e2"]
    assert sorted(world.begun) == [(id, "acme/return") for id in ("e0", "e1", "e2")]
    assert (world.lost, world.failed) == ([], [])


async def test_at_any_moment(world):
    """Posted, claimed, sent and forgotten all at once: what is begun is recorded, and the store is never lost."""
    world.conf = making.conf(making.route(concurrency=3))

    async def decide(delivery):
        await asyncio.sleep(0.001)
        return SUCCESS

    world.decide = decide
    removed = 0

    async def forget_often():
        nonlocal removed
        for _ in range(60):
            found, _ = await world.lanes.forget(await all_of(world))
            removed += found.cancelled
            await asyncio.sleep(0)

    async def post_often():
        for n in range(120):
            await world.lanes.take([making.entry(making.event(f"e{n}-{k}")) for k in range(4)])

    async with asyncio.timeout(20):
        await asyncio.gather(post_often(), forget_often())
        while await world.store.backlog():
            await asyncio.sleep(0.005)
    assert (world.lost, world.failed, world.overlaps) == ([], [], [])
    assert removed > 0
    assert len(world.begun) + removed == 480


async def test_who_asks_may_leave(world):
    """It is done to its end all the same, and nothing is begun in the meantime."""
    world.conf = making.conf(making.route(held="waits"))
    await world.lanes.take([making.entry(making.event("e-1"))])
    asking = asyncio.create_task(world.lanes.forget(await all_of(world)))
    await asyncio.sleep(0)
    asking.cancel()
    async with asyncio.timeout(5):
        while await all_of(world):
            await asyncio.sleep(0.001)
    assert world.begun == []


async def test_what_could_not_be_forgotten_is_sent(world, monkeypatch):
    """A full disk leaves all as it was: what stood in the lane's row is taken up again."""
    go = asyncio.Event()

    async def decide(delivery):
        if delivery.event.id != "e0":
            await go.wait()
        return SUCCESS

    async def full(ids):
        raise StoreUnavailable("full")

    world.decide = decide
    await world.lanes.take([making.entry(making.event(f"e{n}")) for n in range(3)])
    await world.until(lambda: len(world.lanes.look("acme/return").next) == 1)
    monkeypatch.setattr(world.store, "forget", full)
    with pytest.raises(StoreUnavailable):
        await world.lanes.forget(await all_of(world))
    go.set()
    await world.until(lambda: len(world.done) == 3)
    assert [event for event, _ in world.begun] == ["e0", "e1", "e2"]
