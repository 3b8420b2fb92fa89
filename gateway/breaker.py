"""When an endpoint is left alone since it keeps failing: a pure machine of how attempts went, and of time.

- closed: attempts are made as ever. Too many failures within the window open it.
- open: nothing is sent until its pause is over, then one event alone, the probe. A probe that fails opens it anew,
  with twice the pause. One that never went out, as a criterion stopped it, leaves its place to the next.
- ramping: after a good probe 1, 2, 4, ... attempts at once, until the endpoint's own concurrency is reached. A
  failure halves that number, and opens it anew where it was 1.
"""

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import Literal, TypeAlias

State: TypeAlias = Literal["closed", "open", "probing", "ramping"]
LONGEST_PAUSE = 900.0  # seconds; a longer one in the conf stays as it is
_SLICES = 10  # of the window: what is counted leaves it by tenths


@dataclass(frozen=True, slots=True)
class Policy:
    """When a breaker opens. failures: their share, 0 to 1, of at least `least` attempts in `window`; seconds."""

    failures: float = 0.5
    window: float = 60.0
    least: int = 10
    pause: float = 30.0


class Breaker:
    """The breaker of one endpoint. Times are monotonic, in seconds.

    is_closed: read before every attempt; pause: the present one; most: attempts at once, while it is ramping;
    failed, heard: how many attempts of the window failed, and how many there were, when it opened.
    """

    __slots__ = (
        "_good",
        "_probe",
        "_slices",
        "_state",
        "_until",
        "failed",
        "heard",
        "is_closed",
        "most",
        "pause",
    )

    def __init__(self) -> None:
        self._slices: deque[list[int]] = deque(maxlen=_SLICES)  # number, good, bad
        self.failed = self.heard = 0
        self.close()

    @property
    def state(self) -> State:
        """What it is doing."""
        return "probing" if self._probe is not None else self._state

    def close(self) -> None:
        """Forget everything, and let attempts be made as ever."""
        self.is_closed = True
        self._state: State = "closed"
        self._probe: str | None = None
        self._until = self.pause = 0.0
        self._good = self.most = 0
        self._slices.clear()

    def open(self, pause: float, left: float, now: float) -> None:
        """Let nothing pass. left: seconds of the pause that are still to come."""
        self.close()
        self.is_closed = False
        self._state = "open"
        self.pause, self._until = pause, now + min(max(left, 0.0), pause)

    def wait(self, under_way: int, now: float) -> float:
        """Seconds until one more attempt may begin; inf where one that is under way has to end first."""
        if self.is_closed:
            return 0.0
        if self._state == "ramping":
            return 0.0 if under_way < self.most else inf
        return inf if self._probe is not None else max(self._until - now, 0.0)

    def begin(self, event: str) -> None:
        """An attempt begins, though it is not closed: where it is open, as the probe."""
        if self._state == "open":
            self._probe = event

    def end(self, event: str) -> None:
        """An attempt is over. A probe of which nothing was heard leaves its place to another event."""
        if self._probe == event:
            self._probe = None

    def hear(self, event: str, well: bool, policy: Policy, concurrency: int, now: float) -> bool:
        """Learn how an attempt went that did go out. Whether it opened, closed, or began to ramp."""
        if self._state == "closed":
            self._count(well, policy.window, now)
            return not well and self._opens(policy, now)
        if self._state == "ramping":
            return self._ramp(well, policy, concurrency, now)
        if event != self._probe:
            return False  # it began before
        if not well:
            self._open_longer(policy, now)
            return True
        self._probe = None
        self._state, self.most = "ramping", 1
        self._close_if_ramped(concurrency)
        return True

    def _count(self, well: bool, window: float, now: float) -> None:
        number = int(now * _SLICES / window)
        if not self._slices or self._slices[-1][0] != number:
            self._slices.append([number, 0, 0])
        self._slices[-1][1 if well else 2] += 1

    def _opens(self, policy: Policy, now: float) -> bool:
        oldest = int(now * _SLICES / policy.window) - _SLICES
        counted = [(good, bad) for number, good, bad in self._slices if number > oldest]
        self.failed = sum(bad for _, bad in counted)
        self.heard = self.failed + sum(good for good, _ in counted)
        if self.heard < policy.least or self.failed < policy.failures * self.heard:
            return False
        self.open(policy.pause, policy.pause, now)
        return True

    def _ramp(self, well: bool, policy: Policy, concurrency: int, now: float) -> bool:
        self._good = self._good + 1 if well else 0
        if not well and self.most == 1:
            self._open_longer(policy, now)
            return True
        if not well:
            self.most //= 2
        elif self._good >= self.most:
            self.most, self._good = self.most * 2, 0
        return self._close_if_ramped(concurrency)

    def _close_if_ramped(self, concurrency: int) -> bool:
        if self.most >= concurrency:
            self.close()
        return self.is_closed

    def _open_longer(self, policy: Policy, now: float) -> None:
        self.failed = self.heard = 1
        pause = min(self.pause * 2, max(LONGEST_PAUSE, policy.pause))
        self.open(pause, pause, now)
