"""Makes held endpoints ready: fetches what needs the network, such as a WSDL, and asks again until it is there.

A thread only ever computes: what it lacks is fetched on the loop, and then it is asked once more. So a hundred sources
that do not answer cost no thread, and delay nobody.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from gateway.conf.files import Files
from gateway.conf.load import data_folder
from gateway.conf.model import Route
from gateway.conf.reload import Reloader
from gateway.conf.trial import prepared
from gateway.documents import Documents, is_remote
from gateway.errors import GatewayError, Held
from gateway.http import Session
from gateway.model import Request

__all__ = ["Preparer", "fetch", "prepared"]

FIRST, LONGEST = 1.0, 60.0  # seconds between two tries
_TIMEOUT = 20.0
_LARGEST = 16 * 1024 * 1024
_MOST = 1000  # documents that one endpoint may ask for


@dataclass(slots=True)
class _Work:
    """What is done for one endpoint. route: as it stands in the conf, held."""

    route: Route
    task: asyncio.Task[None] | None = None


class Preparer:
    """Works on every held endpoint of the present conf. ready: told the id of each that can go on."""

    def __init__(
        self, reloader: Reloader, session: Session, files: Callable[[], Files], ready: Callable[[str], None]
    ) -> None:
        self._reloader = reloader
        self._session = session
        self._files = files
        self._ready = ready
        self._under_way: dict[str, _Work] = {}

    def follow(self) -> None:
        """Take up what the present conf holds back, and drop what it does not; what did not change goes on."""
        held = {
            route.endpoint.id: route
            for route in self._reloader.conf.routes()
            if route.held is not None and route.transport.prepare is not None
        }
        for endpoint, work in list(self._under_way.items()):
            if held.get(endpoint) is not work.route:
                self._drop(endpoint)
        for endpoint, route in held.items():
            if endpoint not in self._under_way:
                work = self._under_way[endpoint] = _Work(route)
                work.task = asyncio.get_running_loop().create_task(self._until_ready(work))

    async def close(self) -> None:
        """Stop asking."""
        tasks = [work.task for work in self._under_way.values() if work.task is not None]
        for endpoint in list(self._under_way):
            self._drop(endpoint)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drop(self, endpoint: str) -> None:
        task = self._under_way.pop(endpoint).task
        if task is not None:
            task.cancel()

    async def _until_ready(self, work: _Work) -> None:
        endpoint, pause = work.route.endpoint.id, FIRST
        log = structlog.get_logger().bind(endpoint=endpoint)
        while True:
            made = await self._made(work.route)
            conf = self._reloader.conf
            if conf.route(endpoint) is not work.route:
                return  # a reload has taken its place, and follows
            self._reloader.replace(conf.with_route(made))
            if made.held is None:
                del self._under_way[endpoint]
                log.info("endpoint.ready")
                self._ready(endpoint)
                return
            if made.held != work.route.held:
                log.warning("endpoint.held", reason=made.held)
            work.route = made
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST)

    async def _made(self, route: Route) -> Route:
        """The route made ready, or held with the reason why it still is not."""
        fetched: dict[str, bytes] = {}
        try:
            for _ in range(_MOST):
                made, missing = await asyncio.to_thread(self._attempt, route, fetched)
                if missing is None:
                    return made
                fetched[missing] = await fetch(self._session, missing)
        except Exception as error:  # noqa: BLE001  a plugin's or a document's fault: said, and asked again
            return replace(route, held=str(error) or type(error).__name__)
        return replace(route, held=f"it asks for more than {_MOST:,} documents (a few are right)")

    def _attempt(self, route: Route, fetched: dict[str, bytes]) -> tuple[Route, str | None]:
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
        documents.keep(fetched)
        return made, None


async def fetch(session: Session, url: str) -> bytes:
    """One document through the guarded session. Raises Held with the reason."""
    request = Request("GET", url, (("Accept", "*/*"),))
    try:
        response = await session.request(request, timeout=_TIMEOUT, max_body=_LARGEST)
    except GatewayError as error:
        raise Held(f"{url} cannot be fetched: {error}") from error
    if response.status != 200:
        raise Held(f"{url} cannot be fetched: it was answered with status {response.status} (200 is right)")
    if response.truncated:
        raise Held(f"{url} cannot be fetched: it is larger than {_LARGEST // 2**20} MiB")
    return response.body
