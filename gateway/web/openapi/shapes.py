"""The documents that are answered, key by key. Every answer that the tests of the web see is compared with them.

A key whose default is ABSENT is left out where there is nothing to say.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from gateway.model import OutcomeKind, State, Type

ABSENT: Any = None
ShownState = Literal["queued", "delivered", "rejected", "vetoed", "parked", "sending", "held"]


class Shape(BaseModel):
    """Base of every document."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class WrongPlace(Shape):
    """One wrong place."""

    pointer: str
    """A JSON pointer into the body (RFC 6901), or the name of a parameter."""
    detail: str
    """What is wrong there (what would be right)."""


class Problem(Shape):
    """What went wrong (RFC 9457)."""

    type: Literal["about:blank"]
    """No more is meant than the status and the title say."""
    title: str
    """A sentence."""
    status: int
    """The status of the answer."""
    errors: list[WrongPlace] = ABSENT
    """Every wrong place at once."""


class IdTaken(Problem):
    """An event that is there already."""

    id: str
    """The event's id."""


class ReplayRefused(Problem):
    """An event that cannot be sent again as it stands."""

    state: Literal["delivered"] = ABSENT
    """Said where `again` is needed."""


class LeadNotForgotten(Problem):
    """A lead with events that wait, or are on their way."""

    waiting: int = ABSENT
    """How many of its events are still to be sent; `cancel` is needed."""
    sending: int = ABSENT
    """How many are on their way right now."""


class EventAccepted(Shape):
    """What became of an event that was posted."""

    id: str
    """The event's id; made by the gateway where none was posted."""
    state: State
    """Where it stands."""
    outcome: OutcomeKind = ABSENT
    """Of its last attempt, or of its end without one."""
    reason: str | None = ABSENT
    """The source's own words, or ours."""


class EventProblem(Shape):
    """Why an event is refused."""

    title: str
    """A sentence."""
    errors: list[WrongPlace]
    """Every wrong place at once."""


class EventRefused(Shape):
    """One event of many that was refused; the others are stored all the same."""

    index: int
    """Its place in what was posted, from 0."""
    problem: EventProblem
    """Why."""


class EventsAccepted(Shape):
    """What became of many events."""

    accepted: int
    """How many are stored."""
    refused: int
    """How many are not."""
    events: list[EventAccepted | EventRefused]
    """One entry for each, in order."""


class EventListed(Shape):
    """One event in a list."""

    id: str
    """Its id."""
    source: str
    """The source that sold the lead."""
    flow: str | None
    """The flow through which the lead came."""
    type: Type
    """What is fed back."""
    lead_id: str | None
    """`lead.id` as it was posted, as text."""
    endpoint: str
    """Where it goes: `SOURCE/TYPE` or `SOURCE@FLOW/TYPE`."""
    received_at: str
    """When it was posted."""
    state: ShownState
    """Where it stands."""
    outcome: OutcomeKind | None
    """Of its last attempt."""
    reason: str | None
    """The source's own words, or ours."""
    attempt_count: int
    """How often it was tried."""
    due_at: str | None
    """When it is tried next."""
    held: str = ABSENT
    """Why nothing is sent, where it is held."""


class EventPage(Shape):
    """A page of a list, newest first."""

    events: list[EventListed]
    """The events."""
    next: str | None
    """The `after` of the following page; null on the last one."""


class ReplayWish(Shape):
    """A person's wish to send an event again."""

    values: Literal["same", "fresh"]
    """Whether the same values are sent, or ones that are mapped anew."""
    skip_criteria: list[str]
    """Criteria that are set aside."""
    again: bool
    """Whether it was said that a delivered event is meant."""
    why: str
    """Why."""
    by: str
    """Whose wish it is."""
    job: str
    """The name of the replay of many that it belongs to."""


class EventReplayed(Shape):
    """An event that is sent again."""

    id: str
    """The event's id."""
    state: Literal["queued", "delivered"]
    """A delivered one stays that meanwhile."""


class EventsReplayed(Shape):
    """What became of a replay of many."""

    replayed: int
    """How many are sent again."""
    left_alone: int
    """How many are not."""
    next: str | None = ABSENT
    """With `limit`: the `after` of the next request, null at the end."""


class ReplayCounted(Shape):
    """What a replay of many would do."""

    count: int
    """How many would be sent again."""
    left_alone: int
    """How many would not."""
    next: str | None = ABSENT
    """Where there is more to count, or with `limit`: the `after` of the next request, null at the end."""


class LeadForgotten(Shape):
    """What was removed of a lead."""

    events: int
    """Events."""
    cancelled: int
    """Of these, how many were still to be sent."""
    attempts: int
    """Attempts."""
    marks: int
    """What criteria kept of it."""


class LeadToForget(Shape):
    """What would be removed of a lead."""

    events: int
    """Events."""
    waiting: int
    """Of these, how many are still to be sent."""
    sending: int
    """Of these, how many are on their way right now."""
