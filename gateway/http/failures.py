"""What went wrong on the network, from aiohttp's words into ours.

Of the request a sentence tells the host and the port, never the path, the query string, a header or the body.
"""

import errno
import os
import ssl

import aiohttp
from yarl import URL

from gateway.addresses import literal
from gateway.errors import AddressRefused, DeliveryError, SendError
from gateway.http.bodies import Unasked


class RefusedError(OSError):
    """The guard's no, in the only form in which aiohttp's connector passes it on."""


def failure(error: Exception, url: URL, *, begun: bool, sent_on: bool = False) -> DeliveryError:
    """The error to raise for one of aiohttp's.

    begun: a byte of the request may have been written; sent_on: to here by a redirect, so another had it before.
    """
    where = url.raw_authority
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, RefusedError):
        named = literal(url.raw_host or "") is None
        return AddressRefused(f"{url.raw_host} leads to a refused address: {cause}" if named else str(cause))
    words = _after(error, where) if begun else _before(error, cause, where)
    return SendError(words, maybe_received=begun or sent_on)


def too_late(url: URL, timeout: float, *, begun: bool, sent_on: bool = False) -> SendError:
    """The error for an attempt whose seconds are over. begun, sent_on: as in `failure`."""
    where, within = url.raw_authority, f"within {round(timeout, 2):g} s"
    words = f"{where} gave no whole answer" if begun else f"no connection to {where} came about"
    return SendError(f"{words} {within}", maybe_received=begun or sent_on)


def _before(error: Exception, cause: Exception, where: str) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return f"the name in {where} could not be looked up: {_reason(cause)}"
        case aiohttp.ClientConnectorCertificateError():
            return f"the certificate of {where} is not trusted: {_reason(cause)}"
        case aiohttp.ClientConnectorSSLError(os_error=ssl.SSLError(reason="WRONG_VERSION_NUMBER")):
            return f"no TLS is spoken at {where} (write the port where it is, or ask the source for it)"
        case aiohttp.ClientConnectorSSLError():
            return f"no TLS connection to {where} came about: {_reason(cause)}"
        case aiohttp.ClientConnectorError():
            return f"no connection to {where} came about: {_reason(cause)}"
    return f"the connection to {where} was lost before the request was written"


def _after(error: Exception, where: str) -> str:
    match error:
        case aiohttp.ServerDisconnectedError():
            return f"{where} closed the connection without an answer"
        case aiohttp.ClientResponseError():
            return f"what {where} answered is not HTTP"
        case Unasked():
            return f"{where} answered in a Content-Encoding that was not asked for (gzip and deflate are)"
        case aiohttp.ClientPayloadError():
            return f"the answer of {where} could not be read to its end"
    return f"the connection to {where} broke before the answer was whole: {_reason(error)}"


def _reason(error: Exception) -> str:
    """The system's own words for a network error."""
    match error:
        case ssl.SSLCertVerificationError():
            return error.verify_message
        case ssl.SSLError():
            return (error.reason or "handshake failed").replace("_", " ").lower()
        case OSError(__cause__=ssl.SSLError() as alert):  # whose number is OpenSSL's, no errno
            return _reason(alert)
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number)
        case ConnectionResetError():
            return os.strerror(errno.ECONNRESET)
        case OSError(strerror=str(words)):
            return words
    return type(error).__name__
