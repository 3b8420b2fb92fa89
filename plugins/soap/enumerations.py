"""The values that a schema lists for an element or an attribute, put into the plan: zeep does not keep them."""

from collections.abc import Mapping
from dataclasses import replace

from plugins.soap.declarations import Declarations, Node
from plugins.soap.lexical import Listed, Simple, Text, Typed
from plugins.soap.plan import Complex, Field, Order, Wildcard


def heeded(root: Field, node: Node | None, told: Declarations) -> Field:
    """A field whose kinds, to any depth, take only what is listed. node: where what may stand in it is declared."""
    return _Narrowing(told).field(root, node)


class _Narrowing:
    """Follows a plan and its declarations hand in hand, each Complex once."""

    def __init__(self, told: Declarations) -> None:
        self._told = told
        self._seen: set[Complex] = set()

    def field(self, field: Field, node: Node | None) -> Field:
        """The field, with the values that its declaration lists."""
        if isinstance(field.kind, Complex):
            self._complex(field.kind, node)
            return field
        kind = field.kind
        return replace(field, kind=self._narrow(kind, node)) if isinstance(kind, Text | Typed) else field

    def _complex(self, kind: Complex, node: Node | None) -> None:
        if kind in self._seen:
            return
        self._seen.add(kind)
        inside = self._told.inside(node)
        kind.attributes = {
            name: replace(attribute, kind=self._narrow(attribute.kind, inside.get(name)))
            for name, attribute in kind.attributes.items()
        }
        if kind.text is not None:
            kind.text = self._narrow(kind.text, node)
        kind.content = self._order(kind.content, inside)
        for chosen in kind.types.values():
            self._complex(chosen.kind, self._told.type(chosen.tag))

    def _order(self, order: Order, inside: Mapping[str, Node]) -> Order:
        return replace(order, parts=tuple(self._part(part, inside) for part in order.parts))

    def _part(self, part: Field | Order | Wildcard, inside: Mapping[str, Node]) -> Field | Order | Wildcard:
        if isinstance(part, Order):
            return self._order(part, inside)
        if isinstance(part, Wildcard):
            return part
        declared = inside.get(part.name)
        return self.field(part, self._told.element(part.tag) if declared is None else declared)

    def _narrow(self, kind: Simple, node: Node | None) -> Simple:
        values = self._told.values(node) if isinstance(kind, Text | Typed) else ()
        return Listed(kind, values) if values else kind
