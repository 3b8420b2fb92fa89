"""CLDR date patterns (`yyyy-MM-dd`): what cannot be meant is refused at load, the rest is written by babel."""

from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import PATTERN_CHARS, format_datetime, tokenize_pattern, untokenize_pattern

from gateway.templates.locales import language
from gateway.templates.text import shown

WORDS = ("iso", "epoch", "epoch_ms")
# The same by other names.
_MEANT = {
    **dict.fromkeys(("unix", "unixtime", "timestamp", "unix_timestamp", "seconds"), "epoch"),
    **dict.fromkeys(("unix_ms", "milliseconds", "timestamp_ms"), "epoch_ms"),
    **dict.fromkeys(("iso8601", "iso-8601", "iso_8601", "rfc3339", "datetime"), "iso"),
}
_LONGEST = 200
_TRIAL = datetime(1970, 1, 1, tzinfo=UTC)
_HOURS = frozenset("HhKk")


def pattern(format: Any) -> None:
    """Raise ValueError, with the sentence to show, where a format for `date` cannot be meant."""
    if not isinstance(format, str) or not 0 < len(format) <= _LONGEST:
        raise ValueError(f"the format of date is text of 1 to {_LONGEST} characters (yyyy-MM-dd, iso)")
    _fields(format)


def written(found: datetime, format: str, locale: Locale) -> str:
    """A moment in a CLDR pattern; raises ValueError with the sentence to show."""
    if "S" in _fields(format):
        format = _with_fraction(format, found.microsecond)
    return _formatted(found, format, locale)


@lru_cache(maxsize=128)
def _fields(format: str) -> frozenset[str]:
    """The letters of a pattern that stand for something; raises ValueError where it cannot be meant."""
    if format in WORDS:
        return frozenset()
    if "%" in format:
        raise ValueError(f"the format {format!r} holds a % (write a CLDR pattern such as yyyy-MM-dd)")
    if format.count("'") % 2:
        raise ValueError(f"the format {format!r} has a ' without its pair (write '' for the sign itself)")
    _refuse_idle_letters(format)
    fields = frozenset(value[0] for kind, value in tokenize_pattern(format) if kind == "field")
    if wrong := _slip(fields):
        raise ValueError(f"the format {format!r} asks for {wrong}")
    _formatted(_TRIAL, format, language("en"))
    return fields


def _refuse_idle_letters(format: str) -> None:
    """Letters that stand for nothing are words that were never meant as a pattern; a bare T may part date and time."""
    bare = "".join(format.split("'")[::2])
    idle = {char for char in bare if char.isascii() and char.isalpha() and char not in PATTERN_CHARS} - {"T"}
    if idle:
        word = format.lower()
        near = [_MEANT[word]] if word in _MEANT else get_close_matches(word, WORDS, n=1)
        right = (
            f"did you mean {near[0]!r}?" if near else "write such as yyyy-MM-dd, and text in single quotes"
        )
        raise ValueError(f"the format {format!r} holds {min(idle)}, which stands for nothing ({right})")


def _slip(fields: frozenset[str]) -> str | None:
    """What other tools write with the same letters in another case."""
    if "Y" in fields and "w" not in fields:
        return "the year of the week (write yyyy)"
    if "D" in fields and fields & {"M", "L"}:
        return "the day of the year (write dd)"
    if "m" in fields and fields & {"y", "d"} and not fields & _HOURS:
        return "minutes beside a date (write MM for the month)"
    if "M" in fields and fields & _HOURS and not fields & {"y", "d"}:
        return "the month beside an hour (write mm for minutes)"
    if fields & {"h", "K"} and not fields & {"a", "b", "B"}:
        return "an hour without telling morning from evening (write HH, or hh with a)"
    return None


def _with_fraction(format: str, microsecond: int) -> str:
    """A pattern with its fractions of a second filled in, cut off: babel rounds .9996 up to 1000 thousandths."""
    digits = f"{microsecond:06d}"
    tokens: list[tuple[str, str | tuple[str, int]]] = []
    for kind, value in tokenize_pattern(format):
        if isinstance(value, tuple) and value[0] == "S":
            tokens.append(("chars", digits[: value[1]].ljust(value[1], "0")))
        else:
            tokens.append((kind, value))
    return untokenize_pattern(tokens)


def _formatted(found: datetime, format: str, locale: Locale) -> str:
    try:
        return format_datetime(found, format, tzinfo=found.tzinfo, locale=locale)
    except (ValueError, LookupError, ArithmeticError) as error:
        raise ValueError(
            f"a date cannot be written as {shown(format)}: {error.args[0]} (write such as yyyy-MM-dd)"
        ) from None
