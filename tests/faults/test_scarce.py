"""A machine that gives the daemon too little: file descriptors, memory, time."""

import asyncio
import json
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.houses import House, Poster, partner_in
from tests.faults.judge import judge

SLOW = 'return: {transport: json, url: PARTNER/json/slow:0.1, mapping: {id: "{{ event.id }}"}}\n'
QUICK = 'return: {transport: json, url: PARTNER/json, mapping: {id: "{{ event.id }}"}}\n'
# What a daemon of one source takes is about 60 MiB of memory, and ten times that of addresses.
MEMORY = 256 * 1024 * 1024


def event(id: str) -> dict[str, Any]:
    return {"id": id, "type": "return", "source": id.partition("-")[0]}


@pytest.mark.timeout(90)
@pytest.mark.usefixtures("_thorough_only")
async def test_with_64_file_descriptors(tmp_path: Path) -> None:
    """20 endpoints that would take 160 connections share 12: no try fails for want of one, and each event goes once.

    The store, the conf folder and the listener work on, and nobody takes an unreadable folder for an empty one.
    """
    sources = {
        f"s{n}": SLOW.replace("mapping", "retry: {first: 200ms}, breaker: off, mapping") for n in range(20)
    }
    with partner_in(tmp_path) as journal, House(tmp_path, journal, sources) as house:
        house.start("sh", "-c", 'ulimit -n 64; exec "$0" "$@"')
        async with house.client() as client:
            await house.ready(client)
            assert resource.prlimit(house.pid, resource.RLIMIT_NOFILE) == (64, 64)
            poster = Poster(client)
            for n in range(8):
                await poster.post([event(f"{source}-{n}") for source in sources])
            told = await house.settled(client, 160, 40)
            house.signal(signal.SIGTERM)
            assert await house.ended() == 0
        assert "Too many open files" not in house.log()
        judge(journal.read(), poster.acknowledged, poster.posted, told).uphold()


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("_thorough_only")
async def test_with_little_memory(tmp_path: Path, long: bool) -> None:
    """A backlog that is larger than the memory the daemon may still take: it is stored, sent, and kept out of memory.

    2,000 events of 8 KiB, with --long 40,000; 256 MiB more of data than at the start would be refused (RLIMIT_DATA).
    """
    posts = 400 if long else 20
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"quick": QUICK}) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            most = _status(house.pid, "VmData") + MEMORY
            resource.prlimit(house.pid, resource.RLIMIT_DATA, (most, most))
            poster = Poster(client)
            for start in range(0, posts, 4):
                await asyncio.gather(
                    *(poster.post([event(f"quick-{n}-{index}") | {"note": "x" * 8000} for index in range(100)])
                      for n in range(start, start + 4))
                )  # fmt: skip
            peak = _status(house.pid, "VmHWM")
            house.signal(signal.SIGTERM)
            assert await house.ended(30) == 0
            assert "MemoryError" not in house.log()
            print(f"{len(poster.acknowledged)} events of 8 KiB, at most {peak / 2**20:.0f} MiB of memory")
            assert peak < 200 * 2**20
            assert set(journal.keys()) <= poster.posted
            assert len(journal.keys()) == len(set(journal.keys()))


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("_thorough_only")
async def test_stopped_and_continued(tmp_path: Path, long: bool) -> None:
    """SIGSTOP for 3 s, with --long for 60 s, amid posts and deliveries: it goes on where it was.

    A try that was under way for longer than its `timeout` may be made again; nothing else is.
    """
    seconds = 60 if long else 3
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"slow": SLOW}) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            poster = Poster(client)
            posting = [asyncio.create_task(poster.post([event(f"slow-{n}")])) for n in range(60)]
            await journal.arrived(10)
            began = time.time()
            os.kill(house.pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(seconds)
            finally:
                os.kill(house.pid, signal.SIGCONT)
            fault = (began, time.time())
            await asyncio.gather(*posting)
            told = await house.settled(client, 60)
            house.signal(signal.SIGTERM)
            assert await house.ended() == 0
        names = {json.loads(line)["event"] for line in house.log().splitlines()}
        assert "lane.failed" not in names
        faults = [fault] if seconds > 10 else []  # the default `timeout`
        judge(journal.read(), poster.acknowledged, poster.posted, told, faults).uphold()


def _status(pid: int, name: str) -> int:
    """What the kernel says of a process's memory, in bytes (proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)
