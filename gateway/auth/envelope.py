"""What a transport writes into its envelope: a WS-Security UsernameToken (OASIS UsernameToken Profile 1.0)."""

from base64 import b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha1
from typing import Self

from gateway.auth.header import CONTROL
from gateway.auth.proof import Auth
from gateway.errors import RenderError
from gateway.model import MASK, Sample, Values


@dataclass(frozen=True, slots=True)
class Wss(Auth):
    """A user name and a password for the envelope, which the transport writes (WS-Security UsernameToken).

    digest: whether a digest stands in the password's place; shown_username: `***` where the name is a secret, too.
    """

    username: str = field(repr=False)
    password: str = field(repr=False)
    digest: bool = False
    shown_username: str = MASK

    def headers(self) -> tuple[tuple[str, str], ...]:
        """None; raises RenderError where user name or password cannot stand in XML, repeating neither."""
        if CONTROL.search(f"{self.username}{self.password}"):
            raise RenderError(
                "user name or password holds a control character (a line break, perhaps)", "auth.wss"
            )
        return ()

    def token(self, values: Values) -> tuple[str, str, str]:
        """Nonce, time of creation, and what stands in the password's place, for one attempt.

        Raises RenderError where the values have no moment or no chance of their own.
        """
        if values.now is None or not values.random:
            raise RenderError(
                "auth needs the attempt's moment and chance (values.now and values.random)", "auth.wss"
            )
        nonce, created = bytes.fromhex(values.random), _moment(values.now)
        secret = self._digest(nonce, created) if self.digest else self.password
        return b64encode(nonce).decode(), created, secret

    def sent(self, values: Values) -> tuple[str, ...]:
        """The digest of an attempt: a source may repeat it."""
        return (self.token(values)[2],) if self.digest and values.now and values.random else ()

    def masked(self) -> Self:
        """With `***` for the password, and for a user name that is a secret."""
        return replace(self, username=self.shown_username, password=MASK)

    def _digest(self, nonce: bytes, created: str) -> str:
        """Base64(SHA-1(nonce + created + password)), as the profile has it in §3.1."""
        if isinstance(self.password, Sample):
            return self.password
        digest = sha1(nonce + created.encode() + self.password.encode(), usedforsecurity=False).digest()
        return b64encode(digest).decode()


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
