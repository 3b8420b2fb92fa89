"""A criterion tried alone on stored events: what it would say of each, and which of its rules decides."""

from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass

from gateway.conf.model import Asked, Conf, Refused
from gateway.contained import told
from gateway.criteria import PATIENCE
from gateway.criteria.asking import answer, apart
from gateway.criteria.votes import as_vote
from gateway.model import Endpoint, Event, Json, View, Vote
from gateway.plan.then import Past, chance_of, moment_of
from gateway.store import Archive, Recorded
from gateway.templates import scope

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """One event as an example: the reason, and the value that the rule saw."""

    event: str
    reason: str | None
    seen: Json


@dataclass(frozen=True, slots=True)
class Ruling:
    """So many events of which the same rule says the same. verdict: as of a vote; rule: None where all passes."""

    verdict: str
    rule: str | None
    count: int
    examples: tuple[Shown, ...]


async def rulings(
    asked: Asked,
    conf: Conf,
    archive: Archive,
    events: AsyncIterable[Recorded],
    advance: Callable[[int], None],
) -> tuple[Ruling, ...]:
    """Ask a criterion about events, each at the moment when it was last tried; what passes first, then by number.

    advance: told of every event that is done.
    """
    found: dict[tuple[str, str | None], tuple[int, list[Shown]]] = {}
    async for recorded in events:
        vote = await _vote(asked, conf, archive, recorded)
        count, examples = found.get((vote.verdict, vote.rule), (0, []))
        if len(examples) < EXAMPLES:
            examples.append(Shown(recorded.event.id, vote.reason, vote.seen))
        found[vote.verdict, vote.rule] = count + 1, examples
        advance(1)
    ordered = sorted(found.items(), key=lambda one: (one[0][0] != "pass", -one[1][0], str(one[0])))
    return tuple(Ruling(*said, count, tuple(examples)) for said, (count, examples) in ordered)


async def _vote(asked: Asked, conf: Conf, archive: Archive, recorded: Recorded) -> Vote:
    event, now, name = recorded.event, moment_of(recorded), asked.criterion.name
    endpoint = _endpoint(event, conf)
    own, variables = apart(event, scope(event, endpoint.source_name, now, chance_of(recorded)))
    view = View(now, variables, asked.settings, Past(archive, endpoint.id, event, now))
    try:
        verdict = await answer(lambda: asked.criterion.veto(own, endpoint, view), PATIENCE)
    except TimeoutError:
        return Vote(name, "error", f"the criterion {name} did not answer within {PATIENCE:g} s")
    if isinstance(verdict, BaseException):
        return Vote(name, "error", f"the criterion {name} failed: {told(verdict)}")
    return as_vote(name, verdict, now)


def _endpoint(event: Event, conf: Conf) -> Endpoint:
    """The event's endpoint; where it has none, or one that is off, what would be known of it."""
    way = conf.way(event.source, event.flow, event.type)
    if not isinstance(way, Refused):
        return way.endpoint
    source = conf.sources.get(way.endpoint.rpartition("/")[0])
    name = event.source if source is None else source.name
    return Endpoint(
        way.endpoint, event.source, name, event.flow, event.type, transport="", url="", settings=None
    )
