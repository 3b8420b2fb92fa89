"""The criterion `max_age`: feedback may go only so long after the lead; also the deadline of the retries."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from gateway import (
    Duration,
    Endpoint,
    Park,
    Pass,
    RenderError,
    Settings,
    Verdict,
    Veto,
    View,
    hookimpl,
    is_blank,
)
from plugins.criteria import fields, short
from plugins.criteria.fields import named
from plugins.criteria.moments import moment, start
from plugins.criteria.words import shown

_OF = "submission.timestamp"
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
_LAST = datetime.max.replace(tzinfo=UTC)


class MaxAge(Settings):
    """`7d`, or `{of: submission.timestamp, max: 7d}`."""

    model_config = ConfigDict(json_schema_extra=short.or_text("7d", "36h"))

    of: fields.Field = Field(default=_OF, validate_default=True)
    """Where the age is counted from: ISO 8601, UTC where it has no offset; a day counts from its start."""
    max: Duration
    """How old it may be."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"max": value}


@hookimpl
def settings() -> type[MaxAge]:
    """How long after which timestamp."""
    return MaxAge


@hookimpl
async def veto(endpoint: Endpoint, view: View) -> Verdict:
    """Pass until that age, then Veto; Veto where there is no timestamp to count from."""
    limit: MaxAge = view.settings
    try:
        value = limit.of.render(view.scope)
    except RenderError as error:
        return Park(f"the age cannot be told: {error}")
    found = moment(value)
    if found is None:
        seen = "is blank" if is_blank(value) else f"is no date in ISO 8601 ({shown(value)})"
        return Veto(f"{named(limit.of)} {seen}, {_takes(endpoint, limit)}", _rule(limit), value)
    since = start(found)
    until = _after(since, limit.max)
    if view.now <= until:
        return Pass(until)
    return Veto(f"{_age(view.now - since, limit)}, {_takes(endpoint, limit)}", _rule(limit), value)


def _after(since: datetime, seconds: float) -> datetime:
    try:
        return since + timedelta(seconds=seconds)
    except OverflowError:
        return _LAST


def _age(age: timedelta, limit: MaxAge) -> str:
    subject = "the lead" if named(limit.of) == _OF else named(limit.of)
    words = _words(age.total_seconds())
    return f"{subject} is {words if words != _words(limit.max) else f'more than {words}'} old"


def _rule(limit: MaxAge) -> str:
    return f"up to {_words(limit.max)} from {named(limit.of)}"


def _takes(endpoint: Endpoint, limit: MaxAge) -> str:
    return f"{endpoint.source_name} takes {endpoint.type}s up to {_words(limit.max)}"


def _words(seconds: float) -> str:
    """A length of time in its two largest units: `7 days`, `1 day 3 hours`."""
    rest, words = int(seconds), []
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            words.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(words[:2]) or "0 seconds"
