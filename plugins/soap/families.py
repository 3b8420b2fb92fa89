"""What zeep does not keep of schemas: which types are made of which, and which elements may stand for which.

XML Schema part 1: derivation §3.4.2, substitution groups §3.3.2.2, abstract elements and types.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lxml import etree

from plugins.soap.lexical import XSD

# Names in Clark notation; each with those that come directly after it.
Names: TypeAlias = Mapping[str, Sequence[str]]

_ELEMENT, _COMPLEX = f"{{{XSD}}}element", f"{{{XSD}}}complexType"
_DERIVATIONS = tuple(
    f"{{{XSD}}}{content}/{{{XSD}}}{how}"
    for content in ("complexContent", "simpleContent")
    for how in ("extension", "restriction")
)


@dataclass(frozen=True, slots=True)
class Families:
    """The kin of global types and elements. schema: as zeep parsed it; abstract: (tag, name) pairs."""

    schema: Any = None
    children: Names = field(default_factory=dict)
    members: Names = field(default_factory=dict)
    abstract: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, documents: Mapping[str, bytes], schema: Any) -> "Families":
        """Read from the documents what zeep leaves out. documents: by name, with rewritten locations."""
        children: dict[str, list[str]] = defaultdict(list)
        members: dict[str, list[str]] = defaultdict(list)
        abstract = set()
        roots = {name: etree.fromstring(content) for name, content in documents.items()}
        for node, name, space in _globals(roots):
            if node.tag == _ELEMENT:
                kin, head = members, node.get("substitutionGroup")
            else:
                kin, head = children, _base(node)
            if head:
                above = _clark(head.strip(), node, space)
                kin[above].append(name)
            if node.get("abstract") in ("true", "1"):
                abstract.add((str(node.tag), name))
        return cls(schema, dict(children), dict(members), frozenset(abstract))

    def derived(self, type_: Any) -> Iterator[Any]:
        """The global types that may stand in the place of one, itself included unless it is abstract."""
        if type_.is_global and type_.qname is not None and type_.qname.text in self.children:
            for name in _below(type_.qname.text, self.children):
                if (_COMPLEX, name) not in self.abstract:
                    yield self.schema.get_type(name)

    def substitutes(self, element: Any) -> Iterator[Any]:
        """The elements that may stand in the place of a global one, itself included unless it is abstract."""
        for name in _below(element.qname.text, self.members):
            if (_ELEMENT, name) not in self.abstract:
                yield self.schema.get_element(name)

    def has_substitutes(self, element: Any) -> bool:
        """Whether others may stand in the place of an element."""
        return bool(element.is_global and element.qname.text in self.members)

    def is_abstract(self, type_: Any) -> bool:
        """Whether a type must not stand for itself."""
        return bool(
            type_.is_global and type_.qname is not None and (_COMPLEX, type_.qname.text) in self.abstract
        )


def _globals(roots: Mapping[str, etree._Element]) -> Iterator[tuple[etree._Element, str, str | None]]:
    """Every global element and complex type with its name, and the namespace that it is in."""
    included = {
        str(node.get("schemaLocation")): _space(node)
        for root in roots.values()
        for node in root.iter(f"{{{XSD}}}include")
    }
    for document, root in roots.items():
        for schema in root.iter(f"{{{XSD}}}schema"):
            # A schema without a namespace has that of the one that includes it.
            space = schema.get("targetNamespace") or included.get(document)
            for node in schema.iterchildren(_ELEMENT, _COMPLEX):
                yield node, etree.QName(space, str(node.get("name"))).text, space


def _space(node: etree._Element) -> str | None:
    parent = node.getparent()
    return None if parent is None else parent.get("targetNamespace")


def _base(node: etree._Element) -> str | None:
    return next((found.get("base") for path in _DERIVATIONS for found in node.iterfind(path)), None)


def _clark(name: str, node: etree._Element, space: str | None) -> str:
    prefix, colon, local = name.rpartition(":")
    return etree.QName(node.nsmap.get(prefix) if colon else node.nsmap.get(None) or space, local).text


def _below(name: str, kin: Names) -> list[str]:
    """A name and all that come after it, at any depth, each once."""
    found = {name: None}
    waiting = [name]
    for each in waiting:
        new = [child for child in dict.fromkeys(kin.get(each, ())) if child not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return waiting
