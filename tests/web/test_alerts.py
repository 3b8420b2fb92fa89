"""Alerts reach the endpoint that the conf names, and change nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.testing.partner import Partner, serve
from tests.web.conftest import House, daemon_on, event, write_conf

ALERTS = """
alerts:
  transport: json
  url: {url}
  mapping: {{text: "{{{{ alert.kind }}}}: {{{{ alert.text }}}}", key: "{{{{ alert.key }}}}", at: "{{{{ alert.at }}}}"}}
  auth: {{bearer: {{file: chat_token}}}}
"""


@pytest.fixture
async def desk() -> AsyncIterator[Partner]:
    async with await serve() as running:
        yield running


async def house(tmp_path: Path, partner: Partner, client: Any, url: str, port: str) -> House:
    conf = write_conf(tmp_path, partner, ALERTS.format(url=url))
    text = (conf / "gateway.yaml").read_text().replace("allow: [", f'allow: ["127.0.0.1/32:{port}", ')
    (conf / "gateway.yaml").write_text(text)
    (conf / "secrets" / "chat_token").write_text("t0p-secret")
    (conf / "secrets" / "chat_token").chmod(0o600)
    daemon = daemon_on(conf)
    return House(conf, daemon, await client(TestServer(daemon.application())), partner)


async def test_a_parked_event_is_told_once(
    tmp_path: Path,
    partner: Partner,
    desk: Partner,
    aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]],
) -> None:
    """By the endpoint's own mapping and credentials, under a key of its own; the second one within the hour is not."""
    port = desk.url.rpartition(":")[2]
    home = await house(tmp_path, partner, aiohttp_client, f"{desk.url}/json", port)
    for id in ("e-1", "e-2"):
        await home.post(event(id, source="nobody"))
    [received] = await desk.arrived()
    told = json.loads(received.body)
    assert told["text"] == (
        "parked: nobody/return: there is no source 'nobody' (there is: acme, away, busy, slow, sorry);"
        " event e-1 is parked"
    )
    assert told["key"] == "parked:nobody/return"
    assert told["at"].endswith("Z")
    assert dict(received.headers)["Authorization"] == "Bearer t0p-secret"
    assert len(received.key or "") == 32
    await asyncio.sleep(0.1)
    assert desk.total == 1


async def test_an_endpoint_that_takes_none_holds_up_nobody(
    tmp_path: Path,
    partner: Partner,
    desk: Partner,
    aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Events go on; the alert that was lost is counted."""
    monkeypatch.setattr(
        "gateway.alerts.outbox.Outbox.__init__.__kwdefaults__", {"room": 9, "pauses": (0.01,)}
    )
    port = desk.url.rpartition(":")[2]
    home = await house(tmp_path, partner, aiohttp_client, f"{desk.url}/json/status:503", port)
    await home.post(event("e-1", source="nobody"))
    await home.post(event("e-2"))
    await home.until("e-2", "delivered")
    await desk.arrived(2)
    async with asyncio.timeout(5):
        while True:
            async with home.client.get("/metrics") as response:
                if 'feedback_gateway_alerts_lost_total{kind="parked"} 1.0' in await response.text():
                    break
            await asyncio.sleep(0.01)
    assert desk.total == 2
