"""PHP's SoapServer takes our envelopes, decodes what was mapped, and its answers are read."""

import pytest

from tests.peers.conftest import LEAD, Deliver, Peer

SHAPES = [
    ("wrapped", "Soap11"),
    ("wrapped", "Soap12"),
    ("rpc", "Soap11"),
    ("rpc", "Soap12"),
    ("encoded", "Soap11"),
    ("encoded", "Soap12"),
]
VALUES = {
    "LeadId": LEAD,
    "Reason": "Wrong number",
    "Count": -7,
    "Amount": "12.75",  # PHP keeps decimals as text
    "Final": False,
    "Note": None,
    "Empty": "",
    "Lead": {"Name": "Ana  Lu", "Phone": ["+1 512", "0"]},
}
every_shape = pytest.mark.parametrize(("shape", "port"), SHAPES)


@every_shape
async def test_it_sees_the_values(php: Peer, deliver: Deliver, shape: str, port: str) -> None:
    """Text of any kind, numbers, a boolean, nil, empty, parts and lists; and its yes is read, with all that it says."""
    more = "    Codes: [DUP, '7']\n" if shape == "encoded" else ""
    story = await deliver(f"{php.url}/{shape}?wsdl", f"Peer.{port}.Submit", more=more)
    assert (story["state"], story["reason"]) == ("delivered", "Überprüft & ok")
    assert (story["reference"], story["price"]) == ("R-1", "12.50")
    codes = {"Codes": ["DUP", "7"]} if shape == "encoded" else {}
    assert php.received()["values"] == VALUES | codes


@every_shape
async def test_its_fault_is_read(php: Peer, deliver: Deliver, shape: str, port: str) -> None:
    """An error, for the reason that it gives: faultstring in SOAP 1.1, Reason/Text in 1.2."""
    story = await deliver(f"{php.url}/{shape}?wsdl", f"Peer.{port}.Submit", reason="Refuse")
    assert (story["outcome"], story["reason"]) == ("error", "no lead <7> & co. is known")
    assert story["attempts"][0]["response"]["status"] == 500


@pytest.mark.parametrize("digest", [False, True])
@pytest.mark.parametrize("port", ["Soap11", "Soap12"])
async def test_it_knows_who_we_are(php: Peer, deliver: Deliver, port: str, digest: bool) -> None:
    """It understands the Security header, as it must, and comes to the same digest with the password it knows."""
    story = await deliver(f"{php.url}/wrapped?wsdl", f"Peer.{port}.Submit", wss=digest)
    assert story["state"] == "delivered"
    security = php.received()["security"]
    assert security["username"] == "gateway & co."
    assert security["digest"] is True if digest else security["password"] == "s3cret"
