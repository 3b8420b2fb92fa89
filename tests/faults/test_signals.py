"""SIGTERM ends the daemon without losing anything, SIGHUP has it read its conf folder."""

import asyncio
import json
import random
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.houses import House, Poster, partner_in
from tests.faults.judge import judge
from tests.faults.warm import nursery

SLOW = """
return:
  transport: json
  url: PARTNER/json/slow:0.4
  concurrency: 2
  mapping: {id: "{{ event.id }}"}
"""
HANGING = """
return:
  transport: json
  url: PARTNER/json/hang
  mapping: {id: "{{ event.id }}"}
"""
PROMPT = """
return:
  transport: json
  url: PARTNER/json
  mapping: {id: "{{ event.id }}"}
"""


def event(id: str, source: str) -> dict[str, Any]:
    return {"id": id, "type": "return", "source": source}


async def story(client: aiohttp.ClientSession, id: str) -> Any:
    async with client.get(f"/events/{id}") as response:
        return await response.json()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
async def test_what_is_under_way_finishes_and_what_waits_goes_on_later(
    tmp_path: Path, name: signal.Signals
) -> None:
    """In flight ends as ever, nothing new begins, the exit code is 0; the next daemon sends the rest, all once."""
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"slow": SLOW}) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            poster = Poster(client)
            await poster.post([event(f"e-{index}", "slow") for index in range(5)])
            await journal.arrived(2)
            house.signal(name)
            assert await house.ended() == 0
            assert sorted(received.status or 0 for received in journal.read()) == [200, 200]
            assert "daemon.drain_cut" not in house.log()
            house.start()
            await house.ready(client)
            await journal.arrived(5)
            house.signal(name)
            assert await house.ended() == 0
        assert sorted(filter(None, journal.keys())) == [f"e-{index}" for index in range(5)]


@pytest.mark.timeout(180)
async def test_stops_under_load_send_nothing_twice(tmp_path: Path, long: bool, thorough: bool) -> None:
    """SIGTERM amid posts and deliveries, and the next daemon: nothing is lost, nothing is sent twice. 2 stops, 10, or 50."""
    stops = 50 if long else 10 if thorough else 2
    chance = random.Random(20261123)
    with (
        nursery() as warm,
        partner_in(tmp_path) as journal,
        House(tmp_path, journal, {"slow": SLOW.replace("0.4", "0.05").replace("2", "8")}) as house,
    ):
        house.start_from(warm)
        async with house.client() as client:
            poster = Poster(client)
            for stop in range(stops):
                await house.ready(client)
                load = [event(f"slow-{stop}-{index}", "slow") for index in range(20)]
                posting = [asyncio.create_task(poster.post([one])) for one in load]
                await asyncio.sleep(chance.random() * 0.2)
                house.signal(signal.SIGTERM)
                await house.ended()
                await house.logged("daemon.stopped", stop + 1)
                house.start_from(warm)
                await asyncio.gather(*posting)
            await house.ready(client)
            told = await house.settled(client, 20 * stops)
        assert "daemon.drain_cut" not in house.log()
        judge(journal.read(), poster.acknowledged, poster.posted, told).uphold()


async def test_what_takes_too_long_is_cut_off_and_recorded_as_that(tmp_path: Path) -> None:
    """Past `shutdown` the attempt is given up as one that may have been received, and is tried again later."""
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"hanging": HANGING}, "300ms") as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            await Poster(client).post([event("e-1", "hanging")])
            await journal.arrived(1)
            house.signal(signal.SIGTERM)
            assert await house.ended(5) == 0
            assert '"attempts": 1, "event": "daemon.drain_cut"' in house.log()
            house.start()
            await house.ready(client)
            told = await story(client, "e-1")
        assert told["state"] in ("queued", "sending")
        [attempt] = told["attempts"][:1]
        assert (attempt["outcome"], attempt["maybe_received"]) == ("error", True)
        assert attempt["network_error"] == "the daemon was stopped while this was under way"
        assert attempt["due_at"] is not None


async def test_a_daemon_that_stops_refuses_and_says_when_to_come_back(tmp_path: Path) -> None:
    """From SIGTERM on nothing is acknowledged that would not be kept: the socket is closed, or says 503."""
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"slow": SLOW}) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            await Poster(client).post([event("e-1", "slow")])
            await journal.arrived(1)
            house.signal(signal.SIGTERM)
            await house.logged("daemon.stopping")
            with pytest.raises(aiohttp.ClientConnectorError):
                await client.post("/events", json=event("e-2", "slow"))
            assert await house.ended() == 0
        assert journal.keys() == ["e-1"]


async def test_sighup_reads_the_folder_at_once(tmp_path: Path) -> None:
    """A reload on request is told in the log; what it found is used by the next event, in the same process."""
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"prompt": PROMPT}) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            before = house.log().count('"conf.loaded"')
            house.signal(signal.SIGHUP)
            await house.logged('"conf.loaded"', before + 1)
            house.write("prompt", PROMPT.replace("PARTNER", journal.url).replace("{id:", "{changed:"))
            house.signal(signal.SIGHUP)
            await house.logged('"conf.loaded"', before + 2)
            await Poster(client).post([event("e-1", "prompt")])
            [received] = await journal.arrived(1)
            house.signal(signal.SIGTERM)
            assert await house.ended() == 0
        assert received.values == {"changed": "e-1"}


async def test_every_line_of_the_log_is_json(tmp_path: Path) -> None:
    """From the first line to the last a program can read it: no traceback, no warning of a library, no print."""
    with partner_in(tmp_path) as journal, House(tmp_path, journal, {"prompt": PROMPT}) as house:
        house.start()
        async with house.client() as client:
            await house.ready(client)
            await Poster(client).post([event("e-1", "prompt")])
            await house.logged("attempt.finished")
            house.signal(signal.SIGTERM)
            assert await house.ended() == 0
        names = [json.loads(line)["event"] for line in house.log().splitlines()]
    assert names[-2:] == ["daemon.stopping", "daemon.stopped"]
    assert {"conf.loaded", "ready", "attempt.finished"} <= set(names)
