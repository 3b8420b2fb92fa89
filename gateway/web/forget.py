"""The wish that nothing is kept of a lead any more."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

import structlog
from aiohttp import web
from pydantic import Field, StrictBool

from gateway.settings import Settings
from gateway.store import Filter, Forgotten, Summary
from gateway.store.acts import hidden
from gateway.web.acting import act
from gateway.web.bodies import JSON, read_keys
from gateway.web.openapi.operations import Answer, Example, Operation, described
from gateway.web.openapi.shapes import LeadForgotten, LeadNotForgotten, LeadToForget
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms

_NOT_FORGOTTEN = "the lead cannot be forgotten"
_AT_ONCE = 100


class ForgetSettings(Settings):
    """The body of POST /forget. cancel: also what waits to be sent; why: for the log."""

    lead_id: Annotated[str, Field(min_length=1)]
    """`lead.id` as it was posted, as text."""
    cancel: StrictBool = False
    """Needed where some of its events still wait: they are not sent any more."""
    dry_run: StrictBool = False
    """Only count."""
    why: Annotated[str, Field(max_length=500)] = ""
    """Why."""
    by: Annotated[str, Field(max_length=100)] = ""
    """Whose wish it is."""


@described(
    Operation(
        "events",
        {200: Answer("What was removed, or with `dry_run` what would be.", LeadForgotten, LeadToForget)},
        {409: LeadNotForgotten},
        body={JSON: ForgetSettings},
        needs_body=True,
        examples={
            "count": Example({"lead_id": "no-such-lead", "dry_run": True}, 200),
            "remove": Example({"lead_id": "no-such-lead", "why": "erasure request 77"}, 200),
        },
    )
)
async def forget(request: web.Request) -> web.Response:
    """Remove every event about a lead and all that is kept of it; `dry_run` only counts."""
    rooms = request.app[ROOMS]
    asked = await read_keys(request, ForgetSettings, _NOT_FORGOTTEN)
    count = waiting = 0
    sending: list[str] = []
    async for page in _pages(rooms, asked.lead_id):
        count += len(page)
        waiting += sum(event.due_at is not None for event in page)
        sending += [event.id for event in page if rooms.lanes.is_sending(event.id)]
    if asked.dry_run:
        return answer({"events": count, "waiting": waiting, "sending": len(sending)})
    if sending:
        raise _on_its_way(sending)
    if waiting and not asked.cancel:
        said = f'{_events(waiting)} still to be sent; that this is cancelled must be said: {{"cancel": true}}'
        raise Refusal(409, said, waiting=waiting)
    async with act(request, "forget", f"lead {hidden(asked.lead_id)}", asked.why, asked.by) as record:
        record.numbers.update(await _forgotten(rooms, asked, record.by))
    return answer(record.numbers)


async def _forgotten(rooms: Rooms, asked: ForgetSettings, by: str) -> dict[str, Any]:
    done = Forgotten()
    left: list[str] = []
    async for page in _pages(rooms, asked.lead_id):
        for start in range(0, len(page), _AT_ONCE):
            removed, sending = await rooms.lanes.forget(page[start : start + _AT_ONCE])
            done, left = done + removed, left + sending
    if not done.events:
        await rooms.store.forget(())  # what was removed before may still stand in the log
    structlog.get_logger().info("lead.forgotten", by=by, why=asked.why, **done.counts())
    rooms.metrics.removed.labels("forgotten").inc(done.events)
    if left:
        raise _on_its_way(left)
    return dict(done.counts())


async def _pages(rooms: Rooms, lead_id: str) -> AsyncIterator[tuple[Summary, ...]]:
    """Every event about a lead; the cursor also passes those that are gone by then."""
    after: str | None = None
    while True:
        page = await rooms.store.list(Filter(lead_id=lead_id), 1000, after)
        yield page.events
        after = page.next
        if after is None:
            break


def _on_its_way(events: list[str]) -> Refusal:
    said = f"{_events(len(events))} on the way right now, such as {events[0]} (try again in a moment)"
    return Refusal(409, said, sending=len(events))


def _events(count: int) -> str:
    return "1 event is" if count == 1 else f"{count:,} events are"
