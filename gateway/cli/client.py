"""A small client of a running daemon, over loopback or a Unix socket."""

import errno
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import click

from gateway.cli.faults import NoDaemon, Refused, Unavailable
from gateway.cli.options import token
from gateway.conf.document import parse
from gateway.conf.files import GATEWAY
from gateway.conf.schema import GatewaySettings
from gateway.errors import ConfError, Problem

_ANY_ADDRESS = re.compile(r"^(?:0\.0\.0\.0|\[::\]):")
_URL = re.compile(r"(?:http://)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})/?")
RATE_REACHED = 429
LATER = (RATE_REACHED, 503, 507)  # statuses that ask to come back
_HINT = "name it with --token-file FILE, or in $FEEDBACK_GATEWAY_TOKEN"
PATIENCE = 60.0  # seconds that an answer may take, where the request itself does not ask for longer


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon answered. retry_after: seconds, where it named them."""

    status: int
    body: Any
    retry_after: float | None = None

    def expect(self, *right: int) -> Any:
        """The document, if the status is a right one. Raises Refused or Unavailable with the daemon's words."""
        if self.status in right and isinstance(self.body, Mapping):
            return self.body
        hint = f" ({_HINT})" if self.status == 401 and token() is None else ""
        raise (Unavailable if self.status in LATER else Refused)(told(self.body) + hint)


class Client:
    """Speaks to the daemon at `http://HOST:PORT` or `unix:/path`, with the token that the command was given."""

    def __init__(self, where: str) -> None:
        self.where = where
        unix = where.startswith("unix:")
        connector = aiohttp.UnixConnector(where.removeprefix("unix:")) if unix else aiohttp.TCPConnector()
        self._base = "http://localhost" if unix else where
        given = token()
        headers = {} if given is None else {"Authorization": f"Bearer {given}"}
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), headers=headers
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """Ask for something. Raises Unavailable where nobody answers."""
        return await self._ask("GET", path, query, None, {}, PATIENCE)

    async def post(
        self,
        path: str,
        text: str,
        *,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
        patience: float | None = PATIENCE,
    ) -> Answer:
        """Post a text of a content type. patience: seconds, or None for ever. Raises Unavailable."""
        return await self._ask(
            "POST", path, None, text.encode(), {"Content-Type": kind, **(headers or {})}, patience
        )

    async def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: bytes | None,
        headers: Mapping[str, str],
        patience: float | None,
    ) -> Answer:
        limit = aiohttp.ClientTimeout(total=patience, sock_connect=5.0)
        asked = self._session.request(
            method,
            self._base + path,
            params=query,
            data=body,
            headers=headers,
            timeout=limit,
            allow_redirects=False,  # a daemon has none, and events are for nobody else
        )
        try:
            async with asked as answer:
                text = await answer.text()
                after = answer.headers.get("Retry-After", "")
                return Answer(answer.status, _parsed(text), float(after) if after.isdecimal() else None)
        except aiohttp.ClientConnectorError as error:
            raise _unreachable(self.where, error.os_error) from None
        except TimeoutError:
            raise Unavailable(f"the daemon at {self.where} gave no answer within {patience:g} s") from None
        except aiohttp.ClientError as error:
            why = str(error) or type(error).__name__
            raise Unavailable(f"the connection to the daemon at {self.where} was lost: {why}") from None


def address(url: str | None, folder: Path) -> str:
    """Where the daemon is: as named, else the first listener of the conf, whatever else is wrong in there.

    Raises ConfError where the conf does not say, UsageError for a URL that is none.
    """
    if url is None:
        return _written(_first_listener(folder))
    found = _URL.fullmatch(url)
    if url.startswith("unix:/") or (found is not None and int(found[1]) <= 65535):
        return _written(url.rstrip("/"))
    raise click.UsageError(f"{url!r} names no daemon (write http://127.0.0.1:8620 or unix:/path)")


def told(document: Any) -> str:
    """The sentences of a problem document (RFC 9457)."""
    if not isinstance(document, Mapping) or "title" not in document:
        return f"this is not what a feedback gateway answers: {str(document)[:200]}"
    details = [
        f"{one['pointer']}: {one['detail']}" if one["pointer"] else one["detail"]
        for one in document.get("errors", ())
        if one["detail"] != document["title"]
    ]
    return str(document["title"]) + (f": {'; '.join(details)}" if details else "")


def _written(listener: str) -> str:
    return listener if listener.startswith(("unix:", "http://")) else f"http://{listener}"


def _unreachable(where: str, error: OSError) -> Unavailable:
    if error.errno in (errno.ECONNREFUSED, errno.ENOENT):
        return NoDaemon(f"no daemon answers at {where} (start one: feedback-gateway run)")
    return Unavailable(f"no daemon can be reached at {where}: {error.strerror or error}")


def _first_listener(folder: Path) -> str:
    try:
        document = parse((folder / GATEWAY).read_bytes(), GATEWAY)
    except OSError as error:
        right = "name a daemon with --url, or its conf folder with --conf"
        text = f"{folder / GATEWAY} cannot be read: {error.strerror} ({right})"
        raise ConfError([Problem(GATEWAY, 0, 0, "", text)]) from None
    named = document.data.get("listen") if isinstance(document.data, dict) else None
    if document.problems:
        raise ConfError(document.problems)
    first = named[0] if isinstance(named, list) and named else None
    if isinstance(first, Mapping):
        return f"unix:{first.get('unix')}"
    return _ANY_ADDRESS.sub(_loopback, first if isinstance(first, str) else str(GatewaySettings().listen[0]))


def _loopback(found: re.Match[str]) -> str:
    """A listener on every address is reached on this machine's own."""
    return "[::1]:" if found[0].startswith("[") else "127.0.0.1:"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text
