"""Whoever can still save an event hears of its deadline in time."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.alerts import expiring
from gateway.alerts.expiring import Deadlines, Expiring
from gateway.conf.model import Conf
from gateway.model import Pass
from gateway.store.sqlite import SqliteStore
from tests import making
from tests.making import NOON


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.in_memory()
    yield opened
    await opened.close()


@pytest.fixture
def deadlines(store: SqliteStore) -> Deadlines:
    return Deadlines(store, lambda _: None)


def until(minutes: dict[str, int], hangs: Collection[str] = ()) -> Any:
    """A criterion that passes an event until so many minutes past NOON, and hangs at some."""

    async def veto(event: Any, endpoint: Any, view: Any) -> Any:
        if event.id in hangs:
            await asyncio.sleep(60)
        return Pass(NOON + timedelta(minutes=minutes[event.id]) if event.id in minutes else None)

    return making.asked(veto, "max_age")


async def add(store: SqliteStore, *ids: str, source: str = "acme", **more: Any) -> None:
    await store.add([making.entry(making.event(id, source=source, **more)) for id in ids])


async def told(deadlines: Deadlines, conf: Conf, seconds: float = 5.0) -> tuple[list[str], bool]:
    found, enough = await deadlines.look(conf, NOON, seconds)
    return [str(one) for one in found], enough


async def test_what_is_about_to_expire_is_counted_with_its_money(
    store: SqliteStore, deadlines: Deadlines
) -> None:
    """Within the hour, by currency, whether or not it was ever tried; what has longer is not counted."""
    worth = {"a": {"amount": Decimal("1500.50"), "currency": "USD"}, "b": {"amount": 20, "currency": "USD"},
             "c": {"amount": 7, "currency": "EUR"}, "d": {"amount": 99, "currency": "USD"},
             "e": {"amount": "lots", "currency": "joe@example.com"}, "f": {"amount": 1, "currency": "joe"},
             "g": 5}  # fmt: skip
    for id, value in worth.items():
        await add(store, id, value=value)
    route = making.route(criteria=(until({"a": 5, "b": 59, "c": 60, "d": 61, "e": 5, "f": 5}),))
    assert await told(deadlines, making.conf(route)) == (
        ["acme/return: 5 events expire within the hour, worth 1, 7 EUR, 1,520.50 USD"],
        True,
    )


async def test_a_long_row_is_counted_to_its_end(
    store: SqliteStore, deadlines: Deadlines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What expires first need not be due first: also the last of many pages is asked about."""
    monkeypatch.setattr(expiring, "PAGE", 3)
    ids = [f"e-{index:02}" for index in range(50)]
    for index, id in enumerate(ids):
        await add(store, id, at=NOON + timedelta(minutes=index))
    conf = making.conf(making.route(criteria=(until({"e-49": 5, "e-20": 5}),)))
    assert await told(deadlines, conf) == (["acme/return: 2 events expire within the hour"], True)


async def test_where_the_time_does_not_do_the_next_look_goes_on(
    store: SqliteStore, deadlines: Deadlines
) -> None:
    """It says that there may be more, and more money; what kept it busy is not asked about again at once."""
    await add(store, *(f"e-{index}" for index in range(5)), value={"amount": 5, "currency": "USD"})
    soon = until({f"e-{index}": 5 for index in range(5)}, hangs={"e-3"})
    conf = making.conf(making.route(criteria=(soon,)))
    least = "acme/return: at least {} within the hour, worth at least {} USD"
    assert await told(deadlines, conf, 0.1) == ([least.format("3 events expire", 15)], False)
    assert await told(deadlines, conf, 5.0) == ([least.format("1 event expires", 5)], True)
    assert await told(deadlines, conf, 0.1) == ([least.format("3 events expire", 15)], False)


async def test_an_endpoint_that_takes_all_the_time_starves_no_other(
    store: SqliteStore, deadlines: Deadlines
) -> None:
    """The next look begins with the endpoint behind it: each has its turn."""
    routes = []
    for source in "abc":
        await add(store, f"{source}-1", f"{source}-2", source=source)
        soon = until({f"{source}-1": 5, f"{source}-2": 5}, hangs={"a-1", "a-2"})
        routes.append(making.route(f"{source}/return", criteria=(soon,)))
    conf = making.conf(*routes)
    both = [f"{source}/return: 2 events expire within the hour" for source in "bc"]
    assert await told(deadlines, conf, 0.1) == ([], False)
    assert await told(deadlines, conf, 0.3) == (both, False)


async def test_without_criteria_nothing_expires(store: SqliteStore, deadlines: Deadlines) -> None:
    """No criterion, no deadline."""
    await add(store, "e-1")
    assert await told(deadlines, making.conf(making.route())) == ([], True)


async def test_a_plugin_in_quarantine_is_not_asked(store: SqliteStore) -> None:
    """Whatever is wrong with it, alerts do not wake it; the others are asked."""
    for source in "ab":
        await add(store, f"{source}-1", source=source)
    soon = until({"a-1": 5, "b-1": 5})
    conf = making.conf(*(making.route(f"{source}/return", criteria=(soon,)) for source in "ab"))
    deadlines = Deadlines(store, lambda endpoint: "in quarantine" if endpoint == "a/return" else None)
    assert await told(deadlines, conf) == (["b/return: 1 event expires within the hour"], True)


def test_one_event_is_one() -> None:
    """Grammar matters to a reader."""
    assert str(Expiring("a/return", 1, whole=True)) == "a/return: 1 event expires within the hour"
