"""Rates: never more than the conf says, and never less than it allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access import Grant
from gateway.settings import Frequency
from gateway.web.problems import Refusal
from gateway.web.throttle import Bucket, Throttle

RATES = st.builds(Frequency, st.integers(1, 1000), st.sampled_from("smh"))
STEPS = st.lists(st.tuples(st.floats(0, 10_000), st.integers(1, 50)), max_size=60)


@given(RATES, STEPS)
def test_no_more_than_the_rate(rate: Frequency, steps: list[tuple[float, int]]) -> None:
    """Whatever the pauses: what passes is at most a bucketful and what has flown in since, but for the last post."""
    bucket, now, passed, last = Bucket(rate, rate.times, 0.0), 0.0, 0, 0
    for pause, count in steps:
        now += pause
        if bucket.take(count, now) == 0:
            passed, last = passed + count, count
            assert passed - last < rate.times * (1 + now / rate.seconds) + 1e-6


@given(RATES, STEPS)
def test_waiting_as_told_is_enough(rate: Frequency, steps: list[tuple[float, int]]) -> None:
    """Who waits as long as it is told to is let through."""
    bucket, now = Bucket(rate, rate.times, 0.0), 0.0
    for pause, count in steps:
        now += pause
        wait = bucket.take(count, now)
        if wait:
            now += wait * (1 + 1e-9) + 1e-6
            assert bucket.take(count, now) == 0


def test_a_changed_rate_begins_anew() -> None:
    """A reload that changes a token's rate gives it a full bucket; the same rate goes on where it was."""
    throttle = Throttle(lambda: 0.0)
    one = Grant("crm", frozenset(), rate=Frequency(2, "s"))
    throttle.charge(one, 100)
    assert throttle.bucket("crm", Frequency(2, "s")).left == -98
    assert throttle.bucket("crm", Frequency(3, "s")).left == 3
    throttle.charge(Grant("free", frozenset()), 10**9)
    throttle.take(Grant("free", frozenset()))


def test_posts_at_the_same_time_overdraw_once() -> None:
    """Each was let in by itself; what the first brings beyond the rate, the others may not bring as well."""
    throttle = Throttle(lambda: 0.0)
    one = Grant("crm", frozenset(), rate=Frequency(3, "m"))
    for _ in range(3):
        throttle.take(one)
    throttle.charge(one, 99)
    for _ in range(2):
        with pytest.raises(Refusal, match="crm brings more than 3/m") as refused:
            throttle.charge(one, 99)
        assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "2000"})
