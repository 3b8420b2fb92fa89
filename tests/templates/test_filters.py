"""What holds of filters and does not fit a row of the golden files: dates that are none of JSON, bounds, blanks."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RenderError
from gateway.templates import Template
from gateway.templates.filters import FILTERS

TABLES = {"reasons": {"Wrong number": "01", "dup": 7}}
CALLS = {
    "replace": "replace('a', 'b')",
    "substring": "substring(1)",
    "extract": "extract('a')",
    "date": "date('iso')",
    "number": "number('0')",
    "phone": "phone('e164')",
    "hmac": "hmac('sha256', 'k' ~ 1)",
}


def apply(value, call, **more):
    return Template.compile(f"{{{{ x | {call} }}}}", TABLES).render({"x": value, **more})


@pytest.mark.parametrize(
    ("value", "call", "made"),
    [
        (datetime(2026, 11, 23, 9, 15, tzinfo=UTC), "date('MM/dd/yyyy')", "11/23/2026"),
        (date(2026, 11, 23), "date('MM/dd/yyyy')", "11/23/2026"),
        (10**999, "number('#,##0') | length", 1333),
        (Decimal("1E-900"), "number('0.00')", "0.00"),
    ],
)
def test_filter_makes(value, call, made):
    """Moments are dates, and numbers of any length are written whole."""
    assert apply(value, call) == made


@pytest.mark.parametrize(
    ("value", "call", "sentence"),
    [
        (
            "9" * 1001,
            "int",
            f"'{'9' * 40}…' is not a number (write digits with at most one dot, such as 12.75)",
        ),
        (Decimal("1E+3000"), "round", "a number has more than 1,000 digits"),
        (Decimal("1E+3000"), "number('0')", "a number has more than 1,000 digits"),
        (
            "5" * 300,
            "phone('e164', country='US')",
            f"'{'5' * 40}…' is no phone number in US (default= stands in for it)",
        ),
        ("a" * 1001, "extract('a')", "the pattern a matches more than 1,000 times (narrow it)"),
        ("\ud800", "base64", "the text holds a lone surrogate (it cannot be written as UTF-8)"),
        ("\ud800", "urlencode", "the text holds a lone surrogate (it cannot be written as UTF-8)"),
        ("\ud800", "md5", "the text holds a lone surrogate (it cannot be written as UTF-8)"),
    ],
)
def test_what_cannot_be_done_parks_with_a_sentence(value, call, sentence):
    """A value that a filter cannot work on is a RenderError that says so; nothing is guessed."""
    with pytest.raises(RenderError) as caught:
        apply(value, call)
    assert str(caught.value) == sentence


def test_one_template_looks_up_many_values():
    """A compiled lookup answers every event alike, whatever the case it was asked in before."""
    template = Template.compile("{{ x | lookup('reasons', default='99') }}", TABLES)
    made = [template.render({"x": value}) for value in ("DUP", "Wrong Number", "dup", "?")]
    assert made == [7, "01", 7, "99"]


@pytest.mark.parametrize("name", sorted(set(FILTERS) - {"required", "length", "json", "default"}))
def test_blank_stays_blank(name):
    """A missing value goes through every filter and is still missing."""
    assert apply(None, CALLS.get(name, name)) is None


@given(st.decimals(-(10**30), 10**30, allow_nan=False, places=4))
def test_a_number_keeps_its_digits(value):
    """A plain pattern with as many places as a number has writes exactly that number."""
    assert Decimal(apply(value, "number('0.0000')")) == value


@given(st.integers(0, 999_999), st.integers(1, 9))
def test_fractions_of_a_second_are_cut_off(microsecond, places):
    """However many digits are asked for, they are the first ones of the moment: never rounded up to another second."""
    at = datetime(2026, 11, 23, 9, 15, 7, microsecond, tzinfo=UTC)
    assert apply(at, f"date('ss.{'S' * places}')") == f"07.{f'{microsecond:06d}000'[:places]}"


@given(st.text(max_size=30) | st.integers() | st.from_regex(r"\+?[0-9 ()/.-]{5,18}", fullmatch=True))
def test_a_phone_number_is_the_same_when_written_again(value):
    """What is written as e164 is read as the same number; what is no number always parks, or has its default."""
    made = apply(value, "phone('e164', country='US', default='none')")
    assert made in (None, "none") or apply(made, "phone('e164')") == made
