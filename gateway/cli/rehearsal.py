"""Events tried out by the conf folder alone, without a daemon: previewed, and sent once where that is wanted."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from gateway.apart import Apart
from gateway.cli import posts
from gateway.cli.folder import read_partly
from gateway.conf.fetching import fetch, tls_for
from gateway.conf.files import Files
from gateway.conf.load import data_folder
from gateway.conf.model import Conf, Route
from gateway.conf.prepare import prepared
from gateway.criteria.gate import Gate
from gateway.delivery import Rim, attempt
from gateway.documents import Documents
from gateway.errors import EventError, StoreError
from gateway.events import parse_event
from gateway.http import Session
from gateway.model import Attempt, Delivery, Event, Replay, Request
from gateway.nearest import nearest
from gateway.preview import Preview, preview
from gateway.store import Archive
from gateway.store.archive import archive
from gateway.web.listeners import address_of

_PATIENCE = 120.0  # seconds to make an endpoint ready, what it must fetch included


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One event of a file, tried out. place: where it stands; problem: why there is no request."""

    place: str
    event: Event | None = None
    preview: Preview | None = None
    problem: str | None = None
    attempt: Attempt | None = None

    def request(self, reveal: bool) -> Request | None:
        """The request, its secrets masked unless revealed."""
        if self.preview is None:
            return None
        return self.preview.wire if reveal else self.preview.shown

    @property
    def stopped(self) -> str | None:
        """Why the criteria would not let it go."""
        outcome = self.preview.stopped if self.preview else None
        return f"{outcome.rule}: {outcome.reason}" if outcome else None


async def rehearse(
    names: Iterable[str],
    folder: Path,
    tell: Callable[[Rehearsed], None],
    *,
    send: bool,
    overruled: Sequence[str] = (),
) -> None:
    """Preview every event in the files, one after the other. send: also send the one event, if the criteria let it go.

    overruled: criteria that are set aside. Raises ConfError where gateway.yaml or a table is broken, Unreadable where a
    file cannot be read as events, UsageError for several events to send, and for a criterion that is not asked.
    """
    found = posts.read(names)
    if send and len(found) != 1:
        raise click.UsageError(f"--send sends one event (the files hold {len(found):,})")
    conf, files = read_partly(folder)
    own = [address for listener in conf.gateway.listen if (address := address_of(listener))]
    data = data_folder(folder, conf.gateway)
    async with stored(data) as store, Session.open(conf.gateway.network.allow, own) as session:
        stage = _Stage(conf, files, session, store, tuple(overruled))
        for post in found:
            tell(await stage.rehearse(post, send))


@asynccontextmanager
async def stored(data: Path) -> AsyncIterator[Archive | None]:
    """What is stored in a data folder, to be read only; None where nothing is, or not for this version."""
    try:
        found = await archive(data)
    except StoreError:
        yield None
        return
    try:
        yield found
    finally:
        await found.close()


class _Stage:
    """One conf folder, whose held endpoints are made ready when an event asks for them."""

    def __init__(
        self, conf: Conf, files: Files, session: Session, store: Archive | None, overruled: tuple[str, ...]
    ) -> None:
        self._conf = conf
        self._session = session
        self._store = store
        self._overruled = overruled
        self._gate = Gate(store)
        self._documents = Documents(files.content, None)
        self._apart = Apart("making it ready", longest=_PATIENCE)
        self._asked: set[str] = set()

    async def rehearse(self, post: posts.Post, send: bool) -> Rehearsed:
        now, chance = datetime.now(UTC), secrets.token_hex(16)
        try:
            event = parse_event(post.text, now)
        except EventError as error:
            return Rehearsed(post.place, problem=str(error))
        way = self._conf.way(event.source, event.flow, event.type)
        if isinstance(way, Route):
            self._check_overruled(way)
            if way.held is not None:
                await self._make_ready(way)
        seen = await preview(event, self._conf, now, chance, self._store, self._overruled)
        sent = await self._send(event, seen, now, chance) if send and seen.problem is None else None
        return Rehearsed(post.place, event, seen, seen.problem, sent)

    async def _send(self, event: Event, seen: Preview, now: datetime, chance: str) -> Attempt | None:
        route = self._conf.route(seen.endpoint)
        if route is None:
            return None
        rim = Rim(lambda: now, time.monotonic, lambda: chance, random.random, self._session, self._gate)
        wish = Replay(skip_criteria=self._overruled) if self._overruled else None
        return await attempt(
            Delivery(event, seen.endpoint, key=event.id, replay=wish), route, self._conf, rim
        )

    def _check_overruled(self, route: Route) -> None:
        asked = [one.criterion.name for one in route.criteria]
        for name in self._overruled:
            if name not in asked:
                text = f"{route.endpoint.id} asks no criterion {name!r}{nearest(name, asked)}"
                raise click.BadParameter(text, param_hint="--skip-criteria")

    async def _make_ready(self, route: Route) -> None:
        """Fetch what an endpoint needs, such as its WSDL; once, also where that fails."""
        if route.endpoint.id in self._asked:
            return
        self._asked.add(route.endpoint.id)
        loop = asyncio.get_running_loop()
        load = self._documents.fetching(
            lambda url: asyncio.run_coroutine_threadsafe(
                fetch(self._session, url, tls_for(url, route.endpoint)), loop
            ).result()
        )
        try:
            made = await self._apart.run(route.endpoint.id, partial(prepared, route, load))
        except Exception as error:  # noqa: BLE001  a plugin's or a document's fault: why the endpoint is held
            made = replace(route, held=str(error) or type(error).__name__)
        self._conf = self._conf.with_route(made)
