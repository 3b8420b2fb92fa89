"""An event on its way: deliveries, attempts, and what a person must know of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.model.event import Event
from gateway.model.exchange import Outcome, Request, Response, Values
from gateway.model.verdicts import Vote
from gateway.model.words import State


@dataclass(frozen=True, slots=True)
class Replay:
    """A person's wish to send an event again: with which values, past which criteria, why, and whose wish it is.

    job: names a replay of many events: one that was sent again under that name is not a second time.
    """

    values: Literal["same", "fresh"] = "same"
    skip_criteria: tuple[str, ...] = ()
    again: bool = False
    why: str = ""
    by: str = ""
    job: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to its endpoint.

    attempts: tries so far; tries: of those, the ones that count against the retry policy (since the last replay);
    spent: seconds from the first of these to the moment spent_at, both by a clock that nobody changes; key: the
    idempotency key that the next try carries.
    """

    event: Event
    endpoint: str
    state: State = "queued"
    due_at: datetime | None = None
    attempts: int = 0
    tries: int = 0
    spent: float = 0.0
    spent_at: datetime | None = None
    key: str = ""
    replay: Replay | None = None
    values: Values | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: what was asked, sent and answered. `request` is the shown form: secrets are masked.

    conf: hash of the conf it was made with; ms: the whole attempt; settled: the state it led to;
    due_at: the next try, where there is one; spent, spent_at, tries: as in a Delivery, this one included;
    marks: what its criteria passed it with, kept once it is delivered.
    """

    event: Event
    endpoint: str
    number: int
    started_at: datetime
    ms: float
    outcome: Outcome
    conf: str
    transport: str
    settled: State
    key: str
    votes: tuple[Vote, ...] = ()
    values: Values | None = None
    request: Request | None = None
    response: Response | None = None
    network_error: str | None = None
    maybe_received: bool = False
    due_at: datetime | None = None
    replay: Replay | None = None
    spent: float = 0.0
    spent_at: datetime | None = None
    tries: int = 0
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person must know: key says about what (one alert per key and hour), text is a sentence."""

    key: str
    kind: str
    text: str
    at: datetime
