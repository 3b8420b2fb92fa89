"""A WSDL to the plan of one operation: zeep parses, the operation is picked, its schema compiled."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from lxml import etree
from zeep import xsd
from zeep.settings import Settings as ZeepSettings
from zeep.wsdl import Document
from zeep.wsdl.bindings.soap import Soap12Binding, SoapBinding
from zeep.wsdl.messages.soap import RpcMessage

from plugins.soap import headers
from plugins.soap.documents import SOAP_ENC, WELL_KNOWN, WSDL, Documents, WsdlError, gather
from plugins.soap.plan import Compiler, Complex, Field, Order, Plan
from plugins.soap.settings import ADDRESS, Root, SoapSettings

ENVELOPES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
MOST_PARSED = 32

_ACTION = re.compile(r"[ !#-\[\]-~]*")


@dataclass(frozen=True, slots=True)
class Offer:
    """One operation at one port. name: in full; operation, binding: as zeep parsed them."""

    name: str
    address: str | None
    operation: Any
    binding: Any

    @property
    def version(self) -> str:
        """The SOAP version of the binding."""
        return "1.2" if isinstance(self.binding, Soap12Binding) else "1.1"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What zeep made of a WSDL. encoded: (binding, operation) pairs whose input is rpc/encoded."""

    offers: tuple[Offer, ...]
    encoded: frozenset[tuple[str, str]]


def plan(settings: SoapSettings, url: str, load: Callable[[str], bytes]) -> Plan:
    """The plan of the operation that the settings name. Raises WsdlError, and whatever `load` raises."""
    documents = gather(url, load)
    parsed = _parsed(documents)
    offer = _pick(parsed.offers, settings.operation, settings.version)
    try:
        return _compile(offer, parsed, settings, url, documents.digest)
    except WsdlError:
        raise
    except Exception as error:
        raise _unreadable(documents, error) from error


class _Shelf:
    """What zeep takes for its transport: answers for the gathered documents, and for nothing else."""

    def __init__(self, contents: Mapping[str, bytes]) -> None:
        self._contents = contents

    def load(self, name: str) -> bytes:
        found = self._contents.get(name) or WELL_KNOWN.get(name)
        if found is None:
            raise WsdlError(f"the WSDL asks for {name}, which it does not import")
        return found


_lock = threading.Lock()
_kept: OrderedDict[str, Parsed] = OrderedDict()


def _parsed(documents: Documents) -> Parsed:
    """Parse with zeep, once for equal contents; the last few are kept."""
    with _lock:
        parsed = _kept.get(documents.digest)
        if parsed is None:
            parsed = _kept[documents.digest] = _parse(documents)
        _kept.move_to_end(documents.digest)
        while len(_kept) > MOST_PARSED:
            _kept.popitem(last=False)
        return parsed


def _parse(documents: Documents) -> Parsed:
    settings = ZeepSettings(strict=True, forbid_dtd=True, forbid_entities=True, force_https=False)
    try:
        document: Any = Document(documents.root, _Shelf(documents.contents), settings=settings)  # type: ignore[arg-type]
        return Parsed(tuple(_offers(document)), frozenset(_encoded(documents)))
    except Exception as error:
        raise _unreadable(documents, error) from error


def _unreadable(documents: Documents, error: Exception) -> WsdlError:
    sentence = " ".join(str(error).split()) or type(error).__name__
    for name, address in sorted(documents.addresses.items(), reverse=True):
        sentence = sentence.replace(name, address)
    return WsdlError(f"the WSDL at {documents.addresses[documents.root]} cannot be used: {sentence}")


def _offers(document: Any) -> Iterator[Offer]:
    for service in document.services.values():
        for port in service.ports.values():
            if not isinstance(port.binding, SoapBinding):
                continue
            binding: Any = port.binding
            address = (port.binding_options or {}).get("address")
            for operation in binding.all().values():
                if operation.input is not None:
                    name = f"{service.name}.{port.name}.{operation.name}"
                    yield Offer(name, address, operation, binding)


def _encoded(documents: Documents) -> Iterator[tuple[str, str]]:
    """zeep does not keep `use`."""
    for content in documents.contents.values():
        for body in etree.fromstring(content).iterfind(
            f"{{{WSDL}}}binding/{{{WSDL}}}operation/{{{WSDL}}}input/*"
        ):
            operation = body.getparent().getparent()  # type: ignore[union-attr]
            if body.get("use") == "encoded" and etree.QName(body).localname == "body":
                yield str(operation.getparent().get("name")), str(operation.get("name"))  # type: ignore[union-attr]


def _pick(offers: tuple[Offer, ...], wanted: str, version: str | None) -> Offer:
    """The operation meant by `operation` or `Service.Port.operation`, of the wanted version if possible."""
    found = [offer for offer in offers if wanted in (offer.name, offer.operation.name)]
    if not found:
        raise WsdlError(f"the WSDL has no operation {wanted!r}{_nearest(wanted, offers)}", "operation")
    found = [offer for offer in found if version in (None, offer.version)] or found
    others = [offer.name for offer in found if offer.binding.port_type is not found[0].binding.port_type]
    if others:
        names = " or ".join([found[0].name, *others])
        raise WsdlError(f"the WSDL has several operations {wanted!r} (write {names})", "operation")
    return found[0]


def _nearest(wanted: str, offers: tuple[Offer, ...]) -> str:
    full = "." in wanted
    names = list(dict.fromkeys(offer.name if full else offer.operation.name for offer in offers))
    if not names:
        return " (it offers none over SOAP and HTTP)"
    lowered = {name.lower(): name for name in names}
    close = get_close_matches(wanted.lower(), lowered, n=1, cutoff=0.6)
    meant = f"did you mean {lowered[close[0]]!r}? " if close else ""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return f" ({meant}it has {', '.join(names[:20])}{more})"


def _compile(offer: Offer, parsed: Parsed, settings: SoapSettings, url: str, digest: str) -> Plan:
    message = offer.operation.input
    encoded = (
        isinstance(message, RpcMessage)
        and (offer.binding.name.localname, offer.operation.name) in parsed.encoded
    )
    version = settings.version or offer.version
    namespace = ENVELOPES[version]
    compiler = Compiler(encoded)
    if encoded:
        compiler.prefixes["soap"] = namespace
    body = _body(message, compiler, namespace, settings.root)
    head, tail = headers.around(body, message, settings.soap_headers, namespace)
    return Plan(
        digest=digest,
        operation=offer.name,
        address=_address(offer, settings.address, url),
        headers=_http_headers(version, offer.operation.soapaction or ""),
        root=body,
        prefixes=compiler.prefixes,
        head=head,
        tail=tail,
        root_attributes=((f"{{{namespace}}}encodingStyle", SOAP_ENC),) if encoded else (),
    )


def _body(message: Any, compiler: Compiler, namespace: str, root: Root | None) -> Field:
    """The element whose parts are the operation's arguments: the only one in the Body, or the Body itself."""
    element = message.body
    if element is not None and isinstance(element.type, xsd.ComplexType) and not message._is_body_wrapped:
        return _root(element, compiler, root)
    if root is not None:
        raise WsdlError("the operation has no root element with arguments in it (leave root out)", "root")
    compiler.prefixes["soap"] = namespace
    several = message._is_body_wrapped
    parts = [] if element is None else [part for _, part in element.type.elements] if several else [element]
    content = Order(tuple(compiler.element(part) for part in parts))
    return Field("Body", f"{{{namespace}}}Body", Complex(content=content, known=content.names))


def _root(element: Any, compiler: Compiler, root: Root | None) -> Field:
    """The body's element, with the prefix and namespace that the conf gives it."""
    if root is None:
        return compiler.element(element)
    namespace = root.xmlns or element.qname.namespace
    if root.prefix and namespace:
        compiler.prefixes[root.prefix] = namespace
    body = compiler.element(element)
    if namespace:
        compiler.prefix(namespace)
    return replace(body, tag=f"{{{namespace}}}{body.name}" if namespace else body.tag)


def _address(offer: Offer, own: str | None, url: str) -> str:
    """Where to: the conf's address, or the WSDL's, over TLS where the WSDL itself came so from that host."""
    if own is not None:
        return own
    address = (offer.address or "").strip()
    if not ADDRESS.fullmatch(address):
        what = f"the address {address!r}" if address else "no address"
        raise WsdlError(
            f"the WSDL gives {offer.name} {what} (write a http or https one under address)", "address"
        )
    here, there = urlsplit(url), urlsplit(address)
    if here.scheme == "https" and there.scheme == "http" and here.netloc == there.netloc:
        return there._replace(scheme="https").geturl()
    return address


def _http_headers(version: str, action: str) -> tuple[tuple[str, str], ...]:
    if not _ACTION.fullmatch(action):
        raise WsdlError(
            f"the soapAction {action!r} cannot stand in a header (right would be plain ASCII, no quotes)"
        )
    if version == "1.1":
        return ("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", f'"{action}"')
    content_type = "application/soap+xml; charset=utf-8"
    return (("Content-Type", f'{content_type}; action="{action}"' if action else content_type),)
