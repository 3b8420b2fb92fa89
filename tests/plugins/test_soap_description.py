"""A WSDL in short: every argument as the mapping key that gives it, with what the schema says of it."""

from pathlib import Path

import pytest

from gateway import Argument, Offer
from plugins.soap import describe
from plugins.soap.documents import WsdlError
from plugins.soap.settings import SoapSettings

WSDLS = Path(__file__).parent / "wsdl"


def load(name: str) -> bytes:
    return (WSDLS / name).read_bytes()


def offers(name: str = "described.wsdl", **settings: str) -> dict[str, Offer]:
    """The offers of a WSDL by `operation` in a conf."""
    found = describe(name, load, SoapSettings(**settings) if settings else None)
    return {offer.keys["operation"]: offer for offer in found.offers}


def test_every_operation_at_every_port():
    """With what a conf must say to mean it: its name, or in full where that means another."""
    found = offers()
    assert list(found) == ["ReturnLead", "Leads.Two.ReturnLead", "ReportSale"]
    assert [(one.name, one.place, dict(one.facts)) for one in found.values()] == [
        (
            "ReturnLead",
            "Leads.One",
            {"SOAP": "1.1", "style": "document/literal", "address": "https://described.example/1"},
        ),
        (
            "ReturnLead",
            "Leads.Two",
            {"SOAP": "1.2", "style": "document/literal", "address": "https://described.example/2"},
        ),
        (
            "ReportSale",
            "Leads.Rpc",
            {"SOAP": "1.1", "style": "rpc/literal", "address": "https://described.example/3"},
        ),
    ]
    assert [one.text for one in found.values()] == ["Gives a lead back.", "Gives a lead back.", ""]
    assert found["ReturnLead"].arguments == found["Leads.Two.ReturnLead"].arguments


def test_every_argument():
    """In the order of the schema: type, how often, what excludes what, the right values, and the words about it."""
    either = ("Email", "Phone")
    why = "Why it comes back."
    assert list(offers()["ReturnLead"].arguments) == [
        Argument("LeadId", "string", text="As it was sold."),
        Argument("Reason", "string", values=("WN", "DUP"), text=why),
        Argument("ReturnedOn", "date", nillable=True),
        Argument("Email", "string", instead=either),
        Argument("Phone", "string", most=3, instead=either),
        Argument("Extension", "int", required=False, instead=either),
        Argument("Agent@kind", "token", within="Agent", values=("buyer", "seller")),
        Argument("Agent.Name", "string", within="Agent"),
        Argument("Agent.Licence", "string", within="Agent"),
        Argument("Agent.Above", "the same again, inside", required=False, within="Agent"),
        Argument("Line.0.Sku", "string", within="Line"),
        Argument("Code", "int"),
    ]
    assert list(offers()["ReportSale"].arguments) == [
        Argument("Why", "string", values=("WN", "DUP"), text=why),
        Argument("Amount", "decimal"),
    ]


def test_what_an_endpoint_calls():
    """With settings it is that operation alone, at the port and in the version that they mean."""
    assert [one.place for one in offers(operation="ReturnLead", version="1.2").values()] == ["Leads.Two"]
    with pytest.raises(WsdlError, match="has no operation 'ReturnLeed'"):
        offers(operation="ReturnLeed")


def test_types_that_extend_others():
    """What chooses one, and what it takes beyond, which belongs to that choice; each key once."""
    found = {one.key: one for one in offers("families.wsdl")["SubmitReturn"].arguments}
    choice = found["Reason@xsi:type"]
    assert (choice.required, choice.values) == (True, ("Duplicate", "ExactDuplicate"))
    assert found["Reason.Of"] == Argument("Reason.Of", "string", within="Reason@xsi:type")
    assert found["Email"].most is None


@pytest.mark.parametrize(
    "name", ["bare", "content", "encoded", "families", "forms", "headers", "rpc", "structs", "unqualified", "wide", "wrapped"]
)  # fmt: skip
def test_every_shape(name):
    """Each is described, and no key twice."""
    for offer in offers(f"{name}.wsdl").values():
        keys = [one.key for one in offer.arguments]
        assert (offer.problem, keys) == ("", list(dict.fromkeys(keys)))


def test_a_schema_that_would_take_for_ever():
    """Groups that hold each other many times over are walked once, and a type without end is told as far as it helps."""
    inner = [f'<xs:group ref="d:G{n + 1}"/>' * 2 if n < 6 else "" for n in range(7)]
    groups = "".join(
        f'<xs:group name="G{n}"><xs:sequence>{inner[n]}'
        f'<xs:element name="E{n}" type="d:Wide" minOccurs="0"/></xs:sequence></xs:group>'
        for n in range(7)
    )
    wide = "".join(f'<xs:element name="W{n}" type="d:Wide{n % 3}" minOccurs="0"/>' for n in range(30))
    types = f'<xs:complexType name="Wide"><xs:sequence>{wide}</xs:sequence></xs:complexType>' + "".join(
        f'<xs:complexType name="Wide{n}"><xs:sequence>{wide}</xs:sequence></xs:complexType>' for n in range(3)
    )
    text = load("described.wsdl").decode()
    text = text.replace('<xs:element name="ReturnLead">', f'{groups}{types}<xs:element name="ReturnLead">')
    text = text.replace('<xs:element name="Code" type="xs:int"/>', '<xs:group ref="d:G0"/>')
    found = describe("x", lambda _: text.encode(), None).offers[0]
    assert (found.problem, len(found.arguments)) == ("", 500)


def test_an_operation_that_cannot_be_called():
    """Says why, and stands in nobody else's way."""
    text = load("described.wsdl").replace(b"https://described.example/1", b"ftp://described.example/")
    found = describe("x", lambda _: text, None).offers
    assert [bool(one.arguments) for one in found] == [False, True, True]
    assert found[0].problem == (
        "the WSDL gives Leads.One.ReturnLead the address 'ftp://described.example/' "
        "(write a http or https one under address)"
    )


def test_two_operations_of_one_name():
    """What a conf must say to mean one of them is its name in full."""
    assert [name.count(".") for name in offers("ambiguous.wsdl")] == [2, 2]


def test_no_wsdl():
    """An error page is refused with the sentence that an endpoint would be held for."""
    with pytest.raises(WsdlError, match="is not a WSDL: its root element is html"):
        describe("x", lambda _: b"<html/>", None)


def test_one_without_soap():
    """There is nothing to call."""
    empty = b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>'
    with pytest.raises(WsdlError, match="offers no operation over SOAP and HTTP"):
        describe("x", lambda _: empty, None)
