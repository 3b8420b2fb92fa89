"""A person is told once per key and hour."""

from datetime import datetime, timedelta

from gateway.alerts import QUIET, Alerts
from gateway.model import Alert
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
