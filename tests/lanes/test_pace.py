"""The rate of a lane: attempts are spread, and no more begin than it allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.lanes.pace import Pace, most_at_once
from gateway.settings import Frequency, rate

RATES = st.builds(Frequency, st.integers(1, 5000), st.sampled_from("smh"))


def begun(pace: Pace, limit: Frequency, moments: list[float]) -> list[float]:
    """The moments at which an attempt could begin."""
    taken = []
    for now in moments:
        if not pace.wait(limit, now):
            pace.take(limit, now)
            taken.append(now)
    return taken


def test_attempts_are_spread():
    """At 10/s one every tenth of a second, from the first one on."""
    pace, limit, now, taken = Pace(), rate("10/s"), 100.0, []
    for _ in range(4):
        now += pace.wait(limit, now)
        pace.take(limit, now)
        taken.append(round(now, 6))
    assert taken == [100.0, 100.1, 100.2, 100.3]


@pytest.mark.parametrize(
    ("written", "most"), [("1/h", 1), ("10/s", 1), ("19/m", 1), ("600/m", 60), ("1000/h", 100)]
)
def test_a_tenth_of_the_unit_may_go_at_once(written: str, most: int):
    """After a quiet while; one at least."""
    limit, pace = rate(written), Pace()
    assert most_at_once(limit) == most
    pace.wait(limit, 0.0)
    assert begun(pace, limit, [9999.0] * 200) == [9999.0] * most


def test_a_start_has_nothing_saved_up():
    """A daemon that is started again and again floods nobody."""
    assert begun(Pace(), rate("1000/h"), [50.0] * 200) == [50.0]


@given(RATES, st.lists(st.floats(0, 30), min_size=1, max_size=300))
def test_no_span_has_more_than_its_share(limit: Frequency, steps: list[float]):
    """In any span of time: what the rate allows in it, and what could be saved up."""
    moments = [sum(steps[: end + 1]) for end in range(len(steps))]
    taken = begun(Pace(), limit, moments)
    for first in range(len(taken)):
        for last in range(first, len(taken)):
            allowed = (taken[last] - taken[first]) * limit.times / limit.seconds + most_at_once(limit)
            assert last - first + 1 <= allowed + 1e-3


@given(RATES, st.lists(st.floats(0, 30), max_size=50))
def test_who_waits_as_long_as_told_may_begin(limit: Frequency, steps: list[float]):
    """And it is never longer than two attempts are apart."""
    pace, now = Pace(), 0.0
    for step in steps:
        now += step
        wait = pace.wait(limit, now)
        assert wait <= limit.seconds / limit.times
        assert pace.wait(limit, now + wait) == 0.0
        pace.take(limit, now + wait)
        now += wait


def test_what_never_went_out_takes_nothing():
    """A veto leaves its place to the next event."""
    pace, limit = Pace(), rate("1/h")
    pace.take(limit, 0.0)
    assert pace.wait(limit, 0.0) == 3600.0
    pace.give_back(limit)
    assert pace.wait(limit, 0.0) == 0.0


def test_a_new_rate_holds_at_once():
    """What was taken at the old one does not hold up the new one."""
    pace = Pace()
    pace.take(rate("1/h"), 0.0)
    assert pace.wait(rate("10/s"), 0.0) == pytest.approx(0.1)
    pace.take(rate("10/s"), 0.1)
    assert pace.wait(rate("10/s"), 0.1) == pytest.approx(0.1)
