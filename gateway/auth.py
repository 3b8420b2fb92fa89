"""Who we are to a source: the headers that `auth:` in the conf makes. Kept out of every shown form."""

import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import RenderError
from gateway.model import MASK

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TOKEN = re.compile(r"[!-~]+")


class Auth(Protocol):
    """What the default `send` asks of an endpoint's auth."""

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers to send, with the secrets in them; raises RenderError where they cannot be sent."""

    def masked(self) -> tuple[tuple[str, str], ...]:
        """The same headers as they may be shown."""


@dataclass(frozen=True, slots=True)
class Basic:
    """A user name and a password, sent as UTF-8 (RFC 7617)."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header to send; raises RenderError, which repeats neither part."""
        if ":" in self.username:
            raise RenderError(
                "the user name holds a colon (RFC 7617 allows none: the password begins there)", "auth.basic"
            )
        pair = f"{self.username}:{self.password}"
        if _CONTROL.search(pair):
            raise RenderError(
                "user name or password holds a control character (a line break, perhaps)", "auth.basic"
            )
        return (("Authorization", f"Basic {b64encode(pair.encode()).decode()}"),)

    def masked(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header as it may be shown."""
        return (("Authorization", f"Basic {MASK}"),)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token, sent as it is (RFC 6750)."""

    token: str = field(repr=False)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header to send; raises RenderError, which does not repeat the token."""
        if not _TOKEN.fullmatch(self.token):
            raise RenderError("the bearer token is empty or holds more than visible ASCII", "auth.bearer")
        return (("Authorization", f"Bearer {self.token}"),)

    def masked(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header as it may be shown."""
        return (("Authorization", f"Bearer {MASK}"),)
