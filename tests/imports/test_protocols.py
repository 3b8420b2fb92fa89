"""Which transport sends a request, and where its values are."""

import re

import pytest

from gateway.imports.options import request
from gateway.imports.protocols import recognise
from gateway.imports.shell import words

X = "https://x.example/leads"
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{head}<s:Body><m:Return xmlns:m="urn:m">'
    '<m:Id>1</m:Id><m:None xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/>'
    '<m:Phone kind="x">2</m:Phone><m:Phone>3</m:Phone></m:Return></s:Body></s:Envelope>'
)
SOAP = {"Id": "1", "None": None, "Phone.0@kind": "x", "Phone.0": "2", "Phone.1": "3"}
CASES = {
    "parameters of a GET": (f"'{X}?a=1&b=2'", "query", X, {"a": "1", "b": "2"}, {}),
    "a parameter without =": (f"'{X}?flag&a=1'", "query", f"{X}?flag", {"a": "1"}, {}),
    "a name that stands twice": (f"'{X}?a=1&b=2&a=3'", "query", X, {"a.0": "1", "b": "2", "a.1": "3"}, {}),
    "dots in names": (f"'{X}?a.b=1&a.c=2'", "query", X, {"a.b": "1", "a.c": "2"}, {}),
    "a dotted name beside its beginning": (f"'{X}?a=1&a.b=2'", "query", X, {"a": "1", "{a.b}": "2"}, {}),
    "a number as a name": (f"'{X}?a.0=1'", "query", X, {"a.{0}": "1"}, {}),
    "a POST without a body": (f"-X POST '{X}?a=1'", "formpost", X, {}, {}),
    "a form": (f"{X} -d 'a=x+y%26&b='", "formpost", X, {"a": "x y&", "b": ""}, {}),
    "brackets as written": (f"{X} -d 'a[b]=1'", "formpost", X, {"a[b]": "1"}, {"encode_field_names": False}),
    "brackets encoded": (f"{X} -d 'a%5Bb%5D=1'", "formpost", X, {"a[b]": "1"}, {}),
    "JSON without its type": (f"""{X} -d '{{"a":{{"b":[1,"2"]}}}}'""", "json", X, {"a.b.0": 1, "a.b.1": "2"}, {}),
    "a JSON list": (f"{X} --json '[true]'", "json", X, {"0": True}, {}),
    "JSON by PATCH": (f"""-X PATCH {X} -d '{{"a":null}}'""", "json", X, {"a": None}, {"method": "PATCH"}),
    "JSON names that are no path": (f"""{X} -d '{{"a.b":1,"0":2}}'""", "json", X, {"{a.b}": 1, "{0}": 2}, {}),
    "JSON in a form": (f"""{X} -d 'd={{"a":1}}&k=v'""", "json", X, {"a": 1}, {"json_parameter": "d"}),
    "XML": (f"{X} -d '<r a=\"1\"><b>2</b><b>3</b></r>'", "xml", X, {"r@a": "1", "r.b.0": "2", "r.b.1": "3"}, {}),
    "namespaces": (
        f"{X} -d '<p:r xmlns:p=\"urn:p\" xmlns=\"urn:d\"><b p:c=\"1\"/></p:r>'", "xml", X,
        {"p:r@xmlns:p": "urn:p", "p:r@xmlns": "urn:d", "p:r.b@p:c": "1"}, {},
    ),
    "XML in a form": (f"{X} -d 'd=<r>1</r>'", "xml", X, {"r": "1"}, {"xml_parameter": "d"}),
    "an envelope": (
        f"{X} -d '{ENVELOPE.format(head='')}'", "soap", f"{X}?wsdl", SOAP, {"operation": "Return", "version": "1.1"}
    ),
    "an envelope sent to its WSDL": (
        f"'{X}?WSDL' -d '{ENVELOPE.format(head='')}'", "soap", f"{X}?WSDL", SOAP,
        {"operation": "Return", "version": "1.1"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("command", "transport", "url", "mapping", "keys"), CASES.values(), ids=CASES.keys())
def test_recognised(command, transport, url, mapping, keys):
    """The transport, its keys, and every value under the mapping key that puts it where it was."""
    found = recognise(request(words(f"curl {command}")))
    assert (found.transport, found.url, found.keys) == (transport, url, keys)
    assert {row.key: row.sample for row in found.rows["mapping"]} == mapping


def test_parameters_beside_a_document():
    """Of a form with several documents the first is the one; the others are sent beside it."""
    found = recognise(request(words(f"""curl {X} -d 'k=v&d={{"a":1}}&e={{"b":[2]}}'""")))
    assert {key: [(row.key, row.sample) for row in rows] for key, rows in found.rows.items()} == {
        "mapping": [("a", 1)],
        "extra_parameters": [("k", "v")],
        "nested_extra_parameters": [("e.b.0", 2)],
    }


def test_soap_headers():
    """Header elements are rows of soap_headers; a UsernameToken is kept apart."""
    security = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    token = "<UsernameToken><Username>joe</Username><Password>pw</Password></UsernameToken>"
    head = f'<s:Header><Key xmlns="urn:k"><Id>7</Id></Key><Security xmlns="{security}">{token}</Security></s:Header>'
    found = recognise(request(words(f"curl {X} -d '{ENVELOPE.format(head=head)}'")))
    assert [(row.key, row.sample) for row in found.rows["soap_headers"]] == [
        ("Key@xmlns", "urn:k"),
        ("Key.Id", "7"),
    ]
    assert found.token is not None
    assert (found.token.username, found.token.password) == ("joe", "pw")


NOTES = {
    '{"a":{},"b":1}': "a is an empty object, which no mapping writes: it is left out",
    '{"a":[null,1]}': "a.0 is a null in a list, which is closed up: it is left out",
    "<r><a/><b/><a/></r>": "in r elements of one name stand together, not in the sample's order",
    "<r><a/>tail</r>": "in r text behind an element is left out",
    "<r><!-- why --><a/></r>": "comments are left out",
}


@pytest.mark.parametrize(("body", "note"), NOTES.items(), ids=NOTES.keys())
def test_what_is_left_out_is_said(body, note):
    """What no mapping writes is named."""
    assert recognise(request(words(f"curl {X} -d '{body}'"))).notes == (note,)


REFUSED = {
    "-X DELETE": "no transport sends DELETE with no body (as formpost goes: POST)",
    "-X GET -d a=b": "no transport sends GET with a body (as formpost goes: POST)",
    "-d text": "the body is neither JSON nor XML nor a form (paste the whole of it, quotes included)",
    "--json '{'": "the body is no application/json (paste the whole of it, quotes included)",
    "-H 'Content-Type: text/csv' -d a,b": "no transport sends text/csv (ask the source for JSON, XML or a form)",
    "-H 'Content-Type: text/plain' -d '{}'": (
        "the body is JSON, and its Content-Type says text/plain (remove that header)"
    ),
    "-d []": "the body is an empty list, which no mapping writes (paste a sample with values)",
    "-d a=%FF": "the parameter 'a' is no UTF-8 (no transport sends another)",
    "-d '{\"a}b\":1}'": "no mapping key can name 'a}b' (a name has at least a character, and no brace)",
    "-d =1": "no mapping key can name '' (a name has at least a character, and no brace)",
    "-d '<!DOCTYPE r [<!ENTITY e \"x\">]><r>&e;</r>'": "the document has a DOCTYPE, which no transport writes (remove it)",
}


@pytest.mark.parametrize(("options", "sentence"), REFUSED.items(), ids=REFUSED.keys())
def test_what_no_transport_sends(options, sentence):
    """What cannot be sent by any transport says why."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        recognise(request(words(f"curl {X} {options}")))
