"""Transport `soap` from the conf to a server that checks its UsernameToken, and back."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from gateway import answers, http
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.delivery import Rim, attempt
from gateway.http import Session
from gateway.model import Replay, Response
from gateway.registry import Registry
from gateway.testing.partner import Partner
from gateway.testing.partner.soap import SCHEMA, WSDL
from plugins.soap.security import WSSE
from tests import making

CONF = """
name: Acme
return:
  transport: soap
  url: wsdl/feedback.wsdl
  address: {address}
  operation: SubmitReturn
  version: {version}
  auth:
    wss: {{username: joe, password: {{file: password}}, digest: {digest}}}
  mapping:
    LeadId: "{{{{ lead.id }}}}"
    Reason: "{{{{ feedback.reason }}}}"
    {secret}: {{file: password}}
"""


KEYS = {"version": "1.1", "digest": "true", "secret": "ApiKey"}


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    async with Session.open(allow=["127.0.0.0/8"]) as opened:
        yield opened


def conf(folder: Path, password: str = "s3cret-word", **keys: str) -> Conf:
    for name, text in {
        "gateway.yaml": "network: {allow: [127.0.0.0/8]}",
        "sources/acme.yaml": CONF.format(**{**KEYS, **keys}),
        "wsdl/feedback.wsdl": WSDL.read_text(),
        f"wsdl/{SCHEMA.name}": SCHEMA.read_text(),
        "secrets/password": password,
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
    return load(Files.read(folder), Registry([http, answers]))


def rim(session: Session, chances: Iterator[str]) -> Rim:
    moments = (making.NOON + timedelta(seconds=number) for number in range(1000))
    return Rim(lambda: next(moments), lambda: 0.0, lambda: next(chances), lambda: 0.5, session)


def nonce(body: bytes) -> str:
    return etree.fromstring(body).findtext(f".//{{{WSSE}}}Nonce") or ""


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("digest", ["true", "false"])
async def test_a_server_that_checks_the_token_takes_it(
    partner: Partner, session: Session, tmp_path: Path, version: str, digest: str
) -> None:
    """And what is recorded of the attempt holds neither the password nor its digest."""
    made = conf(tmp_path, address=f"{partner.url}/soap/wss:joe:s3cret-word", version=version, digest=digest)
    route = made.sources["acme"].routes["return"]
    found = await attempt(making.delivery(), route, made, rim(session, iter(["ab" * 16])))
    assert (found.settled, found.outcome.reason) == ("delivered", None)
    [received] = await partner.arrived()
    sent = etree.fromstring(received.body).findtext(f".//{{{WSSE}}}Password")
    assert sent.encode() not in found.request.body
    assert b"s3cret-word" not in found.request.body
    assert etree.fromstring(found.request.body).findtext(f".//{{{WSSE}}}Password") == "***"


async def test_the_conf_of_a_soap_endpoint_expects_an_envelope(
    partner: Partner, session: Session, tmp_path: Path
) -> None:
    """One that is called HTML is one; a page that is none is an error, without any rule in the conf."""
    made = conf(tmp_path, address=f"{partner.url}/soap/lie")
    route = made.sources["acme"].routes["return"]
    found = await attempt(making.delivery(), route, made, rim(session, iter(["ab" * 16])))
    assert (found.settled, found.response.header("content-type")) == ("delivered", "text/html; charset=utf-8")
    page = Response(200, (("Content-Type", "text/html"),), b"<html>sorry</html>")
    assert route.transport.read(page, route.endpoint).kind == "error"


async def test_a_same_replay_has_todays_password_and_a_new_nonce(
    partner: Partner, session: Session, tmp_path: Path
) -> None:
    """The values are the older attempt's; who we are and when is of now."""
    address = f"{partner.url}/soap/wss:joe:n3w-word"
    chances = iter(["ab" * 16, "cd" * 16])
    old = conf(tmp_path, "old-word", address=address)
    first = await attempt(making.delivery(), old.sources["acme"].routes["return"], old, rim(session, chances))
    assert first.outcome.kind == "error"
    assert first.outcome.reason == "the UsernameToken is missing or wrong"
    new = conf(tmp_path, "n3w-word", address=address)
    again = making.delivery(values=first.values, replay=Replay("same"))
    second = await attempt(again, new.sources["acme"].routes["return"], new, rim(session, chances))
    assert second.settled == "delivered"
    one, other = [received.body for received in await partner.arrived(2)]
    assert nonce(one) != nonce(other)
    assert second.values.tree == first.values.tree
    assert replace(second.values, now=None, random="") == replace(first.values, now=None, random="")


async def test_what_a_sentence_quotes_of_a_long_secret_is_masked(session: Session, tmp_path: Path) -> None:
    """Where a secret stands as a value of the wrong type, the sentence is cut, and what is left of it is a secret."""
    password = "s3cret-" + "0123456789" * 10
    made = conf(tmp_path, password, address="http://127.0.0.1:9/", secret="ReturnedAt")
    route = made.sources["acme"].routes["return"]
    found = await attempt(making.delivery(), route, made, rim(session, iter(["ab" * 16])))
    assert found.outcome.reason == (
        "mapping.ReturnedAt: ReturnedAt: '***…' is not valid as dateTime "
        "(right would be a moment such as 2026-11-23T09:15:00Z)"
    )
