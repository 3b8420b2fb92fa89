"""The criterion `hours`: events go while the source is open, and wait for its next opening."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ConfigDict, Field, model_validator

from gateway import Defer, Endpoint, Pass, Settings, Verdict, View, hookimpl
from plugins.criteria import short, zones
from plugins.criteria.week import DAYS, Days, Window, Windows

_PASS = Pass()
_HOUR = timedelta(hours=1)
_AHEAD = 16  # days: at least one opening of each window, also where a clock change swallows one


class Hours(Settings):
    """`08:30-16:45`, or `{days: [Mon, ...], between: 08:30-16:45, timezone: America/New_York}`."""

    model_config = ConfigDict(json_schema_extra=short.or_text("08:30-16:45"))

    days: Days = Field(default="Mon-Sun", validate_default=True)
    """The days on which it opens: one, a span such as `Mon-Fri`, or a list of these."""
    between: Windows
    """From when to when it is open, one or several; past midnight where the end is before the start."""
    timezone: zones.Zone = Field(default="UTC", validate_default=True)
    """Whose clock."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {"between": value}

    def is_open(self, now: datetime) -> bool:
        """Whether the clock on the wall there shows a time within one of the windows."""
        local = now.astimezone(self.timezone)
        today, second = local.weekday(), (local.hour * 60 + local.minute) * 60 + local.second
        yesterday = (today - 1) % 7
        return any(
            (today in self.days and window.start <= second < window.end)
            or (yesterday in self.days and second < window.end - 86400)
            for window in self.between
        )

    def opening(self, now: datetime) -> datetime | None:
        """The next moment at which it opens: where a window starts, or where a clock change leads into one."""
        moments = (*self._starts(now), *self._changes(now))
        return min((moment for moment in moments if moment > now and self.is_open(moment)), default=None)

    def _starts(self, now: datetime) -> Iterator[datetime]:
        """When the windows start, by the clock on the wall; one that a clock change repeats starts twice."""
        first = now.astimezone(self.timezone).replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(_AHEAD):
            day = first + timedelta(days=ahead)
            if day.weekday() in self.days:
                for window in self.between:
                    start = day.replace(hour=window.start // 3600, minute=window.start // 60 % 60)
                    yield from (start.replace(fold=fold).astimezone(UTC) for fold in (0, 1))

    def _changes(self, now: datetime) -> Iterator[datetime]:
        """When the clock on the wall is put forward or back, to the minute, as it is everywhere."""
        before = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        for _ in range(_AHEAD * 24):
            after = before + _HOUR
            if self._offset(before) != self._offset(after):
                minutes = (before + timedelta(minutes=minute) for minute in range(1, 61))
                yield next(at for at in minutes if self._offset(at) == self._offset(after))
            before = after

    def _offset(self, moment: datetime) -> timedelta | None:
        return moment.astimezone(self.timezone).utcoffset()


@hookimpl
def settings() -> type[Hours]:
    """When the source is open."""
    return Hours


@hookimpl
async def veto(endpoint: Endpoint, view: View) -> Verdict:
    """Defer to the next opening while it is closed."""
    hours: Hours = view.settings
    if hours.is_open(view.now):
        return _PASS
    until = hours.opening(view.now) or view.now + timedelta(days=1)
    local = view.now.astimezone(hours.timezone)
    rule = f"open {_words(hours)}"
    reason = f"{endpoint.source_name} is closed now ({rule})"
    return Defer(until, reason, rule=rule, seen=f"{DAYS[local.weekday()]} {local:%H:%M}")


def _words(hours: Hours) -> str:
    days = "every day" if len(hours.days) == 7 else ", ".join(DAYS[day] for day in hours.days)
    windows = " and ".join(map(_window, hours.between))
    return f"{days} {windows} {hours.timezone.key}"


def _window(window: Window) -> str:
    end = window.end if window.end <= 86400 else window.end - 86400
    return "-".join(f"{second // 3600:02}:{second // 60 % 60:02}" for second in (window.start, end))
