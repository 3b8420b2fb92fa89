"""Dates in a `format`: read exactly as the pattern says, never guessed, and what is ambiguous is refused at load."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.criteria.rules.shapes import Shape

READ: dict[str, tuple[str, Any, Any]] = {
    "American": ("MM/dd/yyyy", "11/20/2026", date(2026, 11, 20)),
    "few digits": ("M/d/yyyy", "1/2/2026", date(2026, 1, 2)),
    "few digits, written as two": ("M/d/yyyy", "01/02/2026", date(2026, 1, 2)),
    "German": ("d. MMMM yyyy", "20. November 2026", date(2026, 11, 20)),
    "a short month in any case": ("d MMM y", "1 SEP 2026", date(2026, 9, 1)),
    "packed": ("yyyyMMdd", "20261120", date(2026, 11, 20)),
    "a number": ("yyyyMMdd", 20261120, date(2026, 11, 20)),
    "a moment is in UTC": ("dd.MM.yyyy HH:mm", "20.11.2026 14:02", datetime(2026, 11, 20, 14, 2, tzinfo=UTC)),
    "an offset": (
        "yyyy/MM/dd HH:mm:ssXXX",
        "2026/11/20 14:02:11+02:00",
        datetime(2026, 11, 20, 12, 2, 11, tzinfo=UTC),
    ),
    "in the afternoon": ("MM/dd/yyyy hh:mm a", "11/20/2026 02:30 pm", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
    "a day of the week": ("EEE, d MMM yyyy", "Fri, 20 Nov 2026", date(2026, 11, 20)),
    "a time": ("HHmm", "0830", time(8, 30)),
    "text in it": ("'sold on' dd.MM.yyyy", "sold on 20.11.2026", date(2026, 11, 20)),
    "a percent sign": ("'%d' dd.MM.yyyy", "%d 20.11.2026", date(2026, 11, 20)),
}  # fmt: skip
LEFT = {
    "too few digits": ("MM/dd/yyyy", "1/2/2026"),
    "too many digits": ("M/d/yyyy", "001/2/2026"),
    "a day that is not": ("MM/dd/yyyy", "02/30/2026"),
    "more behind it": ("MM/dd/yyyy", "11/20/2026 10:00"),
    "other digits": ("MM/dd/yyyy", "١١/٢٠/٢٠٢٦"),
    "digits in another order": ("yyyyMMdd", "20262011"),
    "no text": ("MM/dd/yyyy", ["11/20/2026"]),
    "blank": ("MM/dd/yyyy", None),
    "beyond the calendar": ("yyyy/MM/dd HH:mmXXX", "9999/12/31 23:59-12:00"),
}
REFUSED = {
    "": " is not the format of a date (write such as MM/dd/yyyy)",
    "MM/dd/yy": "the format 'MM/dd/yy' leaves the century to a guess (write yyyy)",
    "MM/dd/YYYY": "the format 'MM/dd/YYYY' has YYYY, which cannot be read (write yyyy)",
    "Mdyyyy": "the format 'Mdyyyy' runs digits of unknown number together (write MM, dd, HH)",
    "yyyyMMddH": "the format 'yyyyMMddH' runs digits of unknown number together (write MM, dd, HH)",
    "MM/DD/yyyy": "the format 'MM/DD/yyyy' has DD, which cannot be read (write dd)",
    "mm/dd/yyyy": "the format 'mm/dd/yyyy' asks for minutes beside a date (write MM for the month)",
    "yyyy-mm-dd HH:mm": "the format 'yyyy-mm-dd HH:mm' asks for minutes beside a date (write MM for the month)",
    "MM/yyyy": "the format 'MM/yyyy' names no whole day (write year, month and day once each)",
    "dd/MM/yyyy d": "the format 'dd/MM/yyyy d' names no whole day (write year, month and day once each)",
    "dd/MM/yyyy w": "the format 'dd/MM/yyyy w' has w, which cannot be read "
    "(there is: yyyy, y, MM, M, MMM, MMMM, dd, d, E, EEE, EEEE, HH, H, hh, h, mm, ss, SSS, a, Z, XX, XXX)",
    "MM/dd/yyyy hh:mm": "the format 'MM/dd/yyyy hh:mm' does not tell morning from evening (write HH, or hh with a)",
    "yyyy-dd-MM": "'yyyy-dd-MM' looks like ISO 8601 and means another day (write yyyy-MM-dd)",
}  # fmt: skip


@pytest.mark.parametrize(("pattern", "written", "meant"), READ.values(), ids=READ.keys())
def test_read(pattern: str, written: Any, meant: Any) -> None:
    """What is written in the shape is the day, moment or time that it says."""
    assert Shape.compile(pattern).read(written) == meant


@pytest.mark.parametrize(("pattern", "value"), LEFT.values(), ids=LEFT.keys())
def test_left_as_it_is(pattern: str, value: Any) -> None:
    """What is not exactly in the shape is left as it is, for whoever reads ISO dates."""
    assert Shape.compile(pattern).read(value) is value


@pytest.mark.parametrize(("pattern", "sentence"), REFUSED.items(), ids=REFUSED.keys())
def test_refused(pattern: str, sentence: str) -> None:
    """A pattern that names no day, or could be read in two ways, is refused with what would be right."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011  the sentence is compared whole
        Shape.compile(pattern)
    assert str(refused.value) == sentence


@settings(max_examples=50)
@given(
    st.dates(date(1000, 1, 1)),
    st.sampled_from(["MM/dd/yyyy", "d. MMMM yyyy", "yyyyMMdd", "EEEE, d MMM y"]),
)
def test_what_a_library_writes_is_read_back(day: date, pattern: str) -> None:
    """The same pattern in a template's `date` writes what is read here."""
    assert Shape.compile(pattern).read(format_date(day, pattern, locale="en")) == day
