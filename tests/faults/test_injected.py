"""Faults in the very system calls that put an event on disk or send it: `strace -e inject` on a running daemon."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.houses import House, Journal, Poster, partner_in
from tests.faults.judge import judge
from tests.faults.machine import inject, needs
from tests.faults.warm import nursery

pytestmark = needs("strace")

SOURCES = {
    "steady": 'return: {transport: json, url: PARTNER/json/slow:0.02, mapping: {id: "{{ event.id }}"}}\n',
}
WRITE, SYNC, SEND = "pwrite64", "fsync,fdatasync", "sendto,sendmsg"
SHORT = [(WRITE, 7), (SYNC, 2), (SEND, 2)]
THOROUGH = [(calls, number) for calls in (WRITE, SYNC, SEND) for number in (1, 2, 3, 5, 9)]
LONG = [(calls, number) for calls in (WRITE, SYNC, SEND) for number in range(1, 33)]


def events(name: str, count: int = 6) -> list[dict[str, Any]]:
    return [{"id": f"steady-{name}-{index}", "type": "return", "source": "steady"} for index in range(count)]


@pytest.mark.timeout(900)
async def test_killed_at_the_nth_write_fsync_or_send(tmp_path: Path, long: bool, thorough: bool) -> None:
    """SIGKILL in the middle of it: nothing is lost, nothing but what was in flight is sent twice.

    3 places, with --thorough 15, with --long 96.
    """
    places = LONG if long else THOROUGH if thorough else SHORT
    with nursery() as warm, partner_in(tmp_path) as journal, House(tmp_path, journal, SOURCES) as house:
        house.start_from(warm)
        async with house.client() as client:
            poster = Poster(client)
            faults = []
            for calls, number in places:
                await house.ready(client)
                began = time.time()
                load = events(f"{calls[:2]}{number}", max(6, 3 * number))
                with inject(house.pid, tmp_path, calls, f"signal=SIGKILL:when={number}"):
                    posting = [asyncio.create_task(_one_after_another(poster, load[n::3])) for n in range(3)]
                    await house.ended(20)
                faults.append((began, time.time()))
                house.start_from(warm)
                await asyncio.gather(*posting)
            await house.ready(client)
            told = await house.settled(client, len(poster.acknowledged), 20)
        judge(journal.read(), poster.acknowledged, poster.posted, told, faults).uphold()
        assert len(faults) == len(places)


async def _one_after_another(poster: Poster, load: list[dict[str, Any]]) -> None:
    for one in load:
        await poster.post([one])


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[tuple[Journal, House, aiohttp.ClientSession, Poster]]:
    """A daemon that has taken some events, with its source, a session to it, and their poster."""
    with partner_in(folder) as journal, House(folder, journal, SOURCES) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            poster = Poster(client)
            await poster.post(events("before"))
            yield journal, house, client, poster


@pytest.mark.timeout(60)
async def test_a_failing_fsync_ends_the_daemon(tmp_path: Path) -> None:
    """EIO on fsync: nothing is acknowledged from then on, the daemon says so and ends with 74; the next one goes on."""
    async with at_work(tmp_path) as (journal, house, client, poster):
        with inject(house.pid, tmp_path, SYNC, "error=EIO:when=1+"):
            began = time.time()
            posting = [asyncio.create_task(poster.post([one])) for one in events("after")]
            assert await house.ended() == 74
            fault = (began, time.time())
        assert poster.acknowledged == {one["id"] for one in events("before")}
        assert "the store stopped, since it is not known what of" in house.log()
        house.start()
        await asyncio.gather(*posting)
        told = await house.settled(client, len(poster.acknowledged), 20)
        judge(journal.read(), poster.acknowledged, poster.posted, told, [fault]).uphold()


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("_thorough_only")
@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
async def test_what_cannot_be_written_is_refused_until_it_can_be(tmp_path: Path, error: str) -> None:
    """A failing write: posts are refused with a sentence, none is acknowledged; later all goes on by itself, once."""
    async with at_work(tmp_path) as (journal, house, client, poster):
        await house.settled(client, 6)
        with inject(house.pid, tmp_path, WRITE, f"error={error}:when=1+"):
            posting = [asyncio.create_task(poster.post([one])) for one in events("after")]
            await asyncio.sleep(1)
            assert len(poster.acknowledged) == 6
        assert poster.refused
        assert all("nothing could be stored in" in said for said in poster.refused)
        await asyncio.gather(*posting)
        told = await house.settled(client, len(poster.acknowledged), 20)
        judge(journal.read(), poster.acknowledged, poster.posted, told).uphold()
