"""Transport `json`, byte by byte."""

import json
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.errors import RenderError
from gateway.model import Request
from gateway.testing.kit import check_transport, request_for
from plugins import json as transport

URL = "https://a.example/x"
HEADERS = (("Content-Type", "application/json; charset=utf-8"),)
FORM_HEADERS = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = TEXT | st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
TREES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=12)


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
    ("settings", "body"),
    [
        ({}, b"doc=%7B%22a%22%3A%22%C3%A9%20%26%22%7D"),
        (
            {"extra_parameters": {"key": "x y", "n": [1, 2]}},
            b"doc=%7B%22a%22%3A%22%C3%A9%20%26%22%7D&key=x%20y&n=1&n=2",
        ),
        (
            {
                "extra_parameters": {"v": Decimal("1.50")},
                "nested_extra_parameters": {"opts": {"b": [True]}, "s": "t"},
            },
            b"doc=%7B%22a%22%3A%22%C3%A9%20%26%22%7D&v=1.50&opts=%7B%22b%22%3A%5Btrue%5D%7D&s=%22t%22",
        ),
    ],
)
def test_a_form_around_the_document(settings, body):
    """json_parameter puts the JSON text into a form, with constants beside it."""
    request = request_for(
        transport, {"a": "é &"}, {"json_parameter": "doc", "method": "PUT", **settings}, url=URL
    )
    assert request == Request("PUT", URL, FORM_HEADERS, body)


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
        (
            {"json_parameter": "a", "extra_parameters": {"a": 1}},
            "extra_parameters",
            "Value error, the form already has a parameter a (give each parameter its own name)",
        ),
        (
            {"json_parameter": "a", "extra_parameters": {"b": 1}, "nested_extra_parameters": {"b": 2}},
            "nested_extra_parameters",
            "Value error, the form already has a parameter b (give each parameter its own name)",
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


@given(TREES)
def test_a_standard_parser_reads_the_values_back(tree):
    """Any text, number, nesting and order comes back from the standard library as it went in."""
    body = request_for(transport, {"tree": tree}).body
    found = json.loads(body, parse_float=Decimal)["tree"]
    assert found == tree
    assert ordered(found) == ordered(tree)


@given(TREES, st.text(min_size=1).filter(lambda name: name.isascii()))
def test_the_form_holds_the_same_document(tree, parameter):
    """The document is the same in a form as on its own."""
    alone = request_for(transport, {"tree": tree}).body
    form = request_for(transport, {"tree": tree}, {"json_parameter": parameter}).body
    assert parse_qsl(form.decode(), keep_blank_values=True) == [(parameter, alone.decode())]


def ordered(tree):
    """Objects as lists of pairs, so that comparing compares order as well."""
    if isinstance(tree, dict):
        return [(key, ordered(value)) for key, value in tree.items()]
    return [ordered(value) for value in tree] if isinstance(tree, list) else tree
