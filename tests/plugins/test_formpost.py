"""Transport `formpost`, byte by byte. Whole endpoints are in tests/golden, laws in test_read_back.py."""

from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from pydantic import ValidationError

from gateway.errors import RenderError
from gateway.model import Request
from gateway.testing.kit import check_transport, request_for
from plugins import formpost

URL = "https://a.example/x?key=1"
HEADERS = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)


def read_back(request: Request) -> list[tuple[str, str]]:
    assert request.body is not None
    return parse_qsl(request.body.decode(), keep_blank_values=True, errors="strict")


@pytest.mark.parametrize(
    ("tree", "body"),
    [
        (None, b""),
        ({"reason": "Wrong number", "a": "1+1"}, b"reason=Wrong%20number&a=1%2B1"),
        ({"lead[email]": "joe@example.com"}, b"lead%5Bemail%5D=joe%40example.com"),
        ({"a": {"b": ["x", "y"]}}, b"a.b=x&a.b=y"),
        ({"a": None, "b": True, "c": Decimal("0.50")}, b"a=&b=true&c=0.50"),
        ({"né": "Zoë"}, b"n%C3%A9=Zo%C3%AB"),
    ],
)
def test_the_body(tree, body):
    """A POST of form parameters, names and values percent-encoded."""
    assert request_for(formpost, tree, url=URL) == Request("POST", URL, HEADERS, body)


@pytest.mark.parametrize(
    ("tree", "body"),
    [
        ({"lead[email]": "joe@example.com"}, "lead[email]=joe%40example.com"),
        ({"lead[phones][]": ["1", "2"]}, "lead[phones][]=1&lead[phones][]=2"),
        ({"né": "Zoë"}, "né=Zo%C3%AB"),
        ({"a b": "c d"}, "a b=c%20d"),
    ],
)
def test_names_as_written(tree, body):
    """With encode_field_names off the names go out as the operator wrote them; values stay encoded."""
    request = request_for(formpost, tree, {"encode_field_names": False}, url=URL)
    assert request == Request("POST", URL, HEADERS, body.encode())


def test_a_posted_name_cannot_add_a_parameter():
    """An object of a poster's making, mapped whole, is refused rather than sent as another parameter."""
    tree = {"lead": {"x=1&paid": "no"}}
    with pytest.raises(RenderError) as caught:
        request_for(formpost, tree, {"encode_field_names": False})
    assert str(caught.value) == (
        "the name 'lead.x=1&paid' would be read as something else (set encode_field_names: true)"
    )
    assert read_back(request_for(formpost, tree)) == [("lead.x=1&paid", "no")]


def test_an_unknown_key_is_refused():
    """A misspelt conf key is one error, at its place."""
    with pytest.raises(ValidationError) as caught:
        request_for(formpost, {}, {"encode_names": False})
    assert [fault["loc"] for fault in caught.value.errors()] == [("encode_names",)]


@pytest.mark.parametrize("encoded", [True, False])
def test_it_keeps_the_transport_contract(encoded):
    """The conformance kit finds nothing, and every awkward text is read back."""
    settings = {"encode_field_names": encoded}
    check_transport(formpost, settings, read_back=lambda request: [text for _, text in read_back(request)])
