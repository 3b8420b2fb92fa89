"""max_age: until when feedback may go, and what is said after that."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from gateway import Park, Pass, Verdict, Veto
from plugins.criteria.max_age import MaxAge

Ask = Callable[..., Awaitable[Verdict]]
UNTIL = datetime(2026, 11, 27, 14, 2, 11, tzinfo=UTC)

WRITTEN = {
    "2026-11-20T14:02:11Z": UNTIL,
    "2026-11-20T14:02:11": UNTIL,
    " 2026-11-20 14:02:11 ": UNTIL,
    "2026-11-20T09:02:11-05:00": UNTIL,
    "2026-11-20T14:02:11.250Z": UNTIL + timedelta(milliseconds=250),
    "2026-11-20T14:02Z": UNTIL - timedelta(seconds=11),
    "2026-11-20": datetime(2026, 11, 27, tzinfo=UTC),
    "2026-12-24": datetime(2026, 12, 31, tzinfo=UTC),
    "9999-12-31": datetime.max.replace(tzinfo=UTC),
}


@pytest.mark.parametrize(("timestamp", "until"), WRITTEN.items())
async def test_pass(ask: Ask, timestamp: str, until: datetime) -> None:
    """ISO 8601 in every usual writing gives the same deadline; without an offset it is UTC, a day is its start."""
    assert Pass(until) == await ask("max_age", "7d", submission={"timestamp": timestamp})


async def test_last_moment(ask: Ask) -> None:
    """At the very age it still may go, a moment later it may not."""
    conf, submission = "36h", {"timestamp": "2026-11-21T21:15:00Z"}
    now = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
    assert Pass(now) == await ask("max_age", conf, submission=submission)
    assert Veto(
        "the lead is more than 1 day 12 hours old, acme takes returns up to 1 day 12 hours",
        "up to 1 day 12 hours from submission.timestamp",
        "2026-11-21T21:15:00Z",
    ) == await ask("max_age", conf, timedelta(microseconds=1), submission=submission)


VETOES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "too old": (
        "7d",
        {"timestamp": "2026-11-14T09:15:00Z"},
        "the lead is 9 days old, acme takes returns up to 7 days",
    ),
    "a bit too old": (
        "7d",
        {"timestamp": "2026-11-16T06:00:00Z"},
        "the lead is 7 days 3 hours old, acme takes returns up to 7 days",
    ),
    "another timestamp": (
        {"of": "submission.seen_at", "max": "90m"},
        {"seen_at": "2026-11-23T07:00:00Z"},
        "submission.seen_at is 2 hours 15 minutes old, acme takes returns up to 1 hour 30 minutes",
    ),
    "a template": (
        {"of": "{{ submission.seen_at | default('2026-11-01') }}", "max": "1d"},
        {},
        "{{ submission.seen_at | default('2026-11-01') }} is 22 days 9 hours old, acme takes returns up to 1 day",
    ),
    "missing": ("7d", {}, "submission.timestamp is blank, acme takes returns up to 7 days"),
    "blank": ("7d", {"timestamp": " "}, "submission.timestamp is blank, acme takes returns up to 7 days"),
    **{
        f"unreadable {value!r}": (
            "7d",
            {"timestamp": value},
            f"submission.timestamp is no date in ISO 8601 ({shown}), acme takes returns up to 7 days",
        )
        for value, shown in (
            ("yesterday", "yesterday"),
            ("11/20/2026", "11/20/2026"),
            ("20261120", "20261120"),
            ("2026-02-30", "2026-02-30"),
            ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
            (1790000000, "1790000000"),
            (True, "true"),
            (["2026-11-20"], "2026-11-20"),
            ({"at": "2026-11-20"}, "an object"),
        )
    },
}


@pytest.mark.parametrize(("conf", "submission", "reason"), VETOES.values(), ids=VETOES.keys())
async def test_veto(ask: Ask, conf: Any, submission: dict[str, Any], reason: str) -> None:
    """A veto says how old and how old it may be; a timestamp that is blank or unreadable is a veto that says so."""
    found = await ask("max_age", conf, submission=submission)
    assert isinstance(found, Veto)
    assert found.reason == reason


async def test_required_parks(ask: Ask) -> None:
    """A template that demands a value that is blank leaves the event to a person."""
    conf = {"of": "{{ lead.sold_at | required }}", "max": "7d"}
    assert Park("the age cannot be told: lead.sold_at is required, and is blank") == await ask(
        "max_age", conf
    )


async def test_endless(ask: Ask) -> None:
    """An age beyond the calendar is no deadline that breaks anything."""
    verdict = await ask("max_age", "99999999999999999999d", submission={"timestamp": "2026-11-20"})
    assert Pass(datetime.max.replace(tzinfo=UTC)) == verdict


@pytest.mark.parametrize(
    ("conf", "place", "text"),
    [
        (
            "seven",
            ("max",),
            "seven is not a duration (write a number with its unit: 500ms, 30s, 5m, 2h, 14d)",
        ),
        (7, ("max",), "7 is not a duration (write a number with its unit: 500ms, 30s, 5m, 2h, 14d)"),
        (
            {"of": "the lead", "max": "7d"},
            ("of",),
            "'the lead' is not a variable path (write one such as lead.state, or a template: "
            "\"{{ lead['first-name'] }}\")",
        ),
    ],
)
def test_fault(conf: Any, place: tuple[str, ...], text: str) -> None:
    """What the conf may not write is said at its key."""
    with pytest.raises(ValidationError) as caught:
        MaxAge.model_validate(conf)
    [fault] = caught.value.errors()
    assert (place, f"Value error, {text}") == (fault["loc"], fault["msg"])


@pytest.mark.parametrize("conf", ["7d", {"max": "7d"}, {"of": "lead.sold_at", "max": "36h"}])
def test_schema(conf: Any) -> None:
    """The JSON Schema takes both forms."""
    jsonschema.Draft202012Validator(MaxAge.model_json_schema()).validate(conf)
    MaxAge.model_validate(conf)
