"""The models of the conf keys that say when attempts are made: `retry`, `breaker` and `quarantine`."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from gateway import breaker, quarantine
from gateway.conf.document import shown
from gateway.contained import HOLD
from gateway.retry import Policy
from gateway.settings import Duration, Settings, duration

_AGES = 3650 * 86400.0
_PERCENT = re.compile(r"([0-9]{1,3})\s*%")


def _lasting(text: Any) -> float:
    seconds = duration(text)
    if not 0 < seconds <= _AGES:
        raise ValueError(f"{text} is no time that can be waited (write more than 0s, and at most 3650d)")
    return seconds


Wait = Annotated[Duration, BeforeValidator(_lasting)]


def percent(text: Any) -> float:
    """A share, 0 to 1, written as `50%`; raises ValueError with the sentence to show."""
    if isinstance(text, float):
        return text
    found = _PERCENT.fullmatch(text) if isinstance(text, str) else None
    if not found or not 1 <= int(found[1]) <= 100:
        raise ValueError(f"{shown(text)} is no share of the attempts (write 1% to 100%, such as 50%)")
    return int(found[1]) / 100


Percent = Annotated[
    float,
    BeforeValidator(percent),
    WithJsonSchema(
        {"type": "string", "pattern": r"^([1-9][0-9]?|100)\s*%$", "examples": ["50%"]},
    ),
]


class RetrySettings(Settings):
    """When an attempt that failed technically is made again: from `first`, times `factor`, up to `max`."""

    first: Wait | None = None
    """The first pause (default 10s); each pause is jittered between its half and its whole."""
    factor: Annotated[float, Field(ge=1, le=100)] | None = None
    """What each pause is multiplied by (default 2)."""
    max: Wait | None = None
    """The longest pause (default 15m)."""
    attempts: Annotated[int, Field(ge=1)] | None = None
    """At most so many tries (default: as many as fit `within`)."""
    within: Wait | None = None
    """Give up after this long since the first try (default 3d)."""

    def policy(self, default: Policy) -> Policy:
        """The policy: these keys over a default."""
        own = {name: getattr(self, name) for name in self.model_fields_set if getattr(self, name) is not None}
        return Policy(**{**{name: getattr(default, name) for name in Policy.__slots__}, **own})


class BreakerSettings(Settings):
    """When an endpoint is left alone since it keeps failing, and for how long: open, a probe, then a ramp."""

    failures: Annotated[Percent, Field(json_schema_extra={"default": "50%"})] = 0.5
    """The share of attempts that got no yes or no: no answer, 5xx, 429, 401 and the like."""
    window: Wait = 60.0
    """Over which that is counted."""
    least: Annotated[int, Field(ge=1, le=10_000)] = 10
    """With fewer attempts than that in the window it stays closed."""
    pause: Wait = 30.0
    """How long it is left alone before the first probe; twice as long after each that fails, up to 15m."""

    @property
    def policy(self) -> breaker.Policy:
        """These keys as the breaker reads them."""
        return breaker.Policy(self.failures, self.window, self.least, self.pause)


def _measurable(seconds: float) -> float:
    if seconds < HOLD:
        least = f"{HOLD * 1000:g}ms"
        raise ValueError(f"{seconds * 1000:g}ms is too little to be measured (write {least} or more)")
    return seconds


class QuarantineSettings(Settings):
    """When a plugin is left alone since it keeps failing, and for how long. The events that need it wait."""

    faults: Annotated[int, Field(ge=1, le=1000)] = 5
    """So many faults of one plugin, a transport's or criterion's at one endpoint, put it into quarantine."""
    within: Wait = 60.0
    """Over which they are counted."""
    pause: Wait = 300.0
    """How long it is left alone; then it is tried with one event."""
    budget: Annotated[Wait, AfterValidator(_measurable)] = 0.5
    """How long one call may hold up everything else before that is a fault, too; 50ms at least."""

    @property
    def policy(self) -> quarantine.Policy:
        """These keys as the quarantine reads them."""
        return quarantine.Policy(self.faults, self.within, self.pause)


def _keys_or_off(value: Any) -> Any:
    """Refuse anything else at once, so that one slip makes one sentence."""
    if value == "off" or isinstance(value, (dict, BreakerSettings)):
        return value
    raise ValueError(
        f"{shown(value)} is no breaker (write keys such as {{failures: 50%, window: 1m}}, or off)"
    )


def _form(value: Any) -> str:
    return "off" if value == "off" else "keys"


BreakerOrOff = Annotated[
    Annotated[BreakerSettings, Tag("keys")] | Annotated[Literal["off"], Tag("off")],
    Discriminator(_form),
    BeforeValidator(_keys_or_off),
    Field(json_schema_extra={"default": {}}),
]
