"""XML documents and SOAP envelopes as rows."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from lxml import etree

from gateway.imports.rows import Row
from gateway.paths import join

ENVELOPES = {
    "http://schemas.xmlsoap.org/soap/envelope/": "1.1",
    "http://www.w3.org/2003/05/soap-envelope": "1.2",
}
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_XML = "http://www.w3.org/XML/1998/namespace"
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


@dataclass(frozen=True, slots=True)
class Token:
    """The UsernameToken of an envelope. password: None where it is a digest."""

    username: str
    password: str | None


@dataclass(slots=True)
class Rows:
    """The rows of one document. notes: what no mapping writes."""

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def parse(text: str) -> etree._Element | None:
    """The root of an XML document; None where it is none.

    Raises ValueError for one with a document type: entities are not read.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(_DECLARATION.sub("", text).strip().encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("the document has a DOCTYPE, which no transport writes (remove it)")
    return root


def is_envelope(root: etree._Element) -> bool:
    """Whether a document is a SOAP envelope, of either version."""
    name = etree.QName(root)
    return name.localname == "Envelope" and name.namespace in ENVELOPES


def document(root: etree._Element) -> Rows:
    """A document for the transport xml: prefixes and namespaces stay, a repeated element has its index."""
    found = Rows()
    _walk(found, root, _segment(_prefixed(root)), _AS_WRITTEN)
    return found


def call(operation: etree._Element) -> Rows:
    """The arguments of a SOAP operation, or a header below its own element, under their local names."""
    found = Rows()
    _children(found, operation, "", _BY_SCHEMA)
    return found


def header(element: etree._Element) -> Rows:
    """One SOAP header element: its namespace, and what is in it."""
    found = Rows()
    key = _segment(etree.QName(element).localname)
    namespace = etree.QName(element).namespace
    if namespace:
        found.rows.append(Row(f"{key}@xmlns", namespace))
    _walk(found, element, key, _BY_SCHEMA)
    return found


def token(security: etree._Element) -> Token | None:
    """The UsernameToken of a Security header; None where there is none."""
    username = security.findtext(f".//{{{WSSE}}}Username")
    password = security.find(f".//{{{WSSE}}}Password")
    if username is None or password is None:
        return None
    is_digest = str(password.get("Type", "")).endswith("#PasswordDigest")
    return Token(username, None if is_digest else password.text or "")


def _walk(found: Rows, element: etree._Element, key: str, reading: "_Reading") -> None:
    """What is in an element, and the element itself where there is nothing else to name it."""
    if reading.nil and element.get(f"{{{_XSI}}}nil") in ("true", "1"):
        found.rows.append(Row(key, None))
        return
    own = [Row(f"{key}@{name}", value) for name, value in reading.attributes(element)]
    found.rows += own
    if len(element):
        _children(found, element, key, reading)
    elif element.text or not own:
        found.rows.append(Row(key, element.text or ""))


def _children(found: Rows, element: etree._Element, key: str, reading: "_Reading") -> None:
    names = [reading.name(child) for child in element]
    counts, seen = Counter(names), Counter[str]()
    if len(list(groupby(names))) > len(counts):
        found.notes.append(
            f"in {key or 'the body'} elements of one name stand together, not in the sample's order"
        )
    if any((child.tail or "").strip() for child in element):
        found.notes.append(f"in {key or 'the body'} text behind an element is left out")
    if (element.text or "").strip():
        found.rows.append(Row(f"{key}.#text", element.text))
    for child, name in zip(element, names, strict=True):
        path = ".".join(filter(None, (key, _segment(name))))
        where = f"{path}.{seen[name]}" if counts[name] > 1 else path
        seen[name] += 1
        _walk(found, child, where, reading)


def _attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    """The namespaces that an element declares, and its attributes, as they are written."""
    parent = element.getparent()
    outer = {} if parent is None else parent.nsmap
    for prefix, uri in element.nsmap.items():
        if outer.get(prefix) != uri:
            yield f"xmlns:{prefix}" if prefix else "xmlns", uri or ""
    prefixes = {uri: prefix for prefix, uri in element.nsmap.items() if prefix} | {_XML: "xml"}
    for name, value in element.attrib.items():
        qualified = etree.QName(name)
        prefix = f"{prefixes[qualified.namespace]}:" if qualified.namespace else ""
        yield f"{prefix}{qualified.localname}", str(value)


def _local_attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    """The attributes that are values: those of another namespace say how the envelope is to be read."""
    return (
        (str(name), str(value))
        for name, value in element.attrib.items()
        if etree.QName(name).namespace is None
    )


def _prefixed(element: etree._Element) -> str:
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _segment(name: str) -> str:
    return join((name,))


@dataclass(frozen=True, slots=True)
class _Reading:
    """How elements are named, which of their attributes are values, and whether xsi:nil makes a null."""

    name: Callable[[etree._Element], str]
    attributes: Callable[[etree._Element], Iterator[tuple[str, str]]]
    nil: bool


_AS_WRITTEN = _Reading(_prefixed, _attributes, nil=False)
_BY_SCHEMA = _Reading(_local, _local_attributes, nil=True)
