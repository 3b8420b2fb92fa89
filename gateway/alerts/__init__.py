"""What a person must know: once per key and hour, best effort."""

from collections.abc import Callable
from datetime import datetime, timedelta

from gateway.answers import NOWHERE
from gateway.model import Alert, Attempt
from gateway.observe import rule_of

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

    def heed(self, made: Attempt) -> None:
        """Tell what a person must know of an attempt; none of it is lead data."""
        endpoint, event, outcome = made.endpoint, made.event.id, made.outcome
        for vote in made.votes:
            if vote.verdict == "error":
                said = f"{endpoint}: the criterion {vote.name} failed at event {event} (its story says how)"
                self.raise_("plugin", f"{endpoint} {vote.name}", said)
        if made.response is not None and made.response.status in (401, 403):
            said = f"{endpoint}: credentials refused with status {made.response.status}"
            self.raise_("credentials", endpoint, said)
        if outcome.kind == "failure" and outcome.rule.endswith(NOWHERE):
            said = f"{endpoint}: event {event} is rejected, since {rule_of(outcome)}{NOWHERE} (is the path right?)"
            self.raise_("answer", endpoint, said)
        if made.settled == "parked":
            said = f"{endpoint}: event {event} is parked by: {rule_of(outcome)} (its story says why)"
            self.raise_("parked", endpoint, said)
        elif outcome.rule in ("a plugin failed", "a fault"):
            said = f"{endpoint}: {outcome.rule}, by {made.transport}, at event {event} (its story says how)"
            self.raise_("plugin", endpoint, said)
