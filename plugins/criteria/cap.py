"""The criterion `cap`: at most so many deliveries an hour, day, week or month."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, model_validator

from gateway import Defer, Endpoint, Event, Pass, Settings, Verdict, Veto, View, hookimpl
from plugins.criteria import short, zones
from plugins.criteria.moments import shortly
from plugins.criteria.words import shown

_PASS = Pass()
# Days from noon of the first to somewhere in the next, whatever the month.
_LENGTH = {"day": 1, "week": 7, "month": 31}
_SHORT = re.compile(r"([0-9]+)\s*(?:/|per)\s*([a-z]+)", re.IGNORECASE)


class Cap(Settings):
    """`50/day`, or `{max: 50, per: day, timezone: America/New_York, then: defer}`."""

    model_config = ConfigDict(json_schema_extra=short.or_text("50/day"))
    one_at_a_time: ClassVar[Literal["endpoint", "lead"] | None] = "endpoint"

    max: int = Field(ge=1)
    """How many deliveries there may be."""
    per: Literal["hour", "day", "week", "month"]
    """In which time: by the calendar, from its first moment on; a week begins on Monday."""
    timezone: zones.Zone = Field(default="UTC", validate_default=True)
    """Whose calendar."""
    then: Literal["veto", "defer"] = "veto"
    """What becomes of those that come over it: `defer` keeps them for the next hour, day, week or month, in order."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        found = _SHORT.fullmatch(value.strip()) if isinstance(value, str) else None
        if not found:
            raise ValueError(
                f"{shown(value)} is no cap (write 50/day, or {{max: 50, per: day, timezone: ...}})"
            )
        return {"max": int(found[1]), "per": found[2].lower()}

    def since(self, now: datetime) -> datetime:
        """The first moment of the hour, day, week or month that now is in."""
        return _first_moment(now.astimezone(self.timezone), self.per, self.timezone)

    def until(self, now: datetime) -> datetime:
        """The first moment of the one after it."""
        if self.per == "hour":
            return self.since(now + timedelta(hours=1))
        noon = self.since(now).astimezone(self.timezone).replace(hour=12, minute=0)
        return _first_moment(noon + timedelta(days=_LENGTH[self.per]), self.per, self.timezone)


@hookimpl
def settings() -> type[Cap]:
    """How many in which time."""
    return Cap


@hookimpl
async def veto(event: Event, endpoint: Endpoint, view: View) -> Verdict:
    """Veto, or wait for more places, when so many were delivered; wait while what is in flight may take the last."""
    cap: Cap = view.settings
    taken = await view.past.deliveries(cap.since(view.now))
    if taken < cap.max:
        return _PASS
    rule = f"{cap.max} per {cap.per}"
    delivered = taken - view.past.in_flight
    if delivered >= cap.max:
        reason = (
            f"{endpoint.source_name} takes {cap.max} {endpoint.type}s per {cap.per}, and has had {delivered}"
        )
        if cap.then == "veto":
            return Veto(reason, rule=rule, seen=delivered)
        return Defer(cap.until(view.now), f"{reason}: it waits for the next", rule=rule, seen=delivered)
    reason = f"the last of {cap.max} places per {cap.per} are taken by events that are on their way"
    return Defer(shortly(view.now, event.received_at), reason, rule=rule, seen=taken)


def _first_moment(local: datetime, per: str, zone: ZoneInfo) -> datetime:
    if per == "hour":  # an hour that the clock shows twice is two
        return local.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    day = local.date()
    if per == "week":
        day -= timedelta(days=day.weekday())
    elif per == "month":
        day = day.replace(day=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
