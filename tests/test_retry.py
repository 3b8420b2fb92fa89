"""The retry decision is pure: a table of cases, and laws for all of them."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.model import Outcome
from gateway.retry import Again, GiveUp, Policy, decide

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def decided(tries: int = 1, *, since: float = 0, jitter: float = 0.999999, **more: Any) -> Again | GiveUp:
    """What follows the try number `tries`, made now, `since` seconds after the first one."""
    deadline = more.pop("deadline", None)
    said = {name: more.pop(name) for name in ("permanent", "retry_after") if name in more}
    return decide(
        Outcome("error", "no", **said), tries, since, NOON, Policy(**more), deadline, lambda: jitter
    )


def seconds(found: Again | GiveUp) -> float:
    assert isinstance(found, Again), found
    return (found.at - NOON).total_seconds()


@pytest.mark.parametrize(
    ("tries", "policy", "whole"),
    [
        (1, {}, 10),
        (2, {}, 20),
        (3, {}, 40),
        (7, {}, 640),
        (8, {}, 900),
        (5000, {}, 900),
        (1, {"first": 30, "factor": 3}, 30),
        (4, {"first": 30, "factor": 3}, 810),
        (5, {"first": 30, "factor": 3, "max": 3600}, 2430),
        (65, {"first": 10, "factor": 1, "max": 900}, 10),
        (66, {"first": 10, "factor": 1.01, "max": 900}, 10 * 1.01**65),
        (3, {"first": 1800, "max": 900}, 900),
        (2, {"factor": 100, "max": 10.0**9, "within": 10.0**9}, 1000),
    ],
)
def test_a_pause_lies_between_its_half_and_its_whole(
    tries: int, policy: dict[str, Any], whole: float
) -> None:
    """The n-th pause is `first` times `factor` n-1 times, at most `max`, jittered from its half to its whole."""
    assert seconds(decided(tries, jitter=0.0, **policy)) == pytest.approx(whole / 2)
    assert seconds(decided(tries, jitter=0.5, **policy)) == pytest.approx(whole * 0.75)
    assert seconds(decided(tries, jitter=0.999999, **policy)) == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (60.0, 60),
        (3.0, 10),
        (0, 10),
        (-5.0, 10),
        (after(120), 120),
        (after(-120), 10),
        (after(120).astimezone(tz=None), 120),
    ],
)
def test_a_try_waits_for_retry_after(asked: float | datetime, expected: float) -> None:
    """Retry-After, in seconds or as a moment, puts a try off; it never brings one forward."""
    assert seconds(decided(retry_after=asked)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"permanent": True}, "no retry can mend this"),
        ({"tries": 3, "attempts": 3}, "tried 3 times, which is all that `retry.attempts` allows"),
        ({"tries": 4, "attempts": 3}, "tried 4 times, which is all that `retry.attempts` allows"),
        ({"since": 3591, "within": 3600}, "the next try would fall past `retry.within`"),
        ({"retry_after": 3 * 86400 + 1.0}, "the next try would fall past `retry.within`"),
        ({"retry_after": after(4 * 86400)}, "the next try would fall past `retry.within`"),
        ({"retry_after": 1e300}, "the next try would fall past `retry.within`"),
        ({"retry_after": float("inf")}, "the next try would fall past `retry.within`"),
        ({"deadline": after(4.9)}, "the next try would fall past the deadline that the criteria set"),
        (
            {"deadline": after(30), "retry_after": 31.0},
            "the next try would fall past the deadline that the criteria set",
        ),
        ({"deadline": after(-1)}, "the next try would fall past the deadline that the criteria set"),
    ],
)
def test_giving_up_says_why(facts: dict[str, Any], why: str) -> None:
    """Nothing is tried for ever, and what is given up on names the bound that it met."""
    assert decided(**facts) == GiveUp(why)


def test_the_last_moments_still_count() -> None:
    """A try that falls exactly on `within` is made."""
    assert seconds(decided(since=3590, within=3600, jitter=1.0)) == 10
    assert seconds(decided(tries=2, attempts=3)) == pytest.approx(20, rel=1e-5)


@pytest.mark.parametrize(
    ("deadline", "jitter", "expected"),
    [(11, 1.0, 10), (10, 1.0, 9), (7, 1.0, 6), (7, 0.0, 5), (6, 1.0, 5), (5.5, 1.0, 5), (5, 0.0, 5)],
)
def test_the_tries_are_fitted_inside_the_deadline(deadline: float, jitter: float, expected: float) -> None:
    """The last one is brought forward to a second before it, but never to less than half of its pause."""
    assert seconds(decided(deadline=after(deadline), jitter=jitter)) == expected


_MOMENTS = st.floats(-(10**6), 10**6)
_POLICIES = st.builds(
    Policy,
    first=st.floats(0.001, 10**5),
    factor=st.floats(1, 100),
    max=st.floats(0.001, 10**6),
    attempts=st.none() | st.integers(1, 20),
    within=st.floats(0, 10**7),
)
_AFTER = st.none() | st.floats(0, 10**6) | _MOMENTS.map(after)


@given(
    _POLICIES,
    st.integers(1, 400),
    st.floats(0, 10**7),
    _AFTER,
    st.none() | _MOMENTS.map(after),
    st.floats(0, 1, exclude_max=True),
)
def test_laws(
    policy: Policy,
    tries: int,
    since: float,
    asked: float | datetime | None,
    deadline: datetime | None,
    jitter: float,
) -> None:
    """Never before Retry-After, never past `within` or the deadline, never more than `attempts`; else always again."""
    said = Outcome("error", "no", retry_after=asked)
    found = decide(said, tries, since, NOON, policy, deadline, lambda: jitter)
    earliest = float("-inf") if asked is None else _since_noon(asked)
    last = min(policy.within - since, float("inf") if deadline is None else _since_noon(deadline))
    whole = float(min(Fraction(policy.max), Fraction(policy.first) * Fraction(policy.factor) ** (tries - 1)))
    rounding = 2e-6 + whole * 1e-6
    if isinstance(found, Again):
        at = (found.at - NOON).total_seconds()
        assert at >= earliest - 1e-6
        assert at <= last + 1e-6
        assert policy.attempts is None or tries < policy.attempts
        assert at >= whole / 2 - rounding
        assert at <= max(whole, earliest) + rounding
    else:
        within = max(whole, earliest) + rounding > policy.within - since
        may_be_too_late = within or max(whole / 2, earliest) + rounding > last
        assert may_be_too_late or (policy.attempts is not None and tries >= policy.attempts)


@given(_POLICIES, st.integers(1, 400), st.floats(0, 10**6), _AFTER)
def test_what_is_permanent_is_never_tried_again(
    policy: Policy, tries: int, since: float, asked: float | datetime | None
) -> None:
    """No policy brings a permanent error another try."""
    said = Outcome("error", "no", permanent=True, retry_after=asked)
    found = decide(said, tries, since, NOON, policy, None, lambda: 0.5)
    assert found == GiveUp("no retry can mend this")


@given(_POLICIES, st.integers(1, 100), st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=2))
def test_more_jitter_is_never_earlier(policy: Policy, tries: int, jitters: list[float]) -> None:
    """The pause grows with the jitter: it is a share of the step and nothing else."""
    low, high = sorted(jitters)
    early = decide(Outcome("error"), tries, 0, NOON, policy, None, lambda: low)
    late = decide(Outcome("error"), tries, 0, NOON, policy, None, lambda: high)
    assume(isinstance(early, Again) and isinstance(late, Again))
    assert early.at <= late.at  # type: ignore[union-attr]


def _since_noon(moment: float | datetime) -> float:
    return (moment - NOON).total_seconds() if isinstance(moment, datetime) else moment
