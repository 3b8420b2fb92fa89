"""Why an event may go or not: every criterion of its endpoint, part by part. Nothing is sent, and nothing is taken."""

from dataclasses import dataclass, replace
from datetime import datetime

from gateway.conf.model import Asked, Conf, Refused, Route
from gateway.contained import form
from gateway.criteria import PATIENCE, poll
from gateway.criteria.asking import answer, apart
from gateway.criteria.past import Before
from gateway.criteria.votes import shown
from gateway.delivery.mask import Mask, mask_at
from gateway.delivery.tried import Try, masked
from gateway.model import Event, Finding, Outcome, View, Vote
from gateway.preview import request_of
from gateway.store import Archive
from gateway.templates import scope

_DEEPEST = 100  # levels of a tree that a criterion tells
_MOST = 10_000  # findings in it
_HOLDS = {"pass": True, "veto": False, "park": False, "defer": False}


@dataclass(frozen=True, slots=True)
class Why:
    """One criterion's vote, and how it came to it. told: by the criterion itself; else the vote is all there is."""

    vote: Vote
    finding: Finding
    told: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """What the criteria make of one event.

    refused: why the event has no endpoint to ask, or None; stopped: what the criteria say together, where they would
    not let it go; unrendered: why there would be no request all the same, or None.
    """

    event: Event
    endpoint: str
    refused: str | None = None
    criteria: tuple[Why, ...] = ()
    stopped: Outcome | None = None
    unrendered: str | None = None


async def explain(
    event: Event, conf: Conf, now: datetime, random: str, archive: Archive | None = None
) -> Explained:
    """Ask every criterion what it says, and why, and try the mapping.

    random: 32 hex digits, as templates may read them; archive: what went before, where there is any.
    """
    way = conf.way(event.source, event.flow, event.type)
    if isinstance(way, Refused):
        return Explained(event, way.endpoint, way.reason)
    variables = scope(event, way.endpoint.source_name, now, random)
    past = Before(archive, way.endpoint.id, event)
    asked = await poll(way, event, now, variables, past=past)
    mask = mask_at(way, conf)
    criteria = [
        await _why(vote, asking, way, event, View(now, variables, asking.settings, past), mask)
        for vote, asking in zip(mask.votes(asked.votes), way.criteria, strict=True)
    ]
    stopped = asked.outcome and masked(Try(asked.outcome), mask).outcome
    unrendered = request_of(event, way, variables, conf).problem
    return Explained(event, way.endpoint.id, None, tuple(criteria), stopped, unrendered)


async def _why(vote: Vote, asked: Asked, route: Route, event: Event, view: View, mask: Mask) -> Why:
    """What the criterion itself tells; its vote alone, where it tells nothing, or fails to."""
    tell = asked.criterion.explain
    alone = Why(vote, Finding(vote.rule or vote.name, _HOLDS.get(vote.verdict), vote.seen), told=False)
    if tell is None:
        return alone
    own, variables = apart(event, view.scope)
    try:
        told = await answer(lambda: tell(own, route.endpoint, replace(view, scope=variables)), PATIENCE)
        return Why(vote, _masked(told, mask), told=True)
    except (TimeoutError, ValueError):
        return alone


def _masked(finding: object, mask: Mask) -> Finding:
    """The finding as a vote is kept: without a secret, as JSON, and with the beginnings of what it saw.

    Raises ValueError for what is no tree of findings, or one without an end.
    """
    left = iter(range(_MOST))

    def masked(found: object, depth: int) -> Finding:
        if not isinstance(found, Finding) or not isinstance(found.parts, tuple | list):
            raise ValueError("it is no tree of findings")
        if depth == 0 or next(left, None) is None:
            raise ValueError("it has too many findings, or no end")
        [vote] = mask.votes((Vote("", "pass", seen=shown(found.seen), rule=_text(found.rule)),))
        holds = found.holds if isinstance(found.holds, bool) else None
        parts = tuple(masked(part, depth - 1) for part in found.parts)
        return Finding(vote.rule or "", holds, vote.seen, parts)

    return masked(finding, _DEEPEST)


def _text(rule: object) -> str:
    """What a finding names, as it can be written."""
    return (rule if isinstance(rule, str) else form(rule)).encode(errors="replace").decode()
