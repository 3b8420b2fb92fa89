"""What runs beside whoever asked for it, and what the store is asked until it can."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from gateway.errors import StoreError, StoreUnavailable

T = TypeVar("T")

PAUSE = 1.0  # seconds before the store is asked again for what it could not do


class Tasks:
    """The tasks of the lanes.

    stopping: nothing new is begun; failed: told what one of them raised; lost: told when the store cannot go on.
    """

    def __init__(self, failed: Callable[[BaseException], None], lost: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._lost = lost
        self._running: dict[asyncio.Task[None], None] = {}
        self.stopping = False

    def __len__(self) -> int:
        return len(self._running)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside whoever asks for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._running[task] = None
        task.add_done_callback(self._ended)
        return task

    async def insist(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """Ask the store until it can; None where it never can, or everything stops."""
        while not self.stopping:
            try:
                return await ask()
            except StoreUnavailable:
                await asyncio.sleep(PAUSE)
            except StoreError as error:
                self._lost(error)
                break
        return None

    def stop(self) -> None:
        """Ask no more for what the store cannot do right now."""
        self.stopping = True

    async def wait(self, seconds: float) -> None:
        """Let what runs finish, for so long."""
        if self._running:
            await asyncio.wait(self._running, timeout=max(seconds, 0))

    async def cut_off(self) -> None:
        """Cancel what runs, and let it say so."""
        late = list(self._running)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=10)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        if not task.cancelled() and (error := task.exception()):
            self._failed(error)
