"""Events that are to be forgotten: none of them may be begun meanwhile, for what was made could not be recorded."""

import asyncio
from collections.abc import Callable, Sequence

from gateway.lanes.lane import ByEndpoint
from gateway.store import Forgotten, Store, Summary


class Forgetting:
    """Has the store forget events. wake: told an endpoint where something may be due."""

    def __init__(self, store: Store, lanes: ByEndpoint, wake: Callable[[str], None]) -> None:
        self._store = store
        self._lanes = lanes
        self._wake = wake

    async def forget(self, events: Sequence[Summary]) -> tuple[Forgotten, list[str]]:
        """Forget events, those that wait too, but for those that are being sent; what was removed, and which were not.

        Who asks may leave: it is done to its end all the same. Raises StoreUnavailable, as the store does.
        """
        return await asyncio.shield(asyncio.create_task(self._forget(events)))

    async def _forget(self, events: Sequence[Summary]) -> tuple[Forgotten, list[str]]:
        lanes = {event.id: self._lanes[event.endpoint] for event in events}
        held = {id: lane for id, lane in lanes.items() if lane.withhold(id)}
        try:
            return await self._store.forget(list(held)), [id for id in lanes if id not in held]
        finally:
            for id, lane in held.items():
                lane.release(id)
            for endpoint in dict.fromkeys(lane.endpoint for lane in held.values()):
                self._wake(endpoint)
