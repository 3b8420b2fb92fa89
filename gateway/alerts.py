"""What a person must know: once per key and hour, best effort."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.model import Alert

QUIET = timedelta(hours=1)


class Alerts:
    """Tells each alert once per key and hour. now: UTC; tell: takes what is to be told, and must not block."""

    def __init__(self, now: Callable[[], datetime], tell: Callable[[Alert], object]) -> None:
        self._now = now
        self._tell = tell
        self._told: dict[str, datetime] = {}
        self._swept = now()

    def raise_(self, kind: str, about: str, text: str) -> None:
        """Tell that `about` (an endpoint, a plugin, a source) needs a person, unless that was told within the hour."""
        now = self._now()
        key = f"{kind}:{about}"
        if key in self._told and abs(now - self._told[key]) < QUIET:
            return
        if abs(now - self._swept) >= QUIET:  # once an hour, so that many keys at once cost no more than a few
            self._told = {known: at for known, at in self._told.items() if abs(now - at) < QUIET}
            self._swept = now
        self._told[key] = now
        self._tell(Alert(key=key, kind=kind, text=text, at=now))
