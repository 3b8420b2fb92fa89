"""Transport `soap`: where the calls go. What is fetched sends nothing to a third host, and nothing out of TLS."""

from pathlib import Path

import pytest

from gateway.testing.kit import endpoint_for
from plugins import soap
from plugins.soap import describe
from plugins.soap.documents import WsdlError

WSDL = (Path(__file__).parent / "wsdl" / "unqualified.wsdl").read_bytes()
THERE = "http://acme.example/"


def address(url, given=THERE, load=None, **settings):
    text = WSDL.replace(THERE.encode(), given.encode())
    keys = {"operation": "SubmitReturn", **settings}
    return endpoint_for(soap, keys, url=url, load=load or (lambda _: text)).prepared.address


@pytest.mark.parametrize(
    ("url", "given", "called"),
    [
        ("http://acme.example/?wsdl", "http://acme.example/", "http://acme.example/"),
        ("https://acme.example/?wsdl", "https://ACME.example:8443/x", "https://ACME.example:8443/x"),
        ("http://acme.example/?wsdl", "https://acme.example/", "https://acme.example/"),
        ("https://acme.example/?wsdl", "http://acme.example/", "https://acme.example/"),
        ("wsdl/acme.wsdl", "http://other.example/", "http://other.example/"),
    ],
)
def test_an_address_that_is_called(url, given, called):
    """That of the WSDL's own host, over TLS where the WSDL came so; any, of a WSDL in the conf folder."""
    assert address(url, given) == called


@pytest.mark.parametrize(
    ("url", "given", "wrong"),
    [
        ("https://acme.example/?wsdl", "https://evil.example/", "of another host"),
        ("http://acme.example/?wsdl", "http://acme.example@evil.example/", "of another host"),
        ("http://acme.example/?wsdl", "http://acme.example.evil.example/", "of another host"),
        ("https://acme.example/?wsdl", "http://acme.example:8080/", "without TLS"),
        ("HTTPS://acme.example/?wsdl", "HTTP://acme.example:8080/", "without TLS"),
    ],
)
def test_an_address_that_must_be_allowed(url, given, wrong):
    """The sentence names both, and what to write; with that written it is called."""
    with pytest.raises(WsdlError) as caught:
        address(url, given)
    assert (caught.value.key, str(caught.value)) == (
        "address",
        f"the WSDL at {url} gives Acme.Plain.SubmitReturn the address {given}, {wrong} "
        f"(write address: {given} to allow that)",
    )
    assert address(url, given, address=given) == given


def test_what_a_wsdl_imports_has_no_say():
    """A WSDL in the conf folder vouches for its own address; the services of one that it fetches are not called."""
    outer = b"""<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:outer">
        <import namespace="urn:acme" location="https://acme.example/inner.wsdl"/></definitions>"""
    texts = {"wsdl/outer.wsdl": outer, "https://acme.example/inner.wsdl": WSDL}
    with pytest.raises(WsdlError, match=r"no operation 'SubmitReturn' \(it offers none"):
        address("wsdl/outer.wsdl", load=texts.__getitem__)


def test_it_is_described_with_the_address_to_allow():
    """What such a WSDL asks for can be read; the conf that is written says in plain sight where it sends."""
    (offer, *_) = describe("http://here.example/?wsdl", lambda _: WSDL, None).offers
    assert (offer.problem, offer.keys["address"]) == ("", "http://acme.example/")
    assert offer.arguments
    (offer, *_) = describe("http://acme.example/?wsdl", lambda _: WSDL, None).offers
    assert "address" not in offer.keys
