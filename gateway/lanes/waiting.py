"""Posters that wait for what becomes of their event (`Prefer: wait`)."""

import asyncio
from typing import TypeAlias

from gateway.model import Attempt

Settling: TypeAlias = "asyncio.Future[Attempt | None]"


class Waiting:
    """Who waits for which event, and until when. One timer serves all: each of its own would cost every post."""

    def __init__(self) -> None:
        self._until: dict[str, dict[Settling, float]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._over = False

    def __len__(self) -> int:
        return len(self._until)

    def wait_for(self, event: str, seconds: float) -> Settling:
        """A future of the attempt that settles an event; None where time is up, or the daemon stops first."""
        loop = asyncio.get_running_loop()
        future: Settling = loop.create_future()
        if self._over:
            future.set_result(None)
            return future
        until = loop.time() + seconds
        self._until.setdefault(event, {})[future] = until
        self._look_at(until)
        return future

    def leave(self, event: str, future: Settling) -> None:
        """Wait no longer."""
        future.cancel()
        waiting = self._until.get(event)
        if waiting is not None:
            waiting.pop(future, None)
            if not waiting:
                del self._until[event]

    def tell(self, attempt: Attempt) -> None:
        """Tell those who wait for its event of the attempt that settled it."""
        for future in self._until.pop(attempt.event.id, ()):
            _resolve(future, attempt)

    def give_up(self) -> None:
        """Let nobody wait any longer."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        for waiting in self._until.values():
            for future in waiting:
                _resolve(future, None)
        self._until.clear()

    def _look_at(self, moment: float) -> None:
        """Look whose time is up, not later than at a moment of the loop's clock."""
        if self._timer is not None:
            if self._timer.when() <= moment:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(moment, self._look, moment)

    def _look(self, now: float) -> None:
        self._timer = None
        later: list[float] = []
        for waiting in self._until.values():
            for future, until in waiting.items():
                if until <= now:
                    _resolve(future, None)
                else:
                    later.append(until)
        if later:
            self._look_at(min(later))


def _resolve(future: Settling, attempt: Attempt | None) -> None:
    if not future.done():
        future.set_result(attempt)
