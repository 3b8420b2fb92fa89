"""The sources of a simulated world: they answer, refuse, stall and break, and write everything down."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from gateway import jsontext
from gateway.errors import SendError
from gateway.model import Request, Response

MOODS = ("well", "well", "unwell", "slow", "broken")
_ANSWERS = {
    "well": ("ok", "ok", "ok", "ok", "no"),
    "slow": ("ok", "hang", "no"),
    "unwell": ("ok", "500", "later", "garbage", "lost"),
    "broken": ("500", "refused", "lost", "hang", "later"),
}


@dataclass
class Sent:
    """One request as the source saw it.

    began: in seconds that nobody changes; said: what it answers if it gets that far; took: it came so far as to decide; heard: the daemon had the answer; until: before which the source wants
    no further try, by the daemon's wall clock; open: it has not ended yet.
    """

    event: str
    endpoint: str
    key: str
    life: int
    at: datetime
    began: float
    said: str
    took: bool = False
    heard: bool = False
    until: datetime | None = None
    open: bool = True


class Partner:
    """Every source at once; takes the place of the session. now: the wall clock.

    It honours the idempotency key: what it took once, it takes again without doing it twice.
    """

    def __init__(self, chance: Random, now: Callable[[], datetime]) -> None:
        self.mood = "well"
        self.journal: list[Sent] = []
        self.life = 0
        self.lanes: dict[
            str, str
        ] = {}  # which endpoint's lane sends an event: a replay may carry an older address
        self.crowds: list[tuple[str, list[Sent]]] = []
        self._chance = chance
        self._now = now
        self._taken: dict[str, str] = {}

    async def request(self, request: Request, *, timeout: float, **_: object) -> Response:
        """Take one request as the session would bring it, and answer, or not."""
        headers = dict(request.headers)
        body = jsontext.loads((request.body or b"{}").decode())
        key = headers["Idempotency-Key"]
        said = self._taken.get(key) or self._chance.choice(_ANSWERS[self.mood])
        began = asyncio.get_running_loop().time()
        sent = Sent(str(body["id"]), self.lanes[str(body["id"])], key, self.life, self._now(), began, said)
        self.journal.append(sent)
        self._count(sent)
        try:
            async with asyncio.timeout(timeout):
                return await self._answer(sent)
        except TimeoutError:
            sent.heard = True
            raise SendError("no answer in time", maybe_received=True) from None
        finally:
            sent.open = False

    async def _answer(self, sent: Sent) -> Response:
        await asyncio.sleep(self._chance.choice((0.001, 0.03, 0.4)))
        if sent.said == "refused":
            sent.heard = True
            raise SendError("connection refused", maybe_received=False)
        if sent.said in ("ok", "no"):
            self._taken[sent.key], sent.took = sent.said, True
        if sent.said == "hang":
            await asyncio.sleep(1000)
        await asyncio.sleep(self._chance.choice((0.0, 0.001, 0.2)))
        sent.heard = True
        if sent.said == "lost":
            raise SendError("the connection broke", maybe_received=True)
        if sent.said == "later":
            wait = self._chance.choice((5, 120))
            sent.until = self._now() + timedelta(seconds=wait)
            return Response(429, (("Retry-After", str(wait)),), b"{}")
        return _RESPONSES[sent.said]

    def _count(self, sent: Sent) -> None:
        at_once = [other for other in self.journal[-40:] if other.open and other.life == sent.life]
        self.crowds.append((sent.endpoint, [other for other in at_once if other.endpoint == sent.endpoint]))


_JSON = (("Content-Type", "application/json"),)
_RESPONSES = {
    "ok": Response(200, _JSON, b'{"status": "ok"}'),
    "no": Response(200, _JSON, b'{"status": "no", "why": "duplicate"}'),
    "500": Response(500, _JSON, b"{}"),
    "garbage": Response(200, _JSON, b"<oops"),
}
