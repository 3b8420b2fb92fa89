"""Transport `soap`: what lxml reads from an envelope is what was mapped, for any text, nesting and order."""

from typing import Any
from xml.sax.saxutils import quoteattr

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.model import Values
from gateway.testing.kit import endpoint_for
from plugins import soap

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:a="urn:acme" targetNamespace="urn:acme">
  <types><xs:schema targetNamespace="urn:acme" elementFormDefault="{form}">{element}</xs:schema></types>
  <message name="In"><part name="parameters" element="a:Submit"/></message>
  <portType name="P"><operation name="Submit"><input message="a:In"/></operation></portType>
  <binding name="B" type="a:P"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Submit"><soap:operation soapAction="s"/><input><soap:body use="literal"/></input></operation></binding>
  <service name="S"><port name="P" binding="a:B"><soap:address location="http://acme.example/"/></port></service>
</definitions>"""

# All that XML 1.0 can hold: the rest is removed and noted, which has tests of its own.
_CHARACTERS = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
_TEXT = st.text(_CHARACTERS | st.sampled_from("\t\n\r<>&\"']]>"), max_size=20)
_NAMES = st.sampled_from([f"N{number}" for number in range(6)] + ["Zoë", "a.b", "a-b", "_", "日本"])
_ATTRIBUTES = st.sampled_from(["@id", "@a.b", "@größe"])


def _inner(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.dictionaries(
        _NAMES, children | st.lists(_TEXT, min_size=2, max_size=3), min_size=1, max_size=4
    )
    return st.builds(
        lambda attributes, inside: {**attributes, **inside},
        st.dictionaries(_ATTRIBUTES, _TEXT, max_size=2),
        parts,
    )


_TREES = _inner(st.recursive(_TEXT, _inner, max_leaves=8))


def element(name: str, value: Any) -> str:
    """The declaration of an element that may hold a value."""
    named = f"name={quoteattr(name)}"
    if isinstance(value, list):
        return f'<xs:element {named} type="xs:string" maxOccurs="unbounded"/>'
    if not isinstance(value, dict):
        return f'<xs:element {named} type="xs:string"/>'
    inside = "".join(element(key, part) for key, part in value.items() if key[0] != "@")
    own = "".join(
        f'<xs:attribute name={quoteattr(key[1:])} type="xs:string"/>' for key in value if key[0] == "@"
    )
    return f"<xs:element {named}><xs:complexType><xs:sequence>{inside}</xs:sequence>{own}</xs:complexType></xs:element>"


def shuffled(value: Any, chance: Any) -> Any:
    """The same tree with its keys in another order."""
    if not isinstance(value, dict):
        return value
    items = list(value.items())
    chance.shuffle(items)
    return {key: shuffled(part, chance) for key, part in items}


def read(node: etree._Element) -> Any:
    """An element as the tree that it was written from."""
    found: dict[str, Any] = {f"@{name}": value for name, value in node.attrib.items()}
    for child in node:
        name, value = etree.QName(child).localname, read(child)
        if name not in found:
            found[name] = value
        else:
            found[name] = [*found[name], value] if isinstance(found[name], list) else [found[name], value]
    return found or (node.text or "")


def ordered(value: Any) -> Any:
    """A tree as something whose equality minds the order of elements, which the order of attributes has none."""
    if not isinstance(value, dict):
        return value
    elements = [(key, ordered(part)) for key, part in value.items() if key[0] != "@"]
    return elements, {key: part for key, part in value.items() if key[0] == "@"}


def sent(wsdl: str, tree: Any) -> etree._Element:
    endpoint = endpoint_for(soap, {"operation": "Submit"}, url="a.wsdl", load=lambda _: wsdl.encode())
    made = soap.render(Values("", tree=tree), endpoint)
    assert made.notes == ()
    return etree.fromstring(made.body).find(f"{{{SOAP}}}Body")[0]


@settings(max_examples=60, deadline=None)
@given(_TREES, st.sampled_from(["qualified", "unqualified"]), st.randoms(use_true_random=False))
def test_what_is_read_is_what_was_mapped(tree, form, chance):
    """In the order of the schema, whatever that of the mapping; every text to the last character."""
    wsdl = WSDL.format(form=form, element=element("Submit", tree))
    assert ordered(read(sent(wsdl, shuffled(tree, chance)))) == ordered(tree)


@settings(max_examples=100, deadline=None)
@given(_TREES)
def test_where_the_schema_says_nothing_the_mapping_says_all(tree):
    """Elements named as they are given, in the mapping's own order."""
    wsdl = WSDL.format(
        form="qualified", element=element("Submit", {"Any": ""}).replace("xs:string", "xs:anyType")
    )
    assert ordered(read(sent(wsdl, {"Any": tree})[0])) == ordered(tree)


@settings(max_examples=100, deadline=None)
@given(_TREES)
def test_a_document_in_text_is_read_as_it_was_mapped(tree):
    """A tree for a string: the text is a document of its own."""
    wsdl = WSDL.format(form="qualified", element=element("Submit", {"Document": ""}))
    text = sent(wsdl, {"Document": {"root": tree}})[0].text
    assert ordered(read(etree.fromstring(text))) == ordered(tree)


@settings(max_examples=100, deadline=None)
@given(_TREES)
def test_a_header_is_read_as_it_was_mapped(tree):
    """Whatever the WSDL says of headers."""
    wsdl = WSDL.format(form="qualified", element=element("Submit", ""))
    endpoint = endpoint_for(soap, {"operation": "Submit"}, url="a.wsdl", load=lambda _: wsdl.encode())
    made = soap.render(Values("", tree={}, extras={"soap_headers": {"Key": tree}}), endpoint)
    (header,) = etree.fromstring(made.body).iterfind(f"{{{SOAP}}}Header/Key")
    assert ordered(read(header)) == ordered(tree)
