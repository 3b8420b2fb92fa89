"""One event's whole story, key by key."""

from typing import Any, Literal

from gateway.model import OutcomeKind, State
from gateway.web.openapi.shapes import ABSENT, EventListed, ReplayWish, Shape


class Vote(Shape):
    """What a criterion said."""

    name: str
    """The criterion."""
    verdict: Literal["pass", "veto", "defer", "park", "error", "skipped"]
    """Its vote."""
    reason: str | None
    """Why."""
    until: str | None
    """Until when it puts the event off, or until when its yes holds."""
    rule: str | None
    """What decided."""
    seen: str | None
    """The value that decided."""


class RuleFound(Shape):
    """What a response rule found."""

    key: str
    """Its conf key."""
    place: str
    """The path or pattern there."""
    text: str
    """What stands there, cut to 200 characters."""


class RequestSent(Shape):
    """A request as it was sent, secrets as `***`."""

    method: str = ABSENT
    """Its method."""
    url: str = ABSENT
    """Its address."""
    headers: dict[str, str] = ABSENT
    """Its headers."""
    body: str | None = ABSENT
    """Its body."""
    body_base64: str = ABSENT
    """Stands for `body` where the bytes are not UTF-8."""


class ResponseReceived(Shape):
    """The answer of a source."""

    status: int | None = ABSENT
    """Its status; null where the transport is not HTTP."""
    headers: dict[str, str] = ABSENT
    """Its headers."""
    body: str | None = ABSENT
    """The first 64 KiB of its body."""
    body_base64: str = ABSENT
    """Stands for `body` where the bytes are not UTF-8."""
    truncated: bool = ABSENT
    """Whether there was more."""


class AttemptMade(Shape):
    """One attempt."""

    number: int
    """The first one is 1."""
    endpoint: str
    """Where it went."""
    transport: str
    """How."""
    started_at: str
    """When it began."""
    ms: float
    """How long it took, in milliseconds."""
    state: State
    """What it led to."""
    outcome: OutcomeKind
    """What the answer means."""
    reason: str | None
    """The source's own words, or ours."""
    rule: str | None
    """Which rule or default decided."""
    found: list[RuleFound]
    """What each response rule found."""
    price: str | None
    """The price in the answer, exactly."""
    reference: str | None
    """The source's reference."""
    capture: dict[str, Any]
    """What else the response rules captured."""
    cookie: str | None
    """The Set-Cookie line that `cookie_search_term` found."""
    permanent: bool
    """An error that no retry can mend."""
    retry_after: float | str | None
    """Before when the source wants no further try: seconds, or a time."""
    due_at: str | None
    """When the next try is."""
    conf: str
    """The hash of the conf that it was made with."""
    key: str | None
    """The idempotency key that it carried."""
    replay: ReplayWish | None
    """The wish that it followed."""
    criteria: list[Vote]
    """Every vote."""
    now: str | None
    """The moment that its templates read."""
    random: str | None
    """The chance that its templates read."""
    left_out: list[str]
    """The mapping keys that were blank."""
    request: RequestSent | None
    """As it was sent; null where nothing was sent."""
    response: ResponseReceived | None
    """Null where no answer came."""
    network_error: str | None
    """Why no answer came."""
    maybe_received: bool
    """The source may have received it all the same."""
    notes: list[str]
    """What else a person should know."""


class EventStory(EventListed):
    """One event's whole story."""

    price: str | None
    """Of the last attempt that told it."""
    reference: str | None
    """Likewise."""
    capture: dict[str, Any] | None
    """Likewise."""
    replay: ReplayWish | None
    """A person's wish to send it again, while it waits."""
    posted: dict[str, Any]
    """The event as it was posted."""
    attempts: list[AttemptMade]
    """All attempts; the bytes of the first one and the last five."""
