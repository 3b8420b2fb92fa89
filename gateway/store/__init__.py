"""The store's contract: what any engine must do. The promise it keeps stands in docs/guarantees.md.

An event is stored once `add` has returned, an attempt once `record` has: both only after an fsync. An event
has a future as long as its `due_at` is set; a final event has none. A delivered event never leaves
`delivered`, also not while it is being sent again. Times are kept to the millisecond; what is due is rounded
up, so that nothing is early.
"""

from builtins import list as List  # noqa: N812  the contract's method `list` hides the type
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias

from gateway.model import Attempt, Delivery, Event, Json, OutcomeKind, Replay, State, Type, Values, Voice
from gateway.store.acts import Acts
from gateway.store.removed import Cutoffs as Cutoffs
from gateway.store.removed import Forgotten as Forgotten
from gateway.store.removed import Swept as Swept
from gateway.store.standing import Pause as Pause
from gateway.store.standing import Standings
from gateway.store.standing import Trip as Trip


@dataclass(frozen=True, slots=True)
class Entry:
    """One event to be stored, with the state it starts in; due_at is None where that state is final."""

    event: Event
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
    """What waits at one endpoint, the one it was last assigned to."""

    endpoint: str
    count: int
    next_due: datetime
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where something of one source, flow and type waits."""

    source: str
    flow: str | None
    type: Type
    endpoint: str


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


@dataclass(frozen=True, slots=True)
class Recorded:
    """One stored event as it came, with what its last attempt made of it, for those who try another conf on it.

    seq: rises with every event stored; last: the facts of its last attempt, as in a Story; values: what that attempt
    mapped, where it mapped anything and it is still kept.
    """

    seq: int
    event: Event
    endpoint: str
    state: State
    outcome: OutcomeKind | None
    reason: str | None
    last: Json | None = field(default=None, repr=False)
    values: Values | None = field(default=None, repr=False)


# `done`: the same job replayed it before.
Replayed: TypeAlias = Literal["queued", "unknown", "waiting", "delivered", "done"]


class Archive(Protocol):
    """What can be asked of a store, and changes nothing; also of the files of a daemon that runs, or does not.

    Every method may raise StoreUnavailable, where the same may be asked again, or StoreError, where the store
    can do nothing any more.
    """

    async def story(self, id: str) -> Story | None:
        """One event's whole story."""

    async def list(self, which: Filter, limit: int, after: str | None = None) -> Page:
        """Events, newest first; `after` is a Page's `next`. Raises ValueError for a cursor that is none."""

    async def count(self, which: Filter) -> int:
        """How many events a filter means."""

    async def history(self, which: Filter, limit: int, before: int | None = None) -> List[Recorded]:
        """Stored events with what became of them, in the order of a list; before: only those that follow that `seq`.

        An event whose text is damaged is left out.
        """

    async def deliveries(self, endpoint: str, since: datetime, without: str | None = None) -> int:
        """How many events of an endpoint were delivered at `since` or later; one sent again counts at its last time.

        without: an event that is not counted.
        """

    async def voices(self, event: Event) -> List[Voice]:
        """The other events about the same lead to the same source that were delivered or have a future.

        In the order of their arrival; of very many, as of a lead id that stands for everybody, the first ones.
        """

    async def given(self, endpoint: str, mark: str, event: str) -> Voice | None:
        """The delivered event of an endpoint, other than this one, that holds a mark."""

    async def close(self) -> None:
        """Finish what was begun and close the file. May be called twice."""


class Store(Archive, Acts, Standings, Protocol):
    """One store: an Archive that is being written, the record of what people did, and what lanes must remember."""

    async def add(self, entries: Sequence[Entry]) -> List[Receipt]:
        """Store events durably, in one transaction; a Receipt for each, in order.

        Known ids change nothing; of entries with the same id the first is stored.
        Raises StoreUnavailable where nothing was stored.
        """

    async def begin(self, attempt: Attempt) -> None:
        """Store an attempt that is about to be sent and must not be made twice, durably.

        It says what it will have been if nobody records how it ended; `record` of the same number replaces it.
        Raises StoreUnavailable where that was not stored: it must not be sent.
        """

    async def park_unfinished(self) -> List[Summary]:
        """Park every event with an attempt that was begun and never recorded, as at a start; what they were before."""

    async def record(self, attempt: Attempt) -> None:
        """Store one attempt and the state it led to, durably; where the disk has no room, as soon as it has.

        Bytes are kept of the first and the last five attempts, facts of all. The same number again replaces
        itself. With a final attempt the replay ends, and `tries` begins anew. A delivered one keeps its marks.
        Raises StoreError where it can never be written: the event is unknown, or the store has stopped.
        """

    async def due(
        self,
        endpoint: str,
        now: datetime,
        limit: int,
        without: Collection[str],
        after: Delivery | None = None,
    ) -> List[Delivery]:
        """Up to `limit` deliveries of an endpoint that are due, longest due first, without these ids.

        What is damaged on disk is parked instead. `values` are set where a `same` replay sends them again. after: only
        those that follow this one, as it was when it was read.
        """

    async def next_due(self, endpoint: str, without: Collection[str]) -> datetime | None:
        """When the next delivery of an endpoint is due, leaving out the ids in `without`."""

    async def backlog(self) -> List[Backlog]:
        """Everything that has a future, counted by endpoint."""

    async def waiting(self) -> List[Waiting]:
        """Where something waits, and of what."""

    async def move(self, source: str, flow: str | None, type: Type, endpoint: str, due_at: datetime) -> None:
        """Assign what waits for (source, flow, type) to this endpoint, due by then at the latest."""

    async def replay(self, id: str, wish: Replay, endpoint: str, due_at: datetime) -> Replayed:
        """Give an event a future again. A delivered one needs `wish.again`; one that waits is left alone.

        `same` sends the last attempt's values under their key; `fresh` maps anew under `ID.2`, `ID.3`, ... What the
        wish's job, if it names one, has sent again before is left alone, too.
        """

    async def replay_many(
        self,
        events: Sequence[tuple[str, str]],
        wish: Replay,
        due_at: datetime,
        apart: Mapping[str, timedelta],
    ) -> List[Replayed]:
        """Replay some events, each with its endpoint, in one transaction; what became of each, in order.

        apart: the time between two of an endpoint, by endpoint: they are due one after another, behind what the wish's
        job has planned there before. All others are due at once.
        """

    def sweep(self, before: Cutoffs) -> AsyncIterator[Swept]:
        """Remove what is too old and has no future, a little with every step; what each step removed.

        An event whose last attempt is younger stays. An id is known as long as `before.ids` says: posted again with the
        same content it is known, with other content a conflict; and what was delivered keeps its marks as long.
        """

    async def forget(self, ids: Sequence[str]) -> Forgotten:
        """Remove events and all that is kept of them, also such as wait, for good: from the write-ahead log too.

        The caller sees to it that none of them is being sent. Of each id a hash stays known.
        Raises StoreUnavailable; where that says that a reader is in the way, they are removed, but may still stand in
        the log: the same may be asked again.
        """
