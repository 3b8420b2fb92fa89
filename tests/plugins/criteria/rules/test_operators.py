"""What the operators say is written down in tests/golden/rules; here stand the laws that hold beyond it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.conf.document import parse
from plugins.criteria.rules import operators, reading
from plugins.criteria.rules.operators import NEGATIONS, OPERATORS, operator
from plugins.criteria.rules.tree import Rules

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
OTHER = {
    "state": "TX",
    "states": ["TX", "CA"],
    "count": 5,
    "range": "1-5",
    "blank": " ",
    "object": {"a": 1},
    "country": "DE",
    "day": "11/20/2026",
    "cell": "x" * 200_000,
    "long": "1-" * 100_000,
    "many": list(range(reading.MOST + 1)),
    "cells": "a," * reading.MOST,
}
TABLE = {
    path.stem.replace("_", " "): parse(path.read_bytes(), path.name).data
    for path in sorted((Path(__file__).parents[3] / "golden" / "rules").glob("*.yaml"))
}
KEYS = ("as", "country", "format", "value")
ANSWERS = {"yes": (True, False), "no": (False, True), "neither": (False, False)}


def rows() -> Iterator[Any]:
    for name, cases in TABLE.items():
        for case in cases:
            for group in ANSWERS:
                for value in case.get(group, []):
                    shown = " ".join(str(case[key]) for key in KEYS if key in case)
                    yield pytest.param(
                        name, case, value, group, id=f"{name} {shown} · {value!r:.40}: {group}"
                    )


def rule_of(op: str, case: dict[str, Any]) -> Any:
    rule = {"field": "lead.it", "op": op} | {key: case[key] for key in KEYS if key in case}
    return Rules.model_validate(rule).root


def holds(op: str, case: dict[str, Any], value: Any) -> bool:
    return rule_of(op, case).holds({"lead": {"it": value}, "other": OTHER}, NOW)


@pytest.mark.parametrize(("name", "case", "value", "group"), list(rows()))
def test_table(name: str, case: dict[str, Any], value: Any, group: str) -> None:
    """Each row of the operator's file holds, for the operator and for its negation."""
    assert ANSWERS[group] == (holds(name, case, value), holds(NEGATIONS[name], case, value))


def test_table_is_complete() -> None:
    """Every operator has its file, and all files together at least 500 rows, each asked of both negations."""
    assert {name for positive in TABLE for name in (positive, NEGATIONS[positive])} == set(OPERATORS)
    assert len(list(rows())) >= 500


KINDS = {
    "text": lambda value: isinstance(value, str) and value.strip() and not value[0].isdigit(),
    "a whole number": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "a number with decimals": lambda value: isinstance(value, Decimal),
    "a boolean": lambda value: isinstance(value, bool),
    "a date": lambda value: isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value),
    "a list": lambda value: isinstance(value, list) and value,
    "an object": lambda value: isinstance(value, dict) and value,
    "null": lambda value: value is None,
    "empty text": lambda value: value == "",
    "white space": lambda value: isinstance(value, str) and value and not value.strip(),
    "an empty list": lambda value: value == [],
    "an empty object": lambda value: value == {},
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_file_has_every_kind_of_value(name: str) -> None:
    """Type by type and blank by blank: each operator's file says what it makes of every kind of value."""
    values = [value for case in TABLE[name] for group in ANSWERS for value in case.get(group, [])]
    assert [kind for kind, fits in KINDS.items() if not any(fits(value) for value in values)] == []


def test_missing_is_blank() -> None:
    """A field that the event does not have is blank, at any depth."""
    for field in ("lead.nothing", "nothing.at.all", "lead.it.deeper", "lead.it.0"):
        rule = Rules.model_validate({"field": field, "op": "is blank"}).root
        assert rule.holds({"lead": {"it": "x"}}, NOW)


@pytest.mark.parametrize(
    ("now", "span", "first"),
    [
        ("2024-02-29", "1 year", "2023-02-28"),
        ("2024-02-29", "4 years", "2020-02-29"),
        ("2026-03-31", "1 month", "2026-02-28"),
        ("2026-01-31", "2 months", "2025-11-30"),
    ],
)
def test_months_end(now: str, span: str, first: str) -> None:
    """Months and years are those of the calendar; where the day does not exist it is the month's last."""
    rule = Rules.model_validate({"field": "day", "op": "is within the last", "value": span}).root
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    before = (date.fromisoformat(first) - timedelta(days=1)).isoformat()
    assert (rule.holds({"day": first}, moment), rule.holds({"day": before}, moment)) == (True, False)


NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.just(Decimal("1E+1000"))
TEXTS = st.text() | st.from_regex(
    r"[-+$]?[0-9,]{1,9}(\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]+Z)?|[0-9:]{5}"
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
TEMPLATED = [
    (name, {"value": "{{ other.json }}"})
    for name in TABLE
    if OPERATORS[name].kind and OPERATORS[name].kind.template and name != "format is valid"
]
VALUES = [*((name, case) for name, cases in TABLE.items() for case in cases), *TEMPLATED]


@settings(deadline=None)
@given(st.sampled_from(VALUES), JSON, JSON)
def test_negation(row: tuple[str, dict[str, Any]], value: Any, other: Any) -> None:
    """No JSON makes an operator raise, and it never holds together with its negation."""
    name, case = row
    scope = {"lead": {"it": value}, "other": OTHER | {"json": other}}
    positive, negative = rule_of(name, case), rule_of(NEGATIONS[name], case)
    assert not (positive.holds(scope, NOW) and negative.holds(scope, NOW))
    assert positive.objection(scope, NOW)
    assert negative.objection(scope, NOW)


@settings(deadline=None)
@given(JSON)
def test_equal_to_itself(value: Any) -> None:
    """Every value but an object is equal to itself, and to what JSON writes in its place."""
    scope = {"lead": {"it": value, "same": value}}
    rule = {"field": "lead.it", "op": "is equal to", "value": "{{ lead.same }}"}
    assert Rules.model_validate(rule).root.holds(scope, NOW) is not (isinstance(value, dict) and bool(value))


def compared(left: Any, right: Any) -> dict[str, bool]:
    scope = {"lead": {"one": left, "other": right}}
    rule = {"field": "lead.one", "value": "{{ lead.other }}"}
    return {
        op: Rules.model_validate(rule | {"op": op}).root.holds(scope, NOW) for op in OPERATORS if "than" in op
    }


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_numbers_are_exact(left: int | Decimal, right: int | Decimal) -> None:
    """Numbers of any size are compared exactly."""
    said = compared(left, right)
    assert (left < right, left > right) == (said["is less than"], said["is greater than"])
    assert (left <= right, left >= right) == (
        said["is less than or equal to"],
        said["is greater than or equal to"],
    )


@settings(deadline=None)
@given(NUMBERS | TEXTS, NUMBERS | TEXTS)
def test_order_is_an_order(left: Any, right: Any) -> None:
    """Comparing the other way round says the opposite, and where nothing can be compared nothing holds."""
    said, turned = compared(left, right), compared(right, left)
    assert said["is less than"] is turned["is greater than"]
    assert said["is less than or equal to"] is turned["is greater than or equal to"]
    assert not (said["is less than"] and said["is greater than"])
    readable = said["is less than or equal to"] or said["is greater than or equal to"]
    assert (readable and not said["is greater than"]) is said["is less than or equal to"]


def test_no_list_is_slow() -> None:
    """A thousand posted numbers that Python hashes alike cost no more than others; more than that are too many."""
    alike = [index * (2**61 - 1) for index in range(reading.MOST + 1)]
    rule = Rules.model_validate({"field": "lead.it", "op": "is equal to", "value": "{{ lead.it }}"}).root
    began = process_time()
    assert rule.holds({"lead": {"it": alike[1:]}}, NOW)
    assert process_time() - began < 0.2
    assert not rule.holds({"lead": {"it": alike}}, NOW)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("equals", "is equal to"),
        ("==", "is equal to"),
        ("!=", "is not equal to"),
        (">", "is greater than"),
        ("<=", "is less than or equal to"),
        ("in", "is included in"),
        ("NOT_IN", "is not included in"),
        ("contains", "includes"),
        ("empty", "is blank"),
        ("regex", "matches pattern"),
        ("is at least", "is greater than or equal to"),
        ("is at most", "is less than or equal to"),
        ("is more than", "is greater than"),
        ("is fewer than", "is less than"),
        ("is one of", "is included in"),
        ("is empty", "is blank"),
        ("is valid", "format is valid"),
    ],
)
def test_an_operator_of_another_tongue_is_told_by_its_name_here(written: str, meant: str) -> None:
    """What other tools call an operator is refused with the name that it has here."""
    with pytest.raises(ValueError, match=re.escape(f"{written} is no operator (did you mean {meant!r}?)")):
        operator(written)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("is email", "format is valid, as: email"),
        ("is a valid phone number", "format is valid, as: phone"),
        ("is not a valid zip code", "format is invalid, as: postal_code"),
        ("Is an invalid URL", "format is invalid, as: url"),
        ("is postal_code", "format is valid, as: postal_code"),
        ("is numeric", "format is valid, as: number"),
    ],
)
def test_a_format_for_an_operator_is_told_how_it_is_asked_for(written: str, meant: str) -> None:
    """Who asks whether something is an email is told both keys that ask it here."""
    with pytest.raises(ValueError, match=re.escape(f"{written} is no operator (write op: {meant})")):
        operator(written)


DEMANDS = {
    "is equal to": "must be equal to",
    "is not equal to": "must not be equal to",
    "is less than": "must be less than",
    "is greater than or equal to": "must be greater than or equal to",
    "is greater than": "must be greater than",
    "is less than or equal to": "must be less than or equal to",
    "is between": "must be between",
    "is not between": "must not be between",
    "is included in": "must be included in",
    "is not included in": "must not be included in",
    "includes": "must include",
    "does not include": "must not include",
    "matches pattern": "must match pattern",
    "does not match pattern": "must not match pattern",
    "is blank": "must be blank",
    "is not blank": "must not be blank",
    "is true": "must be true",
    "is not true": "must not be true",
    "is false": "must be false",
    "is not false": "must not be false",
    "format is valid": "must be a valid",
    "format is invalid": "must not be a valid",
    "is within the last": "must be within the last",
    "is not within the last": "must not be within the last",
    "is within the next": "must be within the next",
    "is not within the next": "must not be within the next",
}


def contrary(demand: str) -> str:
    return demand.replace("must not", "must") if "must not" in demand else demand.replace("must", "must not")


@pytest.mark.parametrize("name", OPERATORS)
def test_a_demand_and_its_contrary(name: str) -> None:
    """A veto says of every operator what must be, and under a `not` what must not."""
    asked = OPERATORS[name]
    assert asked.demand(wanted=True) == DEMANDS[name]
    assert asked.demand(wanted=False) == contrary(DEMANDS[name])


def test_every_synonym_means_an_operator() -> None:
    """No synonym suggests what does not exist, or hides an operator's own name."""
    assert set(operators._SYNONYMS.values()) <= set(OPERATORS)
    assert not set(operators._SYNONYMS) & set(OPERATORS)


@pytest.mark.parametrize(
    ("short", "words"), [("7d", "7 days"), ("36h", "36 hours"), ("5 m", "5 minutes"), ("2W", "2 weeks")]
)
def test_a_span_may_be_written_as_a_duration(short: str, words: str) -> None:
    """The letters of durations are the same units as the words."""
    assert reading.as_span(short) == reading.as_span(words)
