"""Alerts on their way to the one endpoint that the conf names: best effort, and in nobody's way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from gateway.model import Alert
from gateway.observe import fault

ROOM = 100  # alerts that may wait
PAUSES = (1.0, 5.0)  # seconds before an alert is sent once more
# Sends an alert once; why it was not taken, or None.
Send: TypeAlias = Callable[[Alert], Awaitable[str | None]]


class Outbox:
    """Sends alerts one after another. lost: told, with why, of each that could not be sent."""

    def __init__(
        self,
        send: Send,
        lost: Callable[[Alert, str], None],
        *,
        room: int = ROOM,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        self._send = send
        self._lost = lost
        self._pauses = pauses
        self._waiting: asyncio.Queue[Alert] = asyncio.Queue(room)

    def put(self, alert: Alert) -> None:
        """Have an alert sent, when its turn comes."""
        try:
            self._waiting.put_nowait(alert)
        except asyncio.QueueFull:
            self._lost(alert, f"{self._waiting.maxsize} others wait already")

    async def run(self) -> None:
        """Send what comes, for ever."""
        while True:
            alert = await self._waiting.get()
            why = await self._sent(alert)
            for pause in self._pauses:
                if why is None:
                    break
                await asyncio.sleep(pause)
                why = await self._sent(alert)
            if why is not None:
                self._lost(alert, why)

    async def _sent(self, alert: Alert) -> str | None:
        try:
            return await self._send(alert)
        except Exception as error:  # noqa: BLE001  whatever it is, the next alert is sent all the same
            return fault(error)
