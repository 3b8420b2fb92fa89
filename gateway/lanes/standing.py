"""How it stands with the lanes: which are paused by a person, and whose breaker is not closed.

Both outlive the daemon: one small row each, written when it changes, and only then.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf

from gateway.breaker import Breaker
from gateway.conf.model import Conf, Route
from gateway.errors import StoreError
from gateway.lanes.lane import ByEndpoint, Lane, monotonic
from gateway.lanes.tasks import Tasks
from gateway.model import Attempt
from gateway.store import Pause, Store, Trip

# Told the endpoint whose breaker opened, began to ramp, or was closed.
Turned = Callable[[str, Breaker], None]


class Standing:
    """Keeps pauses and breakers, in memory and in the store. now: UTC."""

    def __init__(
        self, store: Store, lanes: ByEndpoint, now: Callable[[], datetime], tasks: Tasks, turned: Turned
    ) -> None:
        self._store = store
        self._lanes = lanes
        self._now = now
        self._tasks = tasks
        self._turned = turned

    async def load(self, conf: Conf) -> None:
        """Take up what was so when the last daemon ended."""
        pauses = await self._tasks.insist(self._store.pauses) or {}
        trips = await self._tasks.insist(self._store.trips) or {}
        for endpoint, pause in pauses.items():
            self._lanes[endpoint].paused = pause
        for endpoint, trip in trips.items():
            lane, route = self._lanes[endpoint], conf.route(endpoint)
            if route is None or route.breaker is None:
                self._tasks.spawn(self._keep(lane))
            else:
                left = (trip.until - self._now()).total_seconds()
                lane.breaker.open(trip.pause, left, monotonic())
                lane.opened_at = trip.since

    async def pause(self, endpoint: str, by: str, why: str) -> Pause:
        """Let nothing more begin at an endpoint. Raises StoreError; then nothing has changed."""
        lane = self._lanes[endpoint]
        since = self._now() if lane.paused is None else lane.paused.since
        pause = Pause(by, since, why)
        await self._set(lane, pause)
        return pause

    async def resume(self, endpoint: str) -> None:
        """Undo a pause. Raises StoreError; then nothing has changed."""
        await self._set(self._lanes[endpoint], None)

    def hear(self, lane: Lane, route: Route, attempt: Attempt) -> bool:
        """Let a lane's limits know how an attempt went, if it went out at all; whether it may begin more by that."""
        went_out = attempt.response is not None or attempt.network_error is not None or attempt.maybe_received
        if not went_out and route.rate is not None:
            lane.pace.give_back(route.rate)
        if not went_out:
            return False
        came_back = lane.share.hear(_timed_out(attempt, route.endpoint.timeout))
        if route.breaker is None:
            return came_back
        event, well = attempt.event.id, attempt.outcome.kind != "error"
        turned = lane.breaker.hear(event, well, route.breaker, route.concurrency, monotonic())
        if turned:
            self._note(lane)
        return turned or came_back

    def close(self, lane: Lane) -> None:
        """Close a lane's breaker, and forget what it has counted."""
        was_closed = lane.breaker.is_closed
        lane.breaker.close()
        if not was_closed:
            self._note(lane)

    def _note(self, lane: Lane) -> None:
        """A lane's breaker opened, began to ramp, or was closed."""
        if lane.breaker.is_closed:
            lane.opened_at = None
        elif lane.opened_at is None:
            lane.opened_at = self._now()
        self._turned(lane.endpoint, lane.breaker)
        if lane.breaker.state != "ramping":  # a daemon that starts meanwhile begins with a probe
            self._tasks.spawn(self._keep(lane))

    async def _set(self, lane: Lane, pause: Pause | None) -> None:
        before, lane.paused = lane.paused, pause
        try:
            await self._store.pause(lane.endpoint, pause)
        except StoreError:
            if lane.paused is pause:
                lane.paused = before
            raise

    async def _keep(self, lane: Lane) -> None:
        """Write a breaker as it is by then."""
        await self._tasks.insist(lambda: self._store.trip(lane.endpoint, self._trip(lane)))

    def _trip(self, lane: Lane) -> Trip | None:
        if lane.breaker.is_closed or lane.opened_at is None:
            return None
        left = lane.breaker.wait(0, monotonic())
        until = self._now() + timedelta(seconds=0.0 if left == inf else left)
        return Trip(lane.opened_at, until, lane.breaker.pause)


def _timed_out(attempt: Attempt, timeout: float) -> bool:
    """Whether nothing came within an endpoint's timeout, but for what a timer may be early."""
    return attempt.response is None and attempt.ms > 990 * timeout
