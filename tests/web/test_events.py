"""Questions about events."""

import asyncio
import json
from typing import Any

import pytest

from tests.web.conftest import House, event


async def test_the_whole_story_of_an_event(any_house: House) -> None:
    """What was posted, where it stands, and every attempt with its votes, request and answer; no secret in it."""
    posted = event(price=12.5, phone="x")
    await any_house.post(posted)
    told = await any_house.until("e-1", "delivered")
    [attempt] = told.pop("attempts")
    received_at, reference = told.pop("received_at"), told.pop("reference")
    assert told == {
        "id": "e-1", "source": "acme", "flow": None, "type": "return", "lead_id": "L-1", "endpoint": "acme/return",
        "state": "delivered", "outcome": "success", "reason": None, "attempt_count": 1, "due_at": None, "price": None,
        "capture": {}, "replay": None, "posted": posted,
    }  # fmt: skip
    assert received_at.endswith("Z")
    assert len(received_at) == len("2026-11-23T12:00:00.000Z")
    assert reference == attempt["reference"]
    assert (attempt["number"], attempt["outcome"], attempt["state"]) == (1, "success", "delivered")
    passed = {"name": "rules", "verdict": "pass", "reason": None, "until": None, "rule": None, "seen": None}
    assert attempt["criteria"] == [passed]
    assert attempt["request"]["method"] == "POST"
    assert attempt["request"]["url"] == f"{any_house.partner.url}/json"
    assert json.loads(attempt["request"]["body"]) == {
        "lead_id": "L-1",
        "reason": "Wrong number",
        "key": "***",
    }
    assert attempt["request"]["headers"]["Idempotency-Key"] == "e-1"
    assert attempt["response"]["status"] == 200
    assert (attempt["network_error"], attempt["maybe_received"]) == (None, False)
    assert attempt["conf"] == any_house.daemon.reloader.conf.digest
    assert "s3cret-key" not in json.dumps([told, attempt])


async def test_what_was_left_out_is_named(house: House) -> None:
    """A mapping key whose value was blank is told with the attempt."""
    await house.post(event(reason=""))
    told = await house.until("e-1", "delivered")
    assert told["attempts"][0]["left_out"] == ["reason"]


async def test_an_event_that_is_not_there(house: House) -> None:
    """404, for its story and for a replay of it."""
    assert (await house.ask("GET", "/events/nobody"))[1]["title"] == "there is no event 'nobody'"
    status, told = await house.ask("POST", "/events/nobody/replay")
    assert (status, told["title"]) == (404, "there is no event 'nobody'")


async def test_an_event_on_its_way_is_shown_as_that(house: House) -> None:
    """Between queued and its end an event is `sending`."""
    await house.post(event(source="slow"))
    await house.partner.arrived()
    assert (await house.story("e-1"))["state"] == "sending"
    assert (await house.until("e-1", "delivered"))["outcome"] == "success"


async def test_an_event_that_waits_for_a_retry_is_queued(house: House) -> None:
    """It says when its next try is due, and why the last one failed."""
    await house.post(event(source="busy"))
    await house.partner.arrived()
    told = await house.until("e-1", "queued")
    assert (told["outcome"], told["reason"]) == ("error", "the source answered 503 Service Unavailable")
    assert told["due_at"] > told["received_at"]
    assert told["attempts"][0]["due_at"] == told["due_at"]


async def test_an_event_whose_endpoint_is_gone_is_held_until_it_is_back(house: House) -> None:
    """The story says what it waits for; nothing has to be done but bringing the file back."""
    await house.post(event(source="busy"))
    await house.until("e-1", "queued")
    (house.folder / "sources" / "busy.yaml").unlink()
    await house.ask("POST", "/-/reload")
    told = await house.story("e-1")
    assert (told["state"], told["held"]) == ("held", "the endpoint busy/return is not in the conf any more")
    house.write(
        "busy", "return: {{transport: json, url: '{partner}/json', mapping: {{id: '{{{{ event.id }}}}'}}}}\n"
    )
    await house.ask("POST", "/-/reload")
    assert (await house.until("e-1", "delivered"))["attempt_count"] == 2


async def test_a_list_is_newest_first_and_goes_on_page_by_page(any_house: House) -> None:
    """`next` leads to the following page, and is null at the end."""
    for index in range(7):
        await any_house.post(event(f"e-{index}", source="nobody"))
    found, after, pages = [], None, 0
    while pages == 0 or after:
        query = {"limit": "3"} | ({"after": after} if after else {})
        status, told = await any_house.ask("GET", "/events", params=query)
        assert status == 200
        found += [one["id"] for one in told["events"]]
        after, pages = told["next"], pages + 1
    assert (found, pages) == ([f"e-{index}" for index in reversed(range(7))], 3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["e-3", "e-2", "e-1"]), ("state=parked", ["e-3"]), ("state=delivered", ["e-1"]), ("outcome=skip", ["e-2"]),
        ("source=acme", ["e-2", "e-1"]), ("type=conversion", ["e-2"]), ("lead_id=L-9", ["e-3"]), ("lead_id=L-8", []),
        ("source=acme&state=vetoed", ["e-2"]), ("since=2020-01-01", ["e-3", "e-2", "e-1"]),
        ("until=2020-01-01T00:00:00Z", []), ("since=2020-01-01T00:00:00%2B02:00&until=9999-12-31", ["e-3", "e-2", "e-1"]),
    ],
)  # fmt: skip
async def test_a_list_can_be_filtered(house: House, query: str, expected: list[str]) -> None:
    """By state, outcome, source, type, lead and time, and by all of them together."""
    await house.post(event("e-1"))
    await house.until("e-1", "delivered")
    await house.post(event("e-2", type="conversion"))
    await house.post(event("e-3", source="nobody", lead={"id": "L-9"}))
    status, told = await house.ask("GET", f"/events?{query}")
    assert (status, [one["id"] for one in told["events"]]) == (200, expected)


async def test_what_ends_while_it_is_looked_at_is_told_as_it_ended(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that began before the end, and came back after it, is not told as one that waits for a try."""
    await house.post(event(source="slow"))
    await house.until("e-1", "sending")
    real = house.daemon.store.story

    async def late(id: str) -> Any:
        found = await real(id)
        while house.daemon.lanes.is_sending(id):
            await asyncio.sleep(0.01)
        return found

    monkeypatch.setattr(house.daemon.store, "story", late)
    assert (await house.story("e-1"))["state"] == "delivered"


async def test_a_list_that_cannot_be_made_names_everything_that_is_wrong(house: House) -> None:
    """Unknown parameters with the nearest right one, values with what would be right; all at once."""
    status, told = await house.ask("GET", "/events?stat=x&state=done&since=soon&limit=0&type=x&outcome=ok")
    assert (status, told["title"]) == (400, "the list cannot be made")
    assert {error["pointer"]: error["detail"] for error in told["errors"]} == {
        "stat": "unknown parameter (did you mean 'state'?)",
        "state": "'done' is none of: queued, delivered, rejected, vetoed, parked",
        "since": "'soon' is no time (write RFC 3339 such as 2026-11-23T09:15:00Z)",
        "limit": "'0' is no page size (1 to 1000)",
        "type": "'x' is none of: return, conversion",
        "outcome": "'ok' is none of: success, failure, error, skip",
    }


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=1",
        "limit=1001",
        "limit=x",
        "limit=%C2%B2",
        "limit=%D9%A3%D9%A3%D9%A3%D9%A3%D9%A3",
        "limit=-1",
        "since=",
    ],
)
async def test_odd_parameters_are_refused(house: House, query: str) -> None:
    """No cursor, size or time is guessed."""
    assert (await house.ask("GET", f"/events?{query}"))[0] == 400


@pytest.mark.parametrize("query", ["since=0001-01-01T00:00:00%2B23:59", "until=9999-12-31T23:59:59-23:59"])
async def test_the_ends_of_the_calendar_are_times(house: House, query: str) -> None:
    """However far away, a time is a time."""
    assert (await house.ask("GET", f"/events?{query}"))[0] == 200
