"""Facts about signed requests, against what the authors of Standard Webhooks publish."""

import sys
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth import Signature, SigningKey
from gateway.auth.signature import ID, SIGNATURE, TIMESTAMP
from gateway.errors import RenderError
from gateway.model import Request

# The vectors of the specification's own reference libraries (github.com/standard-webhooks/standard-webhooks).
STAMPS = ((ID, "msg_p5jXN8AQM9LWM0D4loKWxJek"), (TIMESTAMP, "1614265330"))
BODY = b'{"test": 2432232314}'
V1 = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
V1A = (
    "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=",
    "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==",
)
REQUEST = Request("POST", "https://api.acme.example/returns", STAMPS, BODY)


def signature(*keys: str) -> Signature:
    return Signature(tuple(map(SigningKey.parse, keys)))


@pytest.mark.parametrize(("key", "expected"), [V1, V1A])
def test_the_published_vectors(key: str, expected: str) -> None:
    """Id, moment and body of the published examples give the published signatures."""
    assert signature(key).on(REQUEST).headers == (*STAMPS, (SIGNATURE, expected))


def test_two_keys_while_one_is_changed() -> None:
    """Each key signs, and both signatures stand in one header, with a blank between them."""
    assert signature(V1[0], V1A[0]).on(REQUEST).headers[-1] == (SIGNATURE, f"{V1[1]} {V1A[1]}")


def test_the_stamps_of_an_attempt() -> None:
    """The id is the idempotency key, and the moment the attempt's own, in whole seconds."""
    now = datetime(2021, 2, 25, 15, 2, 10, 999999, tzinfo=UTC)
    assert signature(V1[0]).stamps("msg_p5jXN8AQM9LWM0D4loKWxJek", now) == STAMPS


def test_a_request_without_a_body_signs_an_empty_one() -> None:
    """So does GET, whose query is not covered."""
    bare, empty = (
        signature(V1[0]).on(Request("GET", "https://a.example/", STAMPS, body)) for body in (None, b"")
    )
    assert bare.headers == empty.headers


def test_what_is_masked_signs_nothing() -> None:
    """The shown form says by which version a request is signed, and holds no key that could sign."""
    shown = signature(V1[0], V1A[0]).masked()
    assert shown.on(REQUEST).headers[-1] == (SIGNATURE, "v1,*** v1a,***")
    assert shown.keys[0].sign(b"") == b""
    assert "MfKQ9" not in f"{shown!r}{signature(V1[0])!r}"


def test_without_stamps_nothing_is_signed() -> None:
    """A request that does not say which attempt it is cannot be signed."""
    with pytest.raises(RenderError, match="there is no id or no moment to sign"):
        signature(V1[0]).on(Request("POST", "https://a.example/", (), b""))


@given(st.binary(max_size=200))
def test_every_ed25519_signature_can_be_verified(body: bytes) -> None:
    """With the public key, over the very bytes of the body; a private key may carry its public half."""
    private = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    public = private.public_key()
    halves = b64encode(b"k" * 32 + public.public_bytes_raw()).decode()
    ((_, value),) = (
        signature(f"whsk_{halves}").on(Request("POST", "https://a.example/", STAMPS, body)).headers[2:]
    )
    public.verify(
        b64decode(value.removeprefix("v1a,")),
        f"{STAMPS[0][1]}.{STAMPS[1][1]}.".encode() + body,
    )


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
         "the signing key begins neither with whsec_ nor with whsk_ (write the prefix, and base64)"),
        ("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
         "the signing key begins neither with whsec_ nor with whsk_ (write the prefix, and base64)"),
        ("whsec_MfKQ9r8!", "what follows whsec_ in the signing key is not base64 (copy it whole)"),
        ("whsec_MfKQ9r8GKYqrTwjé", "what follows whsec_ in the signing key is not base64 (copy it whole)"),
        ("whsec_MfKQ", "the signing key has 3 bytes (24 to 64 are right)"),
        ("whsec_" + b64encode(b"x" * 65).decode(), "the signing key has 65 bytes (24 to 64 are right)"),
        ("whsk_" + b64encode(b"x" * 31).decode(), "the signing key has 31 bytes (32 are right)"),
        ("whsk_" + b64encode(b"x" * 64).decode(),
         "the halves of the signing key do not belong together (copy it whole)"),
    ],
)  # fmt: skip
def test_keys_that_cannot_sign(key: str, sentence: str) -> None:
    """A key that is not whole is refused, in a sentence that does not repeat it."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the sentence is compared whole
        SigningKey.parse(key)
    assert str(caught.value) == sentence


def test_ed25519_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is not installed, the sentence says what to install."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(ValueError, match=r"not installed \(pip install 'feedback-gateway\[ed25519\]'\)"):
        SigningKey.parse(V1A[0])
