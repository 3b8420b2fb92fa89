"""What two confs make of the stored events of one endpoint, counted."""

from functools import partial
from typing import Any

from gateway.conf.model import Refused
from gateway.delivery.reading import Reader
from gateway.model import Outcome, Request, Response, Values
from gateway.plan import differences
from gateway.plan.differences import Difference
from gateway.plan.report import Change, Edit, EndpointPlan, Example, Kind, Status, Turn
from gateway.plan.stage import Fate, Stage, Unmade
from gateway.plan.tally import Tally
from gateway.plan.then import Past, chance_of, moment_of
from gateway.store import Archive, Recorded
from gateway.store.facts import response_of

# Differences are told apart by key and kind; outcomes also by what they were and would be.
_Key = tuple[str, Kind, str]
_Turn = tuple[str, str, str]


class Comparison:
    """Collects what differs, event by event; `told` is what it came to."""

    def __init__(self, archive: Archive, reader: Reader) -> None:
        self.events = 0
        self._archive = archive
        self._reader = reader
        self._moved, self._values, self._requests, self._answers = (_changes() for _ in range(4))
        self._rendering, self._criteria = _turns(), _turns()

    async def add(self, recorded: Recorded, before: Stage | Refused, after: Stage | Refused) -> None:
        """Compare what becomes of one more event."""
        self.events += 1
        event, now, chance = recorded.event, moment_of(recorded), chance_of(recorded)
        fates, made = [], []
        pasts: dict[str, Past] = {}
        for side in (before, after):
            if isinstance(side, Refused):
                fates.append(Fate(side.state, "the conf", side.reason))
                continue
            variables = side.variables(event, now, chance)
            endpoint = side.route.endpoint.id
            past = pasts.setdefault(endpoint, Past(self._archive, endpoint, event, now))
            fates.append(await side.fate(event, now, variables, past))
            made.append(side.values(variables))
        self._turn(self._criteria, event.id, *fates)
        if isinstance(before, Stage) and isinstance(after, Stage):
            self._move(event.id, before.route.endpoint.id, after.route.endpoint.id)
            self._render(event.id, (before, after), made)
            await self._read(recorded, before, after)

    def told(
        self, endpoint: str, status: Status, conf: tuple[Edit, ...], notes: tuple[str, ...]
    ) -> EndpointPlan:
        """What all of it came to."""
        return EndpointPlan(
            endpoint,
            status,
            self.events,
            conf,
            moved=_as_changes(self._moved),
            values=_as_changes(self._values),
            requests=_as_changes(self._requests),
            rendering=_as_turns(self._rendering),
            criteria=_as_turns(self._criteria),
            answers=_as_changes(self._answers),
            notes=notes,
        )

    def _turn(self, turns: Tally[_Turn], id: str, before: Fate, after: Fate) -> None:
        if before.kind != after.kind:
            why = before.why if after.kind in ("sent", "rendered") else after.why
            turns.add((before.kind, after.kind, why), partial(Example, id, before.reason, after.reason))

    def _move(self, id: str, before: str, after: str) -> None:
        if before != after:
            self._count(self._moved, id, [Difference("endpoint", "changed", before, after)])

    def _render(self, id: str, stages: tuple[Stage, Stage], made: list[Values | Unmade]) -> None:
        """Compare the values; and the requests where they, or how they are rendered, differ."""
        old, new = made
        found: list[Difference] = []
        if isinstance(old, Values) and isinstance(new, Values):
            found = differences.of_values(old, new)
            self._count(self._values, id, found)
            if not found and _rendered_alike(*stages):
                return
        if any(stage.route.held for stage in stages):
            return
        requests = [
            stage.request(one, id) if isinstance(one, Values) else one
            for stage, one in zip(stages, made, strict=True)
        ]
        self._turn(self._rendering, id, *map(_rendering, requests))
        if not found and isinstance(requests[0], Request) and isinstance(requests[1], Request):
            self._count(self._requests, id, differences.of_requests(requests[0], requests[1]))

    async def _read(self, recorded: Recorded, before: Stage, after: Stage) -> None:
        """Read the answer that the last attempt got by both confs, where it is kept and both speak its protocol."""
        last = recorded.last or {}
        names = {last.get("transport"), before.route.transport.name, after.route.transport.name}
        response = response_of(last) if len(names) == 1 else None
        if response is None or before.route.held or after.route.held:
            return
        old, new = [await self._outcome(stage, response) for stage in (before, after)]
        self._count(self._answers, recorded.event.id, differences.of_outcomes(old, new))

    async def _outcome(self, stage: Stage, response: Response) -> Outcome:
        return await stage.outcome(response, self._reader)

    def _count(self, changes: Tally[_Key], id: str, found: list[Difference]) -> None:
        for one in found:
            turn = f"{one.before} → {one.after}" if one.key in ("outcome", "endpoint") else ""
            changes.add((one.key, one.kind, turn), partial(Example, id, one.before, one.after))


def _changes() -> Tally[_Key]:
    return Tally(("further keys", "changed", ""))


def _turns() -> Tally[_Turn]:
    return Tally(("otherwise", "otherwise", "further reasons"))


def _as_changes(found: Tally[_Key]) -> tuple[Change, ...]:
    return tuple(Change(key, kind, count, example) for (key, kind, _), count, example in found)


def _as_turns(found: Tally[_Turn]) -> tuple[Turn, ...]:
    return tuple(Turn(*turn, count, example) for turn, count, example in found)


def _rendering(request: Request | Unmade) -> Fate:
    if isinstance(request, Unmade):
        return Fate("not rendered", request.key, request.reason)
    return Fate("rendered")


def _rendered_alike(before: Stage, after: Stage) -> bool:
    """Whether equal values make equal requests, as far as one can tell without rendering them."""

    def facts(stage: Stage) -> Any:
        end = stage.route.endpoint
        return (
            stage.route.transport.name,
            end.settings,
            end.prepared,
            end.auth,
            end.idempotency_header,
            end.url,
        )

    return bool(facts(before) == facts(after))
