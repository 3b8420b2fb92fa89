"""What the operators say is written down in operators.yaml; here stand the laws that hold beyond it."""

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
    "cell": "x" * 200_000,
    "long": "1-" * 100_000,
}
TABLE = parse(Path(__file__).with_name("operators.yaml").read_bytes(), "operators.yaml").data
ANSWERS = {"yes": (True, False), "no": (False, True), "neither": (False, False)}


def rows() -> Iterator[Any]:
    for name, cases in TABLE.items():
        for case in cases:
            for group in ANSWERS:
                for value in case.get(group, []):
                    shown = f"{case['value']} " if "value" in case else ""
                    yield pytest.param(name, case, value, group, id=f"{name} {shown}· {value!r:.40}: {group}")


def holds(op: str, case: dict[str, Any], value: Any) -> bool:
    rule = {"field": "lead.it", "op": op} | ({"value": case["value"]} if "value" in case else {})
    return Rules.model_validate(rule).root.holds({"lead": {"it": value}, "other": OTHER}, NOW)


@pytest.mark.parametrize(("name", "case", "value", "group"), list(rows()))
def test_table(name: str, case: dict[str, Any], value: Any, group: str) -> None:
    """Each row of operators.yaml holds, for the operator and for its negation."""
    assert ANSWERS[group] == (holds(name, case, value), holds(NEGATIONS[name], case, value))


def test_table_is_complete() -> None:
    """Every operator stands in the table, with a value that it takes, one that it does not, and a blank one."""
    written = {name for name in TABLE for name in (name, NEGATIONS[name])}
    assert written == set(OPERATORS)
    for name, cases in TABLE.items():
        seen = [(group, value) for case in cases for group in ANSWERS for value in case.get(group, [])]
        assert {"yes", "no"} <= {group for group, _ in seen}, name
        assert {"", None} <= {value for _, value in seen if isinstance(value, str | None)}, name


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
VALUES = [
    (name, case) for name, cases in TABLE.items() for case in [*cases, {"value": "{{ other.json }}"}]
    if OPERATORS[name].kind or "value" not in case
    if not (name == "matches pattern" and case["value"] == "{{ other.json }}")
]  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(VALUES), JSON, JSON)
def test_negation(row: tuple[str, dict[str, Any]], value: Any, other: Any) -> None:
    """No JSON makes an operator raise, and it never holds together with its negation."""
    name, case = row
    scope = {"lead": {"it": value}, "other": OTHER | {"json": other}}
    rule = {"field": "lead.it", **({"value": case["value"]} if "value" in case else {})}
    positive = Rules.model_validate(rule | {"op": name}).root
    negative = Rules.model_validate(rule | {"op": NEGATIONS[name]}).root
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
    """A hundred thousand posted numbers that Python hashes alike cost no more than others."""
    alike = [index * (2**61 - 1) for index in range(100_000)]
    rule = Rules.model_validate({"field": "lead.it", "op": "is equal to", "value": "{{ lead.it }}"}).root
    began = process_time()
    assert rule.holds({"lead": {"it": alike}}, NOW)
    assert process_time() - began < 5


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
    ],
)
def test_an_operator_of_another_tongue_is_told_by_its_name_here(written: str, meant: str) -> None:
    """What other tools call an operator is refused with the name that it has here."""
    with pytest.raises(ValueError, match=re.escape(f"{written} is no operator (did you mean {meant!r}?)")):
        operator(written)


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
