"""Moments as they stand in answers, and as they are asked for."""

from datetime import UTC, datetime
from typing import Any

_ASKED = ("since", "until")
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_moments(given: dict[str, Any], errors: list[tuple[str, str]]) -> None:
    """Read the times among parameters; errors: where to put what is wrong with each, by name."""
    for name in _ASKED:
        if name in given:
            try:
                given[name] = _in_utc(datetime.fromisoformat(given[name]))
            except ValueError:
                said = f"{given[name][:100]!r} is no time (write RFC 3339 such as 2026-11-23T09:15:00Z)"
                errors.append((name, said))


def _in_utc(at: datetime) -> datetime:
    """A time in UTC, where it has no time zone as it stands; at the ends of the calendar the nearest that there is."""
    if at.tzinfo is None:
        return at.replace(tzinfo=UTC)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return _FIRST if at.year == 1 else _LAST
