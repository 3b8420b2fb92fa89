"""The SOAP source: a WSDL with the address it was asked at, envelopes checked by its schema, real faults.

Document/literal wrapped, SOAP 1.1 (W3C note, 2000) and 1.2 (W3C recommendation, 2007). The version of a call
is what its Content-Type says; the answer speaks the same.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

from gateway.testing.partner.exchange import Answer, Call, Complaint, Json
from gateway.testing.partner.tongues import check_method, parse_xml, tree

NAMESPACE = "http://partner.example/feedback"
OPERATIONS = ("SubmitReturn", "ReportConversion")
WSDL = Path(__file__).with_name("feedback.wsdl")
SCHEMA = Path(__file__).with_name("feedback.xsd")

_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_ADDRESSES = (
    "{http://schemas.xmlsoap.org/wsdl/soap/}address",
    "{http://schemas.xmlsoap.org/wsdl/soap12/}address",
)
_IMPORT = "{http://www.w3.org/2001/XMLSchema}import"
_CHECK = etree.XMLSchema(etree.parse(SCHEMA))


@dataclass(frozen=True, slots=True)
class Version:
    """One version of SOAP: its media type, envelope namespace and the words of its faults."""

    kind: str
    namespace: str
    client: str
    server: str


SOAP11 = Version("text/xml", "http://schemas.xmlsoap.org/soap/envelope/", "Client", "Server")
SOAP12 = Version("application/soap+xml", "http://www.w3.org/2003/05/soap-envelope", "Sender", "Receiver")
_VERSIONS = {version.kind: version for version in (SOAP11, SOAP12)}


class Soap:
    """The fifth protocol; its documents are `wsdl` and `schema`."""

    def read(self, call: Call, parameter: str | None = None) -> Json:
        """The body's content by operation, after every check, or a Complaint that becomes a fault."""
        check_method(call, ("POST",))
        version = _version(call)
        envelope = parse_xml(call.body, call.content_type[1].get("charset"))
        _check_envelope(envelope, version)
        content = _content(envelope, version)
        name = etree.QName(content).localname
        values = {name: tree(content)}
        _check_content(content, values)
        _check_action(call, version, name, values)
        return values

    def accept(self, call: Call, values: Json, reference: int, remark: str = "") -> Answer:
        """The operation's response element with Success true."""
        message = f"<Message>{escape(remark)}</Message>" if remark else ""
        return _result(call, values, f"<Success>true</Success><Reference>{reference}</Reference>{message}")

    def decline(self, call: Call, values: Json, text: str) -> Answer:
        """The operation's response element with Success false and the reason as Message."""
        return _result(call, values, f"<Success>false</Success><Message>{escape(text)}</Message>")

    def refuse(self, call: Call, complaint: Complaint) -> Answer:
        """A fault: the sender's own under 500 in 1.1, under 400 in 1.2; other statuses stay."""
        version = _VERSIONS.get(call.content_type[0], SOAP11)
        status = 500 if version is SOAP11 and complaint.status == 400 else complaint.status
        word = {"Client": version.client, "Server": version.server}.get(complaint.code, complaint.code)
        fault = _fault11 if version is SOAP11 else _fault12
        return _envelope(version, status, fault(word, str(complaint)), complaint.headers)


@lru_cache(maxsize=64)
def wsdl(address: str) -> bytes:
    """The WSDL as the service at this address gives it: both ports there, its schema one document further."""
    document = etree.parse(WSDL)
    for element in document.iter(*_ADDRESSES):
        element.set("location", address)
    for element in document.iter(_IMPORT):
        element.set("schemaLocation", f"{address}?xsd=1")
    return etree.tostring(document, encoding="utf-8", xml_declaration=True)


@lru_cache(maxsize=1)
def schema() -> bytes:
    """The schema that the WSDL imports."""
    return SCHEMA.read_bytes()


def knows_user(call: Call, username: str, password: str) -> bool:
    """Whether the WS-Security UsernameToken is right, as digest or plain text (OASIS UsernameToken 1.0)."""
    try:
        token = parse_xml(call.body, None).find(f".//{{{_WSSE}}}UsernameToken")
    except Complaint:
        return False
    if token is None or token.findtext(f"{{{_WSSE}}}Username") != username:
        return False
    given = token.find(f"{{{_WSSE}}}Password")
    if given is None:
        return False
    if not given.get("Type", "").endswith("#PasswordDigest"):
        return given.text == password
    created = token.findtext(f"{{{_WSU}}}Created") or ""
    try:
        nonce = base64.b64decode(token.findtext(f"{{{_WSSE}}}Nonce") or "", validate=True)
    except ValueError:
        return False
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return given.text == base64.b64encode(digest).decode()


def _version(call: Call) -> Version:
    kind, _ = call.content_type
    if kind not in _VERSIONS:
        raise Complaint(
            415, f"Content-Type is {kind or 'missing'} (send {SOAP11.kind} for 1.1, {SOAP12.kind} for 1.2)"
        )
    return _VERSIONS[kind]


def _check_envelope(envelope: etree._Element, version: Version) -> None:
    name = etree.QName(envelope)
    if name.localname != "Envelope":
        raise Complaint(400, f"the document's root is {name.localname} (send an Envelope)")
    if name.namespace != version.namespace:
        text = f"the envelope's namespace is {name.namespace} ({version.kind} goes with {version.namespace})"
        raise Complaint(500, text, code="VersionMismatch")
    for block in envelope.iterfind(f"{{{version.namespace}}}Header/*"):
        must = block.get(f"{{{version.namespace}}}mustUnderstand") in ("1", "true")
        if must and etree.QName(block).namespace != _WSSE:
            text = f"the header {etree.QName(block).localname} must be understood and is not"
            raise Complaint(500, text, code="MustUnderstand")


def _content(envelope: etree._Element, version: Version) -> etree._Element:
    body = envelope.find(f"{{{version.namespace}}}Body")
    if body is None:
        raise Complaint(400, "the envelope has no Body")
    elements = list(body.iterchildren(etree.Element))
    if len(elements) != 1:
        raise Complaint(400, f"the Body has {len(elements)} elements (send exactly one)")
    return elements[0]


def _check_content(content: etree._Element, values: Json) -> None:
    name = etree.QName(content)
    if name.namespace != NAMESPACE or name.localname not in OPERATIONS:
        known = " or ".join(OPERATIONS)
        text = f"{{{name.namespace or ''}}}{name.localname} is no operation (send {known} in {NAMESPACE})"
        raise Complaint(400, text, values=values)
    if not _CHECK.validate(content):
        text = "; ".join(error.message.replace(f"{{{NAMESPACE}}}", "") for error in _CHECK.error_log)  # type: ignore[attr-defined]  # missing in the stubs
        raise Complaint(400, text, values=values)


def _check_action(call: Call, version: Version, name: str, values: Json) -> None:
    right = f"{NAMESPACE}/{name}"
    if version is SOAP12:
        given, expected = call.content_type[1].get("action"), right
    else:
        given, expected = call.headers.get("SOAPAction"), f'"{right}"'
    if given != expected:
        where = "the Content-Type's action" if version is SOAP12 else "SOAPAction"
        raise Complaint(400, f"{where} is {given or 'missing'} (send {expected})", values=values)


def _result(call: Call, values: Json, inside: str) -> Answer:
    name = next((name for name in OPERATIONS if values and name in values), OPERATIONS[0])
    content = f'<{name}Response xmlns="{NAMESPACE}"><{name}Result>{inside}</{name}Result></{name}Response>'
    return _envelope(_VERSIONS.get(call.content_type[0], SOAP11), 200, content)


def _envelope(
    version: Version, status: int, content: str, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<soap:Envelope xmlns:soap="{version.namespace}"><soap:Body>{content}</soap:Body></soap:Envelope>'
    )
    return Answer(status, f"{version.kind}; charset=utf-8", text.encode(errors="replace"), headers)


def _fault11(word: str, text: str) -> str:
    reason = f"<faultstring>{escape(text)}</faultstring>"
    return f"<soap:Fault><faultcode>soap:{word}</faultcode>{reason}</soap:Fault>"


def _fault12(word: str, text: str) -> str:
    reason = f'<soap:Text xml:lang="en">{escape(text)}</soap:Text>'
    return (
        f"<soap:Fault><soap:Code><soap:Value>soap:{word}</soap:Value></soap:Code>"
        f"<soap:Reason>{reason}</soap:Reason></soap:Fault>"
    )
