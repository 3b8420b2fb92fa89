"""Facts about the words for network failures that a real server can hardly be made to cause."""

import ssl

import aiohttp
import pytest
from yarl import URL

from gateway.errors import SendError
from gateway.http.failures import failure

URL_WITH_SECRET = URL("https://api.example:8443/returns?key=s3cret")


def test_a_connection_that_closes_in_our_hands() -> None:
    """aiohttp may find a connection closing before it writes: then nothing was received."""
    error = failure(aiohttp.ClientConnectionResetError("closing"), URL_WITH_SECRET, begun=False)
    assert isinstance(error, SendError)
    assert (str(error), error.maybe_received) == (
        "the connection to api.example:8443 was lost before the request was written",
        False,
    )


def refused() -> aiohttp.ClientOSError:
    """aiohttp's error for an alert of TLS 1.3 that comes after the handshake: its number is no errno."""
    error = aiohttp.ClientOSError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]")
    error.__cause__ = ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED]")
    error.__cause__.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(113, "whatever"), "No route to host"),
        (aiohttp.ClientOSError(104, "s3cret"), "Connection reset by peer"),
        (ConnectionResetError(), "Connection reset by peer"),
        (refused(), "tlsv13 alert certificate required"),
        (aiohttp.ClientConnectionError("https://api.example/?key=s3cret"), "ClientConnectionError"),
    ],
)
def test_the_reason_is_the_systems(error: Exception, reason: str) -> None:
    """The system's words are given, never the library's, which may quote the request."""
    told = failure(error, URL_WITH_SECRET, begun=True)
    assert str(told) == f"the connection to api.example:8443 broke before the answer was whole: {reason}"
