"""How late the event loop comes to what is due: while one piece of work holds it, nothing is taken, nothing is sent."""

import asyncio
from collections import deque
from collections.abc import Callable

EVERY = 0.1  # seconds between two looks
_KEPT = 600  # looks: a minute
# Bytes taken from a connection at once. asyncio takes 16 times as many, and whoever sends them in chunks of one byte
# holds the loop for 50 ms each time.
MOUTHFUL = 16 * 1024


class Lag:
    """Looks ten times a second, for ever. noted: told each time how many seconds late it was."""

    def __init__(self, noted: Callable[[float], None]) -> None:
        self._noted = noted
        self._last: deque[float] = deque(maxlen=_KEPT)

    async def run(self) -> None:
        """Sleep, and see how much longer that took."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + EVERY
            await asyncio.sleep(EVERY)
            late = max(clock() - due, 0.0)
            self._last.append(late)
            self._noted(late)

    @property
    def p99(self) -> float:
        """Seconds that 99 of 100 looks in the last minute were not late by; 0 where there was none yet."""
        late = sorted(self._last)
        return late[len(late) * 99 // 100] if late else 0.0

    @property
    def worst(self) -> float:
        """The most seconds that a look in the last minute was late by; 0 where there was none yet."""
        return max(self._last, default=0.0)
