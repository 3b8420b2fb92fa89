"""Spreads the attempts of a lane by its rate: a token bucket, kept as one moment (the GCRA of ITU-T I.371).

The bucket holds a tenth of what the unit allows, at least one: so at `600/m` at most 60 at once, and in no minute
more than 660. It is empty when the daemon starts: a daemon that is started again and again floods nobody.
"""

from gateway.settings import Frequency

_PART = 10
_TICK = 1e-6  # seconds; less is not worth a timer, and is made up for by the next wait


class Pace:
    """What one lane has taken of its rate. Times are monotonic, in seconds."""

    __slots__ = ("_full_at",)

    def __init__(self) -> None:
        self._full_at: float | None = None  # when the bucket would be full again

    def wait(self, rate: Frequency, now: float) -> float:
        """Seconds until one more attempt may begin; never longer than two are apart."""
        apart, room = _shape(rate)
        wait = min(self._full(room, now) - room - now, apart)
        return wait if wait > _TICK else 0.0

    def take(self, rate: Frequency, now: float) -> None:
        """An attempt begins."""
        apart, room = _shape(rate)
        self._full_at = min(max(self._full(room, now), now), now + room) + apart

    def give_back(self, rate: Frequency) -> None:
        """Nothing went out after all."""
        if self._full_at is not None:
            self._full_at -= _shape(rate)[0]

    def _full(self, room: float, now: float) -> float:
        if self._full_at is None:
            self._full_at = now + room
        return self._full_at


def most_at_once(rate: Frequency) -> int:
    """How many attempts may begin at once, after a while in which none did."""
    return max(rate.times // _PART, 1)


def _shape(rate: Frequency) -> tuple[float, float]:
    """How far two attempts are apart, and how much of that may be saved up, in seconds."""
    apart = rate.seconds / rate.times
    return apart, (most_at_once(rate) - 1) * apart
