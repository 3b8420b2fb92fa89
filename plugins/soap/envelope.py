"""Values to a SOAP envelope, by the plan of an operation.

zeep parses the WSDL and its schemas; the elements are built here, from what it parsed. Its own serialiser was
tried: it writes "False" as true and "abc" as a number, spells the list "12 13" as "1 2   1 3", refuses a
blank for a required argument or an optional group that is absent, and its errors do not name the argument. A
walk over a plan compiled once is exact, no longer than the detours around that, and takes a quarter of the
time.

Values are data: they reach the document as lxml text and attributes only, never as markup.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from gateway import RenderError, Sample
from plugins.soap import literal
from plugins.soap.documents import SOAP_ENC
from plugins.soap.lexical import ListOf, Simple, Text
from plugins.soap.names import Path, dotted, fields, key, listed, nearest, words
from plugins.soap.plan import XSI, Anything, Attribute, Complex, Field, Kind, Order, Plan

DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
NIL = f"{{{XSI}}}nil"
TYPE = f"{{{XSI}}}type"
ARRAY_TYPE = f"{{{SOAP_ENC}}}arrayType"

_ANY_TEXT = Text("anyType")


def write(plan: Plan, tree: Any) -> tuple[bytes, tuple[str, ...]]:
    """The envelope of one request, and notes on what was left out or removed. Raises RenderError only."""
    root = etree.Element(plan.root.tag, dict(plan.root_attributes), nsmap=plan.prefixes)
    notes = fill(root, plan.root, {} if tree is None else tree)
    return b"".join((DECLARATION, plan.head, etree.tostring(root, encoding="utf-8"), plan.tail)), notes


def fill(node: etree._Element, field: Field, value: Any) -> tuple[str, ...]:
    """Write a value into an element that is there already; returns the notes. Raises RenderError."""
    writer = _Writer(field)
    try:
        writer.inside(node, field.kind, value, ())
    except RecursionError:
        raise RenderError("the values are nested too deeply for XML", "mapping") from None
    return tuple(writer.notes)


class _Writer:
    """One body in the making."""

    def __init__(self, root: Field) -> None:
        self.notes: list[str] = []
        self._root = root

    def inside(self, node: etree._Element, kind: Kind, value: Any, path: Path) -> None:
        if value is None:
            node.set(NIL, "true")
        elif isinstance(kind, Complex):
            self._complex(node, kind, value, path)
        elif isinstance(kind, Anything):
            self._anything(node, value, path)
        else:
            self._simple(node, kind, value, path)

    def _complex(self, node: etree._Element, kind: Complex, value: Any, path: Path) -> None:
        given = self._parts(kind, value, path)
        if not given.keys() <= kind.known:
            self._unknown(node, kind, given, path)
        for name, attribute in kind.attributes.items():
            self._attribute(node, attribute, given.get(name), (*path, name))
        if kind.text is not None:
            if "#text" in given:
                self.inside(node, kind.text, given["#text"], path)
            return
        self._part(node, kind.content, given, path)
        if kind.open:
            for name in given:
                if name not in kind.known and not name.startswith("@"):
                    self._literally(node, name, given[name], (*path, name))
        if kind.array is not None:
            node.set(ARRAY_TYPE, f"{kind.array}[{len(node)}]")

    def _parts(self, kind: Complex, value: Any, path: Path) -> Mapping[str, Any]:
        """What is given for the parts of a complex element, by name."""
        if isinstance(value, dict):
            return value
        if kind.text is not None:
            return {"#text": value}
        if value == "" or isinstance(value, Sample):
            return {}
        if isinstance(value, list) and (item := _item(kind)):
            return {item: value}
        parts = listed(words(kind), path) or "it has none"
        raise RenderError(f"{dotted(path) or 'the mapping'} is made of parts (map them: {parts})", key(path))

    def _order(self, node: etree._Element, order: Order, given: Mapping[str, Any], path: Path) -> None:
        if order.choice:
            return self._choice(node, order, given, path)
        for each in _rounds(order, given) if order.repeats else (given,):
            for part in order.parts:
                self._part(node, part, each, path)
        return None

    def _part(self, node: etree._Element, part: Field | Order, given: Mapping[str, Any], path: Path) -> None:
        if isinstance(part, Field):
            if part.name in given:
                self._field(node, part, given[part.name], (*path, part.name))
            elif part.required:
                self._left_out(node, part, (*path, part.name))
        elif part.required or not part.names.isdisjoint(given):
            self._order(node, part, given, path)

    def _choice(self, node: etree._Element, order: Order, given: Mapping[str, Any], path: Path) -> None:
        """Write the branch that takes most of what is given, and of the others what it does not take."""
        chosen = [part for part in order.parts if not part.names.isdisjoint(given)]
        if not chosen:
            if order.required:
                self.notes.append(
                    f"none of {listed(sorted(order.names), path)} is mapped; the WSDL asks for one"
                )
            return
        best = max(chosen, key=lambda part: len(part.names & given.keys()))
        others = {name: value for name, value in given.items() if name not in best.names}
        for part in chosen:
            left = given if part is best else others
            if not part.names.isdisjoint(left):
                self._part(node, part, left, path)
        if not order.repeats and not order.names.isdisjoint(others):
            sent = [name for name in given if name in order.names]
            self.notes.append(f"{listed(sent, path)} exclude each other in the WSDL; all were sent")

    def _field(self, node: etree._Element, field: Field, value: Any, path: Path) -> None:
        if not isinstance(value, list) or (field.most == 1 and _takes_list(field.kind)):
            self._element(node, field, value, path)
        elif not value and field.required:
            self._left_out(node, field, path)
        elif field.most is not None and (field.most == 1 or len(value) > field.most):
            takes = "one value" if field.most == 1 else f"at most {field.most} values"
            raise RenderError(f"{dotted(path)} takes {takes}, not a list of {len(value)}", key(path))
        else:
            for index, item in enumerate(value):
                self._element(node, field, item, (*path, index))

    def _element(self, node: etree._Element, field: Field, value: Any, path: Path) -> None:
        child = etree.SubElement(node, field.tag)
        if field.type is not None:
            child.set(TYPE, field.type)
        self.inside(child, field.kind, value, path)

    def _left_out(self, node: etree._Element, field: Field, path: Path) -> None:
        child = etree.SubElement(node, field.tag)
        if field.nillable:
            child.set(NIL, "true")
        sent = "as nil" if field.nillable else "empty"
        self._note(path)(f"left out, though the WSDL requires it; sent {sent}")

    def _attribute(self, node: etree._Element, attribute: Attribute, value: Any, path: Path) -> None:
        if value is not None:
            text = self._text(attribute.kind, value, path)
            try:
                literal.set_attribute(node, attribute.tag, text, self._note(path))
            except ValueError:
                raise RenderError(f"{attribute.tag!r} is not a name in XML", key(path)) from None
        elif attribute.required:
            self._note(path)("left out, though the WSDL requires it")

    def _simple(self, node: etree._Element, kind: Simple, value: Any, path: Path) -> None:
        if isinstance(value, dict):
            if value.keys() == {"#text"}:
                return self.inside(node, kind, value["#text"], path)
            value = self._document(kind, value, path)
        if value != "":
            literal.set_text(node, self._text(kind, value, path), self._note(path))
        return None

    def _text(self, kind: Simple, value: Any, path: Path) -> str:
        try:
            return kind.write(value)
        except ValueError as error:
            raise RenderError(f"{dotted(path)}: {error}", key(path)) from None

    def _document(self, kind: Simple, tree: dict[str, Any], path: Path) -> str:
        attribute = next((name for name in tree if name.startswith("@")), None)
        if attribute is not None:
            raise RenderError(f"{dotted(path)} has no attribute {attribute[1:]!r}", key((*path, attribute)))
        if not isinstance(kind, Text):
            part = dotted((*path, next(iter(tree), "")))
            raise RenderError(
                f"{dotted(path)} has no parts such as {part} (it is one {kind.name})", key(path)
            )
        try:
            return literal.document(tree, self._note(path))
        except ValueError as error:
            raise RenderError(f"{dotted(path)}: {error}", key(path)) from None

    def _anything(self, node: etree._Element, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            return self._simple(node, _ANY_TEXT, value, path)
        for name, part in value.items():
            if name == "#text":
                self._simple(node, _ANY_TEXT, part, path)
            elif name.startswith("@"):
                self._attribute(node, Attribute(name[1:], _ANY_TEXT, False), part, (*path, name))
            else:
                self._literally(node, name, part, (*path, name))
        return None

    def _literally(self, node: etree._Element, name: str, value: Any, path: Path) -> None:
        try:
            literal.append(node, name, value, self._note(path))
        except ValueError as error:
            raise RenderError(f"{dotted(path)}: {error}", key(path)) from None

    def _unknown(self, node: etree._Element, kind: Complex, given: Mapping[str, Any], path: Path) -> None:
        """Raise for a name that has no place in the schema; open attributes are written as they are."""
        for name in given:
            if name in kind.known or (kind.open and name[:1] not in ("@", "#")):
                continue
            if name.startswith("@") and kind.open_attributes:
                self._attribute(node, Attribute(name[1:], _ANY_TEXT, False), given[name], (*path, name))
                continue
            wrong = (*path, name)
            where = dotted(path) or "the operation"
            what = f"attribute {name[1:]!r}" if name.startswith("@") else f"argument {name!r}"
            raise RenderError(f"{where} has no {what}{nearest(wrong, kind, self._root)}", key(wrong))

    def _note(self, path: Path) -> literal.Note:
        return lambda text: self.notes.append(f"{key(path)}: {text}")


def _item(kind: Kind) -> str | None:
    """The one element that an element holds any number of: a list may be given for the whole."""
    only = next(fields(kind), None) if isinstance(kind, Complex) and len(kind.content.names) == 1 else None
    return only.name if only is not None and only.most != 1 else None


def _takes_list(kind: Kind) -> bool:
    return isinstance(kind, ListOf) or _item(kind) is not None


def _rounds(order: Order, given: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What is given for each turn of parts that repeat together: one item of every list."""
    lists = {name: value for name, value in given.items() if name in order.names and isinstance(value, list)}
    once = {name: value for name, value in given.items() if name not in lists}
    for index in range(max(map(len, lists.values()), default=1)):
        items = {name: value[index] for name, value in lists.items() if index < len(value)}
        yield items if index else {**once, **items}
