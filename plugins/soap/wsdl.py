"""A WSDL to the plan of one operation: it is picked among those that zeep found, and its schema compiled."""

import re
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from zeep import xsd
from zeep.wsdl.messages.soap import RpcMessage

from plugins.soap import addresses, headers
from plugins.soap.declarations import Declarations
from plugins.soap.documents import SOAP12_ENC, SOAP_ENC, Documents, WsdlError, gather
from plugins.soap.enumerations import heeded
from plugins.soap.parsing import Offer, Parsed, read, unreadable
from plugins.soap.plan import Compiler, Complex, Field, Order, Plan
from plugins.soap.settings import Root, SoapSettings

ENVELOPES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
ENCODINGS = {"1.1": SOAP_ENC, "1.2": SOAP12_ENC}

_ACTION = re.compile(r"[ !#-\[\]-~]*")


def plan(settings: SoapSettings, url: str, load: Callable[[str], bytes]) -> Plan:
    """The plan of the operation that the settings name. Raises WsdlError, and whatever `load` raises."""
    documents = gather(url, load)
    parsed = read(documents)
    offer = pick(parsed.offers, settings.operation, settings.version)
    try:
        return compiled(offer, parsed, settings, documents, Declarations(documents))
    except WsdlError:
        raise
    except Exception as error:
        raise unreadable(documents, error) from error


def pick(offers: tuple[Offer, ...], wanted: str, version: str | None) -> Offer:
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


def compiled(
    offer: Offer, parsed: Parsed, settings: SoapSettings, documents: Documents, told: Declarations
) -> Plan:
    """The plan of an operation. Raises WsdlError, or anything where zeep cannot make sense of it."""
    message = offer.operation.input
    encoded = (
        isinstance(message, RpcMessage)
        and (offer.binding.name.localname, offer.operation.name) in parsed.encoded
    )
    version = settings.version or offer.version
    namespace = ENVELOPES[version]
    compiler = Compiler(parsed.families, ENCODINGS[version] if encoded else None)
    if encoded:
        compiler.prefixes["soap"] = namespace
    body = _body(message, compiler, namespace, settings.root)
    declared = None if message.body is None else told.element(message.body.qname.text)
    if declared is None:
        declared = told.message(str(offer.operation.abstract.input_message.name.text))
    return Plan(
        digest=documents.digest,
        operation=offer.name,
        address=addresses.of(offer, settings.address, documents),
        headers=_http_headers(version, offer.operation.soapaction or ""),
        envelope=namespace,
        root=heeded(body, declared, told),
        prefixes=compiler.prefixes,
        declared=headers.declared(message, parsed.families, namespace),
        root_attributes=((f"{{{namespace}}}encodingStyle", ENCODINGS[version]),) if encoded else (),
        size=compiler.size,
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


def _http_headers(version: str, action: str) -> tuple[tuple[str, str], ...]:
    if not _ACTION.fullmatch(action):
        raise WsdlError(
            f"the soapAction {action!r} cannot stand in a header (right would be plain ASCII, no quotes)"
        )
    if version == "1.1":
        return ("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", f'"{action}"')
    content_type = "application/soap+xml; charset=utf-8"
    return (("Content-Type", f'{content_type}; action="{action}"' if action else content_type),)
