"""Asks the criteria of an endpoint, and weighs what they say: Veto beats Park beats Defer. Asking takes nothing."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from gateway.conf.model import Asked, Route
from gateway.contained import Fault, Tell, told, unheard
from gateway.criteria.asking import Elsewhere, answer, apart
from gateway.criteria.votes import weighed
from gateway.model import NOTHING_BEFORE, Event, Outcome, Past, State, View, Vote

PATIENCE = 5.0  # seconds: criteria decide, they do not fetch
SOONEST = timedelta(seconds=1)  # before an event that was deferred is asked about again
_AGAINST = frozenset(("veto", "park", "error", "defer"))


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
    tell: Tell = unheard,
    elsewhere: Elsewhere | None = None,
) -> Poll:
    """Ask every criterion of the route, whatever the others say.

    overruled: names that a person has set aside for this replay; past: what went before; patience: seconds that each
    may take; tell: hears of each fault that a criterion makes; elsewhere: where they are asked about a large event.
    What one does to its event or its variables is seen by the criteria alone.
    """
    if not route.criteria:
        return Poll(())
    own, scope = await _copies(event, variables, elsewhere)
    votes: list[Vote] = []
    marks: list[str] = []
    for asked in route.criteria:
        name = asked.criterion.name
        if name in overruled:
            votes.append(Vote(name, "skipped", "set aside by a person"))
            continue
        vote, claimed = await _vote(
            asked, route, own, View(now, scope, asked.settings, past), patience, tell, elsewhere
        )
        votes.append(vote)
        marks += claimed
    found = weigh(tuple(votes))
    soonest = found.due_at and max(found.due_at, now + SOONEST)
    return replace(found, due_at=soonest, marks=tuple(marks)) if soonest or marks else found


def weigh(votes: tuple[Vote, ...]) -> Poll:
    """What votes mean together. One that failed lets nothing go out, and drops nothing."""
    if _AGAINST.isdisjoint([vote.verdict for vote in votes]):
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
    limits = [vote.until for vote in votes if vote.verdict == "pass" and vote.until is not None]
    return min(limits) if limits else None


async def _copies(
    event: Event, variables: Mapping[str, Any], elsewhere: Elsewhere | None
) -> tuple[Event, Mapping[str, Any]]:
    """What the criteria may change. While an earlier large event is still asked about, they are copied here."""
    if elsewhere is not None:
        with suppress(TimeoutError):
            return cast("tuple[Event, Mapping[str, Any]]", await elsewhere(lambda: apart(event, variables)))
    return apart(event, variables)


async def _vote(
    asked: Asked,
    route: Route,
    event: Event,
    view: View,
    patience: float,
    tell: Tell,
    elsewhere: Elsewhere | None,
) -> tuple[Vote, tuple[str, ...]]:
    name, endpoint = asked.criterion.name, route.endpoint.id

    def held(seconds: float) -> None:
        tell(Fault(name, "veto", "slow", endpoint, seconds=seconds))

    try:
        verdict = await answer(
            lambda: asked.criterion.veto(event, route.endpoint, view), patience, held, elsewhere
        )
    except TimeoutError:
        tell(Fault(name, "veto", "late", endpoint))
        return Vote(name, "error", f"the criterion {name} did not answer within {patience:g} s"), ()
    if issubclass(type(verdict), BaseException):  # unlike isinstance it asks the verdict nothing
        error = cast("BaseException", verdict)
        tell(Fault(name, "veto", "raised", endpoint, error))
        return Vote(name, "error", f"the criterion {name} failed: {told(error)}"), ()
    vote, marks = weighed(name, verdict, view.now)
    if vote.verdict == "error":
        tell(Fault(name, "veto", "wrong", endpoint))
    return vote, marks


def _reasons(votes: Sequence[Vote]) -> str:
    return "; ".join(vote.reason for vote in votes if vote.reason)
