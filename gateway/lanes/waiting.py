"""Posters that wait for what becomes of their event (`Prefer: wait`)."""

import asyncio
from typing import TypeAlias

from gateway.model import Attempt

Settling: TypeAlias = "asyncio.Future[Attempt | None]"


class Waiting:
    """Who waits for which event. A future that is cancelled or done is forgotten."""

    def __init__(self) -> None:
        self._futures: dict[str, list[Settling]] = {}
        self._over = False

    def __len__(self) -> int:
        return len(self._futures)

    def wait_for(self, event: str) -> Settling:
        """A future of the attempt that settles an event; None where the daemon stops first."""
        future: Settling = asyncio.get_running_loop().create_future()
        if self._over:
            future.set_result(None)
            return future
        self._futures.setdefault(event, []).append(future)
        future.add_done_callback(lambda done: self._forget(event, done))
        return future

    def tell(self, attempt: Attempt) -> None:
        """Tell those who wait for its event of the attempt that settled it."""
        for future in self._futures.pop(attempt.event.id, ()):
            if not future.done():
                future.set_result(attempt)

    def give_up(self) -> None:
        """Let nobody wait any longer."""
        self._over = True
        for futures in list(self._futures.values()):
            for future in futures:
                if not future.done():
                    future.set_result(None)

    def _forget(self, event: str, future: Settling) -> None:
        waiting = self._futures.get(event)
        if waiting and future in waiting:
            waiting.remove(future)
            if not waiting:
                del self._futures[event]
