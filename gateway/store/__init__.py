"""The store's contract: what any engine must do. The promise it keeps stands in docs/guarantees.md.

An event is stored once `add` has returned, an attempt once `record` has: both only after an fsync. An event
has a future as long as its `due_at` is set; a final event has none. A delivered event never leaves
`delivered`, also not while it is being sent again. Times are kept to the millisecond; what is due is rounded
up, so that nothing is early.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from gateway.model import Attempt, Delivery, Event, Json, OutcomeKind, Replay, State, Type


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be stored, with the state it starts in; due_at is None where that state is final."""

    event: Event
    digest: bytes
    endpoint: str
    state: State = "queued"
    due_at: datetime | None = None
    outcome: OutcomeKind | None = None
    reason: str | None = None


Added: TypeAlias = Literal["added", "known", "conflict"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one Entry: added, known (same id, same content) or conflict (same id, other content)."""

    id: str
    added: Added
    state: State
    outcome: OutcomeKind | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, by where it came from: the endpoint is the one it was last assigned to."""

    source: str
    flow: str | None
    type: Type
    endpoint: str
    count: int
    next_due: datetime
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are meant; None means any. Received at `since` or later, and before `until`."""

    state: State | None = None
    outcome: OutcomeKind | None = None
    source: str | None = None
    type: Type | None = None
    lead_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """One event in a list."""

    id: str
    source: str
    flow: str | None
    type: Type
    lead_id: str | None
    endpoint: str
    received_at: datetime
    state: State
    outcome: OutcomeKind | None
    reason: str | None
    attempts: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, newest first; next is the cursor of the following page."""

    events: tuple[Summary, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is known of one event; attempts are JSON objects in the shape of the HTTP interface."""

    summary: Summary
    posted: Json = field(repr=False)
    price: str | None
    reference: str | None
    capture: Json
    replay: Replay | None
    attempts: tuple[Json, ...] = field(repr=False)


Replayed: TypeAlias = Literal["queued", "unknown", "waiting", "delivered"]


class Store(Protocol):
    """One store.

    Every method may raise StoreUnavailable, where the same may be asked again, or StoreError, where the store
    can do nothing any more.
    """

    async def add(self, entries: Sequence[Entry]) -> list[Receipt]:
        """Store events durably, in one transaction; a Receipt for each, in order.

        Known ids change nothing; of entries with the same id the first is stored.
        Raises StoreUnavailable where nothing was stored.
        """

    async def record(self, attempt: Attempt) -> None:
        """Store one attempt and the state it led to, durably; where the disk has no room, as soon as it has.

        Bytes are kept of the first and the last five attempts, facts of all. The same number again replaces
        itself. With a final attempt the replay ends, and `tries` begins anew.
        Raises StoreError where it can never be written: the event is unknown, or the store has stopped.
        """

    async def due(self, endpoint: str, now: datetime, limit: int, without: Collection[str]) -> list[Delivery]:
        """Up to `limit` deliveries of an endpoint that are due, longest due first, without these ids.

        What is damaged on disk is parked instead. `values` are set where a `same` replay sends them again.
        """

    async def next_due(self, endpoint: str, without: Collection[str]) -> datetime | None:
        """When the next delivery of an endpoint is due, leaving out the ids in `without`."""

    async def backlog(self) -> list[Backlog]:
        """Everything that has a future, counted by source, flow, type and endpoint."""

    async def move(self, source: str, flow: str | None, type: Type, endpoint: str, due_at: datetime) -> None:
        """Assign what waits for (source, flow, type) to this endpoint, due by then at the latest."""

    async def replay(self, id: str, wish: Replay, endpoint: str, due_at: datetime) -> Replayed:
        """Give an event a future again. A delivered one needs `wish.again`; one that waits is left alone.

        `same` sends the last attempt's values under their key; `fresh` maps anew under `ID.2`, `ID.3`, ...
        """

    async def story(self, id: str) -> Story | None:
        """One event's whole story."""

    async def list(self, which: Filter, limit: int, after: str | None = None) -> Page:
        """Events, newest first; `after` is a Page's `next`. Raises ValueError for a cursor that is none."""

    async def count(self, which: Filter) -> int:
        """How many events a filter means."""

    async def close(self) -> None:
        """Finish what was begun and close the file. May be called twice."""
