"""How rules read values: as what can be equal, what has an order, a range, a list, a pattern, a span of time.

An event's values are read without ever raising: what cannot be read is None. The conf's values (`as_...`) are
read at load, and raise ValueError with the sentence to show. White space round a text never counts.
"""

import calendar
import csv
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from gateway import Pattern, is_blank
from plugins.criteria.moments import moment
from plugins.criteria.rules.shapes import Shape
from plugins.criteria.words import shown, text

Quantity: TypeAlias = int | Decimal | date | datetime | time

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_AMOUNT = re.compile(
    r"([+-]?)\s*(?:[$€£¥₹₽₩₺₫₴₪₱฿₦]\s*)?([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
)
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?")
_DASH = re.compile(r"\s+to\s+|\s*[-–]\s*", re.IGNORECASE)
_SPAN = re.compile(r"([0-9]{1,6})\s*(?:(second|minute|hour|day|week|month|year)s?|([smhdw]))", re.IGNORECASE)
_SLASHED = re.compile(r"/.+/[A-Za-z]*", re.DOTALL)
_BARE = re.compile(r"[\^$(\[\\|]")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week"}
_MONTHS = {"month": 1, "year": 12}
_LONGEST_RANGE = 100
_LONGEST_NUMBER = 50  # characters, beyond which numbers are compared by their digits and their power of ten
_QUANTITIES = (int, Decimal, date, time)
MOST = 1000  # values of a list that was posted: a microsecond each, for every rule

# What a list or an object that is not blank is beside a text or a number.
_ANOTHER_KIND = object()


def key(value: Any) -> Hashable:
    """What equal values share: text without case, a number's shortest text, lists as sets; None for blank.

    Text is a number only in plain decimal without leading zeros: the postal code `01234` is not 1234.
    """
    if isinstance(value, list):
        return frozenset(map(key, value)) or None
    if isinstance(value, dict):
        return ("object", frozenset((name, key(child)) for name, child in value.items())) if value else None
    if isinstance(value, Decimal) and abs(value.adjusted()) > _LONGEST_NUMBER:
        return _digits(str(value))  # as short as it was posted: a list of many 1e1000 would fill the memory
    plain = text(value) or ""
    # Numbers stay text, whose hash is seeded: posted numbers that share one hash would take a set minutes.
    return _shortest(plain) if _PLAIN.fullmatch(plain) else plain.casefold() or None


def plain_key(value: Any) -> Hashable:
    """The key of a value where texts and numbers are asked for; no list or object has one of theirs, however large."""
    if isinstance(value, (list, dict)):
        return _ANOTHER_KIND if value else None
    return key(value)


def too_large(value: Any) -> bool:
    """Whether a list holds more values, at all its levels, than are compared."""
    if not isinstance(value, (list, dict)):
        return False
    count, left = 0, [value]
    while left:
        inner = left.pop()
        count += len(inner)
        if count > MOST:
            return True
        left += [
            each
            for each in (inner.values() if isinstance(inner, dict) else inner)
            if isinstance(each, (list, dict))
        ]
    return False


def quantity(value: Any) -> Quantity | None:
    """A number (`$1,000.50` too), a date, a moment or a time of day; None for anything else."""
    if isinstance(value, str):
        plain = value.strip()
        if found := _AMOUNT.fullmatch(plain):
            return Decimal(found[1] + found[2].replace(",", ""))
        return _clock(plain) if _CLOCK.fullmatch(plain) else moment(plain)
    return value if isinstance(value, _QUANTITIES) and not isinstance(value, bool) else None


def order(left: Any, right: Any) -> int | None:
    """-1, 0 or 1 for two quantities; None where they have no order. A day and a moment compare as days."""
    kind = _kind(left)
    if kind is not _kind(right):
        return None
    if kind is date and type(left) is not type(right):
        left, right = _day(left), _day(right)
    return int(left > right) - int(left < right)


def _kind(value: Quantity) -> type:
    if isinstance(value, date):
        return date
    return time if isinstance(value, time) else Decimal


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends included; high is None where the range is open."""

    low: Quantity
    high: Quantity | None

    def holds(self, value: Quantity) -> bool | None:
        """Whether a value lies in the range; None where it has no order with its ends."""
        above = order(value, self.low)
        below = -1 if self.high is None else order(value, self.high)
        return None if above is None else above >= 0 and below in (-1, 0)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in calendar units: a year before 29 February is 28 February."""

    count: int
    unit: str

    def shift(self, now: datetime, sign: int) -> datetime:
        """The moment this far after now (sign 1) or before it (sign -1), within the years 1 to 9999."""
        try:
            if self.unit in _SECONDS:
                return now + sign * timedelta(seconds=self.count * _SECONDS[self.unit])
            return _months_later(now, sign * self.count * _MONTHS[self.unit])
        except (OverflowError, ValueError):
            return datetime.max.replace(tzinfo=UTC) if sign > 0 else datetime.min.replace(tzinfo=UTC)


def as_key(value: Any) -> Hashable:
    """What the value of `is equal to` is compared by."""
    if isinstance(value, dict) and value:
        raise ValueError("an object cannot be compared (write text, a number, true, false or a list)")
    return key(value)


def as_element(value: Any) -> tuple[Hashable, str]:
    """What a list or a text may include: its key, and its text without case."""
    plain = text(value)
    if plain is None:
        raise ValueError(
            f"{shown(value)} is not one value (write one text or number; join rules with all or any)"
        )
    return key(value), plain.casefold()


def as_keys(value: Any) -> frozenset[Hashable]:
    """The members of a list, or of text with commas in which a value that holds a comma is quoted."""
    if isinstance(value, str):
        value = _cells(value)
    elif not isinstance(value, list):
        value = [] if value is None else [value]
    if any(isinstance(element, (list, dict)) for element in value):
        raise ValueError("a list of lists or objects cannot be compared (write a list of texts or numbers)")
    return frozenset(map(key, value))


def as_few_keys(value: Any) -> frozenset[Hashable]:
    """As `as_keys`, of what a template made: text of too many lines or commas is refused, too."""
    if isinstance(value, str) and value.count(",") + len(value.splitlines()) > MOST:
        raise ValueError(f"a list of more than {MOST:,} values cannot be compared (post fewer)")
    return as_keys(value)


def as_quantity(value: Any, shape: Shape | None = None) -> Quantity:
    """A number, date or time to compare with. shape: how else a date may be written."""
    found = _shaped(value, shape)
    if found is None:
        raise ValueError(
            f"{shown(value)!r} has no order (write a number, a date like 2026-11-20, a time like 08:30; "
            "other dates need a `format`)"
        )
    return found


def as_range(value: Any, shape: Shape | None = None) -> Range:
    """`18-65`, `18 to 65`, `0830-1645`, two ISO dates, `10+`, or a list of two. shape: as in `as_quantity`."""
    found = _range(value, shape)
    if found is None:
        raise ValueError(
            f"{shown(value)!r} is not a range (write 18-65, 18 to 65, 10+, two dates, or a list of two)"
        )
    if found.high is not None and order(found.low, found.high) == 1:
        raise ValueError(
            f"{shown(value)!r} runs backwards (write the lower end first; join two ranges with any)"
        )
    return found


def as_pattern(value: Any) -> Pattern:
    """`/regex/flags`, or a glob in which `*` is any text and `?` any character, over the whole value."""
    plain = text(value)
    if plain is None:
        raise ValueError(f"{shown(value)} is not a pattern (write /regex/flags, or a glob such as 512*)")
    if _SLASHED.fullmatch(plain):
        return Pattern.compile(plain)
    if plain.startswith("/"):
        raise ValueError(f"the pattern {plain} has no second slash (write /regex/flags)")
    if _BARE.search(plain):
        raise ValueError(f"{plain!r} reads like a regular expression (write /{plain}/)")
    glob = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in plain)
    return Pattern.compile(f"/\\A{glob}\\z/s")


def as_span(value: Any, _: Shape | None = None) -> Span:
    """`7 days`, `36 hours`, `18 years`; `7d` and `36h` as durations are written, where `m` is a minute."""
    found = _SPAN.fullmatch(text(value) or "")
    if not found:
        raise ValueError(
            f"{shown(value)!r} is not a span of time (write 36 hours, 7 days, 3 months or 18 years)"
        )
    return Span(int(found[1]), found[2].lower() if found[2] else _LETTERS[found[3].lower()])


def _shortest(plain: str) -> str:
    """One text for each number, however it is written."""
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    if len(plain) > _LONGEST_NUMBER:
        return _digits(plain)
    return "0" if plain == "-0" else plain


def _digits(plain: str) -> str:
    """A long number's own digits and its power of ten. No stripped text begins with a blank, so none is this."""
    mantissa, _, power = plain.partition("E")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole.lstrip("-") + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return "0"
    exponent = int(power or 0) - len(fraction) + len(digits) - len(significant)
    return f" {'-' if plain.startswith('-') else ''}{significant}e{exponent}"


def _shaped(value: Any, shape: Shape | None) -> Quantity | None:
    return quantity(value if shape is None else shape.read(value))


def _clock(plain: str) -> time | None:
    try:
        return time.fromisoformat(plain)
    except ValueError:
        return None


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _cells(plain: str) -> Sequence[str]:
    try:
        rows = list(csv.reader(plain.splitlines(), skipinitialspace=True))
    except csv.Error:
        raise ValueError(f"{shown(plain)!r} is not a list (write a list, or text with commas)") from None
    return [cell for row in rows for cell in row if not is_blank(cell)]


def _range(value: Any, shape: Shape | None) -> Range | None:
    if isinstance(value, list):
        return _ends(value[0], value[1], shape) if len(value) == 2 else None
    plain = text(value) or ""
    if len(plain) > _LONGEST_RANGE:
        return None
    if plain.endswith("+"):
        low = _shaped(plain[:-1], shape)
        return None if low is None else Range(low, None)
    splits = (_ends(plain[: dash.start()], plain[dash.end() :], shape) for dash in _DASH.finditer(plain))
    return next((found for found in splits if found), None)


def _ends(low: Any, high: Any, shape: Shape | None) -> Range | None:
    first, last = _shaped(low, shape), _shaped(high, shape)
    if first is None or last is None or order(first, last) is None:
        return None
    return Range(first, last)


def _months_later(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, calendar.monthrange(year, month + 1)[1]))
