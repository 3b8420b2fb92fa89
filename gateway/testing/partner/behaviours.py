"""How a source may misbehave: `/json/flaky:2` or, joined by commas, `/json/bearer:s3cret,slow:2`.

A gate answers in place of the protocol, the first one in writing order that has something to say; a twist
changes the answer; a way is how the answer leaves (see wire.py).
"""

import base64
import hmac
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs

from gateway.testing.partner import files
from gateway.testing.partner.exchange import Answer, Call, Complaint, Json, Tongue
from gateway.testing.partner.soap import knows_user

BEHAVIOURS: dict[str, str] = {
    "ok": "judge the request strictly and say yes; the same as nothing at all",
    "landed": "say yes to anything; where redirects lead",
    "slow:SECONDS": "wait before the answer",
    "hang": "never answer",
    "drip": "send the answer one byte every half second",
    "reset": "reset the connection instead of answering",
    "reset-after": "reset the connection after half of the answer",
    "endless": "begin with the answer and never stop sending",
    "garbage": "answer with bytes that are not HTTP",
    "flaky:N": "503 with Retry-After: 1 for the first N requests under one key (or body), then yes",
    "status:CODE": "answer with this status, whatever was sent",
    "429:SECONDS": "429 with Retry-After in seconds",
    "429-date:SECONDS": "429 with Retry-After as a date that many seconds ahead",
    "answer:FILE": "200 and this .json, .xml, .html, .txt or .form file in the partner's working folder",
    "answer:FILE:CODE": "this file with this status",
    "error-inside": "200, and inside it an error: Duplicate lead",
    "redirect:CODE": "redirect to landed, beside this address",
    "redirect:CODE:HOST:PORT": "redirect to landed at another address",
    "loop:CODE": "redirect to this very address, for ever",
    "charset": "say yes in ISO-8859-1 and call it utf-8",
    "lie": "call the answer text/html, whatever it is",
    "bomb": "an answer of 32 KiB that unpacks (gzip) to 32 MiB",
    "fault": "500; over soap a Fault of the server",
    "auth:USER:PASSWORD": "401 unless these come as Basic credentials",
    "bearer:TOKEN": "401 unless this token comes as Bearer",
    "api-key:NAME:VALUE": "401 unless this header, or this parameter of the query, has this value",
    "oauth2:N": "401 unless a token of /oauth2 comes as Bearer; each is good for N requests",
    "signed:KEY": "401 unless this whsec_ key signed the request within 5 minutes (Standard Webhooks)",
    "wss:USER:PASSWORD": "a Fault unless these come as a WS-Security UsernameToken (soap only)",
    "parameter:NAME": "expect the document in this form field (json and xml only)",
    "wsdl-flaky:N": "503 for the first N fetches of the WSDL (soap only)",
}
SILENT = frozenset({"hang", "reset", "garbage"})

_ONLY: Mapping[str, tuple[str, ...]] = {
    "wss": ("soap",),
    "wsdl-flaky": ("soap",),
    "parameter": ("json", "xml"),
}
_PLACES = {
    "SECONDS": r"(\d+(?:\.\d+)?)",
    "N": r"(\d+)",
    "CODE": r"([2-5]\d\d)",
    "HOST": r"([^:]+|\[[^]]+\])",
    "PORT": r"(\d+)",
    "USER": "([^:]+)",
    "PASSWORD": "(.+)",
    "TOKEN": "(.+)",
    "NAME": "(.+)",
    "KEY": "whsec_(.+)",
    "VALUE": "(.+)",
    "FILE": files.NAME,
}
_TOLERANCE = 300  # seconds
_BOMB_SIZE = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wish:
    """One behaviour that a path asks for, with its arguments as written."""

    name: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A call on its way to its answer. repeats: how many like it came before; asking counts this one in.

    spend: uses an access token for one of so many requests; whether it is good for one more.
    """

    call: Call
    tongue: Tongue
    values: Json
    complaint: Complaint | None
    reference: int
    repeats: Callable[[], int]
    spend: Callable[[str, int], bool]

    def yes(self, remark: str = "") -> Answer:
        """The protocol's yes."""
        return self.tongue.accept(self.call, self.values, self.reference, remark)

    def no(self, status: int, text: str, code: str = "Client", **headers: str) -> Answer:
        """The protocol's no."""
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return self.tongue.refuse(self.call, Complaint(status, text, code=code, headers=named))


@lru_cache(maxsize=1024)
def parse(segment: str, transport: str) -> tuple[Wish, ...]:
    """The wishes in one path segment; raises ValueError with the sentence to show."""
    return tuple(_wish(text, transport) for text in segment.split(","))


def answer(exchange: Exchange, wishes: tuple[Wish, ...]) -> Answer:
    """What is answered: by the first gate that speaks, else by the protocol itself; then twisted."""
    found = _gated(exchange, wishes)
    for wish in wishes:
        if twist := _TWISTS.get(wish.name):
            found = twist(exchange, found)
    return found


def _wish(text: str, transport: str) -> Wish:
    for name, form in _FORMS:
        if match := form.fullmatch(text):
            if transport not in _ONLY.get(name, (transport,)):
                raise ValueError(f"{name} is for {' and '.join(_ONLY[name])} only")
            return Wish(name, match.groups())
    nearest = get_close_matches(text, BEHAVIOURS, n=1, cutoff=0.3) or ["ok"]
    raise ValueError(f"{text!r} is no behaviour (the nearest is {nearest[0]}; / lists them all)")


def _form(form: str) -> tuple[str, re.Pattern[str]]:
    name, *places = form.split(":")
    return name, re.compile(":".join([re.escape(name), *(_PLACES[place] for place in places)]))


def _gated(exchange: Exchange, wishes: tuple[Wish, ...]) -> Answer:
    for wish in wishes:
        if (gate := _GATES.get(wish.name)) and (found := gate(exchange, *wish.arguments)):
            return found
    if exchange.complaint:
        return exchange.tongue.refuse(exchange.call, exchange.complaint)
    return exchange.yes()


def _flaky(exchange: Exchange, count: str) -> Answer | None:
    if exchange.repeats() >= int(count):
        return None
    return exchange.no(503, "try again in a second", "Server", Retry_After="1")


def _status(exchange: Exchange, code: str) -> Answer:
    if int(code) < 400:
        return replace(exchange.yes(), status=int(code))
    return replace(exchange.no(int(code), f"answered with {code}, as asked for"), status=int(code))


def _answer(exchange: Exchange, name: str, code: str = "200") -> Answer:
    folder = Path.cwd()
    try:
        return files.written(name, int(code), folder)
    except OSError as error:
        return exchange.no(404, f"{folder / name} cannot be answered with: {error.strerror}")


def _too_many(exchange: Exchange, seconds: str) -> Answer:
    return exchange.no(429, f"too many requests, wait {seconds} s", Retry_After=seconds)


def _too_many_until(exchange: Exchange, seconds: str) -> Answer:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=float(seconds)), usegmt=True)
    return exchange.no(429, f"too many requests, wait until {moment}", Retry_After=moment)


def _error_inside(exchange: Exchange) -> Answer | None:
    if exchange.complaint:
        return None
    return exchange.tongue.decline(exchange.call, exchange.values, "Duplicate lead")


def _redirect(exchange: Exchange, code: str, host: str = "", port: str = "") -> Answer:
    transport = exchange.call.path.split("/")[1]
    base = f"http://{host}:{port}" if host else ""
    return replace(
        exchange.no(int(code), "it moved", Location=f"{base}/{transport}/landed"), status=int(code)
    )


def _loop(exchange: Exchange, code: str) -> Answer:
    return replace(exchange.no(int(code), "it moved", Location=exchange.call.path), status=int(code))


def _fault(exchange: Exchange) -> Answer:
    return exchange.no(500, "the partner's database is down", "Server")


def _basic(exchange: Exchange, user: str, password: str) -> Answer | None:
    right = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    if exchange.call.headers.get("Authorization") == right:
        return None
    return exchange.no(
        401, "the Basic credentials are missing or wrong", WWW_Authenticate='Basic realm="partner"'
    )


def _bearer(exchange: Exchange, token: str) -> Answer | None:
    if exchange.call.headers.get("Authorization") == f"Bearer {token}":
        return None
    return exchange.no(401, "the Bearer token is missing or wrong", WWW_Authenticate='Bearer realm="partner"')


def _api_key(exchange: Exchange, name: str, value: str) -> Answer | None:
    given = (exchange.call.headers.get(name), *parse_qs(exchange.call.query).get(name, ()))
    return None if value in given else exchange.no(401, f"the key under {name} is missing or wrong")


def _oauth2(exchange: Exchange, most: str) -> Answer | None:
    scheme, _, token = exchange.call.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer" and exchange.spend(token, int(most)):
        return None
    return exchange.no(
        401, "the access token is missing or over", WWW_Authenticate='Bearer error="invalid_token"'
    )


def _signed(exchange: Exchange, encoded: str) -> Answer | None:
    call = exchange.call
    id, moment = (call.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp"))
    content = f"{id}.{moment}.".encode() + call.body
    right = "v1," + base64.b64encode(hmac.digest(base64.b64decode(encoded), content, "sha256")).decode()
    is_new = moment.isdecimal() and abs(datetime.now(UTC).timestamp() - int(moment)) < _TOLERANCE
    if id and is_new and right in call.headers.get("webhook-signature", "").split():
        return None
    return exchange.no(401, "the signature is missing, wrong or old")


def _security(exchange: Exchange, user: str, password: str) -> Answer | None:
    if knows_user(exchange.call, user, password):
        return None
    return exchange.no(400, "the UsernameToken is missing or wrong")


def _landed(exchange: Exchange) -> Answer:
    return exchange.yes()


def _charset(exchange: Exchange, found: Answer) -> Answer:
    if found.status != 200:
        return found
    return replace(found, body=exchange.yes("reçu").body.decode().encode("iso-8859-1"))


def _lie(exchange: Exchange, found: Answer) -> Answer:
    return replace(found, content_type="text/html; charset=utf-8")


def _bomb(exchange: Exchange, found: Answer) -> Answer:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(found.body) + packer.compress(b" " * _BOMB_SIZE) + packer.flush()
    return replace(found, body=packed, headers=(*found.headers, ("Content-Encoding", "gzip")))


_FORMS = [_form(form) for form in BEHAVIOURS]
_GATES: Mapping[str, Callable[..., Answer | None]] = {
    "landed": _landed,
    "flaky": _flaky,
    "status": _status,
    "answer": _answer,
    "429": _too_many,
    "429-date": _too_many_until,
    "error-inside": _error_inside,
    "redirect": _redirect,
    "loop": _loop,
    "fault": _fault,
    "auth": _basic,
    "bearer": _bearer,
    "api-key": _api_key,
    "oauth2": _oauth2,
    "signed": _signed,
    "wss": _security,
}
_TWISTS: Mapping[str, Callable[[Exchange, Answer], Answer]] = {
    "charset": _charset,
    "lie": _lie,
    "bomb": _bomb,
}
