"""The npm package `soap` takes our envelopes, decodes what was mapped, and its answers are read."""

import pytest

from tests.peers.conftest import LEAD, Deliver, Peer

PORTS = {"1.1": "Soap11", "1.2": "Soap12"}
LEADS = {"Name": "Ana  Lu", "Phone": ["+1 512", "0"]}
# It leaves a nil out, and knows the types of a document's elements only: parts of an rpc call are texts to it.
VALUES = {
    "wrapped": {
        "LeadId": LEAD, "Reason": "Wrong number", "Count": -7, "Amount": 12.75, "Final": False, "Empty": "",
        "Lead": LEADS,
    },
    "rpc": {
        "LeadId": LEAD, "Reason": "Wrong number", "Count": "-7", "Amount": "12.75", "Final": "false", "Empty": None,
        "Lead": LEADS,
    },
}  # fmt: skip
every_shape = pytest.mark.parametrize("shape", ["wrapped", "rpc"])
every_version = pytest.mark.parametrize("version", PORTS)


@every_version
@every_shape
async def test_it_sees_the_values(node: Peer, deliver: Deliver, shape: str, version: str) -> None:
    """Text of any kind, numbers, a boolean, nil, empty, parts and lists; and its yes is read, with all that it says."""
    story = await deliver(f"{node.url}/{version}/{shape}?wsdl", f"Peer.{PORTS[version]}.Submit")
    assert (story["state"], story["reason"]) == ("delivered", "Überprüft & ok")
    assert (story["reference"], story["price"]) == ("R-1", "12.50")
    assert node.received()["values"] == VALUES[shape]


@every_version
@every_shape
async def test_its_fault_is_read(node: Peer, deliver: Deliver, shape: str, version: str) -> None:
    """An error, for the reason that it gives: faultstring in SOAP 1.1, Reason/Text in 1.2."""
    story = await deliver(
        f"{node.url}/{version}/{shape}?wsdl", f"Peer.{PORTS[version]}.Submit", reason="Refuse"
    )
    assert (story["outcome"], story["reason"]) == ("error", "no lead <7> & co. is known")
    assert story["attempts"][0]["response"]["status"] == 500


@pytest.mark.parametrize("digest", [False, True])
async def test_it_knows_who_we_are(node: Peer, deliver: Deliver, digest: bool) -> None:
    """It finds the UsernameToken, and comes to the same digest with the password it knows."""
    story = await deliver(f"{node.url}/1.1/wrapped?wsdl", "Peer.Soap11.Submit", wss=digest)
    assert story["state"] == "delivered"
    security = node.received()["security"]
    assert security["username"] == "gateway & co."
    assert security["digest"] is True if digest else security["password"] == "s3cret"
