"""What lanes must remember: which endpoints are paused by a person, and whose breaker is not closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pause:
    """A person's wish that nothing is sent to an endpoint."""

    by: str
    since: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Trip:
    """A breaker that is not closed.

    since: when it opened first; until: when its present pause is over; pause: how long that is, in seconds.
    """

    since: datetime
    until: datetime
    pause: float


class Standings(Protocol):
    """What a store keeps of how it stands with the lanes."""

    async def pauses(self) -> Mapping[str, Pause]:
        """The endpoints that a person paused."""

    async def pause(self, endpoint: str, pause: Pause | None) -> None:
        """Remember durably that an endpoint is paused; None: that it is not. Raises StoreUnavailable."""

    async def trips(self) -> Mapping[str, Trip]:
        """The endpoints whose breaker is not closed."""

    async def trip(self, endpoint: str, trip: Trip | None) -> None:
        """Remember durably how far an endpoint's breaker is open; None: that it is closed. Raises StoreUnavailable."""
