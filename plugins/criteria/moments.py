"""Dates as criteria read them: ISO 8601, never guessed (RFC 3339 is the part of it that events carry)."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

_SOONEST, _LATEST = timedelta(seconds=1), timedelta(minutes=15)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:?[0-9]{2}.*)?")


def moment(value: Any) -> date | datetime | None:
    """A day where only a day is written, otherwise a moment in UTC; None for anything else, numbers included.

    A time without an offset is UTC.
    """
    text = value.strip().upper() if isinstance(value, str) else ""
    if not _ISO.fullmatch(text):
        return None
    try:
        if len(text) == len("2026-11-20"):
            return date.fromisoformat(text)
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # 30 February; an offset that leads out of the years 1 to 9999
        return None


def start(found: date | datetime) -> datetime:
    """The first moment of a day, in UTC; a moment is itself."""
    return found if isinstance(found, datetime) else datetime(found.year, found.month, found.day, tzinfo=UTC)


def shortly(now: datetime, since: datetime) -> datetime:
    """When to ask again what may be decided any moment: the longer it has taken since then, the later."""
    return now + min(max(now - since, _SOONEST), _LATEST)
