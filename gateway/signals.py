"""What the system tells the daemon: SIGTERM and SIGINT to stop, SIGHUP to read its conf again."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any


def heed(stop: Callable[[], None], reload: Callable[[], Coroutine[Any, Any, object] | None]) -> None:
    """Heed the signals in the running loop. reload: gives what is to be done, or None where it is not the time."""
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[object]] = set()

    def begin() -> None:
        work = reload()
        if work is not None:
            task = loop.create_task(work)
            reloads.add(task)
            task.add_done_callback(reloads.discard)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    loop.add_signal_handler(signal.SIGHUP, begin)
