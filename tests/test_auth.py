"""Facts about what `auth:` sends, and what of it is shown."""

from base64 import b64decode

import pytest

from gateway.auth import Auth, Basic, Bearer, Wss
from gateway.errors import RenderError
from gateway.model import MASK


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


@pytest.mark.parametrize("auth", [Basic("joe", "s3cret"), Bearer("s3cret"), Wss("joe", "s3cret", True)])
def test_no_shown_form_holds_a_secret(auth: Auth) -> None:
    """Neither repr nor what is masked lets the secret through, plain or encoded."""
    sent = [value.split()[1] for _, value in auth.headers()]
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
        (Wss("joe", "s3cret\n"), _BROKEN),
        (Wss("joe\x00", "s3cret"), _BROKEN),
    ],
)
def test_what_cannot_be_sent(auth: Auth, sentence: str) -> None:
    """What would break the request fails this delivery, in a sentence without the secret."""
    with pytest.raises(RenderError) as caught:
        auth.headers()
    assert str(caught.value) == sentence
