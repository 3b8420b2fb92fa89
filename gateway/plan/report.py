"""What a plan tells, as frozen data."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gateway.model import Json

Kind: TypeAlias = Literal["added", "removed", "changed"]
Status: TypeAlias = Literal["changed", "added", "removed", "switched on", "switched off"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One key of the conf that is written otherwise. before, after: None where it was not, or is not, there."""

    key: str
    kind: Kind
    before: Json = None
    after: Json = None


@dataclass(frozen=True, slots=True)
class Example:
    """One event by its id, and what each conf makes of it."""

    event: str
    before: Json = None
    after: Json = None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs in so many events, with the newest of them as the example."""

    key: str
    kind: Kind
    count: int
    example: Example


@dataclass(frozen=True, slots=True)
class Turn:
    """So many events to which something else would happen.

    before, after: `sent`, `vetoed`, `parked`, `deferred`, or `undecided` where a criterion fails; or else `rendered`
    and `not rendered`. why: which criterion, rule or conf key decides; the example holds the reasons.
    """

    before: str
    after: str
    why: str
    count: int
    example: Example


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """What would change at one endpoint.

    events: how many were compared; conf: what is written otherwise; moved: events that another endpoint would get;
    values: what would change of what is mapped; requests: what would change of the request although its values are
    the same; rendering: events of which a request could no longer be made, or now could; criteria: events that would
    newly be stopped, or no longer be; answers: stored answers that would be read otherwise; notes: what could not be
    compared.
    """

    endpoint: str
    status: Status
    events: int = 0
    conf: tuple[Edit, ...] = ()
    moved: tuple[Change, ...] = ()
    values: tuple[Change, ...] = ()
    requests: tuple[Change, ...] = ()
    rendering: tuple[Turn, ...] = ()
    criteria: tuple[Turn, ...] = ()
    answers: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What an edited conf would change, by the stored events.

    running, edited: the confs' digests; events: how many were read; shared: what is written otherwise in gateway.yaml,
    tables and WSDLs; endpoints: those at which something would change, by id; untouched: how many others there are.
    """

    running: str
    edited: str
    events: int = 0
    shared: tuple[Edit, ...] = ()
    endpoints: tuple[EndpointPlan, ...] = field(default=())
    untouched: int = 0

    @property
    def changes(self) -> bool:
        """Whether anything would change."""
        return bool(self.shared or self.endpoints)
