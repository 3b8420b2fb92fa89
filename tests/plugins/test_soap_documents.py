"""Transport `soap`: gathering a WSDL and what it imports, and what is refused of them, in exact sentences."""

from pathlib import Path

import pytest
from lxml import etree

from gateway import Held
from gateway.testing.kit import endpoint_for, request_for
from gateway.testing.purity import opened
from plugins import soap
from plugins.soap import documents
from plugins.soap.documents import WsdlError

FOLDER = Path(__file__).parent / "wsdl"


def load(path: str) -> bytes:
    return (FOLDER / path).read_bytes()


def prepared(url, operation="SubmitReturn", load=load, **settings):
    return endpoint_for(soap, {"operation": operation, **settings}, url=url, load=load).prepared


def problem(url, operation="SubmitReturn", load=load, **settings) -> tuple[str, str]:
    with pytest.raises(WsdlError) as caught:
        prepared(url, operation, load, **settings)
    return caught.value.key, str(caught.value)


def serving(**texts: str):
    found = {f"{name}.wsdl": text.encode() for name, text in texts.items()}
    return found.__getitem__


class Recorded:
    """Serves the files of `importing/` under some address, and keeps what was asked for."""

    def __init__(self, base: str) -> None:
        self.base, self.asked = base, []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        return load("importing/" + url.removeprefix(self.base))


@pytest.mark.parametrize("base", ["importing/", "https://acme.example/soap/"])
def test_imports_are_resolved_against_the_document_that_names_them(base):
    """A WSDL's import, its schema's import and include: each is loaded once, through `load` alone."""
    recorded = Recorded(base)
    tree = {"Lead": {"Id": "5bb3"}, "Reason": "dup", "@lang": "en"}
    made = request_for(soap, tree, {"operation": "SubmitReturn"}, url=f"{base}service.wsdl", load=recorded)
    assert recorded.asked == [
        f"{base}{name}"
        for name in (
            "service.wsdl", "messages.wsdl", "types/returns.xsd", "types/lead.xsd", "common.xsd", "types/xml.xsd"
        )
    ]  # fmt: skip
    schema = etree.XMLSchema(etree.parse(FOLDER / "importing/types/returns.xsd"))
    schema.assertValid(etree.fromstring(made.body)[0][0])


def test_reading_a_wsdl_opens_no_file_and_no_connection():
    """Whatever it imports: the parsers see only what `load` gave."""
    names = [
        "service.wsdl",
        "messages.wsdl",
        "common.xsd",
        *(f"types/{name}.xsd" for name in ("returns", "lead", "xml")),
    ]
    files = {
        name: load(f"importing/{name}").replace(b"acme.example", b"not.parsed.yet.example") for name in names
    }
    prepared("wrapped.wsdl")
    with opened() as heard:
        assert prepared("service.wsdl", load=files.__getitem__).address == "http://not.parsed.yet.example/"
    assert heard == []


def test_well_known_schemas_are_not_fetched():
    """The SOAP encoding and `xml:` namespaces are at hand, wherever a WSDL says they are."""
    asked = []

    def remembering(url: str) -> bytes:
        asked.append(url)
        text = load("encoded.wsdl").decode()
        imports = "".join(
            f'<xs:import namespace="{namespace}" schemaLocation="{location}"/>'
            for namespace, location in (
                ("http://schemas.xmlsoap.org/soap/encoding/", "http://schemas.xmlsoap.org/soap/encoding/"),
                ("http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2001/xml.xsd"),
                ("http://www.w3.org/2001/XMLSchema", "http://www.w3.org/2001/XMLSchema.xsd"),
            )
        )
        text = text.replace('<xs:complexType name="Lead">', f'{imports}<xs:complexType name="Lead">')
        return text.replace('name="Age" type="xs:int"', 'name="Age" type="enc:int"').encode()

    tree = {"LeadId": "x", "Lead": {"Name": "n", "Age": 3}, "Phones": []}
    made = request_for(soap, tree, {"operation": "SubmitReturn"}, url="a.wsdl", load=remembering)
    assert asked == ["a.wsdl"]
    assert b">3</Age>" in made.body


def test_what_load_raises_is_passed_on():
    """A network that is not there holds the endpoint; a file outside the folder is for `load` to refuse."""

    def no_network(url: str) -> bytes:
        raise Held(f"{url} has not been fetched yet")

    with pytest.raises(Held, match="has not been fetched yet"):
        prepared("https://acme.example/?wsdl", load=no_network)
    asked = []

    def strict(path: str) -> bytes:
        asked.append(path)
        if path.startswith(".."):
            raise ValueError(f"{path} is outside the conf folder")
        return (FOLDER.parent / path).read_bytes()

    with pytest.raises(ValueError, match=r"^\.\./elsewhere\.wsdl is outside the conf folder$"):
        prepared("wsdl/import_outside_the_folder.wsdl", load=strict)
    assert asked == ["wsdl/import_outside_the_folder.wsdl", "../elsewhere.wsdl"]


DEFINITIONS = '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:a">{}</definitions>'

SCHEMA = '<types><xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:a">{}</xs:schema></types>'

FAULTS = [
    ("doctype.wsdl", "doctype.wsdl holds a DOCTYPE, which is refused (a WSDL or schema needs none)"),
    ("import_of_a_file_url.wsdl", "import_of_a_file_url.wsdl imports 'file:///etc/passwd', which is refused (right would be http, https or a relative path)"),
    ("unknown_type.wsdl", "the WSDL at unknown_type.wsdl cannot be used: Unable to resolve type {urn:acme}Missing in unknown_type.wsdl. (via {urn:acme}Submit)"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "sentence"), FAULTS)
def test_a_wsdl_that_cannot_be_used_is_named(url, sentence):
    """The fault is about `url`, in one sentence."""
    assert problem(url) == ("url", sentence)


TEXTS = [
    ("<html><body/></html>", "a.wsdl is not a WSDL: its root element is html (right would be definitions)"),
    ("<description xmlns='http://www.w3.org/ns/wsdl'/>", "a.wsdl is WSDL 2.0 (right would be WSDL 1.1)"),
    (DEFINITIONS.format('<import location="http://[x"/>'), "a.wsdl imports 'http://[x', which is refused (right would be http, https or a relative path)"),
    (DEFINITIONS.format('<import location="gopher://x/"/>'), "a.wsdl imports 'gopher://x/', which is refused (right would be http, https or a relative path)"),
    (DEFINITIONS.format(SCHEMA.format("<xs:override schemaLocation='b.xsd'/>")), "a.wsdl uses xs:override, which is of XML Schema 1.1 (right would be 1.0)"),
    (DEFINITIONS.format(SCHEMA.format("<xs:complexType name='A'><xs:assert test='true()'/></xs:complexType>")), "a.wsdl uses xs:assert, which is of XML Schema 1.1 (right would be 1.0)"),
    (DEFINITIONS.format(SCHEMA.format("<xs:redefine/>")), "the WSDL at a.wsdl cannot be used: a redefine names no schema that it changes"),
    (DEFINITIONS.format(SCHEMA.format("<xs:redefine schemaLocation='a.wsdl'><xs:group name='G'/></xs:redefine>")), "the WSDL at a.wsdl cannot be used: a redefine changes G, which the schema that it names does not hold"),
    (DEFINITIONS.format(""), "the WSDL has no operation 'SubmitReturn' (it offers none over SOAP and HTTP)"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), TEXTS)
def test_a_document_that_is_no_wsdl_is_named(text, sentence):
    """What it is instead, or what it asks for."""
    assert problem("a.wsdl", load=serving(a=text))[1] == sentence


def test_text_that_is_not_xml_is_named():
    """With the parser's own words."""
    assert problem("a.wsdl", load=serving(a="<a>"))[1].startswith("a.wsdl is not well-formed XML: ")


def test_an_entity_in_an_imported_schema_is_refused():
    """Every document is checked, not only the first."""
    texts = {
        "a": DEFINITIONS.format('<import location="b.wsdl"/>'),
        "b": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    }
    assert problem("a.wsdl", load=serving(**texts))[1].startswith("b.wsdl holds a DOCTYPE")


def test_the_number_and_size_of_documents_are_bounded(monkeypatch):
    """A hostile WSDL cannot make the gateway read without end."""

    def endless(url: str) -> bytes:
        number = int(url.removesuffix(".wsdl")) + 1
        return DEFINITIONS.format(f'<import location="{number}.wsdl"/>').encode()

    assert problem("0.wsdl", load=endless)[1] == "the WSDL at 0.wsdl imports more than 200 documents"
    monkeypatch.setattr(documents, "MAX_BYTES", 2**20)
    large = DEFINITIONS.format(" " * 2**20)
    assert (
        problem("a.wsdl", load=serving(a=large))[1]
        == "the WSDL at a.wsdl and its imports are larger than 1 MiB"
    )


def test_documents_that_import_each_other_are_read_once():
    """A circle ends."""
    texts = {
        name: DEFINITIONS.format(f'<import namespace="urn:a" location="{other}.wsdl"/>')
        for name, other in ("ab", "ba")
    }
    assert "offers none" in problem("a.wsdl", load=serving(**texts))[1]
