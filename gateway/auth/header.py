"""What is the same in every request: user name and password, a token, an API key."""

import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Self
from urllib.parse import quote

from gateway.auth.proof import Auth
from gateway.errors import RenderError
from gateway.model import MASK, Request, Sample

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
VISIBLE = re.compile(r"[!-~]+")
# In the query an asterisk needs no code, so that the masked form reads as such.
_UNCODED = "*"


@dataclass(frozen=True, slots=True)
class Basic(Auth):
    """A user name and a password, sent as UTF-8 (RFC 7617)."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header to send; raises RenderError, which repeats neither part."""
        if isinstance(self.password, Sample):
            return (("Authorization", f"Basic {self.password}"),)
        return _basic(self.username, self.password)

    def masked(self) -> Self:
        """With `***` for both: the header encodes them together."""
        return replace(self, username=MASK, password=MASK)


@dataclass(frozen=True, slots=True)
class Bearer(Auth):
    """A token, sent as it is (RFC 6750)."""

    token: str = field(repr=False)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header to send; raises RenderError, which does not repeat the token."""
        if not VISIBLE.fullmatch(self.token):
            raise RenderError("the bearer token is empty or holds more than visible ASCII", "auth.bearer")
        return (("Authorization", f"Bearer {self.token}"),)

    def masked(self) -> Self:
        """With `***` for the token."""
        return replace(self, token=MASK)


@dataclass(frozen=True, slots=True)
class ApiKey(Auth):
    """A key in a header, or in a parameter of the query.

    name: of the header or the parameter; in_query: which of the two.
    """

    name: str
    key: str = field(repr=False)
    in_query: bool = False

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header to send; none where it goes into the query. Raises RenderError, which does not repeat the key."""
        if CONTROL.search(self.key) or not self.key.isascii() or self.key != self.key.strip():
            raise RenderError(
                "the API key holds a line break, blanks at an end, or more than ASCII", "auth.api_key.key"
            )
        return () if self.in_query else ((self.name, self.key),)

    def on(self, request: Request) -> Request:
        """The request with the key, unless a header or parameter of that name was mapped."""
        headers = self.headers()
        if not self.in_query:
            return Auth.on(self, request)
        address, _, query = request.url.partition("?")
        name = quote(self.name, safe="")
        if any(part.partition("=")[0] == name for part in query.split("&")):
            return request
        joint = "&" if query else ""
        added = f"{address}?{query}{joint}{name}={quote(self.key, safe=_UNCODED)}"
        return replace(request, url=added, headers=request.headers + headers)

    def masked(self) -> Self:
        """With `***` for the key."""
        return replace(self, key=MASK)


@lru_cache(maxsize=4096)
def _basic(username: str, password: str) -> tuple[tuple[str, str], ...]:
    if ":" in username:
        raise RenderError(
            "the user name holds a colon (RFC 7617 allows none: the password begins there)", "auth.basic"
        )
    pair = f"{username}:{password}"
    if CONTROL.search(pair):
        raise RenderError(
            "user name or password holds a control character (a line break, perhaps)", "auth.basic"
        )
    return (("Authorization", f"Basic {b64encode(pair.encode()).decode()}"),)
