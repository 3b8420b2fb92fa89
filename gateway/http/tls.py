"""How one endpoint's TLS differs from the system's: a certificate of our own, a pinned CA, or no check at all.

A context is made once for the same certificates and keys. aiohttp keeps connections apart by it, so that nothing that
was opened with one identity is used with another.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn, Self


@dataclass(frozen=True, slots=True)
class Tls:
    """The TLS of one endpoint. is_checked: whether the source's certificate is; presents: whether we show our own."""

    context: ssl.SSLContext = field(repr=False)
    is_checked: bool = True
    presents: bool = False

    @classmethod
    def of(
        cls,
        certificate: str | None = None,
        key: str | None = None,
        ca: str | None = None,
        *,
        check: bool = True,
    ) -> Self:
        """Make it of PEM texts. key: None where it stands beside the certificate; ca: alone is trusted.

        Raises TlsError, which names the text that is wrong, and repeats none.
        """
        return cls(_context(certificate, key, ca, check), check, certificate is not None)


class TlsError(ValueError):
    """A certificate or key that cannot be used; part: certificate, key or ca."""

    def __init__(self, part: str, text: str) -> None:
        self.part = part
        super().__init__(text)


def system_trust() -> ssl.SSLContext:
    """The trust of the system, and at least TLS 1.2."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@lru_cache(maxsize=1024)
def _context(certificate: str | None, key: str | None, ca: str | None, check: bool) -> ssl.SSLContext:
    context = system_trust() if ca is None else _pinned(ca)
    if not check:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        _present(context, certificate, key)
    return context


def _pinned(ca: str) -> ssl.SSLContext:
    """Trust in these certificates and no other; one of them may be the source's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(cadata=ca)
    except (ssl.SSLError, ValueError):
        raise TlsError(
            "ca", "this is no certificate in PEM (it begins with -----BEGIN CERTIFICATE-----)"
        ) from None
    return context


def _present(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    def locked() -> NoReturn:
        raise TlsError("certificate" if key is None else "key", _LOCKED)

    with _readable(certificate) as first, _readable(key or certificate) as second:
        try:
            context.load_cert_chain(first, second, password=locked)
        except ssl.SSLError as error:
            raise _misfit(certificate, key, error) from None


def _misfit(certificate: str, key: str | None, error: ssl.SSLError) -> TlsError:
    if "-----BEGIN CERTIFICATE-----" not in certificate:
        text = "this is no certificate in PEM (it begins with -----BEGIN CERTIFICATE-----)"
        return TlsError("certificate", text)
    if "PRIVATE KEY-----" not in (key or certificate):
        if key is None:
            return TlsError("certificate", "there is no key to the certificate (name its file under key)")
        return TlsError("key", "this is no private key in PEM (it begins with -----BEGIN PRIVATE KEY-----)")
    if error.reason == "KEY_VALUES_MISMATCH":
        return TlsError("key", "the key is not that of the certificate (name the one it was made with)")
    why = (error.reason or "it cannot be read").replace("_", " ").lower()
    return TlsError("certificate", f"certificate and key cannot be used: {why} (write both in PEM)")


_LOCKED = "the key is locked with a passphrase (write it without: openssl pkey -in KEY -out FILE)"


@contextmanager
def _readable(text: str) -> Iterator[str]:
    """The path of a file with a text, in memory alone: OpenSSL takes certificates and keys from files only."""
    handle = os.memfd_create("pem")
    try:
        os.write(handle, text.encode())
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
