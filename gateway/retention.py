"""What is too old is removed, now and then, and so slowly that nobody who posts or is sent to notices."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from gateway.conf.retention import RetentionSettings
from gateway.errors import StoreUnavailable
from gateway.store import Cutoffs, Store, Swept

FIRST = 60.0  # seconds after the start: what waits comes first
EVERY = 3600.0
LEAST_PAUSE = 0.01
SHARE = 4  # a step is followed by a pause of so many times its length


class Retention:
    """Removes what is too old from a store.

    keep: how long what is kept; now: UTC; told: called with what one round removed; failed: with a fault in it; pause:
    waits so many seconds.
    """

    def __init__(
        self,
        store: Store,
        keep: Callable[[], RetentionSettings],
        now: Callable[[], datetime],
        told: Callable[[Swept], None],
        failed: Callable[[Exception], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._keep = keep
        self._now = now
        self._told = told
        self._failed = failed
        self._pause = pause

    async def run(self) -> None:
        """Go round until cancelled."""
        await self._pause(FIRST)
        while True:
            try:
                await self.round()
            except Exception as error:  # noqa: BLE001  whatever it is, the next round may do better
                self._failed(error)
            await self._pause(EVERY)

    async def round(self) -> Swept:
        """Remove what is too old by now; where the store cannot do that right now, what is left waits for the next.

        Raises StoreError where the store cannot go on.
        """
        removed = Swept()
        begun = _seconds()
        try:
            async for step in self._store.sweep(cutoffs(self._keep(), self._now())):
                removed += step
                await self._pause(max((_seconds() - begun) * SHARE, LEAST_PAUSE))
                begun = _seconds()
        except StoreUnavailable:
            pass  # why is told by whoever posts; what was removed stays so
        if removed != Swept():
            self._told(removed)
        return removed


def cutoffs(keep: RetentionSettings, now: datetime) -> Cutoffs:
    """What is too old at a moment."""
    return Cutoffs(*(now - timedelta(seconds=kept) for kept in (keep.events, keep.bodies, keep.ids)))


def _seconds() -> float:
    return asyncio.get_running_loop().time()
