"""The address of an endpoint: a literal origin, then a path and query in which templates may stand.

A posted value can never leave its place: it is percent-encoded whole (`/` too), and one that would make a
blank, `.` or `..` path segment, or that holds a control character, is refused. The result is the exact ASCII
that goes out (RFC 3986), without a fragment.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import nodes
from yarl import URL

from gateway.errors import RenderError
from gateway.model import Secret
from gateway.templates import signing, syntax
from gateway.templates.program import Program
from gateway.templates.text import to_text
from gateway.templates.tree import optional, variables

# Stands round every templated value until the path is checked; no literal and no encoded value can hold it.
_MARK = "\x00"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NOT_LITERAL = re.compile(r"[\x00-\x20\x7f-\xa0\ud800-\udfff]")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEPT = "%-._~!$&'()*+,;=:@/?#[]"
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")


@dataclass(frozen=True, slots=True)
class Url:
    """A compiled address. start: its literal beginning, as it goes out; sample: with `x` for every value."""

    start: str
    sample: str
    variables: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    secrets: frozenset[Secret] = frozenset()
    doubts: tuple[str, ...] = ()
    _program: Program | None = None

    @classmethod
    def compile(cls, text: str, tables: Mapping[str, Mapping[str, Any]]) -> "Url":
        """Compile an address; one without `://` is a literal that its transport reads (a file, for soap).

        Raises ValueError with the sentence to show.
        """
        scheme, separator, rest = text.partition("://")
        if not separator:
            if _is_template(text):
                raise ValueError(
                    "the url must begin with its address (http://HOST/ or https://HOST/, then templates)"
                )
            return cls(text, text)
        authority = re.split("[/?#]", rest, maxsplit=1)[0]
        if _is_template(scheme) or _is_template(authority):
            raise ValueError(
                "the url has a template in its scheme, host or port (only path and query may hold one)"
            )
        if scheme.lower() not in ("http", "https"):
            raise ValueError(f"the url's scheme {scheme!r} cannot be spoken (write http or https)")
        start = f"{scheme.lower()}://{_authority(authority)}"
        return cls._after(start, rest[len(authority) :], tables)

    @classmethod
    def _after(cls, start: str, tail: str, tables: Mapping[str, Mapping[str, Any]]) -> "Url":
        if not _is_template(tail):
            whole = start + _literal(tail).partition("#")[0]
            return cls(whole, whole)
        tree = syntax.parse(tail, tables, secrets=True)
        for data in tree.find_all(nodes.TemplateData):
            data.data = _literal(data.data)
        sample = start + "".join(_sample(tree.body)).partition("#")[0]
        return cls(
            start,
            sample,
            frozenset(variables(tree)),
            frozenset(optional(tree)),
            signing.secrets(tree),
            syntax.doubtful(tail),
            Program.compile(tree, _value, tables),
        )

    def render(self, scope: Mapping[str, Any]) -> str:
        """The address for one event.

        Raises RenderError, also for a value that would leave its place.
        """
        if self._program is None:
            return self.start
        tail: str = self._program.run(scope).partition("#")[0]
        for segment in tail.partition("?")[0].split("/"):
            if _MARK in segment and unquote(segment.replace(_MARK, "")).strip() in ("", ".", ".."):
                raise RenderError(
                    "a value makes a blank, . or .. path segment of the url (map a value that is filled)"
                )
        return self.start + tail.replace(_MARK, "")


def _is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def _authority(text: str) -> str:
    """Host and port as they go on the wire: lower case, international names as IDNA."""
    if "@" in text:
        raise ValueError("the url holds a user name or password (credentials stand under auth)")
    if _NOT_LITERAL.search(text):
        raise ValueError("the url's host holds white space or a control character (write HOST or HOST:PORT)")
    try:
        url = URL(f"http://{text}/")
        host, port = url.raw_host or "", url.explicit_port
    except ValueError as error:
        raise ValueError(f"the url's host {text!r} cannot be read: {error}") from None
    bare = host.removesuffix(".")
    is_name = len(bare) <= 253 and all(_LABEL.fullmatch(label) for label in bare.split("."))
    if not is_name and ":" not in host:
        raise ValueError(f"the url's host {text!r} is no host name (write such as api.example.com)")
    if port == 0:
        raise ValueError("the url's port is 0 (write 1 to 65535)")
    return str(url.raw_authority)


def _literal(text: str) -> str:
    if _NOT_LITERAL.search(text):
        raise ValueError("the url holds white space or a control character (write %20 for a blank)")
    return quote(_STRAY_PERCENT.sub("%25", text), safe=_KEPT)


def _value(value: Any) -> str:
    text = to_text(value)
    if _CONTROL.search(text):
        raise ValueError(
            "a value for the url holds a control character (take it out with | trim or | replace)"
        )
    try:
        return f"{_MARK}{quote(text, safe='')}{_MARK}"
    except UnicodeEncodeError:
        raise ValueError(
            "a value for the url holds a lone surrogate (it cannot be written as UTF-8)"
        ) from None


def _sample(body: list[nodes.Node]) -> Iterator[str]:
    for node in body:
        if isinstance(node, nodes.Output):
            for child in node.nodes:
                yield child.data if isinstance(child, nodes.TemplateData) else "x"
        elif isinstance(node, nodes.If):
            yield from _sample(node.body)
