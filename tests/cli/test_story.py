"""An event's story in lines: what each state, answer and body looks like."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

from gateway.cli.story import exchanged, story
from gateway.model import SHOWN_STATES

NOW = datetime(2026, 11, 23, 9, 14, 46, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "id": "e1",
    "source": "acme",
    "flow": None,
    "type": "return",
    "lead_id": None,
    "endpoint": "acme/return",
    "received_at": "2026-11-23T09:15:00.000Z",
    "state": "queued",
    "outcome": None,
    "reason": None,
    "attempt_count": 0,
    "due_at": "2026-11-23T09:15:00.000Z",
    "price": None,
    "reference": None,
    "capture": {},
    "replay": None,
    "posted": {"type": "return", "source": "acme"},
    "attempts": [],
}
ATTEMPT: dict[str, Any] = {
    "number": 1,
    "started_at": "2026-11-23T09:15:00.100Z",
    "ms": 12.345,
    "conf": "abc",
    "outcome": "error",
    "reason": None,
    "rule": "no answer came",
    "replay": None,
    "criteria": [],
    "left_out": [],
    "request": None,
    "response": None,
    "network_error": "example.com closed the connection without an answer",
    "maybe_received": True,
    "notes": ["parked: tried 3 times"],
    "due_at": None,
}


def lines(**changes: Any) -> list[str]:
    return click.unstyle("\n".join(story(EVENT | changes, NOW))).split("\n")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "its first try, due at 2026-11-23T09:15:00.000Z (in 14 s)"),
        ({"attempt_count": 2}, "will be tried again at 2026-11-23T09:15:00.000Z (in 14 s)"),
        (
            {"attempt_count": 1, "outcome": "skip"},
            "the criteria are asked again at 2026-11-23T09:15:00.000Z (in 14 s)",
        ),
        ({"state": "sending"}, "it is on its way right now"),
        ({"state": "held", "held": "no WSDL yet"}, "waits, and goes on once that is over: no WSDL yet"),
        (
            {"state": "parked", "due_at": None},
            "nothing by itself (send it again: feedback-gateway replay e1)",
        ),
        ({"state": "delivered", "due_at": None}, "nothing: this is final"),
    ],
)
def test_what_is_next(changes, says):
    """Every state says what follows, with the sentence of the state."""
    told = lines(**changes)
    state = changes.get("state", "queued")
    assert f"  state     {state}: {SHOWN_STATES[state]}" in told
    assert f"  next      {says}" in told


def test_facts_of_the_answer():
    """Price, reference and captures stand with the event."""
    told = lines(price="12.50", reference="R1", capture={"ticket": "T1"}, flow="solar", lead_id="L1")
    assert told[0] == "e1: a return for acme, flow solar, lead L1"
    assert [line for line in told if line.startswith(("  price", "  reference", "  ticket"))] == [
        "  price     12.50",
        "  reference R1",
        "  ticket = T1",
    ]


def test_an_attempt_without_an_answer():
    """A network error, whether it may have been received, and the notes."""
    told = lines(attempts=[ATTEMPT])
    assert told[told.index("attempt 1 at 2026-11-23T09:15:00.100Z, 12 ms, conf abc") :] == [
        "attempt 1 at 2026-11-23T09:15:00.100Z, 12 ms, conf abc",
        "  network   example.com closed the connection without an answer",
        "            the source may have received it all the same",
        "  outcome   error",
        "  because   no answer came",
        "  note      parked: tried 3 times",
    ]


@pytest.mark.parametrize(
    ("outcome", "says"), [("error", "tried again at 2026-12-01"), ("skip", "asked again at 2026-12-01")]
)
def test_what_follows_an_attempt(outcome, says):
    """After an error it is tried again; where a criterion said "not now", nothing was tried."""
    assert f"  then      {says}" in lines(attempts=[ATTEMPT | {"outcome": outcome, "due_at": "2026-12-01"}])


def test_an_answer_that_was_cut():
    """A truncated answer says so."""
    response = {"status": 200, "headers": {}, "body": "x", "truncated": True}
    assert "    answer: status 200, cut short" in lines(attempts=[ATTEMPT | {"response": response}])


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(-5, "now"), (0.5, "now"), (119, "in 119 s"), (900, "in 15 min"), (10800, "in 3 h"), (259200, "in 3 d")],
)
def test_how_long_it_is_until_then(seconds, says):
    """A person need not work out the difference of two times."""
    due = (NOW + timedelta(seconds=seconds)).isoformat()
    assert f"  next      will be tried again at {due} ({says})" in lines(attempt_count=1, due_at=due)


@pytest.mark.parametrize("body", ['{"a":1.50}', "<a><b>1</b></a>", "a=b&c=d", "one\n  two"])
def test_a_body_stands_as_it_was_sent(body):
    """Nothing is set out anew, so that what is shown can be compared with what the source got."""
    assert "\n".join(exchanged({"headers": {}, "body": body}, "first")) == f"first\n\n{body}"


def test_bytes_and_control_characters():
    """A body that is not UTF-8 stands as base64; no answer can steer the terminal."""
    message = {"headers": {"X": "a\x1b[31mb"}, "body_base64": "/w=="}
    assert list(exchanged(message, "first\x9b")) == [
        "first\\x9b",
        "X: a\\x1b[31mb",
        "",
        "(not UTF-8; base64) /w==",
    ]
    text = {"headers": {}, "body": "a\r\nb\x07\u202ec"}
    assert list(exchanged(text, "first")) == ["first", "", "a", "b\\x07\\u202ec"]


def test_what_each_rule_found_is_told():
    """So that an outcome can be explained; an attempt that an older version stored has no such list."""
    found = [
        {"key": "outcome_search_path", "place": "status", "text": "ok"},
        {"key": "outcome_search_term", "place": "^ok$", "text": "o\x1bk"},
    ]
    lines = list(story({**EVENT, "attempts": [{**ATTEMPT, "found": found}, ATTEMPT]}, NOW))
    assert [line for line in lines if line.startswith("  found")] == [
        "  found     outcome_search_path status: 'ok'",
        "  found     outcome_search_term ^ok$: 'o\\x1bk'",
    ]
