"""cap: the calendar that it counts by, and what it says."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway import Defer, Pass, Verdict, Veto, Voice
from plugins.criteria.cap import Cap
from tests.plugins.criteria.conftest import NOW

Ask = Callable[..., Awaitable[Verdict]]


@dataclass
class Counted:
    """A past with so many deliveries, some of them in flight. since: from when on they were counted."""

    delivered: int
    in_flight: int = 0
    since: list[datetime] = field(default_factory=list)

    async def deliveries(self, since: datetime) -> int:
        self.since.append(since)
        return self.delivered + self.in_flight

    async def voices(self) -> tuple[Voice, ...]:
        return ()

    async def given(self, mark: str) -> Voice | None:
        return None


@pytest.mark.parametrize(
    ("delivered", "in_flight", "verdict"),
    [
        (0, 0, Pass()),
        (47, 2, Pass()),
        (49, 1, Defer(NOW + timedelta(seconds=1), "the last of 50 places per day are taken by events that are on their way", "50 per day", 50)),
        (50, 0, Veto("acme takes 50 returns per day, and has had 50", "50 per day", 50)),
        (50, 3, Veto("acme takes 50 returns per day, and has had 50", "50 per day", 50)),
        (80, 0, Veto("acme takes 50 returns per day, and has had 80", "50 per day", 80)),
    ],
)  # fmt: skip
async def test_verdict(ask: Ask, delivered: int, in_flight: int, verdict: Verdict) -> None:
    """Delivered ones veto, those in flight defer, and a cap that was lowered vetoes at once."""
    assert verdict == await ask("cap", "50/day", past=Counted(delivered, in_flight))


@pytest.mark.parametrize(
    ("per", "timezone", "until"),
    [
        ("hour", "UTC", "2026-11-23T10:00:00Z"),
        ("day", "UTC", "2026-11-24T00:00:00Z"),
        ("day", "America/New_York", "2026-11-24T05:00:00Z"),
        ("week", "UTC", "2026-11-30T00:00:00Z"),
        ("month", "America/New_York", "2026-12-01T05:00:00Z"),
    ],
)
async def test_defer(ask: Ask, per: str, timezone: str, until: str) -> None:
    """With `then: defer`, what comes over the cap waits for the first moment that has places again."""
    conf = {"max": 50, "per": per, "timezone": timezone, "then": "defer"}
    said = f"acme takes 50 returns per {per}, and has had 50: it waits for the next"
    expected = Defer(datetime.fromisoformat(until), said, f"50 per {per}", 50)
    assert expected == await ask("cap", conf, past=Counted(50, 3))
    assert await ask("cap", conf, past=Counted(47, 2)) == Pass()
    waiting = await ask("cap", conf, past=Counted(49, 1))
    assert isinstance(waiting, Defer)
    assert waiting.until == NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "per", "timezone", "since"),
    [
        ("2026-11-25T09:15:00Z", "hour", "UTC", "2026-11-25T09:00:00Z"),
        ("2026-11-25T09:15:00Z", "day", "UTC", "2026-11-25T00:00:00Z"),
        ("2026-11-25T09:15:00Z", "week", "UTC", "2026-11-23T00:00:00Z"),
        ("2026-11-29T23:59:59Z", "week", "UTC", "2026-11-23T00:00:00Z"),
        ("2026-11-25T09:15:00Z", "month", "UTC", "2026-11-01T00:00:00Z"),
        ("2026-11-25T04:15:00Z", "day", "America/New_York", "2026-11-24T05:00:00Z"),
        ("2026-12-01T04:15:00Z", "month", "America/New_York", "2026-11-01T04:00:00Z"),
        ("2026-11-25T09:15:00Z", "hour", "Asia/Kolkata", "2026-11-25T08:30:00Z"),
        # Clocks go back on 1 November: the day has 25 hours, and the hour from 1 to 2 comes twice.
        ("2026-11-01T05:30:00Z", "hour", "America/New_York", "2026-11-01T05:00:00Z"),
        ("2026-11-01T06:30:00Z", "hour", "America/New_York", "2026-11-01T06:00:00Z"),
        ("2026-11-02T04:59:59Z", "day", "America/New_York", "2026-11-01T04:00:00Z"),
        # In Cairo they went forward at midnight: the day begins at one.
        ("2026-04-24T10:00:00Z", "day", "Africa/Cairo", "2026-04-23T22:00:00Z"),
    ],
)
async def test_since(ask: Ask, now: str, per: str, timezone: str, since: str) -> None:
    """It counts by the calendar of its time zone, from the first moment on."""
    past = Counted(0)
    after = datetime.fromisoformat(now) - NOW
    await ask("cap", {"max": 1, "per": per, "timezone": timezone}, after, past=past)
    assert past.since == [datetime.fromisoformat(since)]


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["hour", "day", "week", "month"]),
    st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"]),
)
def test_the_time_that_is_counted_holds_the_present_moment(now: datetime, per: str, timezone: str) -> None:
    """Its first moment is never ahead, never further back than its length, and the same for all of it."""
    cap = Cap.model_validate({"max": 1, "per": per, "timezone": timezone})
    since = cap.since(now)
    longest = {"hour": timedelta(hours=1, minutes=30), "day": timedelta(hours=49), "week": timedelta(days=9)}
    assert since <= now
    assert now - since <= longest.get(per, timedelta(days=33))
    assert cap.since(since) == since


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["hour", "day", "week", "month"]),
    st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"]),
)
@example(datetime(2026, 4, 4, 15, 15, tzinfo=UTC), "hour", "Australia/Lord_Howe")  # an hour of 90 minutes
@example(datetime(2011, 12, 29, 20, 0, tzinfo=UTC), "day", "Pacific/Apia")  # a day before one that never was
def test_what_waits_finds_the_count_begun_anew(now: datetime, per: str, timezone: str) -> None:
    """The moment that it waits for is ahead, has a count of its own, and is the first that has."""
    cap = Cap.model_validate({"max": 1, "per": per, "timezone": timezone, "then": "defer"})
    until = cap.until(now)
    assert now < until
    assert cap.since(now) < cap.since(until) == until
    if timezone != "Australia/Lord_Howe":  # whose clock is put forward by half an hour
        assert cap.since(until - timedelta(seconds=1)) == cap.since(now)


@pytest.mark.parametrize(
    ("conf", "place", "text"),
    [
        ("50", (), "Value error, 50 is no cap (write 50/day, or {max: 50, per: day, timezone: ...})"),
        (50, (), "Value error, 50 is no cap (write 50/day, or {max: 50, per: day, timezone: ...})"),
        ("50/fortnight", ("per",), "Input should be 'hour', 'day', 'week' or 'month'"),
        ({"max": 5, "per": "day", "then": "wait"}, ("then",), "Input should be 'veto' or 'defer'"),
        ({"max": 5, "per": "day", "timezone": "CDT"}, ("timezone",), "Value error, CDT is no time zone (did you mean 'America/Chicago'?)"),
        ("0/day", ("max",), "Input should be greater than or equal to 1"),
        ({"max": 5, "per": "day", "timezone": "Europe/Berln"}, ("timezone",), "Value error, Europe/Berln is no time zone (did you mean 'Europe/Berlin'?)"),
        ({"max": 5, "per": "day", "timezone": "+01:00"}, ("timezone",), "Value error, +01:00 is no time zone (write its IANA name, such as America/New_York)"),
    ],
)  # fmt: skip
def test_fault(conf: Any, place: tuple[str, ...], text: str) -> None:
    """What the conf may not write is said at its key."""
    with pytest.raises(ValidationError) as caught:
        Cap.model_validate(conf)
    [fault] = caught.value.errors()
    assert (place, text) == (fault["loc"], fault["msg"])


@pytest.mark.parametrize(
    "conf", ["50/day", "50 per month", {"max": 1, "per": "hour", "timezone": "UTC", "then": "defer"}]
)
def test_schema(conf: Any) -> None:
    """The JSON Schema takes both forms."""
    jsonschema.Draft202012Validator(Cap.model_json_schema()).validate(conf)
    Cap.model_validate(conf)
