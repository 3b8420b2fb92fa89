"""The table of operators, by their exact names.

An operator's test answers True, False, or None where it cannot be asked of the value (a blank has no order).
None fails the rule, and its negation too; otherwise a negation holds exactly where its operator does not.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, TypeAlias

from gateway import is_blank
from plugins.criteria.moments import moment
from plugins.criteria.rules import reading
from plugins.criteria.rules.reading import order, quantity
from plugins.criteria.words import text

Test: TypeAlias = Callable[[Any, Any, datetime], bool | None]

_TRUE = frozenset(map(reading.key, (True, "yes", 1)))
_FALSE = frozenset(map(reading.key, (False, "no", 0)))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a rule's value must be.

    read: makes it ready, or raises ValueError; wants: what to write; template: whether it may be one.
    """

    read: Callable[[Any], Any]
    wants: str
    template: bool = True


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. test: of the field's value, the ready value, now; kind: None where it takes no value."""

    name: str
    test: Test
    kind: Kind | None
    negated: bool = False

    def holds(self, value: Any, ready: Any, now: datetime) -> bool:
        """Whether a rule with this operator holds."""
        answer = self.test(value, ready, now)
        return answer is not None and answer is not self.negated


def _equal(value: Any, ready: Any, _: datetime) -> bool:
    return bool(reading.key(value) == ready)


def _included(value: Any, ready: Any, _: datetime) -> bool:
    members: frozenset[Hashable] = ready
    return reading.key(value) in members


def _includes(value: Any, ready: Any, _: datetime) -> bool:
    key, plain = ready
    if key is None:
        return False
    if isinstance(value, list):
        return any(reading.key(element) == key for element in value)
    return plain in (text(value) or "").casefold()


def _ordered(value: Any, ready: Any, _: datetime, *, signs: tuple[int, ...]) -> bool | None:
    found = quantity(value)
    sign = None if found is None else order(found, ready)
    return None if sign is None else sign in signs


def _between(value: Any, ready: Any, _: datetime) -> bool | None:
    found = quantity(value)
    return None if found is None else ready.holds(found)


def _matches(value: Any, ready: Any, _: datetime) -> bool:
    plain = text(value)
    return plain is not None and ready.search(plain) is not None


def _blank(value: Any, _ready: Any, _: datetime) -> bool:
    return is_blank(value)


def _true(value: Any, _ready: Any, _: datetime) -> bool:
    return reading.key(value) in _TRUE


def _false(value: Any, _ready: Any, _: datetime) -> bool:
    return reading.key(value) in _FALSE


def _within(value: Any, ready: Any, now: datetime, *, sign: int) -> bool | None:
    found = moment(value)
    if found is None:
        return None
    first, last = sorted((now, ready.shift(now, sign)))
    return order(found, first) in (0, 1) and order(found, last) in (-1, 0)


_SCALAR = Kind(reading.as_key, "text, a number, true, false or a list; for none at all there is `is blank`")
_ELEMENT = Kind(reading.as_element, "one text or number")
_LIST = Kind(reading.as_keys, "a list, or text with commas")
_QUANTITY = Kind(reading.as_quantity, "a number, a date such as 2026-11-20, or a time such as 08:30")
_RANGE = Kind(reading.as_range, "18-65, 18 to 65, 10+, two dates, or a list of two")
_PATTERN = Kind(reading.as_pattern, "/regex/flags, or a glob such as 512*", template=False)
_SPAN = Kind(reading.as_span, "36 hours, 7 days, 3 months or 18 years")

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
    **dict.fromkeys(("!=", "<>", "ne", "neq", "is not", "not equal", "does not equal"), "is not equal to"),
    **dict.fromkeys((">", "gt", "greater", "more than", "after"), "is greater than"),
    **dict.fromkeys((">=", "gte", "ge", "at least"), "is greater than or equal to"),
    **dict.fromkeys(("<", "lt", "less", "before"), "is less than"),
    **dict.fromkeys(("<=", "lte", "le", "at most"), "is less than or equal to"),
    **dict.fromkeys(("in", "is in", "one of", "is one of"), "is included in"),
    **dict.fromkeys(("not in", "nin", "is not in", "none of"), "is not included in"),
    **dict.fromkeys(("contains", "contain", "include"), "includes"),
    **dict.fromkeys(("does not contain", "not contains", "excludes"), "does not include"),
    **dict.fromkeys(("matches", "match", "regex", "regexp", "like", "=~", "~"), "matches pattern"),
    **dict.fromkeys(("does not match", "not matches", "!~", "not like"), "does not match pattern"),
    **dict.fromkeys(("empty", "is empty", "blank", "null", "is null", "missing"), "is blank"),
    **dict.fromkeys(("not empty", "is not empty", "present", "exists", "not null"), "is not blank"),
    "between": "is between",
    "true": "is true",
    "false": "is false",
}

NEGATIONS: Mapping[str, str] = {name: negation for name, negation, _, _ in _TABLE}


def operator(name: Any) -> Operator:
    """The operator of that exact name. Raises ValueError with the nearest right one."""
    if isinstance(name, str) and name in OPERATORS:
        return OPERATORS[name]
    word = " ".join(str(name).lower().replace("_", " ").split())
    near = [_SYNONYMS[word]] if word in _SYNONYMS else get_close_matches(word, OPERATORS, n=1)
    right = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(OPERATORS)}"
    raise ValueError(f"{name!s} is no operator ({right})")
