"""What is due, brought from the store into a lane's row; a lane that could not look tries again."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.errors import StoreError, StoreUnavailable
from gateway.lanes.clock import WallClock
from gateway.lanes.lane import Lane
from gateway.lanes.moves import Moves
from gateway.lanes.recording import Failed
from gateway.store import Store

PAUSE = timedelta(seconds=1)  # before a lane looks again that could not


class Claims:
    """Asks the store what is due.

    fill: begins what is next in a lane; expect: has a lane look at a moment, where there is one; failed, lost: as for
    the lanes.
    """

    def __init__(
        self,
        store: Store,
        clock: WallClock,
        moves: Moves,
        fill: Callable[[Lane], None],
        expect: Callable[[Lane, datetime | None], None],
        failed: Failed,
        lost: Callable[[Exception], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._moves = moves
        self._fill = fill
        self._expect = expect
        self._failed = failed
        self._lost = lost

    async def make(self, lane: Lane, limit: int) -> None:
        """Bring what is due, of a claim that was begun; where nothing more is, look again when the next is."""
        try:
            found = await self._store.due(lane.endpoint, self._clock.heeded(), limit, lane.known)
            if len(found) == limit:
                lane.in_store = True
            else:
                known = lane.known.union(delivery.event.id for delivery in found)
                self._expect(lane, await self._store.next_due(lane.endpoint, known))
        except Exception as error:  # noqa: BLE001  whatever it is, the lane must look again
            lane.end_claim(())
            self._look_again(lane, error)
            return
        for delivery in lane.end_claim(found):
            if self._moves.is_home(delivery.event, lane.endpoint):
                lane.next.append(delivery)
        self._fill(lane)

    def _look_again(self, lane: Lane, error: Exception) -> None:
        """Later, not at once: the store is in trouble."""
        if isinstance(error, StoreError) and not isinstance(error, StoreUnavailable):
            self._lost(error)
        else:
            self._failed(lane.endpoint, None, error)
            self._expect(lane, self._clock.heeded() + PAUSE)
