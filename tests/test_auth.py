"""Facts about the headers that `auth:` makes."""

from base64 import b64decode

import pytest

from gateway.auth import Basic, Bearer
from gateway.errors import RenderError


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


@pytest.mark.parametrize("auth", [Basic("joe", "s3cret"), Bearer("s3cret")])
def test_no_shown_form_holds_a_secret(auth: Basic | Bearer) -> None:
    """Neither repr nor the masked header lets the secret through, plain or encoded."""
    secret = auth.headers()[0][1].split()[1]
    for shown in (repr(auth), str(auth), str(auth.masked())):
        assert "joe" not in shown
        assert "s3cret" not in shown
        assert secret not in shown
    assert auth.masked() == (("Authorization", f"{type(auth).__name__} ***"),)


@pytest.mark.parametrize(
    ("auth", "sentence"),
    [
        (
            Basic("jo:e", "s3cret"),
            "the user name holds a colon (RFC 7617 allows none: the password begins there)",
        ),
        (Basic("joe", "s3cret\n"), "user name or password holds a control character (a line break, perhaps)"),
        (Bearer("s3cret\r\nX: y"), "the bearer token is empty or holds more than visible ASCII"),
        (Bearer("s3crét"), "the bearer token is empty or holds more than visible ASCII"),
        (Bearer(""), "the bearer token is empty or holds more than visible ASCII"),
    ],
)
def test_what_cannot_be_sent(auth: Basic | Bearer, sentence: str) -> None:
    """What would break the header fails this delivery, in a sentence without the secret."""
    with pytest.raises(RenderError) as caught:
        auth.headers()
    assert str(caught.value) == sentence
