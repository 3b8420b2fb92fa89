"""Real lanes, attempts, criteria and store; only the clock and the source's answers are the test's."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from gateway.conf.model import Asked, Conf, Route
from gateway.criteria.gate import Gate
from gateway.criteria.recipients import Recipients
from gateway.delivery import Rim, attempt
from gateway.lanes import Lanes
from gateway.model import Attempt, Delivery, Endpoint, Event, Replay, Request, Response
from gateway.store import Store, Story
from gateway.web.intake import enter
from tests import making

Answer = Callable[[str], Awaitable[Response]]


def asked(**confs: Any) -> tuple[Asked, ...]:
    """Criteria by name and conf, as a source file names them."""
    registry = making.registry()
    found = []
    for name, conf in confs.items():
        criterion = registry.criterion(name)
        found.append(Asked(criterion, criterion.settings.model_validate(conf, context={"tables": {}})))
    return tuple(found)


async def yes(event: str) -> Response:
    return Response(200)


class Scene:
    """A day at one daemon.

    answer: what the source says to an event, by its idempotency key; sent: the keys of all requests, in order; most:
    how many were on their way at once at the most; told: what the recipients were warned of.
    """

    def __init__(self, store: Store, now: datetime = making.NOON) -> None:
        self.store = store
        self.now = now
        self.answer: Answer = yes
        self.sent: list[str] = []
        self.done: list[Attempt] = []
        self.failed: list[BaseException] = []
        self.told: list[tuple[str, str]] = []
        self.most = self._sending = 0
        self.conf = making.conf()
        self.gate = Gate(store, Recipients(lambda event, before: self.told.append((event.id, before))))
        rim = Rim(
            lambda: self.now, lambda: 0.0, lambda: "0" * 32, random.random, None, self.gate  # type: ignore[arg-type]
        )  # fmt: skip

        async def deliver(delivery: Delivery, route: Route, conf: Conf) -> Attempt:
            return await attempt(delivery, route, conf, rim)

        self.lanes = Lanes(
            store,
            deliver,
            lambda: self.conf,
            lambda: self.now,
            self.done.append,
            lambda endpoint, event, error: self.failed.append(error),
            self.failed.append,
            self.gate.landed,
        )

    def route(self, endpoint: str = "acme/return", criteria: tuple[Asked, ...] = (), **more: Any) -> Route:
        """A route of this scene's source."""
        transport = making.transport(send=self._send)
        return making.route(endpoint, criteria=criteria, transport=transport, **more)

    async def swap(self, *routes: Route, digest: str = "c0ffee") -> None:
        """Put a conf of these routes in the place of the present one."""
        before, self.conf = self.conf, making.conf(*routes, digest=digest)
        await self.lanes.conf_changed(before)

    async def post(self, *events: Event) -> None:
        """Post events, all at once."""
        await self.lanes.take([enter(event, self.conf) for event in events])

    async def replay(self, id: str, endpoint: str = "acme/return", **wish: Any) -> None:
        """A person sends an event again."""
        story = await self.story(id)
        assert await self.lanes.replay(story.summary, Replay(**wish), endpoint) == "queued"

    async def story(self, id: str) -> Story:
        found = await self.store.story(id)
        assert found is not None
        return found

    async def states(self, *ids: str) -> list[str]:
        """What became of events."""
        return [(await self.story(id)).summary.state for id in ids]

    async def until(self, holds: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.001)

    async def rest(self) -> None:
        """Wait until nothing is on its way any more."""
        await self.until(lambda: not self.lanes._tasks)

    async def settle(self, hours: float = 24, step: timedelta = timedelta(seconds=1)) -> None:
        """Let time pass, from one due moment to the next, until nothing waits any more, or so many hours are over."""
        end = self.now + timedelta(hours=hours)
        await self.rest()
        while self.now < end:
            waiting = await self.store.backlog()
            if not waiting:
                return
            self.now = max(self.now, min(one.next_due for one in waiting)) + timedelta(milliseconds=1)
            for one in waiting:
                self.lanes.wake(one.endpoint)
            await self.rest()

    async def _send(self, request: Request, endpoint: Endpoint, session: Any) -> Response:
        key = dict(request.headers)["Idempotency-Key"]
        self.sent.append(key)
        self._sending += 1
        self.most = max(self.most, self._sending)
        try:
            return await self.answer(key)
        finally:
            self._sending -= 1


def event(id: str, at: datetime = making.NOON, **more: Any) -> Event:
    return making.event(id, at=at, **more)


def without(route: Route) -> Route:
    return replace(route, criteria=())
