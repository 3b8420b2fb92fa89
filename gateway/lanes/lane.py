"""What one lane holds in memory: what is on its way, a short row of what is next, and when to look again."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from gateway.model import Delivery

LONGEST_WAIT = 60.0  # seconds: a wall clock that jumps is noticed within this


class Lane:
    """The queue of one endpoint.

    kin: the lanes of one source and type, whatever the flow, this one among them: a reload may move an event from
    one to another, so that none may take what another holds. in_store: the store may hold more that is due;
    claiming: the store is being asked for it.
    """

    def __init__(self, endpoint: str, kin: "list[Lane]") -> None:
        self.endpoint = endpoint
        self.under_way: set[str] = set()
        self.next: deque[Delivery] = deque()
        self.in_store = False
        self.claiming = False
        self._kin = kin
        self._arriving: dict[str, int] = {}
        self._ended: set[str] = set()
        self._next_due: datetime | None = None
        self._timer: asyncio.TimerHandle | None = None
        kin.append(self)

    @property
    def known(self) -> set[str]:
        """The ids that this lane or its kin have in memory: they must not be claimed."""
        found: set[str] = set()
        for lane in self._kin:
            found.update(lane._arriving, lane.under_way, (delivery.event.id for delivery in lane.next))
        return found

    def is_idle(self, concurrency: int) -> bool:
        """Whether an event that comes now may go straight on, with nobody before it."""
        return not (self.next or self.in_store or self.claiming) and len(self.under_way) < concurrency

    def arrives(self, event: str) -> None:
        """An event is being stored: the store may show it before it says so."""
        self._arriving[event] = self._arriving.get(event, 0) + 1

    def arrived(self, event: str) -> None:
        """The store has said what became of it."""
        self._arriving[event] -= 1
        if not self._arriving[event]:
            del self._arriving[event]

    def begin(self, event: str) -> None:
        """An attempt begins."""
        self.under_way.add(event)

    def end(self, event: str) -> None:
        """An attempt has ended. A claim that is being read right now may still show its event as due."""
        self.under_way.discard(event)
        for lane in self._kin:
            if lane.claiming:
                lane._ended.add(event)

    def begin_claim(self) -> None:
        """The store is going to be asked; what comes in from now on has to be asked for again."""
        self.claiming = True
        self.in_store = False
        self._ended.clear()

    def end_claim(self, found: Iterable[Delivery]) -> list[Delivery]:
        """What may be taken of a claim's answer."""
        self.claiming = False
        taken = self.known | self._ended
        return [delivery for delivery in found if delivery.event.id not in taken]

    def expect(self, due_at: datetime, now: datetime, look: Callable[[str], None]) -> None:
        """Call `look` with this endpoint when something is due, at the latest after a while."""
        if self._next_due is not None and self._next_due <= due_at:
            return
        self.rest()
        self._next_due = due_at
        wait = min(max((due_at - now) / timedelta(seconds=1), 0.0), LONGEST_WAIT)
        self._timer = asyncio.get_running_loop().call_later(wait, self._due, look)

    def rest(self) -> None:
        """Expect nothing."""
        if self._timer is not None:
            self._timer.cancel()
        self._next_due = self._timer = None

    def _due(self, look: Callable[[str], None]) -> None:
        self._next_due = self._timer = None
        look(self.endpoint)


class ByEndpoint(dict[str, Lane]):
    """Lanes by their endpoint's id, each made when it is first asked for."""

    def __init__(self) -> None:
        self._kin: dict[str, list[Lane]] = {}

    def __missing__(self, endpoint: str) -> Lane:
        key, _, type_ = endpoint.rpartition("/")
        kin = self._kin.setdefault(f"{key.partition('@')[0]}/{type_}", [])
        lane = self[endpoint] = Lane(endpoint, kin)
        return lane
