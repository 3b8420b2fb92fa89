"""An access token that the gateway fetches for itself: client credentials (RFC 6749, section 4.4). Pure.

What is asked and what is answered stands here; when to ask is decided where requests are sent.
"""

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field, replace
from math import isnan
from typing import Any, Self
from urllib.parse import quote_plus, urlencode

from gateway.auth.header import VISIBLE
from gateway.auth.proof import Auth
from gateway.model import MASK, Request, Response

LIFETIME = 3600.0  # seconds, of a token whose answer does not say
_CODE = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True)
class OAuth2(Auth):
    """What a token is asked for with. in_body: client id and secret stand in the body, not in a Basic header."""

    token_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    scope: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    in_body: bool = False

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header as it is shown: the token is known only where it is sent."""
        return (("Authorization", f"Bearer {MASK}"),)

    def masked(self) -> Self:
        """With `***` for id and secret."""
        return replace(self, client_id=MASK, client_secret=MASK)


@dataclass(frozen=True, slots=True)
class Granted:
    """A token, and the seconds from its answer on for which it is good."""

    token: str = field(repr=False)
    lifetime: float


def asked(grant: OAuth2, agent: str) -> Request:
    """The request for a token. agent: the User-Agent."""
    fields = [("grant_type", "client_credentials")]
    headers = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Accept", "application/json"),
        ("User-Agent", agent),
    ]
    if grant.scope is not None:
        fields.append(("scope", grant.scope))
    fields += grant.parameters
    if grant.in_body:
        fields += [("client_id", grant.client_id), ("client_secret", grant.client_secret)]
    else:
        # Each part is form-encoded before it is joined: RFC 6749, section 2.3.1.
        pair = f"{quote_plus(grant.client_id)}:{quote_plus(grant.client_secret)}"
        headers.append(("Authorization", f"Basic {b64encode(pair.encode()).decode()}"))
    return Request("POST", grant.token_url, tuple(headers), urlencode(fields).encode(), secret=True)


def granted(answer: Response) -> Granted:
    """The token of an answer (RFC 6749, section 5). Raises ValueError, which repeats nothing but the error's code."""
    told = _read(answer)
    if answer.status != 200:
        code = told.get("error")
        said = f" {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""
        raise ValueError(f"it answered with status {answer.status}{said} (200 and a token are right)")
    token, kind = told.get("access_token"), told.get("token_type", "bearer")
    if not isinstance(token, str) or not VISIBLE.fullmatch(token):
        raise ValueError("its answer holds no access_token (JSON with one, in visible ASCII, is right)")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ValueError("its token is of another type (token_type bearer is right)")
    return Granted(token, _seconds(told.get("expires_in")))


def _read(answer: Response) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(told: object) -> float:
    """Some servers write a number as text."""
    try:
        seconds = float(told) if isinstance(told, int | float | str) else LIFETIME
    except (ValueError, OverflowError):
        return LIFETIME
    return min(max(seconds, 0.0), 10 * 365 * 86400.0) if not isnan(seconds) else LIFETIME
