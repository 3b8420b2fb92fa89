"""A power cut: from one moment on nothing reaches the disk any more, and what had not reached it is gone."""

import asyncio
import sqlite3
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.faults.houses import PROGRAM, House, Poster, partner_in
from tests.faults.judge import Verdict, judge
from tests.faults.machine import cut_power, mounted, needs, xfs_image

pytestmark = needs("mkfs.xfs", "xfs_io")

# One at a time, so that most of what is acknowledged still waits in the store when the power goes.
SLOW = """
return: {transport: json, url: PARTNER/json/slow:0.01, concurrency: 1, mapping: {id: "{{ event.id }}"}}
"""
CARELESS = """
from gateway.cli import main
from gateway.store import connection
assert "synchronous = FULL" in connection._PRAGMAS
connection._PRAGMAS = connection._PRAGMAS.replace("synchronous = FULL", "synchronous = NORMAL")
main()
"""
POSTS, AT_ONCE = 10, 10


async def _survive(folder: Path, program: Sequence[str], cuts: int) -> Verdict:
    """Acknowledge some events, cut the power, mount the disk again, and see what is delivered, so many times."""
    with (
        xfs_image(folder) as image,
        partner_in(folder) as journal,
        House(folder, journal, {"slow": SLOW}, data=folder / "disk" / "data") as house,
    ):
        faults = []
        async with house.client() as client:
            poster = Poster(client)
            for cut in range(cuts):
                with mounted(image, folder / "disk") as disk, house:
                    house.start(program=program)
                    await house.ready(client)
                    for number in range(POSTS):
                        some = [f"slow-{cut}-{number}-{index}" for index in range(AT_ONCE)]
                        await poster.post([{"id": id, "type": "return", "source": "slow"} for id in some])
                    taken = set(poster.acknowledged)
                    began = time.time()
                    cut_power(disk)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.3):
                            await poster.post(
                                [{"id": f"slow-{cut}-late", "type": "return", "source": "slow"}]
                            )
                    faults.append((began, house.kill()[1]))
                    assert poster.acknowledged == taken, "something was acknowledged without a disk"
            with mounted(image, folder / "disk"), house:
                house.start()
                await house.ready(client)
                told = await house.settled(client, 0)
                house.kill()
                with closing(sqlite3.connect(house.data / "events.db")) as database:
                    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return judge(journal.read(), poster.acknowledged, poster.posted, told, faults, at_once=1)


@pytest.mark.timeout(180)
async def test_what_was_acknowledged_outlives_a_power_cut(tmp_path: Path, long: bool, thorough: bool) -> None:
    """100 events acknowledged, hardly one delivered, and the power gone: all are delivered after it. 1 cut, with --thorough 3, with --long 10."""
    verdict = await _survive(tmp_path, PROGRAM, 10 if long else 3 if thorough else 1)
    verdict.uphold()


@pytest.mark.timeout(120)
@pytest.mark.usefixtures("_thorough_only")
async def test_a_store_that_does_not_wait_for_the_disk_is_caught(tmp_path: Path) -> None:
    """The same with `synchronous=NORMAL` loses what was acknowledged: this suite would see it."""
    verdict = await _survive(tmp_path, (sys.executable, "-c", CARELESS), 1)
    print(verdict)
    assert len(verdict.lost) > POSTS * AT_ONCE / 2
