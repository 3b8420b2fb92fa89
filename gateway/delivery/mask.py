"""The secrets of an endpoint, in every form in which a source may repeat what it was sent."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus
from xml.sax import saxutils

from gateway.auth import Auth
from gateway.conf.model import Conf, Route
from gateway.delivery.written import SHORTEST, Written, written
from gateway.encoding import UNESCAPED
from gateway.errors import RenderError
from gateway.model import MASK, Json, Vote

CUT = "…"  # where a text from outside was cut: it may end within a secret
_SAFE = ("", "/", UNESCAPED)  # what different encoders leave as it is, ours among them
_CODE = re.compile(r"%[0-9A-F]{2}|\\u[0-9a-f]{4}")


@dataclass(frozen=True, slots=True)
class Mask:
    """Puts `***` where a secret stands.

    forms: as text and as bytes, the longest first; ways: what finds one that is written otherwise.
    """

    forms: tuple[tuple[str, bytes], ...] = ()
    ways: tuple[Written, ...] = ()

    @classmethod
    def of(cls, secrets: Iterable[str]) -> "Mask":
        """The mask of these secrets."""
        long = sorted({secret for secret in secrets if len(secret) >= SHORTEST})
        found = {form for secret in long for form in _forms(secret)}
        ordered = sorted(found, key=lambda form: (-len(form), form))
        ways = tuple(way for way in map(written, long) if way is not None)
        return cls(tuple((form, form.encode(errors="surrogatepass")) for form in ordered), ways)

    def also(self, secrets: tuple[str, ...]) -> "Mask":
        """The same with further secrets, such as a token that stands for a while."""
        return _joined(self, secrets)

    def __bool__(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self.forms)

    def text(self, text: str) -> str:
        """The text without a secret."""
        for form, _ in self.forms:
            text = text.replace(form, MASK)
        if self.ways:
            text = self._otherwise(text.encode(errors="surrogatepass")).decode(errors="surrogatepass")
        *cut, rest = text.split(CUT)
        return CUT.join((*map(self._cut_off, cut), rest)) if cut else text

    def _cut_off(self, text: str) -> str:
        """A text that goes on, without the beginning of a secret at its end."""
        for form, _ in self.forms:
            for size in range(min(len(form) - 1, len(text)), SHORTEST - 1, -1):
                if text.endswith(form[:size]):
                    return text[:-size] + MASK
        return text

    def body(self, body: bytes) -> bytes:
        """The bytes without a secret."""
        for _, form in self.forms:
            body = body.replace(form, MASK.encode())
        return self._otherwise(body)

    def _otherwise(self, body: bytes) -> bytes:
        for way in self.ways:
            body = way.masked(body, MASK.encode())
        return body

    def votes(self, votes: tuple[Vote, ...]) -> tuple[Vote, ...]:
        """The votes without a secret in what they say."""
        if not self:
            return votes
        return tuple(
            replace(
                vote,
                reason=vote.reason and self.text(vote.reason),
                rule=vote.rule and self.text(vote.rule),
                seen=self._leaves(vote.seen),
            )
            for vote in votes
        )

    def _leaves(self, value: Json) -> Json:
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(key)): self._leaves(inner) for key, inner in value.items()}
            case list():
                return [self._leaves(inner) for inner in value]
        return value


def mask_at(route: Route, conf: Conf) -> Mask:
    """The mask of all that is secret in a request to this endpoint."""
    source = conf.sources.get(route.endpoint.id.rpartition("/")[0])
    secrets = frozenset(source.secrets.values()) if source is not None else frozenset()
    auth = route.endpoint.auth
    return _mask(secrets, auth) if secrets or auth is not None else _NONE


_NONE = Mask()


@lru_cache(maxsize=4096)
def _mask(secrets: frozenset[str], auth: Any) -> Mask:
    return Mask.of({*secrets, *_credentials(auth)})


@lru_cache(maxsize=1024)
def _joined(mask: Mask, secrets: tuple[str, ...]) -> Mask:
    more = Mask.of(secrets)
    forms = {*mask.forms, *more.forms}
    return Mask(tuple(sorted(forms, key=lambda form: (-len(form[0]), form[0]))), (*mask.ways, *more.ways))


def _credentials(auth: Auth | None) -> list[str]:
    """What stands behind `Basic` or `Bearer`; nothing where no such header can be sent."""
    try:
        return [value.rpartition(" ")[2] for _, value in auth.headers()] if auth is not None else []
    except RenderError:
        return []


def _forms(secret: str) -> Iterator[str]:
    for text in {*_written(secret)}:
        yield from (text, text.replace("/", r"\/"))
        raw = text.encode(errors="surrogatepass")
        for form in (*(quote(raw, safe=safe) for safe in _SAFE), quote_plus(raw)):
            yield from (form, _CODE.sub(_swapped, form))
    raw = secret.encode(errors="surrogatepass")
    yield from (encode(raw).decode().rstrip("=") for encode in (b64encode, urlsafe_b64encode))


def _written(secret: str) -> Iterator[str]:
    """A secret as JSON, XML, HTML and our own sentences write it, any of which a form may hold."""
    coded = json.dumps(secret)[1:-1]
    yield from (secret, repr(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (coded, _CODE.sub(_swapped, coded))
    text = saxutils.escape(secret)
    quoted = text.replace('"', "&quot;")
    yield from (text, quoted, quoted.replace("'", "&apos;"), quoted.replace("'", "&#39;"), escape(secret))


def _swapped(code: re.Match[str]) -> str:
    """`%2f` for `%2F`, and `\\u00E9` for `\\u00e9`: both are written."""
    return code[0].lower() if code[0][0] == "%" else rf"\u{code[0][2:].upper()}"
