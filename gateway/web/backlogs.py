"""What waits, counted for everybody who asks at the same time by one look: it takes longer the more waits."""

import asyncio
from collections.abc import Sequence

from gateway.store import Backlog, Store


class Backlogs:
    """Looks into a store, one look at a time. Who asks while one is under way gets what that finds."""

    def __init__(self) -> None:
        self._looking: asyncio.Task[Sequence[Backlog]] | None = None

    async def look(self, store: Store) -> Sequence[Backlog]:
        """Everything that has a future, counted by endpoint. Raises StoreError."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(_look(store))
            # Else asyncio complains where nobody waits any more.
            self._looking.add_done_callback(lambda task: task.cancelled() or task.exception())
        # Who asked first may go; the others wait on.
        return await asyncio.shield(self._looking)


async def _look(store: Store) -> Sequence[Backlog]:
    return await store.backlog()
