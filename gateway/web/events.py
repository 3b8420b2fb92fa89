"""Questions about events."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from gateway.model import OUTCOMES, STATES, TYPES
from gateway.nearest import nearest
from gateway.store import Filter, Summary
from gateway.store.facts import replay_json
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms

_CHOICES: Mapping[str, Any] = {"state": STATES, "outcome": OUTCOMES, "type": TYPES}
_MOMENTS = ("since", "until")
FILTERS = tuple(field.name for field in fields(Filter))
PAGE = 50
LARGEST_PAGE = 1000


async def get_event(request: web.Request) -> web.Response:
    """One event's whole story."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    story = await rooms.store.story(id)
    if story is None:
        raise Refusal(404, f"there is no event {id!r}")
    told = shown(story.summary, rooms)
    told |= {"price": story.price, "reference": story.reference, "capture": story.capture}
    told["replay"] = None if story.replay is None else replay_json(story.replay)
    return answer(told | {"posted": story.posted, "attempts": list(story.attempts)})


async def list_events(request: web.Request) -> web.Response:
    """Events, newest first, a page at a time."""
    rooms, query = request.app[ROOMS], dict(request.query)
    errors = [
        (name, f"unknown parameter{nearest(name, FILTERS)}")
        for name in query
        if name not in (*FILTERS, "limit", "after")
    ]
    which = filter_of(query, errors)
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
    pause = rooms.lanes.look(event.endpoint).paused
    if pause is not None:
        why = f": {pause.why}" if pause.why else ""
        return "held", f"paused by {pause.by} since {moment(pause.since)}{why}"
    return ("held", route.held) if route.held is not None else (event.state, None)


def filter_of(query: Mapping[str, str], errors: list[tuple[str, str]]) -> Filter:
    """The filter of a list's parameters; errors: where to put what is wrong with each, by name."""
    given: dict[str, Any] = {name: query[name] for name in FILTERS if name in query}
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
