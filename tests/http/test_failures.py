"""Facts about the words for network failures that a real server can hardly be made to cause."""

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


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(113, "whatever"), "No route to host"),
        (aiohttp.ClientOSError(104, "s3cret"), "Connection reset by peer"),
        (ConnectionResetError(), "Connection reset by peer"),
        (aiohttp.ClientConnectionError("https://api.example/?key=s3cret"), "ClientConnectionError"),
    ],
)
def test_the_reason_is_the_systems(error: Exception, reason: str) -> None:
    """The system's words are given, never the library's, which may quote the request."""
    told = failure(error, URL_WITH_SECRET, begun=True)
    assert str(told) == f"the connection to api.example:8443 broke before the answer was whole: {reason}"
