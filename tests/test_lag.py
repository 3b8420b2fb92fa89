"""The loop's lag is seen, and costs next to nothing."""

import asyncio
import time

from gateway.lag import EVERY, Lag
from gateway.running import running


async def test_what_holds_the_loop_is_seen() -> None:
    """A piece of work that holds the loop for 0.3 s is told as a look that is late by most of that."""
    noted: list[float] = []
    lag = Lag(noted.append)
    assert (lag.p99, lag.worst) == (0.0, 0.0)
    async with running(lag.run()):
        await asyncio.sleep(EVERY / 2)
        time.sleep(0.3)
        await asyncio.sleep(2 * EVERY)
    assert 0.3 - EVERY <= max(noted) == lag.worst < 3
    assert len(noted) >= 2


async def test_of_a_minute_the_worst_look_in_a_hundred() -> None:
    """p99 leaves out one look in a hundred; what is older than a minute is forgotten."""
    lag = Lag(lambda late: None)
    lag._last.extend([9.0] * 600)
    lag._last.extend([0.001] * 595 + [0.2] * 5)
    assert (lag.p99, lag.worst) == (0.001, 0.2)
    lag._last.extend([0.2] * 2)
    assert lag.p99 == 0.2
