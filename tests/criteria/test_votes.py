"""A verdict becomes a vote, whatever a plugin puts into it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.criteria.votes import as_vote, shown
from gateway.model import Park, Pass, Veto
from tests.making import NOON


class Evil:
    """What cannot be written."""

    def __repr__(self) -> str:
        raise SystemExit(3)

    __str__ = __repr__


def test_a_pass_that_is_over_is_for_a_person() -> None:
    """`not later than` holds for the first try too."""
    vote = as_vote("late", Pass(NOON - timedelta(days=1)), NOON)
    assert (vote.verdict, vote.reason) == ("park", "it might go until 2026-11-22 12:00:00 UTC, which is over")
    assert as_vote("soon", Pass(NOON + timedelta(seconds=1)), NOON).verdict == "pass"


def test_a_verdict_that_cannot_be_written_is_an_error_like_any_other() -> None:
    """Its `__repr__` ends neither the daemon nor the attempt."""
    vote = as_vote("odd", Evil(), NOON)
    said = "the criterion odd answered a Evil whose form cannot be had (SystemExit) (Pass, Veto, Defer or Park is right)"
    assert (vote.verdict, vote.reason) == ("error", said)


def test_what_it_saw_is_kept_as_json_and_in_bounds() -> None:
    """Deep, endless, long, strange: a beginning of it, that any reader can take."""
    ring: list[Any] = []
    ring.append(ring)
    assert shown(ring) == [[[[["[[...]]"]]]]]
    assert shown({"n": Decimal("12.50"), "on": True, 1: None}) == {
        "n": Decimal("12.50"),
        "on": True,
        "1": None,
    }
    assert shown(Evil()) == "a Evil whose form cannot be had (SystemExit)"
    assert shown(["\ud800", {"\ud800": Decimal("NaN")}]) == ["?", {"?": "Decimal('NaN')"}]
    assert len(str(shown("x" * 5000))) == 1000
    assert len(shown(list(range(1000)))) == 50


@pytest.mark.parametrize("verdict", [Veto("x" * 10**6), Park("x" * 10**6)])
def test_a_reason_is_no_longer_than_can_be_read(verdict: Veto | Park) -> None:
    """It is stored with every attempt."""
    assert len(as_vote("wordy", verdict, NOON).reason or "") == 1000
