"""What went before an event at its endpoint: what the store holds, and what is in flight."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from gateway.model import Event, Voice
from gateway.store import Archive


class Flight(NamedTuple):
    """An event that its criteria let go, and whose attempt is not recorded yet."""

    event: Event
    marks: tuple[str, ...] = ()


NO_FLIGHTS: Mapping[str, Mapping[str, Flight]] = MappingProxyType({})


class Before:
    """The past of one event at one endpoint.

    flying: what is in flight, by endpoint and event. An event lands after it was recorded: so what is in flight is
    looked at before the store is asked, and nothing is missed in between.
    """

    def __init__(
        self,
        archive: Archive | None,
        endpoint: str,
        event: Event,
        flying: Mapping[str, Mapping[str, Flight]] = NO_FLIGHTS,
    ) -> None:
        self.heard = False
        """Whether anybody asked for the other voices."""
        self._archive = archive
        self._endpoint = endpoint
        self._event = event
        self._flying = flying
        flights = flying.get(endpoint, {})
        self._in_flight = len(flights) - (event.id in flights)

    @property
    def in_flight(self) -> int:
        """How many other events of this endpoint were in flight when the asking began."""
        return self._in_flight

    async def deliveries(self, since: datetime) -> int:
        """How many other events of this endpoint were delivered since then, those in flight included."""
        if self._archive is None:
            return self._in_flight
        return await self._archive.deliveries(self._endpoint, since, self._event.id) + self._in_flight

    async def voices(self) -> tuple[Voice, ...]:
        """The other events about the same lead to the same source; what is in flight speaks before this one."""
        self.heard = True
        flying = {id for flights in self._flying.values() for id in flights}
        voices = await self._archive.voices(self._event) if self._archive else []
        return tuple(replace(voice, earlier=True) if voice.id in flying else voice for voice in voices)

    async def given(self, mark: str) -> Voice | None:
        """The other event of this endpoint that holds a mark: in flight now, or delivered."""
        for id, flight in self._flying.get(self._endpoint, {}).items():
            if mark in flight.marks and id != self._event.id:
                return _voice(flight.event, self._endpoint)
        return await self._archive.given(self._endpoint, mark, self._event.id) if self._archive else None


def recipient_of(event: Event) -> str | None:
    """The recipient's id as text, if the poster gave one."""
    recipient: Any = event.body.get("recipient")
    found = recipient.get("id") if isinstance(recipient, dict) else None
    return None if found is None else str(found)


def _voice(event: Event, endpoint: str) -> Voice:
    return Voice(
        event.id, event.type, endpoint, recipient_of(event), event.received_at, "queued", earlier=True
    )
