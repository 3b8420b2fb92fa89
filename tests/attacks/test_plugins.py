"""Hostile plugins in a running daemon: each is contained, everybody else's events go out, and nothing is lost."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.testing.partner import serve
from tests.attacks.hostile_plugins import HONEST, HOSTILE
from tests.cli.processes import distribution

FAULTS = 3  # that put one into quarantine
EACH = 4  # events for each hostile plugin
GOOD = 40  # events for the others
SHORT = (
    "renders_exit",
    "sends_cancelled",
    "reads_endless",
    "vetoes_bomb",
    "vetoes_true",
    "observes_exit",
    "prepare_exits",
)


def install(site: Path, names: list[str]) -> None:
    """The hostile plugins as an installer leaves them, and one that nobody names."""
    for name in names:
        distribution(site, name, f"{name} = {name}", **{name: HOSTILE[name].text})
    poison = f"open({str(site / 'imported')!r}, 'w')\nraise SystemExit(9)"
    distribution(site, "poison", "poison = poison", poison=poison)


def configure(folder: Path, partner: str, names: list[str]) -> Path:
    conf = folder / "conf"
    (conf / "sources").mkdir(parents=True)
    observers = [name for name in names if HOSTILE[name].observer]
    (conf / "gateway.yaml").write_text(
        f'listen: ["unix:{folder}/socket"]\ndata: ../data\nlog: {{format: json}}\nshutdown: 2s\n'
        f'network: {{allow: ["127.0.0.1/32:{partner.rpartition(":")[2]}"]}}\nplugins: {json.dumps(observers)}\n'
        f"quarantine: {{faults: {FAULTS}, within: 5m, pause: 10m, budget: 200ms}}\n"
    )
    for name in ["good", *names]:
        found = HOSTILE.get(name)
        plugin = found is not None and not found.observer
        transport = name if plugin and not found.criterion else "json"
        criteria = f"  criteria: {{{name}: {{}}}}\n" if plugin and found.criterion else ""
        (conf / "sources" / f"{name}.yaml").write_text(
            f"return:\n  transport: {transport}\n  url: {partner}/json/landed\n  timeout: 500ms\n"
            f"  retry: {{first: 100ms, factor: 1}}\n  breaker: off\n{criteria}"
        )
    return conf


async def ask(session: aiohttp.ClientSession, path: str, body: Any = None) -> Any:
    asked = session.get(path) if body is None else session.post(path, json=body)
    async with asked as answer:
        assert answer.status in (200, 202), await answer.text()
        return (
            json.loads(await answer.text()) if answer.content_type.endswith("json") else await answer.text()
        )


async def attacked(session: aiohttp.ClientSession, names: list[str]) -> None:
    """Post to every hostile source and to the good one, in turns; the good one has all within seconds."""
    posts = [(name, number) for number in range(EACH) for name in names]
    for at, (name, number) in enumerate(posts):
        events = [{"id": f"{name}-{number}", "type": "return", "source": name}]
        if at < GOOD:
            events.append({"id": f"good-{at}", "type": "return", "source": "good"})
        await ask(session, "/events", events)
    waiting = min(GOOD, len(posts))
    for _ in range(150):
        if len((await ask(session, "/events?source=good&state=delivered&limit=100"))["events"]) == waiting:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the good source did not get its events")


async def settled(session: aiohttp.ClientSession, names: list[str]) -> dict[str, set[str]]:
    """The states of each plugin's events, once every one that makes faults is in quarantine."""
    expected = {
        name for name in names if HOSTILE[name].kinds and name not in HONEST and name != "hears_alerts"
    }
    for _ in range(300):
        ill = {one["name"] for one in (await ask(session, "/plugins"))["plugins"]}
        if expected <= ill:
            break
        await asyncio.sleep(0.1)
    assert expected - ill == set()
    states = {}
    for name in names:
        found = (await ask(session, f"/events?source={name}&limit=100"))["events"]
        assert len(found) == EACH, name
        states[name] = {one["state"] for one in found}
    return states


def counted(metrics: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in re.findall(r"^feedback_gateway_plugin_faults_total\{(.*)\}", metrics, re.MULTILINE):
        labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
        found.setdefault(labels["plugin"], set()).add(labels["kind"])
    return found


async def test_each_is_contained(tmp_path: Path, thorough: bool) -> None:
    """None ends the daemon, or sends past its own failure; its events wait or are settled as it should be; a plugin
    that nobody names is not imported; the loop is held up by nobody for longer than one call takes."""
    names = list(HOSTILE) if thorough else list(SHORT)
    site = tmp_path / "site"
    install(site, names)
    environ = {**os.environ, "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    async with await serve() as partner:
        conf = configure(tmp_path, partner.url, names)
        # With no last good conf a broken source would end the start: what is broken comes with a reload.
        late = [name for name in names if HOSTILE[name].broken]
        kept = {name: (conf / "sources" / f"{name}.yaml").read_text() for name in late}
        for name in late:
            (conf / "sources" / f"{name}.yaml").unlink()
        with (tmp_path / "log").open("wb") as log:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", "run", "--conf", conf], env=environ, stderr=log
            )
        try:
            await ready(tmp_path / "log", daemon)
            connector = aiohttp.UnixConnector(f"{tmp_path}/socket")
            async with aiohttp.ClientSession("http://localhost", connector=connector) as session:
                for name, text in kept.items():
                    (conf / "sources" / f"{name}.yaml").write_text(text)
                async with session.post("/-/reload") as answer:
                    assert answer.status == (207 if late else 200)
                await attacked(session, names)
                states = await settled(session, names)
                metrics = counted(await ask(session, "/metrics"))
                lag = (await ask(session, "/-/ready"))["loop_lag_ms"]
        finally:
            daemon.terminate()
            code = daemon.wait(30)
        goods = [one for one in partner.received if one.key.startswith("good-")]
    assert code == 0
    for name in names:
        assert states[name] <= HOSTILE[name].states, name
        if name not in HONEST and name != "hears_alerts":
            assert metrics.get(name, set()) == HOSTILE[name].kinds, name
    assert len({one.key for one in goods}) == min(GOOD, EACH * len(names)) == len(goods)
    assert not (site / "imported").exists()
    assert lag["worst"] < 1500, lag


async def ready(log: Path, daemon: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert daemon.poll() is None, log.read_text()
        if '"event": "ready"' in log.read_text():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(log.read_text())


def test_there_are_enough_of_them() -> None:
    """At least twenty, and each of the short form is among them."""
    assert len(HOSTILE) >= 20
    assert set(SHORT) <= set(HOSTILE)


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_each_is_a_module(name: str) -> None:
    """What does not even parse would attack nothing."""
    compile(HOSTILE[name].text, name, "exec")
