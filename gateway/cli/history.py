"""The stored events that an edited conf, or a rule set, is tried on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.conf.model import Conf
from gateway.errors import GatewayError
from gateway.nearest import nearest
from gateway.store import Archive, Filter
from gateway.store.archive import archive


@asynccontextmanager
async def history(data: Path, source: str | None, *confs: Conf) -> AsyncIterator[Archive]:
    """What is stored in a data folder, to be read only.

    source: must be in one of the confs, or have events. Raises GatewayError where neither is so, StoreError where there
    is no store.
    """
    store = await archive(data)
    try:
        known = {one.id for conf in confs for one in conf.sources.values()}
        if source is not None and source not in known and not await store.count(Filter(source=source)):
            raise GatewayError(f"there is no source {source!r}, and no event of one{nearest(source, known)}")
        yield store
    finally:
        await store.close()
