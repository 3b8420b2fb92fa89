"""Nothing that can be posted makes a rule raise, or keeps the daemon busy."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from time import process_time
from typing import Any

import pytest

from plugins.criteria.rules import forms
from plugins.criteria.rules.operators import NEGATIONS, OPERATORS
from plugins.criteria.rules.tree import Rules

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
KIB_256 = 256 * 1024
MOST = 0.5  # seconds of one rule and its story, on a busy machine; usual are 0 to 0.05


def nested(value: Any, levels: int) -> Any:
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


HOSTILE = {
    "a long text": "x" * KIB_256,
    "a long number": "9" * KIB_256,
    "a long amount": "$" + ",".join(["999"] * (KIB_256 // 4)),
    "long white space": " " * KIB_256,
    "a sign and white space": "-" + " " * KIB_256 + "x",
    "dashes": "1-" * (KIB_256 // 2),
    "commas": "," * KIB_256,
    "quotes": '"' * KIB_256,
    "a long address": "a" * 100_000 + "@" + "b." * 50_000 + "com",
    "a long URL": "https://" + "a." * 100_000 + "com/" + "%" * 50_000,
    "an address of colons": ":" * KIB_256,
    "a date and more": "2026-11-20T10:00:00" + "0" * KIB_256,
    "combining marks": "e" + "\u0301" * (KIB_256 // 2),
    "emoji": "\U0001f600" * (KIB_256 // 4),
    "a lone surrogate": "\ud800" * 1000,
    "a NUL": "\x00" * 1000,
    "a huge number": Decimal("12e999999"),
    "a tiny number": Decimal("12e-999999"),
    "huge numbers": [Decimal(f"{index}e999999") for index in range(1000)],
    "a huge integer": 10**10_000,
    "minus zero": Decimal("-0"),
    "a long list": list(range(100_000)),
    "a long list of texts": [f"text {index}" for index in range(50_000)],
    "a list of one hash": [index * (2**61 - 1) for index in range(100_000)],
    "a large object": {f"key {index}": index for index in range(50_000)},
    "a deep tree": nested("x", 64),
    "a broad tree": [nested(index, 6) for index in range(3000)],
}
VALUES = {
    "is less than": 18,
    "is greater than": 18,
    "is within the last": "7 days",
    "is within the next": "7 days",
}


def confs(op: str) -> Iterator[dict[str, Any]]:
    """Rules with that operator, with each of the keys that it takes."""
    rule, kind = {"field": "lead.it", "op": op}, OPERATORS[op].kind
    if op == "format is valid":
        yield from (rule | {"as": name} for name in forms.NAMES)
        yield rule | {"as": "date", "format": "d MMMM yyyy HH:mm"}
        yield rule | {"as": "phone", "country": "{{ lead.it }}"}
    elif kind is None:
        yield rule
    else:
        value = VALUES.get(op, "18-65")
        yield rule | {"value": value}
        yield from [rule | {"value": "{{ lead.it }}"}] if kind.template else []
        yield from [rule | {"value": value, "format": "d MMMM yyyy HH:mm"}] if kind.dated else []


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_value_raises_or_takes_long(value: Any) -> None:
    """Every operator, with each of its keys, answers and tells its story, soon and in few words."""
    scope = {"lead": {"it": value}}
    for conf in (conf for op in NEGATIONS for conf in confs(op)):
        rule = Rules.model_validate(conf).root
        began = process_time()
        assert rule.holds(scope, NOW) in (True, False)
        story = rule.objection(scope, NOW)
        assert process_time() - began < MOST, conf
        assert len(story) < 1000


def test_a_pattern_of_any_kind_is_linear() -> None:
    """A pattern that would backtrack for years elsewhere takes its 256 KiB in a moment."""
    rule = Rules.model_validate({"field": "lead.it", "op": "matches pattern", "value": "/^(a+)+$/"}).root
    glob = Rules.model_validate({"field": "lead.it", "op": "matches pattern", "value": "*a*a*a*a*b"}).root
    began = process_time()
    assert not rule.holds({"lead": {"it": "a" * KIB_256 + "!"}}, NOW)
    assert not glob.holds({"lead": {"it": "a" * KIB_256}}, NOW)
    assert process_time() - began < MOST


def seconds(work: Callable[[], object]) -> float:
    """Of CPU; the least of three times, since a collection of garbage may fall into one."""
    taken = []
    for _ in range(3):
        began = process_time()
        work()
        taken.append(process_time() - began)
    return min(taken)


OBJECT = {f"k{index}": {} for index in range(10_500)}
LIST = list(range(100_000))


@pytest.mark.parametrize("op", ["is equal to", "is included in", "includes", "is true", "is false"])
@pytest.mark.parametrize(
    "value", [OBJECT, LIST, [OBJECT], [LIST]], ids=["object", "list", "in one", "of lists"]
)
def test_many_rules_about_a_large_value_are_soon_asked(op: str, value: Any) -> None:
    """Fifty rules, their story and what they saw; a list or an object is no text, and that is seen at once."""
    rule = {"field": "lead.it", "op": op}
    asking = OPERATORS[op].kind is not None
    rules = [rule | ({"value": f"state {index}"} if asking else {}) for index in range(50)]
    root = Rules.model_validate({"any": rules}).root
    scope = {"lead": {"it": value}}

    def asked() -> None:
        assert not root.holds(scope, NOW)
        assert root.culprit(scope, NOW) is root
        assert len(root.objection(scope, NOW)) < 5000

    assert seconds(asked) < 0.2


@pytest.mark.parametrize(
    ("op", "negation", "wanted", "value"),
    [
        ("is equal to", "is not equal to", LIST, LIST),
        ("includes", "does not include", 7, LIST),
        ("matches pattern", "does not match pattern", "/a[ab]{900}c/", "ab" * 125_000),
    ],
)
def test_what_is_too_large_decides_nothing(op: str, negation: str, wanted: Any, value: Any) -> None:
    """Neither the operator nor its negation holds, and the reason says why; both soon."""
    for name in (op, negation):
        rule = Rules.model_validate({"field": "lead.it", "op": name, "value": wanted}).root
        assert not rule.holds({"lead": {"it": value}}, NOW)
        assert rule.objection({"lead": {"it": value}}, NOW).endswith(", which is too large to be compared")
        assert seconds(partial(rule.holds, {"lead": {"it": value}}, NOW)) < 0.02


def test_how_large_a_list_may_be() -> None:
    """A thousand values, those within its lists and objects among them."""
    most = list(range(1000))
    rule = Rules.model_validate({"field": "lead.it", "op": "is equal to", "value": most}).root
    assert rule.holds({"lead": {"it": most}}, NOW)
    assert rule.answer({"lead": {"it": [*most, 0]}}, NOW) is None
    assert rule.answer({"lead": {"it": [{"a": most}]}}, NOW) is None


@pytest.mark.parametrize("wanted", ["512*", "/(wrong|bad) number$/", "/.*fake.*/s", "/[0-9]{3}-[0-9]{4}/"])
def test_an_ordinary_pattern_is_asked_of_the_longest_text(wanted: str) -> None:
    """256 KiB, and an answer."""
    rule = Rules.model_validate({"field": "lead.it", "op": "matches pattern", "value": wanted}).root
    assert rule.answer({"lead": {"it": "wrong number 512 " * (KIB_256 // 17)}}, NOW) is not None
