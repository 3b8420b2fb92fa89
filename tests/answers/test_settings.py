"""The `response:` block: what is refused, each key with its sentence, and what is warned of."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.answers import ResponseSettings, Rules, warnings
from gateway.answers.rules import amount

RIGHT = "(write such as //message/text(), or errors.*.message for JSON)"
TERM = {"outcome_search_term": "ok"}


def refusals(**response: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        ResponseSettings(**response)
    return {
        str(fault["loc"][0]): fault["msg"].removeprefix("Value error, ") for fault in refused.value.errors()
    }


@pytest.mark.parametrize(
    ("response", "key", "sentence"),
    [
        (
            {**TERM, "outcome_search_path": "//a["},
            "outcome_search_path",
            f"'//a[' is no XPath: invalid expression near character 4 {RIGHT}",
        ),
        (
            {**TERM, "outcome_search_path": "errors[0].code"},
            "outcome_search_path",
            "'errors[0].code' is no dot path (write errors.0.code)",
        ),
        *(
            ({"reason_path": text}, "reason_path", f"{text!r} is no dot path (write {right})")
            for text, right in [
                ("$.status", "status"),
                ("$['a']", "a"),
                ('$["a.b"][0].c', "{a.b}.0.c"),
                ("errors[0]", "errors.0"),
                ("errors[1].code", "errors.1.code"),
                ("errors[*].code", "errors.*.code"),
                ("/errors/0/code", "errors.0.code"),
                ("$..code", "such as errors.*.message"),
                ("$.a[?(@.b)]", "such as errors.*.message"),
            ]
        ),
        (
            {**TERM, "outcome_search_path": "status()"},
            "outcome_search_path",
            "'status()' is neither an XPath (unregistered function) nor a CSS selector"
            f" (expected selector, got <DELIM '(' at 6>) {RIGHT}",
        ),
        (
            {**TERM, "outcome_search_path": "div["},
            "outcome_search_path",
            "'div[' is neither an XPath (invalid expression near character 4) nor a CSS selector"
            f" (expected ident or '*', got <EOF at 4>) {RIGHT}",
        ),
        (
            {"reason_path": "p:frist-child @title"},
            "reason_path",
            "'p:frist-child @title' is neither an XPath (invalid expression near character 14) nor a CSS selector"
            f" (the pseudo-class :frist-child is unknown) nor a pattern with one group {RIGHT}",
        ),
        (
            {"price_path": "p::text"},
            "price_path",
            "'p::text' is neither an XPath (invalid expression near character 2) nor a CSS selector"
            f" (pseudo-elements are not supported) nor a pattern with one group {RIGHT}",
        ),
        (
            {"reference_path": "x" * 1001},
            "reference_path",
            "this path is longer than 1,000 characters (name the place by fewer steps)",
        ),
        (
            {"reason_path": "//a[following::b[following::c[following::d[following::e]]]]"},
            "reason_path",
            "'//a[following::b[following::c[following::d[following::e]]]]' is neither an XPath nor a pattern with one"
            f" group: its steps multiply each other, which no answer can bear {RIGHT}",
        ),
        (
            {**TERM, "outcome_search_path": "a..b"},
            "outcome_search_path",
            "the path 'a..b' has an empty part (write names with single dots between them)",
        ),
        (
            {**TERM, "outcome_search_path": " "},
            "outcome_search_path",
            "this is no path (write such as errors.*.message or //message/text())",
        ),
        (
            {"outcome_search_path": "status"},
            "outcome_search_path",
            "this says nothing without a term (add outcome_search_term)",
        ),
        (
            {"outcome_on_match": "failure"},
            "outcome_on_match",
            "this says nothing without a term (add outcome_search_term)",
        ),
        (
            {"reason_path": "(rejected|refused): (.*)"},
            "reason_path",
            f"'(rejected|refused): (.*)' is neither an XPath nor a pattern with one group: "
            f"invalid expression near character 18 {RIGHT}",
        ),
        (
            {"reason_path": "//msg[contains(., 'x']"},
            "reason_path",
            "\"//msg[contains(., 'x']\" is neither an XPath nor a pattern with one group: "
            f"its parentheses do not pair near character 21 {RIGHT}",
        ),
        (
            {"reason_path": "/msg[("},
            "reason_path",
            f"'/msg[(' is neither an XPath nor a pattern with one group: its parentheses do not pair near character 6 {RIGHT}",
        ),
        (
            {"capture": {"id": "lead=\\d+"}},
            "capture",
            "'lead=\\\\d+' has 0 groups (put one pair of parentheses round what to keep)",
        ),
        (
            {"fallback_price": "free"},
            "fallback_price",
            "free is no amount (write a plain number such as 12.50)",
        ),
        (
            {"response_content_type_override": "application/jsn"},
            "response_content_type_override",
            "'application/jsn' is no type that answers are read as (write application/json, application/xml,"
            " application/x-www-form-urlencoded, text/html or text/plain)",
        ),
        (
            {"success_status": "2xx"},
            "success_status",
            "2xx is no status (write statuses and ranges, such as 200-299, 409)",
        ),
        (
            {"success_status": "200-299, 409", "retry_status": [409]},
            "retry_status",
            "409 stands in success_status too (a status can mean one thing only)",
        ),
        (
            {"failure_status": "409", "retry_status": "400-499"},
            "retry_status",
            "409 stands in failure_status too (a status can mean one thing only)",
        ),
        (
            {"outcome_on_match": "ok", **TERM},
            "outcome_on_match",
            "Input should be 'success', 'failure' or 'error'",
        ),
        ({"fault_is": "success"}, "fault_is", "Input should be 'error' or 'failure'"),
        ({"outcome_serch_term": "ok"}, "outcome_serch_term", "Extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_is_refused_with_its_key_and_a_sentence(
    response: dict[str, Any], key: str, sentence: str
) -> None:
    assert refusals(**response) == {key: sentence}


def test_what_the_pattern_engine_refuses_is_a_conf_error() -> None:
    assert "look-ahead" in refusals(outcome_search_term="(?=a)")["outcome_search_term"]


def test_every_wrong_key_gets_its_own_line() -> None:
    """A broken term does not hide the path that belongs to it, nor make a second complaint about it."""
    found = refusals(
        outcome_search_term="(", outcome_search_path="//a[", reason_path="//b[", success_status="x"
    )
    assert set(found) == {"outcome_search_term", "outcome_search_path", "reason_path", "success_status"}
    assert set(refusals(outcome_search_term="(", outcome_search_path="a")) == {"outcome_search_term"}


@pytest.mark.parametrize(
    ("written", "text"), [(True, "true"), (False, "false"), (200, "200"), (Decimal("1.50"), "1.50")]
)
def test_a_typed_scalar_is_meant_as_it_is_written(written: Any, text: str) -> None:
    """YAML makes a boolean of `outcome_search_term: true`; the answer holds the word."""
    term = ResponseSettings(outcome_search_term=written).outcome_search_term
    assert term is not None
    assert term.text == text


@pytest.mark.parametrize(
    ("text", "is_dotted", "is_xpath", "is_pattern"),
    [
        ("status", True, True, False),
        ("errors.*.message", True, False, False),
        ("array.0", True, True, False),
        ("{a/b}.c", True, False, False),
        ("result.@code", True, False, False),
        ("//msg/text()", False, True, False),
        ("//a:msg", False, True, False),
        ("rejected: (.*)", False, False, True),
        ("/rejected: (.*)/s", False, False, True),
        ("count(//a)", False, True, True),
    ],
)
def test_a_path_is_compiled_for_every_kind_it_can_be_meant_for(
    text: str, is_dotted: bool, is_xpath: bool, is_pattern: bool
) -> None:
    place = ResponseSettings(reason_path=text).reason_path
    assert place is not None
    compiled = (place.dotted is not None, place.xpath is not None, place.pattern is not None)
    assert compiled == (is_dotted, is_xpath, is_pattern)


@pytest.mark.parametrize(
    ("term", "suggested"),
    [
        ("ok", "ok"),
        ("1", "1"),
        ("/OK/i", "OK"),
        ("accepted|yes", "yes"),
        ("(ok|accepted)", "ok"),
        ("ok|[a-z]+", "ok"),
        (r"\d+", None),
        ("[a-z]", None),
        (".", None),
        ("dup.*", None),
        ("^ok$", None),
        ("^ok", None),
        (r"\bok\b", None),
        ("/^ok$/", None),
        ("true", None),
        ("accepted|success", None),
    ],
)
def test_a_short_term_without_anchors_is_warned_of(term: str, suggested: str | None) -> None:
    found = warnings(ResponseSettings(outcome_search_term=term))
    if suggested is None:
        assert found == []
    else:
        right = rf"(write ^{suggested}$ for the whole text, or \b{suggested}\b for a word)"
        assert found == [
            (
                ("outcome_search_term",),
                f"{term!r} is also found inside other words, as ok is in token {right}",
            )
        ]


@pytest.mark.parametrize(
    ("content_type", "path", "sentence"),
    [
        ("application/json", "/status", "'/status' finds nothing in JSON (write status)"),
        ("application/problem+json", "/a/b", "'/a/b' finds nothing in JSON (write a.b)"),
        ("application/xml", "/status", None),
        (None, "/status", None),
        ("application/json", "status", None),
    ],
)
def test_a_json_pointer_is_warned_of_where_json_comes(
    content_type: str | None, path: str, sentence: str | None
) -> None:
    """Elsewhere it is an XPath."""
    found = warnings(ResponseSettings(reference_path=path, response_content_type_override=content_type))
    assert found == ([] if sentence is None else [(("reference_path",), sentence)])


def test_nothing_is_warned_of_without_a_term() -> None:
    assert warnings(ResponseSettings()) == []


def test_no_settings_make_no_rules() -> None:
    assert Rules.compile(ResponseSettings()) == Rules()


def test_the_schema_of_the_block_can_be_made_and_names_every_key() -> None:
    schema = ResponseSettings.model_json_schema()
    assert set(schema["properties"]) == set(ResponseSettings.model_fields)
    assert all("description" in entry for entry in schema["properties"].values())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.50", "12.50"),
        ("-3", "-3"),
        ("$ 5", "5"),
        ("€5.00", "5.00"),
        ("1,000.50", "1000.50"),
        ("1E+2", "100"),
        ("12,50", None),
        ("1,000", None),
        ("1e99", None),
        ("٣", None),
        ("NaN", None),
        ("", None),
        ("9" * 19, None),
    ],
)
def test_an_amount_is_a_plain_decimal_or_nothing(text: str, value: str | None) -> None:
    """A lone comma may part thousands or cents; it is not guessed which."""
    found = amount(text)
    assert (None if found is None else str(found)) == value
