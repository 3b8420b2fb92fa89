"""A mapped value as the text of an XML Schema simple type, exactly or not at all.

Text that is valid for its type is sent as it was posted; numbers are written in plain decimal notation.
Nothing is rounded, cut or guessed: what does not fit raises ValueError with the sentence to show.
The types: https://www.w3.org/TR/xmlschema-2/#built-in-datatypes
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any, Protocol

from gateway import RenderError, Sample, plain_text

XSD = "http://www.w3.org/2001/XMLSchema"
MOST_DIGITS = 1000
_MOST_NAMED = 20

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACE = " \t\n\r"


class Simple(Protocol):
    """A simple type: how a value is written in it."""

    @property
    def name(self) -> str:
        """What a person calls the type."""

    def write(self, value: Any) -> str:
        """The value's text. Raises ValueError."""


@dataclass(frozen=True, slots=True)
class Text:
    """A type that takes any text: `string` and what derives from it."""

    name: str = "string"

    def write(self, value: Any) -> str:
        """The value as plain text."""
        return value if type(value) is str else plain(value)


@dataclass(frozen=True, slots=True)
class Typed:
    """A type with a shape of its own. example: a right value; low, high: the range of a whole number."""

    name: str
    pattern: re.Pattern[str]
    example: str
    low: int | None = None
    high: int | None = None

    def write(self, value: Any) -> str:
        """The value's text where it is valid for the type."""
        if isinstance(value, Sample):  # a trial, or a masked secret: the value itself is not known here
            return value
        text = (value if type(value) is str else self._from(value)).strip(_SPACE)
        if self.pattern.fullmatch(text) and self._in_range(text):
            return text
        if self.name == "boolean" and text.lower() in ("true", "false"):
            return text.lower()
        raise ValueError(f"{shown(text)} is not valid as {self.name} (right would be {self.example})")

    def _from(self, value: Any) -> str:
        if self.pattern is _WHOLE and isinstance(value, (Decimal, float)):
            digits = plain(value)
            whole, _, fraction = digits.partition(".")
            return digits if fraction.strip("0") else whole
        return plain(value)

    def _in_range(self, text: str) -> bool:
        if self.pattern is not _WHOLE or (self.low is None and self.high is None):
            return True
        if len(text) > MOST_DIGITS:
            return False
        number = int(text)
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)


@dataclass(frozen=True, slots=True)
class Listed:
    """A type of which only some values are right. values: as the schema writes them."""

    kind: Simple
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """What a person calls the type."""
        return self.kind.name

    def write(self, value: Any) -> str:
        """The value's text where it is one of them. Raises ValueError, which names them."""
        text = self.kind.write(value)
        if isinstance(value, Sample) or self._has(text):
            return text
        names = " or ".join(self.values[:_MOST_NAMED])
        more = f" and {len(self.values) - _MOST_NAMED} more" if len(self.values) > _MOST_NAMED else ""
        raise ValueError(
            f"{shown(text)} is none of the values in the WSDL (right would be {names}{more}; "
            "a table translates to them: the filter `lookup`)"
        )

    def _has(self, text: str) -> bool:
        if isinstance(self.kind, Typed) and self.kind.pattern is not _WHOLE:
            return True  # one moment or decimal can be written in many ways
        if isinstance(self.kind, Typed):
            return text in self.values or str(int(text[:MOST_DIGITS])) in self.values
        return text in self.values or " ".join(text.split()) in self.values


@dataclass(frozen=True, slots=True)
class ListOf:
    """A blank-separated list of one simple type."""

    item: Simple

    @property
    def name(self) -> str:
        """What a person calls the type."""
        return f"list of {self.item.name}"

    def write(self, value: Any) -> str:
        """The items, each written in the item type."""
        if isinstance(value, Sample):
            return value
        items = value.split() if isinstance(value, str) else value if isinstance(value, list) else [value]
        return " ".join(self.item.write(item) for item in items)


@dataclass(frozen=True, slots=True)
class OneOf:
    """A union: the first member type that takes the value writes it."""

    members: Sequence[Simple]

    @property
    def name(self) -> str:
        """What a person calls the type."""
        return " or ".join(member.name for member in self.members)

    def write(self, value: Any) -> str:
        """The value in the first member type that takes it."""
        for member in self.members:
            try:
                return member.write(value)
            except ValueError:
                continue
        raise ValueError(f"{shown(plain(value))} is not valid as {self.name}")


def plain(value: Any) -> str:
    """A scalar as text: decimals as posted and without exponent, true/false, ISO dates. Raises ValueError."""
    if isinstance(value, (date, time)):
        return value.isoformat().replace("+00:00", "Z")
    try:
        return plain_text(value)
    except RenderError as error:
        raise ValueError(str(error)) from None


def xml_text(text: str) -> tuple[str, int]:
    """The text without the characters that XML 1.0 forbids, and how many those were."""
    return _FORBIDDEN.subn("", text)


def shown(text: str) -> str:
    """A value as an error may quote it: short, and with the sign by which half a secret is known."""
    return repr(text if len(text) <= 60 else f"{text[:59]}…")


_DIGITS = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_ZONE = r"(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
_YEAR = r"-?(?:[1-9][0-9]{4,}|[0-9]{4})"
_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_GAP = r"[ \t\n\r]*"
_B64 = rf"[A-Za-z0-9+/]{_GAP}"
_WHOLE = re.compile("[+-]?[0-9]+")
_FLOAT = re.compile(rf"{_DIGITS}(?:[eE][+-]?[0-9]+)?|-?INF|NaN")

_RANGES: Mapping[str, tuple[int | None, int | None]] = {
    "integer": (None, None),
    "nonPositiveInteger": (None, 0),
    "negativeInteger": (None, -1),
    "nonNegativeInteger": (0, None),
    "positiveInteger": (1, None),
    "long": (-(2**63), 2**63 - 1),
    "int": (-(2**31), 2**31 - 1),
    "short": (-(2**15), 2**15 - 1),
    "byte": (-(2**7), 2**7 - 1),
    "unsignedLong": (0, 2**64 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "unsignedShort": (0, 2**16 - 1),
    "unsignedByte": (0, 2**8 - 1),
}
_SHAPES: Mapping[str, tuple[str, str]] = {
    "boolean": ("true|false|1|0", "true or false"),
    "decimal": (_DIGITS, "a number such as 12.75"),
    "dateTime": (f"{_YEAR}-{_MONTH}-{_DAY}T{_TIME}{_ZONE}", "a moment such as 2026-11-23T09:15:00Z"),
    "date": (f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}", "a day such as 2026-11-23"),
    "time": (_TIME + _ZONE, "a time such as 09:15:00"),
    "duration": (
        r"-?P(?=[0-9T])(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
        r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?)?",
        "a duration such as P7D",
    ),
    "gYear": (_YEAR + _ZONE, "a year such as 2026"),
    "gYearMonth": (f"{_YEAR}-{_MONTH}{_ZONE}", "a month such as 2026-11"),
    "gMonth": (f"--{_MONTH}{_ZONE}", "a month such as --11"),
    "gMonthDay": (f"--{_MONTH}-{_DAY}{_ZONE}", "a day such as --11-23"),
    "gDay": (f"---{_DAY}{_ZONE}", "a day such as ---23"),
    "hexBinary": ("(?:[0-9a-fA-F]{2})*", "hexadecimal digits, two for each byte"),
    "base64Binary": (
        rf"(?:(?:{_B64}){{4}})*(?:{_B64}[AQgw]{_GAP}={_GAP}=|(?:{_B64}){{2}}[AEIMQUYcgkosw048]{_GAP}=)?",
        "base64 text; the filter `base64` makes it",
    ),
}


def _range(low: int | None, high: int | None) -> str:
    if low is None and high is None:
        return "a whole number"
    if high is None:
        return f"a whole number from {low}"
    return f"a whole number up to {high}" if low is None else f"a whole number from {low} to {high}"


TYPES: Mapping[str, Typed] = {
    **{name: Typed(name, _WHOLE, _range(*ends), *ends) for name, ends in _RANGES.items()},
    **{name: Typed(name, re.compile(shape), example) for name, (shape, example) in _SHAPES.items()},
    **{name: Typed(name, _FLOAT, "a number such as 12.75") for name in ("float", "double")},
}
# Built-in types that take any text.
TEXTS = (
    "string",
    "normalizedString",
    "token",
    "language",
    "Name",
    "NCName",
    "NMTOKEN",
    "ID",
    "anyURI",
    "QName",
)


def is_trial(value: Any) -> bool:
    """Whether a value is, or holds, one that is not known: see Sample."""
    if isinstance(value, dict | list):
        return any(map(is_trial, value.values() if isinstance(value, dict) else value))
    return isinstance(value, Sample)


def simple(name: str) -> Simple:
    """A built-in type by its local name; those without a shape of their own take any text."""
    return TYPES.get(name) or Text(name)
