"""Values to the elements of a SOAP body or header, by what a WSDL's schema says of them.

zeep parses the WSDL and its schemas; the elements are built here, from what it parsed. Its own serialiser was
tried: it writes "False" as true and "abc" as a number, spells the list "12 13" as "1 2   1 3", refuses a
blank for a required argument or an optional group that is absent, and its errors do not name the argument. A
walk over a plan compiled once is exact, no longer than the detours around that, and takes a quarter of the
time.

Values are data: they reach the document as lxml text and attributes only, never as markup.
"""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from gateway import RenderError, Sample
from plugins.soap import literal, marks
from plugins.soap.lexical import (
    TEXTS,
    TYPES,
    XSD,
    Listed,
    Simple,
    Text,
    Typed,
    is_trial,
    shown,
    simple,
)
from plugins.soap.lists import item, rounds, takes_list
from plugins.soap.marks import TYPE_WORD
from plugins.soap.names import Path, dotted, key, listed, nearest, words
from plugins.soap.plan import REST, Anything, Attribute, Chosen, Complex, Field, Kind, Order, Wildcard

_ANY_TEXT = Text("anyType")


class Writer:
    """Writes by the schema. root: where the nearest right name is looked for; start: the conf key of the mapping."""

    def __init__(self, root: Field, notes: list[str], start: str = "mapping") -> None:
        self._root = root
        self._notes = notes
        self._start = start

    def inside(self, node: etree._Element, kind: Kind, value: Any, path: Path) -> None:
        """Write a value into an element that is there already. Raises RenderError."""
        if value is None:
            marks.set_nil(node)
        elif isinstance(kind, Complex):
            self._complex(node, kind, value, path)
        elif isinstance(kind, Anything):
            self._anything(node, value, path)
        else:
            self._simple(node, kind, value, path)

    def _complex(self, node: etree._Element, kind: Complex, value: Any, path: Path) -> None:
        kind, given = self._chosen(node, kind, dict(self._parts(kind, value, path)), path)
        if not given.keys() <= kind.known:
            self._unknown(node, kind, given, path)
            given[REST] = {name: given[name] for name in given if name not in kind.known and name[:1] != "@"}
        for name, attribute in kind.attributes.items():
            self._attribute(node, attribute, given.get(name), (*path, name))
        if kind.text is not None:
            if "#text" in given:
                self.inside(node, kind.text, given["#text"], path)
            return
        self._part(node, kind.content, given, path)
        if kind.array is not None:
            marks.set_array(node, kind.array)

    def _chosen(
        self, node: etree._Element, kind: Complex, given: dict[str, Any], path: Path
    ) -> tuple[Complex, dict[str, Any]]:
        """The type that `@xsi:type` names among those that may stand here, and what is given beside it."""
        where = (*path, TYPE_WORD)
        if TYPE_WORD not in given or TYPE_WORD in kind.known:
            if kind.abstract:
                types = " or ".join(kind.types)
                right = f"map {dotted(where)}: {types}" if types else "leave it out: none is made of it"
                raise RenderError(f"{dotted(path)} is of an abstract type ({right})", self._key(path))
            return kind, given
        word = given.pop(TYPE_WORD)
        chosen = _named(kind.types, word, given)
        if chosen is None:
            types = ", ".join(kind.types)
            right = f"there is {types}" if types else "leave it out: it has one type only"
            raise self._no_type(where, word, right)
        marks.set_type(node, etree.QName(chosen.tag))
        return chosen.kind, given

    def _no_type(self, where: Path, word: Any, right: str) -> RenderError:
        return RenderError(
            f"{dotted(where)}: {shown(str(word))} cannot stand here ({right})", self._key(where)
        )

    def _parts(self, kind: Complex, value: Any, path: Path) -> Mapping[str, Any]:
        """What is given for the parts of a complex element, by name."""
        if isinstance(value, dict):
            return value
        if kind.text is not None:
            return {"#text": value}
        if value == "" or isinstance(value, Sample):
            return {}
        if isinstance(value, list) and (only := item(kind)):
            return {only: value}
        parts = listed(words(kind), path) or "it has none"
        raise RenderError(
            f"{dotted(path) or 'the mapping'} is made of parts (map them: {parts})", self._key(path)
        )

    def _order(self, node: etree._Element, order: Order, given: Mapping[str, Any], path: Path) -> None:
        if order.choice:
            return self._choice(node, order, given, path)
        for each in rounds(order, given) if order.repeats else (given,):
            for part in order.parts:
                self._part(node, part, each, path)
        return None

    def _part(
        self, node: etree._Element, part: Field | Order | Wildcard, given: Mapping[str, Any], path: Path
    ) -> None:
        if isinstance(part, Wildcard):
            rest = given.get(REST, {})
            for name in list(rest):  # of several places for them the first one takes all
                self._literally(node, name, rest.pop(name), (*path, name))
        elif isinstance(part, Field):
            if part.name in given:
                self.field(node, part, given[part.name], (*path, part.name))
            elif part.required:
                self._left_out(node, part, (*path, part.name))
        elif part.required or not part.names.isdisjoint(given):
            self._order(node, part, given, path)

    def _choice(self, node: etree._Element, order: Order, given: Mapping[str, Any], path: Path) -> None:
        """Write the branch that takes most of what is given; another one that is not blank has no place beside it.

        In a trial, where every key is filled, all are written.
        """
        if not order.repeats and any(value != "" for name, value in given.items() if name in order.names):
            given = {name: value for name, value in given.items() if name not in order.names or value != ""}
        chosen = [part for part in order.parts if not part.names.isdisjoint(given)]
        if not chosen:
            if order.required:
                names = listed(sorted(order.names - {REST}), path)
                self._notes.append(f"{self._key(path)}: none of {names} is given; the WSDL requires one")
            return
        best = max(chosen, key=lambda part: len(part.names & given.keys()))
        others = {name: value for name, value in given.items() if name not in best.names}
        if not order.repeats and not order.names.isdisjoint(others):
            named = [name for name in given if name in order.names]
            if not any(is_trial(given[name]) for name in named):
                wrong = next(name for name in named if name in others)
                raise RenderError(
                    f"{listed(named, path)} exclude each other in the WSDL (map them so that one branch is not blank)",
                    self._key((*path, wrong)),
                )
        for part in chosen:
            left = given if part is best else others
            if not part.names.isdisjoint(left):
                self._part(node, part, left, path)

    def field(self, node: etree._Element, field: Field, value: Any, path: Path) -> None:
        """Write an element for a value, or one for each item of a list. Raises RenderError."""
        if not isinstance(value, list) or (field.most == 1 and takes_list(field.kind)):
            self._element(node, field, value, path)
        elif not value and field.required:
            self._left_out(node, field, path)
        elif field.most is not None and (field.most == 1 or len(value) > field.most):
            takes = "one value" if field.most == 1 else f"at most {field.most} values"
            raise RenderError(f"{dotted(path)} takes {takes}, not a list of {len(value)}", self._key(path))
        else:
            for index, each in enumerate(value):
                self._element(node, field, each, (*path, index))

    def _element(self, node: etree._Element, field: Field, value: Any, path: Path) -> None:
        child = etree.SubElement(node, field.tag)
        if field.type is not None:
            marks.set_type(child, field.type)
        self.inside(child, field.kind, value, path)

    def _left_out(self, node: etree._Element, field: Field, path: Path) -> None:
        child = etree.SubElement(node, field.tag)
        if field.nillable:
            marks.set_nil(child)
        sent = "as nil" if field.nillable else "empty"
        self._note(path)(f"left out, though the WSDL requires it; sent {sent}")

    def _attribute(self, node: etree._Element, attribute: Attribute, value: Any, path: Path) -> None:
        if value is not None:
            kind = attribute.kind
            text = self._empty(kind, path) if value == "" else self._text(kind, value, path)
            try:
                literal.set_attribute(node, attribute.tag, text, self._note(path))
            except ValueError:
                raise RenderError(f"{attribute.tag!r} is not a name in XML", self._key(path)) from None
        elif attribute.required:
            self._note(path)("left out, though the WSDL requires it")

    def _simple(self, node: etree._Element, kind: Simple, value: Any, path: Path) -> None:
        if isinstance(value, dict):
            if value.keys() == {"#text"}:
                return self.inside(node, kind, value["#text"], path)
            value = self._document(kind, value, path)
        if value != "":
            literal.set_text(node, self._text(kind, value, path), self._note(path))
        else:
            self._empty(kind, path)
        return None

    def _empty(self, kind: Simple, path: Path) -> str:
        """Sent all the same, as what a template gives may be blank; of a literal `check` warns."""
        if isinstance(kind, Typed | Listed):
            what = "one of the listed values" if isinstance(kind, Listed) else kind.name
            self._note(path)(f"empty, which is not valid as {what}")
        return ""

    def _text(self, kind: Simple, value: Any, path: Path) -> str:
        try:
            return kind.write(value)
        except ValueError as error:
            raise RenderError(f"{dotted(path)}: {error}", self._key(path)) from None

    def _document(self, kind: Simple, tree: dict[str, Any], path: Path) -> str:
        attribute = next((name for name in tree if name.startswith("@")), None)
        if attribute is not None:
            raise RenderError(
                f"{dotted(path)} has no attribute {attribute[1:]!r}", self._key((*path, attribute))
            )
        if not isinstance(kind, Text):
            part = dotted((*path, next(iter(tree), "")))
            raise RenderError(
                f"{dotted(path)} has no parts such as {part} (it is one {kind.name})", self._key(path)
            )
        try:
            return literal.document(tree, self._note(path))
        except ValueError as error:
            raise RenderError(f"{dotted(path)}: {error}", self._key(path)) from None

    def _anything(self, node: etree._Element, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            return self._simple(node, _ANY_TEXT, value, path)
        kind = self._built_in(node, value[TYPE_WORD], path) if TYPE_WORD in value else _ANY_TEXT
        for name, part in value.items():
            if name == TYPE_WORD:
                continue
            if name == "#text":
                self.inside(node, kind, part, path)
            elif name.startswith("@"):
                self._attribute(node, Attribute(name[1:], _ANY_TEXT, False), part, (*path, name))
            else:
                self._literally(node, name, part, (*path, name))
        return None

    def _built_in(self, node: etree._Element, word: Any, path: Path) -> Simple:
        """The type of XML Schema's own that `@xsi:type` names for an element that may be of any."""
        if isinstance(word, Sample):
            marks.set_type(node, word)
            return _ANY_TEXT
        local = str(word).rpartition(":")[2]
        if local not in TYPES and local not in TEXTS:
            right = "write one of XML Schema's own, such as xsd:decimal"
            raise self._no_type((*path, TYPE_WORD), word, right)
        marks.set_type(node, etree.QName(XSD, local))
        return simple(local)

    def _literally(self, node: etree._Element, name: str, value: Any, path: Path) -> None:
        try:
            literal.append(node, name, value, self._note(path))
        except ValueError as error:
            raise RenderError(f"{dotted(path)}: {error}", self._key(path)) from None

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
            raise RenderError(f"{where} has no {what}{nearest(wrong, kind, self._root)}", self._key(wrong))

    def _note(self, path: Path) -> literal.Note:
        return lambda text: self._notes.append(f"{self._key(path)}: {text}")

    def _key(self, path: Path) -> str:
        return key(path, self._start)


def _named(types: Mapping[str, Chosen], word: Any, given: Mapping[str, Any]) -> Chosen | None:
    """The type that a word names, with a prefix or without; in a trial the one that takes most of what is given."""
    if isinstance(word, Sample):
        return max(types.values(), key=lambda each: len(each.kind.known & given.keys()), default=None)
    return types.get(str(word).rpartition(":")[2])
