"""Makes endpoints ready with what needs the network, such as a WSDL, and keeps that fresh.

A held endpoint is asked for until it is ready. One that is ready is asked for anew at every start and reload: what
changed is prepared beside the old, and takes its place in one step. Where that fails the old stays, with a warning.

A thread only ever computes: what it lacks is fetched on the loop, and then it is asked once more. So a hundred sources
that do not answer cost no thread, and delay nobody. The threads are few and its own: a document that a transport never
comes to an end with holds its endpoint, but no reload and no stop.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

import structlog

from gateway.apart import Apart
from gateway.conf.fetching import Fetcher, fetch, tls_for
from gateway.conf.files import Files
from gateway.conf.load import data_folder
from gateway.conf.model import Route
from gateway.conf.reload import Reloader
from gateway.conf.trial import prepared
from gateway.documents import Documents, digest, is_remote
from gateway.errors import Held
from gateway.http import Session

__all__ = ["Preparer", "fetch", "prepared"]

FIRST, LONGEST = 1.0, 60.0  # seconds between two tries to make an endpoint ready
AGAIN, SELDOM = 60.0, 3600.0  # seconds between two looks whether a document has changed
_MOST = 1000  # documents that one endpoint may ask for
THREADS, PATIENCE = 4, 30.0  # in which endpoints are made ready, and seconds for each
_AT_ONCE = 8  # endpoints that are looked after at once while nothing waits for them


@dataclass(slots=True)
class _Work:
    """What is done for one endpoint. route: as it stands in the conf."""

    route: Route
    task: asyncio.Task[None] | None = None


class Preparer:
    """Works on every endpoint of the present conf that depends on the network.

    ready: told the id of each that was held and can go on; misfit: told the id of each that no longer fits what its
    source hands out, and why.
    """

    def __init__(
        self,
        reloader: Reloader,
        session: Session,
        files: Callable[[], Files],
        ready: Callable[[str], None],
        misfit: Callable[[str, str], None] = lambda endpoint, why: None,
    ) -> None:
        self._reloader = reloader
        self._fetcher = Fetcher(session)
        self._files = files
        self._ready = ready
        self._misfit = misfit
        self._under_way: dict[str, _Work] = {}
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._apart = Apart("making it ready", THREADS, PATIENCE)

    def follow(self, *, at_once: bool = False) -> None:
        """Take up what the present conf needs from the network, and drop what it does not.

        What did not change goes on. at_once: look for changed documents now, though one was fetched a moment ago.
        """
        wanted = {
            route.endpoint.id: route
            for route in self._reloader.conf.routes()
            if route.transport.prepare is not None and (route.held is not None or route.fetched)
        }
        for endpoint, work in list(self._under_way.items()):
            route = wanted.get(endpoint)
            if route is not work.route or (at_once and route.held is None):
                self._drop(endpoint)
        for endpoint in self._reloader.doubts.keys() - wanted.keys():
            self._reloader.doubt(endpoint, None)
        since = self._fetcher.clock() if at_once else None
        for endpoint, route in wanted.items():
            if endpoint not in self._under_way:
                self._take_up(route, since)

    async def close(self) -> None:
        """Stop asking."""
        tasks = [work.task for work in self._under_way.values() if work.task is not None]
        for endpoint in list(self._under_way):
            self._drop(endpoint)
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._fetcher.close()

    def _take_up(self, route: Route, since: float | None) -> None:
        work = self._under_way[route.endpoint.id] = _Work(route)
        steps = self._until_fresh(work, since) if route.held is None else self._until_ready(work)
        work.task = asyncio.get_running_loop().create_task(steps)

    def _drop(self, endpoint: str) -> None:
        task = self._under_way.pop(endpoint).task
        if task is not None:
            task.cancel()

    async def _until_ready(self, work: _Work) -> None:
        endpoint, pause = work.route.endpoint.id, FIRST
        log = structlog.get_logger().bind(endpoint=endpoint)
        while True:
            try:
                made = await self._made(work.route, {}, self._fetcher.clock() - FIRST / 2)
            except Exception as error:  # noqa: BLE001  a plugin's or a document's fault: said, and asked again
                made = replace(work.route, held=_said(error))
            if not self._swap(work, made):
                return
            if made.held is None:
                del self._under_way[endpoint]
                self._reloader.doubt(endpoint, None)
                log.info("endpoint.ready")
                self._ready(endpoint)
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST)

    async def _until_fresh(self, work: _Work, since: float | None) -> None:
        """Ask once whether what an endpoint was made of has changed; again and again where that cannot be told.

        since: what was fetched then, by the clock, or later will do; None: as soon as it was not asked for just now.
        """
        endpoint, pause = work.route.endpoint.id, AGAIN
        if since is None:
            await asyncio.sleep(AGAIN - min(self._fetcher.age(url) for url in work.route.fetched))
            since = self._fetcher.clock() - AGAIN / 2
        while True:
            async with self._turn:
                doubt = await self._renewed(work, since)
            if self._reloader.conf.route(endpoint) is not work.route:
                return  # a reload has taken its place, and follows
            self._reloader.doubt(endpoint, doubt)
            if doubt is None:
                del self._under_way[endpoint]
                return
            await asyncio.sleep(pause)
            pause, since = min(pause * 2, SELDOM), self._fetcher.clock() - AGAIN / 2

    async def _renewed(self, work: _Work, since: float) -> str | None:
        """Put what has changed in force; why that could not be done. since: what was fetched then will do."""
        route = work.route
        try:
            fetched = {
                url: await self._fetcher.get(url, since, tls_for(url, route.endpoint))
                for url in route.fetched
            }
        except Held as error:
            return f"{error} (what was fetched before stays in use)"
        if all(digest(content) == route.fetched[url] for url, content in fetched.items()):
            return None
        try:
            made = await self._made(route, fetched, since)
        except Exception as error:  # noqa: BLE001  a plugin's or a document's fault: the old one stays
            why = f"what was fetched anew does not fit: {_said(error)} (what was fetched before stays in use)"
            self._misfit(route.endpoint.id, why)
            return why
        if self._swap(work, made):
            structlog.get_logger().info("endpoint.renewed", endpoint=route.endpoint.id)
        return None

    def _swap(self, work: _Work, made: Route) -> bool:
        """Put a route in the place of its older self, unless a reload has done so, and follows."""
        endpoint, before = made.endpoint.id, work.route
        if self._reloader.conf.route(endpoint) is not before:
            return False
        self._reloader.replace(self._reloader.conf.with_route(made))
        work.route = made
        if made.held is not None and made.held != before.held:
            structlog.get_logger().warning("endpoint.held", endpoint=endpoint, reason=made.held)
        return True

    async def _made(self, route: Route, fetched: dict[str, bytes], since: float) -> Route:
        """The route made ready. fetched: documents to begin with; since: as for `get`. Raises whatever is wrong."""
        for _ in range(_MOST):
            made, missing = await self._apart.run(route.endpoint.id, partial(self._attempt, route, fetched))
            if missing is None:
                return made
            fetched[missing] = await self._fetcher.get(missing, since, tls_for(missing, route.endpoint))
        raise Held(f"it asks for more than {_MOST:,} documents (a few are right)")

    def _attempt(self, route: Route, fetched: Mapping[str, bytes]) -> tuple[Route, str | None]:
        """The route made ready of what was fetched, or the first document that is missing for that."""
        files = self._files()
        documents = Documents(
            files.content, data_folder(files.folder, self._reloader.conf.gateway) / "documents"
        )
        missing: list[str] = []

        def load(url: str) -> bytes:
            if not is_remote(url):
                return documents.at_hand(url)
            if url not in fetched:
                missing.append(url)
                raise Held(f"{url} has not been fetched yet")
            return fetched[url]

        try:
            made = prepared(route, load)
        except Exception:
            if missing:
                return route, missing[0]
            raise
        documents.keep({url: fetched[url] for url in made.fetched})
        return made, None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
