"""The record of administrative acts: who did what, when and why, and what came of it. It outlives what was acted on.

It holds ids, and of a lead, or of an event that was forgotten, no more than a hash: `hidden` gives it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Literal, Protocol, TypeAlias

from gateway.model import Json

Result: TypeAlias = Literal["begun", "done", "refused", "failed"]
Kind: TypeAlias = Literal["replay", "pause", "resume", "forget", "reload", "release"]


@dataclass(frozen=True, slots=True)
class Act:
    """One act.

    who: as the daemon knows it, such as `token ops`; by: the same for people, with the name that the wish itself gave;
    subject: `event ID`, `endpoint ID`, `lead #HASH`, or empty; status: that it was answered with; seq: rises with each.
    """

    at: datetime
    who: str
    by: str
    act: Kind
    subject: str = ""
    why: str = ""
    result: Result = "begun"
    status: int | None = None
    detail: Mapping[str, Json] = field(default_factory=dict)
    seq: int = 0


@dataclass(frozen=True, slots=True)
class ActFilter:
    """Which acts are meant; None means any. At `since` or later, and before `until`."""

    who: str | None = None
    act: Kind | None = None
    subject: str | None = None
    result: Result | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActPage:
    """One page of acts, newest first; next is the cursor of the following page."""

    acts: tuple[Act, ...]
    next: str | None


class Acts(Protocol):
    """What a store keeps of administrative acts."""

    async def begin_act(self, act: Act) -> int:
        """Store an act durably, before it is done; the `seq` it has from then on. Raises StoreUnavailable."""

    async def end_act(self, seq: int, result: Result, status: int | None, detail: Mapping[str, Json]) -> None:
        """Store how it ended, once. Raises StoreUnavailable."""

    async def acts(self, which: ActFilter, limit: int, after: str | None = None) -> ActPage:
        """Acts, newest first; `after` is an ActPage's `next`. Raises ValueError for a cursor that is none."""


def hidden(name: str) -> str:
    """What stands for a name that must not be kept."""
    return f"#{blake2b(name.encode(errors='surrogatepass'), digest_size=8).hexdigest()}"
