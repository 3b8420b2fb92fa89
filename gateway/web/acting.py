"""Administrative acts that a request asks for, on record; also such as are refused before they begin."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

from gateway.errors import StoreError
from gateway.model import Json
from gateway.settings import Frequency
from gateway.store.acts import Act, Kind, hidden
from gateway.store.recording import log, on_record
from gateway.web.callers import NOBODY, caller
from gateway.web.problems import Refusal
from gateway.web.roles import need
from gateway.web.rooms import ROOMS, Rooms

# So many refused attempts are recorded of those who are known, and as many of those who are not.
REFUSED = Frequency(60, "m")
_LONGEST = 500  # characters of a subject
_BEGUN: web.RequestKey[bool] = web.RequestKey("begun", bool)


@dataclass(frozen=True, slots=True)
class Record:
    """What is written of an act. by: whose it is, for people; numbers: about it, put there while it is done."""

    by: str
    numbers: dict[str, Json] = field(default_factory=dict)


@asynccontextmanager
async def act(
    request: web.Request,
    kind: Kind,
    subject: str = "",
    why: str = "",
    claimed: str = "",
    *,
    must: bool = True,
) -> AsyncIterator[Record]:
    """Do what a request asks, on record.

    subject: what is acted on; claimed: the name that the wish itself gives; must: whether the act is left undone where
    it cannot be recorded. Raises StoreUnavailable then.
    """
    rooms, who = request.app[ROOMS], caller(request)
    by = who.by(claimed)
    begun = Act(rooms.now(), who.who, by, kind, subject[:_LONGEST], why)
    async with on_record(rooms.store, begun, must=must) as numbers:
        request[_BEGUN] = True
        yield Record(by, numbers)


async def refused(request: web.Request, refusal: Refusal) -> None:
    """Record that an administrative act was refused before it began."""
    what = need(request).act
    if what is None or _BEGUN in request:
        return
    rooms, who = request.app[ROOMS], caller(request)
    if not rooms.throttle.allows("/nobody" if who is NOBODY else "/somebody", REFUSED):
        return
    subject = await _subject(rooms, what, request.match_info.get("id"))
    found = Act(rooms.now(), who.who, who.by(""), what, subject, "", "refused", refusal.status)
    with suppress(StoreError):
        await rooms.store.begin_act(found)
    log(found)


async def about_event(rooms: Rooms, id: str) -> str:
    """An event as a subject; of one that is not there, such as one that was forgotten, a hash alone."""
    is_there = await rooms.store.story(id) is not None
    return f"event {id if is_there else hidden(id)}"


async def _subject(rooms: Rooms, kind: Kind, id: str | None) -> str:
    if id is None:
        return ""
    if kind == "replay":
        try:
            return await about_event(rooms, id)
        except StoreError:
            return f"event {hidden(id)}"
    return f"{'plugin' if kind == 'release' else 'endpoint'} {id[:200]}"
