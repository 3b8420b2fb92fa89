"""Where the partner hands out access tokens: client credentials, as RFC 6749 has them in section 4.4.

`/oauth2/CLIENT:SECRET`, or `/oauth2/CLIENT:SECRET:SECONDS` for tokens that end after so many seconds.
"""

import base64
import json
from collections.abc import Mapping
from urllib.parse import parse_qs, unquote, unquote_plus

from gateway.testing.partner.exchange import Answer, Call

PREFIX = "/oauth2/"
_MOST = 100_000


class TokenServer:
    """Hands out tokens, and counts what each is used for."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}
        self._given = 0

    def answer(self, call: Call) -> Answer:
        """A token, or the error that RFC 6749 names."""
        client, secret, seconds, *_ = *map(unquote, call.path.removeprefix(PREFIX).split(":")), "", ""
        told = {name: values[0] for name, values in parse_qs(call.body.decode("latin-1")).items()}
        if call.method != "POST" or call.content_type[0] != "application/x-www-form-urlencoded":
            return _json(400, {"error": "invalid_request"})
        if told.get("grant_type") != "client_credentials":
            return _json(400, {"error": "unsupported_grant_type"})
        if _client(call, told) != (client, secret):
            return _json(401, {"error": "invalid_client"})
        self._given += 1
        token = f"token-{self._given}-of-{client}"
        self._used[token] = 0
        if len(self._used) > _MOST:
            del self._used[next(iter(self._used))]
        return _json(200, {"access_token": token, "token_type": "Bearer", "expires_in": int(seconds or 3600)})

    def spend(self, token: str, most: int) -> bool:
        """Use a token once more; whether it was given out, and is good for so many requests."""
        if self._used.get(token, most) >= most:
            return False
        self._used[token] += 1
        return True


def _client(call: Call, told: Mapping[str, str]) -> tuple[str, str]:
    """Id and secret, of the body or of a Basic header, in which each is form-encoded."""
    scheme, _, encoded = call.headers.get("Authorization", "").partition(" ")
    if scheme != "Basic":
        return told.get("client_id", ""), told.get("client_secret", "")
    try:
        client, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return unquote_plus(client), unquote_plus(secret)


def _json(status: int, told: Mapping[str, object]) -> Answer:
    return Answer(status, "application/json", json.dumps(told).encode(), (("Cache-Control", "no-store"),))
