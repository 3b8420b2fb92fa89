"""What is due, run within each lane's limits, stopped gracefully.

- The store is the truth: a delivery that is not under way is found there again. In memory stands no more than what
  is under way and a short row of what is next, and no event stands in two lanes at once.
- Nothing in one lane waits for another.
- Whatever gives an event a future wakes the lane that will take it; a lane that could not look tries again.
- What was made is recorded, and what could not be recorded is not made again by this process.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from gateway.conf.model import Conf, Route
from gateway.errors import StoreError
from gateway.lanes.arrivals import Arrivals
from gateway.lanes.claims import Claims
from gateway.lanes.clock import WallClock
from gateway.lanes.forgetting import Forgetting
from gateway.lanes.lane import LONGEST_WAIT, ByEndpoint, Lane
from gateway.lanes.moves import Moves, group_of, home_of, unchanged
from gateway.lanes.places import Places
from gateway.lanes.recording import Failed, record
from gateway.lanes.standing import Standing, Turned
from gateway.lanes.tasks import Tasks
from gateway.lanes.waiting import Settling, Waiting
from gateway.model import Attempt, Delivery, Replay
from gateway.store import Entry, Filter, Forgotten, Receipt, Replayed, Store, Summary

Deliver: TypeAlias = Callable[[Delivery, Route, Conf], Awaitable[Attempt]]

PATIENCE = 5.0  # seconds that a reload waits for what is queued to follow it


class Lanes:
    """All lanes of the daemon.

    deliver: makes one attempt; conf: the present one; done: told of every recorded attempt; failed: told of what could
    not be done, with the endpoint and the event that it concerns; lost: told when the store cannot go on; landed: told
    the endpoint and the event of each attempt that is over; turned: told the endpoint whose breaker opened, began to
    ramp, or was closed; places: what bounds all of them together.
    """

    def __init__(
        self,
        store: Store,
        deliver: Deliver,
        conf: Callable[[], Conf],
        now: Callable[[], datetime],
        done: Callable[[Attempt], None],
        failed: Failed,
        lost: Callable[[Exception], None],
        landed: Callable[[str, str], None] = lambda endpoint, event: None,
        turned: Turned = lambda endpoint, breaker: None,
        places: Places | None = None,
    ) -> None:
        self._store = store
        self._deliver = deliver
        self._conf = conf
        self._now = now
        self._done = done
        self._failed = failed
        self._lost = lost
        self._landed = landed
        self._lanes = ByEndpoint(places or Places())
        self._under_way: set[str] = set()
        self._waiting = Waiting()
        self._tasks = Tasks(lambda error: failed("a lane", None, error), lost)
        self._moves = Moves(store, self._lanes, conf, now, self.wake, self._tasks)
        self._arrivals = Arrivals(store, self._lanes, self._offer, self.wake, self._tasks)
        self._standing = Standing(store, self._lanes, now, self._tasks, turned)
        self._forgetting = Forgetting(store, self._lanes, self.wake)
        self._clock = WallClock(now, self._put_back)
        self._claims = Claims(store, self._clock, self._moves, self._fill, self._expect, failed, lost)
        self._stopping = False

    async def start(self) -> None:
        """Take up everything that has a future; all of it at once where the clock was put back since it was stored."""
        await self._standing.load(self._conf())
        page = await self._tasks.insist(lambda: self._store.list(Filter(), 1))
        newest = page.events if page else ()
        put_back = bool(newest) and self._clock.is_behind(newest[0].received_at)
        await self._moves.follow(lambda _: put_back)

    async def take(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Store events, and take on those that are new. Raises StoreUnavailable where nothing was stored."""
        return await self._arrivals.take(entries)

    async def replay(self, event: Summary, wish: Replay, endpoint: str) -> Replayed:
        """Give an event a future again at an endpoint, and take it on."""
        (replayed,) = await self.replay_many([(event, endpoint)], wish, {})
        return replayed

    async def replay_many(
        self, events: Sequence[tuple[Summary, str]], wish: Replay, apart: Mapping[str, timedelta]
    ) -> list[Replayed]:
        """Give some events a future again, each at its endpoint, and take them on. apart: as for the store."""
        asked = [(event.id, endpoint) for event, endpoint in events]
        replayed = await self._store.replay_many(asked, wish, self._now(), apart)
        queued = [one for one, became in zip(events, replayed, strict=True) if became == "queued"]
        for endpoint in dict.fromkeys(end for event, end in queued if self._moves.is_home(event, end)):
            self.wake(endpoint)
        return replayed

    async def forget(self, events: Sequence[Summary]) -> tuple[Forgotten, list[str]]:
        """Have the store forget events, but for those that are being sent; what was removed, and which were not."""
        return await self._forgetting.forget(events)

    def wake(self, endpoint: str) -> None:
        """Look for what is due at an endpoint."""
        lane = self._lanes[endpoint]
        lane.in_store = True
        self._fill(lane)

    def settled(self, event: str, seconds: float) -> Settling:
        """A future of the attempt that will settle an event; None where time is up, or the daemon stops first."""
        return self._waiting.wait_for(event, seconds)

    def unsettled(self, event: str, settling: Settling) -> None:
        """Wait no longer for what becomes of an event."""
        self._waiting.leave(event, settling)

    def is_sending(self, event: str) -> bool:
        """Whether an event is on its way right now."""
        return event in self._under_way

    def under_way(self, endpoint: str) -> int:
        """How many attempts an endpoint has under way."""
        return len(self._lanes[endpoint].under_way)

    def look(self, endpoint: str) -> Lane:
        """The lane of an endpoint, for those who show how it stands; they change nothing."""
        return self._lanes[endpoint]

    def __iter__(self) -> Iterator[Lane]:
        """Every lane that was ever asked for."""
        return iter(tuple(self._lanes.values()))

    async def pause(self, endpoint: str, by: str, why: str) -> None:
        """Begin nothing more at an endpoint until it is resumed. Raises StoreError; then nothing has changed."""
        await self._standing.pause(endpoint, by, why)

    async def resume(self, endpoint: str) -> None:
        """Go on at an endpoint that was paused. Raises StoreError; then nothing has changed."""
        await self._standing.resume(endpoint)
        self.wake(endpoint)

    async def conf_changed(self, before: Conf) -> None:
        """Follow a swapped conf: what waits moves to its new lane; at a changed source it is due at once.

        The breakers of a changed source are closed.
        """
        same = unchanged(before, self._conf())
        for lane in self:
            if lane.endpoint.rpartition("/")[0] not in same:
                self._standing.close(lane)
        assigning = self._tasks.spawn(self._moves.follow(lambda key: key not in same))
        await asyncio.wait([assigning], timeout=PATIENCE)

    def stop(self) -> None:
        """Start nothing new, and let no poster wait any longer."""
        self._stopping = True
        self._tasks.stop()
        self._waiting.give_up()
        for lane in self._lanes.values():
            lane.rest()

    async def drain(self, seconds: float) -> int:
        """Stop, and let what is under way finish; what takes longer is cut off and recorded as that. How many were."""
        self.stop()
        await self._tasks.wait(seconds)
        late = len(self._under_way)
        await self._tasks.cut_off()
        return late

    def _open_route(self, lane: Lane) -> Route | None:
        """The lane's route, unless it is held, paused, or everything stops."""
        route = None if self._stopping or lane.paused is not None else self._conf().route(lane.endpoint)
        return None if route is None or route.held is not None else route

    def _fill(self, lane: Lane) -> None:
        """Begin what is next as far as there is room; ask the store where it may hold more; else wait for its turn."""
        route = self._open_route(lane)
        if route is None:
            return
        while lane.next and not lane.wait(route):
            self._begin(lane, route, lane.next.popleft())
        if not (lane.next or lane.in_store):
            return
        if lane.wait(route):
            lane.await_turn(route, self._fill)
        elif lane.in_store and not lane.claiming:
            lane.begin_claim()
            self._tasks.spawn(self._claims.make(lane, route.concurrency * 4))

    def _offer(self, entry: Entry) -> None:
        """Straight on where there is room, without a second look into the store; else it waits there."""
        event, lane = entry.event, self._lanes[entry.endpoint]
        self._clock.saw(event.received_at)
        if not self._moves.is_home(event, entry.endpoint):
            return
        route = self._open_route(lane)
        if route is not None and lane.is_idle(route):
            self._begin(lane, route, Delivery(event, entry.endpoint, due_at=entry.due_at, key=event.id))
        else:
            lane.in_store = True
            self._fill(lane)

    def _begin(self, lane: Lane, route: Route, delivery: Delivery) -> None:
        self._mark(lane, route, delivery)
        self._tasks.spawn(self._work(lane, delivery))

    def _mark(self, lane: Lane, route: Route, delivery: Delivery) -> None:
        lane.begin(delivery.event.id, route.rate)
        self._under_way.add(delivery.event.id)

    def _unmark(self, lane: Lane, delivery: Delivery) -> None:
        lane.end(delivery.event.id)
        self._under_way.discard(delivery.event.id)
        self._landed(lane.endpoint, delivery.event.id)

    async def _work(self, lane: Lane, delivery: Delivery) -> None:
        """Make attempts one after another, as long as the lane has a next one."""
        following: Delivery | None = delivery
        while following is not None:
            try:
                await self._attempt(lane, following)
            except StoreError as error:
                self._lost(error)  # it stays marked: what is not recorded must not be sent again
                return
            except BaseException as error:  # whatever it is must not shut the lane; the store keeps it due
                if self._stopping and isinstance(error, asyncio.CancelledError):
                    raise
                self._failed(lane.endpoint, following.event.id, error)
                asyncio.get_running_loop().call_later(LONGEST_WAIT, self._set_free, lane, following)
                break  # whoever was cancelled by what it ran makes no further attempt
            self._unmark(lane, following)
            following = self._following(lane)
        self._fill(lane)

    def _set_free(self, lane: Lane, delivery: Delivery) -> None:
        self._unmark(lane, delivery)
        self.wake(lane.endpoint)

    def _following(self, lane: Lane) -> Delivery | None:
        route = self._open_route(lane)
        if not lane.next or route is None or not lane.breaker.is_closed or lane.wait(route):
            return None
        delivery = lane.next.popleft()
        self._mark(lane, route, delivery)
        return delivery

    async def _attempt(self, lane: Lane, delivery: Delivery) -> None:
        if not self._moves.is_home(delivery.event, lane.endpoint):
            return
        conf = self._conf()
        route = conf.route(lane.endpoint)
        if route is None or route.held is not None:
            return  # it waits in the store until somebody wakes the lane
        attempt = await self._deliver(delivery, route, conf)
        if not self._stopping and self._standing.hear(lane, route, attempt):
            self._fill(lane)
        await record(self._store, attempt, self._failed)
        if attempt.due_at is None:
            self._waiting.tell(attempt)
        self._expect(lane, attempt.due_at)
        if conf.digest != self._conf().digest:  # a retry may wait in another lane by now
            self.wake(home_of(self._conf(), group_of(delivery.event)))
        self._done(attempt)

    def _expect(self, lane: Lane, due_at: datetime | None) -> None:
        if due_at is not None and not self._stopping:
            lane.expect(due_at, self._clock.heeded(), self.wake)

    def _put_back(self) -> None:
        """What waits is due at once: its due times were meant by another clock."""
        self._tasks.spawn(self._moves.follow(lambda _: True))
