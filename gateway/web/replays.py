"""The wish to send events again: one by its id, or all of a filter."""

from collections.abc import Iterator, Sequence
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
from gateway.web.bodies import read_keys
from gateway.web.events import FILTERS, LARGEST_PAGE, filter_of
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms

_NO_REPLAY = "the replay cannot be made"
AT_ONCE = 500  # events in one transaction


class ReplaySettings(Settings):
    """The body of POST /events/ID/replay."""

    values: Literal["same", "fresh"] = "same"
    skip_criteria: tuple[str, ...] = ()
    again: StrictBool = False
    why: Annotated[str, Field(max_length=500)] = ""
    by: Annotated[str, Field(max_length=100)] = ""


class BulkReplaySettings(ReplaySettings):
    """The body of POST /replay: the filters of the list beside the wish.

    job: a name under which no event is sent again twice; rate: how many may become due, by endpoint; limit, after: only
    so many events of the filter, behind the cursor of the answer before.
    """

    state: str | None = None
    outcome: str | None = None
    source: str | None = None
    type: str | None = None
    lead_id: str | None = None
    since: str | None = None
    until: str | None = None
    dry_run: StrictBool = False
    job: Annotated[str, Field(pattern=f"^(?:{ID_PATTERN})?$")] = ""
    rate: Rate | None = None
    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] | None = None
    after: str | None = None


async def replay_event(request: web.Request) -> web.Response:
    """Send one event again."""
    rooms, id = request.app[ROOMS], request.match_info["id"]
    asked = await read_keys(request, ReplaySettings, _NO_REPLAY)
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
    replayed = await rooms.lanes.replay(story.summary, _wish(asked), way.endpoint.id)
    if replayed == "delivered":
        said = 'the event is delivered already; sending it again must be said: {"again": true}'
        raise Refusal(409, said, state="delivered")
    if replayed == "waiting":
        raise Refusal(409, "the event is queued already; it needs no replay")
    return answer({"id": id, "state": "delivered" if story.summary.state == "delivered" else "queued"}, 202)


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
    _must_be_known(rooms, asked.skip_criteria)
    if which == Filter() and not asked.dry_run:
        raise Refusal(
            422, "this would send every event there is again (name a filter, such as state: parked)"
        )
    done = seen = 0
    after = asked.after
    while True:
        try:
            page = await rooms.store.list(which, asked.limit or AT_ONCE, after)
        except ValueError as error:
            raise Refusal(422, _NO_REPLAY, [("/after", str(error))]) from None
        ways = [(event, way.endpoint.id) for event in page.events if (way := _way_again(rooms, event, asked))]
        done += len(ways) if asked.dry_run else await _replayed(rooms, ways, asked)
        seen, after = seen + len(page.events), page.next
        if after is None or asked.limit is not None:
            break
    told: dict[str, Any] = {"count" if asked.dry_run else "replayed": done, "left_alone": seen - done}
    if asked.limit is not None:
        told["next"] = after
    return answer(told, 200 if asked.dry_run else 202)


async def _replayed(rooms: Rooms, ways: Sequence[tuple[Summary, str]], asked: BulkReplaySettings) -> int:
    """How many events were given a future again. The store decides anew, in one step."""
    replayed = 0
    for start in range(0, len(ways), AT_ONCE):
        some = ways[start : start + AT_ONCE]
        became = await rooms.lanes.replay_many(some, _wish(asked), dict(_apart(rooms, some, asked.rate)))
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


def _wish(asked: ReplaySettings) -> Replay:
    job = getattr(asked, "job", "")
    return Replay(asked.values, asked.skip_criteria, asked.again, asked.why, asked.by, job)


def _way_again(rooms: Rooms, event: Summary, asked: ReplaySettings) -> Route | None:
    """The way of one event of many, unless it is left alone: delivered, on its way, waiting, or without a way."""
    delivered = event.state == "delivered" and not asked.again
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
