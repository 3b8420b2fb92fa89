"""Questions about events."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from gateway.model import OUTCOMES, STATES, TYPES, OutcomeKind, State, Type
from gateway.nearest import nearest
from gateway.settings import Settings
from gateway.store import Filter, Summary
from gateway.store.facts import replay_json
from gateway.web.callers import caller, within
from gateway.web.moments import moment, read_moments
from gateway.web.openapi.operations import EVENT_ID, Answer, Operation, described
from gateway.web.openapi.shapes import EventPage, Problem
from gateway.web.openapi.stories import EventStory
from gateway.web.pauses import breaker
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms

_CHOICES: Mapping[str, Any] = {"state": STATES, "outcome": OUTCOMES, "type": TYPES}
FILTERS = tuple(field.name for field in fields(Filter))
PAGE = 50
LARGEST_PAGE = 1000


class ListSettings(Settings):
    """The parameters of GET /events."""

    state: State | None = None
    """Only those in this state; `sending` and `held` are worked out when shown."""
    outcome: OutcomeKind | None = None
    """Only those whose last attempt ended so."""
    source: str | None = None
    """Only those of this source."""
    type: Type | None = None
    """Only those of this type."""
    lead_id: str | None = None
    """Only those about this lead."""
    since: Annotated[str, Field(json_schema_extra={"format": "date-time"})] | None = None
    """Received then or later; RFC 3339, in UTC where it has no time zone."""
    until: Annotated[str, Field(json_schema_extra={"format": "date-time"})] | None = None
    """Received before."""
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = PAGE
    """How many at most."""
    after: str | None = None
    """The `next` of the page before."""


@described(
    Operation("events", {200: Answer("Its story.", EventStory)}, {404: Problem}, parameters=(EVENT_ID,))
)
async def get_event(request: web.Request) -> web.Response:
    """One event's whole story."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    was_sending = rooms.lanes.is_sending(id)
    story = await rooms.store.story(id)
    if was_sending and not rooms.lanes.is_sending(id):  # what became of it was recorded meanwhile
        story = await rooms.store.story(id)
    if story is None or not caller(request).covers(story.summary.source):
        raise Refusal(404, f"there is no event {id!r}")
    told = shown(story.summary, rooms)
    told |= {"price": story.price, "reference": story.reference, "capture": story.capture}
    told["replay"] = None if story.replay is None else replay_json(story.replay)
    return answer(told | {"posted": story.posted, "attempts": list(story.attempts)})


@described(Operation("events", {200: Answer("A page.", EventPage)}, query=ListSettings))
async def list_events(request: web.Request) -> web.Response:
    """Events, newest first, a page at a time."""
    rooms, query = request.app[ROOMS], dict(request.query)
    errors = [
        (name, f"unknown parameter{nearest(name, FILTERS)}")
        for name in query
        if name not in (*FILTERS, "limit", "after")
    ]
    which, limit = filter_of(query, errors), page_size(query, errors)
    if errors:
        raise Refusal(400, "the list cannot be made", errors)
    try:
        page = await rooms.store.list(within(caller(request), which), limit, query.get("after"))
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
    held = route.held or rooms.ward.held(event.endpoint) or _behind_breaker(event, rooms)
    return ("held", held) if held is not None else (event.state, None)


def _behind_breaker(event: Summary, rooms: Rooms) -> str | None:
    """Why an event that is due is not tried although its endpoint lacks nothing."""
    lane, now = rooms.lanes.look(event.endpoint), rooms.now()
    if event.due_at is None or event.due_at > now or lane.breaker.state != "open":
        return None
    probe = breaker(lane, now)["next_probe"]
    return f"the breaker of {event.endpoint} is open: too many attempts failed" + (
        f"; the next one is tried at {probe}" if probe else ""
    )


def filter_of(query: Mapping[str, str], errors: list[tuple[str, str]]) -> Filter:
    """The filter of a list's parameters; errors: where to put what is wrong with each, by name."""
    given: dict[str, Any] = {name: query[name] for name in FILTERS if name in query}
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            errors.append((name, f"{given[name][:100]!r} is none of: {', '.join(choices)}"))
    read_moments(given, errors)
    return Filter(**given)


def page_size(query: Mapping[str, str], errors: list[tuple[str, str]]) -> int:
    """How many a page holds, by its parameters; errors: as for `filter_of`."""
    limit = query.get("limit", str(PAGE))
    if len(limit) <= 9 and limit.isdecimal() and 1 <= int(limit) <= LARGEST_PAGE:
        return int(limit)
    errors.append(("limit", f"{limit[:100]!r} is no page size (1 to {LARGEST_PAGE})"))
    return PAGE
