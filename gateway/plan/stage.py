"""One endpoint by one of the two confs, up to the network and no further."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.conf.model import Conf, Refused, Route
from gateway.contained import is_cut_off, told, words
from gateway.criteria import Poll, poll
from gateway.delivery.mask import Mask, mask_at
from gateway.delivery.reading import Reader
from gateway.delivery.tried import Try, masked
from gateway.errors import RenderError
from gateway.model import Event, Outcome, Past, Request, Response, Values
from gateway.rendering import shown
from gateway.templates import scope

_VERDICTS = {"vetoed": "veto", "parked": "park", "deferred": "defer", "undecided": "error"}


@dataclass(frozen=True, slots=True)
class Fate:
    """What would become of an event. kind: in a Turn's words; why: who decides that; reason: in words."""

    kind: str
    why: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Unmade:
    """Why a request cannot be made. key: what is to blame in the conf, or the transport."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stage:
    """An endpoint at which stored events are tried. mask: of its secrets, for whatever is told."""

    route: Route
    mask: Mask

    @classmethod
    def of(cls, conf: Conf, event: Event) -> "Stage | Refused":
        """The stage of an event, or why it has no endpoint."""
        way = conf.way(event.source, event.flow, event.type)
        return way if isinstance(way, Refused) else cls(way, mask_at(way, conf))

    def variables(self, event: Event, now: datetime, chance: str) -> dict[str, Any]:
        """What templates and rules read. now: in UTC; chance: 32 hex digits."""
        return scope(event, self.route.endpoint.source_name, now, chance)

    async def fate(self, event: Event, now: datetime, variables: Mapping[str, Any], past: Past) -> Fate:
        """What the criteria would decide at that moment. Nothing is taken."""
        asked = await poll(self.route, event, now, variables, past=past)
        return Fate("sent") if asked.outcome is None else _stopped(asked, self.mask)

    def values(self, variables: Mapping[str, Any]) -> Values | Unmade:
        """What is mapped."""
        try:
            return self.route.mapper.map(variables)
        except RenderError as error:
            return self._unmade(error)

    def request(self, values: Values, key: str) -> Request | Unmade:
        """The request as it may be shown. key: the idempotency key."""
        try:
            return shown(self.route.transport.render, self.route.endpoint, values, key)
        except BaseException as error:  # a plugin's failure is this event's problem
            if is_cut_off(error):
                raise
            return self._unmade(error)

    async def outcome(self, response: Response, reader: Reader) -> Outcome:
        """What a stored answer would mean."""
        try:
            outcome = await reader.read(self.route, response)
        except BaseException as error:  # a plugin's failure is this event's problem
            if is_cut_off(error):
                raise
            outcome = Outcome("error", f"`read` of {self.route.transport.name} failed: {told(error)}")
        return masked(Try(outcome), self.mask).outcome

    def _unmade(self, error: BaseException) -> Unmade:
        if isinstance(error, RenderError):
            return Unmade(error.key or "the values", self.mask.text(words(error)))
        return Unmade(f"`render` of {self.route.transport.name}", self.mask.text(told(error)))


def _stopped(asked: Poll, mask: Mask) -> Fate:
    kind = asked.settled if asked.settled != "queued" else "deferred" if asked.due_at else "undecided"
    vote = next(vote for vote in mask.votes(asked.votes) if vote.verdict == _VERDICTS[kind])
    return Fate(kind, f"{vote.name}: {vote.rule}" if vote.rule else vote.name, vote.reason)
