"""A tree to an XML document (XML 1.0, Namespaces in XML 1.0). Pure.

Every value gives a well-formed document or a RenderError. `@name` is an attribute; `#text`, `#cdata`,
`#comment` and `#raw` are kinds of content; a list repeats its element; null writes nothing.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from gateway import RenderError, mapping_key, plain_text
from plugins.xml.names import XML, Path, Scope, namespace, qualified

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SINGLE = (str, int, Decimal, bool)  # what most elements hold, and nothing else
# Wraps what lxml has no slot for (further text, CDATA, several nodes) and is dissolved at the end.
_FRAGMENT = "{urn:feedback-gateway:fragment}fragment"
_OWN_TAG = re.compile(r"(?:ns\d+:)?fragment(?: line \d+)?")


def build(tree: Any) -> tuple[str, tuple[str, ...]]:
    """The document of a tree with one root, and notes on the characters that XML cannot hold.

    Raises RenderError for no root or several, invalid names, undeclared prefixes, broken fragments.
    """
    name, content = _root(tree)
    document = _Document()
    root = document.element(None, name, content, (name,), {"": "", "xml": XML})
    etree.strip_tags(root, _FRAGMENT)
    return DECLARATION + etree.tostring(root, encoding="unicode"), tuple(document.notes)


def _key(path: Path) -> str:
    """The conf key; an element's only text is its value, so its own key is meant."""
    return mapping_key(path[:-1] if path[-1] == "#text" else path)


def _first_key(path: Path, value: Any) -> str:
    """The conf key of the first value at or below a place."""
    while isinstance(value, (Mapping, list, tuple)) and value:
        step, value = next(iter(value.items() if isinstance(value, Mapping) else enumerate(value)))
        path = (*path, step)
    return _key(path)


class _Document:
    """One document being built. notes: what was removed, and where; scopes are prefix to namespace."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def element(
        self, parent: etree._Element | None, name: str, value: Any, path: Path, outer: Scope
    ) -> etree._Element:
        """One element, below parent or as a root, with its attributes and everything in it."""
        content = value if isinstance(value, Mapping) else {"#text": value}
        declared, attributes = self._attributes(content, path)
        scope = {**outer, **declared}
        try:
            tag = qualified(name, scope, path, default=scope[""])
        except RenderError as error:
            raise RenderError(str(error), _first_key(path, content)) from None
        nsmap: dict[Any, str] = {prefix or None: uri for prefix, uri in declared.items()}
        element = (
            etree.Element(tag, nsmap=nsmap) if parent is None else etree.SubElement(parent, tag, nsmap=nsmap)
        )
        for key, text in attributes.items():
            _set(element, qualified(key, scope, (*path, f"@{key}")), text, (*path, f"@{key}"))
        for key, child in content.items():
            if not key.startswith("@"):
                self._content(element, key, child, (*path, key), scope)
        return element

    def _attributes(self, content: Mapping[str, Any], path: Path) -> tuple[dict[str, str], dict[str, str]]:
        """The namespaces that an element declares, by prefix, and its other attributes."""
        declared, attributes = {}, {}
        for key, value in content.items():
            if not key.startswith("@") or value is None:
                continue
            place = (*path, key)
            if isinstance(value, (Mapping, list, tuple)):
                raise RenderError("an attribute takes one value, not a list or an object", _key(place))
            text = self._clean(value, place)
            name, _, prefix = key.partition(":")
            if name == "@xmlns" and (prefix or key == name):
                declared[prefix] = namespace(prefix, text, place)
            else:
                attributes[key[1:]] = text
        return declared, attributes

    def _content(self, element: etree._Element, key: str, value: Any, path: Path, scope: Scope) -> None:
        if type(value) in _SINGLE and not key.startswith("#"):
            child = etree.SubElement(element, qualified(key, scope, path, default=scope[""]))
            child.text = self._clean(value, path) or None
            return
        for item, place in _items(value, path):
            if not key.startswith("#"):
                self.element(element, key, item, place, scope)
            elif isinstance(item, Mapping):
                raise RenderError(f"{key} takes text, not an object (map one of its parts)", _key(place))
            else:
                _add(element, key, self._clean(item, place), place, scope)

    def _clean(self, value: Any, path: Path) -> str:
        text = value if isinstance(value, str) else _plain_text(value, path)
        if text.isprintable() and text.isascii():
            return text
        text, count = _FORBIDDEN.subn("", text)
        if count:
            what = "1 character" if count == 1 else f"{count} characters"
            self.notes.append(f"{_key(path)}: removed {what} that XML forbids")
        return text


def _plain_text(value: Any, path: Path) -> str:
    try:
        return plain_text(value)
    except RenderError as error:
        raise RenderError(str(error), _key(path)) from None


def _root(tree: Any) -> tuple[str, Any]:
    """The root's name and content; attributes beside the root are the root's."""
    if isinstance(tree, (list, tuple)):
        raise RenderError(
            "a document cannot begin with a list (begin every key with the root element's name)", "mapping"
        )
    beside = {key: value for key, value in (tree or {}).items() if key.startswith("@")}
    named = [(key, value) for key, value in (tree or {}).items() if key not in beside]
    roots = [(key, item) for key, value in named for item, _ in _items(value, (key,))]
    if not roots:
        raise RenderError(
            "there is no root element, as no value is left to send (map e.g. return.lead_id)", "mapping"
        )
    name, content = roots[0]
    if len(roots) > 1:
        both = " and ".join(key for key, _ in roots[:2])
        raise RenderError(
            f"the document has more than one root: {both} (begin every key with the same one)",
            _first_key((roots[1][0],), roots[1][1]),
        )
    if name.startswith("#"):
        raise RenderError(f"{name} stands outside the root element (write it below)", mapping_key((name,)))
    own = content if isinstance(content, Mapping) else {"#text": content}
    if twice := beside.keys() & own.keys():
        raise RenderError(
            f"the root has the attribute {min(twice)} twice (write it once)", mapping_key((min(twice),))
        )
    return name, {**beside, **own}


def _items(value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    """What a value repeats: the items of a list, flat and without nulls; an empty list is one empty text.

    A list or an object beside attributes has them on each of its items.
    """
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value or [""]):
            yield from _items(item, (*path, index))
    elif isinstance(value, Mapping) and isinstance(value.get("#text"), (Mapping, list, tuple)):
        beside = {key: own for key, own in value.items() if key != "#text"}
        if not all(key.startswith("@") for key in beside):
            raise RenderError(
                "a list or an object cannot stand amid other content (map its parts)", _key(path)
            )
        for item, place in _items(value["#text"], path):
            yield {**(item if isinstance(item, Mapping) else {"#text": item}), **beside}, place
    elif value is not None:
        yield value, path


def _set(element: etree._Element, name: str, text: str, path: Path) -> None:
    if name in element.attrib:
        raise RenderError("this attribute stands twice, under two prefixes of one namespace", _key(path))
    element.set(name, text)


def _add(element: etree._Element, kind: str, text: str, path: Path, scope: Scope) -> None:
    if kind == "#text":
        _append(element, text)
    elif kind == "#cdata":
        _append_cdata(element, text)
    elif kind == "#comment":
        element.append(etree.Comment(_comment(text)))
    elif kind == "#raw":
        element.append(_fragment(text, path, scope))
    else:
        raise RenderError(f"{kind} is not known (content is #text, #cdata, #comment, #raw)", _key(path))


def _append(element: etree._Element, text: str | etree.CDATA) -> None:
    if len(element) == 0 and element.text is None:
        element.text = text or None
    else:
        etree.SubElement(element, _FRAGMENT).text = text


def _append_cdata(element: etree._Element, text: str) -> None:
    """Text in CDATA sections; libxml2 splits them at `]]>`. A carriage return stands between them, as `&#13;`.

    Within one, every parser reads it as a line feed (XML 1.0, section 2.11).
    """
    for part in re.findall(r"\r+|[^\r]+", text) or [""]:
        _append(element, part if part.startswith("\r") else etree.CDATA(part))


def _comment(text: str) -> str:
    """Text without `--` and without `-` at its end, which no comment can hold."""
    apart = re.sub("-(?=-)", "- ", text)
    return f"{apart} " if apart.endswith("-") else apart


def _fragment(text: str, path: Path, scope: Scope) -> etree._Element:
    """A piece of XML in a fragment, parsed with the prefixes that are known around it."""
    nsmap: dict[Any, str] = {prefix or None: uri for prefix, uri in scope.items() if uri and prefix != "xml"}
    fragment = etree.Element(_FRAGMENT, nsmap=nsmap)
    fragment.text = "|"
    before, _, after = etree.tostring(fragment, encoding="unicode").rpartition("|")
    # Text that closes the fragment early leaves a second root or an unended comment behind: not well-formed.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, strip_cdata=False
    )
    try:
        return etree.fromstring(f"{before}{text}{after}".encode(), parser)
    except etree.XMLSyntaxError as error:
        fault = _OWN_TAG.sub("the end of the piece", str(error.msg).partition(", line ")[0])
        raise RenderError(f"#raw is not well-formed XML: {fault} (give whole elements)", _key(path)) from None
