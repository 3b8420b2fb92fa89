"""Retention goes round by itself, slowly, and survives what goes wrong."""

import asyncio
from datetime import timedelta
from math import ceil

import pytest

from gateway.conf.retention import RetentionSettings
from gateway.errors import StoreUnavailable
from gateway.retention import EVERY, FIRST, LEAST_PAUSE, Retention, cutoffs
from gateway.store import Filter, Swept
from gateway.store.removing import AT_ONCE
from gateway.store.sqlite import SqliteStore
from tests import making

DAY = 86400.0


class Clock:
    """Pauses that take no time, and end the test at the last of so many."""

    def __init__(self, most=1000):
        self.pauses = []
        self._most = most

    async def pause(self, seconds):
        self.pauses.append(seconds)
        if len(self.pauses) >= self._most:
            raise asyncio.CancelledError
        await asyncio.sleep(0)


@pytest.fixture
async def store():
    opened = await SqliteStore.in_memory()
    yield opened
    await opened.close()


async def fill(store, count, days):
    at = making.NOON - timedelta(days=days)
    entries = [
        making.entry(making.event(f"e{n}-{days}", at=at), due_at=None, state="vetoed") for n in range(count)
    ]
    await store.add(entries)


def retention(store, clock, told=lambda removed: None, failed=lambda error: None):
    return Retention(store, RetentionSettings, lambda: making.NOON, told, failed, clock.pause)


def test_cutoffs():
    """Each time is taken off from now."""
    found = cutoffs(RetentionSettings(events="90d", bodies="30d", ids="400d"), making.NOON)
    ages = [(making.NOON - moment) / timedelta(days=1) for moment in (found.events, found.bodies, found.ids)]
    assert ages == [90, 30, 400]


async def test_a_round(store):
    """What is too old goes in small steps, each with a pause behind it; what was removed is told once."""
    await fill(store, 250, 91)
    await fill(store, 5, 89)
    clock, told = Clock(), []
    removed = await retention(store, clock, told.append).round()
    assert (removed, told) == (Swept(events=250), [Swept(events=250)])
    assert len(clock.pauses) == ceil(250 / AT_ONCE)
    assert min(clock.pauses) >= LEAST_PAUSE
    assert await store.count(Filter()) == 5


async def test_what_takes_long_is_followed_by_a_longer_pause(store):
    """A step that keeps the disk busy leaves it to others for four times as long."""
    clock = Clock()

    async def sweep(before):
        await asyncio.sleep(0.03)
        yield Swept(events=1)

    store.sweep = sweep
    assert await retention(store, clock).round() == Swept(events=1)
    assert clock.pauses[0] >= 4 * 0.029


async def test_nothing_to_do(store):
    """It is told of nothing, and pauses for nothing."""
    clock, told = Clock(), []
    await fill(store, 5, 89)
    assert await retention(store, clock, told.append).round() == Swept()
    assert (told, clock.pauses) == ([], [])


async def test_it_goes_on(store):
    """The first round comes a while after the start, the next ones every hour, whatever a round raised."""
    clock, failed, rounds = Clock(4), [], []

    async def sweep(before):
        rounds.append(before)
        if len(rounds) == 1:
            raise StoreUnavailable("the disk is full")
        if len(rounds) == 2:
            raise ValueError("a fault")
        yield Swept()

    store.sweep = sweep
    with pytest.raises(asyncio.CancelledError):
        await retention(store, clock, failed=failed.append).run()
    assert [str(error) for error in failed] == ["a fault"]
    assert clock.pauses == [FIRST, EVERY, EVERY, pytest.approx(LEAST_PAUSE, abs=1)]
