"""hours: open or closed by the clock on the wall, also where that clock is changed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway import Defer, Pass, Verdict
from plugins.criteria.hours import Hours
from tests.plugins.criteria.conftest import NOW

Ask = Callable[..., Awaitable[Verdict]]
OFFICE = {
    "days": ["Mon", "Tue", "Wed", "Thu", "Fri"],
    "between": "08:30-16:45",
    "timezone": "America/New_York",
}
NIGHT = {"days": ["Fri", "Sat"], "between": "22:00-06:00"}
LUNCH = {"days": "Mon-Fri", "between": ["0830-12:00", "13:00 to 16:45"]}


@pytest.mark.parametrize(
    ("conf", "now", "opening"),
    [
        ("08:30-16:45", "2026-11-23T08:30:00Z", None),
        ("08:30-16:45", "2026-11-23T16:44:59.999Z", None),
        ("08:30-16:45", "2026-11-23T16:45:00Z", "2026-11-24T08:30:00Z"),
        ("08:30-16:45", "2026-11-23T08:29:59Z", "2026-11-23T08:30:00Z"),
        ("00:00-24:00", "2026-11-23T23:59:59Z", None),
        ({"days": ["Sun"], "between": "00:00-24:00"}, "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z"),
        (OFFICE, "2026-11-23T13:30:00Z", None),
        (OFFICE, "2026-11-23T13:29:00Z", "2026-11-23T13:30:00Z"),
        (OFFICE, "2026-11-27T21:45:00Z", "2026-11-30T13:30:00Z"),
        # Clocks go forward on 8 March 2026: Monday opens an hour earlier by UTC than Friday did.
        (OFFICE, "2026-03-06T22:00:00Z", "2026-03-09T12:30:00Z"),
        (NIGHT, "2026-11-27T21:59:00Z", "2026-11-27T22:00:00Z"),
        (NIGHT, "2026-11-28T05:59:00Z", None),
        (NIGHT, "2026-11-29T05:59:00Z", None),
        (NIGHT, "2026-11-30T05:59:00Z", "2026-12-04T22:00:00Z"),
        (LUNCH, "2026-11-23T12:30:00Z", "2026-11-23T13:00:00Z"),
        (LUNCH, "2026-11-23T11:59:00Z", None),
        # The hour from 2 to 3 is left out on 8 March, and the one from 1 to 2 comes twice on 1 November.
        ({"between": "02:00-03:00", "timezone": "America/New_York"}, "2026-03-08T05:00:00Z", "2026-03-09T06:00:00Z"),
        ({"between": "02:30-05:00", "timezone": "America/New_York"}, "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"),
        ({"between": "01:00-01:30", "timezone": "America/New_York"}, "2026-11-01T05:30:00Z", "2026-11-01T06:00:00Z"),
        ({"between": "01:00-01:30", "timezone": "America/New_York"}, "2026-11-01T06:10:00Z", None),
    ],
)  # fmt: skip
async def test_opening(ask: Ask, conf: Any, now: str, opening: str | None) -> None:
    """It passes while the source is open, its last moment excluded, and else waits for the very next opening."""
    found = await ask("hours", conf, datetime.fromisoformat(now) - NOW)
    if opening is None:
        assert found == Pass()
    else:
        assert isinstance(found, Defer)
        assert found.until == datetime.fromisoformat(opening)


async def test_the_reason_says_when_it_is_open(ask: Ask) -> None:
    """In the operator's words, with the day and time that it saw there."""
    assert await ask("hours", OFFICE) == Defer(
        datetime(2026, 11, 23, 13, 30, tzinfo=UTC),
        "acme is closed now (open Mon, Tue, Wed, Thu, Fri 08:30-16:45 America/New_York)",
        "open Mon, Tue, Wed, Thu, Fri 08:30-16:45 America/New_York",
        "Mon 04:15",
    )
    found = await ask("hours", {"between": ["22:00-06:00", "12:00-24:00"]}, timedelta(hours=-1))
    assert isinstance(found, Defer)
    assert found.rule == "open every day 22:00-06:00 and 12:00-24:00 UTC"


ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"]
MINUTES = st.integers(0, 1439)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


WINDOWS = st.tuples(MINUTES, MINUTES).filter(lambda pair: pair[0] != pair[1])
CONFS = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]), min_size=1),
        "between": st.lists(
            WINDOWS.map(lambda pair: f"{clock(pair[0])}-{clock(pair[1])}"), min_size=1, max_size=3
        ),
        "timezone": st.sampled_from(ZONES),
    }
)
# Years with every kind of clock change there, a skipped day in Apia among them.
MOMENTS = st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def says_the_wall(conf: dict[str, Any], now: datetime) -> bool:
    """Whether it is open by the clock on the wall, told in the plainest way."""
    local = now.astimezone(ZoneInfo(conf["timezone"]))
    time = local.strftime("%H:%M")
    today, yesterday = local.strftime("%a"), (local.replace(tzinfo=None) - timedelta(days=1)).strftime("%a")
    for window in conf["between"]:
        start, end = window.split("-")
        if start < end:
            if today in conf["days"] and start <= time < end:
                return True
        elif (today in conf["days"] and time >= start) or (yesterday in conf["days"] and time < end):
            return True
    return False


@given(CONFS, MOMENTS)
def test_never_into_a_closed_moment(conf: dict[str, Any], now: datetime) -> None:
    """Open is what the wall says; what is deferred finds it open, within nine days, and never before now."""
    hours = Hours.model_validate(conf)
    assert hours.is_open(now) == says_the_wall(conf, now)
    opening = hours.opening(now)
    assert opening is not None
    assert now < opening <= now + timedelta(days=15)
    assert says_the_wall(conf, opening)


@given(CONFS, MOMENTS, st.floats(0, 1, exclude_max=True))
def test_no_opening_is_slept_through(conf: dict[str, Any], now: datetime, share: float) -> None:
    """Between a closed moment and the opening that it waits for, it is closed, whatever a clock change does."""
    hours = Hours.model_validate(conf)
    opening = hours.opening(now)
    if hours.is_open(now) or opening is None:
        return
    between = min(now + (opening - now) * share, opening - timedelta(microseconds=1))
    assert not hours.is_open(between)


@pytest.mark.parametrize(
    ("conf", "now", "opening"),
    [
        ({"between": "02:30-09:00", "days": "Sun", "timezone": "America/New_York"}, "2026-03-08T06:30", "2026-03-08T07:00"),
        ({"between": "02:30-03:30", "timezone": "America/New_York"}, "2026-03-08T01:41", "2026-03-08T07:00"),
        ({"between": "01:45-01:30", "days": "Sat", "timezone": "Europe/Dublin"}, "2026-10-25T00:35", "2026-10-25T01:00"),
    ],
)  # fmt: skip
def test_a_clock_change_may_open(conf: dict[str, Any], now: str, opening: str) -> None:
    """A clock put forward into a window, or back into one that goes past midnight, opens it then."""
    hours = Hours.model_validate(conf)
    asked = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert hours.opening(asked) == datetime.fromisoformat(opening).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("conf", "place", "text"),
    [
        ({"between": "8-9"}, "between", "8-9 is no span of time (write it as 08:30-16:45, from 00:00 to 24:00)"),
        ({"between": "08:30-25:00"}, "between", "08:30-25:00 holds a time that there is not (write it as 08:30-16:45, from 00:00 to 24:00)"),
        ({"between": "08:60-09:00"}, "between", "08:60-09:00 holds a time that there is not (write it as 08:30-16:45, from 00:00 to 24:00)"),
        ({"between": "08:30-08:30"}, "between", "08:30-08:30 is over at once (write 00:00-24:00 for a whole day)"),
        ({"between": []}, "between", "no time stands here (write it as 08:30-16:45, from 00:00 to 24:00)"),
        ({"between": "08:00-09:00", "days": "Mo"}, "days", "Mo is no day (did you mean 'Mon'?)"),
        ({"between": "08:00-09:00", "days": ["Fry"]}, "days", "Fry is no day (did you mean 'Fri'?)"),
        ({"between": "08:00-09:00", "days": ["Tues"]}, "days", "Tues is no day (did you mean 'Tue'?)"),
        ({"between": "08:00-09:00", "days": "xyz"}, "days", "xyz is no day (there is: Mon, Tue, Wed, Thu, Fri, Sat, Sun)"),
        ({"between": "08:00-09:00", "days": "weekdays"}, "days", "weekdays is no day (write Mon-Fri)"),
        ({"between": "08:00-09:00", "days": "Mon, Tue"}, "days", "Mon, Tue is no day (write several as a list: [Mon, Wed])"),
        ({"between": "08:00-09:00", "timezone": "CST"}, "timezone", "CST is no time zone (did you mean 'America/Chicago'?)"),
        ({"between": "08:00-09:00", "timezone": "EST"}, "timezone", "EST is no time zone (did you mean 'America/New_York'?)"),
        ({"between": "08:00-09:00", "timezone": "Pacific Time"}, "timezone", "Pacific Time is no time zone (did you mean 'America/Los_Angeles'?)"),
        ({"between": "08:00-09:00", "days": []}, "days", "no day stands here (write each behind a dash, or leave `days` out for all)"),
        ({"between": "08:00-09:00", "days": [1]}, "days", "1 is no day (write Mon, Tue, Wed, Thu, Fri, Sat or Sun)"),
        ({"between": "08:00-09:00", "timezone": "berlin"}, "timezone", "berlin is no time zone (did you mean 'Europe/Berlin'?)"),
        (830, "between", "830 is no span of time (write it as 08:30-16:45, from 00:00 to 24:00)"),
    ],
)  # fmt: skip
def test_fault(conf: Any, place: str, text: str) -> None:
    """What the conf may not write is said at its key, with what would be right."""
    with pytest.raises(ValidationError) as caught:
        Hours.model_validate(conf)
    [fault] = caught.value.errors()
    assert ((place,), f"Value error, {text}") == (fault["loc"], fault["msg"])


@pytest.mark.parametrize("days", ["Mon-Wed", "Monday to Wednesday", "mon – wed", ["Wed", "monday", "Tue"]])
def test_days_may_be_written_out(days: Any) -> None:
    """English names in full are days, in any case, and a span has a dash or `to`."""
    assert Hours.model_validate({"between": "08:00-09:00", "days": days}).days == (0, 1, 2)


@pytest.mark.parametrize(
    "conf", ["08:30-16:45", OFFICE, NIGHT, LUNCH, {"between": "22:00-06:00", "days": "Fri-Mon"}]
)
def test_schema(conf: Any) -> None:
    """The JSON Schema takes every form that the plugin takes."""
    jsonschema.Draft202012Validator(Hours.model_json_schema()).validate(conf)
    Hours.model_validate(conf)
