"""What waits is where the present conf wants it, also when that changes while it is being moved."""

import asyncio
from typing import Any

import pytest

from gateway.conf.model import Conf
from gateway.errors import StoreError, StoreUnavailable
from gateway.lanes.lane import ByEndpoint
from gateway.lanes.moves import Moves, home_of
from gateway.lanes.places import Places
from gateway.lanes.tasks import Tasks
from tests import making

GENERAL = making.conf(making.route("acme/return"))
FLOWS = making.conf(making.route("acme/return"), making.route("acme@solar/return"))
GROUP = ("acme", "solar", "return")
EVENT = making.event("e-1", flow="solar")


class Stub:
    """A store that notes what is moved, and does so when it is let."""

    def __init__(self) -> None:
        self.moved: list[str] = []
        self.troubles: list[Exception] = []
        self.free = asyncio.Event()
        self.free.set()

    async def move(self, source: str, flow: str | None, type: str, endpoint: str, due_at: Any) -> None:
        await self.free.wait()
        if self.troubles:
            raise self.troubles.pop(0)
        self.moved.append(endpoint)


class Desk:
    """Moves over that store."""

    def __init__(self, conf: Conf) -> None:
        self.conf = conf
        self.store = Stub()
        self.woken: list[str] = []
        self.lost: list[Exception] = []
        self.tasks = Tasks(self.lost.append, self.lost.append)
        self.moves = Moves(
            self.store,  # type: ignore[arg-type]
            ByEndpoint(Places()),
            lambda: self.conf,
            lambda: making.NOON,
            self.woken.append,
            self.tasks,
        )

    async def done(self) -> None:
        async with asyncio.timeout(5):
            while self.tasks:
                await self.tasks.wait(5)


@pytest.mark.parametrize(
    ("conf", "flow", "home"),
    [
        (FLOWS, "solar", "acme@solar/return"),
        (FLOWS, "wind", "acme/return"),
        (FLOWS, None, "acme/return"),
        (GENERAL, "solar", "acme/return"),
        (making.conf(making.route("acme@solar/conversion")), "solar", "acme@solar/return"),
        (making.conf(), "solar", "acme/return"),
        (making.conf(making.route("acme/return", enabled=False)), None, "acme/return"),
    ],
)
def test_the_home_of_an_event(conf: Conf, flow: str | None, home: str) -> None:
    """Its flow's file, else the source's; where neither accepts it, the endpoint that would, so that it is held."""
    assert home_of(conf, ("acme", flow, "return")) == home


async def test_what_is_at_home_stays() -> None:
    """Nothing is moved or woken for an event that is where it belongs."""
    desk = Desk(FLOWS)
    assert desk.moves.is_home(EVENT, "acme@solar/return")
    assert (len(desk.tasks), desk.woken) == (0, [])


async def test_what_is_not_at_home_is_moved_and_woken() -> None:
    """It and its like are moved in one go, however many notice it."""
    desk = Desk(FLOWS)
    assert not any(desk.moves.is_home(EVENT, "acme/return") for _ in range(8))
    await desk.done()
    assert (desk.store.moved, desk.woken) == (["acme@solar/return"], ["acme@solar/return"])


async def test_what_comes_while_it_is_being_moved_is_moved_too() -> None:
    """An event that is stored behind the mover's back is not left where nobody looks."""
    desk = Desk(FLOWS)
    desk.store.free.clear()
    desk.moves.is_home(EVENT, "acme/return")
    await asyncio.sleep(0)
    desk.moves.is_home(EVENT, "acme/return")
    desk.store.free.set()
    await desk.done()
    assert desk.store.moved == ["acme@solar/return"] * 2
    assert desk.woken == ["acme@solar/return"]


async def test_a_conf_that_changes_in_the_middle_has_the_last_word() -> None:
    """What was on its way to a home that is gone goes on to the present one."""
    desk = Desk(FLOWS)
    desk.store.free.clear()
    desk.moves.is_home(EVENT, "acme/return")
    await asyncio.sleep(0)
    desk.conf = GENERAL
    desk.store.free.set()
    await desk.done()
    assert desk.store.moved == ["acme@solar/return", "acme/return"]
    assert desk.woken == ["acme/return"]


async def test_a_store_that_cannot_now_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk delays a move, and nothing else."""
    monkeypatch.setattr("gateway.lanes.tasks.PAUSE", 0.001)
    desk = Desk(FLOWS)
    desk.store.troubles = [StoreUnavailable("full"), StoreUnavailable("full")]
    desk.moves.is_home(EVENT, "acme/return")
    await desk.done()
    assert desk.store.moved == ["acme@solar/return"]


async def test_a_store_that_never_can_is_told() -> None:
    """The daemon hears that its store cannot go on; the mover ends."""
    desk = Desk(FLOWS)
    desk.store.troubles = [StoreError("the store stopped")]
    desk.moves.is_home(EVENT, "acme/return")
    await desk.done()
    assert [str(error) for error in desk.lost] == ["the store stopped"]


async def test_a_daemon_that_stops_asks_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that stays full does not keep the daemon from ending."""
    monkeypatch.setattr("gateway.lanes.tasks.PAUSE", 0.001)
    desk = Desk(FLOWS)
    desk.store.troubles = [StoreUnavailable("full")] * 100_000
    desk.moves.is_home(EVENT, "acme/return")
    await asyncio.sleep(0.02)
    desk.tasks.stop()
    await desk.done()
    assert desk.store.moved == []
