"""The filters that make hashes and signatures: `md5` and its kin, and `hmac` (RFC 2104)."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from gateway.nearest import nearest
from gateway.paths import is_blank
from gateway.templates.text import encoded, to_text

ALGORITHMS = ("md5", "sha1", "sha256", "sha384", "sha512")
_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode("ascii"),
}


def digest(algorithm: str) -> Callable[..., str | None]:
    """The filter of a hash algorithm; `salt` is put before the value, `encoding` is hex or base64."""

    def hashed(value: Any, salt: Any = "", encoding: Any = "hex") -> str | None:
        if is_blank(value):
            return None  # the hash of nothing looks like one of something
        data = encoded(to_text(salt)) + encoded(to_text(value))
        return encoder(encoding)(hashlib.new(algorithm, data, usedforsecurity=False).digest())

    return hashed


def signed(value: Any, algorithm: Any, key: Any, encoding: Any = "hex") -> str | None:
    """The HMAC of a text under a key, both in UTF-8; `encoding` is hex or base64."""
    if is_blank(value):
        return None
    known, secret = hashing(algorithm), encoded(to_text(key))
    if not secret:
        raise ValueError("the key of hmac is blank (name a secret: key=secrets.NAME)")
    return encoder(encoding)(hmac.digest(secret, encoded(to_text(value)), known))


def hashing(name: Any) -> str:
    """The algorithm of `hmac`; raises ValueError with the sentence to show."""
    if name not in ALGORITHMS:
        near = nearest(name if isinstance(name, str) else "", ALGORITHMS)
        raise ValueError(f"{name!r} is not an algorithm of hmac{near}")
    return str(name)


def encoder(name: Any) -> Callable[[bytes], str]:
    """How a hash is written; raises ValueError with the sentence to show."""
    found = _ENCODINGS.get(name) if isinstance(name, str) else None
    if found is None:
        raise ValueError(f"{name!r} is not an encoding of a hash (hex and base64 are known)")
    return found
