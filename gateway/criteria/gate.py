"""Where events take off: the criteria are asked, and what they let go is in flight until it has landed."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from gateway.apart import Apart, is_large
from gateway.conf.model import Asked, Route
from gateway.contained import Tell, unheard
from gateway.criteria import PATIENCE, Poll, poll
from gateway.criteria.past import Before, Flight
from gateway.criteria.recipients import Recipients
from gateway.model import Event
from gateway.store import Archive


class Gate:
    """One for the whole daemon.

    archive: what was recorded, where there is any; recipients: who has spoken about which lead; tell: hears of each
    fault that a criterion makes.
    """

    def __init__(
        self, archive: Archive | None = None, recipients: Recipients | None = None, tell: Tell = unheard
    ) -> None:
        self._archive = archive
        self._recipients = recipients
        self._tell = tell
        self._apart = Apart("asking the criteria", threads=2, longest=PATIENCE)
        self._flying: defaultdict[str, dict[str, Flight]] = defaultdict(dict)
        # Kept for as long as somebody has his turn, or waits for it.
        self._turns: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    def __len__(self) -> int:
        return sum(map(len, self._flying.values()))

    async def ask(
        self,
        route: Route,
        event: Event,
        started: datetime,
        variables: Mapping[str, Any],
        overruled: Sequence[str],
        now: Callable[[], datetime],
    ) -> Poll:
        """Ask the criteria; where they let the event go, it is in flight until `landed`.

        Where the answer depends on what is in flight, one event is asked about at a time. now: the time when its
        turn has come, in UTC.
        """
        waited = [asked for asked in route.criteria if asked.one_at_a_time is not None]
        turns = sorted({turn for asked in waited if (turn := _turn(asked, route, event))}) if waited else ()
        if not turns:
            return await self._ask(route, event, started, variables, overruled)
        async with AsyncExitStack() as taken:
            for turn in turns:  # in one order for all, so that no two wait for each other
                await taken.enter_async_context(self._turns.setdefault(turn, asyncio.Lock()))
            return await self._ask(route, event, now(), variables, overruled)

    def landed(self, endpoint: str, event: str) -> None:
        """An attempt is over, and recorded if it was made."""
        self._flying[endpoint].pop(event, None)

    async def _ask(
        self,
        route: Route,
        event: Event,
        now: datetime,
        variables: Mapping[str, Any],
        overruled: Sequence[str],
    ) -> Poll:
        endpoint = route.endpoint.id
        past = Before(self._archive, endpoint, event, self._flying)
        elsewhere = partial(self._apart.run, endpoint) if is_large(event) else None
        asked = await poll(
            route, event, now, variables, overruled, past=past, tell=self._tell, elsewhere=elsewhere
        )
        if asked.outcome is None:
            self._flying[endpoint][event.id] = Flight(event, asked.marks)
            if self._recipients is not None and not past.heard:
                self._recipients.speaks(event)
        return asked


def _turn(asked: Asked, route: Route, event: Event) -> tuple[str, ...] | None:
    """Among whom an event takes its turn at a criterion; None where nobody has to wait."""
    match asked.one_at_a_time:
        case "endpoint":
            return ("endpoint", route.endpoint.id)
        case "lead" if event.lead_id is not None:
            return ("lead", event.source, event.lead_id)
    return None
