"""When to try again: a pure decision from outcome, tries so far, policy and time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.model import Outcome

SLACK = timedelta(seconds=1)  # before a deadline: what is tried at it comes too late


@dataclass(frozen=True, slots=True)
class Policy:
    """How an endpoint is tried again. first, max: seconds; within: seconds from the first try; attempts: at most."""

    first: float = 10.0
    factor: float = 2.0
    max: float = 900.0
    attempts: int | None = None
    within: float = 3 * 86400.0


@dataclass(frozen=True, slots=True)
class Again:
    """Try again at this moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No more automatic tries; why, in words."""

    why: str


def decide(
    outcome: Outcome,
    tries: int,
    spent: float,
    now: datetime,
    policy: Policy,
    deadline: datetime | None,
    jitter: Callable[[], float],
) -> Again | GiveUp:
    """Decide what follows an error.

    tries: how many were made, this one included; spent: seconds that have passed since the first of them; deadline:
    from the criteria, in wall time; jitter: uniform in [0, 1).
    Never earlier than the source's Retry-After; never later than `within` and the deadline allow. A try that would fall
    past the deadline is made shortly before it, where that leaves half of its pause.
    """
    if outcome.permanent:
        return GiveUp("no retry can mend this")
    if policy.attempts is not None and tries >= policy.attempts:
        return GiveUp(f"tried {tries} times, which is all that `retry.attempts` allows")
    step, not_before = _step(tries, policy), _not_before(outcome, now)
    at = max(now + step * (0.5 + jitter() / 2), not_before)
    if deadline is not None and deadline > now:
        at = min(at, max(deadline - SLACK, now + step / 2, not_before))
    if spent + (at - now).total_seconds() > policy.within:
        return GiveUp("the next try would fall past `retry.within`")
    if deadline is not None and at > deadline:
        return GiveUp("the next try would fall past the deadline that the criteria set")
    return Again(at)


def _step(tries: int, policy: Policy) -> timedelta:
    try:
        step = min(policy.max, policy.first * policy.factor ** (tries - 1))
    except OverflowError:
        step = policy.max
    return timedelta(seconds=step)


def _not_before(outcome: Outcome, now: datetime) -> datetime:
    after = outcome.retry_after
    try:
        return after if isinstance(after, datetime) else now + timedelta(seconds=after or 0.0)
    except OverflowError:  # further away than a calendar reaches
        return datetime.max.replace(tzinfo=UTC)
