"""An event loop whose time passes only when nobody has anything to do: a day takes no longer than its work."""

import asyncio
import selectors
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class IdleError(Exception):
    """Nothing is left to do, and no timer will bring anything."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own. Nothing in it may wait for a thread, a socket or a process.

    tasks: those that have not ended, in the order of their making: a set would have another order every time.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.tasks: dict[asyncio.Task[Any], None] = {}
        super().__init__(_Skipping(self))
        self._clock_resolution = 1e-6

    def create_task(self, coro: Any, **kwargs: Any) -> asyncio.Task[Any]:
        """A task, noted."""
        task = super().create_task(coro, **kwargs)
        self.tasks[task] = None
        task.add_done_callback(self.tasks.pop)
        return task

    def time(self) -> float:
        """Seconds since the history began."""
        return self.seconds


class _Skipping(selectors.BaseSelector):
    """A selector that never waits: it puts the clock forward instead."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = self._keys[fileobj] = selectors.SelectorKey(fileobj, 0, events, data)
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise IdleError
        self._loop.seconds += max(timeout, 0.0)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class WallClock:
    """The time of day, which people and time servers put forward and back."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self.ahead = timedelta()

    def now(self) -> datetime:
        """The present, as the machine tells it."""
        return START + self.ahead + timedelta(seconds=self._loop.seconds)
