"""Canaries in every place of the conf that takes a secret, at a source that repeats them: none is heard anywhere."""

import asyncio
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner

from gateway.cli import main
from tests.attacks.canaries import ENVIRONMENT, HANDED_OUT, PERSON, SECRETS, parrot, singing
from tests.attacks.canary_conf import PLACES, write_conf
from tests.attacks.test_plugins import ready

ALL = {**SECRETS, **ENVIRONMENT, "handed out": HANDED_OUT}
SHORT = ("query_key",)
# What is never sent: it signs, or opens our own door.
SILENT = {"signing_key", "hmac_key", "digest_password", "intake_token", "signed_token", "intake_key"}
PAGES = ("/metrics", "/-/ready", "/-/healthy", "/endpoints", "/plugins", "/audit", "/openapi.json")
BAD = {
    "no JSON": b'{"reason": "Zq7reason',
    "a duplicate key": b'{"reason": "Zq7reason", "reason": "Zq7leadnote"}',
    "no type": b'{"lead": {"note": "Zq7leadnote"}}',
    "NUL": b'{"type": "return", "source": "bearer", "lead": {"note": "Zq7leadnote\\u0000"}}',
}


@contextmanager
def daemon_on(conf: Path) -> Iterator[int]:
    """A daemon with the environment's canaries; its process."""
    with (conf.parent / "log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "run", "--conf", str(conf)],
            stderr=log,
            stdout=log,
            env={**os.environ, **ENVIRONMENT},
        )
    try:
        asyncio.run(ready(conf.parent / "log", running))
        yield running.pid
    finally:
        running.terminate()
        running.wait(20)


async def told_by_http(conf: Path, names: tuple[str, ...]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What the daemon says once each source has had an event: of events, and of all else."""
    own: dict[str, bytes] = {}
    other: dict[str, bytes] = {}
    connector = aiohttp.UnixConnector(f"{conf.parent}/socket")
    head = {"Authorization": f"Bearer {SECRETS['intake_token']}"}
    async with aiohttp.ClientSession("http://localhost", connector=connector) as session:

        async def ask(
            told: dict[str, bytes],
            name: str,
            path: str,
            method: str = "GET",
            headers: Any = head,
            **body: Any,
        ) -> None:
            async with session.request(method, path, headers=headers, **body) as answer:
                told[f"{method} {path} {name}"] = (
                    f"{answer.status} {answer.headers}".encode() + await answer.read()
                )

        for name in (*names, "nobody"):
            lead = {"id": f"lead-{name}", "note": PERSON["lead_note"], "email": PERSON["lead_email"]}
            event = {"id": name, "type": "return", "source": name, "reason": PERSON["reason"], "lead": lead}
            await ask(other, name, "/events", "POST", json=event)
        await until_settled(session, head)
        for path in PAGES:
            await ask(other, "", path)
        for name in names:
            await ask(own, "", f"/events/{name}")
            for values in ("same", "fresh"):
                await ask(
                    other,
                    values,
                    f"/events/{name}/replay",
                    "POST",
                    json={"values": values, "again": True, "why": "a look"},
                )
                await until_settled(session, head)
        await ask(own, "", "/events")
        for name, data in BAD.items():
            await ask(
                other,
                name,
                "/events",
                "POST",
                headers={**head, "Content-Type": "application/json"},
                data=data,
            )
        for token in ("intake_token", "signed_token"):
            wrong = {"Authorization": f"Bearer {SECRETS[token]}x"}
            await ask(other, "wrong token", "/events", headers=wrong)
            await ask(other, token, "/nowhere", headers={"Authorization": f"Basic {SECRETS[token]}"})
        for page in PAGES:
            await ask(other, "at the end", page)
    return own, other


async def until_settled(session: aiohttp.ClientSession, head: dict[str, str]) -> None:
    """Wait until nothing is on its way any more."""
    for _ in range(200):
        async with session.get("/events?state=queued", headers=head) as answer:
            if not (await answer.json())["events"]:
                return
        await asyncio.sleep(0.05)
    raise AssertionError("events wait")


def commands(folder: Path, names: tuple[str, ...]) -> Iterator[list[str]]:
    """Every command that reads a conf, a store or a daemon."""
    event, rules = str(folder / "event.json"), str(folder / "rules.yaml")
    for name in names:
        for way in ([], ["--json"], ["--curl"]):
            yield ["preview", str(folder / f"{name}.json"), *way]
        for way in ([], ["--json"]):
            yield ["show", name, *way]
        yield ["explain", name]
        yield ["describe", name]
        yield ["read", f"{name}/return", str(folder / f"{name}.txt")]
    for way in ([], ["--json"]):
        yield ["check", *way]
        yield ["list", *way]
        yield ["plan", *way]
        yield ["try", rules, "--source", names[0], *way]
        yield ["explain", event, *way]
        yield ["send", event, *way]
        yield ["replay", names[0], "--again", "--fresh", "--why", "x", *way]
        yield ["pause", f"{names[0]}/return", "--why", "x", *way]
        yield ["resume", f"{names[0]}/return", *way]
        yield ["plugins", *way]
        yield ["verify", *way]
        yield ["reload", *way]
        yield ["audit", *way]
    yield ["preview", event, "--send"]
    yield ["backup", str(folder / "copy.db")]


@pytest.mark.timeout(180)
def test_none_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, thorough: bool) -> None:
    """Not in log, pages, problems, alerts, the story, any command, nor any byte of the data folder or a backup."""
    for name, text in {**ENVIRONMENT, "FEEDBACK_GATEWAY_TOKEN": SECRETS["intake_token"]}.items():
        monkeypatch.setenv(name, text)
    names = tuple(PLACES) if thorough else SHORT
    with parrot() as birds:
        conf = write_conf(tmp_path, birds.url, names)
        write_work(tmp_path, names)
        with daemon_on(conf) as pid:
            assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
            own, other = asyncio.run(told_by_http(conf, names))
            said = {" ".join(words): run(conf, *words) for words in commands(tmp_path, names)}
            files = {
                str(path): path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()
            }
        files["backup"] = (tmp_path / "copy.db").read_bytes()
    key = (conf / "secrets/private_key").read_text().splitlines()[1]
    log = (tmp_path / "log").read_bytes()
    secrets = {**ALL, "private key": re.sub(r"\W.*", "", key)}
    everything = {**own, **other, **said, **files, "log": log, "alerts": b"".join(birds.alerts)}
    assert {name: heard for name, text in everything.items() if (heard := singing(text, secrets))} == {}
    about = {**other, "log": log, "alerts": b"".join(birds.alerts), "audit": said["audit --json"]}
    assert {name: heard for name, text in about.items() if (heard := singing(text, PERSON))} == {}
    if thorough:
        assert set(singing(b"\n".join(birds.heard), SECRETS)) == set(SECRETS) - SILENT - {"alerts_token"}
    assert any(PERSON["lead_note"].encode() in text for text in own.values())
    assert b"Traceback" not in log


def write_work(folder: Path, names: tuple[str, ...]) -> None:
    """The files that commands read."""
    lead = {"id": "1", "note": "n"}
    for name in names:
        event = {"id": f"{name}-cli", "type": "return", "source": name, "reason": "r", "lead": lead}
        (folder / f"{name}.json").write_text(json.dumps(event))
        own = [ALL[found] for found in re.findall(r"\{(?:file|env): (\w+)", PLACES[name]) if found in ALL]
        (folder / f"{name}.txt").write_text(f"said: {' '.join(own)}")
    shutil.copy(folder / f"{names[0]}.json", folder / "event.json")
    (folder / "rules.yaml").write_text("[{field: lead.note, op: is not blank}]")


def run(conf: Path, *words: str) -> bytes:
    """What a command says."""
    done = CliRunner().invoke(main, [*words, "--conf", str(conf)], input="y\n")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code in (0, 1, 2, 65, 78), done.output
    assert done.exit_code != 2 or "Usage" not in done.output, done.output
    return done.output.encode()


# What an operator in a hurry writes, each with a canary where it may not stand as it is.
HASTY = {
    "a token as it is": "auth: {bearer: Zq7hasty}",
    "a password as it is": "auth: {basic: {username: a, password: Zq7hasty}}",
    "a key as it is": "auth: {api_key: {header: X-Key, key: Zq7hasty}}",
    "a signing key as it is": "auth: {signature: {keys: [whsec_Zq7hasty]}}",
    "a signing key that is none": "auth: {signature: {keys: [{file: broken}]}}",
    "a client's secret as it is": "auth: {oauth2: {token_url: 'https://a.example', client_id: a, client_secret: Zq7hasty}}",
    "a password in the address": "url: https://gateway:Zq7hasty@a.example/",
    "a key of TLS as it is": "tls: {certificate: {file: broken}, key: Zq7hasty}",
    "a key of TLS that is none": "tls: {certificate: {file: broken}, key: {file: broken}}",
    "a token with a line break": "auth: {bearer: {file: broken}}",
    "two ways at once": "auth: {bearer: {file: broken}, basic: {username: a, password: Zq7hasty}}",
    "another word for it": "auth: {bearer: {token: Zq7hasty}}",
    "a list of them": "auth: {bearer: [Zq7hasty]}",
    "a key of its own": "api_key: Zq7hasty",
}


@pytest.mark.parametrize("name", HASTY)
def test_a_sentence_quotes_no_secret(tmp_path: Path, name: str) -> None:
    """What `check` says about a secret in the wrong place, also in JSON, names the place and not the secret."""
    conf = tmp_path / "conf"
    for folder in ("sources", "secrets"):
        (conf / folder).mkdir(parents=True)
    (conf / "gateway.yaml").write_text("")
    (conf / "secrets/broken").write_text("whsec_Zq7hasty\nZq7hasty é")
    (conf / "secrets/broken").chmod(0o600)
    url = "" if HASTY[name].startswith("url") else "url: https://a.example/\n  "
    (conf / "sources/acme.yaml").write_text(f"return:\n  transport: json\n  {url}{HASTY[name]}\n")
    said = [run(conf, "check", *way) for way in ([], ["--json"])]
    assert b"acme.yaml:" in said[0]
    assert [singing(text, {"hasty": "Zq7hasty"}) for text in said] == [[], []], said
