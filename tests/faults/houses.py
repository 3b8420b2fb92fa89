"""A real daemon and a real partner in processes of their own, and a poster that keeps book of what was acknowledged."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import aiohttp

from gateway.testing.partner import Received, read_journal
from tests.faults.warm import Forked, Nursery

PROGRAM = (sys.executable, "-m", "gateway.cli")
GATEWAY = """\
listen: ["unix:{socket}"]
data: {data}
network: {{allow: ["127.0.0.1/32"]}}
shutdown: {shutdown}
log: {{format: json, level: info}}
"""


@contextmanager
def command(folder: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of our commands in a process, ended with the block; what it says stands in a file named after it."""
    with (folder / f"{words[0]}.err").open("ab") as said:
        running = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", *words], stdout=said, stderr=said, stdin=subprocess.DEVNULL
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
            running.wait(30)


@contextmanager
def partner_in(folder: Path) -> Iterator["Journal"]:
    """A partner that writes a journal."""
    path = folder / "journal.ndjson"
    with command(folder, "partner", "--port", "0", "--journal", str(path)):
        said = _until(folder / "partner.err", "the partner listens at ")
        yield Journal(said.partition("the partner listens at ")[2].split()[0], path)


class Journal:
    """What the partner says it received. url: the partner's address."""

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self._path = path

    def read(self) -> list[Received]:
        """Every request so far."""
        return read_journal(self._path) if self._path.exists() else []

    def keys(self) -> list[str | None]:
        """The Idempotency-Key of every request so far."""
        return [received.key for received in self.read()]

    async def arrived(self, count: int, seconds: float = 15.0) -> list[Received]:
        """Wait until so many requests have arrived."""
        async with asyncio.timeout(seconds):
            while len(found := self.read()) < count:
                await asyncio.sleep(0.02)
        return found

    async def caught_up(self) -> None:
        """Wait until all that has been sent to the partner stands here, however busy the machine: it reads in turn."""
        async with aiohttp.ClientSession() as client, client.get(self.url) as answer:
            assert answer.status == 200


class House:
    """A daemon that can be started, killed and started again on the same folder. data: where its store is."""

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        sources: Mapping[str, str],
        shutdown: str = "5s",
        data: Path | None = None,
    ) -> None:
        self.folder = folder
        self.socket = folder / "s"
        self.conf = folder / "conf"
        self.data = data or folder / "data"
        self.running: subprocess.Popen[bytes] | Forked | None = None
        (self.conf / "sources").mkdir(parents=True)
        text = GATEWAY.format(socket=self.socket, shutdown=shutdown, data=self.data)
        (self.conf / "gateway.yaml").write_text(text)
        for name, source in sources.items():
            self.write(name, source.replace("PARTNER", journal.url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.kill()
            self.running.wait(10)

    def write(self, name: str, text: str) -> None:
        """Write a source's file in one step, as a good editor does."""
        path = self.conf / "sources" / f"{name}.yaml"
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)

    def start(
        self, *before: str, program: Sequence[str] = PROGRAM, env: Mapping[str, str] | None = None
    ) -> None:
        """Start the daemon, and return at once. before: a program, with its arguments, that becomes the daemon."""
        with (self.folder / "run.err").open("ab") as said:
            self.running = subprocess.Popen(
                [*before, *program, "run", "--conf", str(self.conf)],
                stdout=said, stderr=said, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})},
            )  # fmt: skip

    def start_from(self, nursery: Nursery) -> None:
        """Start the daemon from a process that has everything imported, and return at once."""
        self.running = nursery.start(self.folder / "run.err", "run", "--conf", str(self.conf))

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self.running is not None
        return self.running.pid

    def log(self) -> str:
        """What all daemons of this house have said."""
        return (self.folder / "run.err").read_text()

    def signal(self, name: signal.Signals) -> None:
        """Send the daemon a signal."""
        os.kill(self.pid, name)

    def kill(self) -> tuple[float, float]:
        """kill -9; the moments between which it died."""
        assert self.running is not None
        before = time.time()
        self.running.kill()
        self.running.wait(10)
        return before, time.time()

    async def ended(self, seconds: float = 15.0) -> int:
        """The daemon's exit code, once it has ended by itself."""
        assert self.running is not None
        return await asyncio.to_thread(self.running.wait, seconds)

    async def logged(self, text: str, times: int = 1, seconds: float = 15.0) -> None:
        """Wait until the log holds a text so often."""
        async with asyncio.timeout(seconds):
            while self.log().count(text) < times:
                await asyncio.sleep(0.02)

    def client(self) -> aiohttp.ClientSession:
        """A session to the daemon, whichever process that is."""
        connector = aiohttp.UnixConnector(str(self.socket), force_close=True)
        return aiohttp.ClientSession("http://localhost", connector=connector)

    async def ready(self, client: aiohttp.ClientSession, seconds: float = 20.0) -> None:
        """Wait until the daemon answers."""
        async with asyncio.timeout(seconds):
            while True:
                with suppress(aiohttp.ClientError, OSError):
                    async with client.get("/-/ready") as response:
                        if response.status == 200:
                            return
                assert self.running is not None
                assert self.running.poll() is None, self.log()
                await asyncio.sleep(0.02)

    async def states(self, client: aiohttp.ClientSession) -> dict[str, str]:
        """The state of every event, as the daemon tells it."""
        found: dict[str, str] = {}
        query = {"limit": "1000"}
        while True:
            async with client.get("/events", params=query) as response:
                told = await response.json()
            found.update((one["id"], one["state"]) for one in told["events"])
            if told["next"] is None:
                return found
            query["after"] = told["next"]

    async def settled(
        self, client: aiohttp.ClientSession, count: int, seconds: float = 60.0
    ) -> dict[str, str]:
        """The state of every event, once there are so many and all are final."""
        end = time.monotonic() + seconds
        while True:
            async with client.get("/events", params={"state": "queued", "limit": "5"}) as response:
                waiting = (await response.json())["events"]
            if not waiting and len(found := await self.states(client)) >= count:
                return found
            assert time.monotonic() < end, f"of {count} events these and more wait: {waiting}"
            await asyncio.sleep(0.1)


class Poster:
    """Posts events as an internal system should: until there is an answer, always under the same id.

    posted: every id that ever left; refused: what the daemon said where it took nothing.
    """

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client
        self.posted: set[str] = set()
        self.acknowledged: set[str] = set()
        self.refused: list[str] = []

    async def post(self, events: Sequence[dict[str, Any]]) -> None:
        """Post one event, or several as an array, until that is acknowledged."""
        body: Any = events[0] if len(events) == 1 else list(events)
        self.posted.update(one["id"] for one in events)
        while True:
            with suppress(aiohttp.ClientError, OSError):
                async with self._client.post("/events", json=body) as response:
                    if response.status in (200, 202):
                        told = await response.json()
                        accepted = told["events"] if len(events) > 1 else [told]
                        assert [one["id"] for one in accepted] == [one["id"] for one in events]
                        self.acknowledged.update(one["id"] for one in accepted)
                        return
                    assert response.status in (503, 507), await response.text()
                    self.refused.append((await response.json())["title"])
            await asyncio.sleep(0.02)


def _until(path: Path, text: str, seconds: float = 15.0) -> str:
    end = time.monotonic() + seconds
    while not path.exists() or text not in (said := path.read_text()) or not said.endswith("\n"):
        assert time.monotonic() < end, f"{path} never said {text!r}"
        time.sleep(0.02)
    return said
