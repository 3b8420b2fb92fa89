"""Facts about access tokens: when one is fetched, how often, and what becomes of a delivery without one."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.auth import OAuth2
from gateway.errors import AddressRefused, SendError
from gateway.http import Session, send
from gateway.http.tls import Tls
from gateway.http.tokens import SENT_AGAIN, THE_SAME, Tokens
from gateway.model import Endpoint, Request, Response
from gateway.testing.partner import Partner, serve
from tests.http.identities import Authority, serving
from tests.http.peers import LOOPBACK, OK, hang, peer, redirect, response

SECRET = "s3cret+/:"
COUNTED: list[tuple[str, str]] = []


@pytest.fixture
async def session(session: Session) -> Session:
    """One whose tokens are counted."""
    COUNTED.clear()
    session.tokens.told = lambda endpoint, result: COUNTED.append((endpoint, result))
    return session


def endpoint(token_url: str, **more: Any) -> Endpoint:
    auth = OAuth2(token_url, "gateway", SECRET, **more.pop("grant", {}))
    basis = Endpoint("acme/return", "acme", "Acme", None, "return", "json", "", SimpleNamespace(), auth=auth)
    return replace(basis, **more)


def token_url(partner: Partner, seconds: str = "", secret: str = "s3cret+%2F:") -> str:
    return f"{partner.url}/oauth2/gateway:{secret.replace(':', '%3A')}{seconds}"


def post(url: str) -> Request:
    return Request("POST", url, (("Content-Type", "application/json"),), b"{}")


def arrived(partner: Partner) -> list[tuple[str, int | None]]:
    return [(one.transport, one.status) for one in partner.received]


async def test_a_token_is_fetched_once(partner: Partner, session: Session) -> None:
    """Ten deliveries at once wait for one fetch, and later ones use what it brought."""
    end = endpoint(token_url(partner))
    request = post(f"{partner.url}/json/oauth2:99")
    found = await asyncio.gather(*(send(request, end, session) for _ in range(10)))
    found.append(await send(request, end, session))
    assert [one.status for one in found] == [200] * 11
    assert arrived(partner).count(("oauth2", 200)) == 1
    assert COUNTED == [("acme/return", "fetched")]
    assert {one.header("Authorization") for one in partner.received[1:]} == {"Bearer token-1-of-gateway"}
    assert found[0].secrets == ("token-1-of-gateway",)


async def test_id_and_secret_in_the_body(partner: Partner, session: Session) -> None:
    """A server that takes them there gets them there."""
    end = endpoint(token_url(partner), grant={"in_body": True})
    assert (await send(post(f"{partner.url}/json/oauth2:9"), end, session)).status == 200
    assert partner.received[0].header("Authorization") is None


async def test_a_refused_token_is_fetched_anew(partner: Partner, session: Session) -> None:
    """On a 401 the request goes out once more with a fresh token: the answer, the count and the source all say so."""
    end, request = endpoint(token_url(partner)), post(f"{partner.url}/json/oauth2:1")
    first, second = [await send(request, end, session) for _ in range(2)]
    assert (first.status, first.notes) == (200, ())
    assert (second.status, second.notes) == (200, (SENT_AGAIN,))
    assert second.secrets == ("token-1-of-gateway", "token-2-of-gateway")
    kinds = ["fetched", "refused", "fetched"]
    assert [kind for _, kind in COUNTED] == kinds
    assert arrived(partner) == [("oauth2", 200), ("json", 200), ("json", 401), ("oauth2", 200), ("json", 200)]


async def test_a_fresh_token_that_is_refused_is_not_fetched_again(partner: Partner, session: Session) -> None:
    """A source that takes no token at all gets each delivery once."""
    answer = await send(post(f"{partner.url}/json/status:401"), endpoint(token_url(partner)), session)
    assert (answer.status, answer.notes) == (401, ())
    assert arrived(partner) == [("oauth2", 200), ("json", 401)]


async def test_never_more_than_twice(partner: Partner, session: Session) -> None:
    """Where the fresh one is refused as well, that is the answer."""
    end = endpoint(token_url(partner))
    await send(post(f"{partner.url}/json/oauth2:9"), end, session)
    answer = await send(post(f"{partner.url}/json/status:401"), end, session)
    assert (answer.status, answer.notes) == (401, (SENT_AGAIN,))
    assert arrived(partner)[2:] == [("json", 401), ("oauth2", 200), ("json", 401)]


async def test_a_second_request_that_fails(partner: Partner, session: Session) -> None:
    """It is no secret that there were two: the sentence says so, and whether the second may have been received."""

    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with peer(OK, response(b"", status="401 No"), die) as source:
        end = endpoint(token_url(partner))
        await send(post(source.url()), end, session)
        sentence, maybe_received = await broken(session, end, source.url())
    assert sentence == f"{SENT_AGAIN}; then 127.0.0.1:{source.port} closed the connection without an answer"
    assert maybe_received
    assert len(source.requests) == 3


async def test_what_is_left_of_the_timeout_is_told_in_round_numbers(
    partner: Partner, session: Session
) -> None:
    """A token at hand takes no time worth telling of."""
    async with peer(OK, hang) as source:
        end = endpoint(token_url(partner), timeout=0.3)
        await send(post(source.url()), end, session)
        sentence, _ = await broken(session, end, source.url())
    assert sentence == f"127.0.0.1:{source.port} gave no whole answer within 0.3 s"


async def test_the_same_token_again(partner: Partner, session: Session) -> None:
    """A token server that keeps to a token which the source refuses makes no second request."""
    async with peer(response(b'{"access_token": "t"}')) as tokens:
        end = endpoint(tokens.url())
        await send(post(f"{partner.url}/json"), end, session)
        answer = await send(post(f"{partner.url}/json/status:401"), end, session)
        assert len(tokens.requests) == 2
    assert (answer.status, answer.notes) == (401, (THE_SAME,))
    assert [status for _, status in arrived(partner)] == [200, 401]


async def test_no_fresh_token(partner: Partner, session: Session) -> None:
    """Where no fresh one is to be had, the 401 is the answer, and says why it stayed at that."""
    async with peer(response(b'{"access_token": "t"}'), response(b"{}", status="503 Later")) as tokens:
        end = endpoint(tokens.url())
        await send(post(f"{partner.url}/json"), end, session)
        answer = await send(post(f"{partner.url}/json/status:401"), end, session)
    why = f"no access token from 127.0.0.1:{tokens.port}: it answered with status 503 (200 and a token are right)"
    assert (answer.status, answer.notes) == (401, (f"the source refused the access token (401), and {why}",))


async def test_a_token_is_fetched_before_it_ends(partner: Partner) -> None:
    """A tenth of its life, and at most 30 s, before the end a new one is fetched, by a clock that nobody sets."""
    clock = SimpleNamespace(now=0.0)
    grant = OAuth2(token_url(partner, ":100"), "gateway", SECRET)
    async with Session.open(LOOPBACK) as session:
        tokens = Tokens(session._ask, lambda: clock.now)
        found = []
        for clock.now in (0.0, 89.9, 90.0, 179.9, 180.1):
            token, is_new = await tokens.get("acme/return", grant, None)
            found.append((token.text, is_new))
        await tokens.close()
    names = [f"token-{number}-of-gateway" for number in (1, 1, 2, 2, 3)]
    assert found == list(zip(names, [True, False, True, False, True], strict=True))


async def test_other_credentials_have_a_token_of_their_own(partner: Partner, session: Session) -> None:
    """Neither another endpoint nor one whose credentials or certificate were changed uses a token of before."""
    request = post(f"{partner.url}/json/oauth2:9")
    for end in (
        endpoint(token_url(partner)),
        endpoint(token_url(partner), id="bolt/return"),
        endpoint(token_url(partner), grant={"scope": "more"}),
        endpoint(token_url(partner), grant={"scope": "more"}, tls=Tls.of(check=False)),
    ):
        await send(request, end, session)
    used = [one.header("Authorization") for one in partner.received if one.transport == "json"]
    assert used == [f"Bearer token-{number}-of-gateway" for number in (1, 2, 3, 4)]


async def test_a_mapped_authorization_needs_no_token(partner: Partner, session: Session) -> None:
    """It wins, and nothing is fetched."""
    request = replace(post(f"{partner.url}/json"), headers=(("authorization", "mine"),))
    await send(replace(request, method="POST"), endpoint(token_url(partner)), session)
    assert [one.transport for one in partner.received] == ["json"]


async def broken(session: Session, end: Endpoint, url: str = "http://127.0.0.1:1/") -> tuple[str, bool]:
    with pytest.raises(SendError) as caught:
        await send(post(url), end, session)
    return str(caught.value), caught.value.maybe_received


async def test_wrong_credentials(partner: Partner, session: Session) -> None:
    """The sentence names the token server and its reason; nothing went to the source."""
    sentence, maybe_received = await broken(session, endpoint(token_url(partner, secret="other")))
    where = partner.url.removeprefix("http://")
    assert sentence == (
        f"no access token from {where}: it answered with status 401 invalid_client (200 and a token are right)"
    )
    assert not maybe_received
    assert COUNTED == [("acme/return", "failed")]


@pytest.mark.parametrize("status", [302, 307, 308])
async def test_the_token_server_leads_nowhere(session: Session, status: int) -> None:
    """A redirect is no token: id and secret go to the server that the conf names, and to no other."""
    async with peer(OK) as other, peer(redirect(other.url(), status)) as tokens:
        sentence, _ = await broken(session, endpoint(tokens.url()))
    assert f"it answered with status {status} (200 and a token are right)" in sentence
    assert other.connections == 0


async def test_an_endless_answer(session: Session) -> None:
    """Of an answer no more is read than a token can need."""
    async with peer(response(b'{"access_token": "t", "x": "' + b"x" * 100_000 + b'"}')) as tokens:
        assert "its answer holds no access_token" in (await broken(session, endpoint(tokens.url())))[0]


async def test_a_silent_token_server(partner: Partner, session: Session) -> None:
    """The delivery keeps to its own deadline, and nothing was received."""
    async with peer(hang) as tokens:
        end = endpoint(tokens.url(), timeout=0.1)
        assert await broken(session, end, f"{partner.url}/json") == (
            f"no access token from 127.0.0.1:{tokens.port} within 0.1 s",
            False,
        )
        assert len(tokens.requests) == 1
    assert partner.total == 0


async def test_who_gives_up_takes_the_token_from_nobody(session: Session, partner: Partner) -> None:
    """A fetch that one delivery no longer waits for goes on for the others."""

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        writer.write(response(b'{"access_token": "t"}'))
        await writer.drain()

    async with peer(slowly) as tokens:
        hasty, patient = endpoint(tokens.url(), timeout=0.1), endpoint(tokens.url())
        url = f"{partner.url}/json/bearer:t"
        gave_up, answer = await asyncio.gather(
            broken(session, hasty, url), send(post(url), patient, session), return_exceptions=True
        )
        assert isinstance(answer, Response)
        assert answer.status == 200
        assert "within 0.1 s" in gave_up[0]
        assert len(tokens.requests) == 1


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://10.1.2.3/token", "10.1.2.3 is not public"),
        ("http://169.254.169.254/token", "is a cloud's metadata address and never dialled"),
        ("http://100.100.100.200/token", "is a cloud's metadata address and never dialled"),
    ],
)
async def test_a_token_is_fetched_under_the_guard(url: str, why: str) -> None:
    """An address that no delivery may have is none for a token either; metadata not even where all is allowed."""
    allow = ["0.0.0.0/0"] if "metadata" in why else []
    async with Session.open(allow) as session:
        with pytest.raises(AddressRefused, match=f"^no access token from .*{why}"):
            await send(post("http://127.0.0.1:1/"), endpoint(url), session)


async def test_our_own_listener_gives_no_token(partner: Partner) -> None:
    """Nor does the gateway ask itself."""
    port = int(partner.url.rpartition(":")[2])
    async with Session.open(LOOPBACK, [("127.0.0.1", port)]) as session:
        with pytest.raises(AddressRefused, match="the gateway's own listener"):
            await send(post("http://127.0.0.1:1/"), endpoint(token_url(partner)), session)
    assert partner.total == 0


async def test_the_end_of_the_session(partner: Partner) -> None:
    """A fetch that is under way ends with it, and so does who waits."""
    async with peer(hang) as tokens:
        async with Session.open(LOOPBACK) as session:
            waiting = asyncio.create_task(send(post(partner.url), endpoint(tokens.url()), session))
            await asyncio.sleep(0.05)
        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_tls_is_shared_with_a_token_server_beside_the_source(session: Session, tmp_path: Path) -> None:
    """At the same host and port the endpoint's own TLS holds for the token, too; elsewhere the system's."""
    authority = Authority()
    secured = serving(authority.vouch(), tmp_path)
    tls = Tls.of(ca=authority.certificate)
    async with await serve(tls=secured) as source, await serve(tls=secured) as elsewhere:
        url = f"{source.url}/json/oauth2:9"
        assert (await send(post(url), endpoint(token_url(source), tls=tls), session)).status == 200
        sentence, _ = await broken(session, endpoint(token_url(elsewhere), tls=tls), url)
        assert "is not trusted" in sentence
        assert elsewhere.total == 0
