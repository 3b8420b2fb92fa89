"""How the daemon and its endpoints stand, key by key."""

from typing import Literal

from gateway.web.openapi.shapes import ABSENT, Problem, Shape


class Paused(Shape):
    """A person's wish that nothing is sent to an endpoint."""

    by: str
    """Whose wish it is."""
    since: str
    """Since when."""
    why: str
    """Why."""


class Breaker(Shape):
    """What the circuit breaker of an endpoint does."""

    state: Literal["closed", "open", "probing", "ramping"]
    """Nothing is kept back while it is `closed`."""
    since: str | None
    """When it opened."""
    next_probe: str | None
    """When the next attempt may go out."""


class Endpoint(Shape):
    """One endpoint; of one that is gone from the conf only `id`, `held`, `paused` and `waiting` are told."""

    id: str
    """`SOURCE/TYPE` or `SOURCE@FLOW/TYPE`."""
    transport: str = ABSENT
    """How its events are sent."""
    enabled: bool = ABSENT
    """Whether the conf has it on."""
    held: str | None
    """What it lacks."""
    insecure_skip_verify: bool = ABSENT
    """Whether its conf turns off that the source's certificate is checked."""
    paused: Paused | None
    """Who paused it."""
    breaker: Breaker | None = ABSENT
    """Null where it is off."""
    rate: str | None = ABSENT
    """How many attempts it may have in a time."""
    concurrency: int = ABSENT
    """How many attempts it may have at once."""
    under_way: int = ABSENT
    """How many it has right now."""
    bound_by: Literal[
        "paused", "held", "quarantine", "breaker", "concurrency", "connections", "rate", "none"
    ] = ABSENT
    """What keeps it from beginning more attempts right now."""
    waiting: int
    """How many events wait there."""
    next_due: str | None = ABSENT
    """When the next one is due."""


class Endpoints(Shape):
    """Every endpoint."""

    endpoints: list[Endpoint]
    """In the order of the conf."""


class Ill(Shape):
    """A plugin that is in quarantine, or probed after one."""

    name: str
    """The plugin."""
    endpoint: str | None
    """Where: a transport or criterion is judged at each endpoint for itself. Null for an observer."""
    state: Literal["quarantined", "probing"]
    """It is left alone, or tried with one event at a time."""
    until: str
    """When it is, or was, tried again."""
    why: str
    """Its last fault."""


class Quarantined(Shape):
    """The plugins that are not well."""

    plugins: list[Ill]
    """One for each endpoint."""


class Released(Shape):
    """A plugin that is tried again."""

    name: str
    """The plugin."""
    released: int
    """At how many endpoints."""


class EndpointStanding(Shape):
    """An endpoint that was paused or resumed."""

    id: str
    """The endpoint."""
    paused: Paused | None
    """Null once it goes on."""
    under_way: int
    """How many attempts it has right now."""


class Health(Shape):
    """Whether the daemon can go on."""

    healthy: bool
    """False once it cannot."""
    reasons: list[str]
    """Why not."""


class LoopLag(Shape):
    """How late the daemon comes to what is due in its event loop, in milliseconds."""

    p99: float
    """All but one in a hundred are earlier."""
    worst: float
    """The latest."""


class Intake(Shape):
    """What posters hold right now."""

    connections: int
    """Connections."""
    bytes: int
    """Bytes of posts that are being read, or not on disk yet."""


class Readiness(Shape):
    """Whether events are taken, and what is wrong; where the store cannot be asked, only the first two.

    Where there are tokens, files and endpoints are named only to one with the role view or admin for every source.
    """

    ready: bool
    """False while events are not taken."""
    reasons: list[str]
    """Why not."""
    conf: str = ABSENT
    """The hash of the conf in force."""
    loaded_at: str = ABSENT
    """Since when it is."""
    last_reload_ok: bool = ABSENT
    """Whether all of the folder was taken when it was last read."""
    problems: list[str] = ABSENT
    """What is wrong in the folder, and warnings."""
    paused: list[str] = ABSENT
    """Endpoints that a person paused."""
    breakers_open: list[str] = ABSENT
    """Endpoints whose breaker is not closed."""
    quarantined: list[str] = ABSENT
    """Plugins that are left alone since they keep failing: `PLUGIN at ENDPOINT`, or an observer's name."""
    waiting: int = ABSENT
    """How many events wait for a try."""
    oldest_due_seconds: float = ABSENT
    """How long the oldest due one is overdue."""
    bound_by: Literal["connections", "bytes", "memory"] | None = ABSENT
    """The limit of the intake that is reached."""
    intake: Intake = ABSENT
    """How many are connected, and how much they have in hand."""
    loop_lag_ms: LoopLag = ABSENT
    """How late the daemon's own timers are."""


class ReloadResult(Shape):
    """What became of the conf folder."""

    conf: str
    """The hash of the conf in force."""
    taken: bool
    """Whether anything of the folder was taken."""
    problems: list[str]
    """Why some sources kept their last good version."""
    warnings: list[str]
    """What is doubtful, and in force all the same."""


class ReloadRefused(Problem):
    """A conf folder of which nothing could be taken."""

    conf: str
    """The hash of the conf that goes on."""
    taken: Literal[False]
    """Nothing was."""
    problems: list[str]
    """Why."""
    warnings: list[str]
    """What is doubtful besides."""
