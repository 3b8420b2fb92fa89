"""What may be posted as an event, and what is said of everything that may not."""

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import EventError
from gateway.events import ID_PATTERN, new_id, parse_event, read_event
from gateway.jsontext import dumps

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
LEAST = {"type": "return", "source": "acme"}
WHOLE = """{
  "id": "crm-1", "type": "conversion", "source": "acme", "reason": "Sold", "timestamp": "2026-11-23T09:15:00Z",
  "flow": {"id": "auto-insurance", "name": "Auto insurance"},
  "lead": {"id": "5bb3", "email": "joe@example.com"}, "recipient": {"id": "crm"},
  "submission": {"timestamp": "2026-11-20T14:02:11Z"}, "price": 12.750, "value": {"amount": 9007199254740993}, "more": [null]
}"""


def errors(**changes: Any) -> list[tuple[str, str]]:
    body = {**LEAST, **changes}
    with pytest.raises(EventError) as caught:
        read_event(body, "", NOW)
    return list(caught.value.errors)


def test_the_least_that_is_an_event():
    """`type` and `source`; it gets an id."""
    event = parse_event(dumps(LEAST), NOW)
    assert (event.type, event.source, event.flow, event.received_at) == ("return", "acme", None, NOW)
    assert len(event.id) == 32
    assert event.lead_id is None


def test_everything_is_kept_as_posted():
    """The poster's id, exact numbers, further keys, and the text itself."""
    event = parse_event(WHOLE, NOW)
    assert (event.id, event.type, event.flow, event.lead_id) == (
        "crm-1",
        "conversion",
        "auto-insurance",
        "5bb3",
    )
    assert (str(event.body["price"]), event.body["value"]["amount"]) == ("12.750", 9007199254740993)
    assert event.body["more"] == [None]
    assert event.text == WHOLE


ERRORS = {
    "type missing": ({"type": None}, "/type", "is missing (return or conversion)"),
    "type a number": ({"type": Decimal("1.5")}, "/type", "is a number (write return or conversion)"),
    "type a list": ({"type": ["return"]}, "/type", "is a list (write return or conversion)"),
    "type with a slip": ({"type": "retrun"}, "/type", "'retrun' is neither return nor conversion (did you mean 'return'?)"),
    "type in capitals": ({"type": "RETURN"}, "/type", "'RETURN' is neither return nor conversion (did you mean 'return'?)"),
    "type of another kind": ({"type": "zz"}, "/type", "'zz' is neither return nor conversion (there is: conversion, return)"),
    "type too long": ({"type": "z" * 999}, "/type", f"'{'z' * 140}' is neither return nor conversion (there is: conversion, return)"),
    "source missing": ({"source": None}, "/source", "is missing (the id of the source that sold the lead)"),
    "source a number": ({"source": 7}, "/source", "is a number (write it as text: 1-128 of A-Z a-z 0-9 . _ : -, not starting with a dot)"),
    "source blank": ({"source": ""}, "/source", "'' cannot be used (1-128 of A-Z a-z 0-9 . _ : -, not starting with a dot)"),
    "source a path": ({"source": "../x"}, "/source", "'../x' cannot be used (1-128 of A-Z a-z 0-9 . _ : -, not starting with a dot)"),
    "id true": ({"id": True}, "/id", "is true or false (write it as text: 1-128 of A-Z a-z 0-9 . _ : -, not starting with a dot)"),
    "id zero": ({"id": 0}, "/id", "is a number (write it as text: 1-128 of A-Z a-z 0-9 . _ : -, not starting with a dot)"),
    "id with a break": ({"id": "a\n"}, "/id", "'a\\n' cannot be used (1-128 of A-Z a-z 0-9 . _ : -, not starting with a dot)"),
    "flow id": ({"flow": {"id": "a b"}}, "/flow/id", "'a b' cannot be used (1-128 of A-Z a-z 0-9 . _ : -, not starting with a dot)"),
    "flow text": ({"flow": "auto"}, "/flow", "is text (write an object, or leave it out)"),
    "flow zero": ({"flow": 0}, "/flow", "is a number (write an object, or leave it out)"),
    "lead list": ({"lead": [{"id": 1}]}, "/lead", "is a list (write an object, or leave it out)"),
    "recipient false": ({"recipient": False}, "/recipient", "is true or false (write an object, or leave it out)"),
    "submission": ({"submission": "2026"}, "/submission", "is text (write an object, or leave it out)"),
    "reason": ({"reason": 0}, "/reason", "is a number (write text, or leave it out)"),
    "timestamp number": ({"timestamp": 1700000000}, "/timestamp", "cannot be read (write RFC 3339 such as 2026-11-23T09:15:00Z, or leave it out)"),
    "timestamp": ({"timestamp": "yesterday"}, "/timestamp", "cannot be read (write RFC 3339 such as 2026-11-23T09:15:00Z, or leave it out)"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "pointer", "detail"), ERRORS.values(), ids=ERRORS.keys())
def test_error(changes, pointer, detail):
    """One wrong field is one sentence at its pointer."""
    assert errors(**changes) == [(pointer, detail)]


def test_all_errors_at_once():
    """Every wrong field is named, so that one answer is enough."""
    wrong = errors(
        type="x", source=1, id=2, lead=3, flow={"id": 4}, recipient=5, submission=6, reason=7, timestamp=8
    )
    assert [pointer for pointer, _ in wrong] == [
        "/type", "/source", "/id", "/lead", "/recipient", "/submission", "/flow/id", "/reason", "/timestamp",
    ]  # fmt: skip


@pytest.mark.parametrize("blank", [None, "", [], {}])
@pytest.mark.parametrize("field", ["lead", "flow", "recipient", "submission", "reason", "timestamp"])
def test_what_is_blank_is_not_given(field, blank):
    """Some systems write an empty object as a list or as text: all of that is nothing, and no error."""
    event = read_event({**LEAST, field: blank}, "", NOW)
    assert (event.flow, event.lead_id) == (None, None)


@pytest.mark.parametrize(
    "text", ["2026-11-23T09:15:00Z", "2026-11-23T09:15:00.123+02:00", "2026-11-23 09:15:00", "2026-11-23"]
)
def test_timestamps(text):
    """ISO 8601, with or without a zone."""
    assert read_event({**LEAST, "timestamp": text}, "", NOW).body["timestamp"] == text


NOT_JSON = {
    "no JSON": (
        "{",
        "not JSON as it is taken here: Expecting property name enclosed in double quotes (line 1 column 2)",
    ),
    "a list": ("[]", "an event is a JSON object, not a list (at least `type` and `source`)"),
    "text": ('"x"', "an event is a JSON object, not text (at least `type` and `source`)"),
    "null": ("null", "an event is a JSON object, not null (at least `type` and `source`)"),
    "a number": ("1.5", "an event is a JSON object, not a number (at least `type` and `source`)"),
    "a key twice": (
        '{"a": 1, "a": 2}',
        "not JSON as it is taken here: the key 'a' stands twice in one object (/a)",
    ),
    "NaN": (
        '{"price": NaN}',
        "not JSON as it is taken here: NaN is not JSON (leave the field out, or send null) (/price)",
    ),
}


@pytest.mark.parametrize(("text", "detail"), NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_no_event_at_all(text, detail):
    """The whole post is meant: no pointer, one sentence."""
    with pytest.raises(EventError) as caught:
        parse_event(text, NOW)
    assert caught.value.errors == (("", detail),)


@pytest.mark.parametrize("flow", [None, "", "  ", [], {}, {"id": None}, {"name": "x"}])
def test_a_flow_that_is_blank_is_none(flow):
    """Text of nothing but blanks, too."""
    assert read_event({**LEAST, "flow": flow}, "", NOW).flow is None


@given(st.from_regex(ID_PATTERN, fullmatch=True))
def test_every_id_of_the_rule_is_taken(id):
    """As an event's id, a source and a flow."""
    event = read_event({"type": "return", "id": id, "source": id, "flow": {"id": id}}, "", NOW)
    assert (event.id, event.source, event.flow) == (id, id, id)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda v: st.lists(v) | st.dictionaries(st.text(), v),
    )
)
def test_no_post_does_more_than_be_refused(body):
    """Whatever JSON is posted: it is an event, or an EventError."""
    for each in (
        body,
        {**LEAST, "lead": body, "flow": body},
        {"type": body, "source": body, "id": body, "flow": body, "timestamp": body},
    ):
        with suppress(EventError):
            assert read_event(each, "", NOW).source


def test_new_ids_differ_and_are_in_order_of_time():
    """A later millisecond's id sorts later; within one they differ all the same."""
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert [id[:12] for id in ids] == sorted(id[:12] for id in ids)
    assert read_event({**LEAST, "id": ids[0]}, "", NOW).id == ids[0]
