"""A stored event at the moment when it was last tried, and what went before it then."""

import hashlib
from datetime import datetime
from typing import Any

from gateway.criteria.past import Before
from gateway.model import Event, Voice
from gateway.store import Archive, Recorded


def moment_of(recorded: Recorded) -> datetime:
    """The moment of its last attempt; of an event that was never tried, when it came."""
    if recorded.values is not None and recorded.values.now is not None:
        return recorded.values.now
    last = recorded.last or {}
    at = last.get("now") or last.get("started_at")
    return recorded.event.received_at if at is None else datetime.fromisoformat(at)


def chance_of(recorded: Recorded) -> str:
    """The 32 hex digits of its last attempt; of an event that had none, always the same."""
    last: Any = recorded.last or {}
    return last.get("random") or hashlib.sha256(recorded.event.id.encode()).hexdigest()[:32]


class Past:
    """What went before an event at an endpoint, as far as a store can tell afterwards.

    Deliveries are counted up to that moment; voices and marks are those of today.
    """

    in_flight = 0

    def __init__(self, archive: Archive, endpoint: str, event: Event, at: datetime) -> None:
        self._archive = archive
        self._endpoint = endpoint
        self._event = event.id
        self._at = at
        self._before = Before(archive, endpoint, event)
        self._since: dict[datetime, int] = {}

    async def deliveries(self, since: datetime) -> int:
        """How many events of this endpoint were delivered since then, and before this one was tried."""
        return max(0, await self._delivered(since) - await self._delivered(self._at))

    async def voices(self) -> tuple[Voice, ...]:
        """The other events about the same lead to the same source."""
        return await self._before.voices()

    async def given(self, mark: str) -> Voice | None:
        """The other event of this endpoint that holds a mark."""
        return await self._before.given(mark)

    async def _delivered(self, since: datetime) -> int:
        if since not in self._since:  # both confs ask the same
            self._since[since] = await self._archive.deliveries(self._endpoint, since, self._event)
        return self._since[since]
