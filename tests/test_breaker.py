"""A breaker opens on too many failures, lets one probe through, and ramps up again."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.breaker import LONGEST_PAUSE, Breaker, Policy

POLICY = Policy(failures=0.5, window=60.0, least=10, pause=30.0)


def hear(breaker: Breaker, *went: bool, now: float = 0.0, concurrency: int = 8) -> list[bool]:
    """One attempt after another, each begun and ended; whether the breaker turned."""
    turned = []
    for well in went:
        breaker.begin("e")
        turned.append(breaker.hear("e", well, POLICY, concurrency, now))
        breaker.end("e")
    return turned


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    hear(breaker, *[False] * 10, now=now)
    return breaker


def test_too_many_failures_open_it():
    """With the tenth attempt of which half failed; not before, however many failed."""
    breaker = Breaker()
    assert hear(breaker, *[False] * 9) == [False] * 9
    assert (breaker.state, breaker.wait(0, 0.0)) == ("closed", 0.0)
    assert hear(breaker, False) == [True]
    assert (breaker.state, breaker.failed, breaker.heard) == ("open", 10, 10)
    assert breaker.wait(0, 0.0) == 30.0
    assert breaker.wait(0, 29.0) == 1.0
    assert breaker.wait(0, 31.0) == 0.0


def test_a_share_that_is_small_enough_leaves_it_closed():
    """Four of ten, again and again: more would be too many."""
    breaker = Breaker()
    hear(breaker, *[False, True, False, True, True] * 40)
    assert breaker.is_closed
    hear(breaker, *[False] * 41)
    assert breaker.state == "open"


def test_what_left_the_window_counts_no_more():
    """Nine failures an hour ago do not add to one now."""
    breaker = Breaker()
    hear(breaker, *[False] * 9, now=0.0)
    hear(breaker, False, now=61.0)
    assert breaker.is_closed
    hear(breaker, *[False] * 9, now=100.0)
    assert breaker.state == "open"


def test_one_probe_at_a_time():
    """While a probe is under way nothing else may begin."""
    breaker = opened()
    assert breaker.wait(0, 30.0) == 0.0
    breaker.begin("probe")
    assert (breaker.state, breaker.wait(0, 30.0), breaker.wait(1, 900.0)) == ("probing", inf, inf)


def test_a_probe_that_fails_doubles_the_pause_up_to_a_bound():
    """30 s, 60 s, 120 s, ... and never more than the bound."""
    breaker, now, pauses = opened(), 0.0, []
    for _ in range(8):
        pauses.append(breaker.wait(0, now))
        now += pauses[-1]
        assert hear(breaker, False, now=now) == [True]
    assert pauses == [30, 60, 120, 240, 480, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


def test_a_longer_pause_in_the_conf_is_not_shortened():
    """An hour stays an hour."""
    breaker, policy = Breaker(), Policy(least=1, pause=3600.0)
    breaker.hear("e", False, policy, 8, 0.0)
    breaker.begin("e")
    breaker.hear("e", False, policy, 8, 3600.0)
    assert breaker.wait(0, 3600.0) == 3600.0


def test_a_good_probe_begins_the_ramp():
    """1, 2, 4 at once, then as many as the endpoint has: closed."""
    breaker = opened()
    assert hear(breaker, True, now=30.0) == [True]
    steps = []
    while not breaker.is_closed:
        assert breaker.wait(breaker.most - 1, 30.0) == 0.0
        assert breaker.wait(breaker.most, 30.0) == inf
        steps.append(breaker.most)
        hear(breaker, True, now=30.0)
    assert steps == [1, 2, 2, 4, 4, 4, 4]


def test_an_endpoint_of_one_has_no_ramp():
    """It is closed by its probe."""
    breaker = opened()
    assert hear(breaker, True, now=30.0, concurrency=1) == [True]
    assert breaker.is_closed


def test_a_failure_in_the_ramp_halves_it_and_opens_it_at_one():
    """Twice as long as before: it was not well yet."""
    breaker = opened()
    hear(breaker, *[True] * 4, now=30.0)
    assert breaker.most == 4
    assert hear(breaker, False, False, False, now=30.0) == [False, False, True]
    assert (breaker.state, breaker.wait(0, 30.0)) == ("open", 60.0)


def test_after_it_was_closed_it_begins_anew():
    """The next time it opens, its pause is the first one again, and it takes as many failures."""
    breaker = opened()
    hear(breaker, False, now=30.0)
    hear(breaker, *[True] * 8, now=90.0)
    assert breaker.is_closed
    assert hear(breaker, *[False] * 10, now=90.0) == [False] * 9 + [True]
    assert breaker.pause == 30.0


def test_a_probe_that_never_went_out_leaves_its_place():
    """A criterion stopped it, say: the next event may probe at once."""
    breaker = opened()
    breaker.begin("vetoed")
    breaker.end("vetoed")
    assert (breaker.state, breaker.wait(0, 30.0)) == ("open", 0.0)


def test_what_began_before_it_opened_decides_nothing():
    """Late failures do not lengthen the pause, a late success does not close it."""
    breaker = opened()
    assert not breaker.hear("early", False, POLICY, 8, 1.0)
    assert not breaker.hear("early", True, POLICY, 8, 1.0)
    assert (breaker.state, breaker.wait(0, 0.0)) == ("open", 30.0)


@pytest.mark.parametrize(("left", "wait"), [(10.0, 10.0), (-5.0, 0.0), (9e9, 30.0)])
def test_it_is_taken_up_again_with_what_is_left_of_its_pause(left: float, wait: float):
    """Whatever the wall clock did meanwhile: never more than the pause, and never less than nothing."""
    breaker = Breaker()
    breaker.open(30.0, left, 100.0)
    assert breaker.wait(0, 100.0) == wait


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 50)), max_size=200))
def test_it_is_never_stuck(story: list[tuple[bool, float]]):
    """However attempts went: once all goes well, it is closed after a pause and a few attempts."""
    breaker, now = Breaker(), 0.0
    for well, passed in story:
        now += passed
        if breaker.wait(0, now) == 0.0:
            hear(breaker, well, now=now)
    now += LONGEST_PAUSE
    hear(breaker, *[True] * 12, now=now)
    assert breaker.wait(7, now) == 0.0
