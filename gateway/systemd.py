"""What systemd is told of the daemon (sd_notify(3)): ready, reloading, stopping, and that its loop still turns.

Outside systemd nobody is told anything. A message that cannot be sent is dropped: the daemon works all the same.
"""

import asyncio
import os
import socket
import time
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Systemd:
    """Who is told. address: of a datagram socket, or None; watchdog: seconds it waits for a sign of life, or None."""

    address: str | None = None
    watchdog: float | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """As systemd says in the environment; a watchdog that is meant for another process is not ours."""
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls()
        asked, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID")
        ours = asked.isascii() and asked.isdecimal() and int(asked) > 0 and pid in (None, str(os.getpid()))
        return cls(address, int(asked) / 1_000_000 if ours else None)

    def ready(self) -> None:
        """Events are taken; also said at the end of a reload."""
        self._tell("READY=1")

    def status(self, line: str) -> None:
        """What `systemctl status` shows."""
        self._tell(f"STATUS={line}")

    def stopping(self, seconds: float) -> None:
        """It ends, and needs up to so many seconds for it."""
        self._tell(
            "STOPPING=1",
            f"EXTEND_TIMEOUT_USEC={seconds * 1_000_000:.0f}",
            "STATUS=finishing what is under way",
        )

    async def reloading(self, reload: Coroutine[Any, Any, Result]) -> Result:
        """A reload that systemd follows from beginning to end."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        try:
            return await reload
        finally:
            self.ready()

    async def live(self) -> None:
        """Give a sign of life twice in each watchdog's time, from the loop: one that hangs gives none."""
        if self.watchdog is None:
            return
        while True:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self.watchdog / 2)

    def _tell(self, *lines: str) -> None:
        if self.address is None:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.connect(address)
            line.send("\n".join(" ".join(text.splitlines()) for text in lines).encode())
