"""Each behaviour as a client sees it on the wire: where the bytes matter, through a bare socket."""

import asyncio
import base64
import gzip
import hmac
import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, encode_basic_auth

from gateway.testing.partner import BEHAVIOURS, Partner

OBSERVED: set[str] = set()


def shows(*forms: str):
    """Mark which behaviours a test observes; the last test asks whether any was left out."""
    OBSERVED.update(forms)
    return lambda test: test


async def post(client: ClientSession, partner: Partner, behaviour: str, body: object = None, **headers: str):
    """POST a JSON document; status, headers and the parsed answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.post(
        f"{partner.url}/json/{behaviour}", json=body or {}, headers=named, allow_redirects=False
    ) as response:
        text = await response.read()
        return response.status, response.headers, json.loads(text) if text else None


async def raw(partner: Partner, behaviour: str, most: int = 1 << 20, patience: float = 5.0) -> bytes:
    """POST a JSON document over a bare socket and read until the partner closes, `most` bytes, or patience ends."""
    address = urlsplit(partner.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"POST /json/{behaviour} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: 2\r\n\r\n{{}}".encode())
    found = b""
    try:
        async with asyncio.timeout(patience):
            while len(found) < most and (some := await reader.read(65536)):
                found += some
    except TimeoutError:
        found += b"(no more for now)"
    finally:
        writer.transport.abort()
    return found


@shows("ok")
async def test_ok(partner, client):
    """`ok` is what happens without any wish."""
    assert (await post(client, partner, "ok"))[2]["status"] == "ok"
    assert (await post(client, partner, ""))[2]["status"] == "ok"


@shows("landed")
async def test_landed(partner, client):
    """`landed` takes what any strict end point would refuse, and the journal says what was wrong with it."""
    async with client.get(partner.url + "/json/landed") as response:
        assert (response.status, (await response.json())["status"]) == (200, "ok")
    assert partner.received[0].problem == "GET is not taken here (send POST, PUT, PATCH, DELETE)"


@shows("slow:SECONDS")
async def test_slow(partner, client):
    """`slow` answers rightly, but late."""
    begun = time.monotonic()
    assert (await post(client, partner, "slow:0.3"))[0] == 200
    assert 0.3 <= time.monotonic() - begun < 2


@shows("hang")
async def test_hang(partner):
    """`hang` sends nothing, and the journal says that nothing was answered."""
    assert await raw(partner, "hang", patience=0.3) == b"(no more for now)"
    assert partner.received[0].status is None


@shows("drip")
async def test_drip(partner):
    """`drip` sends head and body apart, one byte at a time."""
    found = await raw(partner, "drip", patience=1.3)
    dripped = found.split(b"\r\n\r\n")[1].removesuffix(b"(no more for now)")
    assert dripped in (b"{", b'{"')


@shows("reset")
async def test_reset(partner):
    """`reset` is a TCP reset before the first byte."""
    with pytest.raises(ConnectionResetError):
        await raw(partner, "reset")
    assert partner.received[0].status is None


@shows("reset-after")
async def test_reset_after(partner):
    """`reset-after` breaks off in the middle of a body whose length was promised."""
    address = urlsplit(partner.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        b"POST /json/reset-after HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
    head = await reader.readuntil(b"\r\n\r\n")
    promised = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    half = await reader.readexactly(promised // 2)
    assert half.startswith(b'{"status":"ok"')
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


@shows("endless")
async def test_endless(partner):
    """`endless` begins well and goes on past any limit."""
    found = await raw(partner, "endless", most=8 * 1024 * 1024)
    assert b'{"status":"ok"' in found[:1000]
    assert len(found) >= 8 * 1024 * 1024


@shows("garbage")
async def test_garbage(partner):
    """`garbage` is not HTTP, and then the connection is closed."""
    assert await raw(partner, "garbage") == b"\x16\x03\x01 this is no HTTP\r\n\r\n"


@shows("flaky:N")
async def test_flaky(partner, client):
    """`flaky` fails the first N requests of each key, and of each body where there is no key; then it is well."""
    for key in ("a", "b"):
        answers = [await post(client, partner, "flaky:2", Idempotency_Key=key) for _ in range(4)]
        assert [status for status, _, _ in answers] == [503, 503, 200, 200]
        assert [headers.get("Retry-After") for _, headers, _ in answers] == ["1", "1", None, None]
    bodies = [{"n": 1}, {"n": 2}, {"n": 1}, {"n": 2}]
    assert [(await post(client, partner, "flaky:1", body))[0] for body in bodies] == [503, 503, 200, 200]


@shows("status:CODE")
@pytest.mark.parametrize("code", [200, 202, 204, 304, 400, 404, 410, 500, 599])
async def test_status(partner, client, code):
    """`status` answers with any status, with a body wherever HTTP allows one."""
    status, _, answer = await post(client, partner, f"status:{code}")
    assert status == code
    assert (answer is None) == (code in (204, 304))
    if answer:
        assert answer["status"] == ("ok" if code < 400 else "error")


@shows("429:SECONDS", "429-date:SECONDS")
async def test_too_many(partner, client):
    """429 names the time to wait in either form of Retry-After (RFC 9110, 10.2.3)."""
    status, headers, _ = await post(client, partner, "429:7")
    assert (status, headers["Retry-After"]) == (429, "7")
    status, headers, _ = await post(client, partner, "429-date:60")
    ahead = parsedate_to_datetime(headers["Retry-After"]) - datetime.now(UTC)
    assert status == 429
    assert 55 < ahead.total_seconds() <= 60


@shows("answer:FILE", "answer:FILE:CODE")
async def test_answer(partner, client, tmp_path, monkeypatch):
    """`answer` sends a file as it stands, under the type of its name, with any status, whatever was sent."""
    monkeypatch.chdir(tmp_path)
    fault = b"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>"
    (tmp_path / "dup.xml").write_bytes(fault)
    (tmp_path / "page-2.html").write_bytes(b"<p class=error>no</p>")
    async with client.post(partner.url + "/soap/answer:dup.xml:500", data=b"{}") as response:
        assert (response.status, response.headers["Content-Type"], await response.read()) == (
            500,
            "text/xml",
            fault,
        )
    async with client.get(partner.url + "/query/answer:page-2.html?a=1") as response:
        assert (response.status, response.content_type) == (200, "text/html")
        assert await response.read() == b"<p class=error>no</p>"


@pytest.mark.parametrize("name", [".env.json", "..%2Fa.json", "%2Fetc%2Fhosts.txt", "key.pem", "key"])
async def test_answer_gives_nothing_else_away(partner, client, name):
    """Only a plain name with a known ending is a file to answer with."""
    assert (await client.get(f"{partner.url}/query/answer:{name}")).status == 404
    assert partner.received[0].problem.endswith("/ lists them all)")


async def test_answer_says_that_its_file_is_not_there(partner, client, tmp_path, monkeypatch):
    """A 404 that names the file, so that the story of the event says what is wrong."""
    monkeypatch.chdir(tmp_path)
    status, _, answer = await post(client, partner, "answer:none.json")
    said = f"{tmp_path / 'none.json'} cannot be answered with: No such file or directory"
    assert (status, answer["message"]) == (404, said)


@shows("error-inside")
async def test_error_inside(partner, client):
    """`error-inside` says no under status 200; what is wrong with the request itself still comes first."""
    answered = await post(client, partner, "error-inside")
    assert (answered[0], answered[2]) == (200, {"status": "error", "message": "Duplicate lead"})
    async with client.get(partner.url + "/json/error-inside") as response:
        assert response.status == 405


@shows("redirect:CODE", "redirect:CODE:HOST:PORT", "loop:CODE")
async def test_redirects(partner, client):
    """Redirects lead to `landed` here, to `landed` elsewhere, or nowhere."""
    where = [
        await post(client, partner, wish)
        for wish in ("redirect:302", "redirect:307:192.0.2.1:81", "loop:308")
    ]
    assert [(status, headers["Location"]) for status, headers, _ in where] == [
        (302, "/json/landed"),
        (307, "http://192.0.2.1:81/json/landed"),
        (308, "/json/loop:308"),
    ]


async def test_a_redirect_that_loses_the_body_is_seen_at_its_end(partner, client):
    """A client that follows a 302 as a GET without body gets its 200, and the journal shows what became of the POST."""
    async with client.post(partner.url + "/json/redirect:302", json={"a": 1}) as response:
        assert response.status == 200
    first, second = partner.received
    assert (first.method, first.values) == ("POST", {"a": 1})
    assert (second.method, second.path, second.body) == ("GET", "/json/landed", b"")


@shows("charset")
async def test_charset(partner, client):
    """`charset` says utf-8 and sends ISO-8859-1."""
    async with client.post(partner.url + "/json/charset", json={}) as response:
        assert response.charset == "utf-8"
        assert json.loads((await response.read()).decode("iso-8859-1"))["message"] == "reçu"


@shows("lie")
async def test_lie(partner, client):
    """`lie` sends JSON and calls it HTML."""
    _, headers, answer = await post(client, partner, "lie")
    assert (headers["Content-Type"], answer["status"]) == ("text/html; charset=utf-8", "ok")


@shows("bomb")
async def test_bomb(partner):
    """`bomb` is small on the wire, and unpacks to a right answer followed by 32 MiB of nothing."""
    head, body = (await raw(partner, "bomb")).split(b"\r\n\r\n", 1)
    assert b"Content-Encoding: gzip" in head
    assert len(body) < 64 * 1024
    unpacked = gzip.decompress(body)
    assert len(unpacked) > 32 * 1024 * 1024
    assert json.loads(unpacked)["status"] == "ok"


@shows("fault")
async def test_fault(partner, client):
    """`fault` is a 500 that is the partner's own fault; over SOAP it is tested with SOAP."""
    status, _, answer = await post(client, partner, "fault")
    assert (status, answer["message"]) == (500, "the partner's database is down")


@shows("auth:USER:PASSWORD", "bearer:TOKEN")
async def test_credentials(partner, client):
    """Only the right credentials pass, and a 401 says which kind is wanted."""
    right = encode_basic_auth("joé", "p:w")
    wrong = encode_basic_auth("joé", "other")
    assert (await post(client, partner, "auth:jo%C3%A9:p:w", Authorization=right))[0] == 200
    status, headers, _ = await post(client, partner, "auth:jo%C3%A9:p:w", Authorization=wrong)
    assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="partner"')
    assert (await post(client, partner, "bearer:t0ken", Authorization="Bearer t0ken"))[0] == 200
    status, headers, _ = await post(client, partner, "bearer:t0ken")
    assert (status, headers["WWW-Authenticate"]) == (401, 'Bearer realm="partner"')


@shows("api-key:NAME:VALUE")
async def test_an_api_key(partner, client):
    """It may stand in a header or in the query."""
    assert (await post(client, partner, "api-key:X-Key:abc", X_Key="abc"))[0] == 200
    assert (await post(client, partner, "api-key:key:abc?key=abc"))[0] == 200
    assert (await post(client, partner, "api-key:key:abc?key=abd"))[0] == 401


async def token(client: ClientSession, partner: Partner, server: str, **fields: str):
    asked = {"grant_type": "client_credentials", **fields}
    async with client.post(f"{partner.url}/oauth2/{server}", data=asked) as response:
        return response.status, await response.json()


@shows("oauth2:N")
async def test_access_tokens(partner, client):
    """Each is good for so many requests, and only those that were given out are good at all."""
    status, told = await token(client, partner, "me:s3:90", client_id="me", client_secret="s3")
    assert (status, told["expires_in"], told["token_type"]) == (200, 90, "Bearer")
    bearer = f"Bearer {told['access_token']}"
    assert [(await post(client, partner, "oauth2:2", Authorization=bearer))[0] for _ in range(3)] == [
        200,
        200,
        401,
    ]
    assert (await post(client, partner, "oauth2:2", Authorization="Bearer other"))[0] == 401


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_id": "me", "client_secret": "other"}, 401, "invalid_client"),
        ({}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_no_access_token(partner, client, fields, status, error):
    """Errors are those of RFC 6749."""
    assert await token(client, partner, "me:s3", **fields) == (status, {"error": error})


@shows("signed:KEY")
async def test_signatures(partner, client):
    """Only what the key signed a moment ago passes; of several signatures one has to be right."""
    now = int(time.time())

    async def status(key: bytes, moment: int, more: str = "") -> int:
        content = f"e-1.{moment}.{{}}".encode()
        made = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
        stamps = {
            "webhook_id": "e-1",
            "webhook_timestamp": str(moment),
            "webhook_signature": f"{more}v1,{made}",
        }
        return (
            await post(client, partner, f"signed:whsec_{base64.b64encode(b'k' * 24).decode()}", **stamps)
        )[0]

    assert await status(b"k" * 24, now) == 200
    assert await status(b"k" * 24, now, "v1,AAAA ") == 200
    assert await status(b"l" * 24, now) == 401
    assert await status(b"k" * 24, now - 301) == 401


async def test_behaviours_are_joined_by_commas(partner, client):
    """The first that has something to say decides; how the answer looks and leaves is decided beside it."""
    wishes = "bearer:t,flaky:1,error-inside,lie,slow:0.1"
    assert (await post(client, partner, wishes))[0] == 401
    assert (await post(client, partner, wishes, Authorization="Bearer t"))[0] == 503
    status, headers, answer = await post(client, partner, wishes, Authorization="Bearer t")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer["message"] == "Duplicate lead"


@pytest.mark.parametrize(
    ("target", "kind", "body", "expected"),
    [
        ("/query/error-inside?a=1", None, None, "ERROR Duplicate lead"),
        ("/formpost/error-inside", "application/x-www-form-urlencoded", "a=1", "status=error&message=Duplicate+lead"),
        ("/xml/error-inside", "text/xml", "<a/>",
         '<?xml version="1.0" encoding="utf-8"?>\n<response><status>error</status><message>Duplicate lead</message></response>'),
    ],
)  # fmt: skip
async def test_every_protocol_misbehaves_in_its_own_words(partner, client, target, kind, body, expected):
    """A behaviour is the same thing in every protocol, said in that protocol's format."""
    headers = {"Content-Type": kind} if kind else None
    async with client.request(
        "POST" if body else "GET", partner.url + target, data=body, headers=headers
    ) as response:
        assert (response.status, await response.text()) == (200, expected)


def test_every_behaviour_is_observed():
    """No behaviour stands on the index page that no test has seen; the soap and document ones have their own tests."""
    elsewhere = {"wss:USER:PASSWORD", "wsdl-flaky:N", "parameter:NAME"}
    assert OBSERVED | elsewhere == set(BEHAVIOURS)
