"""Transport `json`, byte by byte. Whole endpoints are in tests/golden, laws in test_read_back.py."""

import json
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError

from gateway.errors import RenderError
from gateway.model import Request
from gateway.testing.kit import check_transport, request_for
from plugins import json as transport

URL = "https://a.example/x"
HEADERS = (("Content-Type", "application/json; charset=utf-8"),)
FORM_HEADERS = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)


@pytest.mark.parametrize(
    ("tree", "body"),
    [
        (None, "{}"),
        ({}, "{}"),
        ([], "[]"),
        (["x", {"a": 1}], '["x",{"a":1}]'),
        ({"b": {"c": ["x", None, "", 0, False]}, "a": {}}, '{"b":{"c":["x",null,"",0,false]},"a":{}}'),
        ({"contact.email": "x"}, '{"contact.email":"x"}'),
        ({"n": 9007199254740993, "d": Decimal("12.75")}, '{"n":9007199254740993,"d":12.75}'),
        ({"d": Decimal("12.750"), "e": Decimal("1E+400")}, '{"d":12.750,"e":1E+400}'),
        ({"d": Decimal("1E-7")}, '{"d":0.0000001}'),
        ({"t": 'Zoë 😀 \u2028 \x00 " \\ /'}, '{"t":"Zoë 😀 \u2028 \\u0000 \\" \\\\ /"}'),
    ],
)
def test_the_body(tree, body):
    """Compact UTF-8, numbers exact, non-ASCII as it is; no mapping is an empty object."""
    assert request_for(transport, tree, url=URL) == Request("POST", URL, HEADERS, body.encode())


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_method(method):
    """The method is the conf's."""
    assert request_for(transport, {}, {"method": method}).method == method


@pytest.mark.parametrize(
    ("extras", "beside"),
    [
        ({}, ""),
        ({"extra_parameters": {"key": "x y", "n": [1, 2]}}, "&key=x%20y&n=1&n=2"),
        (
            {
                "extra_parameters": {"v": Decimal("1.50")},
                "nested_extra_parameters": {"opts": {"b": [True]}, "s": "t"},
            },
            "&v=1.50&opts=%7B%22b%22%3A%5Btrue%5D%7D&s=%22t%22",
        ),
    ],
)
def test_a_form_around_the_document(extras, beside):
    """json_parameter puts the JSON text into a form, with the further mappings beside it."""
    settings = {"json_parameter": "doc", "method": "PUT"}
    request = request_for(transport, {"a": "é &"}, settings, url=URL, extras=extras)
    body = "doc=%7B%22a%22%3A%22%C3%A9%20%26%22%7D" + beside
    assert request == Request("PUT", URL, FORM_HEADERS, body.encode())


@pytest.mark.parametrize(
    ("extras", "key"),
    [
        ({"extra_parameters": {"doc": 1}}, "extra_parameters.doc"),
        ({"extra_parameters": {"b": 1}, "nested_extra_parameters": {"b": 2}}, "nested_extra_parameters.b"),
    ],
)
def test_two_keys_cannot_give_one_parameter(extras, key):
    """A source would read only one of them; a list that repeats its name is meant."""
    with pytest.raises(RenderError, match=r"^the form has a parameter (doc|b) already, from ") as caught:
        request_for(transport, {}, {"json_parameter": "doc"}, extras=extras)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("settings", "key", "sentence"),
    [
        ({"method": "GET"}, "method", "Input should be 'POST', 'PUT', 'PATCH' or 'DELETE'"),
        ({"json_parameter": ""}, "json_parameter", "String should have at least 1 character"),
        (
            {"extra_parameters": {"a": 1}},
            "extra_parameters",
            "Value error, is sent only beside json_parameter (name the form parameter for the JSON text)",
        ),
    ],
)
def test_wrong_conf(settings, key, sentence):
    """Each wrong key is one error, at its place, with a sentence."""
    with pytest.raises(ValidationError) as caught:
        request_for(transport, {}, settings)
    (fault,) = caught.value.errors()
    assert (fault["loc"][0], fault["msg"]) == (key, sentence)


def test_what_json_cannot_hold_is_refused_with_its_key():
    """A value without a place in JSON parks one delivery, and says which key it came from."""
    with pytest.raises(RenderError) as caught:
        request_for(transport, {"lead": {"amount": Decimal("Infinity")}})
    assert caught.value.key == "mapping.lead.amount"


@pytest.mark.parametrize("parameter", [None, "doc"])
def test_it_keeps_the_transport_contract(parameter):
    """The conformance kit finds nothing, and every awkward text is read back."""

    def read_back(request: Request) -> list[str]:
        document = dict(parse_qsl(request.body.decode()))[parameter] if parameter else request.body
        found = json.loads(document)["return"]
        return [found["lead_id"], found["reason"], *found["phone"]]

    check_transport(transport, {"json_parameter": parameter}, read_back=read_back)


def test_what_stands_beside_the_document_keeps_the_contract():
    """Every awkward text survives in plain and nested parameters, too."""

    def read_back(request: Request) -> list[str]:
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        return [form["plain"]] if form["plain"] == json.loads(form["nested"])["a"] else []

    extras = {"extra_parameters": {"plain": "x"}, "nested_extra_parameters": {"nested": {"a": "x"}}}
    check_transport(transport, {"json_parameter": "doc"}, extras=extras, read_back=read_back)
