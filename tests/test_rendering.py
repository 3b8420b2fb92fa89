"""Values and secrets become two requests: one for the wire, one that may be shown."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth import Basic, Bearer, Wss
from gateway.errors import RenderError
from gateway.model import Endpoint, Request, Secret, Values
from gateway.rendering import ACCEPT, USER_AGENT, Rendered, render, shown
from gateway.settings import Settings
from tests import making

KEY, TOKEN = Secret("file", "acme_key"), Secret("env", "ACME_TOKEN")
SECRETS = {KEY: "s3cret-key", TOKEN: "t0ken"}
JSON = making.transport().render


def end(**more: Any) -> Endpoint:
    return replace(making.route().endpoint, **more)


def rendered(values: Values, key: str = "e-1", **more: Any) -> Rendered:
    return render(JSON, end(**more), values, SECRETS, key)


def test_without_secrets_what_is_shown_is_what_goes_out() -> None:
    """Nothing is rendered twice where nothing has to be hidden."""
    found = rendered(Values(making.URL, (), {"lead": "L-1"}))
    assert found.wire is found.shown
    assert found.wire.headers == (
        ("Content-Type", "application/json; charset=utf-8"),
        ("Accept", ACCEPT),
        ("User-Agent", USER_AGENT),
        ("Idempotency-Key", "e-1"),
    )


def test_a_secret_stands_in_the_wire_form_only() -> None:
    """In tree and headers, at any depth, the shown form has `***`."""
    tree = {"auth": [{"key": KEY}, "x"], "token": TOKEN}
    found = rendered(Values(making.URL, (("X-Token", TOKEN), ("X-Client", "us")), tree))
    assert found.wire.body == b'{"auth":[{"key":"s3cret-key"},"x"],"token":"t0ken"}'
    assert found.shown.body == b'{"auth":[{"key":"***"},"x"],"token":"***"}'
    assert dict(found.wire.headers)["X-Token"] == "t0ken"
    assert dict(found.shown.headers)["X-Token"] == "***"
    assert dict(found.shown.headers)["X-Client"] == "us"


@pytest.mark.parametrize(
    ("auth", "expected"), [(Bearer("t0ken"), "Bearer ***"), (Basic("us", "s3cret"), "Basic ***")]
)
def test_auth_is_shown_masked_and_left_to_the_session(auth: Any, expected: str) -> None:
    """The wire form has no auth yet; the shown form says that there is one."""
    found = rendered(Values(making.URL, (), {}), auth=auth)
    assert "Authorization" not in dict(found.wire.headers)
    assert dict(found.shown.headers)["Authorization"] == expected


def test_a_mapped_authorization_wins_over_auth() -> None:
    """Whoever maps the header wants it as it is."""
    found = rendered(Values(making.URL, (("authorization", "Custom 1"),), {}), auth=Bearer("t0ken"))
    assert [value for name, value in found.shown.headers if name.lower() == "authorization"] == ["Custom 1"]


@pytest.mark.parametrize("name", ["ACCEPT", "User-agent", "idempotency-key"])
def test_a_mapped_header_wins_by_name(name: str) -> None:
    """Whatever its case, a mapped header stands in place of the transport's and of the default one."""
    found = rendered(Values(making.URL, ((name, "mine"),), {}))
    assert [value for known, value in found.wire.headers if known.lower() == name.lower()] == ["mine"]


@pytest.mark.parametrize(
    "value",
    [
        "application/json",
        "application/vnd.api+json; v=1",
        "text/json; charset=UTF-8",
        'application/json;charset="utf8"',
    ],
)
def test_a_mapped_content_type_of_the_family_wins(value: str) -> None:
    """A source that wants its own name for the format gets it."""
    found = rendered(Values(making.URL, (("content-type", value),), {}))
    assert [text for name, text in found.wire.headers if name.lower() == "content-type"] == [value]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (
            "text/plain",
            "text/plain is not what json sends (stay with application/json; charset=utf-8)",
        ),
        (
            "application/json; charset=ISO-8859-1",
            "the text is sent as UTF-8, not ISO-8859-1 (stay with application/json; charset=utf-8)",
        ),
    ],
)
def test_a_mapped_content_type_cannot_lie(value: str, sentence: str) -> None:
    """Whatever an event makes of it, the header names the format and the charset that are sent."""
    with pytest.raises(RenderError) as caught:
        rendered(Values(making.URL, (("Content-Type", value),), {}))
    assert (caught.value.key, str(caught.value)) == ("headers.Content-Type", sentence)


def test_secrets_in_extras_are_revealed_and_masked() -> None:
    """The transport's further mappings may hold secrets as the mapping does."""
    seen: list[Any] = []

    def own(values: Values, endpoint: Endpoint) -> Request:
        seen.append(values.extras)
        return Request("POST", values.url)

    values = Values(making.URL, (), {}, extras={"extra_parameters": {"key": KEY, "n": [TOKEN, 1]}})
    render(own, end(), values, SECRETS, "e-1")
    assert seen == [
        {"extra_parameters": {"key": "s3cret-key", "n": ["t0ken", 1]}},
        {"extra_parameters": {"key": "***", "n": ["***", 1]}},
    ]


def test_the_idempotency_header_can_be_renamed_or_left_out() -> None:
    """A source that has its own name for it gets that; `off` sends none."""
    named = rendered(Values(making.URL, (), {}), key="e-1.2", idempotency_header="X-Event")
    assert dict(named.wire.headers)["X-Event"] == "e-1.2"
    off = rendered(Values(making.URL, (), {}), idempotency_header=None)
    assert {name for name, _ in off.wire.headers} == {"Content-Type", "Accept", "User-Agent"}


def test_a_secret_that_is_not_known_is_named() -> None:
    """The sentence names the reference, and how to go on."""
    with pytest.raises(RenderError) as caught:
        render(JSON, end(), Values(making.URL, (), {"key": Secret("env", "GONE")}), SECRETS, "e-1")
    assert (
        str(caught.value) == "the secret {env: GONE} is not in the conf any more (a fresh replay maps anew)"
    )


def test_a_transport_is_never_shown_a_reference() -> None:
    """What `render` gets holds text only: the secret for the wire, `***` for show."""
    seen: list[Any] = []

    def own(values: Values, endpoint: Endpoint) -> Request:
        seen.append((values.tree, values.headers))
        return Request("POST", values.url)

    render(own, end(), Values(making.URL, (("X", KEY),), {"a": [KEY]}), SECRETS, "e-1")
    assert seen == [({"a": ["s3cret-key"]}, (("X", "s3cret-key"),)), ({"a": ["***"]}, (("X", "***"),))]


class _Writing(Settings):
    """The settings of a transport that writes credentials into its request."""

    writes_auth: ClassVar[bool] = True


def _password(values: Values, endpoint: Endpoint) -> Request:
    return Request("POST", values.url, body=endpoint.auth.password.encode())


def test_a_transport_that_writes_auth_gets_it_once_with_the_secret_and_once_without() -> None:
    """What goes out holds the password, what is shown holds `***` in its place."""
    auth = Wss("us", "s3cret")
    found = render(_password, end(auth=auth, settings=_Writing()), Values(making.URL), SECRETS, "e-1")
    assert (found.wire.body, found.shown.body) == (b"s3cret", b"***")
    assert shown(_password, end(auth=auth, settings=_Writing()), Values(making.URL), "e-1") == found.shown


def test_any_other_transport_never_sees_credentials() -> None:
    """It is rendered once, so what it writes is shown: it gets `***`, and the session adds the header."""
    found = rendered(Values(making.URL, (), {}), auth=Bearer("t0ken"))
    assert found.wire.body == found.shown.body
    leaking = render(_password, end(auth=Wss("us", "s3cret")), Values(making.URL), SECRETS, "e-1")
    assert (leaking.wire.body, leaking.shown.body) == (b"***", b"***")


_LEAVES = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=5)
_TREES = st.recursive(
    _LEAVES | st.sampled_from([KEY, TOKEN]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(_TREES)
def test_no_tree_shows_a_secret(tree: Any) -> None:
    """Wherever secrets stand, the shown request has none of them, and rendering changes no value."""
    values = Values(making.URL, (), {"root": tree})
    before = repr(values)
    found = rendered(values)
    assert b"s3cret-key" not in (found.shown.body or b"")
    assert b"t0ken" not in (found.shown.body or b"")
    assert repr(values) == before
    assert found.shown == shown(JSON, end(), values, "e-1")
