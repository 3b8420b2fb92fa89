"""What is about to expire: the events that wait, and whose criteria will not let them go much longer."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from gateway.conf.model import Conf, Route
from gateway.criteria import poll
from gateway.model import Delivery, Event
from gateway.store import Store
from gateway.templates import scope

SOON = timedelta(hours=1)
PAGE = 200  # events read at once
_EVER = timedelta(days=36500)
_AT_ONCE = 20
_CURRENCY = re.compile("[A-Z]{3}")  # ISO 4217; what else was posted stands in no alert


@dataclass(slots=True)
class Expiring:
    """What expires at one endpoint within the hour.

    money: the sum of `value.amount` by `value.currency`, where events carry it; whole: all that waits there was asked
    about, so that there are no more of them.
    """

    endpoint: str
    count: int = 0
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    whole: bool = False

    def add(self, event: Event) -> None:
        """Count one more."""
        self.count += 1
        for currency, amount in _worth(event):
            self.money[currency] += amount

    def __str__(self) -> str:
        least = "" if self.whole else "at least "
        events = "event expires" if self.count == 1 else "events expire"
        said = f"{self.endpoint}: {least}{self.count:,} {events} within the hour"
        worth = ", ".join(
            f"{amount:,f} {currency}".strip() for currency, amount in sorted(self.money.items())
        )
        return f"{said}, worth {least}{worth}" if worth else said


class Deadlines:
    """Asks the criteria of what waits until when it may go, as before an attempt, which takes nothing.

    Nothing but a criterion knows, and its conf may have changed. Where the time of one look does not do, the next one
    goes on behind it, so that everything that waits is asked about in the end. held: why a plugin of an endpoint must
    not be asked, or None.
    """

    def __init__(self, store: Store, held: Callable[[str], str | None]) -> None:
        self._store = store
        self._held = held
        self._at = ""  # the endpoint where the time of the last look was over
        self._after: dict[str, Delivery] = {}  # by endpoint not seen to its end: how far

    async def look(self, conf: Conf, now: datetime, seconds: float) -> tuple[list[Expiring], bool]:
        """What expires at each endpoint where something does; whether the time was enough for all that waits."""
        found: list[Expiring] = []
        try:
            async with asyncio.timeout(seconds):
                await self._walk(conf, now, found)
        except TimeoutError:
            enough = False
        else:
            enough = True
        return [one for one in found if one.count], enough

    async def _walk(self, conf: Conf, now: datetime, found: list[Expiring]) -> None:
        waiting = {one.endpoint for one in await self._store.backlog()}
        self._after = {endpoint: last for endpoint, last in self._after.items() if endpoint in waiting}
        for endpoint in sorted(waiting, key=lambda id: (id <= self._at, id)):
            route = conf.route(endpoint)
            if route is not None and route.criteria and self._held(endpoint) is None:
                self._at = endpoint
                found.append(Expiring(endpoint))
                await self._ask(route, now, found[-1])

    async def _ask(self, route: Route, now: datetime, found: Expiring) -> None:
        begun = self._after.get(found.endpoint)
        after, asked = begun, 0
        while page := await self._store.due(found.endpoint, now + _EVER, PAGE, (), after):
            for after in page:
                if asked % _AT_ONCE == 0:
                    await asyncio.sleep(0)  # attempts come first
                asked += 1
                self._after[found.endpoint] = after  # also one that keeps its criterion busy for too long
                if await _expires(route, after, now):
                    found.add(after.event)
        self._after.pop(found.endpoint, None)
        found.whole = begun is None


async def _expires(route: Route, delivery: Delivery, now: datetime) -> bool:
    overruled = delivery.replay.skip_criteria if delivery.replay else ()
    variables = scope(delivery.event, route.endpoint.source_name, now, "0" * 32)
    deadline = (await poll(route, delivery.event, now, variables, overruled)).deadline
    return deadline is not None and deadline - now <= SOON


def _worth(event: Event) -> Iterator[tuple[str, Decimal]]:
    value = event.body.get("value")
    if not isinstance(value, dict):
        return
    amount, currency = value.get("amount"), value.get("currency")
    if isinstance(amount, int | Decimal) and not isinstance(amount, bool):
        known = isinstance(currency, str) and _CURRENCY.fullmatch(currency)
        yield (str(currency) if known else "", Decimal(amount))
