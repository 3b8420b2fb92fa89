"""Tokens that are none, or another's, signatures that are old, wrong or over something else: refused, and on record."""

import os
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yarl

from gateway import jsontext
from tests.attacks.aftermath import HEALTHY, unharmed
from tests.attacks.tokens import ASKED, EVENT, KEY, OLD_KEY, OTHERS, ROLES, TOKENS, Asked
from tests.cli.processes import free_port
from tests.faults.houses import House, Journal, partner_in

PORT = free_port()
URL = f"http://127.0.0.1:{PORT}"
LISTEN = """\
listen:
  - 127.0.0.1:{port}
  - unix:{folder}/s
  - {{unix: {folder}/ours, peers: [{{uid: {me}}}]}}
  - {{unix: {folder}/theirs, peers: [{{uid: {other}}}, {{gid: {other}}}]}}
tokens:
  - {{name: all, sha256: {all}, roles: [post, view, replay, admin]}}
  - {{name: acme, sha256: {acme}, roles: [post, view, replay], sources: [acme]}}
  - {{name: slow, sha256: {slow}, roles: [post, view], rate: 2/h}}
  - {{name: signed, sha256: {signed}, roles: [post, view], signature: {{secrets: [{{file: key}}, {{file: old_key}}]}}}}
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("tokens")
    sources = {"acme": HEALTHY, "bolt": HEALTHY, "healthy": HEALTHY}
    with partner_in(folder) as partner, House(folder, partner, sources) as found:
        _write(found)
        found.start()
        yield found


def _write(house: House) -> None:
    gateway, me = house.conf / "gateway.yaml", os.getuid()
    hashes = {name: sha256(token.encode()).hexdigest() for name, token in TOKENS.items()}
    listen = LISTEN.format(port=PORT, folder=house.folder, me=me, other=me + 4242, **hashes)
    one_each = "".join(f"  - {{name: {role}, sha256: {hashes[role]}, roles: [{role}]}}\n" for role in ROLES)
    gateway.write_text(listen + one_each + gateway.read_text().partition("\n")[2])
    secrets = house.conf / "secrets"
    secrets.mkdir(mode=0o700)
    for name, key in {"key": KEY, "old_key": OLD_KEY}.items():
        (secrets / name).write_text(f"whsec_{b64encode(key).decode()}\n")
        (secrets / name).chmod(0o600)


def _client(token: str | None = None, unix: Path | None = None) -> aiohttp.ClientSession:
    connector = None if unix is None else aiohttp.UnixConnector(str(unix))
    headers = {} if token is None else {"Authorization": f"Bearer {TOKENS.get(token, token)}"}
    return aiohttp.ClientSession(URL, connector=connector, headers=headers)


def test_there_are_enough() -> None:
    """At least 20 attempts."""
    assert len(ASKED) >= 20


async def test_each_is_refused_and_what_matters_is_on_record(house: House) -> None:
    """The status is right, the title says why and shows no token; refused administrative acts stand in the audit."""
    async with _client("all") as client:
        await house.ready(client)
        for body in (EVENT, OTHERS):
            async with client.post(
                "/events", data=body, headers={"Content-Type": "application/json"}
            ) as answer:
                assert answer.status == 202
        wrong = {name: fault for name, asked in ASKED.items() if (fault := await _fault(asked))}
        assert not wrong, "\n".join(f"{name}: {fault}" for name, fault in wrong.items())
        async with client.get("/events") as answer:
            assert {one["id"] for one in (await answer.json())["events"]} == {"mine", "theirs"}
        async with client.get("/audit", params={"result": "refused", "limit": "1000"}) as answer:
            acts = [(one["who"], one["act"], one["status"]) for one in (await answer.json())["acts"]]
        expected = [(*asked.act, asked.right) for asked in ASKED.values() if asked.act]
        assert not [act for act in expected if act not in acts]
        await unharmed(client, house.log())
    assert not [token for token in TOKENS.values() if token in house.log()]


async def _fault(asked: Asked) -> str | None:
    """What is wrong about the answer; None where nothing is."""
    headers = {"Content-Type": "application/json"} if asked.body else {}
    headers |= asked.headers
    if asked.signature is not None:
        headers |= asked.signature.headers()
    where = yarl.URL(URL + asked.path, encoded=True)
    async with (
        _client(asked.token) as client,
        client.request(asked.method, where, data=asked.body or None, headers=headers) as answer,
    ):
        text = await answer.text()
    if answer.status != asked.right:
        return f"{answer.status}: {text[:300]}"
    if answer.status == 401 and "Bearer" not in answer.headers.get("WWW-Authenticate", ""):
        return "no challenge"
    if "SECRET-LEAD" in text or any(token in text for token in TOKENS.values()):
        return f"it tells too much: {text[:300]}"
    if asked.method == "HEAD":
        return None
    title = jsontext.loads(text).get("title", "")
    return None if asked.says in title else title


async def test_what_is_not_there_and_what_is_anothers_look_alike(house: House) -> None:
    """Who may not know of an event is told what is told of one that never was."""
    async with _client("acme") as client:
        await house.ready(client)
        told: dict[str, Any] = {}
        for id in ("theirs", "absent"):
            async with client.get(f"/events/{id}") as answer:
                told[id] = (answer.status, (await answer.text()).replace(id, "ID"), len(answer.headers))
    assert told["theirs"] == told["absent"]


async def test_a_rate_holds_for_whatever_is_asked(house: House) -> None:
    """After two an hour comes 429 with the time to wait, for every path but those that are open."""
    async with _client("slow") as client:
        await house.ready(client)  # with a token it counts, too
        for path in ("/events", "/events", "/endpoints", "/nowhere"):
            async with client.get(path) as answer:
                last = answer
        assert (last.status, int(last.headers["Retry-After"]) > 1000) == (429, True)
    async with _client() as nobody, nobody.get("/-/healthy") as answer:
        assert answer.status == 200


async def test_a_socket_for_others(house: House) -> None:
    """Whoever is not listed is 403 on it, with the best of tokens; who is listed needs a token all the same."""
    async with _client("all", house.socket) as client:
        await house.ready(client)
    for name, token, right in (("theirs", "all", 403), ("theirs", None, 403), ("ours", "all", 200), ("ours", None, 401)):  # fmt: skip
        async with _client(token, house.folder / name) as client, client.get("/events") as answer:
            assert (name, token, answer.status) == (name, token, right)
    async with _client("all", house.folder / "theirs") as client, client.post("/-/reload") as answer:
        assert answer.status == 403
    async with (
        _client("all") as client,
        client.get("/audit", params={"act": "reload", "limit": "1"}) as answer,
    ):
        [act] = (await answer.json())["acts"]
        assert (act["result"], act["status"]) == ("refused", 403)


@pytest.mark.usefixtures("_thorough_only")
async def test_no_start_for_everybody_without_tokens(tmp_path: Path) -> None:
    """Listeners that other machines reach, and nobody asked for a token: exit 78, and a sentence names each."""
    listeners = ("0.0.0.0:8620", "[::]:8620", "10.1.2.3:8620")
    with House(tmp_path, Journal("http://127.0.0.1:1", tmp_path / "journal"), {}) as house:
        gateway = house.conf / "gateway.yaml"
        rest = gateway.read_text().partition("\n")[2]
        gateway.write_text(f"listen: {list(listeners)}\n{rest}")
        house.start()
        assert await house.ended() == 78
        for listener in listeners:
            assert f"other machines reach {listener}, and nobody is asked for a token" in house.log()
