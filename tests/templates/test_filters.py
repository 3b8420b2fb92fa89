"""Every filter: what it makes of which value, and of a blank one."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from gateway.errors import RenderError
from gateway.templates import Template
from gateway.templates.filters import FILTERS

AT = "2026-11-23T09:15:07.250Z"
TABLES = {"reasons": {"Wrong number": "01", "dup": 7, "none": None, "5": "five"}, "nested": {"a": {"b": 1}}}
MADE = set()


def apply(value, call):
    MADE.add(call.partition("(")[0].strip())
    return Template.compile(f"{{{{ x | {call} }}}}", TABLES).render({"x": value, "l": ["a"], "n": 3})


@pytest.mark.parametrize(
    ("value", "call", "made"),
    [
        ("ZOË", "lower", "zoë"),
        (True, "lower", "true"),
        ("straße", "upper", "STRASSE"),
        ("joe o'neil-smith (jr)", "title", "Joe O'neil-Smith (Jr)"),
        ("  a b\n", "trim", "a b"),
        ("512-555-1212", "replace('-', '')", "5125551212"),
        ("aaa", "replace('a', 'bb')", "bbbbbb"),
        (7, "replace(7, 8)", "8"),
        (["a", None, 1, Decimal("2.50"), False], "join(', ')", "a, 1, 2.50, false"),
        (["a", "b"], "join", "ab"),
        ([], "join('-')", ""),
        ("abc", "join('-')", "abc"),
        ("", "default('x')", "x"),
        (" ", "default('x')", "x"),
        (0, "default('x')", 0),
        (0, "default('x', true)", "x"),
        (None, "default(n)", 3),
        (["a", "b"], "first", "a"),
        ("abc", "first", "a"),
        ([], "first", None),
        (["a", "b"], "last", "b"),
        ({"a": 1}, "last", None),
        (["a", None], "length", 2),
        ("Zoë", "length", 3),
        (None, "length", 0),
        ({"a": 1}, "length", 1),
        (Decimal("2.5"), "round", 3),
        (Decimal("-2.5"), "round", -3),
        (Decimal("12.345"), "round(2)", Decimal("12.35")),
        (7, "round(2)", Decimal("7.00")),
        (1234, "round(-2)", 1200),
        (Decimal("2.1"), "round(method='ceil')", 3),
        (Decimal("2.9"), "round(0, 'floor')", 2),
        ("12.5", "round", 13),
        ("12.9", "int", 12),
        (Decimal("-12.9"), "int", -12),
        ("9007199254740993", "int", 9007199254740993),
        ("x", "int(0)", 0),
        ("", "int(5)", 5),
        ("12.75", "float", Decimal("12.75")),
        ("0.1", "float", Decimal("0.1")),
        ("1e3", "float", Decimal("1E+3")),
        ("x", "float(default=1)", 1),
        (-7, "abs", 7),
        (Decimal("-7.50"), "abs", Decimal("7.50")),
        ("5125551212", "substring(1, 3)", "512"),
        ("5125551212", "substring(4)", "5551212"),
        ("abc", "substring(2, 99)", "bc"),
        ("abc", "substring(9)", ""),
        (5125551212, "substring('1', n)", "512"),
        ("a1 b22", "extract('[0-9]+')", "1 22"),
        ("id=7; id=8", "extract('ID=(.)')", "7 8"),
        ("abc", "extract('[0-9]')", None),
        ("a", "required", "a"),
        ("Wrong number", "lookup('reasons')", "01"),
        ("wrong NUMBER ", "lookup('reasons')", "01"),
        ("DUP", "lookup('reasons')", 7),
        (5, "lookup('reasons')", "five"),
        ("other", "lookup('reasons')", None),
        ("other", "lookup('reasons', default='99')", "99"),
        ("other", "lookup('reasons', '99')", "99"),
        ("a", "lookup('nested')", {"b": 1}),
        ("joe@example.com", "md5", "f5b8fb60c6116331da07c65b96a8a1d1"),
        ("abc", "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("abc", "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("c", "sha256(salt='ab')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("abc", "sha1(encoding='base64')", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
        (
            "abc",
            "sha384",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            "abc",
            "sha512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        ("Zoë", "base64", "Wm/Dqw=="),
        ("a b/c&ë~", "urlencode", "a%20b%2Fc%26%C3%AB~"),
        ({"a": [1, Decimal("12.75"), "ë", None]}, "json", '{"a":[1,12.75,"ë",null]}'),
        (None, "json", "null"),
    ],
)
def test_filter_makes(value, call, made):
    """Each filter does what the reference says, and gives JSON values."""
    found = apply(value, call)
    assert found == made
    assert type(found) is type(made)


@pytest.mark.parametrize(
    ("value", "call", "made"),
    [
        (AT, "date('yyyy-MM-dd')", "2026-11-23"),
        (AT, "date('EEEE')", "Monday"),
        (AT, "date('EEEE', locale='de')", "Montag"),
        (AT, "date('d. MMMM', locale='fr-CA')", "23. novembre"),
        (AT, "date('HHmm', timezone='America/New_York')", "0415"),
        (
            AT,
            "date(\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\", timezone='Europe/Berlin')",
            "2026-11-23T10:15:07.250+01:00",
        ),
        (AT, "date('iso')", "2026-11-23T09:15:07Z"),
        (AT, "date('iso', timezone='Europe/Berlin')", "2026-11-23T10:15:07+01:00"),
        (AT, "date('epoch')", 1795425307),
        (AT, "date('epoch_ms')", 1795425307250),
        ("2026-11-23T09:15:07+02:00", "date('iso')", "2026-11-23T09:15:07+02:00"),
        (" 20261123T091507Z ", "date('HH:mm')", "09:15"),
        ("2026-11-23 09:15", "date('iso')", "2026-11-23T09:15:00Z"),
        ("2026-11-23 09:15", "date('iso', timezone='America/New_York')", "2026-11-23T09:15:00-05:00"),
        ("2026-11-23", "date('yyyy-MM-dd', timezone='America/New_York')", "2026-11-23"),
        ("2026-07-01", "date('epoch', timezone='Europe/Berlin')", 1782856800),
        ("1969-12-31T23:59:59.500Z", "date('epoch')", -1),
        (datetime(2026, 11, 23, 9, 15, tzinfo=UTC), "date('MM/dd/yyyy')", "11/23/2026"),
        (date(2026, 11, 23), "date('MM/dd/yyyy')", "11/23/2026"),
        (AT, "date('ww YYYY')", "48 2026"),
        (AT, "shift(days=-3) | date('yyyy-MM-dd')", "2026-11-20"),
        (AT, "shift(weeks=1, hours=15) | date('iso')", "2026-12-01T00:15:07Z"),
        (AT, "shift(days='1')", "2026-11-24T09:15:07Z"),
        ("2026-11-23", "shift(days=8)", "2026-12-01"),
        ("2026-11-23", "shift(hours=36)", "2026-11-24T12:00:00"),
        ("2026-11-23", "shift(hours=24)", "2026-11-24"),
    ],
)
def test_dates(value, call, made):
    """Dates are formatted by CLDR patterns where they are, and moved; a day without a time stays that day."""
    found = apply(value, call)
    assert found == made
    assert type(found) is type(made)


@pytest.mark.parametrize(
    ("value", "call", "sentence"),
    [
        (
            "yesterday",
            "date('iso')",
            "'yesterday' cannot be read as a date (write ISO 8601, such as 2026-11-23T09:15:00Z)",
        ),
        (
            "11/23/2026",
            "date('iso')",
            "'11/23/2026' cannot be read as a date (write ISO 8601, such as 2026-11-23T09:15:00Z)",
        ),
        (
            1795425307,
            "date('iso')",
            "'1795425307' cannot be read as a date (write ISO 8601, such as 2026-11-23T09:15:00Z)",
        ),
        ("9999-12-31T23:59:59Z", "shift(days=1)", "the date leaves the years 1 to 9999 (shift it by less)"),
        (AT, "shift(days=9e300)", "the date leaves the years 1 to 9999 (shift it by less)"),
        (
            "0001-01-01T00:00:00Z",
            "date('iso', timezone='America/New_York')",
            "the date leaves the years 1 to 9999 in that time zone",
        ),
        (AT, "shift(days=l)", "a list is not a number (write digits with at most one dot, such as 12.75)"),
        (AT, "date(n)", "the format of date is text of 1 to 200 characters (yyyy-MM-dd, iso)"),
        (
            AT,
            "date('iso', timezone=n)",
            "3 is not a time zone (write its IANA name, such as America/New_York)",
        ),
        (AT, "date('EEE', locale=n)", "3 is not a locale (write such as en, de or fr_CA)"),
        ("abc", "int", "'abc' is not a number (write digits with at most one dot, such as 12.75)"),
        ("1,000", "float", "'1,000' is not a number (write digits with at most one dot, such as 12.75)"),
        (True, "abs", "true or false is not a number (write digits with at most one dot, such as 12.75)"),
        (
            "9" * 1001,
            "int",
            f"'{'9' * 40}…' is not a number (write digits with at most one dot, such as 12.75)",
        ),
        ("1e1001", "float", "a number has more than 1,000 digits"),
        (1, "round(l)", "round takes 0 to 100 places, not a list"),
        (Decimal("1E+3000"), "round", "a number has more than 1,000 digits"),
        (
            "2026-11-23T00:00Z",
            "date('b', locale='de')",
            "a date cannot be written as 'b': Could not format period midnight in de (write such as yyyy-MM-dd)",
        ),
        (1, "round(101)", "round takes 0 to 100 places, not 101"),
        (1, "round(0, 'up')", "round knows no method 'up' (common, ceil and floor are known)"),
        ("abc", "substring(n * 0)", "positions count from 1, not from 0"),
        ("abc", "substring(1, n / 2)", "a position is a whole number, not 1.5"),
        ("abc", "replace('', 'x')", "replace was asked to replace empty text (say what to replace)"),
        ("a" * 1001, "extract('a')", "the pattern a matches more than 1,000 times (narrow it)"),
        ("\ud800", "base64", "the text holds a lone surrogate (it cannot be written as UTF-8)"),
        ("\ud800", "urlencode", "the text holds a lone surrogate (it cannot be written as UTF-8)"),
        ("\ud800", "md5", "the text holds a lone surrogate (it cannot be written as UTF-8)"),
        ("a", "md5(encoding=n)", "3 is not an encoding of a hash (hex and base64 are known)"),
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
    assert [template.render({"x": value}) for value in ("DUP", "Wrong Number", "dup", "?")] == [
        7,
        "01",
        7,
        "99",
    ]


CALLS = {
    "replace": "replace('a', 'b')",
    "substring": "substring(1)",
    "extract": "extract('a')",
    "date": "date('iso')",
}


@pytest.mark.parametrize("name", sorted(set(FILTERS) - {"required", "length", "json", "default"}))
def test_blank_stays_blank(name):
    """A missing value goes through every filter and is still missing."""
    assert apply(None, CALLS.get(name, name)) is None


def test_every_filter_has_its_case():
    """No filter is without a row in the tables above."""
    tested = {"lookup", "shift", "date", *(row for row in MADE)}
    assert set(FILTERS) <= tested
