"""What nobody reports by itself is looked at now and then."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.alerts import Alerts
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


async def test_how_long_is_too_long_is_said_in_the_conf(store: SqliteStore) -> None:
    """`limits.overdue`: one who delivers within minutes wants to hear of it sooner than others."""
    await store.add([making.entry(making.event(at=NOON - timedelta(minutes=7)))])
    conf = making.conf(making.route())
    for bound, said in ((6 * 60, 1), (7 * 60, 0)):
        limits = conf.gateway.limits.model_copy(update={"overdue": bound})
        found = await round_of(
            store, replace(conf, gateway=conf.gateway.model_copy(update={"limits": limits}))
        )
        assert [one.kind for one in found] == ["overdue"] * said


async def test_what_expires_is_told(store: SqliteStore) -> None:
    """As a `deadline`, once for each endpoint."""

    async def veto(event: Any, endpoint: Any, view: Any) -> Any:
        return Pass(NOON + timedelta(minutes=5))

    await store.add([making.entry(making.event())])
    conf = making.conf(making.route(criteria=(making.asked(veto, "max_age"),)))
    assert [(one.key, one.text) for one in await round_of(store, conf)] == [
        ("deadline:acme/return", "acme/return: 1 event expires within the hour")
    ]


async def test_a_store_in_trouble_ends_no_round() -> None:
    """What cannot be looked at is left out; the rest is looked at."""

    class Ill:
        async def backlog(self) -> Any:
            raise StoreUnavailable("the disk is full")

    assert [one.kind for one in await round_of(Ill(), free=lambda _: 0)] == ["disk"]
