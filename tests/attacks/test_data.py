"""What a running daemon keeps of people: for its own user alone, out of the log, and gone when it is to be forgotten."""

import asyncio
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from gateway.conf.retention import RetentionSettings
from gateway.retention import Retention
from gateway.store.sqlite import SqliteStore
from gateway.testing.partner import serve
from tests.attacks.test_plugins import ask, ready

CANARY = "CANARY-7f3a9c"
GATEWAY = """\
listen: ["unix:{folder}/run/socket"]
data: ../data
network: {{allow: ["127.0.0.1/32:{port}"]}}
shutdown: 2s
log: {{format: json, level: debug{show}}}
"""
SOURCE = """\
return:
  transport: json
  url: PARTNER/json/BEHAVIOUR?lead={{ lead.id }}
  mapping: {id: "{{ lead.id }}", email: "{{ lead.email }}"}
  criteria: {once: "{{ lead.id }}"}
  response: {outcome_search_path: status, outcome_search_term: ^ok$, reason_path: message}
  retry: {first: 100ms, attempts: 2}
"""


def configure(folder: Path, partner: str, show: str = "") -> Path:
    conf = folder / "conf"
    (conf / "sources").mkdir(parents=True)
    port = partner.rpartition(":")[2]
    (conf / "gateway.yaml").write_text(GATEWAY.format(folder=folder, port=port, show=show))
    for name, behaviour in (("good", "landed"), ("sorry", "status:422"), ("busy", "status:503")):
        text = SOURCE.replace("PARTNER", partner).replace("BEHAVIOUR", behaviour)
        (conf / "sources" / f"{name}.yaml").write_text(text)
    return conf


@asynccontextmanager
async def running(conf: Path) -> AsyncIterator[tuple[aiohttp.ClientSession, Any]]:
    """A session with a daemon that was started with a loose umask and no limit on core dumps."""
    log = conf.parent / "log"

    def loose() -> None:
        os.umask(0)
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    command = [sys.executable, "-m", "gateway.cli", "run", "--conf", str(conf)]
    with log.open("wb") as written:
        daemon = subprocess.Popen(command, stderr=written, preexec_fn=loose)
    try:
        await ready(log, daemon)
        connector = aiohttp.UnixConnector(f"{conf.parent}/run/socket")
        async with aiohttp.ClientSession("http://localhost", connector=connector) as session:
            yield session, daemon
    finally:
        daemon.terminate()
        code = daemon.wait(20)
    assert code == 0


def cli(conf: Path, *words: str) -> str:
    command = [sys.executable, "-m", "gateway.cli", *words, "--conf", str(conf)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def holding(folder: Path) -> list[str]:
    """The files below a folder that hold the canary."""
    return [
        path.name for path in folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
    ]


def modes(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted([folder, *folder.rglob("*")]):
        found = path.lstat().st_mode
        yield str(path.relative_to(folder.parent)), f"{stat.filemode(found)[0]}{stat.S_IMODE(found):o}"


async def post(session: aiohttp.ClientSession) -> None:
    """An event for each source about one person, who stands in every part of it; until each has been tried."""
    lead = {"id": f"{CANARY}-1", "email": f"{CANARY}@example.com"}
    for source in ("good", "sorry", "busy"):
        event = {"id": f"e-{source}", "type": "return", "source": source, "reason": CANARY, "lead": lead}
        await ask(session, "/events", [event])
    for _ in range(100):
        events = (await ask(session, "/events"))["events"]
        if all(one["state"] not in ("queued", "sending") for one in events):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(events)


async def test_a_person_who_is_forgotten_leaves_no_byte(tmp_path: Path) -> None:
    """Not in the database, its log, shared memory, free pages, nor a backup made afterwards; nobody else can read any
    file; nothing of it was in the log, the metrics, or what the health says; no crash writes memory to the disk."""
    async with await serve() as partner:
        conf, data = configure(tmp_path, partner.url), tmp_path / "data"
        async with running(conf) as (session, daemon):
            assert resource.prlimit(daemon.pid, resource.RLIMIT_CORE) == (0, 0)
            await post(session)
            assert holding(data)
            told = [await ask(session, path) for path in ("/metrics", "/-/ready", "/endpoints", "/plugins")]
            assert CANARY not in repr(told)
            found = dict(modes(data))
            assert set(found) >= {"data", *(f"data/events.db{end}" for end in ("", "-wal", "-shm"))}
            assert set(found.values()) == {"d700", "-600"}, found
            assert dict(modes(tmp_path / "run")) == {"run": "d750", "run/socket": "s660"}
            said = cli(conf, "forget", f"{CANARY}-1", "--yes", "--why", "they asked")
            assert "Backups made before still hold it" in said
            assert holding(data) == []
            cli(conf, "backup", str(tmp_path / "copy.db"))
            assert holding(tmp_path) == []
            assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
        assert holding(tmp_path) == []


async def test_what_age_removes_is_gone_as_well(tmp_path: Path) -> None:
    """A round of retention leaves no byte in the database, nor in its log, though the store stays open."""
    async with await serve() as partner:
        conf, data = configure(tmp_path, partner.url), tmp_path / "data"
        async with running(conf) as (session, _):
            await post(session)
    assert holding(data)
    store = await SqliteStore.open(data)
    long_after = datetime.now(UTC) + timedelta(days=500)
    faults: list[Exception] = []
    retention = Retention(store, RetentionSettings, lambda: long_after, lambda _: None, faults.append)
    assert (await retention.round()).events == 3
    assert (holding(data), faults) == ([], [])
    await store.close()


async def test_the_log_shows_what_the_conf_lists_and_no_more(tmp_path: Path) -> None:
    """By default nothing of a lead; with `log.show` those fields alone, on one line whatever stands in them."""
    async with await serve() as partner:
        conf = configure(tmp_path, partner.url, ", show: [lead.id, lead.note]")
        async with running(conf) as (session, _):
            lead = {"id": "L-1", "email": f"{CANARY}@example.com", "note": "one\n{\x1b[31m"}
            event = {"id": "e-1", "type": "return", "source": "sorry", "reason": CANARY, "lead": lead}
            await ask(session, "/events", [event])
            for _ in range(100):
                if "attempt.finished" in (tmp_path / "log").read_text():
                    break
                await asyncio.sleep(0.05)
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    [attempt] = [line for line in lines if line["event"] == "attempt.finished"]
    assert attempt["shown"] == {"lead.id": "L-1", "lead.note": "one\\n{\\x1b[31m"}
    assert CANARY not in repr(lines)
