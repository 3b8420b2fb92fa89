"""SOAP answers: the Body's first element as a plain tree, and Faults (SOAP 1.1 §4.4, SOAP 1.2 part 1 §5.4).

A SOAP library refuses an answer whose elements are reordered, or reads `<Success>OK</Success>` as False; so
an answer is taken as the document it is.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lxml import etree

from gateway.answers.bodies import Fault
from gateway.answers.markup import XmlBody, xml_root
from gateway.answers.places import Place
from gateway.answers.trees import texts
from gateway.answers.xpaths import MOST_MATCHES, Unreadable
from gateway.paths import Segment

_SOAP = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
# Attributes of the encoding, which say nothing about the answer.
_ENCODING = frozenset({*_SOAP, _XSI, "http://schemas.xmlsoap.org/soap/encoding/"})
_ENVELOPES = frozenset(f"{{{namespace}}}Envelope" for namespace in _SOAP)
_FAULTS = frozenset(f"{{{namespace}}}Fault" for namespace in _SOAP)
_MOST_INNER = 50


class Envelope(XmlBody):
    """A SOAP answer: dot paths start at the children of the Body's first element, XPaths begin with `/`."""

    name = "a SOAP envelope"

    def __init__(self, root: Any, text: str) -> None:
        super().__init__(root, text)
        namespace = etree.QName(root).namespace
        self._first = next(root.iterfind(f"{{{namespace}}}Body/*"), None)
        if self._first is not None:
            _unfold(self._first)
            self.fault = self._fault() if self._first.tag in _FAULTS else None

    def look(self, place: Place) -> list[str]:
        """What stands at a dot path or an XPath."""
        return super().look(place) if place.children is None else self._texts(place.children)

    @cached_property
    def _tree(self) -> Any:
        if self._first is None:
            return {}
        body = self._first.getparent()
        return plain(self._first, References({one.get("id"): one for one in body.iterfind("*[@id]")}))

    def _fault(self) -> Fault:
        code = self._texts(("faultcode",)) or self._texts(("Code", "Value"))
        reason = self._texts(("faultstring",)) or self._texts(("Reason", "Text"))
        return Fault(code="".join(code[:1]).strip(), reason="".join(reason[:1]).strip())

    def _texts(self, path: tuple[Segment, ...]) -> list[str]:
        found = [self._tree]
        for segment, following in zip(path, (*path[1:], None), strict=True):
            found = [child for value in found for child in _step(value, segment, following)]
        return [text for value in found for text in _own_texts(value)][: MOST_MATCHES + 1]


def is_envelope(root: Any) -> bool:
    """Whether a document is a SOAP envelope, 1.1 or 1.2."""
    return root.tag in _ENVELOPES


class References:
    """What stands behind the envelope's first element, for accessors such as `<res href="#id0"/>` (SOAP 1.1 §5.4.1)."""

    def __init__(self, targets: Mapping[str, Any]) -> None:
        self._targets = targets
        self._trees: dict[str, Any] = {}

    def tree(self, element: Any) -> Any:
        """The tree of what an element refers to; None where it refers to nothing, or in a circle."""
        name = element.get("href", "")[1:]
        if name not in self._trees:
            self._trees[name] = None
            if name in self._targets:
                self._trees[name] = plain(self._targets[name], self)
        return self._trees[name]


def plain(element: Any, references: References | None = None) -> Any:
    """An element as a plain tree: its text, or its children by local name, with `@attribute` and `#text`."""
    if element.get(f"{{{_XSI}}}nil") in ("true", "1"):
        return None
    if references is not None and element.get("href", "").startswith("#"):
        return references.tree(element)
    tree: dict[str, Any] = {}
    for name, value in element.attrib.items():
        if etree.QName(name).namespace not in _ENCODING:
            tree[f"@{etree.QName(name).localname}"] = value
    for child in element:
        name = etree.QName(child).localname
        if name not in tree:
            tree[name] = plain(child, references)
        elif isinstance(tree[name], list):
            tree[name].append(plain(child, references))
        else:
            tree[name] = [tree[name], plain(child, references)]
    if not tree:
        return (element.text or "").strip()
    if element.text and element.text.strip():
        tree["#text"] = element.text.strip()
    return tree


def _unfold(element: Any) -> None:
    """Put XML that stands as text in a leaf in its place, as if it had been sent as XML."""
    leaves = (leaf for leaf in element.iter() if not len(leaf) and (leaf.text or "").lstrip().startswith("<"))
    for leaf in list(leaves)[:_MOST_INNER]:
        try:
            inner = xml_root(leaf.text.strip())
        except Unreadable:
            continue
        leaf.text = None
        leaf.append(inner)


def _step(value: Any, segment: Segment, following: Segment | None) -> list[Any]:
    """One step down. An element that stands once counts as a list of one: the next answer may hold two."""
    if isinstance(value, list):
        if isinstance(segment, int):
            return value[segment : segment + 1]
        if segment == "*":
            return value
        return [child for item in value for child in _step(item, segment, following)]
    if isinstance(value, dict) and segment in value:
        return [value[segment]]
    if segment in (0, "#text"):
        return [value]
    if segment == "*":
        inside = isinstance(value, dict) and following not in value
        return [child for name, child in value.items() if name[0] not in "@#"] if inside else [value]
    return []


def _own_texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _own_texts(item)]
    return list(texts(value["#text"] if isinstance(value, dict) and "#text" in value else value))
