"""Tokens: who may ask for what, for which sources, how often, and signed how."""

import asyncio
import hmac
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gateway.testing.partner import Partner
from gateway.web.application import application
from gateway.web.roles import NEEDS
from tests.web.conftest import event
from tests.web.doors import Front, open_front

POST, VIEW, REPLAY, ADMIN, SOME, SIGNED, BOSS, SLOW = (
    f"fgt_{name}_0123456789abcdef"
    for name in ("post", "view", "replay", "admin", "some", "signed", "boss", "slow")
)
BY_ROLE = {"post": POST, "view": VIEW, "replay": REPLAY, "admin": ADMIN}
KEY, OLD_KEY = b"k" * 32, b"o" * 24
TOKENS = f"""
tokens:
  - {{name: crm, token: {{file: crm_token}}, roles: [post]}}
  - {{name: desk, sha256: {sha256(VIEW.encode()).hexdigest()}, roles: [view]}}
  - {{name: again, sha256: {sha256(REPLAY.encode()).hexdigest()}, roles: [replay]}}
  - {{name: ops, sha256: {sha256(ADMIN.encode()).hexdigest().upper()}, roles: [admin]}}
  - {{name: some, sha256: {sha256(SOME.encode()).hexdigest()}, roles: [post, view, replay], sources: [acme, busy]}}
  - name: signed
    sha256: {sha256(SIGNED.encode()).hexdigest()}
    roles: [post]
    signature: {{secrets: [{{file: new_key}}, {{file: old_key}}]}}
  - name: boss
    sha256: {sha256(BOSS.encode()).hexdigest()}
    roles: [replay, admin]
    signature: {{secrets: [{{file: new_key}}], tolerance: 1h}}
  - {{name: slow, sha256: {sha256(SLOW.encode()).hexdigest()}, roles: [post, view], rate: 3/h}}
"""
SECRETS = {
    "crm_token": POST + "\n",
    "new_key": "whsec_" + b64encode(KEY).decode(),
    "old_key": "whsec_" + b64encode(OLD_KEY).decode(),
}
CHALLENGE = 'Bearer realm="feedback-gateway"'


@pytest.fixture
async def front(tmp_path: Path, partner: Partner) -> AsyncIterator[Front]:
    async with open_front(tmp_path, partner, TOKENS, SECRETS) as found:
        yield found


def concrete(path: str) -> str:
    return path.replace("/endpoints/{id}", "/endpoints/acme/return").replace("{id}", "e-1")


def test_every_path_has_its_need() -> None:
    """The table of roles is that of the application's paths: one that is new and not in it would need admin."""
    routes = application(lambda: (), 1).router.routes()
    assert {(r.method, r.resource.canonical) for r in routes if r.method != "HEAD" and r.resource} == set(
        NEEDS
    )


async def test_each_path_is_for_its_roles_alone(front: Front) -> None:
    """Every role at every path: 401 without a token, 403 naming the role that is missing, and never one for health."""
    for (method, path), needed in NEEDS.items():
        status, told, headers = await front.ask(method, concrete(path))
        if not needed.roles:
            assert status == 200
            continue
        assert (status, headers["WWW-Authenticate"]) == (401, CHALLENGE)
        assert told["title"] == "a token is asked for (send Authorization: Bearer TOKEN)"
        for role, token in BY_ROLE.items():
            status, told, _ = await front.ask(method, concrete(path), token=token)
            if role in needed.roles:
                assert status not in (401, 403), (method, path, role)
            else:
                assert status == 403, (method, path, role)
                assert f"lacks the role {' or '.join(needed.roles)} (" in told["title"]


UNKNOWN = [
    ("Bearer nonsense", f'{CHALLENGE}, error="invalid_token"'),
    ("Bearer ", f'{CHALLENGE}, error="invalid_token"'),
    (f"Bearer {POST}x", f'{CHALLENGE}, error="invalid_token"'),
    (f"Basic {POST}", CHALLENGE),
    (POST, CHALLENGE),
]


async def test_a_wrong_token_is_none(front: Front) -> None:
    """401, and the token is not repeated; also at a path that is open to everybody, and one that is not there."""
    for given, challenge in UNKNOWN:
        for path in ("/events", "/-/healthy", "/nowhere"):
            status, told, headers = await front.ask("GET", path, headers={"Authorization": given})
            assert (status, headers["WWW-Authenticate"]) == (401, challenge)
            assert POST not in str(told)
    assert (await front.ask("GET", "/events", token=f" {VIEW}"))[0] == 200


async def test_a_socket_asks_for_a_token_too(front: Front) -> None:
    """Where there are tokens, every listener asks for one."""
    assert (await front.ask("GET", "/events", unix=True))[0] == 401
    assert (await front.ask("GET", "/events", unix=True, token=VIEW))[0] == 200


async def test_a_token_stands_in_no_memory_of_the_conf(front: Front) -> None:
    """What the daemon keeps of a token is its hash."""
    assert POST not in repr(front.daemon.conf.secrets.values())
    assert (await front.ask("POST", "/events", token=POST, json=event()))[0] == 202
    (hashed, grant), *_ = front.daemon.conf.access.grants
    assert (grant.name, hashed) == ("crm", sha256(POST.encode()).digest())


async def test_a_page_with_a_token_is_a_program(front: Front) -> None:
    """An Origin is refused without a token alone: no page can know one that it was not given."""
    origin = {"Origin": "https://page.example"}
    assert (await front.ask("GET", "/events", token=VIEW, headers=origin))[0] == 200
    assert (await front.ask("GET", "/-/healthy", headers=origin))[0] == 403


async def test_sources_that_a_token_is_for(front: Front) -> None:
    """It posts for them, and knows of no other one's events, endpoints and numbers."""
    post = {"method": "POST", "path": "/events"}
    assert (await front.ask(**post, token=SOME, json=event("mine")))[0] == 202
    status, told, _ = await front.ask(**post, token=SOME, json=event("other", source="slow"))
    assert (status, told["title"]) == (403, "the token some is not for the source slow")
    both = [event("mine-2"), event("other", source="slow")]
    status, told, _ = await front.ask(**post, token=SOME, json=both)
    assert (status, told["accepted"], told["refused"]) == (202, 1, 1)
    assert told["events"][1]["problem"]["title"] == "the token some is not for the source slow"
    assert (await front.ask(**post, token=POST, json=event("theirs", source="sorry")))[0] == 202
    for method, path in (("GET", "/events/theirs"), ("POST", "/events/theirs/replay")):
        assert (await front.ask(method, path, token=SOME))[0] == 404
    assert (await front.ask("GET", "/events?source=acme", token=SOME))[0] == 200
    for method, path, body in (("GET", "/events", None), ("GET", "/events?source=sorry", None),
                               ("POST", "/replay", {"state": "rejected"})):  # fmt: skip
        status, told, _ = await front.ask(method, path, token=SOME, json=body)
        assert (status, told["title"]) == (
            403, "the token some is for some sources alone (name one: acme, busy)",
        )  # fmt: skip
    _, told, _ = await front.ask("GET", "/endpoints", token=SOME)
    assert {one["id"] for one in told["endpoints"]} == {"acme/return", "busy/return"}
    for path in ("/metrics", "/audit"):
        status, told, _ = await front.ask("GET", path, token=SOME)
        assert status == 403
        assert "is for some sources alone, and this is about all of them" in told["title"]


async def test_no_names_for_who_has_no_token(front: Front) -> None:
    """Health is for everybody; which files are wrong, and how endpoints stand, for those who may see all of them."""
    (front.folder / "sources" / "acme.yaml").write_text("return: {auth: {bearer: {file: canary_key}}}\n")
    names = {"problems", "paused", "breakers_open", "quarantined"}
    assert (await front.ask("POST", "/-/reload", token=ADMIN))[0] == 207
    for token in (None, POST, SOME, REPLAY):
        status, told, _ = await front.ask("GET", "/-/ready", token=token)
        assert (status, told["last_reload_ok"], names & told.keys()) == (200, False, set())
        assert "canary" not in str(told)
    for token in (VIEW, ADMIN):
        _, told, _ = await front.ask("GET", "/-/ready", token=token)
        assert names <= told.keys()
        assert "canary_key" in str(told["problems"])


async def test_criteria_of_other_sources_are_not_named(front: Front) -> None:
    """A token for some sources hears of their criteria alone."""
    other = "return: {transport: json, url: 'https://x.example', mapping: {a: b}, criteria: {max_age: 30d}}\n"
    wish = {"source": "acme", "skip_criteria": ["nope"]}
    _, told, _ = await front.ask("POST", "/replay", token=SOME, json=wish)
    assert "(there is: rules)" in told["errors"][0]["detail"]
    (front.folder / "sources" / "other.yaml").write_text(other)
    assert (await front.ask("POST", "/-/reload", token=ADMIN))[0] == 200
    _, told, _ = await front.ask("POST", "/replay", token=REPLAY, json=wish)
    assert "(there is: max_age, rules)" in told["errors"][0]["detail"]
    _, told, _ = await front.ask("POST", "/replay", token=SOME, json=wish)
    assert "(there is: rules)" in told["errors"][0]["detail"]


async def test_a_rate(front: Front) -> None:
    """So many requests and events in a unit of time; what is too much is 429 with the time to wait."""
    many = [event("a"), event("b"), event("c"), event("d")]
    assert (await front.ask("POST", "/events", token=SLOW, json=many))[0] == 202
    status, told, headers = await front.ask("GET", "/events", token=SLOW)
    wait = headers["Retry-After"]
    assert (status, told["title"]) == (
        429, f"the token slow brings more than 3/h (ask again in {wait} s, as Retry-After says)",
    )  # fmt: skip
    assert 2300 <= int(wait) <= 2400
    assert (await front.ask("GET", "/-/healthy"))[0] == 200


def signed(
    body: bytes, *, key: bytes = KEY, id: str = "msg_1", at: float = 0, wrong: str = ""
) -> dict[str, str]:
    sent_at = f"{int(time.time() + at)}"
    mac = hmac.digest(key, f"{id}.{sent_at}.".encode() + body, "sha256")
    headers = {
        "webhook-id": id, "webhook-timestamp": sent_at, "webhook-signature": f"v1a,AA v1,{b64encode(mac).decode()}",
    }  # fmt: skip
    return {name: text for name, text in headers.items() if name != wrong}


BODY = b'{"id": "s-1", "type": "return", "source": "acme", "reason": "Not ours"}'
HEAD = {"Content-Type": "application/json"}


async def test_a_signature_beside_the_token(front: Front) -> None:
    """Standard Webhooks, with either secret while one is changed; the same message again is the same event."""
    for more, status in ((signed(BODY), 202), (signed(BODY), 200), (signed(BODY, key=OLD_KEY), 200)):
        assert (await front.ask("POST", "/events", token=SIGNED, data=BODY, headers=HEAD | more))[0] == status


def wrongly_signed() -> list[tuple[dict[str, str], str]]:
    good, wrong = signed(BODY), "webhook-signature is not right"
    late = "webhook-timestamp is not within 300 s"
    missing = [signed(BODY, wrong=f"webhook-{name}") for name in ("id", "timestamp", "signature")]
    return [
        *((headers, "the post is not signed") for headers in ({}, *missing)),
        (signed(BODY + b" "), wrong),
        (signed(BODY, key=b"x" * 32), wrong),
        (good | {"webhook-id": "msg_2"}, wrong),
        (good | {"webhook-signature": "v1,"}, wrong),
        (good | {"webhook-timestamp": "١٢٣"}, late),
        (good | {"webhook-timestamp": "1e9"}, late),
        (signed(BODY, at=-400), late),
        (signed(BODY, at=400), late),
    ]


async def test_a_wrong_signature(front: Front) -> None:
    """401 with why, and nothing is stored."""
    for more, words in wrongly_signed():
        status, told, headers = await front.ask(
            "POST", "/events", token=SIGNED, data=BODY, headers=HEAD | more
        )
        assert (status, told["title"][: len(words)], headers["WWW-Authenticate"]) == (401, words, CHALLENGE)
    assert (await front.ask("GET", "/events", token=VIEW))[1]["events"] == []


async def test_a_signed_act_is_done_once(front: Front) -> None:
    """Whoever recorded it, and has the token, can ask for nothing with it: neither the same nor, elsewhere, another."""
    await front.ask("POST", "/events", token=POST, json=event("e-1"))
    while (await front.ask("GET", "/events/e-1", token=VIEW))[1]["state"] != "delivered":
        await asyncio.sleep(0.01)
    again = b'{"again": true}'
    wish = HEAD | signed(again, id="wish-1")
    asked = {"method": "POST", "token": BOSS}
    assert (await front.ask(path="/events/e-1/replay", data=again, headers=wish, **asked))[0] == 202
    status, told, _ = await front.ask(path="/events/e-1/replay", data=again, headers=wish, **asked)
    assert (status, told["title"]) == (
        401, "this signed message was taken already (sign each wish by itself, with a new webhook-id)",
    )  # fmt: skip
    nothing = signed(b"", id="wish-2")
    assert (await front.ask(path="/-/reload", headers=nothing, **asked))[0] == 200
    assert (await front.ask(path="/endpoints/acme/return/pause", headers=nothing, **asked))[0] == 401
    assert (await front.ask(path="/endpoints/acme/return/pause", headers=signed(b"", id="wish-3"), **asked))[
        0
    ] == 200


async def test_a_signed_post_in_parts(front: Front) -> None:
    """A body that comes in chunks is signed as a whole."""

    async def parts() -> Any:
        for start in range(0, len(BODY), 7):
            yield BODY[start : start + 7]

    more = HEAD | signed(BODY)
    assert (await front.ask("POST", "/events", token=SIGNED, data=parts(), headers=more))[0] == 202


async def test_tokens_follow_the_conf(front: Front) -> None:
    """A token that is taken out of its file is none from the reload on."""
    (front.folder / "secrets" / "crm_token").write_text("fgt_another_0123456789abcdef\n")
    status, _, _ = await front.ask("POST", "/-/reload", token=ADMIN)
    assert status == 200
    assert (await front.ask("POST", "/events", token=POST, json=event()))[0] == 401
    assert (await front.ask("POST", "/events", token="fgt_another_0123456789abcdef", json=event()))[0] == 202


async def test_a_listener_that_lost_its_tokens_serves_nobody(tmp_path: Path, partner: Partner) -> None:
    """The conf may lose its tokens by a reload, but the listener stays open until the restart."""
    more = f"{TOKENS}\nlisten: ['0.0.0.0:PORT', 'unix:SOCKET']"
    async with open_front(tmp_path, partner, more, SECRETS) as front:
        assert (await front.ask("GET", "/events", token=VIEW))[0] == 200
        file = front.folder / "gateway.yaml"
        text = file.read_text()
        file.write_text(text[: text.index("tokens:")] + "listen: ['127.0.0.1:1']\n")
        assert (await front.ask("POST", "/-/reload", token=ADMIN))[0] == 200
        status, told, _ = await front.ask("GET", "/events", token=VIEW)
        assert status == 403
        assert told["title"].startswith("other machines reach this listener, and there are no tokens")
        assert (await front.ask("GET", "/events", unix=True))[0] == 200
