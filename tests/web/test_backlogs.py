"""Counting what waits takes the longer the more waits, and health is for everybody: nobody is kept waiting by that."""

import asyncio
from typing import Any

import pytest

from gateway.errors import StoreUnavailable
from gateway.web.backlogs import Backlogs
from gateway.web.gauges import exposition
from gateway.web.rooms import ROOMS
from tests.web.conftest import House


async def test_all_who_ask_at_once_share_one_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred programs that ask whether it is ready cost no more than one; the next one gets a new look."""
    looks, real = [], house.daemon.store.backlog

    async def counted() -> Any:
        looks.append(1)
        await asyncio.sleep(0.2)
        return await real()

    monkeypatch.setattr(house.daemon.store, "backlog", counted)
    told = await asyncio.gather(*(house.ask("GET", "/-/ready") for _ in range(20)))
    assert [status for status, _ in told] == [200] * 20
    assert len(looks) < 5
    before = len(looks)
    assert (await house.ask("GET", "/endpoints"))[0] == 200
    assert len(looks) == before + 1


async def test_metrics_share_it_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scraper that asks beside a monitor has nothing counted twice."""
    looks, real = [], house.daemon.store.backlog

    async def counted() -> Any:
        looks.append(1)
        await asyncio.sleep(0.2)
        return await real()

    monkeypatch.setattr(house.daemon.store, "backlog", counted)
    numbers = await asyncio.gather(*(exposition(house.client.app[ROOMS]) for _ in range(3)))
    assert all(b"feedback_gateway_oldest_waiting_seconds" in text for text in numbers)
    assert len(looks) == 1


class Store:
    """A store of which one look fails, once it may."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    async def backlog(self) -> Any:
        await self.gate.wait()
        raise StoreUnavailable("the disk is full (free some)")


async def test_a_look_that_fails_fails_for_each_and_the_first_may_go() -> None:
    """Whoever waits is told why, also where the one that began it has gone."""
    store, backlogs = Store(), Backlogs()
    first, second = (asyncio.create_task(backlogs.look(store)) for _ in range(2))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    store.gate.set()
    with pytest.raises(StoreUnavailable):
        await second
    assert first.cancelled()
