"""The wish to send events again: one by its id, or all of a filter."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field, StrictBool

from gateway.conf.model import Refused, Route
from gateway.events import ID_PATTERN
from gateway.model import Replay
from gateway.nearest import nearest
from gateway.settings import Frequency, Rate, Settings
from gateway.store import Filter, Summary
from gateway.store.acts import hidden
from gateway.web.acting import about_event, act
from gateway.web.bodies import JSON, read_keys
from gateway.web.callers import Caller, caller, source_of, within
from gateway.web.events import FILTERS, LARGEST_PAGE, filter_of
from gateway.web.moments import moment
from gateway.web.openapi.operations import EVENT_ID, Answer, Example, Operation, described
from gateway.web.openapi.shapes import EventReplayed, EventsReplayed, Problem, ReplayCounted, ReplayRefused
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms

_NO_REPLAY = "the replay cannot be made"
AT_ONCE = 500  # events in one transaction
COUNTED = 2_000  # events that one request counts


class ReplaySettings(Settings):
    """The body of POST /events/ID/replay."""

    values: Literal["same", "fresh"] = "same"
    """The same values with today's secrets under the same idempotency key, or mapped anew by today's conf."""
    skip_criteria: tuple[str, ...] = ()
    """Names of criteria to set aside."""
    again: StrictBool = False
    """Needed for a delivered event."""
    why: Annotated[str, Field(max_length=500)] = ""
    """Why; kept with the attempt."""
    by: Annotated[str, Field(max_length=100)] = ""
    """Whose wish it is; kept with the attempt."""


class BulkReplaySettings(ReplaySettings):
    """The body of POST /replay: the filters of the list beside the wish."""

    state: str | None = None
    """Only events in this state."""
    outcome: str | None = None
    """Only events whose last attempt ended so."""
    source: str | None = None
    """Only events of this source."""
    type: str | None = None
    """Only events of this type."""
    lead_id: str | None = None
    """Only events about this lead."""
    since: str | None = None
    """Received then or later."""
    until: str | None = None
    """Received before."""
    dry_run: StrictBool = False
    """Only count."""
    job: Annotated[str, Field(pattern=f"^(?:{ID_PATTERN})?$")] = ""
    """A name under which no event is sent again twice."""
    rate: Rate | None = None
    """How many may become due, by endpoint."""
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] | None = None
    """Only so many events of the filter."""
    after: str | None = None
    """The `next` of the answer before."""


@described(
    Operation(
        "events",
        {202: Answer("It is sent again.", EventReplayed)},
        {404: Problem, 409: ReplayRefused},
        parameters=(EVENT_ID,),
        body={JSON: ReplaySettings},
        examples={"a delivered one": Example({"again": True, "why": "they lost it"}, 202)},
    )
)
async def replay_event(request: web.Request) -> web.Response:
    """Send one event again."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    asked = await read_keys(request, ReplaySettings, _NO_REPLAY)
    async with act(request, "replay", await about_event(rooms, id), asked.why, asked.by) as record:
        return await _replayed_one(rooms, id, asked, record.by, caller(request))


async def _replayed_one(rooms: Rooms, id: str, asked: ReplaySettings, by: str, who: Caller) -> web.Response:
    story = await rooms.store.story(id)
    if story is None or not who.covers(story.summary.source):
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
    replayed = await rooms.lanes.replay(story.summary, _wish(asked, by), way.endpoint.id)
    if replayed == "delivered":
        said = 'the event is delivered already; sending it again must be said: {"again": true}'
        raise Refusal(409, said, state="delivered")
    if replayed == "waiting":
        raise Refusal(409, "the event is queued already; it needs no replay")
    return answer({"id": id, "state": "delivered" if story.summary.state == "delivered" else "queued"}, 202)


@described(
    Operation(
        "events",
        {
            200: Answer("With `dry_run`: what would be sent again.", ReplayCounted),
            202: Answer("They are sent again.", EventsReplayed),
        },
        body={JSON: BulkReplaySettings},
        needs_body=True,
        examples={
            "count": Example({"source": "bolt", "state": "parked", "dry_run": True}, 200),
            "slowly": Example({"source": "bolt", "state": "rejected", "job": "bolt", "rate": "5/s"}, 202),
            "everything": Example({}, 422),
        },
    )
)
async def replay_events(request: web.Request) -> web.Response:
    """Send every event of a filter again; `dry_run` only counts them, by the same decision."""
    rooms = request.app[ROOMS]
    asked = await read_keys(request, BulkReplaySettings, _NO_REPLAY)
    errors: list[tuple[str, str]] = []
    which = filter_of(
        {name: value for name in FILTERS if (value := getattr(asked, name)) is not None}, errors
    )
    if errors:
        raise Refusal(422, _NO_REPLAY, [(f"/{name}", detail) for name, detail in errors])
    _must_be_known(rooms, asked.skip_criteria, caller(request))
    if which == Filter() and not asked.dry_run:
        raise Refusal(
            422, "this would send every event there is again (name a filter, such as state: parked)"
        )
    which = within(caller(request), which)
    if asked.dry_run:
        return answer(await _walked(rooms, which, asked, None))
    async with act(request, "replay", _subject(which), asked.why, asked.by) as record:
        told = await _walked(rooms, which, asked, record.by)
        record.numbers.update(told | ({"job": asked.job} if asked.job else {}))
    return answer(told, 202)


def _subject(which: Filter) -> str:
    """A filter in the record of acts, where no lead is named."""
    given = {name: value for name, value in asdict(which).items() if value is not None}
    given |= {name: moment(given[name]) for name in ("since", "until") if name in given}
    given |= {"lead_id": hidden(which.lead_id)} if which.lead_id is not None else {}
    return " ".join(["events", *(f"{name}={value}" for name, value in given.items())])


async def _walked(rooms: Rooms, which: Filter, asked: BulkReplaySettings, by: str | None) -> dict[str, Any]:
    """Replay what a filter means, page by page; without a name for whose wish it is, only count it."""
    done = seen = 0
    after = asked.after
    while True:
        try:
            page = await rooms.store.list(which, asked.limit or AT_ONCE, after)
        except ValueError as error:
            raise Refusal(422, _NO_REPLAY, [("/after", str(error))]) from None
        ways = [(event, way.endpoint.id) for event in page.events if (way := _way_again(rooms, event, asked))]
        done += len(ways) if by is None else await _replayed(rooms, ways, asked, by)
        seen, after = seen + len(page.events), page.next
        if after is None or asked.limit is not None or (by is None and seen >= COUNTED):
            break
    told: dict[str, Any] = {"count" if by is None else "replayed": done, "left_alone": seen - done}
    return told | ({"next": after} if after is not None or asked.limit is not None else {})


async def _replayed(
    rooms: Rooms, ways: Sequence[tuple[Summary, str]], asked: BulkReplaySettings, by: str
) -> int:
    """How many events were given a future again. The store decides anew, in one step."""
    replayed = 0
    for start in range(0, len(ways), AT_ONCE):
        some = ways[start : start + AT_ONCE]
        became = await rooms.lanes.replay_many(some, _wish(asked, by), dict(_apart(rooms, some, asked.rate)))
        replayed += became.count("queued")
    return replayed


def _apart(
    rooms: Rooms, ways: Sequence[tuple[Summary, str]], rate: Frequency | None
) -> Iterator[tuple[str, timedelta]]:
    """The time between two replays of an endpoint: by the rate that was asked for, else by the endpoint's own."""
    for endpoint in dict.fromkeys(endpoint for _, endpoint in ways):
        route = rooms.reloader.conf.route(endpoint)
        own = rate or (route.rate if route is not None else None)
        if own is not None:
            yield endpoint, timedelta(seconds=own.seconds / own.times)


def _wish(asked: ReplaySettings, by: str) -> Replay:
    job = getattr(asked, "job", "")
    return Replay(asked.values, asked.skip_criteria, asked.again, asked.why, by, job)


def _way_again(rooms: Rooms, event: Summary, asked: ReplaySettings) -> Route | None:
    """The way of one event of many, unless it is left alone: delivered, on its way, waiting, or without a way."""
    delivered = event.state == "delivered" and not asked.again
    if delivered or event.due_at is not None or rooms.lanes.is_sending(event.id):
        return None
    way = rooms.reloader.conf.way(event.source, event.flow, event.type)
    return None if isinstance(way, Refused) else way


def _must_be_known(rooms: Rooms, names: Sequence[str], who: Caller) -> None:
    """Raises Refusal for a criterion that no endpoint has: a typo would set nothing aside, and send all the same."""
    theirs = (route for route in rooms.reloader.conf.routes() if who.covers(source_of(route.endpoint.id)))
    known = list(dict.fromkeys(one.criterion.name for route in theirs for one in route.criteria))
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
