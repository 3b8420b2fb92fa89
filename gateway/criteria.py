"""Asks the criteria of an endpoint, and weighs what they say: Veto beats Park beats Defer."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.conf.model import Asked, Route
from gateway.contained import heed_cut_off, is_cut_off, told
from gateway.model import Defer, Event, Outcome, Park, Pass, State, Veto, View, Vote

PATIENCE = 5.0  # seconds: criteria decide, they do not fetch
# A deferral past that is a slip (of the unit, say), and would never be noticed.
FURTHEST = timedelta(days=366)
_AGAINST = ("veto", "park", "error", "defer")


@dataclass(frozen=True, slots=True)
class Poll:
    """What the criteria said together.

    outcome: None where the event may go; settled, due_at: what the event becomes where it may not; deadline: the
    earliest `until` of the passes.
    """

    votes: tuple[Vote, ...]
    outcome: Outcome | None = None
    settled: State = "queued"
    due_at: datetime | None = None
    deadline: datetime | None = None


async def poll(
    route: Route,
    event: Event,
    now: datetime,
    variables: Mapping[str, Any],
    overruled: Sequence[str] = (),
    *,
    patience: float = PATIENCE,
) -> Poll:
    """Ask every criterion of the route, whatever the others say.

    overruled: names that a person has set aside for this replay; patience: seconds that one may take.
    """
    votes: list[Vote] = []
    while len(votes) < len(route.criteria):
        late = route.criteria[len(votes)].criterion.name
        try:
            async with asyncio.timeout(patience):
                for asked in route.criteria[len(votes) :]:
                    late = asked.criterion.name
                    votes.append(
                        await _vote(asked, route, event, View(now, variables, asked.settings), overruled)
                    )
        except TimeoutError:
            votes.append(Vote(late, "error", f"the criterion {late} did not answer within {patience:g} s"))
    return weigh(tuple(votes))


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


async def _vote(asked: Asked, route: Route, event: Event, view: View, overruled: Sequence[str]) -> Vote:
    name = asked.criterion.name
    if name in overruled:
        return Vote(name, "skipped", "set aside by a person")
    try:
        verdict = await asked.criterion.veto(event, route.endpoint, view)
        heed_cut_off()
        return _as_vote(name, verdict, view.now)
    except BaseException as error:  # a third party's failure is neither a veto nor a pass
        if is_cut_off(error):
            raise
        return Vote(name, "error", f"the criterion {name} failed: {told(error)}")


def _as_vote(name: str, verdict: object, now: datetime) -> Vote:
    match verdict:
        case Pass(None):
            return Vote(name, "pass")
        case Pass(datetime() as until) if _in_utc(until):
            return Vote(name, "pass", until=until)
        case Veto(str(reason)):
            return Vote(name, "veto", reason)
        case Park(str(reason)):
            return Vote(name, "park", reason)
        case Defer(datetime() as until, str(reason)) if (at := _in_utc(until)) and now < at <= now + FURTHEST:
            return Vote(name, "defer", reason, until)
        case Defer():
            right = f"a moment to come, within {FURTHEST.days} days and with its time zone, and a reason are right"
            return Vote(name, "error", f"the criterion {name} answered {verdict!r} ({right})")
    return Vote(
        name, "error", f"the criterion {name} answered {verdict!r} (Pass, Veto, Defer or Park is right)"
    )


def _in_utc(moment: datetime) -> datetime | None:
    """The moment in UTC; None where it names no time zone, or lies outside of the calendar."""
    try:
        return None if moment.utcoffset() is None else moment.astimezone(UTC)
    except OverflowError:
        return None


def _reasons(votes: Sequence[Vote]) -> str:
    return "; ".join(vote.reason for vote in votes if vote.reason)
