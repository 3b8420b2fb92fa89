"""Signatures, held against the published vectors of RFC 2202 and RFC 4231 whose keys and texts are text."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.templates import Template
from gateway.templates.hashes import ALGORITHMS

HI, JEFE, TRUNCATED = "Hi There", "what do ya want for nothing?", "Test With Truncation"
# Algorithm, key, text, digest: RFC 2202 sections 2 and 3 (cases 1, 2, 5), RFC 4231 sections 4.2 and 4.3.
VECTORS = [
    ("md5", "\x0b" * 16, HI, "9294727a3638bb1c13f48ef8158bfc9d"),
    ("md5", "Jefe", JEFE, "750c783e6ab0b503eaa86e310a5db738"),
    ("md5", "\x0c" * 16, TRUNCATED, "56461ef2342edc00f9bab995690efd4c"),
    ("sha1", "\x0b" * 20, HI, "b617318655057264e28bc0b6fb378c8ef146be00"),
    ("sha1", "Jefe", JEFE, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
    ("sha1", "\x0c" * 20, TRUNCATED, "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"),
    ("sha256", "\x0b" * 20, HI, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    ("sha256", "Jefe", JEFE, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    (
        *("sha384", "\x0b" * 20, HI),
        "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
    ),
    (
        *("sha384", "Jefe", JEFE),
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    ),
    (
        *("sha512", "\x0b" * 20, HI),
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
        "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
    ),
    (
        *("sha512", "Jefe", JEFE),
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
        "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    ),
]


def signed(text, key, algorithm, expression="x | hmac('{}', key=secrets.k)"):
    template = Template.compile(f"{{{{ {expression.format(algorithm)} }}}}", secrets=True)
    return template.render({"x": text, "secrets": {"k": key}})


@pytest.mark.parametrize(("algorithm", "key", "text", "digest"), VECTORS)
def test_the_published_vectors(algorithm, key, text, digest):
    """What the RFCs print is what is sent."""
    assert signed(text, key, algorithm) == digest


def test_every_algorithm_has_its_vectors():
    """None is known that no RFC was held against."""
    assert {vector[0] for vector in VECTORS} == set(ALGORITHMS)


@given(st.text(max_size=50), st.text(min_size=1, max_size=200), st.sampled_from(ALGORITHMS))
def test_hmac_is_made_as_rfc_2104_says(text, key, algorithm):
    """A key that is longer than a block counts as its digest; the text follows the inner pad, the outer wraps it."""
    assert signed(text, key, algorithm) == (_by_hand(text, key, algorithm) if text.strip() else None)


def _by_hand(text, key, algorithm):
    block = hashlib.new(algorithm).block_size
    raw = key.encode()
    raw = hashlib.new(algorithm, raw).digest() if len(raw) > block else raw
    inner, outer = (bytes(byte ^ pad for byte in raw.ljust(block, b"\0")) for pad in (0x36, 0x5C))
    within = hashlib.new(algorithm, inner + text.encode()).digest()
    return hashlib.new(algorithm, outer + within).hexdigest()


def test_a_salt_stands_before_the_value():
    """`salt=` is the same as joining the texts by hand, with a secret, too."""
    salted = signed("L-1", "pepper", "sha256", "x | {}(salt=secrets.k)")
    assert salted == signed("L-1", "pepper", "sha256", "(secrets.k ~ x) | {}")
