"""What in a sample is a credential: by its name, or because it looks like a token."""

import re
from base64 import b64decode
from binascii import Error

from gateway.model import Json

_NAMES = re.compile(
    r"(api|access|auth|private|account|partner|client|app|secret|subscription|license)key"
    r"|apitoken|token|secret|pass(word|wd|phrase|code)?|pwd|auth|authorization|credentials?|signature|sig|hmac"
    r"|key|pw|apiauth|sessionid|jwt|bearer|cookie"
)
_WITHIN = (
    "password",
    "secret",
    "apikey",
    "credential",
    "authorization",
    "accesstoken",
    "authtoken",
    "apitoken",
)
_TOKENS = re.compile(
    r"(?:bearer\s+\S+|basic\s+[A-Za-z0-9+/=]{6,}|eyJ[\w-]+\.[\w-]+\.[\w-]*|[sr]k_(?:live|test)_\w+)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"(?:auth|authentication|credentials?|security|login)")


def is_credential(key: str, sample: Json) -> bool:
    """Whether what a mapping key holds is a credential, by its name, by what it stands in, or by its looks."""
    if sample is None or isinstance(sample, (bool, list, dict)) or sample == "":
        return False
    *above, last = [_bare(word) for word in re.split(r"[.@\[]", key) if not word.isdigit()] or [""]
    if last.startswith("xmlns"):
        return False
    named = _NAMES.fullmatch(last.removeprefix("x")) or any(word in last for word in _WITHIN)
    return bool(named or any(map(_PARTS.fullmatch, above)) or _TOKENS.fullmatch(str(sample)))


def basic(value: str) -> tuple[str, str] | None:
    """User name and password of an Authorization header; None where it is of another scheme, or cannot be read."""
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        username, colon, password = b64decode(encoded, validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return None
    return (username, password) if colon and password else None


def _bare(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())
