"""Transport `query`, byte by byte. Whole endpoints are in tests/golden, laws in test_read_back.py."""

from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateway.errors import RenderError
from gateway.model import Request
from gateway.testing.kit import check_transport, request_for
from plugins import query


def read_back(request: Request) -> list[tuple[str, str]]:
    return parse_qsl(
        urlsplit(request.url).query, keep_blank_values=True, strict_parsing=True, errors="strict"
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", "https://a.example/x?k=v"),
        ("https://a.example/x?", "https://a.example/x?k=v"),
        ("https://a.example/x?key=1", "https://a.example/x?key=1&k=v"),
        ("https://a.example/x?key=1&", "https://a.example/x?key=1&k=v"),
        ("https://a.example/x#top", "https://a.example/x?k=v"),
        ("https://a.example/x?key=1#top?y", "https://a.example/x?key=1&k=v"),
        ("https://a.example/%2F?q=%20+", "https://a.example/%2F?q=%20+&k=v"),
        ("https://a.example", "https://a.example?k=v"),
    ],
)
def test_the_address_is_kept_and_extended(url, expected):
    """An existing query string stays as it is, a fragment is dropped."""
    assert request_for(query, {"k": "v"}, url=url) == Request("GET", expected)


@pytest.mark.parametrize("tree", [None, {}])
def test_nothing_to_send_leaves_the_address(tree):
    """Without parameters no question mark is added."""
    assert request_for(query, tree, url="https://a.example/x#top").url == "https://a.example/x"


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({"reason": "Wrong number"}, "reason=Wrong%20number"),
        ({"a": "1+1=2&3"}, "a=1%2B1%3D2%263"),
        ({"a": "-_.!~*'()"}, "a=-_.!~*'()"),
        ({"a": "/?#[]@:;,$"}, "a=%2F%3F%23%5B%5D%40%3A%3B%2C%24"),
        ({"a": "Zoë ☃ 😀"}, "a=Zo%C3%AB%20%E2%98%83%20%F0%9F%98%80"),
        ({"lead[email]": "x"}, "lead%5Bemail%5D=x"),
        ({"a": {"b": "1"}, "c": "2"}, "a.b=1&c=2"),
        ({"a": ["x", "y"]}, "a=x&a=y"),
        ({"a": None, "b": ""}, "a=&b="),
        ({"a": True, "b": False, "c": 0}, "a=true&b=false&c=0"),
        (
            {"a": Decimal("12.75"), "b": 9007199254740993, "c": Decimal("1E+3")},
            "a=12.75&b=9007199254740993&c=1000",
        ),
    ],
)
def test_the_parameters(tree, expected):
    """Names and values are percent-encoded UTF-8, in the order of the mapping."""
    assert request_for(query, tree, url="https://a.example/").url == f"https://a.example/?{expected}"


@pytest.mark.parametrize("tree", [[], ["x"], [{"a": "x"}]])
def test_a_list_has_no_names(tree):
    """Elements have no names that could be sent, and made-up ones would move when one is left out."""
    with pytest.raises(RenderError, match=r"^a form cannot begin with a list "):
        request_for(query, tree)


def test_it_keeps_the_transport_contract():
    """The conformance kit finds nothing, and every awkward text is read back."""
    check_transport(query, read_back=lambda request: [text for _, text in read_back(request)])
