"""Lanes with a clock to set, a conf to swap, and deliveries that end when the test says so."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.conf.model import Conf, Route
from gateway.errors import StoreUnavailable
from gateway.lanes import Lanes
from gateway.lanes.places import Places
from gateway.model import Attempt, Delivery, Event, Outcome, Response
from gateway.store import Receipt, Store
from gateway.web.intake import enter
from tests import making

SUCCESS = Outcome("success", rule="said so")
Decide = Callable[[Delivery], Awaitable[Outcome | timedelta]]


async def yes(delivery: Delivery) -> Outcome | timedelta:
    return SUCCESS


@dataclass
class World:
    """Lanes over a real store.

    decide: what an attempt comes to: an outcome, or how long from now it is tried again; begun: the attempts that were
    begun, as (event, endpoint); most: the most attempts that each endpoint ever had under way at once; ms: how long an
    attempt took, as it is recorded.
    """

    store: Store
    conf: Conf
    decide: Decide = yes
    now: datetime = making.NOON
    begun: list[tuple[str, str]] = field(default_factory=list)
    done: list[Attempt] = field(default_factory=list)
    failed: list[tuple[str, str | None, BaseException]] = field(default_factory=list)
    lost: list[Exception] = field(default_factory=list)
    most: Counter[str] = field(default_factory=Counter)
    turned: list[tuple[str, str]] = field(default_factory=list)
    places: Places = field(default_factory=Places)
    ms: float = 1.0

    def __post_init__(self) -> None:
        self._under_way: Counter[str] = Counter()
        self._sending: Counter[str] = Counter()
        self.overlaps: list[str] = []
        self.misplaced: list[tuple[str, str]] = []
        self.lanes = Lanes(
            self.store,
            self._deliver,
            lambda: self.conf,
            lambda: self.now,
            self.done.append,
            lambda endpoint, event, error: self.failed.append((endpoint, event, error)),
            self.lost.append,
            turned=lambda endpoint, breaker: self.turned.append((endpoint, breaker.state)),
            places=self.places,
        )

    async def _deliver(self, delivery: Delivery, route: Route, conf: Conf) -> Attempt:
        event, endpoint = delivery.event, route.endpoint.id
        self.begun.append((event.id, endpoint))
        self._under_way[endpoint] += 1
        self._sending[event.id] += 1
        self.most[endpoint] = max(self.most[endpoint], self._under_way[endpoint])
        if self._sending[event.id] > 1:
            self.overlaps.append(event.id)
        way = conf.way(event.source, event.flow, event.type)
        if not isinstance(way, Route) or way.endpoint.id != endpoint:
            self.misplaced.append((event.id, endpoint))
        try:
            decided = await self.decide(delivery)
        finally:
            self._under_way[endpoint] -= 1
            self._sending[event.id] -= 1
        outcome = decided if isinstance(decided, Outcome) else Outcome("error", "later")
        due_at = None if isinstance(decided, Outcome) else self.now + decided
        settled = {"success": "delivered", "failure": "rejected", "skip": "vetoed", "error": "parked"}
        return Attempt(
            event=event, endpoint=endpoint, number=delivery.attempts + 1, started_at=self.now, ms=self.ms,
            outcome=outcome, conf=conf.digest, transport="json", key=delivery.key, due_at=due_at,
            settled="queued" if due_at else settled[outcome.kind], tries=delivery.tries + 1,
            spent_at=delivery.spent_at or self.now, replay=delivery.replay,
            response=Response(200) if outcome.kind in ("success", "failure") else None,
            network_error="no answer came" if outcome.kind == "error" else None,
        )  # fmt: skip

    async def post(self, *events: Event | str, at: datetime | None = None) -> list[Receipt]:
        """Take events as the intake does."""
        made = [making.event(one, at=at or self.now) if isinstance(one, str) else one for one in events]
        return await self.lanes.take([enter(one, self.conf) for one in made])

    async def swap(self, conf: Conf) -> None:
        """Put another conf in the place of the present one."""
        before, self.conf = self.conf, conf
        await self.lanes.conf_changed(before)

    async def until(self, holds: Callable[[], bool], seconds: float = 5.0) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.002)

    async def quiet(self, seconds: float = 0.1) -> None:
        """Wait for as long as it takes to see that nothing more happens."""
        await asyncio.sleep(seconds)

    def sent(self) -> list[str]:
        """The events that attempts were begun for, in order."""
        return [event for event, _ in self.begun]

    def is_empty(self) -> bool:
        """Whether nothing is left in memory."""
        lanes = list(self.lanes._lanes.values())
        return not (
            self.lanes._under_way
            or self.lanes._tasks
            or len(self.lanes._waiting)
            or self.places.taken
            or any(lane.known or lane.claiming for lane in lanes)
        )


class Gate:
    """Deliveries that wait to be let go."""

    def __init__(self) -> None:
        self.waiting: dict[str, asyncio.Event] = {}

    async def __call__(self, delivery: Delivery) -> Outcome | timedelta:
        opened = self.waiting.setdefault(delivery.event.id, asyncio.Event())
        await opened.wait()
        return SUCCESS

    def open(self, *ids: str) -> None:
        for id in ids or list(self.waiting):
            self.waiting.setdefault(id, asyncio.Event()).set()


class Shaky:
    """A store that is late, and sometimes cannot. may_fail: whether the next call of this name does."""

    def __init__(self, store: Any, may_fail: Callable[[str], bool], late: Callable[[], float]) -> None:
        self._store = store
        self._may_fail = may_fail
        self._late = late

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._store, name)

        async def call(*arguments: Any) -> Any:
            if self._may_fail(name):
                raise StoreUnavailable("the disk is full for a moment")
            await asyncio.sleep(self._late())
            found = await asked(*arguments)
            await asyncio.sleep(self._late())
            return found

        return call


def held(route: Route, why: str = "its WSDL could not be fetched") -> Route:
    return replace(route, held=why)
