"""A WSDL and everything it imports, gathered through the gateway's own loader before anything reads them.

Every document is checked here (well-formed, no DTD, bounded), and every location in it is rewritten to a name
that only this collection answers: whoever parses it has no way to a file or to the network. The names do not
depend on where the documents came from, so that equal contents have an equal digest.
"""

import hashlib
import posixpath
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

from lxml import etree

from plugins.soap import redefined, weights
from plugins.soap.lexical import TYPES, XSD
from plugins.soap.weights import WSDL

XML = "http://www.w3.org/XML/1998/namespace"
SOAP_ENC = "http://schemas.xmlsoap.org/soap/encoding/"
SOAP12_ENC = "http://www.w3.org/2003/05/soap-encoding"

MAX_DOCUMENTS = 200
MAX_BYTES = 16 * 1024 * 1024
MAX_WEIGHT = 60_000  # see weights: some 20,000 elements, which zeep reads in a second

TOO_LARGE = f"written out it has more than {MAX_WEIGHT:,} parts (a few thousand are right)"

_LOCATIONS = {
    f"{{{WSDL}}}import": "location",
    f"{{{XSD}}}import": "schemaLocation",
    f"{{{XSD}}}include": "schemaLocation",
    f"{{{XSD}}}redefine": "schemaLocation",
}

# What came with XML Schema 1.1, which zeep does not know and hardly any server uses.
_NEWER = tuple(
    f"{{{XSD}}}{name}"
    for name in ("override", "assert", "assertion", "alternative", "openContent", "defaultOpenContent")
)


class WsdlError(ValueError):
    """A WSDL that cannot be used; key names the conf key it is about."""

    def __init__(self, text: str, key: str = "url") -> None:
        self.key = key
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents by their name here; root names the WSDL; addresses says where each came from; weights: see there."""

    root: str
    contents: Mapping[str, bytes]
    addresses: Mapping[str, str]
    digest: str
    weights: Mapping[str, int]


def gather(url: str, load: Callable[[str], bytes]) -> Documents:
    """Load a WSDL and all it imports, to any depth. Raises WsdlError, and whatever `load` raises."""
    names = {url: _name(0)}
    roots: dict[str, etree._Element] = {}
    size = 0
    waiting = deque([url])
    while waiting:
        address = waiting.popleft()
        content = load(address)
        size += len(content)
        if size > MAX_BYTES:
            raise WsdlError(f"the WSDL at {url} and its imports are larger than {MAX_BYTES // 2**20} MiB")
        root = _parse(content, address)
        if address == url:
            _check_root(root, url)
        for node in root.iter(*_NEWER):
            what = f"{address} uses xs:{etree.QName(node).localname}"
            raise WsdlError(f"{what}, which is of XML Schema 1.1 (right would be 1.0)")
        waiting.extend(_rewrite(root, address, names))
        if len(names) > MAX_DOCUMENTS:
            raise WsdlError(f"the WSDL at {url} imports more than {MAX_DOCUMENTS} documents")
        roots[names[address]] = root
    try:
        redefined.resolve(roots)
        _check_includes(roots)
        weighed = weights.of(roots)
    except ValueError as error:
        raise WsdlError(f"the WSDL at {url} cannot be used: {error}") from None
    if sum(weighed.values()) > MAX_WEIGHT:
        raise WsdlError(f"the WSDL at {url} cannot be used: {TOO_LARGE}")
    contents = {name: etree.tostring(root, encoding="utf-8") for name, root in roots.items()}
    digest = hashlib.sha256(b"\0".join(contents.values())).hexdigest()
    addresses = {name: address for address, name in names.items()}
    return Documents(names[url], contents, addresses, digest, weighed)


def _name(number: int) -> str:
    # zeep takes a name with the scheme `file` for an absolute one and hands it on unchanged.
    return f"file:document-{number}"


def _parse(content: bytes, address: str) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise WsdlError(f"{address} is not well-formed XML: {error.msg}") from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs are behind lxml
        raise WsdlError(f"{address} holds a DOCTYPE, which is refused (a WSDL or schema needs none)")
    return root


def _check_root(root: etree._Element, url: str) -> None:
    if root.tag == f"{{{WSDL}}}definitions":
        return
    if etree.QName(root).namespace == "http://www.w3.org/ns/wsdl":
        raise WsdlError(f"{url} is WSDL 2.0 (right would be WSDL 1.1)")
    raise WsdlError(
        f"{url} is not a WSDL: its root element is {etree.QName(root).localname} (right would be definitions)"
    )


def _check_includes(roots: Mapping[str, etree._Element]) -> None:
    """An include takes up what is of the same namespace, or of none (XML Schema part 1 §4.2.1)."""
    for root in roots.values():
        for node in root.iter(f"{{{XSD}}}include"):
            schema, target = node.getparent(), roots.get(str(node.get("schemaLocation")))
            space = None if target is None else target.get("targetNamespace")
            if schema is None or space not in (None, schema.get("targetNamespace")):
                raise ValueError(
                    f"it includes a schema of another namespace, {space} (right would be to import it)"
                )


def _rewrite(root: etree._Element, address: str, names: dict[str, str]) -> list[str]:
    """Point every import to a name of the collection; returns the addresses that are new in it."""
    found = []
    for node in root.iter(*_LOCATIONS):
        attribute = _LOCATIONS[str(node.tag)]
        location = node.get(attribute)
        namespace = node.get("namespace")
        if namespace in WELL_KNOWN and urlsplit(location or "http:").scheme:
            node.set(attribute, str(namespace))
        elif namespace == XSD:
            node.attrib.pop(attribute, "")
        elif location:
            target = _resolve(location.strip(), address)
            if target not in names:
                names[target] = _name(len(names))
                found.append(target)
            node.set(attribute, names[target])
    return found


def _resolve(location: str, base: str) -> str:
    """The address of a document that another one imports: a URL, or a path in the conf folder."""
    refused = WsdlError(
        f"{base} imports {location!r}, which is refused (right would be http, https or a relative path)"
    )
    try:
        scheme = urlsplit(location).scheme
        joined = urldefrag(urljoin(base, location)).url
    except ValueError:
        raise refused from None
    if scheme not in ("", "http", "https"):
        raise refused
    if scheme or urlsplit(base).scheme:
        return joined
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), location))


def _encoding_schema() -> str:
    extended = "".join(
        f'<complexType name="{name}"><simpleContent><extension base="{name}"/></simpleContent></complexType>'
        for name in (*TYPES, "string", "normalizedString", "token", "anyURI", "QName")
    )
    return (
        f'<schema xmlns="{XSD}" xmlns:e="{SOAP_ENC}" targetNamespace="{SOAP_ENC}">'
        '<attribute name="arrayType" type="string"/>'
        '<complexType name="Array"><sequence><any minOccurs="0" maxOccurs="unbounded"/></sequence>'
        f'<attribute ref="e:arrayType"/></complexType>{extended}</schema>'
    )


# Schemas that many WSDLs name and few carry: what is needed of them is kept here, and never fetched.
WELL_KNOWN: Mapping[str, bytes] = {
    SOAP_ENC: _encoding_schema().encode(),
    XML: (
        f'<schema xmlns="{XSD}" targetNamespace="{XML}"><attribute name="lang" type="string"/>'
        '<attribute name="space" type="string"/><attribute name="base" type="anyURI"/>'
        '<attribute name="id" type="ID"/></schema>'
    ).encode(),
}
