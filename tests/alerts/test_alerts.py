"""A person is told once per key and hour."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.alerts import QUIET, Alerts
from gateway.answers import NOWHERE
from gateway.model import Alert, Attempt, Outcome, Response, State, Vote
from tests import making

NOON = making.NOON


class Desk:
    """Alerts with a clock to set, and what was told."""

    def __init__(self) -> None:
        self.now: datetime = NOON
        self.told: list[Alert] = []
        self.alerts = Alerts(lambda: self.now, self.told.append)


def test_an_alert_is_a_sentence_about_something() -> None:
    """It says what kind of thing happened, to what, in which words and when."""
    desk = Desk()
    desk.alerts.raise_("parked", "acme/return", "acme/return: an event is parked")
    assert desk.told == [Alert("parked:acme/return", "parked", "acme/return: an event is parked", NOON)]


def test_the_same_is_told_once_an_hour() -> None:
    """A storm of one kind about one thing is one alert; after the hour it is told again."""
    desk = Desk()
    for minute in range(120):
        desk.now = NOON + timedelta(minutes=minute)
        desk.alerts.raise_("parked", "acme/return", f"event {minute} is parked")
    assert [alert.text for alert in desk.told] == ["event 0 is parked", "event 60 is parked"]


def test_another_kind_or_another_thing_is_told_at_once() -> None:
    """What is new is not hidden behind what is known."""
    desk = Desk()
    for kind, about in [("parked", "a/return"), ("parked", "b/return"), ("plugin", "a/return")] * 3:
        desk.alerts.raise_(kind, about, "!")
    assert [alert.key for alert in desk.told] == ["parked:a/return", "parked:b/return", "plugin:a/return"]


def test_a_clock_that_is_put_back_silences_nothing_for_long() -> None:
    """What was told by a clock that was a year ahead is told anew."""
    desk = Desk()
    desk.now = NOON + timedelta(days=365)
    desk.alerts.raise_("parked", "acme/return", "!")
    desk.now = NOON
    desk.alerts.raise_("parked", "acme/return", "!")
    assert len(desk.told) == 2


def test_ten_thousand_keys_at_once_are_no_burden_and_are_forgotten() -> None:
    """A post full of unknown sources costs one look-up each, and an hour later nothing is left of it."""
    desk = Desk()
    for index in range(10_000):
        desk.alerts.raise_("parked", f"s{index}/return", "!")
    assert len(desk.told) == 10_000
    desk.now = NOON + QUIET
    desk.alerts.raise_("parked", "acme/return", "!")
    assert len(desk.alerts._told) == 1


def test_a_criterion_that_failed_is_named() -> None:
    """Each by itself, also where another one had the last word; what it said stays in the event's story."""
    desk = Desk()
    failed = (Vote("strict", "error", "KeyError: 'joe@example.com'"), Vote("even", "error", "it hung"))
    for settled, kind in (("vetoed", "skip"), ("queued", "error")):
        votes = (*failed, Vote("rules", "veto", "no")) if settled == "vetoed" else failed
        desk.alerts.heed(made(Outcome(kind, rule="a criterion failed"), settled, votes=votes))  # type: ignore[arg-type]
    assert [alert.text for alert in desk.told] == [
        "acme/return: the criterion strict failed at event e-1 (its story says how)",
        "acme/return: the criterion even failed at event e-1 (its story says how)",
    ]
    assert {alert.kind for alert in desk.told} == {"plugin"}


@pytest.mark.parametrize(
    ("outcome", "settled", "response", "text"),
    [
        (
            Outcome("error", "KeyError: 'joe'", rule="a plugin failed"), "queued", None,
            "acme/return: a plugin failed, by json, at event e-1 (its story says how)",
        ),
        (
            Outcome("error", "no", rule="no answer came"), "parked", None,
            "acme/return: event e-1 is parked by: no answer came (its story says why)",
        ),
        (
            Outcome("error", "no", rule="the status"), "queued", Response(401),
            "acme/return: credentials refused with status 401",
        ),
        (
            Outcome("failure", "no reason", rule=f"outcome_search_term 'ok' was not found at 'a.b'{NOWHERE}"),
            "rejected", Response(200),
            "acme/return: event e-1 is rejected, since outcome_search_term 'ok' was not found at 'a.b',"
            " where nothing stands (is the path right?)",
        ),
    ],
)  # fmt: skip
def test_an_attempt_that_a_person_must_know_of(
    outcome: Outcome, settled: State, response: Response | None, text: str
) -> None:
    """A failed plugin, a parked event, refused credentials, a path to nothing: named, without a word of the lead."""
    desk = Desk()
    desk.alerts.heed(made(outcome, settled, response=response))
    assert [alert.text for alert in desk.told] == [text]


def test_an_ordinary_attempt_is_no_alert() -> None:
    """Neither a success nor a no nor a veto is a person's business."""
    desk = Desk()
    desk.alerts.heed(made(Outcome("failure", rule="not found at 'a.b', where 'no' stands"), "rejected"))
    desk.alerts.heed(made(Outcome("success", rule=f"not found at 'errors'{NOWHERE}"), "delivered"))
    desk.alerts.heed(made(Outcome("success", rule="said so"), "delivered"))
    desk.alerts.heed(made(Outcome("skip", rule="a criterion vetoed"), "vetoed", votes=(Vote("a", "veto"),)))
    assert desk.told == []


def made(outcome: Outcome, settled: State, **more: Any) -> Attempt:
    return Attempt(
        making.event(), "acme/return", 1, NOON, 1.0, outcome, "c0ffee", "json", settled, "e-1", **more
    )
