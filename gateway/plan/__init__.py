"""What an edited conf folder would change, found by trying stored events on it and on the running one.

Nothing is sent, stored or taken. Both confs are given the same events at the same moments with the same chance, those
of the last attempt, so that whatever differs comes from the conf.
"""

import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from gateway.conf.files import Files
from gateway.conf.model import Conf, Refused, Route
from gateway.delivery.reading import Reader
from gateway.model import Event
from gateway.plan.comparison import Comparison
from gateway.plan.edits import endpoint_edits, shared_edits
from gateway.plan.report import EndpointPlan, Plan, Status
from gateway.plan.stage import Stage
from gateway.store import Archive, Filter, Recorded

__all__ = ["Plan", "Version", "newest", "plan"]

PAGE = 500  # events that are read at once


@dataclass(frozen=True, slots=True)
class Version:
    """A conf, and the files that it was made of."""

    conf: Conf
    files: Files


async def plan(
    running: Version,
    edited: Version,
    archive: Archive,
    which: Filter,
    limit: int,
    advance: Callable[[int], None],
) -> Plan:
    """Compare two versions by the newest events that are meant, at most `limit`.

    which: of its fields only `source` also narrows down the endpoints; advance: told of every event that is done.
    """
    planned = _Planned(running, edited, archive)
    events = 0
    async for recorded in newest(archive, which, limit):
        await planned.add(recorded)
        events += 1
        advance(1)
    return planned.told(events, which.source)


async def newest(archive: Archive, which: Filter, limit: int = sys.maxsize) -> AsyncIterator[Recorded]:
    """The newest stored events that are meant, at most `limit`, page by page."""
    before, left = None, limit
    while left > 0:
        page = await archive.history(which, min(PAGE, left), before)
        for recorded in page:
            yield recorded
        if len(page) < min(PAGE, left):
            return
        before, left = page[-1].seq, left - len(page)


class _Planned:
    """The comparisons of all endpoints, while events are added to them."""

    def __init__(self, running: Version, edited: Version, archive: Archive) -> None:
        self._running = running
        self._edited = edited
        self._archive = archive
        self._edits = endpoint_edits(running.files, edited.files)
        self._shared = shared_edits(running.files, edited.files)
        self._reader = Reader()
        self._stages: dict[tuple[str, str | None, str], tuple[Stage | Refused, Stage | Refused]] = {}
        self._compared: dict[str, Comparison] = {}

    async def add(self, recorded: Recorded) -> None:
        """Compare one event, unless nothing that concerns it was edited."""
        before, after = self._both(recorded.event)
        if not self._alike(before, after):
            endpoint = _endpoint(before, after)
            if endpoint not in self._compared:
                self._compared[endpoint] = Comparison(self._archive, self._reader)
            await self._compared[endpoint].add(recorded, before, after)

    def told(self, events: int, source: str | None) -> Plan:
        """The plan that all of them come to."""
        old = {route.endpoint.id: route for route in self._running.conf.routes()}
        new = {route.endpoint.id: route for route in self._edited.conf.routes()}
        ids = sorted({*old, *new, *self._compared})
        meant = [id for id in ids if source is None or id.rpartition("/")[0].partition("@")[0] == source]
        found = [self._endpoint(id, old.get(id), new.get(id)) for id in meant]
        changed = tuple(one for one in found if one is not None)
        return Plan(
            self._running.conf.digest,
            self._edited.conf.digest,
            events,
            self._shared,
            changed,
            len(meant) - len(changed),
        )

    def _endpoint(self, id: str, before: Route | None, after: Route | None) -> EndpointPlan | None:
        """What would change at an endpoint; None where nothing would."""
        status, edits = _status(before, after), self._edits.get(id, ())
        compared = self._compared.get(id) or Comparison(self._archive, self._reader)
        found = compared.told(id, status, edits, _notes(before, after))
        says = (found.moved, found.values, found.requests, found.rendering, found.criteria, found.answers)
        newly = before is not None and after is not None and (before.held is None) != (after.held is None)
        return found if status != "changed" or edits or any(says) or newly else None

    def _both(self, event: Event) -> tuple[Stage | Refused, Stage | Refused]:
        whose = (event.source, event.flow, event.type)
        found = self._stages.get(whose)
        if found is None:
            found = Stage.of(self._running.conf, event), Stage.of(self._edited.conf, event)
            self._stages[whose] = found
        return found

    def _alike(self, before: Stage | Refused, after: Stage | Refused) -> bool:
        """Whether both confs are bound to do the same."""
        if isinstance(before, Refused) or isinstance(after, Refused):
            return isinstance(before, Refused) and isinstance(after, Refused) and before.state == after.state
        if before.route is after.route:
            return True
        ids = {before.route.endpoint.id, after.route.endpoint.id}
        return len(ids) == 1 and not ids & self._edits.keys() and not self._shared


def _endpoint(before: Stage | Refused, after: Stage | Refused) -> str:
    """At which endpoint a difference is told: the one that gets the event, or would have got it."""
    for side in (after, before):
        if isinstance(side, Stage):
            return side.route.endpoint.id
    return after.endpoint if isinstance(after, Refused) else after.route.endpoint.id


def _status(before: Route | None, after: Route | None) -> Status:
    if before is None or after is None:
        return "changed" if before is after else "added" if before is None else "removed"
    if before.enabled is after.enabled:
        return "changed"
    return "switched on" if after.enabled else "switched off"


def _notes(before: Route | None, after: Route | None) -> tuple[str, ...]:
    """What could not be compared, of an endpoint that was made anew."""
    if before is after:
        return ()
    sides = (("running", before), ("edited", after))
    held = [(which, route.held) for which, route in sides if route is not None and route.held is not None]
    return tuple(f"by the {which} conf it is held: {why}" for which, why in held)
