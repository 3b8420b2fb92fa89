"""Addresses: what goes out as written, where templates may stand, and that no value leaves its place."""

from decimal import Decimal
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RenderError
from gateway.http.outgoing import sendable
from gateway.mapping.urls import Url

PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)


def render(text, **scope):
    return Url.compile(text, {}).render(scope)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("https://api.acme.example/returns", "https://api.acme.example/returns"),
        ("HTTPS://API.Acme.example:8443/A", "https://api.acme.example:8443/A"),
        ("http://127.0.0.1:80", "http://127.0.0.1:80"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://a.example/%2F%c3%A4/b%20c", "https://a.example/%2F%c3%A4/b%20c"),
        ("https://a.example/100%/x%zz", "https://a.example/100%25/x%25zz"),
        ('https://a.example/"<>\\^`{|}', "https://a.example/%22%3C%3E%5C%5E%60%7B%7C%7D"),
        (
            "https://a.example/a;b=1/../c//d?x[0]=1&y=+&z=é",
            "https://a.example/a;b=1/../c//d?x[0]=1&y=+&z=%C3%A9",
        ),
        ("https://a.example/x#part", "https://a.example/x"),
        ("https://a.example?x=1", "https://a.example?x=1"),
        ("wsdl/acme.wsdl", "wsdl/acme.wsdl"),
        ("wsdl/a file.wsdl", "wsdl/a file.wsdl"),
    ],
)
def test_literal_goes_out_as_written(text, sent):
    """The bytes are the operator's: only what a URL cannot hold is encoded, and the fragment goes."""
    assert render(text) == sent
    assert Url.compile(text, {}).sample == sent


@pytest.mark.parametrize(
    ("text", "scope", "sent"),
    [
        (
            "https://a.example/{{ ref }}",
            {"ref": "a/b?c#d&e=f%2F"},
            "https://a.example/a%2Fb%3Fc%23d%26e%3Df%252F",
        ),
        ("https://a.example/{{ ref }}/x", {"ref": " é ~-_."}, "https://a.example/%20%C3%A9%20~-_./x"),
        ("https://a.example/l-{{ ref }}.json", {}, "https://a.example/l-.json"),
        ("https://a.example/?ref={{ ref }}&x=1", {}, "https://a.example/?ref=&x=1"),
        ("https://a.example/?p={{ ref }}", {"ref": ".."}, "https://a.example/?p=.."),
        ("https://a.example/{{ ref }}", {"ref": Decimal("12.75")}, "https://a.example/12.75"),
        ("https://a.example/{{ ref }}", {"ref": ["a", 1]}, "https://a.example/%5B%22a%22%2C1%5D"),
        ("https://a.example/{{ ref | upper }}{{ ref }}", {"ref": "a"}, "https://a.example/Aa"),
        (
            "https://a.example/{% if ref %}x/{{ ref }}{% else %}none{% endif %}?q",
            {"ref": 1},
            "https://a.example/x/1?q",
        ),
        (
            "https://a.example/{% if ref %}x/{{ ref }}{% else %}none{% endif %}?q",
            {},
            "https://a.example/none?q",
        ),
        ("https://a.example/ü/{{ ref }}#{{ ref }}", {"ref": 1}, "https://a.example/%C3%BC/1"),
        ("https://a.example/{{ 'a/b' }}", {}, "https://a.example/a%2Fb"),
        ("https://a.example/{{ ref }}", {"ref": "{{ x }}"}, "https://a.example/%7B%7B%20x%20%7D%7D"),
    ],
)
def test_values_are_encoded_whole(text, scope, sent):
    """Every templated value stays inside the segment or parameter it stands in."""
    assert render(text, **scope) == sent


@given(PRINTABLE)
def test_path_segment_decodes_back_to_the_value(value):
    """Any text without control characters comes back from its segment and parameter, and is sendable ASCII."""
    url = render("https://a.example/x-{{ ref }}/y?ref={{ ref }}", ref=value)
    parts = urlsplit(url)
    assert url.isascii()
    assert [unquote(segment) for segment in parts.path.split("/")] == ["", f"x-{value}", "y"]
    assert unquote(parts.query.removeprefix("ref=")) == value
    assert str(sendable(url)) == url


@given(PRINTABLE)
def test_value_that_is_a_whole_segment_is_filled(value):
    """A value alone between slashes is its segment, or is refused because it is blank, . or .."""
    try:
        url = render("https://a.example/x/{{ ref }}/y", ref=value)
    except RenderError:
        assert value.strip() in ("", ".", "..")
    else:
        assert unquote(urlsplit(url).path.split("/")[2]) == value


SEGMENT = "a value makes a blank, . or .. path segment of the url (map a value that is filled)"
CONTROL = "a value for the url holds a control character (take it out with | trim or | replace)"


@pytest.mark.parametrize(
    ("text", "value", "sentence"),
    [
        ("https://a.example/{{ ref }}", None, SEGMENT),
        ("https://a.example/{{ ref }}/x", "", SEGMENT),
        ("https://a.example/{{ ref }}/x", "  ", SEGMENT),
        ("https://a.example/{{ ref }}", "..", SEGMENT),
        ("https://a.example/{{ ref }}?x", ".", SEGMENT),
        ("https://a.example/.{{ ref }}/x", ".", SEGMENT),
        ("https://a.example/%2e{{ ref }}/x", ".", SEGMENT),
        ("https://a.example/{{ ref }}{{ ref }}", ".", SEGMENT),
        ("https://a.example/{{ ref }}", "a\r\nX: y", CONTROL),
        ("https://a.example/?x={{ ref }}", "a\x00", CONTROL),
        ("https://a.example/?x={{ ref }}", "a\x85", CONTROL),
        ("https://a.example/x#{{ ref }}", "\t", CONTROL),
        (
            "https://a.example/{{ ref }}",
            "\ud800",
            "a value for the url holds a lone surrogate (it cannot be written as UTF-8)",
        ),
        ("https://a.example/{{ ref | required }}", None, "ref is required, and is blank"),
    ],
)
def test_value_that_would_leave_its_place_parks(text, value, sentence):
    """Blank and dot segments, control characters and lone surrogates are refused with a sentence."""
    with pytest.raises(RenderError) as caught:
        render(text, ref=value)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "{{ lead.url }}",
            "the url must begin with its address (http://HOST/ or https://HOST/, then templates)",
        ),
        (
            "https://{{ lead.host }}/x",
            "the url has a template in its scheme, host or port (only path and query may hold one)",
        ),
        (
            "https://a.example:{{ port }}/",
            "the url has a template in its scheme, host or port (only path and query may hold one)",
        ),
        (
            "https://a.example{{ path }}",
            "the url has a template in its scheme, host or port (only path and query may hold one)",
        ),
        (
            "{{ scheme }}://a.example/",
            "the url has a template in its scheme, host or port (only path and query may hold one)",
        ),
        ("ftp://a.example/", "the url's scheme 'ftp' cannot be spoken (write http or https)"),
        ("https://joe:pw@a.example/", "the url holds a user name or password (credentials stand under auth)"),
        ("https://a b/", "the url's host holds white space or a control character (write HOST or HOST:PORT)"),
        ("https:///x", "the url's host '' is no host name (write such as api.example.com)"),
        ("https://a..b/", "the url's host 'a..b' is no host name (write such as api.example.com)"),
        ("https://a:99999/", "the url's host 'a:99999' cannot be read: Port out of range 0-65535"),
        ("https://a:0/", "the url's port is 0 (write 1 to 65535)"),
        ("https://a.example/a b", "the url holds white space or a control character (write %20 for a blank)"),
        (
            "https://a.example/a\r\nb",
            "the url holds white space or a control character (write %20 for a blank)",
        ),
        (
            "https://a.example/{{ x }} b",
            "the url holds white space or a control character (write %20 for a blank)",
        ),
        ("https://a.example/{{ x | nope }}", "there is no filter 'nope'"),
        ("https://a.example/{{ x }", "the template's braces do not pair (every {{ needs its }})"),
    ],
)
def test_mistake_is_refused_at_load(text, sentence):
    """A template in the origin, another scheme, credentials and broken hosts never come as far as an event."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the sentence is compared whole
        Url.compile(text, {})
    assert str(caught.value) == sentence


def test_sample_and_variables():
    """A trial sees `x` for every value, the first branch of every if; the variables are listed."""
    url = Url.compile(
        "https://a.example/{{ a.b }}{% if c %}/{{ d | trim }}{% else %}!{% endif %}?e={{ e }}#f", {}
    )
    assert url.sample == "https://a.example/x/x?e=x"
    assert url.variables == {"a.b", "c", "d", "e"}
