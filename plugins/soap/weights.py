"""How much the documents of a WSDL come to when all that they name is written out, counted before any of it is.

A schema of 4 KB can name 2 to the 24th elements: groups in groups, each named twice. A WSDL is a stranger's, and both
zeep and the plan write such things out; so they are counted first, each component once, by what it is made of.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from plugins.soap.lexical import XSD

Node = etree._Element

WSDL = "http://schemas.xmlsoap.org/wsdl/"

_LEAVES = ("element", "attribute", "any", "anyAttribute")
_TYPES = ("complexType", "simpleType")
_WRAPPERS = ("complexContent", "simpleContent", "extension", "restriction", "simpleType")
_KEPT = (*_TYPES, "group", "attributeGroup", "element", "attribute")
# What a node is made of: its attribute, and the kinds that this names.
_MADE_OF: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "group": ("ref", ("group",)),
    "attributeGroup": ("ref", ("attributeGroup",)),
    "extension": ("base", _TYPES),
    "restriction": ("base", _TYPES),
    "union": ("memberTypes", _TYPES),
    "list": ("itemType", ("simpleType",)),
}
_CALLS = (
    ("message", "w:message"),
    ("operation", "w:portType/w:operation"),
    ("binding", "w:binding"),
    ("port", "w:service/w:port"),
)


@dataclass(frozen=True, slots=True)
class Weight:
    """Of one component. parts: what it holds, written out; work: how often one of them is taken up to do so."""

    parts: int = 0
    work: int = 0

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(self.parts + other.parts, self.work + other.work)


def of(roots: Mapping[str, Node]) -> Mapping[str, int]:
    """What each document comes to, by name. Raises ValueError where something is made of itself, or far too deep."""
    schemas, calls = _Schemas(), _calls(roots)
    for root in roots.values():
        schemas.know(root)
    try:
        return {name: schemas.document(root) + calls[name] for name, root in roots.items()}
    except RecursionError:
        raise ValueError("its schemas are nested too deeply (a few dozen levels are right)") from None


class _Schemas:
    """Weighs the components of schemas, each once."""

    def __init__(self) -> None:
        # By kind and local name, with the namespace that each stands in.
        self._known: dict[tuple[str, str], list[tuple[str | None, Node]]] = defaultdict(list)
        self._members: dict[str, list[Node]] = defaultdict(list)
        self._weighed: dict[Node, Weight | None] = {}
        self._meant: dict[tuple[object, ...], Weight] = {}

    def know(self, root: Node) -> None:
        """Take up what a document declares."""
        for schema in root.iter(f"{{{XSD}}}schema"):
            for node in schema.iterchildren(f"{{{XSD}}}*"):
                kind, head = _kind(node), node.get("substitutionGroup")
                if kind in _KEPT:
                    self._known[kind, str(node.get("name"))].append((schema.get("targetNamespace"), node))
                if head:
                    self._members[_local(head)].append(node)

    def document(self, root: Node) -> int:
        """What all components of a document come to."""
        return sum(1 + self._weight(node).work for node in root.iter(f"{{{XSD}}}*") if _is_component(node))

    def _weight(self, node: Node) -> Weight:
        """Of a component or a part of one."""
        if node in self._weighed:
            found = self._weighed[node]
            if found is None:
                raise ValueError(f"{node.get('name') or _kind(node)!r} in its schemas is made of itself")
            return found
        self._weighed[node] = None
        found = self._weighed[node] = self._leaf(node) if _kind(node) in _LEAVES else self._whole(node)
        return found

    def _whole(self, node: Node) -> Weight:
        kind = _kind(node)
        attribute, kinds = _MADE_OF.get(kind, ("", ()))
        names = (node.get(attribute) or "").split() if attribute else ()
        inside = (child for child in node.iterchildren(f"{{{XSD}}}*") if _kind(child) != "annotation")
        within = sum((self._weight(each) for each in inside), Weight())
        within = sum((self._named(node, name, kinds) for name in names), within)
        return Weight(within.parts, within.work + (0 if kind in _WRAPPERS else within.parts) + 1)

    def _leaf(self, node: Node) -> Weight:
        """Of an element or an attribute: what its type holds is made once, unless that is a simple one."""
        weight = Weight(1, 1 + self._named(node, node.get("type") or "", ("simpleType",)).work)
        for inside in node.iterchildren(f"{{{XSD}}}simpleType"):
            weight += Weight(0, self._weight(inside).work)
        if ref := node.get("ref"):
            weight += self._named(node, ref, (_kind(node),)) + self._instead(_local(ref))
        return weight

    def _instead(self, head: str) -> Weight:
        """Of the elements that may stand for another, at any depth."""
        if (head,) not in self._meant:
            found: dict[Node, None] = {}
            waiting = [head]
            for name in waiting:
                new = [node for node in self._members.pop(name, ()) if node not in found]
                found.update(dict.fromkeys(new))
                waiting += (str(node.get("name")) for node in new)
            self._meant[head,] = sum((self._weight(each) for each in found), Weight())
        return self._meant[head,]

    def _named(self, node: Node, name: str, kinds: tuple[str, ...]) -> Weight:
        """Of every component that a name may mean: where two have it the parser takes one, and we both."""
        prefix, colon, local = name.strip().rpartition(":")
        space = node.nsmap.get(prefix if colon else None)
        if not local or space == XSD:
            return Weight()
        key = (kinds, space, local)
        if key not in self._meant:
            found = [one for kind in kinds for one in self._known.get((kind, local), ())]
            # A schema without a namespace has that of the one that includes it.
            meant = (one for own, one in found if space is None or own in (space, None))
            self._meant[key] = sum((self._used(each) for each in meant), Weight())
        return self._meant[key]

    def _used(self, node: Node) -> Weight:
        """Of a component where another names it: what a complex type holds was found once, and is only taken over."""
        weight = self._weight(node)
        return Weight(weight.parts, 0) if _kind(node) == "complexType" else weight


def _calls(roots: Mapping[str, Node]) -> Counter[str]:
    """What the messages, operations, bindings and ports of each document come to: each writes out what it names."""
    known: dict[str, Counter[str]] = {kind: Counter() for kind, _ in _CALLS}
    total: Counter[str] = Counter()
    for kind, path in _CALLS:
        for document, root in roots.items():
            for node in root.iterfind(path, {"w": WSDL}):
                weight = sum(_call(kind, each, known) for each in node.iter(etree.Element))
                name = str(node.get("name"))
                known[kind][name] = max(known[kind][name], weight)
                total[document] += weight
    return total


def _call(kind: str, node: Node, known: Mapping[str, Counter[str]]) -> int:
    named = known["message"][_local(node.get("message") or "")]
    if kind == "binding" and _kind(node) == "operation":
        named += known["operation"][str(node.get("name"))]
    if kind == "port":
        named += known["binding"][_local(node.get("binding") or "")]
    return 1 + named


def _is_component(node: Node) -> bool:
    """Whether it is made once for all that it stands in: what is global, and every complex type."""
    parent, kind = node.getparent(), _kind(node)
    is_global = parent is not None and parent.tag == f"{{{XSD}}}schema"
    return kind == "complexType" or (is_global and kind in _KEPT)


def _kind(node: Node) -> str:
    return str(node.tag).rpartition("}")[2]


def _local(name: str) -> str:
    return name.strip().rpartition(":")[2]
