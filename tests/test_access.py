"""Tokens as hashes, and signatures by Standard Webhooks."""

from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access import Access, Grant, Signing, check_signature, hash_of, signing_key

# The example of the specification (standard-webhooks.md).
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
NOW = 1614265330.0


def test_the_published_example() -> None:
    """The signature in the specification is right."""
    check_signature(Signing((signing_key(SECRET),), 300), HEADERS, BODY, NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_within_the_tolerance(seconds: int) -> None:
    check_signature(Signing((signing_key(SECRET),), 300), HEADERS, BODY, NOW + seconds)


@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_beyond_the_tolerance(seconds: int) -> None:
    """Old and future ones are refused, so that what was recorded is of no use later."""
    with pytest.raises(ValueError, match="is not within 300 s of the time here"):
        check_signature(Signing((signing_key(SECRET),), 300), HEADERS, BODY, NOW + seconds)


@given(st.binary(max_size=40), st.binary(min_size=1, max_size=40))
def test_any_other_body_is_refused(body: bytes, more: bytes) -> None:
    """What was signed is the very bytes."""
    if body + more != BODY:
        with pytest.raises(ValueError, match="webhook-signature is not right"):
            check_signature(Signing((signing_key(SECRET),), 300), HEADERS, body + more, NOW)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqr", "whsec_!!!!", "whsk_" + "A" * 40,
     "whsec_" + b64encode(b"k" * 65).decode(), "whsec_" + b64encode(b"k" * 23).decode(), "whsec_ä"],
)  # fmt: skip
def test_what_is_no_signing_secret(secret: str) -> None:
    """The sentence does not repeat it."""
    with pytest.raises(ValueError, match=r"^a signing secret is whsec_ and 24 to 64 bytes in base64$"):
        signing_key(secret)


@given(st.text())
def test_only_its_token_opens_a_grant(text: str) -> None:
    """Whatever else is presented, lone surrogates included, is nobody."""
    grant = Grant("crm", frozenset({"post"}))
    access = Access(((sha256(b"fgt_right").digest(), grant), (b"", Grant("broken", frozenset()))))
    assert access.grant("fgt_right") is grant
    if text != "fgt_right":
        assert access.grant(text) is None
        assert access.grant(text + "\udc80") is None


def test_no_token_stands_in_what_is_kept() -> None:
    """Neither the token nor its hash is shown where the conf is printed."""
    access = Access(((hash_of("fgt_right"), Grant("crm", frozenset())),))
    assert "fgt_right" not in repr(access)
    assert "crm" not in repr(access)
    assert "k" * 8 not in repr(Signing((b"k" * 32,), 300))
