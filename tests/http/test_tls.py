"""Facts about the TLS of one endpoint, against real servers."""

import asyncio
import ssl
from pathlib import Path

import pytest
from aiohttp.client_proto import ResponseHandler

from gateway.errors import RedirectRefused, SendError
from gateway.http import Session
from gateway.http.tls import Tls, TlsError
from gateway.lag import MOUTHFUL
from gateway.model import Request
from tests.http.identities import Authority, serving
from tests.http.peers import OK, peer, redirect, response

OURS, THEIRS = Authority("Ours"), Authority("Theirs")
SERVER, ACME, BOLT = OURS.vouch(), THEIRS.vouch("acme-client"), THEIRS.vouch("bolt-client")


async def get(session: Session, port: int, tls: Tls | None, host: str = "localhost") -> bytes:
    request = Request("GET", f"https://{host}:{port}/")
    return (await session.request(request, timeout=5, tls=tls)).body


async def test_a_pinned_authority(session: Session, tmp_path: Path) -> None:
    """With its CA pinned a source is believed, whom the system does not know; the name still has to be right."""
    tls = Tls.of(ca=OURS.certificate)
    async with peer(OK, tls=serving(SERVER, tmp_path)) as source:
        assert await get(session, source.port, tls) == b"ok"
        with pytest.raises(SendError, match="is not trusted"):
            await get(session, source.port, None)
        with pytest.raises(SendError, match="is not trusted"):
            await get(session, source.port, Tls.of(ca=THEIRS.certificate))
    assert len(source.requests) == 1
    async with peer(OK, tls=serving(OURS.vouch("acme.example"), tmp_path)) as source:
        with pytest.raises(SendError, match="is not trusted: Hostname mismatch"):
            await get(session, source.port, tls)


async def test_a_pinned_certificate(session: Session, tmp_path: Path) -> None:
    """The source's own certificate can be pinned without that of its authority."""
    async with peer(OK, tls=serving(SERVER, tmp_path)) as source:
        assert await get(session, source.port, Tls.of(ca=SERVER.certificate)) == b"ok"


async def test_nothing_else_is_believed_where_one_is_pinned() -> None:
    """The system's authorities count for nothing at that source."""
    assert len(Tls.of(ca=OURS.certificate).context.get_ca_certs()) == 1


async def test_without_a_check(session: Session, tmp_path: Path) -> None:
    """Where the conf turns the check off, any certificate will do, for any name."""
    tls = Tls.of(check=False)
    async with peer(OK, tls=serving(SERVER, tmp_path)) as source:
        assert await get(session, source.port, tls, "127.0.0.1") == b"ok"
    assert not tls.is_checked


async def test_a_certificate_of_our_own(session: Session, tmp_path: Path) -> None:
    """A source that lets nobody in without one lets us in with ours, and not without."""
    async with peer(OK, tls=serving(SERVER, tmp_path, THEIRS.certificate)) as source:
        shown = Tls.of(ACME.certificate, ACME.key, OURS.certificate)
        assert await get(session, source.port, shown) == b"ok"
        with pytest.raises(SendError):
            await get(session, source.port, Tls.of(ca=OURS.certificate))
    assert len(source.requests) == 1


async def test_one_identity_is_never_used_for_another(session: Session, tmp_path: Path) -> None:
    """Two endpoints at one host and port each have connections of their own, and one has kept its own for itself."""
    seen: list[str] = []

    async def tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        names = dict(pair[0] for pair in writer.get_extra_info("peercert")["subject"])
        seen.append(names["commonName"])
        while True:
            writer.write(response(names["commonName"].encode()))
            await writer.drain()
            await source.read(reader)
            if reader.at_eof():
                return

    acme, bolt = (Tls.of(one.certificate, one.key, OURS.certificate) for one in (ACME, BOLT))
    async with peer(tell, tls=serving(SERVER, tmp_path, THEIRS.certificate)) as source:
        found = [await get(session, source.port, tls) for tls in (acme, bolt, acme, bolt)]
    assert found == [b"acme-client", b"bolt-client"] * 2
    assert seen == ["acme-client", "bolt-client"]


async def test_a_certificate_follows_no_redirect(session: Session, tmp_path: Path) -> None:
    """Another host does not get to see who we are, nor is it believed by what was pinned for this one."""
    other, tls = serving(SERVER, tmp_path), Tls.of(ca=OURS.certificate)
    async with (
        peer(OK, tls=other) as elsewhere,
        peer(redirect(f"https://localhost:{elsewhere.port}/"), tls=other) as source,
    ):
        request = Request("GET", f"https://localhost:{source.port}/")
        with pytest.raises(RedirectRefused, match="the request holds a secret"):
            await session.request(request, timeout=5, follow_redirects=True, tls=tls)
    assert elsewhere.connections == 0


def test_the_same_texts_are_one_context() -> None:
    """What did not change keeps its connections."""
    assert Tls.of(ACME.certificate, ACME.key) == Tls.of(ACME.certificate, ACME.key)
    assert Tls.of(ACME.certificate, ACME.key) != Tls.of(BOLT.certificate, BOLT.key)
    assert Tls.of(ACME.certificate + ACME.key).presents


@pytest.mark.parametrize("tls", [Tls.of(), Tls.of(ca=OURS.certificate), Tls.of(check=False)])
def test_tls_1_2_is_the_least(tls: Tls) -> None:
    """Whatever the conf says."""
    assert tls.context.minimum_version == ssl.TLSVersion.TLSv1_2


NO_PEM = "this is no certificate in PEM (it begins with -----BEGIN CERTIFICATE-----)"


@pytest.mark.parametrize(
    ("certificate", "key", "ca", "part", "sentence"),
    [
        (None, None, "s3cret", "ca", NO_PEM),
        (None, None, ACME.key, "ca", NO_PEM),
        ("s3cret", ACME.key, None, "certificate", NO_PEM),
        (ACME.certificate, None, None, "certificate",
         "there is no key to the certificate (name its file under key)"),
        (ACME.certificate, "s3cret", None, "key",
         "this is no private key in PEM (it begins with -----BEGIN PRIVATE KEY-----)"),
        (ACME.certificate, BOLT.key, None, "key",
         "the key is not that of the certificate (name the one it was made with)"),
        (ACME.certificate, ACME.locked, None, "key",
         "the key is locked with a passphrase (write it without: openssl pkey -in KEY -out FILE)"),
    ],
)  # fmt: skip
def test_what_cannot_be_used(
    certificate: str | None, key: str | None, ca: str | None, part: str, sentence: str
) -> None:
    """Each fault is told with the part that is wrong, in a sentence that repeats nothing of it."""
    with pytest.raises(TlsError) as caught:
        Tls.of(certificate, key, ca)
    assert (caught.value.part, str(caught.value)) == (part, sentence)


def test_a_broken_certificate() -> None:
    """What looks like one and cannot be read is told, too."""
    with pytest.raises(TlsError, match=r"certificate and key cannot be used: .* \(write both in PEM\)"):
        Tls.of(ACME.certificate[:200] + ACME.certificate[240:], ACME.key)


@pytest.mark.parametrize("is_secure", [False, True])
async def test_little_is_taken_at_once(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_secure: bool
) -> None:
    """However much a source sends: chunks of one byte, a quarter of a mebibyte at once, would hold the loop for 50 ms."""
    sizes, received = [], ResponseHandler.data_received

    def noted(self: ResponseHandler, data: bytes) -> None:
        sizes.append(len(data))
        received(self, data)

    monkeypatch.setattr(ResponseHandler, "data_received", noted)
    tls = Tls.of(ca=OURS.certificate) if is_secure else None
    async with peer(response(b"x" * 900_000), tls=serving(SERVER, tmp_path) if is_secure else None) as source:
        request = Request("GET", f"http{'s' * is_secure}://localhost:{source.port}/")
        assert len((await session.request(request, timeout=5, tls=tls)).body) == 900_000
    assert max(sizes) <= MOUTHFUL
