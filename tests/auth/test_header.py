"""Facts about what `auth:` sends, and what of it is shown."""

from base64 import b64decode

import pytest

from gateway.auth import ApiKey, Auth, Basic, Bearer, Wss
from gateway.errors import RenderError
from gateway.model import MASK, Request


def test_basic_is_utf8() -> None:
    """User name and password go out as UTF-8 before base64, as RFC 7617 §2.1 has it."""
    assert Basic("test", "123£").headers() == (("Authorization", "Basic dGVzdDoxMjPCow=="),)


def test_a_password_may_hold_colons() -> None:
    """The first colon ends the user name; all others belong to the password."""
    ((_, value),) = Basic("joe", "a:b:c").headers()
    assert b64decode(value.removeprefix("Basic ")) == b"joe:a:b:c"


def test_bearer() -> None:
    """The token goes out as it is."""
    assert Bearer("s3cret-Token==").headers() == (("Authorization", "Bearer s3cret-Token=="),)


def test_wss_is_no_header() -> None:
    """It stands in the envelope, which the transport writes."""
    assert Wss("joe", "s3cret").headers() == ()


@pytest.mark.parametrize(
    "auth",
    [
        Basic("joe", "s3cret"),
        Bearer("s3cret"),
        Wss("joe", "s3cret", True),
        ApiKey("X-Key", "s3cret"),
        ApiKey("k", "s3cret", in_query=True),
    ],
)
def test_no_shown_form_holds_a_secret(auth: Auth) -> None:
    """Neither repr nor what is masked lets the secret through, plain or encoded."""
    sent = [value.split()[-1] for _, value in auth.headers()]
    for shown in (repr(auth), str(auth), repr(auth.masked()), repr(auth.masked().headers())):
        for secret in ("joe", "s3cret", *sent):
            assert secret not in shown


@pytest.mark.parametrize("auth", [Basic("joe", "s3cret"), Bearer("s3cret")])
def test_a_masked_header_says_how_it_authenticates(auth: Auth) -> None:
    """Its scheme is shown, and nothing behind it."""
    assert auth.masked().headers() == (("Authorization", f"{type(auth).__name__} ***"),)


def test_masked_credentials_are_of_the_same_kind() -> None:
    """So that a transport can write them where the secret would stand."""
    assert Wss("joe", "s3cret", True, "joe").masked() == Wss("joe", MASK, True, "joe")
    assert Wss("joe", "s3cret").masked() == Wss(MASK, MASK)
    assert Basic("joe", "s3cret").masked() == Basic(MASK, MASK)
    assert Bearer("s3cret").masked() == Bearer(MASK)


_KEY = "the API key holds a line break, blanks at an end, or more than ASCII"
_BROKEN = "user name or password holds a control character (a line break, perhaps)"


@pytest.mark.parametrize(
    ("auth", "sentence"),
    [
        (
            Basic("jo:e", "s3cret"),
            "the user name holds a colon (RFC 7617 allows none: the password begins there)",
        ),
        (Basic("joe", "s3cret\n"), _BROKEN),
        (Bearer("s3cret\r\nX: y"), "the bearer token is empty or holds more than visible ASCII"),
        (Bearer("s3crét"), "the bearer token is empty or holds more than visible ASCII"),
        (Bearer(""), "the bearer token is empty or holds more than visible ASCII"),
        (ApiKey("X-Key", "s3cret\n"), _KEY),
        (ApiKey("X-Key", "s3crét"), _KEY),
        (ApiKey("key", " s3cret", in_query=True), _KEY),
        (Wss("joe", "s3cret\n"), _BROKEN),
        (Wss("joe\x00", "s3cret"), _BROKEN),
    ],
)
def test_what_cannot_be_sent(auth: Auth, sentence: str) -> None:
    """What would break the request fails this delivery, in a sentence without the secret."""
    with pytest.raises(RenderError) as caught:
        auth.headers()
    assert str(caught.value) == sentence


POST = Request("POST", "https://api.acme.example/returns", (("X-Mapped", "1"),), b"{}")


def test_an_api_key_in_a_header() -> None:
    """It stands under the name that the conf has for it, behind the others."""
    assert ApiKey("X-Api-Key", "s3cret").on(POST).headers == (("X-Mapped", "1"), ("X-Api-Key", "s3cret"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/r", "https://a.example/r?api%20key=a%2Bb%26c"),
        ("https://a.example/r?", "https://a.example/r?api%20key=a%2Bb%26c"),
        ("https://a.example/r?x=1", "https://a.example/r?x=1&api%20key=a%2Bb%26c"),
        ("https://a.example/r?api%20key=mine", "https://a.example/r?api%20key=mine"),
    ],
)
def test_an_api_key_in_the_query(url: str, expected: str) -> None:
    """It is one more parameter, encoded as one, unless such a parameter was mapped."""
    assert ApiKey("api key", "a+b&c", in_query=True).on(Request("GET", url)).url == expected


def test_a_masked_key_in_the_query_reads_as_such() -> None:
    """`***` stands in the address as it does everywhere."""
    assert ApiKey("k", "s3cret", in_query=True).masked().on(POST).url == POST.url + "?k=***"


@pytest.mark.parametrize(
    ("auth", "name"),
    [(Basic("joe", "pw"), "authorization"), (Bearer("t"), "AUTHORIZATION"), (ApiKey("X-Key", "k"), "x-key")],
)
def test_a_mapped_header_wins(auth: Auth, name: str) -> None:
    """Whatever its case, a header of that name that was mapped stays, and is the only one."""
    request = Request("GET", "https://a.example/", ((name, "mine"),))
    assert auth.on(request).headers == request.headers
