"""A conf folder and the store of a daemon that ran on it: events that were really mapped, asked, rendered and read."""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.conf.files import Files
from gateway.conf.load import data_folder, load
from gateway.conf.model import Conf, Route
from gateway.conf.remembered import keep
from gateway.daemon import registry
from gateway.delivery import Rim, attempt
from gateway.events import parse_event
from gateway.model import Delivery, Event, Response
from gateway.store import Entry
from gateway.store.sqlite import SqliteStore

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
_AT_ONCE = 500

Answer = Callable[[Event], Response]


def write(folder: Path, files: dict[str, str]) -> Path:
    """A conf folder of these files; gateway.yaml is made where it is not among them."""
    for name, text in {"gateway.yaml": "data: ../data\n", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.startswith("secrets/"):
            path.chmod(0o600)
    return folder


def post(number: int, **body: Any) -> Event:
    """An event as it was posted, a second after the one before."""
    posted = {"id": f"E-{number}", "type": "return", "source": "acme", "reason": "Wrong number", **body}
    return parse_event(json.dumps(posted), BEGAN + timedelta(seconds=number))


def answered(status: str = "ok", **more: Any) -> Response:
    """What a source answered in JSON."""
    body = json.dumps({"status": status, **more}).encode()
    return Response(200, (("Content-Type", "application/json"),), body)


def remember(folder: Path) -> Conf:
    """Take a conf folder as a daemon does that starts on it."""
    files = Files.read(folder)
    conf = load(files, registry())
    keep(files, conf)
    return conf


async def history(folder: Path, events: Iterable[Event], answer: Answer = lambda event: answered()) -> None:
    """Have every event tried once by the folder's conf, which is remembered, and recorded."""
    conf = remember(folder)
    store = await SqliteStore.open(data_folder(folder, conf.gateway))
    try:
        left = list(events)
        while left:
            batch, left = left[:_AT_ONCE], left[_AT_ONCE:]
            await store.add([_entry(event, conf) for event in batch])
            await asyncio.gather(*(_try(event, conf, store, answer) for event in batch))
    finally:
        await store.close()


def _entry(event: Event, conf: Conf) -> Entry:
    way = conf.way(event.source, event.flow, event.type)
    if isinstance(way, Route):
        return Entry(event, way.endpoint.id, due_at=event.received_at)
    return Entry(event, way.endpoint, way.state, outcome="skip", reason=way.reason)


async def _try(event: Event, conf: Conf, store: SqliteStore, answer: Answer) -> None:
    route = conf.way(event.source, event.flow, event.type)
    if not isinstance(route, Route):
        return

    async def send(request, endpoint, session):
        return answer(event)

    at = event.received_at + timedelta(milliseconds=5)
    rim = Rim(lambda: at, lambda: 0.0, lambda: f"{int(event.id[2:]):032x}", lambda: 0.5, None)
    there = replace(route, transport=replace(route.transport, send=send))
    await store.record(await attempt(Delivery(event, route.endpoint.id, key=event.id), there, conf, rim))
