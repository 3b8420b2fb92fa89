"""Plugins that hang and heed nothing: the others go on meanwhile, nothing is lost, and the daemon still ends."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.houses import House, Poster, partner_in

PLUGINS = '''
import asyncio, sys
from gateway import Pass, Request, hookimpl


async def for_ever():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass


class Deaf:
    """A transport whose `send` never ends."""

    @hookimpl
    def render(self, values):
        return Request("POST", values.url, (), b"")

    @hookimpl
    async def send(self):
        await for_ever()


class Mulish:
    """A criterion that never answers for some events, and ends the process for others."""

    @hookimpl
    async def veto(self, event):
        if event.body.get("hang"):
            await for_ever()
        if event.body.get("exit"):
            sys.exit(3)
        return Pass()


class Quitter:
    """A transport whose `prepare` ends the process."""

    @hookimpl
    def prepare(self):
        sys.exit(3)

    @hookimpl
    def render(self, values):
        return Request("POST", values.url, (), b"")


deaf, mulish, quitter = Deaf(), Mulish(), Quitter()
'''
NAMES = "[feedback_gateway]\n" + "".join(
    f"{name} = feedback_gateway_stubborn:{name}\n" for name in ("deaf", "mulish", "quitter")
)
SOURCES = {
    "deaf": "return: {transport: deaf, url: PARTNER/json/landed, timeout: 60s}\n",
    "mulish": "return: {transport: json, url: PARTNER/json, concurrency: 1, criteria: {mulish: {}}}\n",
}


@pytest.fixture
def _stubborn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Those plugins, installed for whatever is started."""
    site = tmp_path / "site"
    facts = site / "feedback_gateway_stubborn-1.0.dist-info"
    facts.mkdir(parents=True)
    (site / "feedback_gateway_stubborn.py").write_text(PLUGINS)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: feedback-gateway-stubborn\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(NAMES)
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(site))
        yield


@pytest.mark.usefixtures("_stubborn")
@pytest.mark.timeout(90)
async def test_nobody_waits_for_what_heeds_nothing(tmp_path: Path) -> None:
    """One event hangs in `send`, one in a criterion, one calls sys.exit(): the next goes, and SIGTERM ends it all."""
    with partner_in(tmp_path) as journal, House(tmp_path, journal, SOURCES, shutdown="500ms") as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            poster = Poster(client)
            await poster.post([{"id": "unheard", "type": "return", "source": "deaf"}])
            for id, more in (("hung", {"hang": True}), ("gone", {"exit": True}), ("good", {})):
                await poster.post([{"id": id, "type": "return", "source": "mulish", **more}])
            received = await journal.arrived(1)
            assert [one.key for one in received] == ["good"]
            assert await _voted(client, "hung") == "the criterion mulish did not answer within 5 s"
            assert await _voted(client, "gone") == "the criterion mulish failed: SystemExit: 3"
            assert "the criterion mulish failed at event hung" in house.log()
            house.signal(signal.SIGTERM)
            assert await house.ended() == 0
        assert "daemon.stopped" in house.log()
        house.start()
        async with house.client() as client:
            await house.ready(client)
            [cut] = [one for one in await _attempts(client, "unheard") if one["outcome"] == "error"]
            assert cut["maybe_received"] is True
            house.signal(signal.SIGTERM)
            assert await house.ended() == 0


@pytest.mark.usefixtures("_stubborn")
async def test_a_prepare_that_ends_the_process_is_a_problem_of_the_conf(tmp_path: Path) -> None:
    """`sys.exit()` there is told as what it is; the sources beside it work."""
    sources = {**SOURCES, "quitter": "return: {transport: quitter, url: PARTNER/json}\n"}
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"mulish": sources["mulish"]}) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            house.write("quitter", sources["quitter"].replace("PARTNER", journal.url))
            house.signal(signal.SIGHUP)
            await house.logged("`prepare` of quitter failed: SystemExit(3)")
            await Poster(client).post([{"id": "good", "type": "return", "source": "mulish"}])
            await journal.arrived(1)
            house.signal(signal.SIGTERM)
            assert await house.ended() == 0


async def _attempts(client: aiohttp.ClientSession, id: str) -> list[dict[str, Any]]:
    async with client.get(f"/events/{id}") as response:
        told = await response.json()
    return list(told["attempts"])


async def _voted(client: aiohttp.ClientSession, id: str) -> str:
    """What the criterion said of an event, as soon as it was asked; the event stays due."""
    async with asyncio.timeout(15):
        while not await _attempts(client, id):
            await asyncio.sleep(0.05)
    async with client.get(f"/events/{id}") as response:
        told = await response.json()
    assert told["state"] in ("queued", "sending")
    [vote] = told["attempts"][0]["criteria"]
    assert vote["verdict"] == "error"
    return str(vote["reason"])
