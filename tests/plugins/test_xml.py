"""Transport `xml`: requests, conf, and what is found at load. The documents are in test_xml_document.py."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from lxml import etree
from pydantic import ValidationError

from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.errors import ConfError, RenderError
from gateway.model import Request
from gateway.registry import Registry
from gateway.testing.kit import check_transport, request_for
from plugins import xml

URL = "https://a.example/x"
HEADERS = (("Content-Type", "text/xml; charset=utf-8"),)
FORM_HEADERS = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def test_the_request():
    """A POST of text/xml in UTF-8 with a declaration that says so."""
    body = (DECLARATION + "<a>é</a>").encode()
    assert request_for(xml, {"a": "é"}, url=URL) == Request("POST", URL, HEADERS, body)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_the_method(method):
    """The method is the conf's."""
    assert request_for(xml, {"a": ""}, {"method": method}).method == method


def test_a_form_around_the_document():
    """xml_parameter puts the document into a form, with constants beside it; notes stay."""
    extras = {"extra_parameters": {"key": "x y"}}
    request = request_for(xml, {"a": "é&\x00"}, {"xml_parameter": "doc"}, url=URL, extras=extras)
    assert (request.method, request.headers) == ("POST", FORM_HEADERS)
    assert parse_qsl(request.body.decode()) == [("doc", DECLARATION + "<a>é&amp;</a>"), ("key", "x y")]
    assert request.body.endswith(b"%3Ca%3E%C3%A9%26amp%3B%3C%2Fa%3E&key=x%20y")
    assert request.notes == ("mapping.a: removed 1 character that XML forbids",)


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        (
            'r.a: "{{ lead.id }}", s.a: x',
            "7: return.mapping.s.a: the document has more than one root: r and s",
        ),
        ('r.a: x, r.p:b: "{{ lead.id }}"', "7: return.mapping.r.p:b: the prefix p is not declared"),
        ('r.a: x, r.a b.c@d: "{{ lead.id }}"', "7: return.mapping.r.a b.c@d: 'a b' cannot be a name in XML"),
        ('r.a: x, r.#raw: "<b>"', "7: return.mapping.r.#raw: #raw is not well-formed XML"),
    ],
)
def test_a_fault_of_structure_is_found_at_load(mapping, problem):
    """Nobody has to post an event to learn that a mapping makes no document."""
    lines = [
        "return:",
        "  transport: xml",
        "  url: https://a.example/",
        "  mapping:",
        *(f"    {key}" for key in mapping.split(", ")),
    ]
    files = {"gateway.yaml": b"", "sources/acme.yaml": "\n".join(["name: Acme", *lines]).encode()}
    with pytest.raises(ConfError) as caught:
        load(Files(Path("conf"), files), Registry())
    (line,) = str(caught.value).splitlines()
    assert re.sub(r"^sources/acme.yaml:(\d+):\d+", r"\1", line).startswith(problem)


def test_extra_parameters_need_a_form():
    """Without xml_parameter there is no form that they could stand in."""
    with pytest.raises(ValidationError) as caught:
        request_for(xml, {"a": ""}, {"extra_parameters": {"a": 1}})
    (fault,) = caught.value.errors()
    sentence = "is sent only beside xml_parameter (name the form parameter for the XML document)"
    assert (fault["loc"], fault["msg"]) == (("extra_parameters",), f"Value error, {sentence}")


def test_two_keys_cannot_give_one_parameter():
    """A source would read only one of them."""
    with pytest.raises(RenderError) as caught:
        request_for(xml, {"a": ""}, {"xml_parameter": "d"}, extras={"extra_parameters": {"d": 1}})
    sentence = "the form has a parameter d already, from xml_parameter (give each its own name)"
    assert (caught.value.key, str(caught.value)) == ("extra_parameters.d", sentence)


@pytest.mark.parametrize("parameter", [None, "doc"])
def test_it_keeps_the_transport_contract(parameter):
    """The conformance kit finds nothing, and every awkward text is read back or noted."""

    def read_back(request: Request) -> list[str]:
        body = dict(parse_qsl(request.body.decode()))[parameter].encode() if parameter else request.body
        return [element.text or "" for element in etree.fromstring(body).iter()]

    check_transport(xml, {"xml_parameter": parameter}, read_back=read_back)
