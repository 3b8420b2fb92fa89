"""Durations and rates, as conf keys are written."""

import re

import pytest
from pydantic import TypeAdapter

from gateway.settings import Duration, Rate, duration, rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("30s", 30),
        ("30 sec", 30),
        ("1 second", 1),
        ("5m", 300),
        ("5 minutes", 300),
        ("2 hours", 7200),
        ("1 day", 86400),
        ("14 days", 14 * 86400),
        ("2 weeks", 14 * 86400),
    ],
)
def test_a_unit_is_a_letter_or_a_word(text, seconds):
    """Both are read, and the JSON Schema allows both."""
    assert duration(text) == seconds
    assert re.search(TypeAdapter(Duration).json_schema()["pattern"], text)


@pytest.mark.parametrize("text", ["", "5", "5 fortnights", "-1s", "1 d a y", "5 month", "5 M", "٥s"])
def test_anything_else_is_refused(text):
    """In both places."""
    with pytest.raises(ValueError, match="is not a duration"):
        duration(text)
    assert not re.search(TypeAdapter(Duration).json_schema()["pattern"], text)


@pytest.mark.parametrize(
    ("text", "times", "seconds"),
    [("10/s", 10, 1), ("600/m", 600, 60), ("1000 / h", 1000, 3600), ("1/s", 1, 1)],
)
def test_a_rate_is_a_number_and_its_unit(text, times, seconds):
    """It is read, the JSON Schema allows it, and it is shown as it is written in the docs."""
    found = rate(text)
    assert (found.times, found.seconds, str(found)) == (times, seconds, text.replace(" ", ""))
    assert re.search(TypeAdapter(Rate).json_schema()["pattern"], text)
    assert rate(found) == found


@pytest.mark.parametrize(
    "text", ["", "10", "0/s", "-1/s", "1.5/s", "10/d", "10/second", "10 per s", "1000000/s", "٥/s"]
)
def test_anything_else_is_no_rate(text):
    """In both places."""
    with pytest.raises(ValueError, match="is not a rate"):
        rate(text)
    assert not re.search(TypeAdapter(Rate).json_schema()["pattern"], text)
