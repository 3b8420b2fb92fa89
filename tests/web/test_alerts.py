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

BEARER = "{bearer: {file: chat_token}}"
ALERTS = """
alerts:
  transport: json
  url: {url}
  mapping: {{text: "{{{{ alert.kind }}}}: {{{{ alert.text }}}}", key: "{{{{ alert.key }}}}", at: "{{{{ alert.at }}}}"}}
  auth: {auth}
"""
Alerting = Callable[..., Awaitable[House]]


@pytest.fixture
async def desk() -> AsyncIterator[Partner]:
    async with await serve() as running:
        yield running


@pytest.fixture
def alerting(
    tmp_path: Path,
    partner: Partner,
    desk: Partner,
    aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]],
) -> Alerting:
    """Runs a daemon whose alerts go to a URL; the desk may be dialled unless said otherwise."""

    async def made(url: str, auth: str = BEARER, *, may_dial: bool = True) -> House:
        conf = write_conf(tmp_path, partner, ALERTS.format(url=url, auth=auth))
        if may_dial:
            allowed = f'allow: ["127.0.0.1/32:{desk.url.rpartition(":")[2]}", '
            text = (conf / "gateway.yaml").read_text().replace("allow: [", allowed)
            (conf / "gateway.yaml").write_text(text)
        (conf / "secrets" / "chat_token").write_text("t0p-secret")
        (conf / "secrets" / "chat_token").chmod(0o600)
        daemon = daemon_on(conf)
        return House(conf, daemon, await aiohttp_client(TestServer(daemon.application())), partner)

    return made


@pytest.fixture
def one_more_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not taken is tried once more, at once."""
    monkeypatch.setattr(
        "gateway.alerts.outbox.Outbox.__init__.__kwdefaults__", {"room": 9, "pauses": (0.01,)}
    )


async def lost(home: House) -> None:
    """As soon as the first alert is given up."""
    async with asyncio.timeout(5):
        while (
            'feedback_gateway_alerts_lost_total{kind="parked"} 1.0' not in home.daemon.metrics.text().decode()
        ):
            await asyncio.sleep(0.01)


async def test_a_parked_event_is_told_once(alerting: Alerting, desk: Partner) -> None:
    """By the endpoint's own mapping and credentials, under a key of its own; the second one within the hour is not."""
    home = await alerting(f"{desk.url}/json")
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


async def test_an_alert_goes_the_way_of_every_request(alerting: Alerting, desk: Partner) -> None:
    """With a token that is fetched for it, through the same session."""
    home = await alerting(f"{desk.url}/json/oauth2:9\n  timeout: 5s")
    text = (home.folder / "gateway.yaml").read_text()
    oauth2 = (
        f"token_url: '{desk.url}/oauth2/me:t0p-secret', client_id: me, client_secret: {{file: chat_token}}"
    )
    (home.folder / "gateway.yaml").write_text(text.replace(BEARER, f"{{oauth2: {{{oauth2}}}}}"))
    assert (await home.ask("POST", "/-/reload"))[0] == 200
    await home.post(event("e-1", source="nobody"))
    token, alert = await desk.arrived(2)
    assert (token.transport, alert.status) == ("oauth2", 200)
    async with home.client.get("/metrics") as response:
        assert 'access_tokens_total{endpoint="alerts",result="fetched"} 1.0' in await response.text()


@pytest.mark.usefixtures("one_more_try")
@pytest.mark.parametrize("where", ["alert", "token"])
async def test_the_guard_is_the_same_for_alerts(
    alerting: Alerting, partner: Partner, desk: Partner, where: str
) -> None:
    """Neither an alert nor a token for it goes to an address that no delivery may have."""
    url, auth = f"{desk.url}/json".replace("127.0.0.1", "localhost"), BEARER
    if where == "token":
        token_url = url.replace("/json", "/oauth2/me:t0p-secret")
        url = f"{partner.url}/json"
        auth = f"{{oauth2: {{token_url: '{token_url}', client_id: me, client_secret: {{file: chat_token}}}}}}"
    home = await alerting(url, auth, may_dial=False)
    await home.post(event("e-1", source="nobody"))
    await lost(home)
    assert (desk.total, partner.total) == (0, 0)


@pytest.mark.usefixtures("one_more_try")
async def test_an_endpoint_that_takes_none_holds_up_nobody(alerting: Alerting, desk: Partner) -> None:
    """Events go on; the alert that was lost is counted."""
    home = await alerting(f"{desk.url}/json/status:503")
    await home.post(event("e-1", source="nobody"))
    await home.post(event("e-2"))
    await home.until("e-2", "delivered")
    await desk.arrived(2)
    await lost(home)
    assert desk.total == 2
