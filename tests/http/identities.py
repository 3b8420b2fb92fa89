"""Certificates made for tests: an authority, and who it vouches for."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_NOW = datetime.now(UTC)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as texts in PEM."""

    certificate: str
    key: str

    @property
    def locked(self) -> str:
        """The key behind a passphrase."""
        how = serialization.BestAvailableEncryption(b"pass")
        key = serialization.load_pem_private_key(self.key.encode(), None)
        return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, how).decode()


class Authority:
    """Vouches for others, each for a year, or until `ends`."""

    def __init__(self, name: str = "Test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.certificate = _signed(self._name, self._name, self._key, self._key, None, _NOW + timedelta(365))

    def vouch(self, name: str = "localhost", ends: datetime | None = None) -> Identity:
        key = ec.generate_private_key(ec.SECP256R1())
        whose = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        made = _signed(whose, self._name, key, self._key, name, ends or _NOW + timedelta(365))
        plain = key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        return Identity(made, plain)


def _signed(
    whose: x509.Name,
    by: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signing: ec.EllipticCurvePrivateKey,
    host: str | None,
    ends: datetime,
) -> str:
    built = (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(_NOW, ends) - timedelta(2))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
    if host is not None:
        names = [x509.DNSName(host), x509.IPAddress(ip_address("127.0.0.1"))]
        built = built.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return built.sign(signing, hashes.SHA256()).public_bytes(_PEM).decode()


def serving(identity: Identity, folder: Path, clients: str | None = None) -> ssl.SSLContext:
    """What a server speaks TLS with. clients: the authority without whose word nobody is let in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    both = folder / f"{abs(hash(identity.key))}.pem"
    both.write_text(identity.certificate + identity.key)
    context.load_cert_chain(both)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients)
    return context
