"""Time limits of many requests, by few timers.

Nearly every request ends in time, and a timer of its own would be set and cancelled for nothing.
"""

import asyncio

# Seconds by which a request may be ended late, as those that are due within them share a timer; none is ended early.
TICK = 0.05


class Deadlines:
    """Ends what takes too long."""

    def __init__(self) -> None:
        self._due: dict[int, set[asyncio.Timeout]] = {}

    def end(self, limit: asyncio.Timeout, seconds: float) -> set[asyncio.Timeout]:
        """Let a limit be reached in so many seconds, unless it is taken out of the set before."""
        loop = asyncio.get_running_loop()
        tick = int((loop.time() + seconds) / TICK) + 1
        due = self._due.get(tick)
        if due is None:
            due = self._due[tick] = set()
            loop.call_at(tick * TICK, self._reached, tick)
        due.add(limit)
        return due

    def _reached(self, tick: int) -> None:
        now = asyncio.get_running_loop().time()
        for limit in self._due.pop(tick):
            limit.reschedule(now)
