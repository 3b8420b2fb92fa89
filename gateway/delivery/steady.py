"""Time that nobody puts forward or back."""

from collections.abc import Callable
from datetime import datetime, timedelta


class Steady:
    """What the wall clock said when the daemon started, and what has passed since by the monotonic one.

    wall: UTC; monotonic: seconds.
    """

    def __init__(self, wall: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._start = wall()
        self._began = monotonic()

    def now(self) -> datetime:
        """The present by this clock."""
        return self.at(self._monotonic())

    def at(self, monotonic: float) -> datetime:
        """What this clock says at a moment of the monotonic one."""
        return self._start + timedelta(seconds=monotonic - self._began)

    def since(self, moment: datetime, until: datetime | None = None) -> float:
        """Seconds that have passed since a moment of this clock, until another or until now.

        Of one that an earlier daemon noted only what this daemon saw pass: nobody knows what the wall clock did since.
        """
        return max(((until or self.now()) - max(moment, self._start)).total_seconds(), 0.0)
