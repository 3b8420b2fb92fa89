"""What nobody reports by itself is looked at now and then."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.alerts import Alerts
from gateway.alerts.expiring import Expiring, expiring
from gateway.alerts.rounds import Rounds
from gateway.conf.model import Conf
from gateway.errors import StoreUnavailable
from gateway.model import Alert, Pass
from gateway.store.sqlite import SqliteStore
from tests import making
from tests.making import NOON

GIB = 1024**3


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.in_memory()
    yield opened
    await opened.close()


async def round_of(
    store: Any, conf: Conf | None = None, free: Callable[[Path], int] = lambda _: 50 * GIB
) -> list[Alert]:
    told: list[Alert] = []
    alerts = Alerts(lambda: NOON, told.append)
    noted: list[int] = []
    rounds = Rounds(
        store, lambda: conf or making.conf(making.route()), lambda: NOON, alerts, Path("/data"), noted.append, free
    )  # fmt: skip
    await rounds.round()
    assert noted == [free(Path("/data"))]
    return told


async def test_all_is_well(store: SqliteStore) -> None:
    """An event that has just come is nobody's business."""
    await store.add([making.entry(making.event())])
    assert await round_of(store) == []


async def test_a_disk_that_is_nearly_full(store: SqliteStore) -> None:
    """Said while there is still room, with the room there is."""
    assert [(one.key, one.text) for one in await round_of(store, free=lambda _: GIB - 1)] == [
        (
            "disk:/data",
            "the disk of the data folder /data has 1,024 MiB free, less than 1,024 MiB"
            " (when it is full nothing more is taken)",
        )
    ]


async def test_what_has_been_due_for_too_long(store: SqliteStore) -> None:
    """Whatever holds it up, also an endpoint that is gone: once for each endpoint, with how many and how long."""
    for index, hours in enumerate((2.5, 0.5, 0.1)):
        await store.add([making.entry(making.event(f"e-{index}", at=NOON - timedelta(hours=hours)))])
    gone = making.event("g", source="gone", at=NOON - timedelta(hours=30))
    await store.add([making.entry(gone)])
    assert sorted(one.text for one in await round_of(store)) == [
        "acme/return: 3 events wait, and one has been due for 2.5 hours",
        "gone/return: 1 event waits and has been due for 30.0 hours",
    ]


async def test_a_store_in_trouble_ends_no_round() -> None:
    """What cannot be looked at is left out; the rest is looked at."""

    class Ill:
        async def backlog(self) -> Any:
            raise StoreUnavailable("the disk is full")

    assert [one.kind for one in await round_of(Ill(), free=lambda _: 0)] == ["disk"]


def until(minutes: dict[str, int]) -> Any:
    async def veto(event: Any, endpoint: Any, view: Any) -> Any:
        return Pass(NOON + timedelta(minutes=minutes[event.id]) if event.id in minutes else None)

    return making.asked(veto, "max_age")


async def test_what_is_about_to_expire_is_counted_with_its_money(store: SqliteStore) -> None:
    """Within the hour, by currency, whether or not it was ever tried; what has longer is not counted."""
    worth = {"a": {"amount": Decimal("1500.50"), "currency": "USD"}, "b": {"amount": 20, "currency": "USD"},
             "c": {"amount": 7, "currency": "EUR"}, "d": {"amount": 99, "currency": "USD"},
             "e": {"amount": "lots", "currency": "joe@example.com"}, "f": {"amount": 1, "currency": "joe"},
             "g": 5}  # fmt: skip
    for id, value in worth.items():
        await store.add([making.entry(making.event(id, value=value))])
    route = making.route(criteria=(until({"a": 5, "b": 59, "c": 60, "d": 61, "e": 5, "f": 5}),))
    told = await round_of(store, making.conf(route))
    assert [(one.key, one.text) for one in told] == [
        (
            "deadline:acme/return",
            "acme/return: 5 events expire within the hour, worth 1, 7 EUR, 1,520.50 USD",
        )
    ]


async def test_a_long_row_is_not_walked_to_its_end(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a million events the first ones are asked about, and it is said that there may be more."""
    monkeypatch.setattr("gateway.alerts.expiring.LOOKED_AT", 3)
    ids = [f"e-{index}" for index in range(5)]
    await store.add([making.entry(making.event(id)) for id in ids])
    conf = making.conf(replace(making.route(), criteria=(until(dict.fromkeys(ids, 5)),)))
    found = [str(one) async for one in expiring(store, conf, NOON)]
    assert found == ["acme/return: at least 3 events expire within the hour"]


async def test_the_next_look_begins_where_the_last_one_ended(store: SqliteStore) -> None:
    """Criteria that take long starve no endpoint: each has its turn."""
    sources = ["a", "b", "c"]
    for source in sources:
        await store.add([making.entry(making.event(f"e-{source}", source=source))])
    conf = making.conf(*(making.route(f"{source}/return", criteria=(until({}),)) for source in sources))
    found = [one.endpoint async for one in expiring(store, conf, NOON, "a/return")]
    assert found == ["b/return", "c/return", "a/return"]


async def test_without_criteria_nothing_expires(store: SqliteStore) -> None:
    """No criterion, no deadline: such events are not even read."""
    await store.add([making.entry(making.event())])
    assert [one async for one in expiring(store, making.conf(making.route()), NOON)] == []


def test_one_event_is_one() -> None:
    """Grammar matters to a reader."""
    assert str(Expiring("a/return", 1)) == "a/return: 1 event expires within the hour"
