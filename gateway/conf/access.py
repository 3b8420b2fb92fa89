"""The models of the conf keys that say where the daemon listens, and who may ask it for what."""

import grp
import ipaddress
import pwd
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)

from gateway.access import Role
from gateway.conf.document import shown
from gateway.conf.pacing import Wait
from gateway.conf.references import SecretRef, SecretRefs, secret
from gateway.model import Secret
from gateway.settings import Rate, Settings

_PORT = re.compile(r"(localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})")
_PATH = r"/[^\x00]{1,106}"  # what fits into a socket's address
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HASH = re.compile("[0-9a-f]{64}")
_IN_THE_CONF = (
    "a token must not stand in the conf (write token: {file: NAME}, or its hash as sha256: "
    "`feedback-gateway token` makes both)"
)


_ENTRY = "{name: NAME, token: {file: NAME}, roles: [post]}"


def _user(name: str) -> str:
    return _known("user", name, pwd.getpwnam)


def _group(name: str) -> str:
    return _known("group", name, grp.getgrnam)


def _known(what: str, name: str, look_up: Any) -> str:
    try:
        look_up(name)
    except (KeyError, ValueError):
        raise ValueError(f"there is no {what} {name!r} on this machine (name one, or its number)") from None
    return name


class PeerSettings(Settings):
    """Whose programs may speak over a Unix socket: one user, or one group."""

    user: Annotated[str, AfterValidator(_user)] | None = None
    """A user's name."""
    uid: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    """A user's number."""
    group: Annotated[str, AfterValidator(_group)] | None = None
    """A group's name: its members."""
    gid: Annotated[int, Field(ge=0, lt=2**32)] | None = None
    """A group's number."""

    @model_validator(mode="after")
    def _one(self) -> "PeerSettings":
        if len(self.model_fields_set) != 1:
            raise ValueError("a peer is one user or one group (write such as {user: www-data}, or {gid: 33})")
        return self


def _socket(path: str) -> str:
    if not re.fullmatch(_PATH, path):
        raise ValueError(
            f"{shown(path)} is no path of a socket (write one such as /run/feedback-gateway/socket)"
        )
    return path


class UnixListener(Settings):
    """A Unix socket with a list of those who may use it."""

    unix: Annotated[str, AfterValidator(_socket)]
    """The socket's path."""
    peers: Annotated[tuple[PeerSettings, ...], Field(min_length=1)] | None = None
    """Whose programs may use it (default: all that may open it)."""

    def __str__(self) -> str:
        return f"unix:{self.unix}"


def _listener(text: Any) -> str:
    if isinstance(text, str):
        found = _PORT.fullmatch(text)
        if re.fullmatch(f"unix:{_PATH}", text) or (found and int(found[2]) <= 65535 and _is_host(found[1])):
            return text
    raise ValueError(
        f"{shown(text)} is no listener (write an address and a port as 127.0.0.1:8620 or [::1]:8620,"
        " or unix:/path)"
    )


def _is_host(host: str) -> bool:
    try:
        return host == "localhost" or bool(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return False


def is_open(listener: object) -> bool:
    """Whether other machines can reach a listener."""
    host = str(listener).rpartition(":")[0]
    is_local = host in ("unix", "localhost") or str(listener).startswith("unix:")
    return not is_local and not ipaddress.ip_address(host.strip("[]")).is_loopback


def _form(value: Any) -> str:
    return "keys" if isinstance(value, (dict, UnixListener)) else "text"


Listener = Annotated[
    Annotated[UnixListener, Tag("keys")] | Annotated[str, BeforeValidator(_listener), Tag("text")],
    Discriminator(_form),
]


def each_once(listeners: tuple[Any, ...]) -> tuple[Any, ...]:
    """Refuse a listener that stands twice."""
    texts = [str(listener) for listener in listeners]
    twice = next((text for at, text in enumerate(texts) if text in texts[:at]), None)
    if twice is not None:
        raise ValueError(f"{twice} stands here twice (write it once)")
    return listeners


def _token(value: Any) -> Any:
    found = secret(value)
    if isinstance(found, Secret):
        return found
    raise ValueError(_IN_THE_CONF)


def _hash(value: Any) -> str:
    """Without repeating it: somebody may have put the token itself here."""
    text = value.lower() if isinstance(value, str) else ""
    if not _HASH.fullmatch(text):
        raise ValueError(
            "this is no SHA-256 of a token (write its 64 hex digits: `feedback-gateway token` makes both)"
        )
    return text


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"{shown(text)} is no name of a token (write up to 64 letters, digits and . _ -)")
    return text


def listed(value: Any) -> Any:
    """Refuse `tokens` that are no list without repeating them: it may be a token."""
    if isinstance(value, (list, tuple)):
        return value
    raise ValueError(f"tokens are a list (write each behind a dash: {_ENTRY})")


def _token_keys(value: Any) -> Any:
    if isinstance(value, (dict, TokenSettings)):
        return value
    raise ValueError(f"a token has keys, and must not stand in the conf itself (write {_ENTRY})")


def _signature_keys(value: Any) -> Any:
    if isinstance(value, (dict, SignatureSettings)):
        return value
    raise ValueError("a signature has keys (write signature: {secrets: [{file: NAME}]})")


def _two(secrets: tuple[Secret, ...]) -> tuple[Secret, ...]:
    if len(secrets) > 2:
        raise ValueError("these are more than two secrets (write the new one and the one before)")
    return secrets


class SignatureSettings(Settings):
    """That every request of a token that posts something is signed as Standard Webhooks says (standardwebhooks.com)."""

    secrets: Annotated[SecretRefs, AfterValidator(_two)]
    """The secret, `whsec_` and base64; two while it is being changed."""
    tolerance: Wait = 300.0
    """How far the time in a signature may be off."""

    _never_text = model_validator(mode="before")(_signature_keys)


class TokenSettings(Settings):
    """One poster, person or program, and what it may do."""

    name: Annotated[str, AfterValidator(_name)]
    """What it is called in the record of what was done."""
    token: Annotated[SecretRef, BeforeValidator(_token)] | None = None
    """The token, by reference."""
    sha256: (
        Annotated[
            str, BeforeValidator(_hash), WithJsonSchema({"type": "string", "pattern": "^[0-9a-fA-F]{64}$"})
        ]
        | None
    ) = None
    """In place of the token: its SHA-256, in hex."""
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    """What it may do."""
    sources: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """The sources that it may post for and look at (default: every one)."""
    rate: Rate | None = None
    """How many requests and events it may bring (default: as many as come)."""
    signature: SignatureSettings | None = None
    """Whatever it posts must be signed, too."""

    _never_text = model_validator(mode="before")(_token_keys)

    @model_validator(mode="after")
    def _whole(self) -> "TokenSettings":
        if (self.token is None) == (self.sha256 is None):
            raise ValueError("a token is known by itself or by its hash (write one of: token, sha256)")
        if self.sources is not None and "admin" in self.roles:
            raise ValueError("an admin is one for every source (leave out `sources`, or the role admin)")
        return self
