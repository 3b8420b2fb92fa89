"""The log and the metrics tell what happens, and hold neither lead data nor a secret."""

import json
import runpy
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from prometheus_client.parser import text_string_to_metric_families

from gateway.errors import StoreError, StoreUnavailable
from gateway.metrics import Metrics
from gateway.model import Alert, Attempt, Outcome, Request, Response, Values, Vote
from gateway.observe import Observer, fault, rule_of, set_up_log, trace
from tests import making

LEAD = "joe@example.com"
SECRET = "s3cret-key"
MADE = Attempt(
    event=making.event(lead={"id": "L-1", "email": LEAD}, reason=f"{LEAD} is wrong"),
    endpoint="acme/return",
    number=2,
    started_at=making.NOON,
    ms=12.345,
    outcome=Outcome(
        "failure", f"{LEAD} is a duplicate", rule=f"term was found at 'm', where '{LEAD}' stands"
    ),
    conf="c0ffee",
    transport="json",
    settled="rejected",
    key="e-1",
    votes=(Vote("rules", "pass", f"{LEAD} is blank"),),
    values=Values(f"https://acme.example/?e={LEAD}", (), {"email": LEAD}),
    request=Request("POST", f"https://acme.example/?e={LEAD}", (("X", LEAD),), LEAD.encode()),
    response=Response(422, (("X", LEAD),), f"{LEAD} {SECRET}".encode()),
    network_error=None,
    due_at=making.NOON,
)


@pytest.fixture(autouse=True)
def _unset() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_one_line_tells_an_attempt(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything that a person looks for stands in one JSON line, under stable names."""
    set_up_log("json", "info")
    Observer(Metrics()).attempted(MADE)
    [line] = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "attempt.finished", "level": "info", "event_id": "e-1", "endpoint": "acme/return", "number": 2,
        "outcome": "failure", "state": "rejected", "status": 422, "ms": 12.3, "rule": "term was found at 'm'",
        "due_at": "2026-11-23T12:00:00+00:00", "conf": "c0ffee",
    }  # fmt: skip


@pytest.mark.parametrize("format", ["json", "console"])
def test_no_lead_data_and_no_secret_stands_in_log_or_metrics(
    format: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what was posted, sent and answered nothing is quoted, whatever the reasons and rules say."""
    set_up_log(format, "debug")
    metrics = Metrics()
    observer = Observer(metrics)
    observer.attempted(MADE)
    observer.attempted(replace(MADE, response=None, network_error="acme.example:443 gave no answer"))
    observer.alerted(Alert("parked:acme/return", "parked", "acme/return: event e-1 is parked", making.NOON))
    told = capsys.readouterr().err + metrics.text().decode()
    assert "attempt.finished" in told
    assert LEAD not in told
    assert SECRET not in told


def test_no_line_steers_a_terminal_or_looks_like_another(capsys: pytest.CaptureFixture[str]) -> None:
    """What a person gave as a reason stands in its line of the log without effect, blanks in it or none."""
    set_up_log("console", "info")
    for why in ("a\x1b[2Jb", "a \x1b[2Jb", "a\nb", "a\x9b2J\u202eb", "a\rb"):
        structlog.get_logger().info("endpoint.paused", why=why, by="joe")
        written = capsys.readouterr().err
        assert written.count("\n") == 1
        assert not set("\x1b\x9b\r\u202e") & set(written), why


def test_numbers_count(capsys: pytest.CaptureFixture[str]) -> None:
    """Attempts by endpoint and outcome, their seconds by transport, alerts by kind."""
    set_up_log("json", "error")
    metrics = Metrics()
    observer = Observer(metrics)
    for _ in range(3):
        observer.attempted(MADE)
    observer.alerted(Alert("parked:x", "parked", "!", making.NOON))
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }
    assert found["feedback_gateway_attempts_total", "acme/return", "failure"] == 3
    assert found["feedback_gateway_attempt_seconds_count", "json"] == 3
    assert found["feedback_gateway_attempt_seconds_sum", "json"] == pytest.approx(0.037035)
    assert found["feedback_gateway_alerts_total", "parked"] == 1
    assert not any("_created" in name for name, *_ in found)
    assert capsys.readouterr().err == ""


def test_keys_that_were_blank_count_at_their_endpoint() -> None:
    """Each key of each attempt counts once; an endpoint that leaves nothing out has no line."""
    metrics = Metrics()
    observer = Observer(metrics)
    for left_out in (("phone", "state"), ("phone",), ()):
        observer.attempted(replace(MADE, values=Values("u", left_out=left_out)))
    observer.attempted(replace(MADE, endpoint="bolt/return", values=None))
    told = [
        line for line in metrics.text().decode().splitlines() if line.startswith("feedback_gateway_left_out")
    ]
    assert told == ['feedback_gateway_left_out_total{endpoint="acme/return"} 3.0']


def test_every_metric_has_the_products_name_and_a_help_text() -> None:
    """Names begin `feedback_gateway_`; every metric says what it counts."""
    for family in text_string_to_metric_families(Metrics().text().decode()):
        assert family.name.startswith("feedback_gateway_")
        assert family.documentation.endswith(".")


def test_two_daemons_in_one_process_count_apart() -> None:
    """No metric is global."""
    one, other = Metrics(), Metrics()
    one.events.labels("added").inc()
    assert b'answer="added"' not in other.text()


def test_a_fault_is_told_by_its_place_not_by_its_words() -> None:
    """An error that is not ours may quote lead data: its type and where it was raised must do."""
    try:
        {}[LEAD]
    except KeyError as error:
        told = fault(error)
        places = trace(error)
    assert LEAD not in told
    assert told.startswith("KeyError at ")
    assert told.endswith("in test_a_fault_is_told_by_its_place_not_by_its_words")
    assert [place.replace(__file__, "tests/test_observe.py") for place in places] == [
        told.removeprefix("KeyError ")
    ]
    assert fault(KeyError(LEAD)) == "KeyError at an unknown place"


def test_a_fault_names_no_folder_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is told as an import finds it, by its name alone where none would: alerts go to other people."""
    file = tmp_path / "carrier" / "even_leads.py"
    file.parent.mkdir()
    file.write_text("{}['x']")
    for known, told in ((str(tmp_path), "carrier/even_leads.py"), ("elsewhere", "even_leads.py")):
        monkeypatch.setattr(sys, "path", ["", known])
        with pytest.raises(KeyError) as raised:
            runpy.run_path(str(file))
        assert fault(raised.value) == f"KeyError at {told}:1 in <module>"
        assert trace(raised.value)[-1] == f"at {file}:1 in <module>"


@pytest.mark.parametrize("error", [StoreError("the store is closed"), StoreUnavailable("no room")])
def test_a_fault_of_the_store_is_told_in_its_own_sentence(error: StoreError) -> None:
    """What the machine's disk is about is ours to say."""
    assert fault(error) == str(error)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("the default for status 503", "the default for status 503"),
        ("outcome_search_term 'ok' was not found in the answer", "outcome_search_term 'ok' was not found in the answer"),
        (f"outcome_search_term 'ok' was found at 'a', where {LEAD!r} stands", "outcome_search_term 'ok' was found at 'a'"),
    ],
)  # fmt: skip
def test_a_rule_is_told_without_what_the_source_said(rule: str, told: str) -> None:
    """The rule that decided may quote the answer for a person; the log does not."""
    assert rule_of(Outcome("failure", rule=rule)) == told
