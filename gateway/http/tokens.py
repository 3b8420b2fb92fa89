"""Access tokens: fetched through the guarded session, kept in memory alone, and fetched anew before they end.

1. For one endpoint there is one fetch at a time, and everybody who needs its token waits for that.
2. Who waits keeps to the deadline of its own attempt; the fetch goes on for the others.
3. Where the source refuses a token (401), one that was not fetched for this very attempt, the request is sent once more
   with a fresh one. The answer says so.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

from gateway import __version__
from gateway.auth.header import Bearer
from gateway.auth.oauth2 import OAuth2, asked, granted
from gateway.errors import AddressRefused, DeliveryError, SendError
from gateway.http.tls import Tls
from gateway.model import Endpoint, Request, Response

if TYPE_CHECKING:
    from gateway.http import Session

TIMEOUT = 10.0  # seconds for one fetch
# Seconds before its end at which a token is no longer used; a tenth of its life where that is short.
EARLY = 30.0
LARGEST = 64 * 1024
SENT_AGAIN = "the source refused the access token (401): it was sent once more, with a fresh one"
THE_SAME = "the source refused the access token (401), and the same one was given out again"

Ask: TypeAlias = Callable[[Request, Tls | None], Awaitable[Response]]
Result: TypeAlias = Literal["fetched", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token. until: the moment from which on it is not used any more, by the clock."""

    text: str = field(repr=False)
    until: float


@dataclass(frozen=True, slots=True)
class _Held:
    """What an endpoint has: a token, or the fetch of one. tls: what it is fetched with."""

    grant: OAuth2
    tls: Tls | None
    task: "asyncio.Task[Token]"


class Tokens:
    """The tokens of one session, by endpoint. ask: sends a request; clock: seconds, monotonic.

    told: an endpoint whose token was `fetched`, or could not be (`failed`), or was `refused` by the source.
    """

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self.told: Callable[[str, Result], None] = lambda endpoint, result: None
        self._ask = ask
        self._clock = clock
        self._held: dict[str, _Held] = {}

    async def get(
        self, endpoint: str, grant: OAuth2, tls: Tls | None, refused: str | None = None
    ) -> tuple[Token, bool]:
        """The token of an endpoint, and whether it was fetched for who asks. refused: one that will not do.

        Raises SendError, or AddressRefused, with why there is none.
        """
        held = self._held.get(endpoint)
        kept = held is not None and (held.grant, held.tls) == (grant, tls) and self._will_do(held, refused)
        if held is None or not kept:
            held = self._begin(endpoint, grant, tls)
        is_new = not held.task.done()
        try:
            return await asyncio.shield(held.task), is_new
        except AddressRefused as error:
            raise AddressRefused(str(error)) from None
        except SendError as error:
            raise SendError(str(error), maybe_received=False) from None

    async def close(self) -> None:
        """Stop fetching, and forget every token."""
        tasks = [held.task for held in self._held.values()]
        self._held.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _will_do(self, held: _Held, refused: str | None) -> bool:
        """Whether what is held can be used, or waited for."""
        if not held.task.done():
            return True
        if held.task.cancelled() or held.task.exception() is not None:
            return False
        token = held.task.result()
        return token.text != refused and self._clock() < token.until

    def _begin(self, endpoint: str, grant: OAuth2, tls: Tls | None) -> _Held:
        fetching = asyncio.get_running_loop().create_task(self._fetch(endpoint, grant, tls))
        # Else asyncio complains where nobody waits any more.
        fetching.add_done_callback(lambda task: task.cancelled() or task.exception())
        held = self._held[endpoint] = _Held(grant, tls, fetching)
        return held

    async def _fetch(self, endpoint: str, grant: OAuth2, tls: Tls | None) -> Token:
        whose = urlsplit(grant.token_url).netloc
        began = self._clock()
        try:
            answer = await self._ask(asked(grant, f"feedback-gateway/{__version__}"), tls)
            found = granted(answer)
        except AddressRefused as error:
            self.told(endpoint, "failed")
            raise AddressRefused(f"no access token from {whose}: {error}") from None
        except (DeliveryError, ValueError) as error:
            self.told(endpoint, "failed")
            raise SendError(f"no access token from {whose}: {error}", maybe_received=False) from None
        self.told(endpoint, "fetched")
        return Token(found.token, began + found.lifetime - min(EARLY, found.lifetime / 10))


async def send_with_token(request: Request, endpoint: Endpoint, session: "Session") -> Response:
    """Send a request with the endpoint's access token. Raises what `Session.request` raises."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + endpoint.timeout
    token, is_new = await _token(request, endpoint, session, deadline)
    answer = await _sent(request, token, endpoint, session, deadline - clock())
    if answer.status != 401 or is_new:
        return answer
    session.tokens.told(endpoint.id, "refused")
    try:
        fresh, _ = await _token(request, endpoint, session, deadline, token.text)
    except DeliveryError as error:
        why = f"the source refused the access token (401), and {error}"
        return replace(answer, notes=(*answer.notes, why))
    if fresh.text == token.text:
        return replace(answer, notes=(*answer.notes, THE_SAME))
    try:
        answer = await _sent(request, fresh, endpoint, session, deadline - clock())
    except SendError as error:
        raise SendError(f"{SENT_AGAIN}; then {error}", maybe_received=error.maybe_received) from None
    return replace(answer, notes=(SENT_AGAIN, *answer.notes), secrets=(token.text, fresh.text))


async def _token(
    request: Request, endpoint: Endpoint, session: "Session", deadline: float, refused: str | None = None
) -> tuple[Token, bool]:
    grant = endpoint.auth
    # Another host has another certificate, and no business with ours.
    beside = urlsplit(grant.token_url).netloc.lower() == urlsplit(request.url).netloc.lower()
    try:
        async with asyncio.timeout_at(deadline):
            return await session.tokens.get(endpoint.id, grant, endpoint.tls if beside else None, refused)
    except TimeoutError:
        whose = urlsplit(grant.token_url).netloc
        raise SendError(
            f"no access token from {whose} within {endpoint.timeout:g} s", maybe_received=False
        ) from None


async def _sent(
    request: Request, token: Token, endpoint: Endpoint, session: "Session", timeout: float
) -> Response:
    answer = await session.request(
        replace(Bearer(token.text).on(request), secret=True),
        timeout=timeout,
        follow_redirects=endpoint.follow_redirects,
        tls=endpoint.tls,
    )
    return replace(answer, secrets=(token.text,))
