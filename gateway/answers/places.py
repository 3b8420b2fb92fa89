"""Where something stands in an answer: one text of the conf, compiled for every kind of answer.

Which kind will come is not known at load, so `status` is a dot path (JSON, SOAP, form) and an XPath (XML) at
once. What is no dot path is told by its characters: `/ [ ] ( ) | = < >` and quotes outside braces belong to
XPaths and patterns, so that a broken XPath is found at load and not taken for the name of a JSON key.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

from lxml import etree

from gateway.paths import Segment, split
from gateway.patterns import Pattern

_LITERAL = re.compile(r"\{[^{}]*\}")
_NOT_DOTTED = re.compile(r"[/\[\]()|=<>\"']|::")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_PREFIX = re.compile(r"(?<![\w.:-])([A-Za-z_][\w.-]*):(?=[A-Za-z_*])")
_EMPTY = etree.fromstring("<x/>")


class Unreadable(ValueError):  # noqa: N818  reads as the fact it states
    """An answer, or a place in it, of which no sense can be made; its text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class XPath:
    """An XPath 1.0 expression; prefixes: those that it uses."""

    text: str
    prefixes: frozenset[str]
    _evaluate: Any

    @classmethod
    def compile(cls, text: str) -> "XPath":
        """Raises ValueError saying what is wrong at which character, for functions and variables too."""
        prefixes = frozenset(_PREFIX.findall(_QUOTED.sub("''", text))) - {"xml"}
        try:
            evaluate = _compiled(text, dict.fromkeys(prefixes, "urn:any"))
            evaluate(_EMPTY)
        except etree.XPathError as error:
            column = getattr(error.error_log.last_error, "column", 0)
            raise ValueError(
                f"{_wrong(text, error)}{f' near character {column}' if column else ''}"
            ) from None
        return cls(text, prefixes, evaluate)

    def evaluate(self, root: Any) -> list[str]:
        """The text of everything found, in document order. Raises Unreadable."""
        try:
            if not self.prefixes:
                return _texts(self._evaluate(root))
            declared = _declared(root, self.prefixes)
            if len(declared) < len(self.prefixes):
                return []
            return _texts(_compiled(self.text, declared)(root))
        except etree.XPathError as error:
            raise Unreadable(f"{self.text!r} cannot be evaluated on this answer: {error}") from None


@dataclass(frozen=True, slots=True)
class Place:
    """One text compiled as dot path, XPath and pattern with one group: each None where it cannot be meant so.

    children: the dot path for XML seen as a tree, without prefixes, and with `name@attribute` as two steps.
    """

    text: str
    dotted: tuple[Segment, ...] | None = None
    children: tuple[Segment, ...] | None = None
    xpath: XPath | None = None
    pattern: Pattern | None = None

    @classmethod
    def compile(cls, text: str, *, patterns: bool) -> "Place":
        """patterns: one with a group will do as well, for text. Raises ValueError where nothing fits."""
        if not _NOT_DOTTED.search(_LITERAL.sub("", text)):
            dotted = split(text)
            return cls(text, dotted, _children(dotted), _xpath_or_none(text))
        if patterns and text.startswith("(?"):  # no XPath begins so: what is wrong with the pattern is said
            Pattern.compile(text)
        pattern = _one_group(text) if patterns else None
        try:
            return cls(text, xpath=XPath.compile(text), pattern=pattern)
        except ValueError as error:
            if pattern is not None:
                return cls(text, pattern=pattern)
            kinds = "neither an XPath nor a pattern with one group" if patterns else "no XPath"
            right = "write such as //message/text(), or errors.*.message for JSON"
            raise ValueError(f"{text!r} is {kinds}: {error} ({right})") from None


def _children(dotted: tuple[Segment, ...]) -> tuple[Segment, ...]:
    steps: list[Segment] = []
    for segment in dotted:
        if isinstance(segment, int):
            steps.append(segment)
            continue
        name, at, attribute = segment.rpartition(":")[2].partition("@")
        steps += [step for step in (name, at + attribute) if step]
    return tuple(steps)


def _xpath_or_none(text: str) -> XPath | None:
    try:
        return XPath.compile(text)
    except ValueError:
        return None


def _one_group(text: str) -> Pattern | None:
    if "()" in text or text.startswith("//"):  # meant as an XPath: an empty group would hold nothing
        return None
    try:
        pattern = Pattern.compile(text)
    except ValueError:
        return None
    return pattern if pattern.groups == 1 else None


def _wrong(text: str, error: etree.XPathError) -> str:
    """What is wrong with an XPath; of parentheses that do not pair, libxml2 says many things, of braces too."""
    bare = _QUOTED.sub("''", text)
    return "its parentheses do not pair" if bare.count("(") != bare.count(")") else str(error).lower()


def _compiled(text: str, namespaces: dict[str, str]) -> Any:
    return etree.XPath(text, namespaces=namespaces, regexp=False, smart_strings=False)


def _declared(root: Any, prefixes: frozenset[str]) -> dict[str, str]:
    """What the document means by these prefixes: the first declaration of each."""
    found: dict[str, str] = {}
    for _, (prefix, uri) in etree.iterwalk(root, events=("start-ns",)):
        if prefix in prefixes:
            found.setdefault(prefix, uri)
    return found


def _texts(result: Any) -> list[str]:
    if isinstance(result, bool):
        return ["true" if result else "false"]
    if isinstance(result, float):
        if not math.isfinite(result):
            return []
        return [str(int(result)) if result.is_integer() else repr(result)]
    if isinstance(result, str):
        return [result.strip()]
    return [_text(node).strip() for node in result]


def _text(node: Any) -> str:
    if isinstance(node, str):
        return node
    if isinstance(node, tuple):  # a namespace node: (prefix, uri)
        return node[1] or ""
    return "".join(node.itertext())
