"""Asks the criteria of an endpoint, and weighs what they say: Veto beats Park beats Defer. Asking takes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.conf.model import Asked, Route
from gateway.contained import told
from gateway.criteria.asking import answer, apart
from gateway.criteria.votes import as_vote, marks_of
from gateway.model import NOTHING_BEFORE, Event, Outcome, Past, State, View, Vote

PATIENCE = 5.0  # seconds: criteria decide, they do not fetch
SOONEST = timedelta(seconds=1)  # before an event that was deferred is asked about again
_AGAINST = ("veto", "park", "error", "defer")


@dataclass(frozen=True, slots=True)
class Poll:
    """What the criteria said together.

    outcome: None where the event may go; settled, due_at: what the event becomes where it may not; deadline: the
    earliest `until` of the passes; marks: those that they passed it with.
    """

    votes: tuple[Vote, ...]
    outcome: Outcome | None = None
    settled: State = "queued"
    due_at: datetime | None = None
    deadline: datetime | None = None
    marks: tuple[str, ...] = ()


async def poll(
    route: Route,
    event: Event,
    now: datetime,
    variables: Mapping[str, Any],
    overruled: Sequence[str] = (),
    *,
    past: Past = NOTHING_BEFORE,
    patience: float = PATIENCE,
) -> Poll:
    """Ask every criterion of the route, whatever the others say.

    overruled: names that a person has set aside for this replay; past: what went before; patience: seconds that each
    may take. What a criterion does to its event or its variables is seen by the criteria alone.
    """
    if not route.criteria:
        return Poll(())
    own, scope = apart(event, variables)
    votes: list[Vote] = []
    marks: list[str] = []
    for asked in route.criteria:
        name = asked.criterion.name
        if name in overruled:
            votes.append(Vote(name, "skipped", "set aside by a person"))
            continue
        vote, claimed = await _vote(asked, route, own, View(now, scope, asked.settings, past), patience)
        votes.append(vote)
        marks += claimed
    found = weigh(tuple(votes))
    soonest = found.due_at and max(found.due_at, now + SOONEST)
    return replace(found, due_at=soonest, marks=tuple(marks)) if soonest or marks else found


def weigh(votes: tuple[Vote, ...]) -> Poll:
    """What votes mean together. One that failed lets nothing go out, and drops nothing."""
    if not any(vote.verdict in _AGAINST for vote in votes):
        return Poll(votes, deadline=_deadline(votes))
    said = {verdict: [vote for vote in votes if vote.verdict == verdict] for verdict in _AGAINST}
    if said["veto"]:
        return Poll(votes, Outcome("skip", _reasons(said["veto"]), rule="a criterion vetoed"), "vetoed")
    if said["park"]:
        parked = Outcome("error", _reasons(said["park"]), permanent=True, rule="a criterion parked")
        return Poll(votes, parked, "parked")
    if said["error"]:
        failed = Outcome("error", _reasons(said["error"]), rule="a criterion failed")
        return Poll(votes, failed, deadline=_deadline(votes))
    until = max(vote.until for vote in said["defer"] if vote.until is not None)
    return Poll(votes, Outcome("skip", _reasons(said["defer"]), rule="a criterion deferred"), due_at=until)


def _deadline(votes: Sequence[Vote]) -> datetime | None:
    return min(
        (vote.until for vote in votes if vote.verdict == "pass" and vote.until is not None), default=None
    )


async def _vote(
    asked: Asked, route: Route, event: Event, view: View, patience: float
) -> tuple[Vote, tuple[str, ...]]:
    name = asked.criterion.name
    try:
        verdict = await answer(lambda: asked.criterion.veto(event, route.endpoint, view), patience)
    except TimeoutError:
        return Vote(name, "error", f"the criterion {name} did not answer within {patience:g} s"), ()
    if isinstance(verdict, BaseException):
        return Vote(name, "error", f"the criterion {name} failed: {told(verdict)}"), ()
    return as_vote(name, verdict, view.now), marks_of(verdict)


def _reasons(votes: Sequence[Vote]) -> str:
    return "; ".join(vote.reason for vote in votes if vote.reason)
