"""Rule sets: what they say in words, the laws of all, any and not, and what the conf may not write."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway import Finding, Park, Pass, Verdict, Veto
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


TEXAN = "lead.state must be equal to TX: it was 'CA'"
NO_CALIFORNIAN = {"field": "lead.state", "op": "is not equal to", "value": "CA"}
STATED = {"field": "lead.state", "op": "is not blank"}
OLD = {"field": "lead.age", "op": "is greater than", "value": 40}

REASONS = {
    "a rule": (TEXAS, TEXAN),
    "a blank": (GOOD_REASON, "feedback.reason must be included in Wrong number, Disconnected: it was blank"),
    "a unary rule": (NO_STATE, "lead.state must be blank: it was 'CA'"),
    "a number": ({"field": "lead.age", "op": "is less than", "value": 40}, "lead.age must be less than 40: it was 41"),
    "all names every rule that failed": (
        {"all": [TEXAS, GOOD_REASON, STATED]},
        f"{TEXAN}; feedback.reason must be included in Wrong number, Disconnected: it was blank",
    ),
    "a bare list": ([TEXAS], TEXAN),
    "any": ({"any": [TEXAS, NO_STATE]}, f"either {TEXAN}; or lead.state must be blank: it was 'CA'"),
    "any of one": ({"any": [TEXAS]}, TEXAN),
    "not": (
        {"not": {"field": "lead.state", "op": "is equal to", "value": "CA"}},
        "lead.state must not be equal to CA: it was 'CA'",
    ),
    "not of a negation": ({"not": STATED}, "lead.state must be blank: it was 'CA'"),
    "not any names what held": (
        {"not": {"any": [TEXAS, STATED, OLD]}},
        "lead.state must be blank: it was 'CA'; lead.age must not be greater than 40: it was 41",
    ),
    "not all says that one is enough": (
        {"not": {"all": [STATED, OLD]}},
        "either lead.state must be blank: it was 'CA'; or lead.age must not be greater than 40: it was 41",
    ),
    "not of a list says so, too": (
        {"not": [STATED, OLD]},
        "either lead.state must be blank: it was 'CA'; or lead.age must not be greater than 40: it was 41",
    ),
    "not not": ({"not": {"not": TEXAS}}, TEXAN),
    "not of nothing": ({"not": {"all": []}}, "`not` of an empty `all` never holds"),
    "brackets keep nested sets apart": (
        {"any": [[TEXAS, NO_STATE], NO_STATE]},
        f"either ({TEXAN}; lead.state must be blank: it was 'CA'); or lead.state must be blank: it was 'CA'",
    ),
    "brackets keep what is enough apart": (
        [{"any": [TEXAS, NO_STATE]}, NO_CALIFORNIAN],
        f"(either {TEXAN}; or lead.state must be blank: it was 'CA'); "
        "lead.state must not be equal to CA: it was 'CA'",
    ),
    "a template as value": (
        {"field": "lead.state", "op": "is equal to", "value": "{{ flow.state }}"},
        "lead.state must be equal to {{ flow.state }} (NY): it was 'CA'",
    ),
    "a template as field": (
        {"field": "{{ lead.state | lower }}", "op": "is equal to", "value": "tx"},
        "{{ lead.state | lower }} must be equal to tx: it was 'ca'",
    ),
    "a value that the operator cannot read": (
        {"field": "lead.state", "op": "is less than", "value": 18},
        "lead.state must be less than 18: it was 'CA', which cannot be compared with that",
    ),
    "a list and an object": (
        [{"field": "lead.tags", "op": "includes", "value": "x"}, {"field": "flow", "op": "is blank"}],
        "lead.tags must include x: it was a, b; flow must be blank: it was an object",
    ),
    "a long value is cut, and kept on one line": (
        {"field": "lead.long", "op": "is blank"},
        f"lead.long must be blank: it was 'a b {'x' * 195}…'",
    ),
    "more than anybody reads": (
        {"any": [TEXAS] * 12},
        f"either {'; or '.join([TEXAN] * 10)}; and 2 more",
    ),
    "a date that is not read": (
        {"field": "lead.on", "op": "is within the last", "value": "7 days"},
        "lead.on must be within the last 7 days: it was '11/20/2026', which cannot be compared with that",
    ),
    "a format": (
        {"field": "lead.on", "op": "format is valid", "as": "phone"},
        "lead.on must be a valid phone number: it was '11/20/2026'",
    ),
    "a format that must not be": (
        {"not": {"field": "lead.age", "op": "format is valid", "as": "number"}},
        "lead.age must not be a valid number: it was 41",
    ),
    "a format of a country that there is not": (
        {"field": "lead.on", "op": "format is valid", "as": "phone", "country": "{{ flow.state }}"},
        "lead.on must be a valid phone number of {{ flow.state }} (NY): it was '11/20/2026', "
        "which cannot be told for that country",
    ),
    "its own reason": (TEXAS | {"reason": "Texas only, not {{ lead.state }}"}, "Texas only, not CA"),
    "its own reason in a set": (
        {"all": [TEXAS | {"reason": "Texas only"}, NO_STATE]},
        "Texas only; lead.state must be blank: it was 'CA'",
    ),
    "its own reason under not": ({"not": STATED | {"reason": "no state may be told"}}, "no state may be told"),
    "a set's own reason": (
        {"any": [TEXAS | {"reason": "Texas only"}], "reason": "wrong state"},
        "wrong state",
    ),
    "not's own reason": ({"not": {"not": TEXAS}, "reason": "wrong state"}, "wrong state"),
    "a reason that says nothing": (TEXAS | {"reason": "{{ lead.nothing }}"}, TEXAN),
    "a reason that cannot be rendered": (TEXAS | {"reason": "{{ lead.nothing | required }}"}, TEXAN),
}  # fmt: skip


LEAD = {"on": "11/20/2026", "state": "CA", "age": 41, "tags": ["a", "b"], "long": "a\n b " + "x" * 1000}


@pytest.mark.parametrize(("conf", "reason"), REASONS.values(), ids=REASONS.keys())
async def test_reason(ask: Ask, conf: Any, reason: str) -> None:
    """A veto says what must be, and what was; a `reason` of the conf replaces that."""
    said = await ask("rules", conf, lead=LEAD, flow={"state": "NY"})
    assert isinstance(said, Veto)
    assert said.reason == reason


CULPRITS: dict[str, tuple[Any, str, Any]] = {
    "a rule": (TEXAS, "lead.state is equal to TX", "CA"),
    "the first of all that failed": (
        [{"field": "lead.age", "op": "is not blank"}, NO_STATE, TEXAS],
        "lead.state is blank",
        "CA",
    ),
    "a blank": (GOOD_REASON, "feedback.reason is included in Wrong number, Disconnected", None),
    "any of one": ({"any": [TEXAS]}, "lead.state is equal to TX", "CA"),
    "any of several": (
        {"any": [TEXAS, NO_STATE]},
        "at least one of these: lead.state is equal to TX; lead.state is blank",
        "CA",
    ),
    "any, of several fields": (
        {"any": [TEXAS, {"all": [{"field": "lead.age", "op": "is less than", "value": 18}]}]},
        "at least one of these: lead.state is equal to TX; all of these: lead.age is less than 18",
        {"lead.state": "CA", "lead.age": 41},
    ),
    "not": ({"all": [{"not": {"field": "lead.age", "op": "is not blank"}}]}, "not: lead.age is not blank", 41),
    "not of nothing": ({"not": []}, "not: an empty `all`", None),
    "not of a list": (
        {"not": [{"field": "lead.age", "op": "is not blank"}, STATED]},
        "not all of these: lead.age is not blank; lead.state is not blank",
        {"lead.age": 41, "lead.state": "CA"},
    ),
    "not any": ({"not": {"any": [STATED, NO_STATE]}}, "none of these: lead.state is not blank; lead.state is blank", "CA"),
    "below a reason of its own": (
        {"all": [TEXAS], "reason": "wrong state"}, "lead.state is equal to TX", "CA"
    ),
    "a template": (
        {"field": "lead.state", "op": "is equal to", "value": "{{ flow.state }}"},
        "lead.state is equal to {{ flow.state }}",
        "CA",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("conf", "rule", "seen"), CULPRITS.values(), ids=CULPRITS.keys())
async def test_which_rule_failed(ask: Ask, conf: Any, rule: str, seen: Any) -> None:
    """A veto carries the rule that decided, as the conf has it, and the value that it saw as it was posted."""
    said = await ask("rules", conf, lead=LEAD, flow={"state": "NY"})
    assert isinstance(said, Veto)
    assert (said.rule, said.seen) == (rule, seen)


async def test_what_was_not_asked_does_not_park(ask: Ask) -> None:
    """A rule behind the one that failed is not asked: that its template cannot be rendered decides nothing."""
    broken = {"field": "{{ lead.nothing | required }}", "op": "is true"}
    said = await ask("rules", [TEXAS, broken], lead=LEAD)
    assert said == Veto(TEXAN, "lead.state is equal to TX", "CA")
    assert await ask("rules", {"any": [NO_STATE, TEXAS, broken]}, lead={"state": "TX"}) == Pass()


def test_the_tree_of_findings() -> None:
    """Every rule is asked, also behind one that decides; what cannot be asked holds neither way."""
    conf = {
        "any": [
            {"not": {"all": []}},
            [
                TEXAS | {"reason": "x"},
                {"field": "lead.age", "op": "is less than", "value": "{{ lead.most }}"},
            ],
            {"field": "{{ lead.nothing | required }}", "op": "is true"},
        ]
    }
    found = Rules.model_validate(conf).root.finding({"lead": {"state": "TX", "age": 7, "most": 8}}, NOW)
    assert found == Finding(
        "at least one of these", True, None, (
            Finding("not", False, None, (Finding("an empty `all`", True),)),
            Finding("all of these", True, None, (
                Finding("lead.state is equal to TX", True, "TX"),
                Finding("lead.age is less than {{ lead.most }} (8)", True, 7),
            )),
            Finding("{{ lead.nothing | required }} is true: lead.nothing is required, and is blank", None),
        ),
    )  # fmt: skip


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


@settings(deadline=None)
@given(SETS, LEADS)
def test_a_finding_says_what_the_vote_says(conf: Any, lead: dict[str, Any]) -> None:
    """The tree holds where the set holds, at every part of it."""

    def agrees(finding: Finding, part: Any) -> bool:
        inner = part if isinstance(part, list) else part.get("all", part.get("any", [part.get("not")]))
        below = [] if "field" in part else [agrees(*pair) for pair in zip(finding.parts, inner, strict=True)]
        return finding.holds is expected(part, lead) and all(below)

    assert agrees(Rules.model_validate(conf).root.finding({"lead": lead}, NOW), conf)


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
    "and_for_all": ({"and": [TEXAS]}, ("and",), "unknown key (write all)"),
    "or_for_any": ([{"OR": [TEXAS, NO_STATE], "reason": "x"}], (0, "OR"), "unknown key (write any)"),
    "none_for_not_any": ({"none": [TEXAS]}, ("none",), "unknown key (write not: {any: [...]})"),
    "nor_for_not_any": ({"nor": [TEXAS]}, ("nor",), "unknown key (write not: {any: [...]})"),
    "key_that_is_nothing_like_one": (
        {"xyz": [TEXAS]},
        ("xyz",),
        "unknown key (there is: all, any, not, reason, field, op, as, country, format, value)",
    ),
    "operator_that_is_a_format": (
        {"field": "lead.email", "op": "is email"},
        ("op",),
        "is email is no operator (write op: format is valid, as: email)",
    ),
    "dates_with_minutes_for_the_month": (
        {"field": "lead.on", "op": "is within the last", "value": "7 days", "format": "mm/dd/yyyy"},
        ("format",),
        "the format 'mm/dd/yyyy' asks for minutes beside a date (write MM for the month)",
    ),
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
        "'young' has no order (write a number, a date like 2026-11-20, a time like 08:30; other dates need a `format`)",
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
    "format_without_as": (
        {"field": "lead.phone", "op": "format is valid"},
        ("as_",),
        "`format is valid` needs to know which (write as: email, phone, postal_code, date, number, url, ip, state)",
    ),
    "format_unknown": (
        {"field": "lead.phone", "op": "format is valid", "as": "fone"},
        ("as",),
        "fone is no format (did you mean 'phone'?)",
    ),
    "format_with_a_value": (
        {"field": "lead.phone", "op": "format is valid", "as": "phone", "value": "phone"},
        ("value",),
        "`format is valid` takes no value (leave it out)",
    ),
    "as_beside_another_operator": (
        TEXAS | {"as": "state"},
        ("as",),
        "`is equal to` takes no `as` (leave it out, or write op: format is valid)",
    ),
    "country_of_an_email": (
        {"field": "lead.email", "op": "format is valid", "as": "email", "country": "US"},
        ("country",),
        "only phone, postal_code, state differ by country (leave it out)",
    ),
    "country_beside_another_operator": (
        TEXAS | {"country": "US"},
        ("country",),
        "only phone, postal_code, state differ by country (leave it out)",
    ),
    "country_by_its_name": (
        {"field": "lead.phone", "op": "format is invalid", "as": "phone", "country": "Germany"},
        ("country",),
        "'Germany' is no country (write its ISO 3166 code of two letters, such as US or GB)",
    ),
    "country_that_there_is_not": (
        {"field": "lead.zip", "op": "format is valid", "as": "postal_code", "country": "UK"},
        ("country",),
        "'UK' is no country (write its ISO 3166 code of two letters, such as US or GB)",
    ),
    "country_without_states": (
        {"field": "lead.state", "op": "format is valid", "as": "state", "country": "DE"},
        ("country",),
        "no list of states is known for DE (leave the rule out, or list them)",
    ),
    "country_without_postal_codes": (
        {"field": "lead.zip", "op": "format is valid", "as": "postal_code", "country": "HK"},
        ("country",),
        "HK has no postal codes that could be checked (leave the rule out)",
    ),
    "dates_of_an_operator_that_reads_none": (
        TEXAS | {"format": "MM/dd/yyyy"},
        ("format",),
        "`is equal to` reads no dates (leave the format out)",
    ),
    "dates_of_a_phone": (
        {"field": "lead.phone", "op": "format is valid", "as": "phone", "format": "MM/dd/yyyy"},
        ("format",),
        "`format is valid` reads no dates (leave the format out)",
    ),
    "date_in_another_shape_than_its_format": (
        {"field": "lead.on", "op": "is less than", "value": "20/11/2026", "format": "MM/dd/yyyy"},
        ("value",),
        "'20/11/2026' has no order (write a number, a date like 2026-11-20, a time like 08:30; other dates need a `format`)",
    ),
    "field_that_no_event_has": (
        {"field": "feedback.reson", "op": "is blank"},
        ("field",),
        "feedback has no 'reson' (did you mean 'reason'?)",
    ),
    "field_below_a_moment": ({"field": "now.year", "op": "is blank"}, ("field",), "now has no 'year' (write now alone)"),
    "field_of_the_source_in_a_value": (
        TEXAS | {"value": "{{ source.title }}"},
        ("value",),
        "source has no 'title' (there is: id, name)",
    ),
    "field_that_no_event_has_in_a_reason": (
        TEXAS | {"reason": "not {{ event.type }}"},
        ("reason",),
        "event has no 'type' (there is: id)",
    ),
    "field_at_the_top_by_its_posted_name": (
        {"field": "reason", "op": "is blank"},
        ("field",),
        "there is no variable 'reason' (did you mean 'feedback.reason'?)",
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


def told(file: bytes) -> list[str]:
    """What `check` says of a file with rules."""
    document, found = parse(file, "acme.yaml"), []
    validate(
        Rules,
        document.data["rules"],
        ("rules",),
        lambda path, text, key: found.append(str(document.problem(path, text, key=key))),
        {},
    )
    return found


def test_line_and_column() -> None:
    """In a conf file each fault is told where it stands, also in a bare list inside a set."""
    file = b"""
rules:
  any:
    - - {field: lead.state, op: is blank}
      - field: lead.age
        op: is betwen
        value: 18-65
    - {field: lead.phone, op: format is valid, as: phone, country: UK}
    - {field: lead.phone, op: format is valid}
    - {field: feedback.reson, op: is blank}
"""
    assert told(file) == [
        "acme.yaml:6:13: rules.any.0.1.op: is betwen is no operator (did you mean 'is between'?)",
        "acme.yaml:8:68: rules.any.1.country: "
        "'UK' is no country (write its ISO 3166 code of two letters, such as US or GB)",
        "acme.yaml:9:7: rules.any.2: `format is valid` needs to know which "
        "(write as: email, phone, postal_code, date, number, url, ip, state)",
        "acme.yaml:10:15: rules.any.3.field: feedback has no 'reson' (did you mean 'reason'?)",
    ]


@pytest.mark.parametrize(
    "conf",
    [
        TEXAS,
        [],
        [TEXAS, [NO_STATE]],
        {"all": [{"not": {"any": [TEXAS]}, "reason": "x"}]},
        {"field": "lead.phone", "op": "format is valid", "as": "phone", "country": "GB"},
        {"field": "lead.on", "op": "is less than", "value": "{{ now }}", "format": "MM/dd/yyyy"},
    ],
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
