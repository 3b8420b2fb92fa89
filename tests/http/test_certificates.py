"""Facts about reading when a certificate ends, against one that an independent library makes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.http.certificates import ends
from tests.http.identities import Authority

AUTHORITY = Authority()


@pytest.mark.parametrize("year", [1999, 2026, 2049, 2050, 2051, 9999])
def test_the_end_of_a_certificate(year: int) -> None:
    """To the second, in both forms that the standard has for a time."""
    end = datetime(year, 11, 23, 12, 34, 56, tzinfo=UTC)
    assert ends(AUTHORITY.vouch(ends=end).certificate) == [end]


def test_each_of_a_chain() -> None:
    """Every certificate of a file is told of; a key beside them is none."""
    first, second = (datetime(year, 1, 1, tzinfo=UTC) for year in (2030, 2031))
    one, other = AUTHORITY.vouch(ends=first), AUTHORITY.vouch(ends=second)
    assert ends(f"{one.certificate}{one.key}{other.certificate}") == [first, second]


@settings(max_examples=100)
@given(st.integers(0, 600), st.integers(1, 20))
def test_a_broken_one_is_passed_over(at: int, size: int) -> None:
    """Whatever is cut out of a certificate, reading it raises nothing."""
    text = AUTHORITY.certificate
    assert len(ends(text[:at] + text[at + size :])) <= 1
