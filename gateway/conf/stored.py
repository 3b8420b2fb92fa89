"""What a source's stored events hold, as a load asks for it: read a page at a time, off the load's thread, and kept."""

import asyncio
import time
from concurrent.futures import Future

from gateway.apart import is_large
from gateway.conf.seen import Shape
from gateway.store import Archive, Filter

EVENTS = 1000
_PAGE = 100  # nobody else who reads has to wait for more than this
_KEPT = 64  # sources whose names are remembered
_FRESH = 60.0  # seconds


class StoredNames:
    """The names in the last 1,000 stored events of each source. To be called from another thread than the loop's."""

    def __init__(self, archive: Archive, loop: asyncio.AbstractEventLoop) -> None:
        self._archive = archive
        self._loop = loop
        self._asked: dict[str, tuple[float, Future[Shape]]] = {}

    def __call__(self, source: str, patience: float) -> Shape | None:
        """The shape of a source's stored events; None where it does not come within so many seconds."""
        asked = self._reading(source)
        try:
            return asked.result(patience)
        except Exception:  # noqa: BLE001  a store that is busy, slow or closing: no reload fails for want of a warning
            if asked.done():
                del self._asked[source]
            return None

    def _reading(self, source: str) -> Future[Shape]:
        """The reading that was begun a short while ago, or a new one."""
        at, asked = self._asked.pop(source, (0.0, None))
        if asked is None or (asked.done() and time.monotonic() - at > _FRESH):
            at, asked = time.monotonic(), asyncio.run_coroutine_threadsafe(self._read(source), self._loop)
        self._asked[source] = at, asked  # the last of the dictionary again
        while len(self._asked) > _KEPT:
            del self._asked[next(iter(self._asked))]
        return asked

    async def _read(self, source: str) -> Shape:
        shape, before = Shape(), None
        while shape.events < EVENTS:
            page = await self._archive.history(Filter(source=source), _PAGE, before)
            for recorded in page:
                shape.add(recorded.event)
                if is_large(recorded.event):
                    await asyncio.sleep(0)  # one after the other would hold up everybody
            if len(page) < _PAGE:
                break
            before = page[-1].seq
        return shape
