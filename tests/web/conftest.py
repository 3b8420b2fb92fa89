"""The whole daemon behind its real application, with a conf folder of its own and the real partner as its sources."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.conf.reload import first
from gateway.daemon import Daemon, registry
from gateway.testing.partner import Partner
from tests.web.contract import held

HEALTH = ("/-/healthy", "/-/ready")
GATEWAY = """\
data: ../data
network: {{allow: ["127.0.0.1/32:{port}"]}}
hosts: [gateway.internal]
limits: {{body: 64KiB, event: 8KiB, events: 20, read: 300ms}}
shutdown: 2s
{more}
"""
ACME = """\
name: Acme Leads
return:
  transport: json
  url: {partner}/json
  mapping: {{lead_id: "{{{{ lead.id }}}}", reason: "{{{{ feedback.reason }}}}", key: {{file: acme_key}}}}
  criteria:
    rules:
      - {{field: feedback.reason, op: is not equal to, value: Not ours}}
  response: {{outcome_search_path: status, outcome_search_term: ^ok$, reference_path: id}}
  retry: {{first: 30s}}
"""
SOURCES = {
    "acme": ACME,
    "slow": "return: {{transport: json, url: '{partner}/json/slow:0.5', mapping: {{id: '{{{{ event.id }}}}'}}}}\n",
    "busy": "return: {{transport: json, url: '{partner}/json/status:503', mapping: {{id: '{{{{ event.id }}}}'}}}}\n",
    "sorry": "return: {{transport: json, url: '{partner}/json/status:422', mapping: {{id: '{{{{ event.id }}}}'}}}}\n",
    "away": "kind: account\n",
}


def event(id: str | None = "e-1", **more: Any) -> dict[str, Any]:
    """An event as a poster writes it."""
    body = {"type": "return", "source": "acme", "reason": "Wrong number", "lead": {"id": "L-1"}, **more}
    return body if id is None else {"id": id, **body}


@dataclass
class House:
    """A running daemon, a client to it, and the partner that its sources are."""

    folder: Path
    daemon: Daemon
    client: Any
    partner: Partner

    async def post(self, body: Any, kind: str = "application/json", **headers: str) -> tuple[int, Any]:
        """Post events; status and parsed answer."""
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return await self.ask("POST", "/events", data=data, headers={"Content-Type": kind, **headers})

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """Ask for anything; status and parsed answer."""
        async with self.client.request(method, path, **more) as response:
            kind = response.content_type
            assert kind in ("application/json", "application/problem+json"), await response.text()
            is_problem = response.status >= 400 and not (path in HEALTH and response.status == 503)
            assert (kind == "application/problem+json") == is_problem
            return response.status, json.loads(await response.text())

    async def story(self, id: str) -> Any:
        """An event's story."""
        status, told = await self.ask("GET", f"/events/{id}")
        assert status == 200, told
        return told

    async def until(self, id: str, *states: str) -> Any:
        """An event's story, once it is in one of these states."""
        async with asyncio.timeout(5):
            while (told := await self.story(id))["state"] not in states:
                await asyncio.sleep(0.01)
        return told

    def write(self, name: str, text: str) -> None:
        """Write a source's conf file."""
        (self.folder / "sources" / f"{name}.yaml").write_text(text.format(partner=self.partner.url))


def write_conf(folder: Path, partner: Partner, more: str = "") -> Path:
    """A conf folder with one source of every sort."""
    conf = folder / "conf"
    for name in ("sources", "secrets"):
        (conf / name).mkdir(parents=True)
    (conf / "gateway.yaml").write_text(GATEWAY.format(port=partner.url.rpartition(":")[2], more=more))
    (conf / "secrets" / "acme_key").write_text("s3cret-key\n")
    (conf / "secrets" / "acme_key").chmod(0o600)
    for name, text in SOURCES.items():
        (conf / "sources" / f"{name}.yaml").write_text(text.format(partner=partner.url))
    return conf


def daemon_on(conf: Path) -> Daemon:
    plugins = registry()
    return Daemon(conf, plugins, first(conf, plugins))


@pytest.fixture
async def house(
    tmp_path: Path, partner: Partner, aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]]
) -> House:
    """A daemon that listens on TCP."""
    conf = write_conf(tmp_path, partner)
    daemon = daemon_on(conf)
    client = await aiohttp_client(TestServer(daemon.application()), middlewares=(held,))
    return House(conf, daemon, client, partner)


@pytest.fixture
async def unix_house(tmp_path: Path, partner: Partner) -> AsyncIterator[House]:
    """A daemon that listens on a Unix socket."""
    conf = write_conf(tmp_path, partner)
    daemon = daemon_on(conf)
    runner = web.AppRunner(daemon.application())
    await runner.setup()
    socket = tmp_path / "s"
    await web.UnixSite(runner, socket).start()
    async with aiohttp.ClientSession(
        "http://gateway",
        connector=aiohttp.UnixConnector(str(socket)),
        cookie_jar=aiohttp.DummyCookieJar(),
        middlewares=(held,),
    ) as client:
        yield House(conf, daemon, client, partner)
    await runner.cleanup()


@pytest.fixture(params=["tcp", "unix"])
def any_house(request: pytest.FixtureRequest) -> House:
    """A daemon on each kind of listener."""
    found: House = request.getfixturevalue("house" if request.param == "tcp" else "unix_house")
    return found
