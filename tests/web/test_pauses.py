"""Pause and resume: one row, shown wherever the endpoint or its events are, across restarts."""

import getpass
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.web.conftest import House, daemon_on, event
from tests.web.contract import held

PAUSE = "/endpoints/acme/return/pause"
RESUME = "/endpoints/acme/return/resume"


async def endpoint(house: House, id: str = "acme/return") -> Any:
    _, told = await house.ask("GET", "/endpoints")
    return next(one for one in told["endpoints"] if one["id"] == id)


async def wish(house: House, path: str, **body: Any) -> tuple[int, Any]:
    return await house.ask("POST", path, json=body)


async def test_a_paused_endpoint_holds_its_events(any_house: House) -> None:
    """They are taken as ever, and shown as held: by whom, since when, and why; resumed, they go out."""
    status, told = await wish(any_house, PAUSE, by="joe", why="they move")
    by = told["paused"]["by"]
    assert by in ("joe", f"{getpass.getuser()} (joe)")
    since = told["paused"]["since"]
    assert (status, told) == (
        200,
        {"id": "acme/return", "paused": {"by": by, "since": since, "why": "they move"}, "under_way": 0},
    )
    assert datetime.fromisoformat(since).tzinfo is not None
    assert await any_house.post(event()) == (202, {"id": "e-1", "state": "queued"})
    story = await any_house.until("e-1", "held")
    assert story["held"] == f"paused by {by} since {since}: they move"
    assert (await endpoint(any_house))["bound_by"] == "paused"
    assert (await any_house.ask("GET", "/-/ready"))[1]["paused"] == ["acme/return"]
    assert await wish(any_house, RESUME) == (200, {"id": "acme/return", "paused": None, "under_way": 0})
    await any_house.until("e-1", "delivered")
    assert (await endpoint(any_house))["bound_by"] == "none"


async def test_ready_and_metrics_name_what_is_paused(house: House) -> None:
    """A pause leaves the daemon ready: other endpoints go on."""
    await wish(house, PAUSE)
    status, told = await house.ask("GET", "/-/ready")
    assert (status, told["paused"], told["breakers_open"]) == (200, ["acme/return"], [])
    async with house.client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    assert 'feedback_gateway_endpoint_paused{endpoint="acme/return"} 1.0' in lines
    assert not [line for line in lines if line.startswith("feedback_gateway_breaker_open{")]


async def test_without_words_it_says_what_it_knows(house: House) -> None:
    """Nobody has to say who, or why."""
    _, told = await wish(house, PAUSE)
    await house.post(event())
    story = await house.until("e-1", "held")
    assert story["held"] == f"paused by local since {told['paused']['since']}"


async def test_a_pause_survives_a_restart(
    house: House, aiohttp_client: Callable[..., Awaitable[TestClient[Any, Any]]]
) -> None:
    """The next daemon shows it, and sends nothing before it is resumed."""
    await wish(house, PAUSE, by="joe", why="they move")
    await house.post(event())
    before = (await endpoint(house))["paused"]
    await house.client.server.close()
    again = House(house.folder, daemon_on(house.folder), None, house.partner)
    again.client = await aiohttp_client(TestServer(again.daemon.application()), middlewares=(held,))
    assert (await endpoint(again))["paused"] == before
    assert (await again.story("e-1"))["state"] == "held"
    assert house.partner.total == 0
    await wish(again, RESUME)
    await again.until("e-1", "delivered")


@pytest.mark.parametrize("what", ["pause", "resume"])
async def test_an_endpoint_that_is_not_in_the_conf(house: House, what: str) -> None:
    """The nearest one is named."""
    status, told = await wish(house, f"/endpoints/acme/retrun/{what}")
    assert status == 404
    assert told["title"] == "there is no endpoint 'acme/retrun' in the conf (did you mean 'acme/return'?)"


async def test_one_that_is_gone_since_it_was_paused_may_be_resumed(house: House) -> None:
    """It is shown as long as it is paused, and then no more."""
    await wish(house, PAUSE, by="joe")
    (house.folder / "sources" / "acme.yaml").unlink()
    await house.ask("POST", "/-/reload")
    found = await endpoint(house)
    assert (found["held"], found["paused"]["by"], found["waiting"]) == ("not in the conf any more", "joe", 0)
    assert (await wish(house, PAUSE))[0] == 404
    assert (await wish(house, RESUME))[0] == 200
    assert (await wish(house, RESUME))[0] == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"wy": "x"}, "/wy"), ({"why": 7}, "/why"), ({"why": "x" * 501}, "/why"), ({"by": "x" * 101}, "/by")],
)
async def test_wrong_keys_are_named(house: House, body: dict[str, Any], pointer: str) -> None:
    """And nothing is paused."""
    status, told = await wish(house, PAUSE, **body)
    assert (status, [error["pointer"] for error in told["errors"]]) == (422, [pointer])
    assert (await endpoint(house))["paused"] is None


async def test_an_open_breaker_is_shown(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """By its endpoint, by ready, by the metrics and by an alert; what waits there stays queued."""
    house.write("busy", """
return:
  transport: json
  url: "{partner}/json/status:503"
  mapping: {{id: "{{{{ event.id }}}}"}}
  rate: 1000/s
  breaker: {{least: 2, pause: 1h}}
""")  # fmt: skip
    await house.ask("POST", "/-/reload")
    for index in range(2):
        await house.post(event(f"b-{index}", source="busy"))
        await house.partner.arrived(index + 1)
    for index in range(2):
        await house.until(f"b-{index}", "queued")
    await house.post(event("late", source="busy"))
    found = await endpoint(house, "busy/return")
    assert (found["bound_by"], found["rate"], found["breaker"]["state"]) == ("breaker", "1000/s", "open")
    opened, probe = (datetime.fromisoformat(found["breaker"][key]) for key in ("since", "next_probe"))
    assert 3590 < (probe - opened).total_seconds() < 3610
    story = await house.story("late")
    assert (story["state"], story["attempts"]) == ("held", [])
    next_one = f"the next one is tried at {found['breaker']['next_probe'][:-4]}"  # but for milliseconds
    assert story["held"].startswith(
        f"the breaker of busy/return is open: too many attempts failed; {next_one}"
    )
    assert (await house.ask("GET", "/-/ready"))[1]["breakers_open"] == ["busy/return"]
    async with house.client.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    assert 'feedback_gateway_breaker_open{endpoint="busy/return"} 1.0' in lines
    assert 'feedback_gateway_alerts_total{kind="breaker"} 1.0' in lines
    log = capsys.readouterr()
    said = "busy/return: its breaker is open: 2 of 2 attempts failed (a probe follows in 3600 s)"
    assert said in log.out + log.err


@pytest.mark.parametrize("body", [" ", "\t", "\r\n", "\f", "\v", "\u00a0", "\u2028"])
async def test_only_no_body_at_all_is_no_wish(house: House, body: str) -> None:
    """One of white space is no JSON text (RFC 8259 section 2), and so a mistake of whoever sends it."""
    told = {"data": body.encode(), "headers": {"Content-Type": "application/json"}}
    assert (await house.ask("POST", "/endpoints/acme/return/resume", **told))[0] == 400
    told["data"] = b""
    assert (await house.ask("POST", "/endpoints/acme/return/resume", **told))[0] == 200
