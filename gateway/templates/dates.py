"""Dates in templates: ISO 8601 in, CLDR patterns out. Nothing is guessed: other shapes are refused."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from gateway.nearest import nearest
from gateway.paths import is_blank
from gateway.templates import text
from gateway.templates.arithmetic import number
from gateway.templates.dateformats import pattern, written
from gateway.templates.locales import language

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_DATE = 64


def moment(value: Any) -> date:
    """Read a date: a datetime where the text has a time, a plain date where it has none.

    Raises ValueError with the sentence to show.
    """
    if isinstance(value, date):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_DATE:
        written = value.strip()
        try:
            has_time = len(written) > len("2026-11-23")
            return datetime.fromisoformat(written) if has_time else date.fromisoformat(written)
        except ValueError:
            pass
    raise ValueError(
        f"{text.shown(value)} cannot be read as a date (write ISO 8601, such as 2026-11-23T09:15:00Z)"
    )


def formatted(value: Any, format: Any, timezone: Any = None, locale: Any = "en") -> str | int | None:
    """A date in a CLDR pattern, or as `iso`, `epoch` (seconds), `epoch_ms`; blank stays blank.

    timezone: the zone to write it in; text without a zone is taken to be there already (else in UTC).
    """
    if is_blank(value):
        return None
    found = _placed(moment(value), zone(timezone) if timezone is not None else UTC, move=timezone is not None)
    pattern(format)
    if format == "iso":
        return text.iso(found)
    if format == "epoch":
        return (found - _EPOCH) // timedelta(seconds=1)
    if format == "epoch_ms":
        return (found - _EPOCH) // timedelta(milliseconds=1)
    return written(found, format, language(locale))


def shifted(
    value: Any, *, weeks: Any = 0, days: Any = 0, hours: Any = 0, minutes: Any = 0, seconds: Any = 0
) -> Any:
    """A date moved by so much time; a day moved by whole days stays a day."""
    if is_blank(value):
        return None
    found = moment(value)
    try:
        by = timedelta(
            weeks=float(number(weeks)),
            days=float(number(days)),
            hours=float(number(hours)),
            minutes=float(number(minutes)),
            seconds=float(number(seconds)),
        )
        if not isinstance(found, datetime) and by % timedelta(days=1):
            found = datetime(found.year, found.month, found.day)  # noqa: DTZ001  a day has no zone until it is formatted
        return found + by
    except OverflowError:
        raise ValueError("the date leaves the years 1 to 9999 (shift it by less)") from None


def zone(name: Any) -> tzinfo:
    """A time zone by its IANA name; raises ValueError naming the nearest right one."""
    if not isinstance(name, str):
        raise ValueError(f"{name!r} is not a time zone (write its IANA name, such as America/New_York)")
    return _zone(name)


@lru_cache(maxsize=64)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        near = nearest(name, available_timezones()) or " (write its IANA name, such as America/New_York)"
        raise ValueError(f"{name!r} is not a time zone{near}") from None


def _placed(found: date, there: tzinfo, *, move: bool) -> datetime:
    """The moment with a zone: its own, or `there`; moved to `there` if asked."""
    if not isinstance(found, datetime):
        return datetime(found.year, found.month, found.day, tzinfo=there)
    if found.tzinfo is None:
        return found.replace(tzinfo=there)
    try:
        return found.astimezone(there) if move else found
    except OverflowError:
        raise ValueError("the date leaves the years 1 to 9999 in that time zone") from None
