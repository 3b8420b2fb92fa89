"""What nobody reports by itself: looked at now and then, off the hot path."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from gateway.alerts import Alerts
from gateway.alerts.expiring import Deadlines
from gateway.conf.model import Conf
from gateway.observe import fault
from gateway.store import Store

EVERY = 300.0  # seconds
BUDGET = 5.0  # seconds for asking what is about to expire


class Rounds:
    """Looks at the disk, at what has waited for too long, and at what is about to expire.

    data: the data folder; free: how many bytes its disk has free, asked in a thread; noted: told that number;
    held: why a plugin of an endpoint must not be asked, or None.
    """

    def __init__(
        self,
        store: Store,
        conf: Callable[[], Conf],
        now: Callable[[], datetime],
        alerts: Alerts,
        data: Path,
        noted: Callable[[int], None] = lambda _: None,
        free: Callable[[Path], int] = lambda data: shutil.disk_usage(data).free,
        held: Callable[[str], str | None] = lambda endpoint: None,
    ) -> None:
        self._store = store
        self._conf = conf
        self._now = now
        self._alerts = alerts
        self._data = data
        self._noted = noted
        self._free = free
        self._deadlines = Deadlines(store, held)

    async def run(self) -> None:
        """Make a round every five minutes, for ever; the first is of the disk alone: what waits is being taken up."""
        await self._look(self._disk)
        while True:
            await asyncio.sleep(EVERY)
            await self.round()

    async def round(self) -> None:
        """Look at everything once. What cannot be looked at now is looked at with the next one."""
        await self._look(self._disk, self._overdue, self._expiring)

    async def _look(self, *at: Callable[[], Awaitable[None]]) -> None:
        for look in at:
            try:
                await look()
            except Exception as error:  # noqa: BLE001  such as a store in trouble, which is told by itself
                structlog.get_logger().warning("alerts.round_failed", error=fault(error))

    async def _disk(self) -> None:
        free, bound = await asyncio.to_thread(self._free, self._data), self._conf().gateway.limits.disk_free
        self._noted(free)
        if free < bound:
            room = f"{_mebibytes(free)} free, less than {_mebibytes(bound)}"
            said = (
                f"the disk of the data folder {self._data} has {room} (when it is full nothing more is taken)"
            )
            self._alerts.raise_("disk", str(self._data), said)

    async def _overdue(self) -> None:
        now, bound = self._now(), timedelta(seconds=self._conf().gateway.limits.overdue)
        for one in await self._store.backlog():
            since = now - one.next_due
            if since <= bound:
                continue
            waits = "1 event waits and" if one.count == 1 else f"{one.count:,} events wait, and one"
            hours = since.total_seconds() / 3600
            self._alerts.raise_(
                "overdue", one.endpoint, f"{one.endpoint}: {waits} has been due for {hours:.1f} hours"
            )

    async def _expiring(self) -> None:
        found, enough = await self._deadlines.look(self._conf(), self._now(), BUDGET)
        for soon in found:
            self._alerts.raise_("deadline", soon.endpoint, str(soon))
        if not enough:
            said = f"not all that waits could be asked about in {BUDGET:g} s (the next round goes on with the rest)"
            structlog.get_logger().warning("alerts.round_failed", error=said)


def _mebibytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MiB"
