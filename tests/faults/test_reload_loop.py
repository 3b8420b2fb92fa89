"""Valid and broken conf files in turn, five times a second, under load: no event sees a mixed or a half-read conf.

The partner is the judge. Version N of the conf writes N into the address, the first and the last key of each source,
so that a request with two versions in it, with one that was never valid, or without one, shows what was read.
"""

import asyncio
import itertools
import json
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gateway.testing.partner import Partner, Received, serve
from tests.faults.houses import House, Poster

SOURCES = ("acme", "bolt")
EVERY = 0.2  # seconds between two versions
WORKERS = 8
GATEWAY = (
    'listen: ["127.0.0.1:{port}"]\nnetwork: {{allow: ["{allow}"]}}\nlog: {{format: json, level: warning}}\n'
)
SOURCE = """\
return:
  transport: json
  url: {partner}/json/ok/{source}/{version}
  mapping:
    first: "{version}"
    lead_id: "{{{{ lead.id }}}}"
    event_id: "{{{{ event.id }}}}"
    last: "{version}"
"""
FAULTS = {
    "truncated amid a line": lambda text: text[: text.index("event_id") + 12],
    "truncated amid a template": lambda text: text[: text.index("{{ lead") + 4],
    "emptied": lambda text: "",
    "an unknown key": lambda text: text.replace("  mapping:", "  maping: {}\n  mapping:"),
    "no YAML": lambda text: text.replace('"{{ lead.id }}"', "{{ lead.id }} x"),
    "an unknown filter": lambda text: text.replace("event.id }}", "event.id | nonsense }}"),
}


@dataclass
class Operator:
    """Writes one version of the conf after another. valid: the versions that each source may ever be sent with."""

    conf: Path
    partner: str
    gateway: str
    version: int = 0
    valid: dict[str, set[int]] = field(default_factory=lambda: {source: set() for source in SOURCES})

    def write(self, fault: str | None = None, where: str = "gateway") -> None:
        """The next version; with a fault in one source's file, or in gateway.yaml."""
        self.version += 1
        files = {
            source: SOURCE.format(partner=self.partner, source=source, version=self.version)
            for source in SOURCES
        }
        files = {"gateway": self.gateway, **files}
        if fault is not None:
            files[where] = "listn: [" if where == "gateway" else FAULTS[fault](files[where])
        for source in SOURCES:
            if fault is None or where not in (source, "gateway"):
                self.valid[source].add(self.version)
        # What is broken is broken first and mended last, so that a source is never valid by a fault's side.
        for name in sorted(files, key=lambda name: (name == where) == (fault is None)):
            path = self.conf / ("gateway.yaml" if name == "gateway" else f"sources/{name}.yaml")
            (_replace if self.version % 3 == 0 else _rewrite)(path, files[name])

    def run(self, seconds: float) -> None:
        """Versions for so long, every second one of them broken, and a valid one at the end."""
        faults = zip(itertools.cycle(FAULTS), itertools.cycle(("acme", "bolt", "gateway", "bolt")))
        end = time.monotonic() + seconds
        where = "gateway"
        while time.monotonic() < end:
            began = time.monotonic()
            if self.version % 2:
                fault, where = next(faults)
                self.write(fault, where)
            else:
                self.write(None, where)
            time.sleep(max(0.0, EVERY - (time.monotonic() - began)))
        self.write(None, where)


def _replace(path: Path, text: str) -> None:
    """As careful editors do."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text)
    fresh.replace(path)


def _rewrite(path: Path, text: str) -> None:
    """As careless ones do: the file is empty, then half there, then whole."""
    with path.open("w") as file:
        time.sleep(0.003)
        for start in range(0, len(text), 90):
            file.write(text[start : start + 90])
            file.flush()
            time.sleep(0.003)


def event(id: str, source: str) -> dict[str, Any]:
    return {"id": id, "type": "return", "source": source, "lead": {"id": f"lead-of-{id}"}}


async def post_until(stop: asyncio.Event, poster: Poster) -> None:
    """Post events to both sources, hardly pausing for breath."""
    numbers = itertools.count()

    async def work() -> None:
        while not stop.is_set():
            number = next(numbers)
            await poster.post([event(f"e{number}", SOURCES[number % 2])])
            await asyncio.sleep(0.02)

    await asyncio.gather(*(work() for _ in range(WORKERS)))


async def reload_until(stop: asyncio.Event, client: aiohttp.ClientSession) -> set[int]:
    """Ask for reloads at any moment, as an impatient operator does; the statuses."""
    statuses = set()
    while not stop.is_set():
        async with client.post("/-/reload") as answer:
            statuses.add(answer.status)
        await asyncio.sleep(0.37)
    return statuses


def versions(received: Received) -> set[int]:
    """Every version that stands in one request."""
    values = json.loads(received.body)
    assert list(values) == ["first", "lead_id", "event_id", "last"], values
    return {int(values["first"]), int(values["last"]), int(received.path.rpartition("/")[2])}


async def served(partner: Partner, poster: Poster, source: str, version: int) -> None:
    """Wait until an event of a source is sent with this version."""
    async with asyncio.timeout(15):
        for number in itertools.count():
            key = f"last-{source}-{number}"
            await poster.post([event(key, source)])
            [received] = await partner.arrived(key=key)
            if received.path.endswith(f"/{version}"):
                return
            await asyncio.sleep(0.1)


@pytest.mark.timeout(120)
async def test_no_event_sees_a_mixed_or_half_read_conf(tmp_path: Path, long: bool) -> None:
    """Each request holds one valid version; each acknowledged event is delivered, once; the last version is in force."""
    seconds, stop = 20.0 if long else 3.0, asyncio.Event()
    async with await serve(keep=200_000) as partner:
        with House(tmp_path, partner, {}) as house:
            gateway = (house.conf / "gateway.yaml").read_text()
            operator = Operator(house.conf, partner.url, gateway)
            operator.write()
            house.start()
            async with house.client() as client:
                poster = Poster(client)
                await house.ready(client)
                posting = asyncio.create_task(post_until(stop, poster))
                reloading = asyncio.create_task(reload_until(stop, client))
                await asyncio.to_thread(operator.run, seconds)
                stop.set()
                await posting
                statuses = await reloading
                for source in SOURCES:
                    await served(partner, poster, source, operator.version)
                await partner.arrived(len(poster.acknowledged), timeout=15)
            house.signal(signal.SIGTERM)
            assert await house.ended() == 0
            assert "Traceback" not in house.log()
        received = partner.received
    seen: dict[str, set[int]] = {source: set() for source in SOURCES}
    for one in received:
        source = one.path.split("/")[3]
        assert len(versions(one)) == 1, f"a mixed conf: {one.path} {one.body!r}"
        seen[source] |= versions(one)
    for source in SOURCES:
        assert seen[source] <= operator.valid[source], "a version that was never valid"
        assert len(seen[source]) > seconds, "the versions hardly ever went live"
    assert Counter(one.key for one in received) == Counter(poster.acknowledged)
    assert len(poster.acknowledged) > seconds * 50
    assert statuses <= {200, 207, 400}
