"""What stands in the head of a request: authentication, and the headers that an endpoint maps."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.imports.credentials import basic
from gateway.imports.markup import Token
from gateway.imports.protocols import Found
from gateway.imports.references import References
from gateway.imports.rows import Row

_SENT_ANYWAY = re.compile(
    r"host|content-length|content-type|connection|transfer-encoding|te|expect|soapaction|accept-encoding|"
    r"accept-language|cache-control|pragma|dnt|priority|upgrade-insecure-requests|postman-token|idempotency-key|sec-.*"
)
_BROWSER = re.compile(r"(Mozilla|PostmanRuntime|insomnia|curl)/.*", re.IGNORECASE)
_FILES = (
    ("cert", "certificate", "the certificate to show"),
    ("key", "key", "its private key without a passphrase"),
    ("cacert", "ca", "the certificate to believe"),
)
_UNFIT = re.compile(r"[^\t\x20-\x7e\xa0-\xff]")


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an endpoint. auth, tls: the keys of these; rows: the headers; notes: what became of the others."""

    auth: dict[str, Any]
    tls: dict[str, Any]
    rows: tuple[Row, ...]
    idempotency_header: str | None
    notes: tuple[str, ...]


def head(found: Found, references: References) -> Head:
    """The head of a request; its credentials become references."""
    auth = _auth(found, references)
    agent = found.command.header("User-Agent") or ""
    rows, left_out, key = [], [], None
    if found.content_type is not None:
        rows.append(Row("Content-Type", found.content_type))
    for name, value in found.command.headers:
        lower = name.lower()
        if lower == "authorization" and auth and found.token is None:
            continue
        if lower == "x-idempotency-key":
            key = name
        elif _is_noise(lower, value, bool(_BROWSER.fullmatch(agent))):
            left_out += [] if lower in ("content-type", "soapaction") else [name]
        elif _UNFIT.search(value):
            left_out.append(name)
        else:
            rows.append(Row(name, value))
    return Head(auth, _tls(found.command.tls, references), tuple(_once(rows)), key, tuple(_notes(left_out)))


def _is_noise(name: str, value: str, from_browser: bool) -> bool:
    """Whether a header is the sender's own business: the gateway writes its own, or a browser says what it is."""
    if name in ("user-agent", "referer", "origin"):
        return from_browser
    return bool(_SENT_ANYWAY.fullmatch(name)) or (name == "accept" and value == "*/*")


def _once(rows: list[Row]) -> Iterator[Row]:
    """The headers, those that stand several times as one (RFC 9110, section 5.3)."""
    names = dict.fromkeys(row.key.lower() for row in rows)
    for name in names:
        same = [row for row in rows if row.key.lower() == name]
        yield Row(same[0].key, ("; " if name == "cookie" else ", ").join(row.sample for row in same))


def _notes(left_out: list[str]) -> Iterator[str]:
    if left_out:
        yield f"headers that the gateway sends by itself, or that are a browser's: {', '.join(left_out)}"


def _auth(found: Found, references: References) -> dict[str, Any]:
    if found.token is not None:
        return {"wss": _wss(found.token, references)}
    value = found.command.header("Authorization")
    if value is None:
        return {}
    pair = basic(value)
    if pair is not None:
        password = references.refer("password", pair[1], f"the password of {pair[0]}")
        return {"basic": {"username": pair[0], "password": password}}
    scheme, _, token = value.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return {"bearer": references.refer("token", token.strip(), "the bearer token")}
    return {}


def _tls(given: Mapping[str, str], references: References) -> dict[str, Any]:
    """The keys of `tls`: each file that the command names is to be copied into one of ours."""
    keys: dict[str, Any] = {}
    for option, key, what in _FILES:
        if option in given:
            path = given[option].partition(":")[0] if option == "cert" else given[option]
            keys[key] = references.named(key, f"{what}, as PEM: the sample has it in {path}")
    if "insecure" in given and "ca" not in keys:
        keys["insecure_skip_verify"] = True
    return keys


def _wss(token: Token, references: References) -> dict[str, Any]:
    """The UsernameToken of an envelope; of a digest the password is not known."""
    what = f"the password of {token.username}"
    if token.password:
        return {"username": token.username, "password": references.refer("password", token.password, what)}
    digest = references.named("password", f"{what}, of which the sample has a digest only")
    return {"username": token.username, "password": digest, "digest": True}
