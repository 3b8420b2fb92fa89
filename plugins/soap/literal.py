"""Elements written by the names they are given, where no schema says how.

That is: a document inside a string argument, a SOAP header that the WSDL does not declare, `xs:any`. Names
may carry prefixes that `@xmlns` or `@xmlns:p` declare, on the element itself or above it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from plugins.soap.documents import XML
from plugins.soap.lexical import plain, xml_text

Note = Callable[[str], None]

_XMLNS = "http://www.w3.org/2000/xmlns/"


def document(tree: Mapping[str, Any], note: Note) -> str:
    """An XML document as text, from a tree with one root. Raises ValueError."""
    roots = [name for name, value in tree.items() if value is not None]
    if len(roots) != 1 or isinstance(tree[roots[0]], list):
        raise ValueError(f"an XML document has one root element, here are {len(roots)} ({', '.join(roots)})")
    holder = etree.Element("document")
    append(holder, roots[0], tree[roots[0]], note)
    return etree.tostring(holder[0], encoding="unicode")


def append(
    parent: etree._Element, name: str, value: Any, note: Note, scope: Mapping[str | None, str] | None = None
) -> None:
    """Write one element, or one for each item of a list; null writes nothing. scope: prefix to namespace."""
    if value is None:
        return
    if isinstance(value, list):
        for item in value:
            append(parent, name, item, note, scope)
        return
    parts = value if isinstance(value, dict) else {"#text": value}
    declared: Any = dict(_declarations(parts))  # lxml takes None as a prefix, its stubs do not
    scope = {**(scope or {}), **declared}
    node = etree.SubElement(parent, _tag(name, scope), nsmap=declared)
    for key, part in parts.items():
        if declares(key):
            continue
        if key.startswith("@"):
            set_attribute(node, _tag(key[1:], {**scope, None: ""}), plain(part), note)
        elif key == "#text":
            set_text(node, plain(part), note)
        elif key.startswith("#"):
            raise ValueError(f"{key} has no meaning in soap (right would be #text)")
        else:
            append(node, key, part, note, scope)


def set_text(node: etree._Element, text: str, note: Note) -> None:
    """Set an element's text; what XML 1.0 forbids is left out, with a note."""
    try:
        node.text = text
    except ValueError:
        node.text = _cleaned(text, note)


def set_attribute(node: etree._Element, tag: str, text: str, note: Note) -> None:
    """Set an attribute; what XML 1.0 forbids is left out, with a note."""
    try:
        node.set(tag, text)
    except ValueError:
        node.set(tag, _cleaned(text, note))


def _cleaned(text: str, note: Note) -> str:
    cleaned, removed = xml_text(text)
    note(f"removed {removed} character{'s' if removed > 1 else ''} that XML forbids")
    return cleaned


def declares(key: str) -> bool:
    """Whether a name in a tree declares a namespace."""
    return key == "@xmlns" or key.startswith("@xmlns:")


def _declarations(parts: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    found: list[tuple[str | None, str]] = []
    for key, value in parts.items():
        if declares(key):
            prefix = key.removeprefix("@xmlns").removeprefix(":")
            if not isinstance(value, str) or value in ("", XML, _XMLNS) or prefix in ("xml", "xmlns"):
                raise ValueError(f"{key[1:]} must be a namespace of one's own (such as urn:acme)")
            found.append((prefix or None, value))
    return found


def _tag(name: str, scope: Mapping[str | None, str]) -> str:
    prefix, colon, local = name.rpartition(":")
    namespace = XML if prefix == "xml" else scope.get(prefix if colon else None)
    if colon and not namespace:
        raise ValueError(f"the prefix of {name} is not declared (with @xmlns:{prefix})")
    try:
        return etree.QName(namespace or None, local).text
    except ValueError:
        raise ValueError(f"{name!r} is not a name in XML") from None
