"""When the certificates of a PEM text end (RFC 5280, section 4.1): all that has to be read of them here."""

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _VERSION, _UTC_TIME, _LONG_TIME = 0x30, 0xA0, 0x17, 0x18


def ends(pem: str) -> list[datetime]:
    """The moments after which the certificates of a text are no longer good, in their order; not of those unread."""
    return list(_ends(pem))


def _ends(pem: str) -> Iterator[datetime]:
    for text in _CERTIFICATE.findall(pem):
        try:
            yield _end(ssl.PEM_cert_to_DER_cert(text))
        except (ValueError, IndexError):
            continue


def _end(der: bytes) -> datetime:
    """`notAfter`. The validity stands after version, serial number, algorithm and issuer."""
    parts = list(_parts(_inner(_inner(der))))
    validity = parts[4 if parts[0][0] == _VERSION else 3]
    if validity[0] != _SEQUENCE:
        raise ValueError("no validity stands where it should")
    kind, written = list(_parts(validity[1]))[1]
    return _moment(kind, written.decode("ascii"))


def _moment(kind: int, written: str) -> datetime:
    if kind == _UTC_TIME:  # two digits of the year: from 50 on they are of the last century
        written = ("19" if written[:2] >= "50" else "20") + written
    elif kind != _LONG_TIME:
        raise ValueError("this is no time")
    return datetime.strptime(written, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _inner(der: bytes) -> bytes:
    kind, content = next(_parts(der), (None, b""))
    if kind != _SEQUENCE:
        raise ValueError("this is no sequence")
    return content


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element, in the distinguished encoding rules (X.690)."""
    at = 0
    while at < len(der):
        kind, size, at = der[at], der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(der[at : at + count]), at + count
        yield kind, der[at : at + size]
        at += size
