"""Every way to prove who we are, over every transport, from the conf to a source that checks it, and in the record."""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Awaitable, Generator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import Response, answers, hookimpl, http
from gateway.conf.files import Files
from gateway.conf.load import load
from gateway.conf.model import Conf
from gateway.delivery import Rim, attempt
from gateway.http import Session
from gateway.http.tokens import SENT_AGAIN
from gateway.model import Attempt
from gateway.preview import preview
from gateway.registry import Registry
from gateway.store.facts import attempt_json
from gateway.testing.partner import Partner, serve
from gateway.testing.partner.soap import SCHEMA, WSDL
from tests import making
from tests.http.identities import Authority, serving
from tests.http.peers import peer, redirect, response

TRANSPORTS = ("query", "formpost", "json", "xml", "soap")
SECRET = "s3cret-word"
WHSEC = f"whsec_{b64encode(b'0123456789abcdef01234567').decode()}"
AUTH = {
    "basic": ("auth:joe:s3cret-word", "{basic: {username: joe, password: {file: word}}}"),
    "bearer": ("bearer:s3cret-word", "{bearer: {file: word}}"),
    "header": ("api-key:X-Key:s3cret-word", "{api_key: {header: X-Key, key: {file: word}}}"),
    "parameter": ("api-key:key:s3cret-word", "{api_key: {query: key, key: {file: word}}}"),
    "signature": (f"signed:{WHSEC}", "{signature: {keys: [{file: other}, {file: whsec}]}}"),
    "oauth2": (
        "oauth2:1",
        "{oauth2: {token_url: 'URL/oauth2/joe:s3cret-word', client_id: joe, client_secret: {file: word}}}",
    ),
}
SECRETS = {"word": SECRET, "whsec": WHSEC, "other": "whsec_" + b64encode(b"x" * 24).decode()}
MAPPING = {
    "soap": '{LeadId: "{{ lead.id }}", Reason: "{{ feedback.reason }}"}',
    "xml": '{a.b: "{{ lead.id }}"}',
}


def conf(
    folder: Path,
    transport: str,
    url: str,
    keys: str,
    secrets: dict[str, str] = SECRETS,
    mapping: str | None = None,
    also: Sequence[object] = (),
) -> Conf:
    if mapping is None:
        mapping = f"""mapping: {MAPPING.get(transport, '{lead_id: "{{ lead.id }}"}')}\n  """
    where = f"url: {url}"
    if transport == "soap":
        where = f"url: wsdl/feedback.wsdl\n  address: {url}\n  operation: SubmitReturn"
    source = f"return:\n  transport: {transport}\n  {where}\n  {mapping}{keys}\n"
    for name, text in {
        "gateway.yaml": "network: {allow: [127.0.0.0/8]}",
        "sources/acme.yaml": source,
        "wsdl/feedback.wsdl": WSDL.read_text(),
        f"wsdl/{SCHEMA.name}": SCHEMA.read_text(),
        **{f"secrets/{name}": text for name, text in secrets.items()},
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
        path.chmod(0o600)
    return load(Files.read(folder), Registry([http, answers, *also]))


async def sent(conf: Conf, session: Session) -> Attempt:
    found = conf.route("acme/return")
    assert found is not None
    chances = iter(["ab" * 16])
    rim = Rim(now, lambda: 0.0, lambda: next(chances), lambda: 0.5, session)
    return await attempt(making.delivery(), found, conf, rim)


def now() -> datetime:
    """The real time: a source compares a signature's moment with its own clock."""
    return datetime.now(UTC)


def written(made: Attempt) -> str:
    return json.dumps(attempt_json(made))


@pytest.mark.parametrize("way", AUTH)
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_every_way_over_every_transport(
    partner: Partner, session: Session, tmp_path: Path, transport: str, way: str
) -> None:
    """A source that checks it says yes; what is recorded and previewed says how, and holds no secret."""
    behaviour, auth = AUTH[way]
    url = f"{partner.url}/{transport}/{behaviour.replace('/', '%2F')},landed"
    found = conf(tmp_path, transport, url, f"auth: {auth.replace('URL', partner.url)}")
    made = await sent(found, session)
    assert made.outcome.kind == "success", made.outcome
    shown = await preview(making.event(), found, making.NOON, "0" * 32)
    assert shown.shown is not None
    kept = written(replace(made, request=made.request and replace(made.request, url="")))
    for text in (kept, repr(shown.shown.headers), shown.shown.url.partition("?")[2]):
        assert SECRET not in text
        assert WHSEC not in text
        assert "token-1" not in text
    assert "***" in repr((shown.shown.url, shown.shown.headers))
    assert "***" in kept + (made.request.url if made.request else "")


async def test_a_preview_fetches_no_token(partner: Partner, session: Session, tmp_path: Path) -> None:
    """Neither shown nor revealed there is one: `***` stands in its place."""
    auth = AUTH["oauth2"][1].replace("URL", partner.url)
    seen = await preview(
        making.event(), conf(tmp_path, "json", partner.url + "/json", f"auth: {auth}"), making.NOON, "0" * 32
    )
    assert seen.wire is not None
    assert seen.wire.header("Authorization") == "Bearer ***"
    assert partner.total == 0


async def test_the_record_says_that_it_was_sent_twice(
    partner: Partner, session: Session, tmp_path: Path
) -> None:
    """A refused token makes a second request, and nobody has to guess at it."""
    auth = AUTH["oauth2"][1].replace("URL", partner.url)
    found = conf(tmp_path, "json", f"{partner.url}/json/oauth2:1", f"auth: {auth}")
    first, second = await sent(found, session), await sent(found, session)
    assert (first.outcome.kind, first.outcome.notes) == ("success", ())
    assert (second.outcome.kind, second.outcome.notes) == ("success", (SENT_AGAIN,))
    assert SENT_AGAIN in written(second)


WSS = "{wss: {username: joe, password: {file: word}, digest: true}}"


def made_of(request: str) -> list[str]:
    """What stands in a request in place of a secret: a token, or a digest."""
    return [
        *re.findall(r"X-Key: (.+)\r", request),
        *re.findall(r"Authorization: \w+ (.+)\r", request),
        *re.findall(r"[?&]key=(\S+)", request),
        *re.findall(r"<wsse:Password[^>]*>([^<]+)<", request),
    ]


class Passing:
    """A wrapper of `send` that makes each answer anew."""

    @hookimpl(wrapper=True)
    def send(self) -> Generator[None, Awaitable[Response], Awaitable[Response]]:
        sending = yield

        async def sent() -> Response:
            return replace(await sending, notes=("passed on",))

        return sent()


async def test_what_is_echoed_is_masked_behind_a_wrapper(
    partner: Partner, session: Session, tmp_path: Path
) -> None:
    """A fetched token stays known as one, whoever hands the answer on."""
    keys = f"auth: {AUTH['oauth2'][1].replace('URL', partner.url)}"

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(source.requests[0]))
        await writer.drain()

    async with peer(echo) as source:
        made = await sent(conf(tmp_path, "json", source.url(), keys, also=[Passing()]), session)
        [token] = made_of(source.requests[0].decode())
    assert made.response is not None
    assert (made.response.notes, "***" in made.response.body.decode()) == (("passed on",), True)
    assert token not in written(made)


@pytest.mark.parametrize("way", [*AUTH, "wss"])
async def test_what_is_echoed_is_masked(partner: Partner, session: Session, tmp_path: Path, way: str) -> None:
    """A source that repeats all that it was sent: no secret of it is kept, also none that was made for this request."""
    keys = f"auth: {AUTH[way][1].replace('URL', partner.url)}" if way in AUTH else f"auth: {WSS}"

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(response(source.requests[0]))
        await writer.drain()

    async with peer(echo) as source:
        found = conf(tmp_path, "soap" if way == "wss" else "json", source.url(), keys)
        made = await sent(found, session)
        request = source.requests[0].decode()
    assert made.response is not None
    assert made.response.secrets == ()
    echoed = made.response.body.decode()
    assert echoed.count("***") >= (1 if way != "signature" else 0)
    for secret in made_of(request):
        assert secret in request
        assert secret not in written(made)


@pytest.mark.parametrize(
    ("keys", "refused"),
    [
        ("auth: {bearer: {file: word}}", True),
        ("headers: {X-Key: {file: word}}", True),
        ("blank: empty", False),
        ("mapping: {key: {file: word}}", True),
    ],
)
async def test_no_secret_of_the_conf_is_led_elsewhere(
    partner: Partner, session: Session, tmp_path: Path, keys: str, refused: bool
) -> None:
    """A source that sends a request on to another host parks the event, wherever the secret stands in it."""
    async with peer(redirect(f"{partner.url}/json/landed", 307)) as source:
        mapping = "" if keys.startswith("mapping") else None
        found = conf(tmp_path, "json", source.url(), f"{keys}\n  follow_redirects: true", mapping=mapping)
        made = await sent(found, session)
    assert (made.settled, partner.total) == (("parked", 0) if refused else ("delivered", 1))
    if refused:
        assert made.network_error == (
            f"127.0.0.1:{source.port} redirects to {partner.url}, and the request holds a secret that is not meant for "
            "it (write that url)"
        )


async def test_no_token_is_an_error_that_is_tried_again(
    partner: Partner, session: Session, tmp_path: Path
) -> None:
    """The attempt says what the token server said; the source got nothing, and the policy decides when to go on."""
    auth = AUTH["oauth2"][1].replace("URL", partner.url).replace("client_id: joe", "client_id: other")
    made = await sent(conf(tmp_path, "json", f"{partner.url}/json", f"auth: {auth}"), session)
    where = partner.url.removeprefix("http://")
    assert made.network_error == (
        f"no access token from {where}: it answered with status 401 invalid_client (200 and a token are right)"
    )
    assert (made.settled, made.maybe_received, made.due_at is not None) == ("queued", False, True)
    assert [one.transport for one in partner.received] == ["oauth2"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_mutual_tls_over_every_transport(session: Session, tmp_path: Path, transport: str) -> None:
    """A source that asks for our certificate gets it, and is believed by the authority that is pinned."""
    ours, theirs = Authority("Ours"), Authority("Theirs")
    client = ours.vouch("gateway")
    secrets = {"cert": client.certificate, "key": client.key, "ca": theirs.certificate}
    async with await serve(tls=serving(theirs.vouch(), tmp_path, ours.certificate)) as partner:
        url = f"{partner.url}/{transport}/landed"
        keys = "tls: {certificate: {file: cert}, key: {file: key}, ca: {file: ca}}"
        made = await sent(conf(tmp_path / "conf", transport, url, keys, secrets), session)
        bare = await sent(conf(tmp_path / "conf", transport, url, "tls: {ca: {file: ca}}", secrets), session)
    assert made.outcome.kind == "success", made.outcome
    assert bare.outcome.kind == "error"
    assert partner.total == 1
