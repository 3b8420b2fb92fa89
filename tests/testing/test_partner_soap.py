"""The SOAP source, judged by zeep (a client that is not ours) and by hand-written envelopes."""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from gateway.testing.partner.soap import NAMESPACE, OPERATIONS, SCHEMA, SOAP11, SOAP12, WSDL

ENVELOPES = {"1.1": SOAP11.namespace, "1.2": SOAP12.namespace}
PORTS = {"1.1": "FeedbackSoap", "1.2": "FeedbackSoap12"}
CHECK = etree.XMLSchema(etree.parse(SCHEMA))


@contextmanager
def peer(wsdl: str, port: str, **options: Any) -> Iterator[Any]:
    """A zeep proxy for one port of the WSDL, loaded and called over real HTTP."""
    with requests.Session() as session:
        session.trust_env = False
        client = zeep.Client(
            wsdl, transport=Transport(session=session, timeout=5, operation_timeout=5), **options
        )
        yield client.bind("Feedback", port)


async def call(partner, path: str, port: str, ask: Callable[[Any], Any], **options: Any) -> Any:
    """Run `ask(proxy)` in a thread, beside the partner's loop."""

    def run() -> Any:
        with peer(f"{partner.url}{path}?wsdl", port, **options) as service:
            return ask(service)

    return await asyncio.to_thread(run)


def envelope(content: str, version: str = "1.1", header: str = "") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{ENVELOPES[version]}" xmlns:f="{NAMESPACE}" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{header}<s:Body>{content}</s:Body></s:Envelope>'
    ).encode()


def headers(operation: str = "SubmitReturn", version: str = "1.1") -> dict[str, str]:
    action = f'"{NAMESPACE}/{operation}"'
    if version == "1.1":
        return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": action}
    return {"Content-Type": f"application/soap+xml; charset=utf-8; action={action}"}


async def post(client, partner, body: bytes, named: dict[str, str], path: str = "/soap") -> tuple[int, Any]:
    async with client.post(
        partner.url + path, data=body, headers=named, skip_auto_headers=["Content-Type"]
    ) as answer:
        assert answer.content_type == (
            "application/soap+xml" if "soap+xml" in named.get("Content-Type", "") else "text/xml"
        )
        return answer.status, etree.fromstring(await answer.read())


def fault(root: Any) -> tuple[str, str]:
    """The code and the sentence of a fault of either version."""
    found = root.find(".//{*}Fault")
    if etree.QName(root).namespace == SOAP11.namespace:
        return found.findtext("faultcode"), found.findtext("faultstring")
    return found.findtext("{*}Code/{*}Value"), found.findtext("{*}Reason/{*}Text")


@pytest.mark.parametrize("port", PORTS.values())
async def test_zeep_submits_a_return(partner, port):
    """An independent client reads the WSDL and its schema, calls with every type of argument, and reads the answer."""
    result = await call(
        partner,
        "/soap",
        port,
        lambda service: service.SubmitReturn(
            LeadId="77",
            Reason="Zoë <& Co>",
            ReturnedAt=datetime(2026, 11, 23, 9, 15, tzinfo=UTC),
            Duplicate=False,
            Phones={"Phone": [{"Number": "512", "kind": "home"}, {"Number": "513", "Extension": "9"}]},
            Note=zeep.xsd.Nil,
        ),
    )
    [received] = await partner.arrived(1, transport="soap")
    assert (result.Success, result.Reference.isdigit(), result.Message) == (True, True, None)
    assert received.values == {
        "SubmitReturn": {
            "LeadId": "77",
            "Reason": "Zoë <& Co>",
            "ReturnedAt": "2026-11-23T09:15:00Z",
            "Duplicate": "false",
            "Phones": {"Phone": [{"@kind": "home", "Number": "512"}, {"Number": "513", "Extension": "9"}]},
            "Note": None,
        }
    }
    assert (received.status, received.problem) == (200, None)
    assert [one.query for one in partner.received if one.transport == "wsdl"] == ["wsdl", "xsd=1"]


@pytest.mark.parametrize("port", PORTS.values())
async def test_zeep_reports_a_conversion(partner, port):
    """The second operation has its own action and its own answer; the address is the one the WSDL was asked at."""
    result = await call(
        partner,
        "/soap/ok",
        port,
        lambda service: service.ReportConversion(LeadId="77", Amount=Decimal("12.75")),
    )
    [received] = await partner.arrived(1, transport="soap")
    assert result.Success is True
    assert received.values == {"ReportConversion": {"LeadId": "77", "Amount": "12.75"}}
    assert received.path == "/soap/ok"


@pytest.mark.parametrize("port", PORTS.values())
async def test_zeep_reads_a_no_and_a_fault(partner, port):
    """A no inside a 200 is Success false with its message; a fault is a fault."""
    result = await call(
        partner, "/soap/error-inside", port, lambda service: service.SubmitReturn(LeadId="77")
    )
    assert (result.Success, result.Message) == (False, "Duplicate lead")
    with pytest.raises(zeep.exceptions.Fault, match="the partner's database is down"):
        await call(partner, "/soap/fault", port, lambda service: service.SubmitReturn(LeadId="77"))


@pytest.mark.parametrize("digest", [True, False])
async def test_zeep_signs_in_with_a_username_token(partner, digest):
    """A UsernameToken made by zeep passes as digest and as text; a wrong password is a fault."""
    right, wrong = (UsernameToken("joe", word, use_digest=digest) for word in ("s3cret", "other"))

    def submit(service: Any) -> Any:
        return service.SubmitReturn(LeadId="77").Success

    assert await call(partner, "/soap/wss:joe:s3cret", "FeedbackSoap", submit, wsse=right) is True
    with pytest.raises(zeep.exceptions.Fault, match="the UsernameToken is missing or wrong"):
        await call(partner, "/soap/wss:joe:s3cret", "FeedbackSoap", submit, wsse=wrong)


async def test_a_username_token_is_checked_by_the_rule(partner, client):
    """The digest is SHA-1 over nonce, created and password (OASIS UsernameToken 1.0, 3.1); no token is a fault."""
    wsse = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
    created, nonce = "2026-11-23T09:15:00Z", b"0123456789abcdef"
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + b"s3cret").digest()).decode()
    header = (
        f'<s:Header><w:Security xmlns:w="{wsse}-wssecurity-secext-1.0.xsd" s:mustUnderstand="1"><w:UsernameToken>'
        f'<w:Username>joe</w:Username><w:Password Type="{wsse}-username-token-profile-1.0#PasswordDigest">{digest}'
        f"</w:Password><w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce>"
        f'<u:Created xmlns:u="{wsse}-wssecurity-utility-1.0.xsd">{created}</u:Created></w:UsernameToken></w:Security></s:Header>'
    )
    content = "<f:SubmitReturn><f:LeadId>77</f:LeadId></f:SubmitReturn>"
    status, _ = await post(
        client, partner, envelope(content, header=header), headers(), "/soap/wss:joe:s3cret"
    )
    assert status == 200
    broken = header.replace("<w:Nonce>", "<w:Nonce>!")
    for body in (envelope(content), b"<no", envelope(content, header=broken)):
        status, root = await post(client, partner, body, headers(), "/soap/wss:joe:s3cret")
        assert (status, fault(root)) == (500, ("soap:Client", "the UsernameToken is missing or wrong"))


@pytest.mark.parametrize("version", ENVELOPES)
@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("behaviour", ["ok", "error-inside"])
async def test_answers_keep_to_the_schema(partner, client, version, operation, behaviour):
    """What the partner answers is valid by the schema that its WSDL imports."""
    amount = "<f:Amount>1</f:Amount>" if operation == "ReportConversion" else ""
    content = f"<f:{operation}><f:LeadId>77</f:LeadId>{amount}</f:{operation}>"
    status, root = await post(
        client, partner, envelope(content, version), headers(operation, version), f"/soap/{behaviour}"
    )
    [result] = root.find("{*}Body")
    CHECK.assertValid(result)
    assert (status, etree.QName(root).namespace) == (200, ENVELOPES[version])
    assert etree.QName(result).localname == f"{operation}Response"


LEAD = "<f:LeadId>77</f:LeadId>"
INVALID = [
    ("<f:SubmitReturn/>", "Element 'SubmitReturn': Missing child element(s). Expected is one of ( ApiKey, LeadId )."),
    (f"<f:SubmitReturn>{LEAD}<f:Phone/></f:SubmitReturn>", "Element 'Phone': This element is not expected."),
    (f"<f:SubmitReturn><f:Reason/>{LEAD}</f:SubmitReturn>", "Element 'Reason': This element is not expected."),
    (f"<f:ReportConversion>{LEAD}<f:Amount>12,75</f:Amount></f:ReportConversion>", "'12,75' is not a valid value of the atomic type 'xs:decimal'"),
    (f"<f:SubmitReturn>{LEAD}<f:ReturnedAt>today</f:ReturnedAt></f:SubmitReturn>", "'today' is not a valid value of the atomic type 'xs:dateTime'"),
    (f"<f:SubmitReturn>{LEAD}<f:Duplicate>yes</f:Duplicate></f:SubmitReturn>", "'yes' is not a valid value of the atomic type 'xs:boolean'"),
    ('<f:SubmitReturn><f:LeadId xsi:nil="true"/></f:SubmitReturn>', "Element 'LeadId': The element is not 'nillable'."),
    ("<f:SubmitReturn><LeadId>77</LeadId></f:SubmitReturn>", "Element 'LeadId': This element is not expected."),
    ("<SubmitReturn/>", "{}SubmitReturn is no operation (send SubmitReturn or ReportConversion in http://partner.example/feedback)"),
    ("<f:SubmitReturnResponse/>", "{http://partner.example/feedback}SubmitReturnResponse is no operation"),
    ("", "the Body has 0 elements (send exactly one)"),
    ("<f:SubmitReturn/><f:SubmitReturn/>", "the Body has 2 elements (send exactly one)"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), INVALID)
@pytest.mark.parametrize(
    ("version", "status", "code"), [("1.1", 500, "soap:Client"), ("1.2", 400, "soap:Sender")]
)
async def test_an_invalid_envelope_gets_a_fault_that_says_why(
    partner, client, content, sentence, version, status, code
):
    """Missing, unknown, reordered, wrongly typed, nil or unqualified arguments: a fault of the sender's, in both versions."""
    answered, root = await post(client, partner, envelope(content, version), headers(version=version))
    assert answered == status
    assert fault(root)[0] == code
    assert sentence in fault(root)[1]
    assert sentence in partner.received[0].problem


@pytest.mark.parametrize(
    ("version", "named", "sentence"),
    [
        ("1.1", {"SOAPAction": ""}, f'SOAPAction is missing (send "{NAMESPACE}/SubmitReturn")'),
        ("1.1", {"SOAPAction": f"{NAMESPACE}/SubmitReturn"}, f'SOAPAction is {NAMESPACE}/SubmitReturn (send "{NAMESPACE}/SubmitReturn")'),
        ("1.1", {"SOAPAction": f'"{NAMESPACE}/ReportConversion"'}, f'SOAPAction is "{NAMESPACE}/ReportConversion" (send "{NAMESPACE}/SubmitReturn")'),
        ("1.2", {"Content-Type": "application/soap+xml"}, f"the Content-Type's action is missing (send {NAMESPACE}/SubmitReturn)"),
        ("1.2", {"Content-Type": 'application/soap+xml; action="x"'}, f"the Content-Type's action is x (send {NAMESPACE}/SubmitReturn)"),
    ],
)  # fmt: skip
async def test_the_action_is_checked(partner, client, version, named, sentence):
    """SOAPAction must be there, quoted and right in 1.1; the action parameter must be there and right in 1.2."""
    body = envelope(f"<f:SubmitReturn>{LEAD}</f:SubmitReturn>", version)
    _, root = await post(client, partner, body, headers(version=version) | named)
    assert fault(root)[1] == sentence
    assert partner.received[0].values == {"SubmitReturn": {"LeadId": "77"}}


async def test_the_versions_are_not_mixed(partner, client):
    """A 1.2 envelope under a 1.1 Content-Type is a VersionMismatch (SOAP 1.1, 4.4.1)."""
    status, root = await post(
        client, partner, envelope(f"<f:SubmitReturn>{LEAD}</f:SubmitReturn>", "1.2"), headers()
    )
    assert (status, fault(root)[0]) == (500, "soap:VersionMismatch")


@pytest.mark.parametrize("version", ENVELOPES)
async def test_a_header_that_must_be_understood(partner, client, version):
    """A header nobody knows is no harm, unless it must be understood (SOAP 1.1, 4.2.3; 1.2, 5.2.3)."""
    content = f"<f:SubmitReturn>{LEAD}</f:SubmitReturn>"
    for must, expected in (("0", 200), ("1", 500)):
        header = f'<s:Header><t:Session xmlns:t="urn:t" s:mustUnderstand="{must}"/></s:Header>'
        status, root = await post(
            client, partner, envelope(content, version, header), headers(version=version)
        )
        assert status == expected
    assert fault(root) == ("soap:MustUnderstand", "the header Session must be understood and is not")


@pytest.mark.parametrize(
    ("method", "named", "body", "status", "sentence"),
    [
        ("GET", {}, None, 405, "GET is not taken here (send POST)"),
        ("POST", {"Content-Type": "application/json"}, b"{}", 415,
         "Content-Type is application/json (send text/xml for 1.1, application/soap+xml for 1.2)"),
        ("POST", headers(), b"<a>", 500, "the body is not well-formed XML"),
        ("POST", headers(), b"<a/>", 500, "the document's root is a (send an Envelope)"),
        ("POST", headers(), b'<!DOCTYPE s:E [<!ENTITY x "y">]><a>&x;</a>', 500, "the document has a DOCTYPE (send it without)"),
        ("POST", headers(), f'<s:Envelope xmlns:s="{SOAP11.namespace}"/>'.encode(), 500, "the envelope has no Body"),
    ],
)  # fmt: skip
async def test_what_is_no_soap_at_all(partner, client, method, named, body, status, sentence):
    """Wrong method, Content-Type or document: still a fault, so a SOAP client can read it."""
    async with client.request(method, partner.url + "/soap", data=body, headers=named) as response:
        assert response.status == status
        assert sentence in fault(etree.fromstring(await response.read()))[1]


async def test_the_wsdl_names_the_address_it_was_asked_at(partner, client):
    """Both ports and the schema's location follow the Host header and the path, behaviours included."""
    async with client.get(
        partner.url + "/soap/flaky:2?WSDL", headers={"Host": "soap.acme.test:8080"}
    ) as response:
        root = etree.fromstring(await response.read())
    here = "http://soap.acme.test:8080/soap/flaky:2"
    assert root.xpath("//*[local-name() = 'address']/@location") == [here, here]
    assert root.xpath("//*[local-name() = 'import']/@schemaLocation") == [f"{here}?xsd=1"]


async def test_the_wsdl_can_be_late(partner, client):
    """`wsdl-flaky` keeps the WSDL back for the first N fetches, and SOAP calls are not concerned."""
    got = []
    for _ in range(3):
        async with client.get(partner.url + "/soap/wsdl-flaky:2?wsdl") as response:
            got.append(response.status)
    assert got == [503, 503, 200]
    body = envelope(f"<f:SubmitReturn>{LEAD}</f:SubmitReturn>")
    assert (await post(client, partner, body, headers(), "/soap/wsdl-flaky:2"))[0] == 200


def test_the_wsdl_is_good_as_a_file():
    """Beside a conf the WSDL loads as it stands, with its schema from the file next to it."""
    client = zeep.Client(str(WSDL))
    assert set(client.wsdl.services["Feedback"].ports) == set(PORTS.values())
