"""Transport `soap`: where a schema lists the right values, no other is sent."""

from pathlib import Path

import pytest

from gateway import RenderError, Sample
from gateway.conf.files import Files
from gateway.conf.load import load as load_conf
from gateway.errors import ConfError
from gateway.registry import Registry
from gateway.testing.kit import endpoint_for, request_for
from plugins import soap
from plugins.soap.lexical import Listed, Text, simple
from tests.plugins import hostile

FOLDER = Path(__file__).parent / "wsdl"
LEAD = {"LeadId": "L", "ReturnedOn": "2026-11-23", "Code": 1, "Email": "e"}
RIGHT = "(right would be WN or DUP; a table translates to them: the filter `lookup`)"


def load(path: str) -> bytes:
    return (FOLDER / path).read_bytes()


def body(tree, **keys):
    settings = {"operation": "Leads.One.ReturnLead", **keys}
    return request_for(soap, tree, settings, url="described.wsdl", load=load).body.decode()


def test_a_listed_value_is_sent():
    """An element's, and an attribute's."""
    sent = body({**LEAD, "Reason": "DUP", "Agent": {"@kind": "buyer", "Name": "n", "Licence": "l"}})
    assert ":Reason>DUP<" in sent
    assert 'kind="buyer"' in sent


@pytest.mark.parametrize(
    ("tree", "key", "sentence"),
    [
        (
            {"Reason": "Wrong number"},
            "mapping.Reason",
            f"Reason: 'Wrong number' is none of the values in the WSDL {RIGHT}",
        ),
        ({"Reason": "wn"}, "mapping.Reason", f"Reason: 'wn' is none of the values in the WSDL {RIGHT}"),
        (
            {"Reason": "WN", "Agent": {"@kind": "thief"}},
            "mapping.Agent@kind",
            "Agent@kind: 'thief' is none of the values in the WSDL (right would be buyer or seller; a table translates "
            "to them: the filter `lookup`)",
        ),
    ],
)
def test_any_other_parks_the_event(tree, key, sentence):
    """Naming the right ones, and how to come by them."""
    with pytest.raises(RenderError) as caught:
        body({**LEAD, **tree})
    assert (caught.value.key, str(caught.value)) == (key, sentence)


def test_a_trial_fits():
    """What is not known yet may turn out right."""
    assert ":Reason>***<" in body({**LEAD, "Reason": Sample("***")})


def test_what_is_typed_and_empty_is_noted():
    """Of a literal `check` warns by that: an empty number is no number."""
    made = request_for(
        soap,
        {**LEAD, "Reason": "", "Code": ""},
        {"operation": "Leads.One.ReturnLead"},
        url="described.wsdl",
        load=load,
    )
    assert made.notes == (
        "mapping.Reason: empty, which is not valid as one of the listed values",
        "mapping.Code: empty, which is not valid as int",
    )


def test_a_literal_is_judged_by_check():
    """A wrong one with its line; an empty one is a warning."""
    source = (
        "return:\n  transport: soap\n  url: wsdl/a.wsdl\n  operation: Leads.One.ReturnLead\n  mapping:\n"
        '    LeadId: "{{ lead.id }}"\n    Reason: WRONG\n    ReturnedOn: null\n    Email: e\n    Code: ""\n'
    )

    def found(text: str) -> list[str]:
        files = {
            "gateway.yaml": b"",
            "sources/acme.yaml": text.encode(),
            "wsdl/a.wsdl": load("described.wsdl"),
        }
        return [str(problem) for problem in load_conf(Files(Path("conf"), files), Registry()).problems]

    wrong = f"sources/acme.yaml:7:5: return.mapping.Reason: Reason: 'WRONG' is none of the values in the WSDL {RIGHT}"
    with pytest.raises(ConfError) as caught:
        found(source)
    assert str(caught.value) == wrong
    assert found(source.replace("WRONG", "WN")) == [
        "warning: sources/acme.yaml:10:11: return.mapping.Code: empty, which is not valid as int"
    ]


def test_deeper_ones_are_found():
    """In groups, extensions, the text beside attributes, and types that hold themselves."""
    kind = '<xs:simpleType name="K"><xs:restriction base="xs:token"><xs:enumeration value="a"/></xs:restriction></xs:simpleType>'
    types = (
        f'{kind}<xs:group name="G"><xs:choice><xs:element name="g" type="t:K"/></xs:choice></xs:group>'
        '<xs:complexType name="S"><xs:simpleContent><xs:extension base="t:K"><xs:attribute name="n"/></xs:extension>'
        '</xs:simpleContent></xs:complexType><xs:complexType name="B"><xs:sequence><xs:element name="b" type="t:K"/>'
        '<xs:element name="more" type="t:B" minOccurs="0"/></xs:sequence></xs:complexType>'
        '<xs:complexType name="E"><xs:complexContent><xs:extension base="t:B"><xs:sequence>'
        '<xs:element name="s" type="t:S" minOccurs="0"/></xs:sequence></xs:extension></xs:complexContent></xs:complexType>'
    )
    text = hostile.wsdl(types, '<xs:group ref="t:G"/><xs:element name="e" type="t:E"/>')
    plan = endpoint_for(soap, {"operation": "Do"}, url="w.wsdl", load=lambda _: text).prepared
    (group, holder) = plan.root.kind.content.parts
    assert group.parts[0].kind == Listed(Text("token"), ("a",))
    base, own = holder.kind.content.parts[:2], holder.kind.content.parts[-1]
    assert base[0].kind == Listed(Text("token"), ("a",))
    assert base[1].kind.content.parts[0].kind == Listed(Text("token"), ("a",))
    assert own.kind.text == Listed(Text("token"), ("a",))


@pytest.mark.parametrize(
    ("kind", "values", "value"),
    [("int", ("1", "2"), 1), ("int", ("1",), "01"), ("token", ("a b",), " a  b "), ("decimal", ("1.0",), 1)],
)
def test_what_means_the_same_is_right(kind, values, value):
    """One number, or one token, in another spelling."""
    assert Listed(simple(kind), values).write(value).strip()


def test_of_many_some_are_named():
    """A sentence is to be read."""
    with pytest.raises(ValueError, match=r" or 19 and 5 more; "):
        Listed(Text(), tuple(map(str, range(25)))).write("x")
