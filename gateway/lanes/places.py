"""The daemon's bound on attempts under way, shared between its lanes.

- One place is kept for each lane, so that none waits for another to begin its first; only what a lane has beyond that
  comes from the rest. A quarter of all places is that rest even where there are more lanes than the others serve:
  then a lane may have to wait for its first one too, and gets it before anybody gets a further one.
- Who waits gets the next place that falls free, in order, and one only: for its next it waits behind the others.
- A lane whose last try timed out has one place: what hangs there would hold many for nothing.
- Whoever gives a place back has the one who waits first look again. No more than that one is looked at.
"""

from collections import OrderedDict
from collections.abc import Callable
from math import inf

Look = Callable[[], None]


class Share:
    """What one lane has of the places. taken: how many; timed_out: its last try was not answered in time."""

    __slots__ = ("taken", "timed_out")

    def __init__(self) -> None:
        self.taken = 0
        self.timed_out = False

    def hear(self, timed_out: bool) -> bool:
        """Learn how its last try went; whether it may have more than one again by that."""
        was, self.timed_out = self.timed_out, timed_out
        return was and not timed_out


class Places:
    """Gives the places out; without a bound until `divide` sets one. taken: how many are, by all lanes."""

    def __init__(self) -> None:
        self.taken = 0
        self._most = self._most_further = inf
        self._further = 0
        self._for_first: OrderedDict[Share, Look] = OrderedDict()
        self._for_further: OrderedDict[Share, Look] = OrderedDict()
        self._served: Share | None = None

    def divide(self, most: float, lanes: int) -> None:
        """Set how many there are, and between how many lanes. More than that may be taken already: it runs out."""
        self._most = most
        self._most_further = inf if most == inf else max(most - lanes, most // 4)
        self._serve()

    def has_room(self, share: Share) -> bool:
        """Whether a lane may take one more, with nobody before it."""
        is_its_turn = share is self._served
        if not share.taken:
            return self.taken < self._most and (is_its_turn or not self._for_first)
        if share.timed_out:
            return False
        return self._has_further() and (is_its_turn or not (self._for_first or self._for_further))

    def wait_for(self, share: Share, look: Look) -> None:
        """Have `look` called when there is one for a lane that found no room; it may take one then, or leave it."""
        if not share.taken:
            self._for_first.setdefault(share, look)
        elif not share.timed_out:  # else what it has under way has to end first
            self._for_further.setdefault(share, look)

    def take(self, share: Share) -> None:
        """A lane begins an attempt."""
        self._served = None
        self.taken += 1
        self._further += bool(share.taken)
        share.taken += 1

    def give(self, share: Share) -> None:
        """A lane's attempt is over."""
        self.taken -= 1
        share.taken -= 1
        self._further -= bool(share.taken)
        if self._for_first or self._for_further:
            self._serve()

    def _has_further(self) -> bool:
        return self.taken < self._most and self._further < self._most_further

    def _serve(self) -> None:
        """Have those look for whom there is a place now; who leaves it leaves it to the next."""
        while self._for_first and self.taken < self._most:
            self._call(self._for_first)
        while self._for_further and self._has_further():
            self._call(self._for_further)

    def _call(self, waiting: OrderedDict[Share, Look]) -> None:
        self._served, look = waiting.popitem(last=False)
        try:
            look()
        finally:
            self._served = None
