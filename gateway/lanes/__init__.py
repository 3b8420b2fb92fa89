"""What is due, run within each lane's limits, stopped gracefully.

- The store is the truth: a delivery that is not under way is found there again. In memory stands no more than what
  is under way and a short row of what is next, and no event stands in two lanes at once.
- Nothing in one lane waits for another.
- Whatever gives an event a future wakes the lane that will take it; a lane that could not look tries again.
- What was made is recorded, and what could not be recorded is not made again by this process.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from gateway.conf.model import Conf, Route
from gateway.errors import StoreError, StoreUnavailable
from gateway.lanes.lane import LONGEST_WAIT, ByEndpoint, Lane
from gateway.lanes.moves import Moves, group_of, home_of
from gateway.lanes.recording import Failed, record
from gateway.lanes.waiting import Settling, Waiting
from gateway.model import Attempt, Delivery, Replay
from gateway.store import Entry, Receipt, Replayed, Store, Summary

Deliver: TypeAlias = Callable[[Delivery, Route, Conf], Awaitable[Attempt]]

PAUSE = timedelta(seconds=1)  # before a lane looks again that could not
BACK = timedelta(seconds=60)  # a clock that is put back by less simply passes
PATIENCE = 5.0  # seconds that a reload waits for what is queued to follow it
_AT_ONCE = 100


class Lanes:
    """All lanes of the daemon.

    deliver: makes one attempt; conf: the present one; done: told of every recorded attempt; failed: told of what could
    not be done, with the endpoint and the event that it concerns; lost: told when the store cannot go on.
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
    ) -> None:
        self._store = store
        self._deliver = deliver
        self._conf = conf
        self._now = now
        self._done = done
        self._failed = failed
        self._lost = lost
        self._lanes = ByEndpoint()
        self._under_way: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting = Waiting()
        self._moves = Moves(store, conf, now, self.wake, lost, self._spawn)
        self._latest = now()
        self._stopping = False

    async def start(self) -> None:
        """Take up everything that has a future."""
        await self._assign(lambda _: False)

    async def take(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Store events, and take on those that are new. Raises StoreUnavailable where nothing was stored."""
        arriving = [
            (self._lanes[entry.endpoint], entry.event.id) for entry in entries if entry.due_at is not None
        ]
        for lane, event in arriving:
            lane.arrives(event)
        try:
            receipts = await self._store.add(entries)
        except asyncio.CancelledError:
            if not self._stopping:
                self._spawn(self._take_over(entries))
            raise
        finally:
            for lane, event in arriving:
                lane.arrived(event)
        for entry, receipt in zip(entries, receipts, strict=True):
            if receipt.added == "added" and entry.due_at is not None:
                self._offer(entry)
        return receipts

    async def replay(self, event: Summary, wish: Replay, endpoint: str) -> Replayed:
        """Give an event a future again at an endpoint, and take it on."""
        replayed = await self._store.replay(event.id, wish, endpoint, self._now())
        if replayed == "queued" and self._moves.is_home(event, endpoint):
            self.wake(endpoint)
        return replayed

    def wake(self, endpoint: str) -> None:
        """Look for what is due at an endpoint."""
        lane = self._lanes[endpoint]
        lane.in_store = True
        self._fill(lane)

    def settled(self, event: str) -> Settling:
        """A future of the attempt that will settle an event; None where the daemon stops first."""
        return self._waiting.wait_for(event)

    def is_sending(self, event: str) -> bool:
        """Whether an event is on its way right now."""
        return event in self._under_way

    def under_way(self, endpoint: str) -> int:
        """How many attempts an endpoint has under way."""
        return len(self._lanes[endpoint].under_way)

    async def conf_changed(self, before: Conf) -> None:
        """Follow a swapped conf: what waits moves to its new lane; at a changed source it is due at once."""
        now = self._conf().sources
        same = {
            key for key, source in before.sources.items()
            if key in now and (source.content, source.secrets) == (now[key].content, now[key].secrets)
        }  # fmt: skip
        assigning = self._spawn(self._assign(lambda key: key not in same))
        await asyncio.wait([assigning], timeout=PATIENCE)

    def stop(self) -> None:
        """Start nothing new, and let no poster wait any longer."""
        self._stopping = True
        self._moves.stop()
        self._waiting.give_up()
        for lane in self._lanes.values():
            lane.rest()

    async def drain(self, seconds: float) -> int:
        """Stop, and let what is under way finish; what takes longer is cut off and recorded as that. How many were."""
        self.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=max(seconds, 0))
        cut, late = list(self._tasks), len(self._under_way)
        for task in cut:
            task.cancel()
        if cut:
            await asyncio.wait(cut, timeout=10)
        return late

    def _open_route(self, lane: Lane) -> Route | None:
        """The lane's route, unless it is held or everything stops."""
        route = None if self._stopping else self._conf().route(lane.endpoint)
        return None if route is None or route.held is not None else route

    def _fill(self, lane: Lane) -> None:
        """Begin what is next as far as there is room; ask the store where it may hold more."""
        route = self._open_route(lane)
        if route is None:
            return
        while lane.next and len(lane.under_way) < route.concurrency:
            self._begin(lane, lane.next.popleft())
        if lane.in_store and not lane.claiming and len(lane.under_way) < route.concurrency:
            lane.begin_claim()
            self._spawn(self._claim(lane, route.concurrency * 4))

    def _offer(self, entry: Entry) -> None:
        """Straight on where there is room, without a second look into the store; else it waits there."""
        event, lane = entry.event, self._lanes[entry.endpoint]
        self._latest = max(self._latest, event.received_at)
        if not self._moves.is_home(event, entry.endpoint):
            return
        route = self._open_route(lane)
        if route is None or not lane.is_idle(route.concurrency):
            lane.in_store = True
            return
        self._begin(lane, Delivery(event, entry.endpoint, due_at=entry.due_at, key=event.id))

    async def _take_over(self, entries: Sequence[Entry]) -> None:
        """Take on what a caller who left had begun to store: asked again, the store answers once that is written."""
        with suppress(StoreError):
            for entry, receipt in zip(entries, await self.take(entries), strict=True):
                if receipt.added == "known" and entry.due_at is not None:
                    self.wake(entry.endpoint)

    def _begin(self, lane: Lane, delivery: Delivery) -> None:
        self._mark(lane, delivery)
        self._spawn(self._work(lane, delivery))

    def _mark(self, lane: Lane, delivery: Delivery) -> None:
        lane.begin(delivery.event.id)
        self._under_way.add(delivery.event.id)

    def _unmark(self, lane: Lane, delivery: Delivery) -> None:
        lane.end(delivery.event.id)
        self._under_way.discard(delivery.event.id)

    async def _claim(self, lane: Lane, limit: int) -> None:
        """Bring what is due from the store; where nothing more is, look again when the next is."""
        found: list[Delivery] = []
        try:
            found = await self._store.due(lane.endpoint, self._heeded(), limit, lane.known)
            if len(found) == limit:
                lane.in_store = True
            else:
                known = lane.known.union(delivery.event.id for delivery in found)
                self._expect(lane, await self._store.next_due(lane.endpoint, known))
        except Exception as error:  # noqa: BLE001  whatever it is, the lane must look again
            lane.end_claim(())
            self._look_again(lane, error)
            return
        for delivery in lane.end_claim(found):
            if self._moves.is_home(delivery.event, lane.endpoint):
                lane.next.append(delivery)
        self._fill(lane)

    def _look_again(self, lane: Lane, error: Exception) -> None:
        """Later, not at once: the store is in trouble."""
        if isinstance(error, StoreError) and not isinstance(error, StoreUnavailable):
            self._lost(error)
        else:
            self._failed(lane.endpoint, None, error)
            self._expect(lane, self._now() + PAUSE)

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
        if not lane.next or route is None or len(lane.under_way) >= route.concurrency:
            return None
        delivery = lane.next.popleft()
        self._mark(lane, delivery)
        return delivery

    async def _attempt(self, lane: Lane, delivery: Delivery) -> None:
        if not self._moves.is_home(delivery.event, lane.endpoint):
            return
        conf = self._conf()
        route = conf.route(lane.endpoint)
        if route is None or route.held is not None:
            return  # it waits in the store until somebody wakes the lane
        attempt = await self._deliver(delivery, route, conf)
        await record(self._store, attempt, self._failed)
        if attempt.due_at is None:
            self._waiting.tell(attempt)
        self._expect(lane, attempt.due_at)
        if conf.digest != self._conf().digest:  # a retry may wait in another lane by now
            self.wake(home_of(self._conf(), group_of(delivery.event)))
        self._done(attempt)

    def _expect(self, lane: Lane, due_at: datetime | None) -> None:
        if due_at is not None and not self._stopping:
            lane.expect(due_at, self._heeded(), self.wake)

    def _heeded(self) -> datetime:
        """Now. What is due by a clock that has been put back since would wait for as long as that was ahead."""
        now = self._now()
        if now < self._latest - BACK:
            self._latest = now
            self._spawn(self._assign(lambda _: True))
        self._latest = max(self._latest, now)
        return now

    async def _assign(self, is_due: Callable[[str], bool]) -> None:
        """Have all that waits follow the present conf, and wake the lanes where it waits."""
        waiting = await self._moves.assign(is_due)
        for lane in self._lanes.values():
            if lane.next:
                lane.next.clear()
                waiting.add(lane.endpoint)
        for number, endpoint in enumerate(waiting):
            self.wake(endpoint)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._failed("a lane", None, error)
