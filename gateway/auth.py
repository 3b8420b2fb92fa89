"""Who we are to a source: what `auth:` in the conf was compiled to. Masked in every shown form."""

import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

from gateway.errors import RenderError
from gateway.model import MASK, Sample

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TOKEN = re.compile(r"[!-~]+")


class Auth(Protocol):
    """What the gateway asks of an endpoint's auth."""

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that the session adds; raises RenderError where the secrets cannot be sent."""

    def masked(self) -> Self:
        """The same with `***` for every secret, for what is shown."""


@dataclass(frozen=True, slots=True)
class Basic:
    """A user name and a password, sent as UTF-8 (RFC 7617)."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header to send; raises RenderError, which repeats neither part."""
        if isinstance(self.password, Sample):
            return (("Authorization", f"Basic {self.password}"),)
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

    def masked(self) -> Self:
        """With `***` for both: the header encodes them together."""
        return replace(self, username=MASK, password=MASK)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token, sent as it is (RFC 6750)."""

    token: str = field(repr=False)

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The Authorization header to send; raises RenderError, which does not repeat the token."""
        if not _TOKEN.fullmatch(self.token):
            raise RenderError("the bearer token is empty or holds more than visible ASCII", "auth.bearer")
        return (("Authorization", f"Bearer {self.token}"),)

    def masked(self) -> Self:
        """With `***` for the token."""
        return replace(self, token=MASK)


@dataclass(frozen=True, slots=True)
class Wss:
    """A user name and a password for the envelope, which the transport writes (WS-Security UsernameToken).

    digest: whether a digest stands in the password's place; shown_username: `***` where the name is a secret, too.
    """

    username: str = field(repr=False)
    password: str = field(repr=False)
    digest: bool = False
    shown_username: str = MASK

    def headers(self) -> tuple[tuple[str, str], ...]:
        """None; raises RenderError where user name or password cannot stand in XML, repeating neither."""
        if _CONTROL.search(f"{self.username}{self.password}"):
            raise RenderError(
                "user name or password holds a control character (a line break, perhaps)", "auth.wss"
            )
        return ()

    def masked(self) -> Self:
        """With `***` for the password, and for a user name that is a secret."""
        return replace(self, username=self.shown_username, password=MASK)
