"""Facts about asking for an access token, and reading the answer (RFC 6749). Pure."""

import json
from typing import Any

import pytest

from gateway.auth import OAuth2
from gateway.auth.oauth2 import LIFETIME, asked, granted
from gateway.model import Request, Response

GRANT = OAuth2("https://auth.example/token", "gate way", "s3cret:/+", "leads.write", (("audience", "acme"),))


def test_id_and_secret_in_a_header() -> None:
    """Each is form-encoded before they are joined, as section 2.3.1 has it."""
    made = asked(GRANT, "agent/1")
    assert made == Request(
        "POST",
        "https://auth.example/token",
        (
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
            ("User-Agent", "agent/1"),
            ("Authorization", "Basic Z2F0ZSt3YXk6czNjcmV0JTNBJTJGJTJC"),
        ),
        b"grant_type=client_credentials&scope=leads.write&audience=acme",
        secret=True,
    )


def test_id_and_secret_in_the_body() -> None:
    """For a server that knows no other way; then no header holds them."""
    made = asked(OAuth2("https://auth.example/token", "id", "s3cret&", in_body=True), "agent/1")
    assert made.body == b"grant_type=client_credentials&client_id=id&client_secret=s3cret%26"
    assert made.header("Authorization") is None


def answer(told: Any, status: int = 200) -> Response:
    return Response(status, (), told if isinstance(told, bytes) else json.dumps(told).encode())


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"access_token": "t", "token_type": "Bearer", "expires_in": 120}, 120.0),
        ({"access_token": "t", "token_type": "bearer", "expires_in": "120"}, 120.0),
        ({"access_token": "t"}, LIFETIME),
        ({"access_token": "t", "expires_in": None}, LIFETIME),
        ({"access_token": "t", "expires_in": "soon"}, LIFETIME),
        ({"access_token": "t", "expires_in": -5}, 0.0),
        ({"access_token": "t", "expires_in": 1e300}, 315360000.0),
        (b'{"access_token": "t", "expires_in": NaN}', LIFETIME),
    ],
)
def test_a_token_and_its_life(told: Any, seconds: float) -> None:
    """How long it is good for, also where servers say it in their own way, or not at all."""
    found = granted(answer(told))
    assert (found.token, found.lifetime) == ("t", seconds)
    assert "'t'" not in repr(found)


@pytest.mark.parametrize(
    ("told", "status", "sentence"),
    [
        ({"error": "invalid_client"}, 401, "it answered with status 401 invalid_client (200 and a token are right)"),
        ({"error": "s3cret !"}, 400, "it answered with status 400 (200 and a token are right)"),
        (b"<html>", 503, "it answered with status 503 (200 and a token are right)"),
        ([], 302, "it answered with status 302 (200 and a token are right)"),
        (b"[" * 60000, 200, "its answer holds no access_token (JSON with one, in visible ASCII, is right)"),
        (b"\xff", 200, "its answer holds no access_token (JSON with one, in visible ASCII, is right)"),
        ({"access_token": "a\r\nX: y"}, 200, "its answer holds no access_token (JSON with one, in visible ASCII, is right)"),
        ({"access_token": 5}, 200, "its answer holds no access_token (JSON with one, in visible ASCII, is right)"),
        ({"access_token": "t", "token_type": "mac"}, 200, "its token is of another type (token_type bearer is right)"),
    ],
)  # fmt: skip
def test_answers_without_a_token(told: Any, status: int, sentence: str) -> None:
    """Each is told in a sentence that repeats nothing but an error's code."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the sentence is compared whole
        granted(answer(told, status))
    assert str(caught.value) == sentence


def test_what_is_shown() -> None:
    """The shown header says Bearer, and nobody sees id, secret or token."""
    shown = GRANT.masked().on(Request("GET", "https://a.example/"))
    assert shown.headers == (("Authorization", "Bearer ***"),)
    assert "s3cret" not in repr(GRANT)
    assert "gate way" not in repr(GRANT.masked())
