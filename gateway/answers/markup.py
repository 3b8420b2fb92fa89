"""XML and HTML: documents that are asked by XPaths and CSS selectors.

A doctype is refused in XML, entities are never resolved, nothing is fetched, depth and number of nodes are bounded.
A parser of lxml is locked while it runs: each thread has its own.
"""

import threading
from functools import cached_property
from typing import Any

from lxml import etree

from gateway import jsontext
from gateway.answers.bodies import Fault, groups
from gateway.answers.media import EDGES
from gateway.answers.places import Place
from gateway.answers.xpaths import Unreadable, compiled

MAX_DEPTH = jsontext.MAX_DEPTH
MOST_MARKS = 50_000


class XmlBody:
    """An XML document, asked by XPath."""

    name = "XML"
    fault: Fault | None = None

    def __init__(self, root: Any, text: str) -> None:
        self.text = text
        self.root = root

    def look(self, place: Place) -> list[str]:
        """What an XPath finds; one without prefixes is evaluated on a copy without namespaces."""
        if place.xpath is None:
            raise Unreadable(
                f"the answer is {self.name}, but {place.text!r} is no XPath (write such as //message/text())"
            )
        return place.xpath.evaluate(self.root if place.xpath.prefixes else self._bare, len(self.text))

    @cached_property
    def _bare(self) -> Any:
        return bare(self.root) if "xmlns" in self.text else self.root


class HtmlBody:
    """An HTML document, asked by CSS selector, or by a pattern in its source."""

    name = "HTML"
    fault: Fault | None = None

    def __init__(self, text: str, is_meant: bool) -> None:
        """is_meant: whether the conf itself says that the answer is HTML."""
        self.text = text
        self._is_meant = is_meant

    def look(self, place: Place) -> list[str]:
        """What stands at a selector, blanks as a browser shows them.

        Names and dots that find nothing are an error where HTML is not meant: JSON was, and did not come.
        """
        if place.css is None:
            if place.pattern is not None:
                return groups(place.pattern, self.text)
            raise Unreadable(
                f"the answer is HTML, but {place.text!r} is no CSS selector (write such as .message or #id @title)"
            )
        found = place.css.evaluate(self._root, len(self.text)) if self._root is not None else []
        if not found and place.is_ambiguous and not self._is_meant:
            raise Unreadable(
                f"the answer is HTML, which has no element {place.text!r} (if JSON or XML was meant, this is none)"
            )
        return [" ".join(text.split()) for text in found]

    @cached_property
    def _root(self) -> Any:
        return html_root(self.text)


def parse_xml(text: str) -> XmlBody:
    """Raises Unreadable, also for a doctype."""
    return XmlBody(xml_root(text), text)


def xml_root(text: str) -> Any:
    """The root element of a document, which must be shallow and have no doctype. Raises Unreadable."""
    _must_be_small("XML", text)
    if text.startswith("<?xml"):  # what it says of the encoding no longer holds
        text = text[text.find("?>") + 2 :].strip(EDGES)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), _parsers.xml)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the answer is not XML ({error.msg})") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unreadable("the answer is XML with a doctype, which is not read")
    if text.count("<") > MAX_DEPTH and compiled(_TOO_DEEP)(root):
        raise Unreadable(f"the answer is XML nested deeper than {MAX_DEPTH} levels, which is not read")
    return root


def html_root(text: str) -> Any:
    """The root element of a page, however broken it is; None where it has none. Raises Unreadable."""
    _must_be_small("HTML", text)
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), _parsers.html)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"the answer is no HTML that can be read ({error.msg})") from None
    # A broken page is mended, but from there on nothing is read.
    if _parsers.html.error_log.filter_from_fatals():
        raise Unreadable("the answer is HTML nested deeper than 250 levels, which is not read")
    return root


def bare(root: Any) -> Any:
    """The same tree in no namespace; itself, where it is in none."""
    if not any(True for _ in etree.iterwalk(root, events=("start-ns",))):
        return root
    copied = etree.fromstring(etree.tostring(root), _parsers.xml)
    for element in copied.iter():
        element.tag = str(element.tag).rpartition("}")[2]
        for name, value in element.attrib.items():
            local = str(name).rpartition("}")[2]
            if local != name and local not in element.attrib:
                element.set(local, value)
    return copied


def _must_be_small(name: str, text: str) -> None:
    if len(text) > MOST_MARKS and text.count("<") + text.count("=") > MOST_MARKS:
        raise Unreadable(
            f"the answer is {name} with more than {MOST_MARKS:,} tags and attributes, which is not read"
        )


class _Parsers(threading.local):
    def __init__(self) -> None:
        self.xml = etree.XMLParser(
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        self.html = etree.HTMLParser(
            encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
        )


_TOO_DEEP = f"boolean({'/*' * (MAX_DEPTH + 1)})"
_parsers = _Parsers()
