"""POST /events: stored durably first, answered then."""

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, get_args

from aiohttp import web

from gateway.conf.model import Conf, Route
from gateway.errors import EventError
from gateway.events import read_event
from gateway.jsontext import JsonError, elements, has_more_values, is_array, loads
from gateway.lanes.waiting import Settling
from gateway.model import Attempt, Event, OutcomeKind
from gateway.store import Added, Entry, Receipt
from gateway.web.bodies import NDJSON, read_text
from gateway.web.problems import Refusal, answer
from gateway.web.rooms import ROOMS, Rooms

_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})", re.IGNORECASE)
LONGEST_WAIT = 60.0
MAX_VALUES = 50_000  # in one event
_STEP = 64 * 1024  # characters that are worked on before others get their turn
_PER_EVENT = 1024  # what an event costs besides its characters, in characters
_LINES_PER_EVENT = 4  # blank ones among them
_ADDED: tuple[Added, ...] = get_args(Added)
_NO_JSON = "the post is not JSON as it is taken here"
_NO_EVENT = "the event cannot be accepted"
_CONFLICT = "an id names one event, and this one is taken by other content; use e.g. LEAD-return"


async def post_events(request: web.Request) -> web.Response:
    """Take one event, a JSON array of events, or NDJSON."""
    rooms = request.app[ROOMS]
    if rooms.is_stopping():
        raise Refusal(503, "the daemon is stopping; post again in a moment")
    kind = request.content_type
    if not request.can_read_body:
        raise Refusal(400, f"the post is empty (send one event, an array of events, or {NDJSON})")
    text = await read_text(request, rooms.reloader.conf.gateway.limits.read)
    conf = rooms.reloader.conf
    if kind == NDJSON:
        return await _many(rooms, conf, _lines(text, conf), is_whole=False)
    if not is_array(text):
        return await _one(request, rooms, conf, text)
    try:
        is_short = len(text) <= _STEP
        found = _elements(text, conf) if is_short else await asyncio.to_thread(_elements, text, conf)
    except JsonError as error:
        raise Refusal(400, _NO_JSON, [("", str(error))]) from None
    return await _many(rooms, conf, found, is_whole=True)


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
        raise Refusal(400, _NO_JSON, [("", str(error))]) from None
    except EventError as error:
        rooms.metrics.posted("refused").inc()
        raise Refusal(422, _NO_EVENT, error.errors) from None
    event, wait = entry.event, _wait(request)
    settling = rooms.lanes.settled(event.id) if wait and entry.due_at is not None else None
    try:
        receipt = (await _take(rooms, [entry]))[0]
        if receipt.added == "conflict":
            raise Refusal(409, _CONFLICT, [("/id", _CONFLICT)], id=event.id)
        waits = settling is not None and receipt.state == "queued"
        attempt = await _settled(settling, wait) if settling is not None and waits else None
    finally:
        if settling is not None:
            settling.cancel()
    if attempt is not None:
        outcome = attempt.outcome
        told = {"id": event.id, "state": attempt.settled, "outcome": outcome.kind, "reason": outcome.reason}
        return answer(told)
    is_open = receipt.added == "added" and not (wait and receipt.outcome)
    return answer(_told(receipt, entry), 202 if is_open else 200)


def _entry(text: str, conf: Conf, received_at: datetime) -> Entry:
    """Raises JsonError or EventError."""
    if has_more_values(text, MAX_VALUES):
        raise EventError(
            [("", f"an event holds more than {MAX_VALUES:,} values (send what the source needs)")]
        )
    return enter(read_event(loads(text), text, received_at), conf)


async def _entered(text: str, conf: Conf, rooms: Rooms) -> Entry:
    """In a thread where the text is long, so that nobody waits for it but who posted it."""
    now = rooms.now()
    return await asyncio.to_thread(_entry, text, conf, now) if len(text) > _STEP else _entry(text, conf, now)


def _lines(text: str, conf: Conf) -> list[str]:
    if text.count("\n") > _LINES_PER_EVENT * conf.gateway.limits.events:
        raise _too_many(conf)
    return [line for line in text.split("\n") if line.strip()]


def _elements(text: str, conf: Conf) -> list[str]:
    return list(islice(elements(text), conf.gateway.limits.events + 1))


async def _settled(settling: Settling, wait: float) -> Attempt | None:
    """The attempt that settles the event, if that happens in time."""
    timer = asyncio.get_running_loop().call_later(wait, _give_up, settling)
    try:
        return await settling
    finally:
        timer.cancel()


def _give_up(settling: Settling) -> None:
    if not settling.done():
        settling.set_result(None)


async def _many(rooms: Rooms, conf: Conf, texts: Sequence[str], is_whole: bool) -> web.Response:
    """is_whole: the texts are parts of one JSON document, so that it is broken where one of them is."""
    if len(texts) > conf.gateway.limits.events:
        raise _too_many(conf)
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
            entries.append(await _entered(text, conf, rooms))
            places.append(index)
            told.append({})
        except JsonError as error:
            if is_whole:
                raise Refusal(400, _NO_JSON, [(f"/{index}", str(error))]) from None
            told.append(_refused(index, _NO_EVENT, [("", f"not JSON as it is taken here: {error}")]))
        except EventError as error:
            told.append(_refused(index, _NO_EVENT, error.errors))
    receipts = await _take(rooms, entries) if entries else []
    for index, receipt, entry in zip(places, receipts, entries, strict=True):
        conflict = receipt.added == "conflict"
        told[index] = _refused(index, _CONFLICT, [("/id", _CONFLICT)]) if conflict else _told(receipt, entry)
    refused = sum("problem" in one for one in told)
    rooms.metrics.posted("refused").inc(len(texts) - len(entries))
    return answer({"accepted": len(told) - refused, "refused": refused, "events": told}, 202)


async def _take(rooms: Rooms, entries: Sequence[Entry]) -> list[Receipt]:
    receipts = await rooms.lanes.take(entries)
    for added in _ADDED:
        if count := sum(receipt.added == added for receipt in receipts):
            rooms.metrics.posted(added).inc(count)
    for entry, receipt in zip(entries, receipts, strict=True):
        if receipt.added == "added" and entry.state == "parked":
            rooms.alerts.raise_(
                "parked", entry.endpoint, f"{entry.endpoint}: {entry.reason}; event {receipt.id} is parked"
            )
    return receipts


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


def _wait(request: web.Request) -> float:
    """Seconds of `Prefer: wait=N` (RFC 7240)."""
    prefer = request.headers.get("Prefer")
    found = _WAIT.search(prefer) if prefer else None
    return min(float(found[1]), LONGEST_WAIT) if found else 0.0
