"""Transport `soap`: one small WSDL for every shape, and what is written for it held against the WSDL's own schema."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

from gateway.errors import RenderError
from gateway.model import Sample, Values
from gateway.testing.kit import endpoint_for
from plugins import soap
from tests.golden.cases import cases
from tests.plugins.implied import Implied

FOLDER = Path(__file__).parent / "wsdl"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
GOLDEN = [case for case in cases() if case.transport == "soap" and case.request is not None]


def endpoint(url, operation="SubmitReturn", **settings):
    load = lambda path: (FOLDER / path).read_bytes()  # noqa: E731
    return endpoint_for(soap, {"operation": operation, **settings}, url=url, load=load)


def request(url, tree, operation="SubmitReturn", headers=None, **settings):
    values = Values("", tree=tree, extras={"soap_headers": headers or {}})
    return soap.render(values, endpoint(url, operation, **settings))


def envelope(*args, **more) -> etree._Element:
    return etree.fromstring(request(*args, **more).body)


@pytest.fixture(scope="module")
def implied(tmp_path_factory) -> Callable[[str], Implied]:
    """The schemas of a WSDL, made once."""
    made: dict[str, Implied] = {}

    def of(url: str) -> Implied:
        if url not in made:
            made[url] = Implied.of(FOLDER / url, tmp_path_factory.mktemp("schemas"))
        return made[url]

    return of


FORMS = {"Lead": {"Id": "1"}, "Reason": "r"}
LEAD = {"LeadId": "1", "Email": "e"}
SHAPES = [
    ("forms.wsdl", "SubmitReturn", FORMS),
    ("forms.wsdl", "SubmitReturn", {"@test": True, "@batch": "b", "Reason": "r", "Lead": {"@state": "TX", "@county": "c", "@channel": "w", "Name": "n", "Id": "1"}}),
    ("unqualified.wsdl", "SubmitReturn", {"LeadId": "x", "Reason": "y", "Note": "z"}),
    ("bare.wsdl", "Submit", {"Count": 1, "LeadId": "x"}),
    ("bare.wsdl", "Forget", {"LeadId": "x"}),
    ("bare.wsdl", "Pair", {"Count": 1, "LeadId": "x"}),
    ("bare.wsdl", "Touch", None),
    ("importing/service.wsdl", "SubmitReturn", {"Reason": "dup", "Lead": {"Id": "5bb3"}, "@lang": "en"}),
    ("redefining/service.wsdl", "SubmitReturn", {"Code": 99, "Hour": 3, "Day": "2026-11-23", "Lead": {"Email": "e", "Id": "1"}}),
    ("rpc.wsdl", "SubmitReturn", {"Lead": {"Age": 3, "Name": "Joe"}, "Amount": Decimal("1.50"), "LeadId": "x"}),
    ("encoded.wsdl", "SubmitReturn", {"LeadId": "x", "Phones": ["1", "2"], "Lead": {"Name": "n", "Age": 3}}),
    ("structs.wsdl", "SubmitReturns", {"Count": 2, "Main": {"Name": "n"}, "Leads": [{"Name": "a", "Phones": ["1"]}, {"Name": "b", "Age": None}]}),
    ("structs.wsdl", "SubmitReturns", {"Count": 0, "Leads": [], "Main": {"@xsi:type": "WarmLead", "Score": Decimal("0.5"), "Name": "n"}}),
    ("structs.wsdl", "SubmitReturns", {"Count": None, "Main": None, "Leads": [{"@xsi:type": "WarmLead", "Score": 1, "Name": "n"}]}),
    ("families.wsdl", "SubmitReturn", LEAD),
    ("families.wsdl", "SubmitReturn", {"LeadId": "1", "Email": ["a", "b"], "Mobile": "c"}),
    ("families.wsdl", "SubmitReturn", {"LeadId": "1", "Phone": {"#text": "5", "@kind": "m"}, "Remark": "r"}),
    ("families.wsdl", "SubmitReturn", {**LEAD, "Note": "n", "Reason": {"@xsi:type": "Duplicate", "Of": "x", "Code": 1}}),
    ("families.wsdl", "SubmitReturn", {**LEAD, "Reason": {"@xsi:type": "a:ExactDuplicate", "@sure": True, "Of": "x", "Code": 1}}),
    ("families.wsdl", "SubmitReturn", {**LEAD, "Product": [{"Name": "n"}, {"@xsi:type": "Car", "Doors": 4, "Name": "c"}, {"@xsi:type": "Product", "Name": "p"}]}),
    ("families.wsdl", "SubmitReturn", {**LEAD, "Open": {"Last": "l", "X": {"@xmlns": "urn:x", "Y": 1}, "First": "f"}}),
    ("families.wsdl", "SubmitReturn", {**LEAD, "Any": {"@xsi:type": "xsd:decimal", "#text": Decimal("1.5")}}),
    ("families.wsdl", "SubmitReturn", {**LEAD, "Any": {"A": {"B": [1, 2]}}}),
    ("content.wsdl", "Submit", None),
    ("content.wsdl", "Submit", {"Email": "e", "Kind": "return", "@codes": [1, 2], "@test": False}),
    ("content.wsdl", "Submit", {"Phone": "5", "Prefix": "1", "Codes": [1, 2, 3], "When": "2026-11-23"}),
    ("content.wsdl", "Submit", {"When": "return", "Codes": "7", "Price": {"#text": "1.50", "@currency": "USD"}}),
    ("content.wsdl", "Submit", {"Price": {"#text": None, "@currency": "USD"}, "Flags": {"New": True, "Hot": False}}),
    ("content.wsdl", "Submit", {"Chain": {"Next": {"Next": {"Value": "c"}, "Value": "b"}, "Value": "a"}}),
    ("content.wsdl", "Submit", {"Tags": ["a", None, ""]}),
    ("content.wsdl", "Submit", {"Tags": {"Tag": "a"}}),
    ("content.wsdl", "Submit", {"Pairs": {"Key": ["a", "b"], "Value": ["1"]}}),
    ("content.wsdl", "Submit", {"Document": {"lead": {"@id": 1, "name": "a<b"}}}),
    ("content.wsdl", "Submit", {"Whatever": {"@x": 1, "A": {"B": None, "C": ["1", "2"]}}}),
    ("content.wsdl", "Submit", {"Untyped": {"A": 1}, "Nothing": "", "Foreign": {"@xmlns": "urn:o", "X": 1}}),
    ("headers.wsdl", "SubmitReturn", {"LeadId": "x"}),
]  # fmt: skip


@pytest.mark.parametrize(("url", "operation", "tree"), SHAPES, ids=str)
def test_every_shape_is_valid_in_the_schema_of_its_wsdl(url, operation, tree, implied):
    """Whatever the order of the mapping; nothing is missing that the schema wants, and nothing is noted."""
    made = request(url, tree, operation)
    assert made.notes == ()
    implied(url).assert_valid(etree.fromstring(made.body))
    if tree:
        other = request(url, dict(reversed(tree.items())), operation)
        implied(url).assert_valid(etree.fromstring(other.body))


def test_the_schema_tells_a_wrong_envelope(implied):
    """The judge of these tests is not asleep: it refuses what is out of order, of a wrong type, or unknown."""
    for url, tree, tag, wrong in (
        ("forms.wsdl", FORMS, "Reason", "{urn:acme}Reason"),
        ("rpc.wsdl", {"LeadId": "x", "Amount": 1, "Lead": {"Name": "n"}}, "Amount", "Amout"),
        ("encoded.wsdl", {"LeadId": "x", "Phones": ["1"], "Lead": {"Name": "n"}}, "Name", "Nam"),
    ):
        whole = envelope(url, tree)
        next(whole.iter(tag)).tag = wrong
        with pytest.raises(etree.DocumentInvalid):
            implied(url).assert_valid(whole)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in GOLDEN])
def test_every_golden_request_is_valid_in_the_schema_of_its_wsdl(case, implied):
    """But for those that say that they are not, by a note."""
    (copied,) = [
        path for name, path in case.copies.items() if name.endswith(".wsdl") and path.endswith("wsdl")
    ][:1]
    if not case.notes and "root" not in case.conf:
        text = case.request["body"]
        whole = etree.fromstring("".join(text if isinstance(text, list) else [text]).encode())
        implied(copied.removeprefix("plugins/wsdl/")).assert_valid(whole)


def test_headers_that_the_wsdl_declares_are_valid_too(implied):
    """One of a message of its own, one that is a part of the body's message; SOAP 1.2."""
    headers = {
        "Channel": 3,
        "Credentials": {"Key": "k", "User": "u", "@realm": "r", "@soap:role": "urn:next"},
    }
    whole = envelope("headers.wsdl", {"LeadId": "x"}, headers=headers)
    assert [etree.QName(node).text for node in whole[0]] == ["{urn:acme}Channel", "{urn:acme}Credentials"]
    implied("headers.wsdl").assert_valid(whole)


def test_a_chosen_type_is_named_on_the_element():
    """By a prefix that is declared there."""
    tree = {**LEAD, "Reason": {"@xsi:type": "Duplicate", "Of": "x", "Code": 1}}
    (reason,) = envelope("families.wsdl", tree).iter("{urn:acme}Reason")
    prefix, _, local = reason.get(f"{XSI}type").partition(":")
    assert (reason.nsmap[prefix], local) == ("urn:acme", "Duplicate")


def test_a_type_that_is_not_known_yet_takes_what_is_mapped():
    """In a trial `@xsi:type` is a template like any other: the type that has most of the parts stands in for it."""
    tree = {**LEAD, "Reason": {"@xsi:type": Sample("x"), "Of": Sample("x"), "Code": Sample("x")}}
    assert request("families.wsdl", tree).notes == ()


WRONG = [
    ({"Reason": {"Code": 1}}, "mapping.Reason", "Reason is of an abstract type (map Reason@xsi:type: Duplicate or ExactDuplicate)"),
    ({"Reason": {"@xsi:type": "Dup"}}, "mapping.Reason@xsi:type", "Reason@xsi:type: 'Dup' cannot stand here (there is Duplicate, ExactDuplicate)"),
    ({"Product": {"@xsi:type": "Reason"}}, "mapping.Product@xsi:type", "Product@xsi:type: 'Reason' cannot stand here (there is Product, Car)"),
    ({"Product": {"Doors": 4, "Name": "c"}}, "mapping.Product.Doors", "Product has no argument 'Doors' (it has Product.Name)"),
    ({"Open": {"@xsi:type": "Longer"}}, "mapping.Open@xsi:type", "Open@xsi:type: 'Longer' cannot stand here (leave it out: it has one type only)"),
    ({"Any": {"@xsi:type": "Lead"}}, "mapping.Any@xsi:type", "Any@xsi:type: 'Lead' cannot stand here (write one of XML Schema's own, such as xsd:decimal)"),
    ({"Any": {"@xsi:type": "xsd:int", "#text": "x"}}, "mapping.Any", "Any: 'x' is not valid as int (right would be a whole number from -2147483648 to 2147483647)"),
    ({"Contact": "x"}, "mapping.Contact", "the operation has no argument 'Contact' (it has LeadId, Email, Phone, Mobile, Note, Remark, Reason, Product, Open, Any)"),
    ({"Email": ["1", "2", "3", "4"]}, "mapping.Email", "Email takes at most 3 values, not a list of 4"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "key", "sentence"), WRONG, ids=str)
def test_what_no_type_has_is_refused(tree, key, sentence):
    """Naming the conf key, and what would be right."""
    with pytest.raises(RenderError) as caught:
        request("families.wsdl", {**LEAD, **tree})
    assert (caught.value.key, str(caught.value)) == (key, sentence)


def test_a_missing_member_of_a_required_group_is_noted():
    """The WSDL wants one of them."""
    assert request("families.wsdl", {"LeadId": "x"}).notes == (
        "mapping: none of Email, Mobile, Phone is given; the WSDL requires one",
    )
