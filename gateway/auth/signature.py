"""Signed requests, as Standard Webhooks has them: https://www.standardwebhooks.com, version 1.0.0.

What is signed is `ID.TIMESTAMP.BODY`: the idempotency key, the attempt's own moment in seconds, and the very bytes
of the body. A request without a body signs an empty one: then neither address nor query is covered.
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Self

from gateway.auth.proof import Auth, with_headers
from gateway.errors import RenderError
from gateway.model import MASK, Request

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_SHORTEST, _LONGEST = 16, 64  # bytes of a symmetric key; the specification asks for 24 to 64
_SEED = 32


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key. version: `v1`, HMAC-SHA256, or `v1a`, ed25519."""

    version: str
    sign: Callable[[bytes], bytes] = field(repr=False, compare=False)
    text: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A key as it is handed out: `whsec_` or `whsk_`, and base64. Raises ValueError, which does not repeat it."""
        kind, _, encoded = text.partition("_")
        if kind not in ("whsec", "whsk"):
            raise ValueError(
                "the signing key begins neither with whsec_ nor with whsk_ (write the prefix, and base64)"
            )
        try:
            key = b64decode(encoded, validate=True)
        except (Error, ValueError):
            raise ValueError(
                f"what follows {kind}_ in the signing key is not base64 (copy it whole)"
            ) from None
        if kind == "whsk":
            return cls("v1a", _ed25519(key), text)
        if not _SHORTEST <= len(key) <= _LONGEST:
            raise ValueError(f"the signing key has {len(key)} bytes (24 to {_LONGEST} are right)")
        return cls("v1", lambda content: hmac.digest(key, content, sha256), text)

    def __call__(self, content: bytes) -> str:
        """A signature as it stands in the header."""
        return f"{self.version},{b64encode(self.sign(content)).decode()}"


@dataclass(frozen=True, slots=True)
class Signature(Auth):
    """Keys that sign every request; while they are changed, the new one and the old one."""

    keys: tuple[SigningKey, ...]

    def stamps(self, key: str, now: datetime | None) -> tuple[tuple[str, str], ...]:
        """The event's id and the attempt's moment."""
        return () if now is None else ((ID, key), (TIMESTAMP, str(int(now.timestamp()))))

    def on(self, request: Request) -> Request:
        """The request with a signature by each key. Raises RenderError where it does not say which attempt it is."""
        return with_headers(request, ((SIGNATURE, " ".join(self._signatures(request))),))

    def masked(self) -> Self:
        """With `***` for every signature."""
        return replace(self, keys=tuple(replace(key, sign=bytes, text=MASK) for key in self.keys))

    def _signatures(self, request: Request) -> list[str]:
        if all(key.text == MASK for key in self.keys):
            return [f"{key.version},{MASK}" for key in self.keys]
        there = {name.lower(): value for name, value in request.headers}
        try:
            stamp = f"{there[ID]}.{there[TIMESTAMP]}."
        except KeyError:
            raise RenderError("there is no id or no moment to sign", "auth.signature") from None
        content = stamp.encode() + (request.body or b"")
        return [key(content) for key in self.keys]


def _ed25519(key: bytes) -> Callable[[bytes], bytes]:
    """What signs with a private key: its 32 bytes, or with the 32 of the public one after it. Raises ValueError."""
    try:
        # An extra: only who signs by ed25519 has it.
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    except ImportError:
        raise ValueError(
            "a whsk_ key signs by ed25519, which is not installed (pip install 'feedback-gateway[ed25519]')"
        ) from None
    if len(key) not in (_SEED, 2 * _SEED):
        raise ValueError(f"the signing key has {len(key)} bytes ({_SEED} are right)")
    private = Ed25519PrivateKey.from_private_bytes(key[:_SEED])
    if key[_SEED:] not in (b"", private.public_key().public_bytes_raw()):
        raise ValueError("the halves of the signing key do not belong together (copy it whole)")
    return private.sign
