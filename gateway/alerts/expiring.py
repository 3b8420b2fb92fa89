"""What is about to expire: the events that wait, and whose criteria will not let them go much longer."""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from gateway.conf.model import Conf, Route
from gateway.criteria import poll
from gateway.model import Delivery, Event
from gateway.store import Store
from gateway.templates import scope

SOON = timedelta(hours=1)
LOOKED_AT = 1000  # of each endpoint, those that are due first
_EVER = timedelta(days=36500)
_AT_ONCE = 20
_CURRENCY = re.compile("[A-Z]{3}")  # ISO 4217; what else was posted stands in no alert


@dataclass(frozen=True, slots=True)
class Expiring:
    """What expires at one endpoint within the hour.

    money: the sum of `value.amount` by `value.currency`, where events carry it; more: there may be more of them.
    """

    endpoint: str
    count: int
    money: tuple[tuple[str, Decimal], ...] = ()
    more: bool = False

    def __str__(self) -> str:
        events = "event expires" if self.count == 1 else "events expire"
        said = f"{self.endpoint}: {'at least ' if self.more else ''}{self.count:,} {events} within the hour"
        worth = ", ".join(f"{amount:,f} {currency}".strip() for currency, amount in self.money)
        return f"{said}, worth {worth}" if worth else said


async def expiring(store: Store, conf: Conf, now: datetime, behind: str = "") -> AsyncIterator[Expiring]:
    """What is about to expire, if anything, at each endpoint where something waits and criteria are asked.

    behind: the endpoint where the last look ended: those that follow it come first. The criteria are asked as before an
    attempt, which takes nothing.
    """
    waiting = {one.endpoint for one in await store.backlog()}
    for endpoint in sorted(waiting, key=lambda id: (id <= behind, id)):
        route = conf.route(endpoint)
        if route is not None and route.criteria:
            yield await _of(route, await store.due(endpoint, now + _EVER, LOOKED_AT, ()), now)


async def _of(route: Route, found: list[Delivery], now: datetime) -> Expiring:
    count, money = 0, defaultdict[str, Decimal](Decimal)
    for number, delivery in enumerate(found):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)  # attempts come first
        overruled = delivery.replay.skip_criteria if delivery.replay else ()
        variables = scope(delivery.event, route.endpoint.source_name, now, "0" * 32)
        deadline = (await poll(route, delivery.event, now, variables, overruled)).deadline
        if deadline is not None and deadline - now <= SOON:
            count += 1
            for currency, amount in _worth(delivery.event):
                money[currency] += amount
    return Expiring(route.endpoint.id, count, tuple(sorted(money.items())), len(found) == LOOKED_AT)


def _worth(event: Event) -> Iterator[tuple[str, Decimal]]:
    value = event.body.get("value")
    if not isinstance(value, dict):
        return
    amount, currency = value.get("amount"), value.get("currency")
    if isinstance(amount, int | Decimal) and not isinstance(amount, bool):
        yield (
            currency if isinstance(currency, str) and _CURRENCY.fullmatch(currency) else "",
            Decimal(amount),
        )
