"""Who may ask the daemon for what: tokens, their roles, and signatures beside them.

Of a token only its hash is known here, and it is compared in constant time.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, TypeAlias

from gateway.settings import Frequency

Role: TypeAlias = Literal["post", "view", "replay", "admin"]
# What each role may do. docs/conf.md has the same table.
ROLES: Mapping[Role, str] = {
    "post": "post events",
    "view": "ask for events, endpoints, plugins and metrics, and read the record of what was done",
    "replay": "have events sent again",
    "admin": "pause, resume, reload, forget, release plugins, and read the record of all that",
}
MESSAGE, SENT_AT = "webhook-id", "webhook-timestamp"
SECRET = "whsec_"  # noqa: S105  what a secret begins with (standardwebhooks.com)


@dataclass(frozen=True, slots=True)
class Signing:
    """How a poster signs (Standard Webhooks). keys: any of them will do; tolerance: seconds its clock may be off."""

    keys: tuple[bytes, ...] = field(repr=False)
    tolerance: float


@dataclass(frozen=True, slots=True)
class Grant:
    """What one token allows. sources: those alone, or None for every one; rate: how much of it, or None."""

    name: str
    roles: frozenset[Role]
    sources: frozenset[str] | None = None
    rate: Frequency | None = None
    signing: Signing | None = None

    def covers(self, source: str) -> bool:
        """Whether it is for a source."""
        return self.sources is None or source in self.sources


@dataclass(frozen=True, slots=True)
class Access:
    """Every token, as its hash, and what it allows. Without any, whoever reaches the daemon may ask for everything."""

    grants: tuple[tuple[bytes, Grant], ...] = field(default=(), repr=False)

    def grant(self, token: str) -> Grant | None:
        """What a token allows; None for one that is none. It takes the same time wherever the token stands."""
        hashed = hash_of(token)
        found = None
        for known, grant in self.grants:
            if hmac.compare_digest(known, hashed):
                found = grant
        return found


def hash_of(token: str) -> bytes:
    """What is known of a token."""
    return sha256(token.encode(errors="surrogatepass")).digest()


def signing_key(secret: str) -> bytes:
    """The key in `whsec_` and base64. Raises ValueError with the sentence to show."""
    try:
        key = b64decode(secret.removeprefix(SECRET), validate=True)
    except (Base64Error, ValueError):
        key = b""
    if not secret.startswith(SECRET) or not 24 <= len(key) <= 64:
        raise ValueError(f"a signing secret is {SECRET} and 24 to 64 bytes in base64")
    return key


def check_signature(signing: Signing, headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Check what Standard Webhooks asks for. now: seconds since 1970. Raises ValueError with the sentence to show.

    A message that is posted twice passes twice: an event's id makes that harmless; an act is not done for it twice.
    """
    message, sent_at = headers.get(MESSAGE, ""), headers.get(SENT_AT, "")
    if not message or not sent_at or "webhook-signature" not in headers:
        raise ValueError("the post is not signed (send webhook-id, webhook-timestamp and webhook-signature)")
    is_time = sent_at.isascii() and sent_at.isdecimal() and len(sent_at) <= 12
    if not is_time or abs(now - int(sent_at)) > signing.tolerance:
        raise ValueError(
            f"webhook-timestamp is not within {signing.tolerance:g} s of the time here (sign when it is sent)"
        )
    signed = f"{message}.{sent_at}.".encode(errors="surrogateescape") + body
    right = [b64encode(hmac.digest(key, signed, "sha256")) for key in signing.keys]
    given = [
        one[3:].encode(errors="surrogateescape")
        for one in headers["webhook-signature"].split(" ")
        if one.startswith("v1,")
    ]
    if not any(hmac.compare_digest(one, other) for one in right for other in given[:8]):
        raise ValueError(
            "webhook-signature is not right (sign ID.TIMESTAMP.BODY with the secret of this token)"
        )
