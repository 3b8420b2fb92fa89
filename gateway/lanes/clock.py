"""The wall clock of the lanes: what is due by one that was put back since would wait for as long as it was ahead."""

from collections.abc import Callable
from datetime import datetime, timedelta

BACK = timedelta(seconds=60)  # what is put back by less simply passes


class WallClock:
    """Tells the time, and when it was put back. now: UTC; put_back: called when it was."""

    def __init__(self, now: Callable[[], datetime], put_back: Callable[[], object]) -> None:
        self._now = now
        self._put_back = put_back
        self._latest = now()

    def heeded(self) -> datetime:
        """The present."""
        now = self._now()
        if self.is_behind(self._latest):
            self._latest = now
            self._put_back()
        self._latest = max(self._latest, now)
        return now

    def saw(self, moment: datetime) -> None:
        """Note a moment that this clock told somebody else."""
        self._latest = max(self._latest, moment)

    def is_behind(self, moment: datetime) -> bool:
        """Whether it was put back since a moment that it told."""
        return self._now() < moment - BACK
