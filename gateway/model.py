"""The words of the field as frozen data. No I/O, and nothing of ours is imported here but the errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

Type: TypeAlias = Literal["return", "conversion"]
TYPES: tuple[Type, ...] = ("return", "conversion")

State: TypeAlias = Literal["queued", "delivered", "rejected", "vetoed", "parked"]
STATES: Mapping[str, str] = {
    "queued": "waits for its next try",
    "delivered": "the source took it",
    "rejected": "the source said no",
    "vetoed": "a criterion, or the conf, said it must not be sent",
    "parked": "no more automatic tries; a person decides",
}
SHOWN_STATES: Mapping[str, str] = {
    **STATES,
    "sending": "queued, and on its way right now",
    "held": "queued, but its endpoint is gone or lacks something; resumes by itself",
}

OutcomeKind: TypeAlias = Literal["success", "failure", "error", "skip"]
OUTCOMES: Mapping[str, str] = {
    "success": "the source took it",
    "failure": "the source said no",
    "error": "technical, neither yes nor no",
    "skip": "vetoed, nothing was sent",
}


class Sample(str):
    """Text that stands for a value that is not known, in trials and where secrets are masked: it fits every type."""

    __slots__ = ()


MASK = Sample("***")


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret: a file below the secrets folder, or an environment variable. Never the secret itself."""

    kind: Literal["file", "env"]
    name: str

    def __str__(self) -> str:
        return MASK


# A JSON value as posted: exact integers and decimals, never floats; mappings keep their order.
Json: TypeAlias = Any
# A JSON value in which a Secret may stand as a leaf.
Tree: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Event:
    """One feedback about one delivered lead, as it was posted.

    body: the parsed post, exact numbers; text: the JSON text it was parsed from, stored as posted.
    """

    id: str
    type: Type
    source: str
    flow: str | None
    body: Mapping[str, Json] = field(repr=False)
    text: str = field(repr=False)
    received_at: datetime

    @property
    def lead_id(self) -> str | None:
        """The lead's id as text, if the poster gave one."""
        lead = self.body.get("lead")
        found = lead.get("id") if isinstance(lead, Mapping) else None
        return None if found is None else str(found)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What one source accepts for one feedback type (in one flow), as far as a plugin needs to know it.

    id: `SOURCE/TYPE` or `SOURCE@FLOW/TYPE`; url: as it stands in the conf; settings: the transport's own conf keys, as
    its `settings()` model; prepared: what the transport's `prepare` made; auth, response: compiled, for the default
    `send` and `read`; timeout: seconds for one whole attempt.
    """

    id: str
    source: str
    source_name: str
    flow: str | None
    type: Type
    transport: str
    url: str
    settings: Any
    prepared: Any = None
    auth: Any = None
    response: Any = None
    timeout: float = 10.0
    follow_redirects: bool = False
    idempotency_header: str | None = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Values:
    """What a mapping made of one event, before any encoding: address, headers and a tree.

    tree: dicts and lists of JSON leaves, in the mapping's order; Secrets may stand as leaves, and as header values.
    left_out: the mapping keys that were blank.
    """

    url: str
    headers: tuple[tuple[str, str | Secret], ...] = ()
    tree: Tree = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready for the wire: `url` goes out as written, `headers` in this order."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. status is None for transports that are not HTTP; truncated: the body was longer than was read."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    truncated: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        lowered = name.lower()
        return next((value for key, value in self.headers if key.lower() == lowered), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer means.

    permanent: an error that no retry can mend: parked at once; retry_after: seconds from now, or a moment, before
    which the source wants no further try; rule: which rule or default decided, in words.
    """

    kind: OutcomeKind
    reason: str | None = None
    price: Decimal | None = None
    reference: str | None = None
    capture: Mapping[str, str] = field(default_factory=dict)
    cookie: str | None = None
    permanent: bool = False
    retry_after: float | datetime | None = None
    rule: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pass:
    """The event may go, but not later than `until` where given."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Veto:
    """The event must not go, ever; the reason is for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class Defer:
    """Ask again at `until`."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """A person must decide."""

    reason: str


Verdict: TypeAlias = Pass | Veto | Defer | Park


@dataclass(frozen=True, slots=True)
class View:
    """What a criterion may see beside event and endpoint.

    settings: this criterion's own conf, as its `settings()` model; now: the moment of asking;
    scope: the variables that templates and rules read (`lead.email`, `feedback.reason`, ...).
    """

    now: datetime
    scope: Mapping[str, Json]
    settings: Any = None


@dataclass(frozen=True, slots=True)
class Vote:
    """What one criterion said: verdict is pass, veto, defer, park, error, or skipped (overruled by a person)."""

    name: str
    verdict: Literal["pass", "veto", "defer", "park", "error", "skipped"]
    reason: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """A person's wish to send an event again: why, with which values, and past which criteria."""

    values: Literal["same", "fresh"] = "same"
    skip_criteria: tuple[str, ...] = ()
    again: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to its endpoint.

    attempts: tries so far; tries: of those, the ones that count against the retry policy (since the last replay);
    first_try_at: when the first of these was made; key: the idempotency key that the next try carries.
    """

    event: Event
    endpoint: str
    state: State = "queued"
    due_at: datetime | None = None
    attempts: int = 0
    tries: int = 0
    first_try_at: datetime | None = None
    key: str = ""
    replay: Replay | None = None
    values: Values | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: what was asked, sent and answered. `request` is the shown form: secrets are masked.

    conf: hash of the conf it was made with; ms: the whole attempt; settled: the state it led to;
    due_at: the next try, where there is one.
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
    first_try_at: datetime | None = None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person must know: key says about what (one alert per key and hour), text is a sentence."""

    key: str
    kind: str
    text: str
    at: datetime
