"""Transport `soap`: the header of an envelope: mapped elements, and WS-Security."""

from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha1
from pathlib import Path

import pytest
from lxml import etree
from zeep.wsse.username import UsernameToken

from gateway.auth import Bearer, Wss
from gateway.errors import RenderError
from gateway.model import MASK, Values
from gateway.rendering import render
from gateway.testing.kit import endpoint_for
from plugins import soap
from plugins.soap.security import BASE64, PASSWORD, WSSE, WSU

FOLDER = Path(__file__).parent / "wsdl"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
NOW = datetime(2026, 11, 23, 9, 15, 0, 123456, tzinfo=UTC)
CHANCE = "00112233445566778899aabbccddeeff"
BODY = {"LeadId": "5bb3", "Amount": None}


def values(extras=None, **more) -> Values:
    return Values(
        "", tree=BODY, extras={"soap_headers": extras} if extras else {}, now=NOW, random=CHANCE, **more
    )


def endpoint(auth=None, **settings):
    made = endpoint_for(
        soap,
        {"operation": "SubmitReturn", **settings},
        url="wrapped.wsdl",
        load=lambda path: (FOLDER / path).read_bytes(),
    )
    return replace(made, auth=auth)


def header(extras=None, auth=None, **settings):
    made = soap.render(values(extras), endpoint(auth, **settings))
    return etree.fromstring(made.body)[0]


def refused(extras=None, auth=None) -> tuple[str, str]:
    with pytest.raises(RenderError) as caught:
        soap.render(values(extras), endpoint(auth))
    return caught.value.key, str(caught.value)


def schema() -> etree.XMLSchema:
    node = etree.parse(FOLDER / "wrapped.wsdl").find(".//{http://www.w3.org/2001/XMLSchema}schema")
    return etree.XMLSchema(etree.fromstring(etree.tostring(node)))


def test_a_header_is_written_as_it_is_given():
    """Its namespace comes from `@xmlns`; what stands in it is in that namespace, too."""
    (key,) = header({"Key": {"@xmlns": "urn:key", "Id": {"#text": "a<b", "@kind": 1}, "More": ["1", "2"]}})
    assert [(node.tag, node.text, dict(node.attrib)) for node in key] == [
        ("{urn:key}Id", "a<b", {"kind": "1"}),
        ("{urn:key}More", "1", {}),
        ("{urn:key}More", "2", {}),
    ]
    assert key.tag == "{urn:key}Key"


def test_a_header_that_the_wsdl_declares_is_written_as_its_schema_wants_it():
    """In its namespace, its parts in their order, its types checked."""
    (auth,) = header({"Auth": {"Level": Decimal(5), "User": "u"}})
    schema().assertValid(auth)
    (own,) = header({"Auth": {"@xmlns": "urn:own", "Whatever": "u"}})
    assert [own.tag, own[0].tag] == ["{urn:own}Auth", "{urn:own}Whatever"]


@pytest.mark.parametrize(("version", "namespace"), [("1.1", SOAP_11), ("1.2", SOAP_12)])
def test_a_header_may_say_what_soap_lets_it_say(version, namespace):
    """`soap:` is the envelope's own prefix, for declared headers and others."""
    extras = {
        "Auth": {"@soap:mustUnderstand": "1", "User": "u", "Level": 1},
        "Key": {"@soap:mustUnderstand": "1", "@xmlns": "urn:key", "#text": "k"},
    }
    for node in header(extras, version=version):
        assert node.get(f"{{{namespace}}}mustUnderstand") == "1"


def test_a_declared_header_that_is_one_text_may_say_it_too():
    """Its type is checked all the same."""
    made = endpoint_for(
        soap,
        {"operation": "SubmitReturn"},
        url="headers.wsdl",
        load=lambda path: (FOLDER / path).read_bytes(),
    )
    extras = {"soap_headers": {"Channel": {"#text": 7, "@soap:role": "urn:next"}}}
    ((channel,), _) = etree.fromstring(
        soap.render(Values("", tree={"LeadId": "x"}, extras=extras), made).body
    )
    assert (channel.text, dict(channel.attrib)) == ("7", {f"{{{SOAP_12}}}role": "urn:next"})
    with pytest.raises(RenderError, match=r"^Channel: 'x' is not valid as int"):
        soap.render(Values("", tree={"LeadId": "x"}, extras={"soap_headers": {"Channel": "x"}}), made)


def test_what_xml_forbids_in_a_header_is_removed_and_noted():
    """As in the body, declared or not."""
    made = soap.render(values({"Key": "a\x01", "Auth": {"User": "b\x01", "Level": 1}}), endpoint())
    assert made.notes[:2] == (
        "soap_headers.Key: removed 1 character that XML forbids",
        "soap_headers.Auth.User: removed 1 character that XML forbids",
    )


def test_without_anything_to_say_there_is_no_header():
    """Neither for null, nor for an element of which nothing is left but its namespace."""
    for extras in (None, {"Key": None}, {"Key": {"@xmlns": "urn:key"}}):
        made = soap.render(values(extras), endpoint())
        assert [etree.QName(node).localname for node in etree.fromstring(made.body)] == ["Body"]
    (empty,) = header({"Key": {"@xmlns": "urn:key", "#text": ""}})
    assert (empty.tag, empty.text) == ("{urn:key}Key", None)


def test_what_a_declared_header_lacks_is_noted():
    """As for the arguments, with the header's own conf key."""
    made = soap.render(values({"Auth": {"User": "u"}}), endpoint())
    assert "soap_headers.Auth.Level: left out, though the WSDL requires it; sent empty" in made.notes


REFUSED = [
    ({"a b": "x"}, "soap_headers.a b", "a b: 'a b' is not a name in XML"),
    ({"A": {"@xmlns": "", "#text": "x"}}, "soap_headers.A", "A: xmlns must be a namespace of one's own (such as urn:acme)"),
    ({"p:A": "x"}, "soap_headers.p:A", "p:A: the prefix of p:A is not declared (with @xmlns:p)"),
    ({"Auth": {"Level": "x"}}, "soap_headers.Auth.Level", "Auth.Level: 'x' is not valid as int (right would be a whole number from -2147483648 to 2147483647)"),
    ({"Auth": {"Usr": "x"}}, "soap_headers.Auth.Usr", "Auth has no argument 'Usr' (did you mean Auth.User?)"),
]  # fmt: skip


@pytest.mark.parametrize(("extras", "key", "sentence"), REFUSED, ids=str)
def test_a_header_that_cannot_be_written_is_refused(extras, key, sentence):
    """Naming the conf key that is wrong."""
    assert refused(extras) == (key, sentence)


def parts(security) -> dict[str, str]:
    return {node.tag: node.text for node in security.iterdescendants() if node.text}


def test_a_password_as_text():
    """UsernameToken Profile 1.0 §3.1: name, password with its type, nonce and time, beside a timestamp."""
    (security,) = header(auth=Wss("gateway", "s3cret <&>"))
    timestamp, token = security
    assert [node.tag for node in security] == [f"{{{WSU}}}Timestamp", f"{{{WSSE}}}UsernameToken"]
    assert [(node.tag, node.text) for node in timestamp] == [
        (f"{{{WSU}}}Created", "2026-11-23T09:15:00.123Z"),
        (f"{{{WSU}}}Expires", "2026-11-23T09:20:00.123Z"),
    ]
    assert [(node.tag, node.text, dict(node.attrib)) for node in token] == [
        (f"{{{WSSE}}}Username", "gateway", {}),
        (f"{{{WSSE}}}Password", "s3cret <&>", {"Type": f"{PASSWORD}Text"}),
        (f"{{{WSSE}}}Nonce", b64encode(bytes.fromhex(CHANCE)).decode(), {"EncodingType": BASE64}),
        (f"{{{WSU}}}Created", "2026-11-23T09:15:00.123Z", {}),
    ]


def test_a_password_as_a_digest():
    """Base64(SHA-1(nonce + created + password)), over what stands in the very same token."""
    (security,) = header(auth=Wss("gateway", "pässword", digest=True))
    found = parts(security)
    password = security.find(f".//{{{WSSE}}}Password")
    assert password.get("Type") == f"{PASSWORD}Digest"
    nonce, created = b64decode(found[f"{{{WSSE}}}Nonce"]), found[f"{{{WSU}}}Created"]
    expected = sha1(nonce + created.encode() + "pässword".encode(), usedforsecurity=False).digest()
    assert password.text == b64encode(expected).decode()


def test_the_token_has_the_shape_of_an_independent_one():
    """zeep's UsernameToken has the same elements in the same order, with the same types."""
    theirs, _ = UsernameToken("gateway", "s3cret", use_digest=True).apply(
        etree.fromstring(f'<e:Envelope xmlns:e="{SOAP_11}"><e:Body/></e:Envelope>'), {}
    )
    (security,) = header(auth=Wss("gateway", "s3cret", digest=True))
    ours, other = (found.find(f".//{{{WSSE}}}UsernameToken") for found in (security, theirs))
    assert [(node.tag, dict(node.attrib)) for node in ours] == [
        (node.tag, dict(node.attrib)) for node in other
    ]


@pytest.mark.parametrize(("version", "namespace", "must"), [("1.1", SOAP_11, "1"), ("1.2", SOAP_12, "true")])
def test_the_server_must_understand_it(version, namespace, must):
    """Each version of SOAP has its own word for that."""
    (security,) = header(auth=Wss("gateway", "s3cret"), version=version)
    assert dict(security.attrib) == {f"{{{namespace}}}mustUnderstand": must}


def test_mapped_headers_stand_beside_it():
    """First who we are, then what the conf says."""
    security, key = header({"Key": {"@xmlns": "urn:key", "#text": "k"}}, Wss("gateway", "s3cret"))
    assert [security.tag, key.tag] == [f"{{{WSSE}}}Security", "{urn:key}Key"]


def test_the_moment_is_written_in_utc():
    """Whatever zone it was taken in."""
    here = NOW.astimezone(timezone(timedelta(hours=-6)))
    made = soap.render(replace(values(), now=here), endpoint(Wss("gateway", "s3cret")))
    assert b"<wsu:Created>2026-11-23T09:15:00.123Z</wsu:Created>" in made.body


def test_two_attempts_share_no_nonce():
    """It is that of the attempt, so that a repeat is no replay to the server."""
    auth = endpoint(Wss("gateway", "s3cret", digest=True))
    one = soap.render(values(), auth).body
    other = soap.render(replace(values(), random="f" * 32, now=NOW + timedelta(seconds=1)), auth).body
    for tag in (b"wsse:Nonce", b"wsse:Password", b"wsu:Created"):
        assert one.split(b"<" + tag)[1].split(b"</")[0] != other.split(b"<" + tag)[1].split(b"</")[0]


@pytest.mark.parametrize("digest", [True, False])
@pytest.mark.parametrize("shown_username", ["gateway", MASK])
def test_what_is_shown_holds_neither_password_nor_digest(digest, shown_username):
    """Nor a user name that is a secret; nonce and times are no secrets, and stay."""
    auth = Wss("gateway", "s3cret-word", digest, shown_username)
    made = render(soap.render, endpoint(auth), values(), {}, "e-1")
    password = etree.fromstring(made.wire.body).find(f".//{{{WSSE}}}Password").text
    assert password.encode() not in made.shown.body
    assert b"s3cret-word" not in made.shown.body
    found = parts(etree.fromstring(made.shown.body)[0][0])
    assert found[f"{{{WSSE}}}Password"] == "***"
    assert found[f"{{{WSSE}}}Username"] == shown_username
    assert found[f"{{{WSSE}}}Nonce"] == b64encode(bytes.fromhex(CHANCE)).decode()
    assert "Authorization" not in dict(made.shown.headers)


def test_other_ways_to_authenticate_leave_the_envelope_alone():
    """They are headers of the request."""
    made = soap.render(values(), endpoint(Bearer("t0ken")))
    assert b"Header" not in made.body


@pytest.mark.parametrize(
    ("auth", "more", "sentence"),
    [
        (Wss("gateway", "s3cret\ufffe"), {}, "the password holds a character that XML forbids"),
        (Wss("gate\ufffeway", "s3cret", digest=True), {}, "the username holds a character that XML forbids"),
        (Wss("gateway", "s3cret"), {"now": None}, "auth needs the attempt's moment and chance (values.now and values.random)"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_is_told_without_the_secret(auth, more, sentence):
    """An error of the conf's auth."""
    with pytest.raises(RenderError) as caught:
        soap.render(replace(values(), **more), endpoint(auth))
    assert (caught.value.key, str(caught.value)) == ("auth.wss", sentence)
