"""Events that come in: stored first, then taken on, also where whoever brought them has gone.

What comes in is left out where the lane looks into the store meanwhile. If it was stored before, as it came a second
time, the lane must look again.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from gateway.errors import StoreError, StoreUnavailable
from gateway.lanes.lane import ByEndpoint, Lane
from gateway.lanes.tasks import Tasks
from gateway.store import Entry, Receipt, Store


class Arrivals:
    """Takes events in. offer: takes on what was stored; wake: told an endpoint where something may be due."""

    def __init__(
        self,
        store: Store,
        lanes: ByEndpoint,
        offer: Callable[[Entry], None],
        wake: Callable[[str], None],
        tasks: Tasks,
    ) -> None:
        self._store = store
        self._lanes = lanes
        self._offer = offer
        self._wake = wake
        self._tasks = tasks

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
            if not self._tasks.stopping:
                self._tasks.spawn(self._take_over(entries))
            raise
        except StoreUnavailable:
            for lane, _ in arriving:
                self._look(lane)
            raise
        finally:
            for lane, event in arriving:
                lane.arrived(event)
        for entry, receipt in zip(entries, receipts, strict=True):
            if receipt.added == "added" and entry.due_at is not None:
                self._offer(entry)
            elif receipt.state == "queued" and entry.due_at is not None:
                self._look(self._lanes[entry.endpoint])
        return receipts

    def _look(self, lane: Lane) -> None:
        """Have the lane and its kin look again: any of them may have left out what seemed to be arriving."""
        for one in lane.kin:
            self._wake(one.endpoint)

    async def _take_over(self, entries: Sequence[Entry]) -> None:
        """Take on what a caller who left had begun to store: asked again, the store answers once that is written."""
        with suppress(StoreError):
            await self.take(entries)
