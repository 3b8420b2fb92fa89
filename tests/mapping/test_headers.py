"""Mapped headers: names, values, and what may never stand in one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RenderError
from gateway.mapping.headers import Header
from gateway.model import Secret


def render(value, **scope):
    return Header.compile("X-Key", value, {}).render(scope)


@pytest.mark.parametrize(
    ("value", "scope", "sent"),
    [
        ("abc", {}, "abc"),
        ("  abc ", {}, "abc"),
        ("{{ ref }}", {"ref": 77}, "77"),
        ("Bearer {{ ref }}", {"ref": "x"}, "Bearer x"),
        ("{{ ref }}", {}, None),
        ("", {}, None),
        (None, {}, None),
        (True, {}, "true"),
        (["a", "{{ ref }}", "c"], {"ref": None}, "a, c"),
        ("{{ ids }}", {"ids": ["a", 1, None, ""]}, "a, 1"),
        ("{{ ref }}", {"ref": "Zoe~"}, "Zoe~"),
        ("{{ ref }}", {"ref": "a\tb"}, "a\tb"),
        (Secret("file", "key"), {}, Secret("file", "key")),
    ],
)
def test_value(value, scope, sent):
    """Blank values are dropped, lists joined by a comma, a secret stays a reference."""
    assert render(value, **scope) == sent


@given(st.sampled_from([chr(code) for code in (*range(32), *range(127, 160)) if chr(code) != "\t"]))
def test_control_character_parks(char):
    """CR, LF, NUL and every other control character fail the delivery and can never split a header."""
    with pytest.raises(RenderError) as caught:
        render("{{ ref }}", ref=f"a{char}b")
    assert str(caught.value) == "the header X-Key would hold a control character such as a line break"


@pytest.mark.parametrize("value", ["a\n", "\r\na", "a\x1c", "\x85a"])
def test_control_character_at_an_end_parks(value):
    """Only blanks and tabs are taken off the ends, as HTTP does: nothing else goes in silence."""
    with pytest.raises(RenderError, match="control character"):
        render("{{ ref }}", ref=value)


@pytest.mark.parametrize("value", ["日本", "Zoë", "a\u3000", "\xa0a"])
def test_characters_outside_ascii_park(value):
    """No two servers read the same letters from other bytes: the sentence says what to do."""
    with pytest.raises(RenderError) as caught:
        render("{{ ref }}", ref=value)
    assert (
        str(caught.value)
        == "the header X-Key would hold characters outside ASCII (use | urlencode or | base64)"
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("X Key", "a", "'X Key' is not a header name (letters, digits and hyphens, without blanks)"),
        ("X-Key\n", "a", "'X-Key\\n' is not a header name (letters, digits and hyphens, without blanks)"),
        ("", "a", "'' is not a header name (letters, digits and hyphens, without blanks)"),
        (
            "Content-Length",
            "1",
            "the header Content-Length cannot be mapped (the gateway sets it for every request)",
        ),
        ("host", "a", "the header host cannot be mapped (the gateway sets it for every request)"),
        (
            "TRANSFER-ENCODING",
            "a",
            "the header TRANSFER-ENCODING cannot be mapped (the gateway sets it for every request)",
        ),
        ("Connection", "a", "the header Connection cannot be mapped (the gateway sets it for every request)"),
        ("X-Key", "a\nb", "the header X-Key would hold a control character such as a line break"),
        (
            "X-Key",
            "日",
            "the header X-Key would hold characters outside ASCII (use | urlencode or | base64)",
        ),
        (
            "X-Key",
            ["a", Secret("env", "K")],
            "the header X-Key has a secret in a list (a secret must be the whole value)",
        ),
        ("X-Key", "{{ ref", "the template's braces do not pair (every {{ needs its }})"),
    ],
)
def test_mistake_is_refused_at_load(name, value, sentence):
    """Wrong names, names that are the gateway's, and literals that could never be sent are told at load."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the sentence is compared whole
        Header.compile(name, value, {})
    assert str(caught.value) == sentence
