"""A disk without room, under load: posts are refused, and nothing that was acknowledged or sent is lost or repeated."""

import asyncio
import itertools
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

import aiohttp
import pytest

from tests.faults.houses import House, Poster, partner_in
from tests.faults.judge import judge
from tests.faults.machine import small_disk

SOURCES = {
    "steady": 'return: {transport: json, url: PARTNER/json/slow:0.1, mapping: {id: "{{ event.id }}"}}\n',
}
AT_ONCE = 10
Full: TypeAlias = Callable[[House], AbstractContextManager[None]]


@contextmanager
def no_room(house: House) -> Iterator[None]:
    """The whole disk is taken by somebody else's file."""
    ballast = house.data.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    yield
    ballast.unlink()


@contextmanager
def no_larger_file(house: House) -> Iterator[None]:
    """No file of the daemon may grow (RLIMIT_FSIZE): what a quota does, and needs nobody's leave."""
    largest = max(file.stat().st_size for file in house.data.iterdir())
    before = resource.prlimit(house.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    yield
    resource.prlimit(house.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.timeout(180)
async def test_a_full_disk(tmp_path: Path, long: bool) -> None:
    """Full for 3 s, with --long for 30 s."""
    with small_disk(tmp_path / "disk", "24m") as disk:
        await _fill(tmp_path, disk / "data", no_room, 30 if long else 3)


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("_thorough_only")
async def test_files_that_may_not_grow(tmp_path: Path, long: bool) -> None:
    """The same with a limit on the size of files."""
    await _fill(tmp_path, tmp_path / "data", no_larger_file, 30 if long else 3)


async def _fill(folder: Path, data: Path, full: Full, seconds: float) -> None:
    """Post all the time; take the room away for a while; in the end all is delivered, each event once."""
    with partner_in(folder) as journal, House(folder, journal, SOURCES, data=data) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            poster, over = Poster(client), asyncio.Event()
            loads = [asyncio.create_task(_post_until(poster, over, worker)) for worker in range(2)]
            await asyncio.sleep(0.5)
            with full(house):
                began = time.monotonic()
                await house.logged('"store.trouble"')
                assert await _why(client), "a daemon that can store nothing is not ready"
                await asyncio.sleep(max(seconds - (time.monotonic() - began), 0))
                refused, taken = len(poster.refused), len(poster.acknowledged)
            await house.logged('"store.recovered"', seconds=10)
            await asyncio.sleep(0.5)
            over.set()
            await asyncio.gather(*loads)
            told = await house.settled(client, len(poster.acknowledged))
            assert await _why(client) == []
            assert house.running is not None
            assert house.running.poll() is None
        print(f"{refused} posts refused in {seconds} s, {taken} events of {len(told)} taken until then")
        assert refused > seconds
        assert all("nothing could be stored in" in said for said in poster.refused)
        assert len(poster.acknowledged) > taken
        assert poster.acknowledged == poster.posted
        judge(journal.read(), poster.acknowledged, poster.posted, told).uphold()


async def _post_until(poster: Poster, over: asyncio.Event, worker: int) -> None:
    for number in itertools.count():
        if over.is_set():
            return
        some = [f"steady-{worker}-{number}-{index}" for index in range(AT_ONCE)]
        await poster.post(
            [{"id": id, "type": "return", "source": "steady", "note": "x" * 200} for id in some]
        )
        await asyncio.sleep(0.2)


async def _why(client: aiohttp.ClientSession) -> list[str]:
    """Why the daemon is not ready."""
    async with client.get("/-/ready") as response:
        told = await response.json()
    return list(told["reasons"])
