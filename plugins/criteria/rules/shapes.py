"""Dates in a shape of their own: a CLDR pattern beside a rule says how they are written, so that nothing is guessed.

A pattern that could be read in two ways is refused at load: digits of unknown number side by side, a year of two
digits, 12 hours without AM or PM, and what looks like ISO 8601 but means another day.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from babel.dates import tokenize_pattern

from plugins.criteria.moments import moment
from plugins.criteria.words import text

_MAX_PATTERN = 64
_WORD = r"[A-Za-z]{2,9}"
_ZONE = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
# What a field of a pattern is to `strptime`, and exactly which characters it stands for.
_FIELDS = {
    "yyyy": ("%Y", "[0-9]{4}"), "y": ("%Y", "[0-9]{4}"),
    "MM": ("%m", "[0-9]{2}"), "M": ("%m", "[0-9]{1,2}"), "MMM": ("%b", _WORD), "MMMM": ("%B", _WORD),
    "dd": ("%d", "[0-9]{2}"), "d": ("%d", "[0-9]{1,2}"),
    "E": ("%a", _WORD), "EEE": ("%a", _WORD), "EEEE": ("%A", _WORD),
    "HH": ("%H", "[0-9]{2}"), "H": ("%H", "[0-9]{1,2}"), "hh": ("%I", "[0-9]{2}"), "h": ("%I", "[0-9]{1,2}"),
    "mm": ("%M", "[0-9]{2}"), "ss": ("%S", "[0-9]{2}"), "SSS": ("%f", "[0-9]{3}"), "a": ("%p", _WORD),
    "Z": ("%z", _ZONE), "XX": ("%z", _ZONE), "XXX": ("%z", _ZONE),
}  # fmt: skip
# What other tools write with the same letters in another case.
_SLIPS = {"Y": "write yyyy", "D": "write dd"}
_DAY, _CLOCK = ("%Y", "%m", "%d"), ("%H", "%I")
_PROBE = datetime(2026, 11, 5, 14, 30, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shape:
    """How dates are written, compiled; equal to another of the same pattern."""

    text: str
    _strptime: str = field(compare=False, repr=False)
    _exact: re.Pattern[str] = field(compare=False, repr=False)

    @classmethod
    def compile(cls, pattern: Any) -> "Shape":
        """Compile a CLDR pattern such as `MM/dd/yyyy`. Raises ValueError with the sentence to show."""
        if not isinstance(pattern, str) or not 0 < len(pattern) <= _MAX_PATTERN:
            raise ValueError(f"{pattern!s:.80} is not the format of a date (write such as MM/dd/yyyy)")
        parts = [_part(pattern, token) for _, token in tokenize_pattern(pattern.strip())]
        directives, expressions = zip(*parts, strict=True)
        _refuse_ambiguous(pattern, expressions)
        _refuse_incomplete(pattern, directives)
        shape = cls(pattern, "".join(directives), re.compile("".join(expressions), re.ASCII))
        written = _PROBE.strftime(shape._strptime)
        if moment(written) not in (None, shape.read(written)):
            raise ValueError(f"{pattern!r} looks like ISO 8601 and means another day (write yyyy-MM-dd)")
        return shape

    def read(self, value: Any) -> Any:
        """The day, moment (UTC where no offset is written) or time that it is; what it is not is left as it is."""
        plain = text(value) or ""
        if not self._exact.fullmatch(plain):
            return value
        try:
            found = datetime.strptime(plain, self._strptime)  # noqa: DTZ007  its zone is settled below
            if "%d" not in self._strptime:
                return found.time()
            if not any(directive in self._strptime for directive in _CLOCK):
                return found.date()
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        except (ValueError, OverflowError):  # 31 November; an offset that leads out of the years 1 to 9999
            return value


def _part(pattern: str, token: str | tuple[str, int]) -> tuple[str, str]:
    """What a text of the pattern, or a field in it, is to `strptime`, and the expression for it."""
    if isinstance(token, str):
        return token.replace("%", "%%"), re.escape(token)
    letter, count = token
    name = letter * count
    if name == "yy":
        raise ValueError(f"the format {pattern!r} leaves the century to a guess (write yyyy)")
    if name not in _FIELDS:
        right = _SLIPS.get(letter) or f"there is: {', '.join(_FIELDS)}"
        raise ValueError(f"the format {pattern!r} has {name}, which cannot be read ({right})")
    return _FIELDS[name]


def _refuse_ambiguous(pattern: str, expressions: tuple[str, ...]) -> None:
    for left, right in pairwise(expressions):
        if left.startswith("[0-9]") and right.startswith("[0-9]") and "{1,2}" in (left[5:], right[5:]):
            raise ValueError(
                f"the format {pattern!r} runs digits of unknown number together (write MM, dd, HH)"
            )


def _refuse_incomplete(pattern: str, directives: tuple[str, ...]) -> None:
    days = sum({"%b": "%m", "%B": "%m"}.get(directive, directive) in _DAY for directive in directives)
    clock = [directive for directive in directives if directive in _CLOCK]
    if "%M" in directives and (not clock or (0 < days < 3 and "%m" not in directives)):
        raise ValueError(f"the format {pattern!r} asks for minutes beside a date (write MM for the month)")
    if days not in (0, 3) or not (days or clock) or len(set(directives)) < len(_fields(directives)):
        raise ValueError(f"the format {pattern!r} names no whole day (write year, month and day once each)")
    if ("%I" in clock) is not ("%p" in directives):
        raise ValueError(
            f"the format {pattern!r} does not tell morning from evening (write HH, or hh with a)"
        )


def _fields(directives: tuple[str, ...]) -> list[str]:
    return [directive for directive in directives if directive.startswith("%") and directive != "%%"]
