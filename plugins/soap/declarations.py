"""What a WSDL and its schemas say in words, and as lists of right values: zeep keeps neither.

Followed by name from a message or an element inwards, for people who read it; nothing that is sent depends on it.
"""

from collections.abc import Iterator, Mapping

from lxml import etree

from plugins.soap.documents import Documents
from plugins.soap.lexical import XSD
from plugins.soap.weights import WSDL

Node = etree._Element

_NAMED = ("element", "complexType", "simpleType", "group", "attributeGroup", "attribute")
_MOST_TYPES = 16  # that extend each other


class Declarations:
    """The declarations in a set of documents."""

    def __init__(self, documents: Documents) -> None:
        self._known: dict[tuple[str, str], Node] = {}
        self._within: dict[Node, Mapping[str, Node]] = {}
        for content in documents.contents.values():
            root = etree.fromstring(content)
            for schema in root.iter(f"{{{XSD}}}schema"):
                self._know(schema, schema.get("targetNamespace"), XSD, _NAMED)
            if root.tag == f"{{{WSDL}}}definitions":
                self._know(root, root.get("targetNamespace"), WSDL, ("message", "portType"))

    def element(self, tag: str) -> Node | None:
        """A global element by its name in Clark notation."""
        return self._known.get(("element", tag))

    def type(self, tag: str) -> Node | None:
        """A global complex type by its name in Clark notation."""
        return self._known.get(("complexType", tag))

    def message(self, name: str) -> Node | None:
        """A message by its name in Clark notation: its parts stand in it."""
        return self._known.get(("message", name))

    def operation(self, port_type: str, name: str) -> str:
        """What a port type, by its name in Clark notation, says of one of its operations."""
        node = self._known.get(("portType", port_type))
        found = () if node is None else node.iterfind(f"{{{WSDL}}}operation")
        return next((text for one in found if one.get("name") == name and (text := words(one))), "")

    def inside(self, node: Node | None) -> Mapping[str, Node]:
        """The declarations of what may stand in an element, a part or a message, by the words of a mapping."""
        if node is None:
            return {}
        if node not in self._within:
            found: dict[str, Node] = {}
            for name, declared in self._inside(node, set()):
                found.setdefault(name, declared)
            self._within[node] = found
        return self._within[node]

    def values(self, node: Node | None) -> tuple[str, ...]:
        """The only values that are right for an element or an attribute; none where any of its type is."""
        for _ in range(_MOST_TYPES):
            if node is None:
                break
            listed = tuple(str(one.get("value")) for one in node.iterfind(f"{{{XSD}}}enumeration"))
            if listed:
                return listed
            node = self._narrower(node)
        return ()

    def text(self, node: Node | None) -> str:
        """What the documents say of an element, or else of its type."""
        if node is None:
            return ""
        type_ = self._named(node, "type", "simpleType", "complexType")
        return words(node) or ("" if type_ is None else words(type_))

    def _narrower(self, node: Node) -> Node | None:
        """What else limits the values of a simple type: the one inside it, or the one that it names."""
        for step in ("simpleType", "restriction", "complexType", "simpleContent", "extension"):
            within = node.find(f"{{{XSD}}}{step}")
            if within is not None:
                return within
        return self._named(node, "type" if node.get("type") else "base", "simpleType", "complexType")

    def _inside(self, node: Node, seen: set[Node]) -> Iterator[tuple[str, Node]]:
        if node in seen:
            return
        seen.add(node)
        for outer in (
            self._named(node, "type", "complexType"),
            self._named(node, "element", "element"),
            self._named(node, "base", "complexType"),
            self._named(node, "ref", "group", "attributeGroup"),
        ):
            if outer is not None:
                yield from self._inside(outer, seen)
        for child in node:
            kind = etree.QName(child).localname
            if kind in ("element", "attribute", "part"):
                declared = self._named(child, "ref", kind)
                one = child if declared is None else declared
                name = str(one.get("name") or "")
                yield (f"@{name}" if kind == "attribute" else name), one
            elif kind not in ("annotation", "simpleType"):
                yield from self._inside(child, seen)

    def _know(self, parent: Node, namespace: str | None, of: str, kinds: tuple[str, ...]) -> None:
        for child in parent:
            name = etree.QName(child)
            if name.namespace == of and name.localname in kinds and child.get("name"):
                own = f"{{{namespace}}}{child.get('name')}" if namespace else str(child.get("name"))
                self._known.setdefault((name.localname, own), child)

    def _named(self, node: Node, attribute: str, *kinds: str) -> Node | None:
        """The global declaration that an attribute of a node names."""
        prefix, _, local = (node.get(attribute) or "").strip().rpartition(":")
        if not local:
            return None
        namespace = node.nsmap.get(prefix or None)
        for name in (f"{{{namespace}}}{local}" if namespace else local, local):
            for kind in kinds:
                if (kind, name) in self._known:
                    return self._known[kind, name]
        return None


def words(node: Node) -> str:
    """The documentation that stands on a declaration, on one line."""
    found = [
        *node.iterfind(f"{{{XSD}}}annotation/{{{XSD}}}documentation"),
        *node.iterfind(f"{{{WSDL}}}documentation"),
    ]
    return " ".join(" ".join("".join(map(str, one.itertext())) for one in found).split())
