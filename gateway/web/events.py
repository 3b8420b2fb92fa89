"""Questions about events, and the wish to send one again."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import StrictBool

from gateway.conf.faults import validate
from gateway.conf.model import Refused, Route
from gateway.jsontext import JsonError, loads
from gateway.model import OUTCOMES, STATES, TYPES, Replay
from gateway.nearest import nearest
from gateway.settings import Settings
from gateway.store import Filter, Summary
from gateway.web.bodies import read_text
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms

Body = TypeVar("Body", bound=Settings)

_CHOICES: Mapping[str, Any] = {"state": STATES, "outcome": OUTCOMES, "type": TYPES}
_MOMENTS = ("since", "until")
_FILTERS = tuple(field.name for field in fields(Filter))
_NO_REPLAY = "the replay cannot be made"
PAGE = 50
LARGEST_PAGE = 1000
_AT_ONCE = 100


class ReplaySettings(Settings):
    """The body of POST /events/ID/replay."""

    values: Literal["same", "fresh"] = "same"
    skip_criteria: tuple[str, ...] = ()
    again: StrictBool = False
    why: str = ""


class BulkReplaySettings(ReplaySettings):
    """The body of POST /replay: the filters of the list beside the wish."""

    state: str | None = None
    outcome: str | None = None
    source: str | None = None
    type: str | None = None
    lead_id: str | None = None
    since: str | None = None
    until: str | None = None
    dry_run: StrictBool = False


async def get_event(request: web.Request) -> web.Response:
    """One event's whole story."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    story = await rooms.store.story(id)
    if story is None:
        raise Refusal(404, f"there is no event {id!r}")
    told = shown(story.summary, rooms)
    told |= {"price": story.price, "reference": story.reference, "capture": story.capture}
    told["replay"] = None if story.replay is None else _wish(story.replay)
    return answer(told | {"posted": story.posted, "attempts": list(story.attempts)})


async def list_events(request: web.Request) -> web.Response:
    """Events, newest first, a page at a time."""
    rooms, query = request.app[ROOMS], dict(request.query)
    errors = [
        (name, f"unknown parameter{nearest(name, _FILTERS)}")
        for name in query
        if name not in (*_FILTERS, "limit", "after")
    ]
    which = _filter(query, errors)
    limit = query.get("limit", str(PAGE))
    if len(limit) > 9 or not limit.isdecimal() or not 1 <= int(limit) <= LARGEST_PAGE:
        errors.append(("limit", f"{limit[:100]!r} is no page size (1 to {LARGEST_PAGE})"))
    if errors:
        raise Refusal(400, "the list cannot be made", errors)
    try:
        page = await rooms.store.list(which, int(limit), query.get("after"))
    except ValueError as error:
        raise Refusal(400, "the list cannot be made", [("after", str(error))]) from None
    return answer({"events": [shown(event, rooms) for event in page.events], "next": page.next})


async def replay_event(request: web.Request) -> web.Response:
    """Send one event again."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    asked = await _read(request, ReplaySettings)
    story = await rooms.store.story(id)
    if story is None:
        raise Refusal(404, f"there is no event {id!r}")
    if rooms.lanes.is_sending(id):
        raise Refusal(409, "the event is on its way right now (look again in a moment)")
    way = _way(rooms, story.summary)
    known = [asked.criterion.name for asked in way.criteria]
    unknown = [name for name in asked.skip_criteria if name not in known]
    if unknown:
        where = f"no criterion of {way.endpoint.id}"
        faults = [("/skip_criteria", f"{name!r} is {where}{nearest(name, known)}") for name in unknown]
        raise Refusal(422, _NO_REPLAY, faults)
    wish = Replay(asked.values, asked.skip_criteria, asked.again, asked.why)
    replayed = await rooms.lanes.replay(story.summary, wish, way.endpoint.id)
    if replayed == "delivered":
        said = 'the event is delivered already; sending it again must be said: {"again": true}'
        raise Refusal(409, said, state="delivered")
    if replayed == "waiting":
        raise Refusal(409, "the event is queued already; it needs no replay")
    return answer({"id": id, "state": "delivered" if story.summary.state == "delivered" else "queued"}, 202)


async def replay_events(request: web.Request) -> web.Response:
    """Send every event of a filter again; `dry_run` only counts them, by the same decision."""
    rooms = request.app[ROOMS]
    asked = await _read(request, BulkReplaySettings)
    errors: list[tuple[str, str]] = []
    which = _filter({name: value for name in _FILTERS if (value := getattr(asked, name)) is not None}, errors)
    if errors:
        raise Refusal(422, _NO_REPLAY, [(f"/{name}", detail) for name, detail in errors])
    _must_be_known(rooms, asked.skip_criteria)
    if which == Filter() and not asked.dry_run:
        raise Refusal(
            422, "this would send every event there is again (name a filter, such as state: parked)"
        )
    wish = Replay(asked.values, asked.skip_criteria, asked.again, asked.why)
    do = _would_be_replayed if asked.dry_run else _replayed
    done = left = 0
    after: str | None = None
    while True:
        page = await rooms.store.list(which, LARGEST_PAGE, after)
        for start in range(0, len(page.events), _AT_ONCE):
            some = page.events[start : start + _AT_ONCE]
            here = sum(await asyncio.gather(*(do(rooms, event, wish) for event in some)))
            done, left = done + here, left + len(some) - here
        after = page.next
        if after is None:
            break
    if asked.dry_run:
        return answer({"count": done, "left_alone": left})
    return answer({"replayed": done, "left_alone": left}, 202)


def shown(event: Summary, rooms: Rooms) -> dict[str, Any]:
    """One event as it is listed, its state as it is right now."""
    state, held = _state(event, rooms)
    told = {
        "id": event.id,
        "source": event.source,
        "flow": event.flow,
        "type": event.type,
        "lead_id": event.lead_id,
        "endpoint": event.endpoint,
        "received_at": moment(event.received_at),
        "state": state,
        "outcome": event.outcome,
        "reason": event.reason,
        "attempt_count": event.attempts,
        "due_at": None if event.due_at is None else moment(event.due_at),
    }
    return told if held is None else told | {"held": held}


def moment(at: datetime) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _state(event: Summary, rooms: Rooms) -> tuple[str, str | None]:
    if event.due_at is None or event.state != "queued":  # what is delivered stays that while it is sent again
        return event.state, None
    if rooms.lanes.is_sending(event.id):
        return "sending", None
    route = rooms.reloader.conf.route(event.endpoint)
    if route is None:
        return "held", f"the endpoint {event.endpoint} is not in the conf any more"
    return ("held", route.held) if route.held is not None else (event.state, None)


async def _replayed(rooms: Rooms, event: Summary, wish: Replay) -> bool:
    """Whether one event of many was given a future again. The store decides anew, in one step."""
    way = _way_again(rooms, event, wish)
    return way is not None and await rooms.lanes.replay(event, wish, way.endpoint.id) == "queued"


async def _would_be_replayed(rooms: Rooms, event: Summary, wish: Replay) -> bool:
    return _way_again(rooms, event, wish) is not None


def _way_again(rooms: Rooms, event: Summary, wish: Replay) -> Route | None:
    """The way of one event of many, unless it is left alone: delivered, on its way, waiting, or without a way."""
    delivered = event.state == "delivered" and not wish.again
    if delivered or event.due_at is not None or rooms.lanes.is_sending(event.id):
        return None
    way = rooms.reloader.conf.way(event.source, event.flow, event.type)
    return None if isinstance(way, Refused) else way


def _must_be_known(rooms: Rooms, names: Sequence[str]) -> None:
    """Raises Refusal for a criterion that no endpoint has: a typo would set nothing aside, and send all the same."""
    known = list(
        dict.fromkeys(one.criterion.name for route in rooms.reloader.conf.routes() for one in route.criteria)
    )
    faults = [
        ("/skip_criteria", f"no endpoint in the conf has a criterion {name!r}{nearest(name, known)}")
        for name in names
        if name not in known
    ]
    if faults:
        raise Refusal(422, _NO_REPLAY, faults)


def _way(rooms: Rooms, event: Summary) -> Route:
    way = rooms.reloader.conf.way(event.source, event.flow, event.type)
    if isinstance(way, Refused):
        raise Refusal(409, f"{event.id} cannot be sent: {way.reason}")
    return way


def _wish(replay: Replay) -> dict[str, Any]:
    return {
        "values": replay.values,
        "skip_criteria": list(replay.skip_criteria),
        "again": replay.again,
        "why": replay.why,
    }


async def _read(request: web.Request, model: type[Body]) -> Body:
    text = await read_text(request, request.app[ROOMS].reloader.conf.gateway.limits.read)
    try:
        asked = loads(text) if text.strip() else {}
    except JsonError as error:
        raise Refusal(400, "the body is not JSON as it is taken here", [("", str(error))]) from None
    if not isinstance(asked, dict):
        raise Refusal(422, _NO_REPLAY, [("", "the wish is a JSON object, or nothing at all")])
    faults: list[tuple[str, str]] = []
    read = validate(model, asked, (), lambda path, text, _: faults.append((_pointer(path), text)), {})
    if read is None:
        raise Refusal(422, _NO_REPLAY, faults)
    return read


def _pointer(path: tuple[str | int, ...]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _filter(query: Mapping[str, str], errors: list[tuple[str, str]]) -> Filter:
    given: dict[str, Any] = {name: query[name] for name in _FILTERS if name in query}
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            errors.append((name, f"{given[name]!r} is none of: {', '.join(choices)}"))
    for name in _MOMENTS:
        if name in given:
            try:
                found = datetime.fromisoformat(given[name])
                given[name] = found if found.tzinfo else found.replace(tzinfo=UTC)
            except ValueError:
                errors.append(
                    (name, f"{given[name]!r} is no time (write RFC 3339 such as 2026-11-23T09:15:00Z)")
                )
    return Filter(**given)
