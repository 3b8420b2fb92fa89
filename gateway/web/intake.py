"""POST /events: stored durably first, answered then."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice
from typing import Any

from aiohttp import web

from gateway.conf.model import Conf, Route
from gateway.errors import EventError, StoreError
from gateway.events import read_event
from gateway.jsontext import WHITE, JsonError, elements, has_more_values, is_array, loads
from gateway.model import Event, OutcomeKind
from gateway.store import Entry, Receipt
from gateway.web.bodies import NDJSON, read_text
from gateway.web.callers import CALLER, Caller
from gateway.web.openapi.operations import described
from gateway.web.openapi.posting import POST_EVENTS
from gateway.web.problems import Refusal, answer, answer_text
from gateway.web.rooms import ROOMS, Rooms

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})", re.IGNORECASE)
LONGEST_WAIT = 60.0
MAX_VALUES = 50_000  # in one event
_STEP = 64 * 1024  # characters that are worked on before others get their turn
_PER_EVENT = 1024  # what an event costs besides its characters, in characters
_LINES_PER_EVENT = 4  # blank ones among them
_NO_JSON = "the post is not JSON as it is taken here"
_NO_EVENT = "the event cannot be accepted"
_CONFLICT = "an id names one event, and this one is taken by other content; use e.g. LEAD-return"


@described(POST_EVENTS)
async def post_events(request: web.Request) -> web.Response:
    """Take one event, a JSON array of events, or NDJSON."""
    rooms = request.app[ROOMS]
    if rooms.is_stopping():
        raise Refusal(503, "the daemon is stopping; post again in a moment")
    kind = request.content_type
    text = await read_text(request, rooms)
    if not text:
        raise Refusal(400, f"the post is empty (send one event, an array of events, or {NDJSON})")
    conf = rooms.reloader.conf
    if kind == NDJSON:
        return await _many(request, conf, _lines(text, conf), is_whole=False)
    if not is_array(text):
        return await _one(request, rooms, conf, text)
    try:
        read = partial(_elements, text, conf)
        found = read() if len(text) <= _STEP else await rooms.load.apart(read)
    except JsonError as error:
        raise Refusal(400, _NO_JSON, [error.fault]) from None
    return await _many(request, conf, found, is_whole=True)


def enter(event: Event, conf: Conf) -> Entry:
    """What is stored of an event: with a due time where it has a way, else in its final state."""
    way = conf.way(event.source, event.flow, event.type)
    if isinstance(way, Route):
        return Entry(event, way.endpoint.id, due_at=event.received_at)
    outcome: OutcomeKind = "skip" if way.state == "vetoed" else "error"
    return Entry(event, way.endpoint, way.state, None, outcome, way.reason)


async def _one(request: web.Request, rooms: Rooms, conf: Conf, text: str) -> web.Response:
    if len(text) > conf.gateway.limits.event:
        rooms.metrics.posted("refused").inc()
        raise Refusal(413, _too_large(conf))
    try:
        entry = await _entered(text, conf, rooms)
    except JsonError as error:
        raise Refusal(400, _NO_JSON, [error.fault]) from None
    except EventError as error:
        rooms.metrics.posted("refused").inc()
        raise Refusal(422, _NO_EVENT, error.errors) from None
    event, wait = entry.event, _wait(request.headers.get("Prefer"))
    if conf.access.grants:
        _must_be_for(request.get(CALLER), event.source)
    settling = rooms.lanes.settled(event.id, wait) if wait and entry.due_at is not None else None
    try:
        receipt = (await _take(rooms, [entry]))[0]
        if receipt.added == "conflict":
            raise Refusal(409, _CONFLICT, [("/id", _CONFLICT)], id=event.id)
        waits = settling is not None and receipt.state == "queued"
        attempt = await settling if settling is not None and waits else None
    finally:
        if settling is not None:
            rooms.lanes.unsettled(event.id, settling)
    if attempt is not None:
        outcome = attempt.outcome
        told = {"id": event.id, "state": attempt.settled, "outcome": outcome.kind, "reason": outcome.reason}
        return answer_text(told)
    is_open = receipt.added == "added" and not (wait and receipt.outcome)
    told = _told(receipt, entry) | (await _so_far(rooms, event.id) if waits else {})
    return answer_text(told, 202 if is_open else 200)


def _entry(text: str, conf: Conf, received_at: datetime) -> Entry:
    """Raises JsonError or EventError."""
    if has_more_values(text, MAX_VALUES):
        raise EventError(
            [("", f"an event holds more than {MAX_VALUES:,} values (send what the source needs)")]
        )
    return enter(read_event(loads(text), text, received_at), conf)


async def _entered(text: str, conf: Conf, rooms: Rooms) -> Entry:
    enter = partial(_entry, text, conf, rooms.now())
    return enter() if len(text) <= _STEP else await rooms.load.apart(enter)


def _lines(text: str, conf: Conf) -> list[str]:
    if text.count("\n") > _LINES_PER_EVENT * conf.gateway.limits.events:
        raise _too_many(conf)
    return [line for line in text.split("\n") if line.strip(WHITE)]


def _elements(text: str, conf: Conf) -> list[str]:
    return list(islice(elements(text), conf.gateway.limits.events + 1))


async def _many(request: web.Request, conf: Conf, texts: Sequence[str], is_whole: bool) -> web.Response:
    """is_whole: the texts are parts of one JSON document, so that it is broken where one of them is."""
    rooms = request.app[ROOMS]
    if len(texts) > conf.gateway.limits.events:
        raise _too_many(conf)
    who = request.get(CALLER)
    if who is not None and who.grant is not None:
        rooms.throttle.charge(who.grant, len(texts) - 1)
    told: list[dict[str, Any]] = []
    entries: list[Entry] = []
    places: list[int] = []
    done = 0
    for index, text in enumerate(texts):
        done += len(text) + _PER_EVENT
        if done > _STEP:
            done = 0
            await asyncio.sleep(0)  # a large post must not keep others waiting
        try:
            if len(text) > conf.gateway.limits.event:
                raise EventError([("", _too_large(conf))])
            entry = await _entered(text, conf, rooms)
            _must_be_for(who, entry.event.source)
            entries.append(entry)
            places.append(index)
            told.append({})
        except JsonError as error:
            if is_whole:
                pointer, detail = error.fault
                raise Refusal(400, _NO_JSON, [(f"/{index}{pointer}", detail)]) from None
            told.append(_refused(index, _NO_JSON, [error.fault]))
        except EventError as error:
            told.append(_refused(index, _NO_EVENT, error.errors))
        except Refusal as refusal:
            told.append(_refused(index, refusal.title, ()))
    receipts = await _take(rooms, entries) if entries else []
    for index, receipt, entry in zip(places, receipts, entries, strict=True):
        conflict = receipt.added == "conflict"
        told[index] = _refused(index, _CONFLICT, [("/id", _CONFLICT)]) if conflict else _told(receipt, entry)
    refused = sum("problem" in one for one in told)
    rooms.metrics.posted("refused").inc(len(texts) - len(entries))
    return answer({"accepted": len(told) - refused, "refused": refused, "events": told}, 202)


async def _take(rooms: Rooms, entries: Sequence[Entry]) -> list[Receipt]:
    receipts = await rooms.lanes.take(entries)
    for entry, receipt in zip(entries, receipts, strict=True):
        rooms.metrics.posted(receipt.added).inc()
        if receipt.added == "added" and entry.state == "parked":
            rooms.alerts.raise_(
                "parked", entry.endpoint, f"{entry.endpoint}: {entry.reason}; event {receipt.id} is parked"
            )
    return receipts


async def _so_far(rooms: Rooms, id: str) -> dict[str, Any]:
    """What the last try came to, if one was made that settled nothing. The event is stored: no fault here denies it."""
    with suppress(StoreError):
        story = await rooms.store.story(id)
        if story is not None and story.summary.outcome is not None:
            found = story.summary
            return {"state": found.state, "outcome": found.outcome, "reason": found.reason}
    return {}


def _must_be_for(who: Caller | None, source: str) -> None:
    """Raises Refusal (403)."""
    if who is not None and not who.covers(source):
        raise Refusal(403, f"the token {who.name} is not for the source {source}")


def _told(receipt: Receipt, entry: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {"id": receipt.id, "state": receipt.state}
    if receipt.outcome is not None:
        told["outcome"] = receipt.outcome
    if receipt.added == "added" and entry.reason is not None:
        told["reason"] = entry.reason
    return told


def _refused(index: int, title: str, errors: Sequence[tuple[str, str]]) -> dict[str, Any]:
    details = [{"pointer": pointer, "detail": detail} for pointer, detail in errors]
    return {"index": index, "problem": {"title": title, "errors": details}}


def _too_large(conf: Conf) -> str:
    return f"an event is larger than {conf.gateway.limits.event:,} characters (limits.event in gateway.yaml bounds it)"


def _too_many(conf: Conf) -> Refusal:
    most = conf.gateway.limits.events
    return Refusal(413, f"one post holds more than {most:,} events (limits.events in gateway.yaml bounds it)")


@lru_cache(maxsize=64)
def _wait(prefer: str | None) -> float:
    """Seconds of `Prefer: wait=N` (RFC 7240)."""
    found = _WAIT.search(prefer) if prefer else None
    return min(float(found[1]), LONGEST_WAIT) if found else 0.0
