"""The table of operators, by their exact names.

An operator's test answers True, False, or None where it cannot be asked of the value (a blank has no order).
None fails the rule, and its negation too; otherwise a negation holds exactly where its operator does not.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, TypeAlias

from gateway import is_blank
from plugins.criteria.moments import moment
from plugins.criteria.rules import forms, reading
from plugins.criteria.rules.reading import order, quantity
from plugins.criteria.words import nearest, text

Test: TypeAlias = Callable[[Any, Any, datetime], bool | None]

_TRUE = frozenset(map(reading.key, (True, "yes", 1)))
_FALSE = frozenset(map(reading.key, (False, "no", 0)))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a rule's value must be.

    read: makes it ready, or raises ValueError; wants: what to write; template: whether it may be one; dated: whether
    a `format` may say how dates are written, which `read` then takes, too; made: what reads it instead where a template
    made it.
    """

    read: Callable[..., Any]
    wants: str
    template: bool = True
    dated: bool = False
    made: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. test: of the field's value, the ready value, now; kind: None where it takes nothing beside it."""

    name: str
    test: Test
    kind: Kind | None
    negated: bool = False

    @property
    def takes_any(self) -> bool:
        """Whether it can be asked of every value that is not too large."""
        return self.test in (_equal, _includes, _matches)

    def demand(self, wanted: bool) -> str:
        """What must be for the operator to hold, or, where that is not wanted, for it not to."""
        start, must, must_not = next(each for each in _DEMANDS if self.name.startswith(each[0]))
        return (must if wanted else must_not) + self.name.removeprefix(start)


# How a name begins, and how the demand for it does, and for its contrary.
_DEMANDS = (
    ("is not", "must not be", "must be"),
    ("is", "must be", "must not be"),
    ("does not", "must not", "must"),
    ("includes", "must include", "must not include"),
    ("matches", "must match", "must not match"),
    ("format is valid", "must be a valid", "must not be a valid"),
    ("format is invalid", "must not be a valid", "must be a valid"),
)


def _equal(value: Any, ready: Any, _: datetime) -> bool | None:
    if isinstance(value, list) and isinstance(ready, frozenset):
        return None if reading.too_large(value) else bool(reading.key(value) == ready)
    return bool(reading.plain_key(value) == ready)


def _included(value: Any, ready: Any, _: datetime) -> bool:
    members: frozenset[Hashable] = ready
    return reading.plain_key(value) in members


def _includes(value: Any, ready: Any, _: datetime) -> bool | None:
    key, plain = ready
    if key is None:
        return False
    if isinstance(value, list):
        return None if len(value) > reading.MOST else key in map(reading.plain_key, value)
    return plain in (text(value) or "").casefold()


def _ordered(value: Any, ready: Any, _: datetime, *, signs: tuple[int, ...]) -> bool | None:
    found = quantity(value)
    sign = None if found is None else order(found, ready)
    return None if sign is None else sign in signs


def _between(value: Any, ready: Any, _: datetime) -> bool | None:
    found = quantity(value)
    return None if found is None else ready.holds(found)


def _matches(value: Any, ready: Any, _: datetime) -> bool | None:
    plain = text(value)
    if plain is None:
        return False
    return ready.holds(plain) if ready.is_quick(plain) else None


def _blank(value: Any, _ready: Any, _: datetime) -> bool:
    return is_blank(value)


def _true(value: Any, _ready: Any, _: datetime) -> bool:
    return reading.plain_key(value) in _TRUE


def _false(value: Any, _ready: Any, _: datetime) -> bool:
    return reading.plain_key(value) in _FALSE


def _within(value: Any, ready: Any, now: datetime, *, sign: int) -> bool | None:
    found = value if isinstance(value, date) else moment(value)
    if found is None:
        return None
    first, last = sorted((now, ready.shift(now, sign)))
    return order(found, first) in (0, 1) and order(found, last) in (-1, 0)


def _valid(value: Any, ready: Any, _: datetime) -> bool | None:
    return None if is_blank(value) else forms.fits(value, ready)


_SCALAR = Kind(reading.as_key, "text, a number, true, false or a list; for none at all there is `is blank`")
_ELEMENT = Kind(reading.as_element, "one text or number")
_LIST = Kind(reading.as_keys, "a list, or text with commas", made=reading.as_few_keys)
_QUANTITY = Kind(
    reading.as_quantity, "a number, a date such as 2026-11-20, or a time such as 08:30", dated=True
)
_RANGE = Kind(reading.as_range, "18-65, 18 to 65, 10+, two dates, or a list of two", dated=True)
_PATTERN = Kind(reading.as_pattern, "/regex/flags, or a glob such as 512*", template=False)
_SPAN = Kind(reading.as_span, "36 hours, 7 days, 3 months or 18 years", dated=True)
# Takes `as`, and no value.
FORM = Kind(forms.form, f"as: {', '.join(forms.NAMES)}")

_LESS, _GREATER = partial(_ordered, signs=(-1,)), partial(_ordered, signs=(1,))

_TABLE: tuple[tuple[str, str, Test, Kind | None], ...] = (
    ("is equal to", "is not equal to", _equal, _SCALAR),
    ("is less than", "is greater than or equal to", _LESS, _QUANTITY),
    ("is greater than", "is less than or equal to", _GREATER, _QUANTITY),
    ("is between", "is not between", _between, _RANGE),
    ("is included in", "is not included in", _included, _LIST),
    ("includes", "does not include", _includes, _ELEMENT),
    ("matches pattern", "does not match pattern", _matches, _PATTERN),
    ("is blank", "is not blank", _blank, None),
    ("is true", "is not true", _true, None),
    ("is false", "is not false", _false, None),
    ("format is valid", "format is invalid", _valid, FORM),
    ("is within the last", "is not within the last", partial(_within, sign=-1), _SPAN),
    ("is within the next", "is not within the next", partial(_within, sign=1), _SPAN),
)

OPERATORS: Mapping[str, Operator] = {
    operator.name: operator
    for name, negation, test, kind in _TABLE
    for operator in (Operator(name, test, kind), Operator(negation, test, kind, negated=True))
}

# What other tongues call them.
_SYNONYMS: Mapping[str, str] = {
    **dict.fromkeys(("=", "==", "===", "eq", "equal", "equals", "is", "equal to"), "is equal to"),
    **dict.fromkeys(("!=", "<>", "ne", "neq", "not", "not equal", "does not equal"), "is not equal to"),
    **dict.fromkeys((">", "gt", "greater", "more than", "after", "above", "over"), "is greater than"),
    **dict.fromkeys(
        (">=", "gte", "ge", "at least", "not less than", "no less than"), "is greater than or equal to"
    ),
    **dict.fromkeys(("<", "lt", "less", "fewer than", "before", "below", "under"), "is less than"),
    **dict.fromkeys(
        ("<=", "lte", "le", "at most", "not more than", "no more than", "up to"), "is less than or equal to"
    ),
    **dict.fromkeys(("in", "one of", "any of"), "is included in"),
    **dict.fromkeys(("not in", "nin", "none of", "not one of"), "is not included in"),
    **dict.fromkeys(("contains", "contain", "include"), "includes"),
    **dict.fromkeys(("does not contain", "not contains", "excludes"), "does not include"),
    **dict.fromkeys(("matches", "match", "regex", "regexp", "like", "=~", "~"), "matches pattern"),
    **dict.fromkeys(("does not match", "not matches", "!~", "not like"), "does not match pattern"),
    **dict.fromkeys(("valid", "a valid"), "format is valid"),
    **dict.fromkeys(("invalid", "not valid", "format is not valid"), "format is invalid"),
    **dict.fromkeys(("empty", "blank", "null", "missing"), "is blank"),
    **dict.fromkeys(
        ("not empty", "not blank", "not missing", "present", "exists", "not null"), "is not blank"
    ),
    "between": "is between",
    "true": "is true",
    "false": "is false",
}

# How the formats are called besides their names and nouns, and where one is taken for an operator.
_CALLED: Mapping[str, str] = {
    "e-mail": "email",
    "zip": "postal_code",
    "zip code": "postal_code",
    "numeric": "number",
}
_FORMATS: Mapping[str, str] = {
    **{noun.lower(): name for name, noun in forms.NOUNS.items()},
    **{name: name for name in forms.NAMES},
    **_CALLED,
}
_FORMAT = re.compile(
    rf"(?:is )?(?P<not>not )?(?:an? )?(?P<invalid>invalid )?(?:valid )?(?P<form>{'|'.join(_FORMATS)})"
)

NEGATIONS: Mapping[str, str] = {name: negation for name, negation, _, _ in _TABLE}


def operator(name: Any) -> Operator:
    """The operator of that exact name. Raises ValueError with the nearest right one."""
    if isinstance(name, str) and name in OPERATORS:
        return OPERATORS[name]
    word = " ".join(str(name).lower().replace("_", " ").split())
    meant = _SYNONYMS.get(word) or _SYNONYMS.get(word.removeprefix("is "), word)
    right = _as_format(word) or nearest(meant, OPERATORS)
    raise ValueError(f"{name!s:.200} is no operator{right}")


def _as_format(word: str) -> str | None:
    """What to write for `is email`, or `is not a valid phone number`."""
    found = _FORMAT.fullmatch(word)
    if found is None:
        return None
    valid = "invalid" if found["not"] or found["invalid"] else "valid"
    return f" (write op: format is {valid}, as: {_FORMATS[found['form']]})"
