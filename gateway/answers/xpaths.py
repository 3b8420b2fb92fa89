"""XPath 1.0 and CSS selectors of the conf, evaluated on answers within bounds of work and of matches.

An lxml evaluator is locked while it runs, and a large answer may take a thread a second: every thread compiles
its own, so that the loop never waits for another thread's answer.
"""

import math
import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cssselect import HTMLTranslator
from cssselect.parser import SelectorError
from lxml import etree

from gateway.answers.work import Work, work

MOST_MATCHES = 1000
_SMALLEST = 100  # nodes: a document in which every expression must be able to be looked for
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_PREFIX = re.compile(r"(?<![\w.:-])([A-Za-z_][\w.-]*):(?=[A-Za-z_*])")
_ATTRIBUTE = re.compile(r"(.*\S)\s+@([A-Za-z_][\w:.-]*)", re.DOTALL)
_EMPTY = etree.fromstring("<x/>")
_NODES = "count(//node()) + count(//@*)"


class Unreadable(ValueError):  # noqa: N818  reads as the fact it states
    """An answer, or a place in it, of which no sense can be made; its text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class XPath:
    """An expression. text: as the conf says it; expression: what is evaluated; prefixes: those that it uses."""

    text: str
    expression: str
    prefixes: frozenset[str]
    work: Work

    @classmethod
    def compile(cls, text: str) -> "XPath":
        """An XPath. Raises ValueError saying what is wrong at which character, for functions and variables too."""
        prefixes = frozenset(_PREFIX.findall(_QUOTED.sub("''", text))) - {"xml"}
        try:
            found = _evaluator(text, dict.fromkeys(prefixes, "urn:any"))(_EMPTY)
        except etree.XPathError as error:
            column = getattr(error.error_log.last_error, "column", 0)
            raise ValueError(
                f"{_wrong(text, error)}{f' near character {column}' if column else ''}"
            ) from None
        effort = work(text)
        if not effort.fits(_SMALLEST):
            raise ValueError("its steps multiply each other, which no answer can bear")
        # Of a set, no more is brought from libxml2 than is looked at.
        whole = f"({text})[position() <= {MOST_MATCHES + 1}]" if isinstance(found, list) else text
        return cls(text, whole, prefixes, effort)

    @classmethod
    def of_css(cls, text: str) -> "XPath":
        """A CSS selector for HTML, `@attribute` behind it where wanted. Raises ValueError saying what is wrong."""
        attribute = _ATTRIBUTE.fullmatch(text)
        selector, step = (attribute[1], f"/@{attribute[2].lower()}") if attribute else (text, "")
        try:
            translated = HTMLTranslator().css_to_xpath(selector)
        except SelectorError as error:
            said = str(error).rstrip(".")
            raise ValueError(said[:1].lower() + said[1:]) from None
        found = cls.compile(f"({translated}){step}")
        return cls(text, found.expression, frozenset(), found.work)

    def evaluate(self, root: Any, length: int) -> list[str]:
        """The text of everything found, in document order: at most one more than MOST_MATCHES.

        length: of the document, in characters. Raises Unreadable.
        """
        self._must_fit(root, length)
        try:
            if not self.prefixes:
                return _texts(compiled(self.expression)(root))
            declared = _declared(root, self.prefixes)
            if len(declared) < len(self.prefixes):
                return []
            return _texts(_evaluator(self.expression, declared)(root))
        except etree.XPathError as error:
            raise Unreadable(f"{self.text!r} cannot be evaluated on this answer: {error}") from None

    def _must_fit(self, root: Any, length: int) -> None:
        if self.work.fits(length // 2 + 1):  # no node is shorter than two characters
            return
        nodes = count_nodes(root)
        if not self.work.fits(max(nodes, length // 64)):
            raise Unreadable(
                f"{self.text!r} would take too long in an answer of {nodes:,} nodes"
                " (write a plainer path, with one // and no step to siblings or back)"
            )


def compiled(expression: str) -> Any:
    """The evaluator of an expression, this thread's own."""
    return _compiled(expression, threading.get_ident())


def count_nodes(root: Any) -> int:
    """How many nodes a document has: elements, attributes and texts."""
    return int(compiled(_NODES)(root))


@lru_cache(maxsize=8192)
def _compiled(expression: str, thread: int) -> Any:
    return _evaluator(expression, {})


def _evaluator(expression: str, namespaces: dict[str, str]) -> Any:
    return etree.XPath(expression, namespaces=namespaces, regexp=False, smart_strings=False)


def _wrong(text: str, error: etree.XPathError) -> str:
    """What is wrong with an XPath; of parentheses that do not pair, libxml2 says many things, of braces too."""
    bare = _QUOTED.sub("''", text)
    return "its parentheses do not pair" if bare.count("(") != bare.count(")") else str(error).lower()


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
    if len(node) == 0:
        return node.text or ""
    return str(compiled("string()")(node))
