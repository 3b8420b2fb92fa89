"""What a criterion sees, and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeAlias

from gateway.model.words import Json, Type


@dataclass(frozen=True, slots=True)
class Pass:
    """The event may go, but not later than `until` where given.

    marks: what it lays claim to at its endpoint, while it is in flight and for good once delivered: `view.given`
    finds it by them.
    """

    until: datetime | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Veto:
    """The event must not go, ever; the reason is for a person. rule, seen: what decided, and the value it saw."""

    reason: str
    rule: str | None = None
    seen: Json = None


@dataclass(frozen=True, slots=True)
class Defer:
    """Ask again at `until`. rule, seen: what decided, and the value it saw."""

    until: datetime
    reason: str
    rule: str | None = None
    seen: Json = None


@dataclass(frozen=True, slots=True)
class Park:
    """A person must decide. rule, seen: what decided, and the value it saw."""

    reason: str
    rule: str | None = None
    seen: Json = None


Verdict: TypeAlias = Pass | Veto | Defer | Park


@dataclass(frozen=True, slots=True)
class Voice:
    """Another event that has spoken to a source, or is about to: one that was delivered, or still has a future.

    recipient: `recipient.id` as posted; earlier: it was stored before the event that is asked about, or is in flight.
    """

    id: str
    type: Type
    endpoint: str
    recipient: str | None
    received_at: datetime
    state: Literal["delivered", "queued"]
    earlier: bool


class Past(Protocol):
    """What went before, as far as one event at one endpoint is concerned. Asking takes nothing."""

    @property
    def in_flight(self) -> int:
        """How many other events of this endpoint are in flight: their criteria let them go, and they may fail yet."""

    async def deliveries(self, since: datetime) -> int:
        """How many other events of this endpoint were delivered since then, those in flight now included."""

    async def voices(self) -> tuple[Voice, ...]:
        """The other events about the same lead (`lead.id`) to the same source, of any type and flow."""

    async def given(self, mark: str) -> Voice | None:
        """The other event of this endpoint that holds a mark: delivered, or (state `queued`) in flight now."""


class _Nothing:
    """A past in which nothing happened: where no store is at hand."""

    in_flight = 0

    async def deliveries(self, since: datetime) -> int:
        return 0

    async def voices(self) -> tuple[Voice, ...]:
        return ()

    async def given(self, mark: str) -> Voice | None:
        return None


NOTHING_BEFORE: Past = _Nothing()


@dataclass(frozen=True, slots=True)
class View:
    """What a criterion may see beside event and endpoint.

    settings: this criterion's own conf, as its `settings()` model; now: the moment of asking;
    scope: the variables that templates and rules read (`lead.email`, `feedback.reason`, ...); past: see Past.
    """

    now: datetime
    scope: Mapping[str, Json]
    settings: Any = None
    past: Past = NOTHING_BEFORE


@dataclass(frozen=True, slots=True)
class Vote:
    """What one criterion said: verdict is pass, veto, defer, park, error, or skipped (overruled by a person).

    rule, seen: what decided, and the value it saw, where the criterion says so.
    """

    name: str
    verdict: Literal["pass", "veto", "defer", "park", "error", "skipped"]
    reason: str | None = None
    until: datetime | None = None
    rule: str | None = None
    seen: Json = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule, or a set of them, as it was found to hold or not: a tree for a person who asks why.

    holds: None where it was not asked; seen: the value it saw, for a rule.
    """

    rule: str
    holds: bool | None
    seen: Json = None
    parts: "tuple[Finding, ...]" = ()
