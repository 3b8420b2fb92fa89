"""Transport `soap`: the envelopes it writes, each held against the WSDL's own schema."""

from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from zeep import Client

from gateway import Sample
from gateway.errors import RenderError
from gateway.model import Values
from gateway.testing.kit import check_transport, endpoint_for, request_for
from plugins import soap

FOLDER = Path(__file__).parent / "wsdl"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def load(path: str) -> bytes:
    return (FOLDER / path).read_bytes()


def endpoint(url="wrapped.wsdl", operation="SubmitReturn", **settings):
    return endpoint_for(soap, {"operation": operation, **settings}, url=url, load=load)


def request(tree, url="wrapped.wsdl", operation="SubmitReturn", **settings):
    return request_for(soap, tree, {"operation": operation, **settings}, url=url, load=load)


def envelope(tree, *args, **settings) -> etree._Element:
    return etree.fromstring(request(tree, *args, **settings).body)


def body(tree, *args, **settings) -> etree._Element:
    (found,) = envelope(tree, *args, **settings).iterchildren(f"{{{SOAP_11}}}Body", f"{{{SOAP_12}}}Body")
    return found


def content(tree, **settings) -> str:
    """What stands in the body's element for `wrapped.wsdl`, without the prefixes."""
    text = etree.tostring(body(tree, **settings)[0], encoding="unicode")
    return text[text.index(">") + 1 : text.rindex("<")].replace("ns0:", "")


def schema(url: str) -> etree.XMLSchema:
    path = FOLDER / url
    node = etree.parse(path).getroot()
    if path.suffix == ".wsdl":
        node = etree.fromstring(etree.tostring(node.find(".//{http://www.w3.org/2001/XMLSchema}schema")))
    return etree.XMLSchema(node)


def refused(tree, *args, **settings) -> RenderError:
    with pytest.raises(RenderError) as caught:
        request(tree, *args, **settings)
    return caught.value


BASE = {"LeadId": "5bb3", "Amount": None}

VALID = [
    {"LeadId": "5bb3890e", "Reason": "Wrong <number> & more", "Amount": Decimal("12.750")},
    {**BASE, "Count": 0, "Big": 2**70, "Final": False, "At": "2026-11-23T09:15:00.5Z", "Day": "2026-11-23"},
    {**BASE, "Count": None},
    {
        **BASE,
        "Count": "-7",
        "Final": "true",
        "Rate": "1e3",
        "Photo": "aGVsbG8=",
        "Codes": [1, "2", Decimal(3)],
    },
    {**BASE, "Answer": True, "Phone": ["1", "", "3"]},
    {**BASE, "Answer": "12", "Phone": "1"},
    {**BASE, "Lead": {"@state": "TX", "Name": "Joe", "Phones": {"string": ["1", "2"]}}},
    {
        **BASE,
        "Lead": {"Name": "Joe", "@state": "TX", "Referrer": {"Name": "Zoë", "@state": "", "Phones": ["1"]}},
    },
    {**BASE, "Lead": {"@state": "TX", "Name": "Joe", "Other": {"@xmlns": "urn:o", "X": [1, 2]}}},
    {**BASE, "Price": Decimal("1E+3")},
    {**BASE, "Price": {"#text": "12.50", "@currency": "USD"}, "@id": 3},
    {**BASE, "Email": "joe@example.com"},
    {**BASE, "Town": "Austin", "Street": "Main"},
    {**BASE, "Town": "Austin"},
    {**BASE, "Key": ["a", "b"], "Value": [1, 2]},
    {**BASE, "Key": "a", "Value": 1},
    {**BASE, "Extra": {"A": {"B": 1, "@c": "d"}}},
    {**BASE, "Extra": "text"},
]


@pytest.mark.parametrize("tree", VALID, ids=str)
def test_what_is_written_is_valid_in_the_schema_of_the_wsdl(tree):
    """Whatever the order of the mapping, the elements stand as the schema wants them."""
    schema("wrapped.wsdl").assertValid(body(tree)[0])
    schema("wrapped.wsdl").assertValid(body(dict(reversed(tree.items())))[0])


def test_a_missing_required_argument_is_sent_as_nil_or_empty():
    """As nil where the schema allows it; each is noted."""
    made = request({"Reason": "x"})
    assert content({"Reason": "x"}).startswith("<LeadId/><Reason>x</Reason><Amount ")
    assert etree.fromstring(made.body).find(".//{urn:acme}Amount").get(NIL) == "true"
    assert made.notes == (
        "mapping.LeadId: left out, though the WSDL requires it; sent empty",
        "mapping.Amount: left out, though the WSDL requires it; sent as nil",
    )


def test_of_a_choice_only_the_mapped_branch_is_written():
    """What a branch needs beside it is sent empty; of two that are not blank neither is sent."""
    assert content({**BASE, "Town": "Austin"}).endswith("<Street/><Town>Austin</Town>")
    assert content({**BASE, "Email": "", "Town": "Austin"}) == content({**BASE, "Town": "Austin"})
    with pytest.raises(RenderError) as caught:
        request({**BASE, "Email": "e", "Town": "t", "Street": "s"})
    assert (caught.value.key, str(caught.value)) == (
        "mapping.Email",
        "Email, Town, Street exclude each other in the WSDL (map them so that one branch is not blank)",
    )
    trial = request({**BASE, "Email": Sample("e"), "Town": Sample("t"), "Street": "s"})
    assert b"Email>e<" in trial.body
    assert b"Town>t<" in trial.body


def test_null_is_nil_also_beside_attributes():
    """`xsi:nil` stands on the element that was mapped to null."""
    (price,) = body({**BASE, "Price": {"#text": None, "@currency": "USD"}}).iter("{urn:acme}Price")
    assert (price.text, dict(price.attrib)) == (None, {NIL: "true", "currency": "USD"})


def test_the_kit_finds_nothing_to_say():
    """The transport keeps the whole contract, with awkward texts read back by a standard parser."""
    check_transport(
        soap,
        {"operation": "SubmitReturn"},
        tree={"LeadId": "5bb3", "Reason": "Wrong number", "Lead": {"@state": "TX", "Name": "Joe"}},
        url="wrapped.wsdl",
        load=load,
        read_back=lambda made: [
            text
            for node in etree.fromstring(made.body).iter()
            for text in (node.text or "", *node.attrib.values())
        ],
    )


def test_soap_1_1_names_its_action_in_a_header():
    """`text/xml` and a quoted SOAPAction; the address is the port's."""
    made = request(BASE)
    assert (made.method, made.url) == ("POST", "http://acme.example/returns11")
    assert made.headers == (
        ("Content-Type", "text/xml; charset=utf-8"),
        ("SOAPAction", '"urn:acme/SubmitReturn"'),
    )
    assert envelope(BASE).tag == f"{{{SOAP_11}}}Envelope"


def test_soap_1_2_names_its_action_in_the_content_type():
    """The version picks the port that speaks it; without an action there is no parameter."""
    made = request(BASE, version=Decimal("1.2"))
    assert made.url == "http://acme.example/returns12"
    assert made.headers == (
        ("Content-Type", 'application/soap+xml; charset=utf-8; action="urn:acme/SubmitReturn"'),
    )
    assert envelope(BASE, version="1.2").tag == f"{{{SOAP_12}}}Envelope"
    assert request(None, operation="Ping", version="1.2").headers == (
        ("Content-Type", "application/soap+xml; charset=utf-8"),
    )
    assert request(None, operation="Ping").headers[1] == ("SOAPAction", '""')


def test_a_version_that_no_port_speaks_is_written_all_the_same():
    """`version` overrides what the binding says."""
    made = request({"LeadId": "x", "Reason": "y"}, "unqualified.wsdl", version="1.2")
    assert etree.fromstring(made.body).tag == f"{{{SOAP_12}}}Envelope"
    assert made.headers == (("Content-Type", 'application/soap+xml; charset=utf-8; action="submit"'),)


WIDE = {"LeadId": "x", "Phone": "1", "Reason": "r"}


@pytest.mark.parametrize(
    "tree",
    [
        WIDE,
        {**WIDE, "City": "Austin"},
        {**WIDE, "Tag": ["a", "b"], "Code": [1, 2]},
        {**WIDE, "Reason": ["r", "s"], "@lang": "en", "@other": 1},
        {**WIDE, "Price": {"#text": 1, "@currency": "USD", "@year": "2026"}, "Flags": {"New": True}},
        {**WIDE, "Free": {"#text": "x", "@a": 1, "B": {"C": None}}},
    ],
    ids=str,
)
def test_groups_choices_and_wildcards_are_valid_too(tree):
    """Whatever a schema is built of."""
    schema("wide.wsdl").assertValid(body(tree, "wide.wsdl")[0])


def test_what_a_required_choice_or_list_lacks_is_noted():
    """An element of a required list is sent empty; of a choice none can be chosen."""
    assert request({"LeadId": "x", "Reason": []}, "wide.wsdl").notes == (
        "mapping: none of Email, Phone is given; the WSDL requires one",
        "mapping.Reason: left out, though the WSDL requires it; sent empty",
    )


@pytest.mark.parametrize("tree", [{"@a b": 1}, {"Free": {"@a b": 1}}])
def test_a_free_attribute_must_have_a_name(tree):
    """An error of the mapping, not of the parser."""
    assert str(refused({**WIDE, **tree}, "wide.wsdl")) == "'a b' is not a name in XML"


def test_unqualified_elements_have_no_namespace():
    """Each element's own form counts, and that of an element from elsewhere."""
    root = body({"LeadId": "x", "Reason": "y", "Note": "z"}, "unqualified.wsdl")[0]
    assert [child.tag for child in root] == ["LeadId", "{urn:acme}Reason", "{urn:acme}Note"]
    schema("unqualified.wsdl").assertValid(root)


@pytest.mark.parametrize(
    ("operation", "tree", "tags"),
    [
        ("Submit", {"Count": 1, "LeadId": "x"}, ["{urn:acme}ReturnDocument"]),
        ("Forget", {"LeadId": "x"}, ["{urn:acme}LeadId"]),
        ("Pair", {"LeadId": "x", "Count": 1}, ["{urn:acme}LeadId", "{urn:acme}Count"]),
        ("Touch", None, []),
    ],
)
def test_bare_messages_stand_in_the_body_as_they_are(operation, tree, tags):
    """One complex element, a simple one, several, or none at all."""
    found = body(tree, "bare.wsdl", operation)
    assert [child.tag for child in found] == tags
    for child in found:
        schema("bare.wsdl").assertValid(child)


def test_rpc_wraps_its_parts_in_the_name_of_the_operation():
    """The wrapper is in the namespace of the binding, the parts in none, in the order of the message."""
    root = body({"Lead": {"Name": "Joe"}, "LeadId": "x", "Amount": "1.50"}, "rpc.wsdl")[0]
    assert root.tag == "{urn:acme:rpc}SubmitReturn"
    assert [(child.tag, child.text) for child in root] == [
        ("LeadId", "x"),
        ("Amount", "1.50"),
        ("Lead", None),
    ]
    lead = root.find("Lead")
    lead.tag = "{urn:test}Lead"
    types = etree.parse(FOLDER / "rpc.wsdl").find(".//{http://www.w3.org/2001/XMLSchema}schema")
    types.set("targetNamespace", "urn:test")
    text = etree.tostring(types, encoding="unicode").replace('"urn:acme"', '"urn:test"')
    declared = text.replace("</xs:schema>", '<xs:element name="Lead" type="a:Lead"/></xs:schema>')
    etree.XMLSchema(etree.fromstring(declared)).assertValid(lead)


def test_rpc_encoded_types_every_element():
    """With `xsi:type`, the encoding style, and the size of an array."""
    root = body({"LeadId": "x", "Lead": {"Name": "n", "Age": 3}, "Phones": ["1", "2"]}, "encoded.wsdl")[0]
    xsi, enc = "{http://www.w3.org/2001/XMLSchema-instance}", "{http://schemas.xmlsoap.org/soap/encoding/}"
    assert root.get(f"{{{SOAP_11}}}encodingStyle") == enc[1:-1]
    types = {node.tag: node.get(f"{xsi}type") for node in root.iterdescendants()}
    assert types == {
        "LeadId": "xsd:string", "Lead": "ns1:Lead", "Name": "xsd:string", "Age": "xsd:int",
        "Phones": "ns1:Phones", "item": "xsd:string",
    }  # fmt: skip
    assert (root.nsmap["xsd"], root.nsmap["ns1"]) == ("http://www.w3.org/2001/XMLSchema", "urn:acme")
    assert root.find("Phones").get(f"{enc}arrayType") == "xsd:string[2]"


def test_rpc_encoded_in_soap_12():
    """It has an encoding of its own, in which an array says otherwise what is in it (SOAP 1.2 part 2 §3.1.6)."""
    root = body({"LeadId": "x", "Phones": ["1", "2"]}, "encoded.wsdl", version="1.2")[0]
    assert root.get(f"{{{SOAP_12}}}encodingStyle") == "http://www.w3.org/2003/05/soap-encoding"
    enc = "{http://www.w3.org/2003/05/soap-encoding}"
    assert {name: value for name, value in root.find("Phones").attrib.items() if name.startswith(enc)} == {
        f"{enc}itemType": "xsd:string", f"{enc}arraySize": "2"
    }  # fmt: skip
    assert b"http://schemas.xmlsoap.org/soap/encoding/" not in etree.tostring(root)


@pytest.mark.parametrize(
    ("url", "operation", "tree"),
    [
        ("unqualified.wsdl", "SubmitReturn", {"LeadId": "x", "Reason": "y", "Note": "z"}),
        ("bare.wsdl", "Submit", {"LeadId": "Zoë", "Count": 3}),
        (
            "rpc.wsdl",
            "SubmitReturn",
            {"LeadId": "x", "Amount": Decimal("1.50"), "Lead": {"Name": "n", "Age": 3}},
        ),
        ("importing/service.wsdl", "SubmitReturn", {"Lead": {"Id": "x"}, "Reason": "y"}),
    ],
)
def test_zeep_writes_the_same(url, operation, tree):
    """Where zeep's own serialiser has no say in the values, both write the same elements."""
    client = Client(str(FOLDER / url))
    theirs = client.create_message(client.service, operation, **tree)[0][0]
    ours = body(tree, url, operation)[0]
    etree.cleanup_namespaces(theirs)
    etree.cleanup_namespaces(ours)

    def shape(node):
        return node.tag, node.text, dict(node.attrib), [shape(child) for child in node]

    assert shape(ours) == shape(theirs)


def test_the_root_may_be_given_another_prefix_and_namespace():
    """The elements in it keep their own namespaces."""
    made = request(BASE, root={"prefix": "q", "xmlns": "urn:other"})
    root = etree.fromstring(made.body).find(f"{{{SOAP_11}}}Body")[0]
    assert (root.tag, root.prefix, root[0].tag) == ("{urn:other}SubmitReturn", "q", "{urn:acme}LeadId")
    root = body(BASE, root={"prefix": "q"})[0]
    assert (root.tag, root.prefix, root[0].prefix) == ("{urn:acme}SubmitReturn", "q", "q")
    assert body(BASE, root={"xmlns": "urn:other"})[0].tag == "{urn:other}SubmitReturn"


def test_an_endpoint_whose_wsdl_was_not_read_cannot_render():
    """It says so, rather than failing on what is not there."""
    ready = endpoint()
    bare = type(ready)(**{**{name: getattr(ready, name) for name in ready.__slots__}, "prepared": None})
    with pytest.raises(RenderError, match="the WSDL has not been read yet"):
        soap.render(Values("", tree=BASE), bare)
