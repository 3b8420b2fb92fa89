"""Rule sets: what they say in words, the laws of all, any and not, and what the conf may not write."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway import Park, Pass, Verdict, Veto
from gateway.conf.document import parse
from gateway.conf.faults import validate
from plugins.criteria.rules.tree import MAX_DEPTH, Rules

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
Ask = Callable[..., Awaitable[Verdict]]

TEXAS = {"field": "lead.state", "op": "is equal to", "value": "TX"}
NO_STATE = {"field": "lead.state", "op": "is blank"}
GOOD_REASON = {"field": "feedback.reason", "op": "is included in", "value": ["Wrong number", "Disconnected"]}


async def test_pass(ask: Ask) -> None:
    """An event for which the set holds may go, without a deadline."""
    assert Pass() == await ask(
        "rules", {"all": [TEXAS, GOOD_REASON]}, lead={"state": "tx"}, reason="wrong number"
    )


REASONS = {
    "a rule": (TEXAS, "lead.state is equal to TX: it was CA"),
    "a blank": (GOOD_REASON, "feedback.reason is included in Wrong number, Disconnected: it was blank"),
    "a unary rule": (NO_STATE, "lead.state is blank: it was CA"),
    "all names every rule that failed": (
        {"all": [TEXAS, GOOD_REASON, {"field": "lead.state", "op": "is not blank"}]},
        "lead.state is equal to TX: it was CA; "
        "feedback.reason is included in Wrong number, Disconnected: it was blank",
    ),
    "a bare list": ([TEXAS], "lead.state is equal to TX: it was CA"),
    "any": (
        {"any": [TEXAS, NO_STATE]},
        "none of: lead.state is equal to TX: it was CA; lead.state is blank: it was CA",
    ),
    "not": (
        {"not": {"field": "lead.state", "op": "is equal to", "value": "CA"}},
        "must not hold: lead.state is equal to CA: it was CA",
    ),
    "not any names what held": (
        {"not": {"any": [TEXAS, {"field": "lead.state", "op": "is not blank"}]}},
        "must not hold: lead.state is not blank: it was CA",
    ),
    "not all names what held": (
        {
            "not": [
                {"field": "lead.state", "op": "is not blank"},
                {"field": "lead.age", "op": "is greater than", "value": 40},
            ]
        },
        "must not hold: lead.state is not blank: it was CA; lead.age is greater than 40: it was 41",
    ),
    "not not": ({"not": {"not": TEXAS}}, "must not hold: not: lead.state is equal to TX: it was CA"),
    "not of nothing": ({"not": {"all": []}}, "must not hold: an empty `all`"),
    "brackets keep nested sets apart": (
        {"any": [[TEXAS, NO_STATE], NO_STATE]},
        "none of: (lead.state is equal to TX: it was CA; lead.state is blank: it was CA); lead.state is blank: it was CA",
    ),
    "a template as value": (
        {"field": "lead.state", "op": "is equal to", "value": "{{ flow.state }}"},
        "lead.state is equal to {{ flow.state }} (NY): it was CA",
    ),
    "a template as field": (
        {"field": "{{ lead.state | lower }}", "op": "is equal to", "value": "tx"},
        "{{ lead.state | lower }} is equal to tx: it was ca",
    ),
    "a value that the operator cannot read": (
        {"field": "lead.state", "op": "is less than", "value": 18},
        "lead.state is less than 18: it was CA",
    ),
    "a list and an object": (
        [{"field": "lead.tags", "op": "includes", "value": "x"}, {"field": "flow", "op": "is blank"}],
        "lead.tags includes x: it was a, b; flow is blank: it was an object",
    ),
    "a long value is cut, and kept on one line": (
        {"field": "lead.long", "op": "is blank"},
        f"lead.long is blank: it was a b {'x' * 195}…",
    ),
    "its own reason": (TEXAS | {"reason": "Texas only, not {{ lead.state }}"}, "Texas only, not CA"),
    "its own reason in a set": (
        {"all": [TEXAS | {"reason": "Texas only"}, NO_STATE]},
        "Texas only; lead.state is blank: it was CA",
    ),
    "a set's own reason": (
        {"any": [TEXAS | {"reason": "Texas only"}], "reason": "wrong state"},
        "wrong state",
    ),
    "not's own reason": ({"not": {"not": TEXAS}, "reason": "wrong state"}, "wrong state"),
    "a reason that says nothing": (
        TEXAS | {"reason": "{{ lead.nothing }}"},
        "lead.state is equal to TX: it was CA",
    ),
    "a reason that cannot be rendered": (
        TEXAS | {"reason": "{{ lead.nothing | required }}"},
        "lead.state is equal to TX: it was CA",
    ),
}


@pytest.mark.parametrize(("conf", "reason"), REASONS.values(), ids=REASONS.keys())
async def test_reason(ask: Ask, conf: Any, reason: str) -> None:
    """A veto names what failed in words, with the value it saw; a `reason` of the conf replaces that."""
    lead = {"state": "CA", "age": 41, "tags": ["a", "b"], "long": "a\n b " + "x" * 1000}
    assert Veto(reason) == await ask("rules", conf, lead=lead, flow={"state": "NY"})


async def test_required_parks(ask: Ask) -> None:
    """A rule whose own template demands a value that is blank leaves the event to a person."""
    conf = {"field": "{{ lead.state | required }}", "op": "is equal to", "value": "TX"}
    assert Park("the rules cannot be asked: lead.state is required, and is blank") == await ask(
        "rules", conf, lead={}
    )


NAMES = ("a", "b", "c")
RULES = st.sampled_from(NAMES).map(lambda name: {"field": f"lead.{name}", "op": "is true"})
SETS = st.recursive(
    RULES | st.just({"all": []}),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(lambda rules: {"all": rules}),
        st.lists(inner, min_size=1, max_size=4).map(lambda rules: {"any": rules}),
        inner.map(lambda rule: {"not": rule}),
    ),
    max_leaves=12,
)
LEADS = st.fixed_dictionaries({name: st.booleans() for name in NAMES})


def holds(conf: Any, lead: dict[str, Any]) -> bool:
    return Rules.model_validate(conf).root.holds({"lead": lead}, NOW)


def expected(conf: Any, lead: dict[str, Any]) -> bool:
    """What a set means, said once more without the code under test."""
    if isinstance(conf, list):
        return all(expected(rule, lead) for rule in conf)
    if "not" in conf:
        return not expected(conf["not"], lead)
    if "any" in conf:
        return any(expected(rule, lead) for rule in conf["any"])
    return expected(conf["all"], lead) if "all" in conf else lead[conf["field"][-1]]


@settings(deadline=None)
@given(SETS, LEADS)
def test_sets_mean_what_they_say(conf: Any, lead: dict[str, Any]) -> None:
    """all, any, not and bare lists nest to any depth and mean what logic says; an empty all holds."""
    assert expected(conf, lead) is holds(conf, lead)


@settings(deadline=None)
@given(st.lists(SETS, min_size=1, max_size=4), LEADS)
def test_de_morgan(sets: list[Any], lead: dict[str, Any]) -> None:
    """Not all of them is any of their opposites, and not any of them is all of their opposites."""
    opposites = [{"not": one} for one in sets]
    assert holds({"not": {"all": sets}}, lead) is holds({"any": opposites}, lead)
    assert holds({"not": {"any": sets}}, lead) is holds({"all": opposites}, lead)


FAULTS: dict[str, tuple[Any, tuple[str | int, ...], str]] = {
    "operator_with_a_typo": (
        {"all": [TEXAS, {"field": "lead.state", "op": "is equl to", "value": "TX"}]},
        ("all", 1, "op"),
        "is equl to is no operator (did you mean 'is equal to'?)",
    ),
    "operator_in_capitals": (
        {"field": "lead.state", "op": "Is Blank"},
        ("op",),
        "Is Blank is no operator (did you mean 'is blank'?)",
    ),
    "key_of_a_rule_with_a_typo": (
        [TEXAS, {"not": {"feild": "lead.state", "op": "is blank"}}],
        (1, "not", "feild"),
        "unknown key (did you mean 'field'?)",
    ),
    "key_of_a_set_with_a_typo": ({"al": [TEXAS]}, ("al",), "unknown key (did you mean 'all'?)"),
    "key_beside_a_set": (
        {"any": [TEXAS], "field": "lead.state"},
        ("field",),
        "unknown key (there is: reason, any)",
    ),
    "two_sets_in_one": ({"all": [], "any": [TEXAS]}, (), "all and any stand in one set (nest one in the other)"),
    "empty_any": ({"all": [{"any": []}]}, ("all", 0, "any"), "an empty `any` can never hold (write at least one rule)"),
    "empty_rule": ({"not": {}}, ("not",), "the rule is empty (write {field: lead.state, op: is blank}, or all, any, not)"),
    "rule_as_text": (
        ["lead.state is blank"],
        (0,),
        "lead.state is blank is not a rule (write {field: lead.state, op: is blank}, or all, any, not)",
    ),
    "rule_without_dash": (
        {"all": TEXAS},
        ("all",),
        "a list of rules belongs here (write each rule behind a dash)",
    ),
    "rule_without_operator": ({"field": "lead.state"}, ("op",), "Field required"),
    "field_that_is_no_path": (
        {"field": "lead.first-name", "op": "is blank"},
        ("field",),
        "'lead.first-name' is not a variable path (write one such as lead.state, or a template: "
        "\"{{ lead['first-name'] }}\")",
    ),
    "value_missing": (
        {"field": "lead.state", "op": "is equal to"},
        ("value",),
        "`is equal to` needs a value (write text, a number, true, false or a list; for none at all there is `is blank`)",
    ),
    "value_too_many": ({"field": "lead.state", "op": "is blank", "value": "TX"}, ("value",), "`is blank` takes no value (leave it out)"),
    "value_object": (
        TEXAS | {"value": {"a": 1}},
        ("value",),
        "an object cannot be compared (write text, a number, true, false or a list)",
    ),
    "value_without_order": (
        {"field": "lead.age", "op": "is less than", "value": "young"},
        ("value",),
        "'young' has no order (write a number, a date like 2026-11-20, or a time like 08:30)",
    ),
    "range_of_one": (
        {"field": "lead.age", "op": "is between", "value": 18},
        ("value",),
        "'18' is not a range (write 18-65, 18 to 65, 10+, two dates, or a list of two)",
    ),
    "range_of_three": (
        {"field": "lead.age", "op": "is between", "value": [1, 2, 3]},
        ("value",),
        "'1, 2, 3' is not a range (write 18-65, 18 to 65, 10+, two dates, or a list of two)",
    ),
    "range_of_two_kinds": (
        {"field": "lead.age", "op": "is between", "value": "18 to 2026-01-01"},
        ("value",),
        "'18 to 2026-01-01' is not a range (write 18-65, 18 to 65, 10+, two dates, or a list of two)",
    ),
    "range_backwards": (
        {"field": "lead.age", "op": "is not between", "value": "22:00-06:00"},
        ("value",),
        "'22:00-06:00' runs backwards (write the lower end first; join two ranges with any)",
    ),
    "list_empty": (
        {"field": "lead.state", "op": "is included in", "value": []},
        ("value",),
        "`is included in` needs a value (write a list, or text with commas)",
    ),
    "list_of_lists": (
        {"field": "lead.state", "op": "is included in", "value": [["TX"]]},
        ("value",),
        "a list of lists or objects cannot be compared (write a list of texts or numbers)",
    ),
    "includes_a_list": (
        {"field": "lead.tags", "op": "includes", "value": ["a", "b"]},
        ("value",),
        "a, b is not one value (write one text or number; join rules with all or any)",
    ),
    "span_without_words": (
        {"field": "lead.born", "op": "is within the last", "value": "7 lunes"},
        ("value",),
        "'7 lunes' is not a span of time (write 36 hours, 7 days, 3 months or 18 years)",
    ),
    "pattern_bare": (
        {"field": "lead.phone", "op": "matches pattern", "value": "^512"},
        ("value",),
        "'^512' reads like a regular expression (write /^512/)",
    ),
    "pattern_without_end": (
        {"field": "lead.phone", "op": "matches pattern", "value": "/512*"},
        ("value",),
        "the pattern /512* has no second slash (write /regex/flags)",
    ),
    "pattern_template": (
        {"field": "lead.phone", "op": "matches pattern", "value": "{{ flow.pattern }}"},
        ("value",),
        "the value of `matches pattern` cannot be a template (write /regex/flags, or a glob such as 512*)",
    ),
    "pattern_list": (
        {"field": "lead.phone", "op": "matches pattern", "value": ["512*"]},
        ("value",),
        "512* is not a pattern (write /regex/flags, or a glob such as 512*)",
    ),
}  # fmt: skip


def faults(conf: Any) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(ValidationError) as caught:
        Rules.model_validate(conf, context={"tables": {}})
    return [(fault["loc"], fault["msg"].removeprefix("Value error, ")) for fault in caught.value.errors()]


@pytest.mark.parametrize(("conf", "place", "text"), FAULTS.values(), ids=FAULTS.keys())
def test_fault(conf: Any, place: tuple[str | int, ...], text: str) -> None:
    """One mistake is one sentence, at the key that holds it."""
    assert [(place, text)] == faults(conf)


def test_look_ahead_is_named() -> None:
    """What the linear-time engine refuses is a fault that names the construct."""
    [(place, text)] = faults([{"field": "lead.phone", "op": "matches pattern", "value": "/5(?=1)/"}])
    assert place == (0, "value")
    assert "look-ahead" in text


def test_templates_are_checked() -> None:
    """Every template of a rule is compiled at load, also inside a list, and each fault has its place."""
    nope = "{{ lead.state | nope }}"
    rule = {"field": nope, "op": "is included in", "value": ["TX", nope], "reason": nope}
    assert {("field",), ("value", 1), ("reason",)} == {place for place, _ in faults(rule)}


def test_every_fault_at_once() -> None:
    """Faults in different rules are all named."""
    conf = {
        "any": [
            {"field": "a", "op": "is"},
            {"not": {"any": []}},
            [{"field": "a", "op": "is between", "value": "x"}],
        ]
    }
    assert [place for place, _ in faults(conf)] == [
        ("any", 0, "op"),
        ("any", 1, "not", "any"),
        ("any", 2, 0, "value"),
    ]


def test_depth_is_bounded() -> None:
    """64 levels are taken, one more is a fault at the level that is too deep."""
    conf: Any = NO_STATE
    for _ in range(MAX_DEPTH - 1):
        conf = {"not": conf}
    assert holds(conf, {"state": "TX"}) is True
    text = f"the rules are nested deeper than {MAX_DEPTH} levels (join some of them)"
    assert [(("not",) * MAX_DEPTH, text)] == faults({"not": conf})


def test_line_and_column() -> None:
    """In a conf file a fault is told where it stands, also in a bare list inside a set."""
    file = b"""
rules:
  any:
    - - {field: lead.state, op: is blank}
      - field: lead.age
        op: is betwen
        value: 18-65
"""
    document, told = parse(file, "acme.yaml"), []
    data = document.data["rules"]
    validate(
        Rules,
        data,
        ("rules",),
        lambda path, text, key: told.append(document.problem(path, text, key=key)),
        {},
    )
    assert list(map(str, told)) == [
        "acme.yaml:6:13: rules.any.0.1.op: is betwen is no operator (did you mean 'is between'?)"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "conf", [TEXAS, [], [TEXAS, [NO_STATE]], {"all": [{"not": {"any": [TEXAS]}, "reason": "x"}]}]
)
def test_schema_takes(conf: Any) -> None:
    """The JSON Schema takes every form that the conf takes."""
    jsonschema.Draft202012Validator(Rules.model_json_schema()).validate(conf)
    Rules.model_validate(conf)


@pytest.mark.parametrize(
    "name", ["operator_with_a_typo", "key_of_a_rule_with_a_typo", "rule_as_text", "rule_without_dash"]
)
def test_schema_refuses(name: str) -> None:
    """The JSON Schema, and so the editor, refuses an unknown operator, an unknown key and the wrong form."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(Rules.model_json_schema()).validate(FAULTS[name][0])
