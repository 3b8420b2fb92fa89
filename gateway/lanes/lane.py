"""What one lane holds in memory: what is on its way, a short row of what is next, its limits, when to look again."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from math import inf
from typing import Literal, TypeAlias

from gateway.breaker import Breaker
from gateway.conf.model import Route
from gateway.lanes.pace import Pace
from gateway.lanes.places import Places, Share
from gateway.model import Delivery
from gateway.settings import Frequency
from gateway.store import Pause

Bound: TypeAlias = Literal[
    "paused", "held", "quarantine", "breaker", "concurrency", "connections", "rate", "none"
]

LONGEST_WAIT = 60.0  # seconds: a wall clock that jumps is noticed within this


def monotonic() -> float:
    """Seconds, by the clock that timers wait on."""
    return asyncio.get_running_loop().time()


class Lane:
    """The queue of one endpoint.

    kin: the lanes of one source and type, whatever the flow, this one among them: a reload may move an event from
    one to another, so that none may take what another holds. in_store: the store may hold more that is due;
    claiming: the store is being asked for it; paused: by a person; opened_at: when its breaker opened first, by the
    wall clock, as long as it is not closed; share: what it has of the places that all lanes share; most: attempts at
    once while a plugin that it needs is in quarantine (0) or probed (1), else None.
    """

    def __init__(self, endpoint: str, kin: "list[Lane]", places: Places) -> None:
        self.endpoint = endpoint
        self.under_way: set[str] = set()
        self.next: deque[Delivery] = deque()
        self.in_store = False
        self.claiming = False
        self.paused: Pause | None = None
        self.breaker = Breaker()
        self.opened_at: datetime | None = None
        self.pace = Pace()
        self.share = Share()
        self.most: int | None = None
        self._places = places
        self._kin = kin
        self._arriving: dict[str, int] = {}
        self._ended: set[str] = set()
        self._next_due: datetime | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._turn: asyncio.TimerHandle | None = None
        kin.append(self)

    @property
    def kin(self) -> "tuple[Lane, ...]":
        """The lanes between which a reload may move an event, this one among them."""
        return tuple(self._kin)

    @property
    def known(self) -> set[str]:
        """The ids that this lane or its kin have in memory: they must not be claimed."""
        found: set[str] = set()
        for lane in self._kin:
            found.update(lane._arriving, lane.under_way, (delivery.event.id for delivery in lane.next))
        return found

    def wait(self, route: Route) -> float:
        """Seconds until one more attempt may begin: 0 at once, inf when one that is under way has ended."""
        return self._wait(route) if self._places.has_room(self.share) else inf

    def _wait(self, route: Route) -> float:
        """The same by its own limits alone."""
        if len(self.under_way) >= (route.concurrency if self.most is None else self.most):
            return inf
        if self.breaker.is_closed and route.rate is None:
            return 0.0
        now = monotonic()
        wait = self.breaker.wait(len(self.under_way), now)
        return wait if route.rate is None else max(wait, self.pace.wait(route.rate, now))

    def bound_by(self, route: Route) -> Bound:
        """What keeps it from beginning as many attempts as there are events."""
        if self.paused is not None:
            return "paused"
        if route.held is not None:
            return "held"
        if self.most is not None:
            return "quarantine"
        if not self.breaker.is_closed:
            return "breaker"
        if len(self.under_way) >= route.concurrency:
            return "concurrency"
        if not self._places.has_room(self.share):
            return "connections"
        return "rate" if self.wait(route) else "none"

    def is_idle(self, route: Route) -> bool:
        """Whether an event that comes now may go straight on, with nobody before it."""
        return not (self.next or self.in_store or self.claiming or self.wait(route))

    def arrives(self, event: str) -> None:
        """An event is being stored: the store may show it before it says so."""
        self._arriving[event] = self._arriving.get(event, 0) + 1

    def arrived(self, event: str) -> None:
        """The store has said what became of it."""
        self._arriving[event] -= 1
        if not self._arriving[event]:
            del self._arriving[event]

    def withhold(self, event: str) -> bool:
        """Have an event begun nowhere until `release`; False where it is on its way, or coming in right now."""
        if any(event in lane.under_way or event in lane._arriving for lane in self._kin):
            return False
        for lane in self._kin:
            lane.next = deque(delivery for delivery in lane.next if delivery.event.id != event)
        self.arrives(event)
        return True

    def release(self, event: str) -> None:
        """What the store says of the event from now on counts; not what it is being asked right now."""
        self._leave_out(event)
        self.arrived(event)

    def begin(self, event: str, rate: Frequency | None = None) -> None:
        """An attempt begins."""
        self._places.take(self.share)
        self.under_way.add(event)
        if rate is not None:
            self.pace.take(rate, monotonic())
        if not self.breaker.is_closed:
            self.breaker.begin(event)

    def end(self, event: str) -> None:
        """An attempt has ended. A claim that is being read right now may still show its event as due."""
        self.under_way.discard(event)
        if not self.breaker.is_closed:
            self.breaker.end(event)
        self._leave_out(event)
        self._places.give(self.share)  # last: it has another lane look

    def _leave_out(self, event: str) -> None:
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
        self._expect_nothing()
        self._next_due = due_at
        wait = min(max((due_at - now) / timedelta(seconds=1), 0.0), LONGEST_WAIT)
        self._timer = asyncio.get_running_loop().call_later(wait, self._due, look)

    def await_turn(self, route: Route, look: Callable[["Lane"], None]) -> None:
        """Call `look` when its limits let one more attempt begin, where no attempt that ends will lead to that."""
        wait = self._wait(route)
        if wait == 0.0:
            self._places.wait_for(self.share, partial(look, self))
        if wait in (0.0, inf):
            return
        loop = asyncio.get_running_loop()
        if self._turn is not None:
            if self._turn.when() <= loop.time() + wait:
                return
            self._turn.cancel()
        self._turn = loop.call_later(wait, self._its_turn, look)

    def rest(self) -> None:
        """Expect nothing, and wait for no turn."""
        self._expect_nothing()
        if self._turn is not None:
            self._turn.cancel()
            self._turn = None

    def _expect_nothing(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next_due = self._timer = None

    def _its_turn(self, look: Callable[["Lane"], None]) -> None:
        self._turn = None
        look(self)

    def _due(self, look: Callable[[str], None]) -> None:
        self._next_due = self._timer = None
        look(self.endpoint)


class ByEndpoint(dict[str, Lane]):
    """Lanes by their endpoint's id, each made when it is first asked for."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._kin: dict[str, list[Lane]] = {}

    def __missing__(self, endpoint: str) -> Lane:
        key, _, type_ = endpoint.rpartition("/")
        kin = self._kin.setdefault(f"{key.partition('@')[0]}/{type_}", [])
        lane = self[endpoint] = Lane(endpoint, kin, self._places)
        return lane
