"""Days and times of a week as a conf writes them: `Mon-Fri`, `08:30-16:45`, `22:00-06:00`."""

import re
from typing import Annotated, Any, NamedTuple, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

from plugins.criteria.words import nearest, shown

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WHOLE = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPANS = {
    **dict.fromkeys(("weekday", "weekdays", "workdays", "business days"), "Mon-Fri"),
    **dict.fromkeys(("weekend", "weekends"), "Sat-Sun"),
    **dict.fromkeys(("daily", "every day", "everyday", "all"), "Mon-Sun"),
}
_TO = re.compile(r"\s*[-–]\s*|\s+to\s+", re.IGNORECASE)
_WINDOW = re.compile(r"([0-9]{1,2}):?([0-9]{2})\s*(?:-|–|to)\s*([0-9]{1,2}):?([0-9]{2})")
_DAY = 86400
_MENDED = "write it as 08:30-16:45, from 00:00 to 24:00"


class Window(NamedTuple):
    """From when to when, in seconds of a day; past 86,400 on the next one. The end is outside of it."""

    start: int
    end: int


def _days(value: Any) -> tuple[int, ...]:
    if isinstance(value, tuple):
        return value
    named = value if isinstance(value, list) else [value]
    days = {day for one in named for day in _span(one)}
    if not days:
        raise ValueError("no day stands here (write each behind a dash, or leave `days` out for all)")
    return tuple(sorted(days))


def _span(text: Any) -> list[int]:
    """The days of `Mon`, or of `Fri-Mon`."""
    if not isinstance(text, str):
        raise ValueError(f"{shown(text)} is no day (write Mon, Tue, Wed, Thu, Fri, Sat or Sun)")
    if "," in text:
        raise ValueError(f"{shown(text)} is no day (write several as a list: [Mon, Wed])")
    if span := _SPANS.get(text.strip().lower()):
        raise ValueError(f"{shown(text)} is no day (write {span})")
    first, *last = _TO.split(text.strip(), 1)
    start = _day(first)
    end = _day(last[0]) if last else start
    return [(start + ahead) % 7 for ahead in range((end - start) % 7 + 1)]


def _day(text: str) -> int:
    folded = text.casefold()
    for number, (short, whole) in enumerate(zip(DAYS, _WHOLE, strict=True)):
        if folded in (short.casefold(), whole):
            return number
    raise ValueError(f"{shown(text)} is no day{nearest(text[:3], DAYS)}")


def _windows(value: Any) -> tuple[Window, ...]:
    if isinstance(value, tuple):
        return value
    written = value if isinstance(value, list) else [value]
    if not written:
        raise ValueError(f"no time stands here ({_MENDED})")
    return tuple(map(_window, written))


def _window(text: Any) -> Window:
    found = _WINDOW.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found:
        raise ValueError(f"{shown(text)} is no span of time ({_MENDED})")
    start, end = _second(found[1], found[2]), _second(found[3], found[4])
    if start is None or end is None or start == _DAY:
        raise ValueError(f"{shown(text)} holds a time that there is not ({_MENDED})")
    if start == end:
        raise ValueError(f"{shown(text)} is over at once (write 00:00-24:00 for a whole day)")
    return Window(start, end if start < end else end + _DAY)


def _second(hour: str, minute: str) -> int | None:
    second = (int(hour) * 60 + int(minute)) * 60
    return second if int(minute) < 60 and second <= _DAY else None


def _one_or_many(example: str) -> dict[str, Any]:
    one = {"type": "string", "examples": [example]}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


Days: TypeAlias = Annotated[tuple[int, ...], BeforeValidator(_days), WithJsonSchema(_one_or_many("Mon-Fri"))]
Windows: TypeAlias = Annotated[
    tuple[Window, ...], BeforeValidator(_windows), WithJsonSchema(_one_or_many("08:30-16:45"))
]
