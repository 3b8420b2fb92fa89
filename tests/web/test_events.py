"""Questions about events, and the wish to send one again."""

import asyncio
import json
from typing import Any

import pytest

from tests.web.conftest import ACME, House, event

AGAIN = 'the event is delivered already; sending it again must be said: {"again": true}'


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
    assert attempt["criteria"] == [{"name": "rules", "verdict": "pass", "reason": None, "until": None}]
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


async def test_a_delivered_event_is_sent_again_only_on_purpose(any_house: House) -> None:
    """409 without `again`; with it the event is sent once more and never leaves `delivered`."""
    await any_house.post(event())
    await any_house.until("e-1", "delivered")
    status, told = await any_house.ask("POST", "/events/e-1/replay")
    assert (status, told["title"], told["state"]) == (409, AGAIN, "delivered")
    wish = {"again": True, "why": "they lost it"}
    assert await any_house.ask("POST", "/events/e-1/replay", json=wish) == (
        202,
        {"id": "e-1", "state": "delivered"},
    )
    await any_house.partner.arrived(2)
    told = await any_house.story("e-1")
    assert told["state"] == "delivered"
    async with asyncio.timeout(5):
        while (told := await any_house.story("e-1"))["attempt_count"] < 2:
            await asyncio.sleep(0.01)
    assert told["attempts"][1]["replay"] == {"values": "same", "skip_criteria": [], **wish}
    assert told["replay"] is None


async def test_a_delivered_event_that_is_being_sent_again_is_still_delivered(house: House) -> None:
    """What the source took once it has; a no to the second sending changes nothing of that."""
    await house.post(event(source="slow"))
    await house.until("e-1", "delivered")
    house.write(
        "slow", "return: {{transport: json, url: '{partner}/json/status:422,slow:0.3', mapping: {{a: b}}}}\n"
    )
    await house.ask("POST", "/-/reload")
    await house.ask("POST", "/events/e-1/replay", json={"again": True, "values": "fresh"})
    await house.partner.arrived(2)
    assert (await house.story("e-1"))["state"] == "delivered"
    async with asyncio.timeout(5):
        while (told := await house.story("e-1"))["attempt_count"] < 2:
            await asyncio.sleep(0.01)
    assert (told["state"], told["outcome"], told["attempts"][1]["outcome"]) == (
        "delivered",
        "success",
        "failure",
    )


async def test_the_same_values_go_out_with_todays_credentials(house: House) -> None:
    """`same` sends what was mapped then, under the same key, with the secret of today."""
    await house.post(event())
    await house.until("e-1", "delivered")
    (house.folder / "secrets" / "acme_key").write_text("n3w-key\n")
    house.write("acme", ACME.replace("lead_id:", "lead:"))
    assert (await house.ask("POST", "/-/reload"))[0] == 200
    await house.ask("POST", "/events/e-1/replay", json={"again": True})
    _, second = await house.partner.arrived(2)
    assert second.values == {"lead_id": "L-1", "reason": "Wrong number", "key": "n3w-key"}
    assert second.key == "e-1"


async def test_a_fresh_replay_maps_anew_under_a_key_of_its_own(house: House) -> None:
    """`fresh` uses today's mapping; a source that honours the key would else answer from its memory."""
    await house.post(event())
    await house.until("e-1", "delivered")
    house.write("acme", ACME.replace("lead_id:", "lead:"))
    await house.ask("POST", "/-/reload")
    for number in (2, 3):
        await house.ask("POST", "/events/e-1/replay", json={"again": True, "values": "fresh"})
        received = (await house.partner.arrived(number))[-1]
        assert received.values == {"lead": "L-1", "reason": "Wrong number", "key": "s3cret-key"}
        assert received.key == f"e-1.{number}"
        async with asyncio.timeout(5):
            while (await house.story("e-1"))["attempt_count"] < number:
                await asyncio.sleep(0.01)


async def test_a_criterion_can_be_set_aside_for_a_replay(house: House) -> None:
    """What was vetoed goes out past the criterion that a person names; that stands in the story."""
    await house.post(event(reason="Not ours"))
    told = await house.until("e-1", "vetoed")
    assert told["attempts"][0]["criteria"][0]["verdict"] == "veto"
    wish = {"values": "fresh", "skip_criteria": ["rules"], "why": "agreed by phone"}
    assert await house.ask("POST", "/events/e-1/replay", json=wish) == (202, {"id": "e-1", "state": "queued"})
    told = await house.until("e-1", "delivered")
    assert told["attempts"][1]["criteria"] == [
        {"name": "rules", "verdict": "skipped", "reason": "set aside by a person", "until": None}
    ]
    assert told["attempts"][1]["replay"]["skip_criteria"] == ["rules"]


async def test_a_criterion_that_is_not_asked_cannot_be_set_aside(house: House) -> None:
    """A typo in a criterion's name would silently change nothing: it is named, with the nearest right one."""
    await house.post(event(reason="Not ours"))
    await house.until("e-1", "vetoed")
    status, told = await house.ask("POST", "/events/e-1/replay", json={"skip_criteria": ["rule", "max_age"]})
    assert (status, told["title"]) == (422, "the replay cannot be made")
    assert told["errors"] == [
        {
            "pointer": "/skip_criteria",
            "detail": "'rule' is no criterion of acme/return (did you mean 'rules'?)",
        },
        {"pointer": "/skip_criteria", "detail": "'max_age' is no criterion of acme/return (there is: rules)"},
    ]


async def test_what_waits_or_is_on_its_way_is_not_replayed(house: House) -> None:
    """409 says which; neither needs a replay."""
    await house.post(event(source="slow"))
    await house.partner.arrived()
    status, told = await house.ask("POST", "/events/e-1/replay", json={"again": True})
    assert (status, told["title"]) == (409, "the event is on its way right now (look again in a moment)")
    await house.post(event("e-2", source="busy"))
    await house.until("e-2", "queued")
    status, told = await house.ask("POST", "/events/e-2/replay")
    assert (status, told["title"]) == (409, "the event is queued already; it needs no replay")


async def test_what_has_no_way_cannot_be_replayed(house: House) -> None:
    """409 quotes the conf's reason; once there is a way, the same wish is granted."""
    await house.post(event(source="newcomer"))
    status, told = await house.ask("POST", "/events/e-1/replay")
    assert status == 409
    assert told["title"].startswith("e-1 cannot be sent: there is no source 'newcomer'")
    house.write("newcomer", "return: {{transport: json, url: '{partner}/json', mapping: {{a: b}}}}\n")
    await house.ask("POST", "/-/reload")
    assert (await house.story("e-1"))["state"] == "parked"
    assert (await house.ask("POST", "/events/e-1/replay"))[0] == 202
    await house.until("e-1", "delivered")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"vaules": "same"}, "/vaules"), ({"values": "new"}, "/values"), ({"again": "yes"}, "/again"), ({"again": 1}, "/again"),
        ({"skip_criteria": "rules"}, "/skip_criteria"), ({"skip_criteria": [7]}, "/skip_criteria/0"), ([], ""),
        ({"why": 7}, "/why"),
    ],
)  # fmt: skip
async def test_a_wish_that_cannot_be_read_names_the_field(house: House, body: Any, pointer: str) -> None:
    """422 with a pointer; nothing is sent."""
    await house.post(event(source="nobody"))
    for path in ("/events/e-1/replay", "/replay"):
        status, told = await house.ask("POST", path, json=body)
        assert (status, told["title"]) == (422, "the replay cannot be made")
        assert [error["pointer"] for error in told["errors"]] == [pointer]


async def test_a_wish_that_is_no_json(house: House) -> None:
    """Broken text, a wrong byte or a foreign charset end as problems, not as faults."""
    for data in (b"{", b"\xff", b'{"again": tru}'):
        for charset, expected in (("utf-8", 400), ("no-such", 415)):
            kind = {"Content-Type": f"application/json; charset={charset}"}
            assert (await house.ask("POST", "/replay", data=data, headers=kind))[0] == expected


async def test_many_are_replayed_by_a_filter(any_house: House) -> None:
    """A dry run counts; then every event of the filter that can be sent is, the rest is left alone."""
    await any_house.post([event(f"e-{index}", reason="Not ours") for index in range(5)])
    for index in range(5):
        await any_house.until(f"e-{index}", "vetoed")
    await any_house.post(event("gone", source="nobody"))
    which = {"source": "acme", "state": "vetoed"}
    dry = await any_house.ask("POST", "/replay", json=which | {"dry_run": True})
    assert dry == (200, {"count": 5, "left_alone": 0})
    assert any_house.partner.total == 0
    wish = {"values": "fresh", "skip_criteria": ["rules"]}
    told = await any_house.ask("POST", "/replay", json=which | wish)
    assert told == (202, {"replayed": 5, "left_alone": 0})
    await any_house.partner.arrived(5)
    for index in range(5):
        await any_house.until(f"e-{index}", "delivered")
    assert await any_house.ask("POST", "/replay", json={"source": "acme"}) == (
        202,
        {"replayed": 0, "left_alone": 5},
    )
    assert await any_house.ask("POST", "/replay", json={"source": "nobody"}) == (
        202,
        {"replayed": 0, "left_alone": 1},
    )


@pytest.mark.parametrize("again", [False, True])
async def test_a_dry_run_counts_what_the_real_run_does(house: House, again: bool) -> None:
    """What is delivered, waits or has no endpoint is left alone, by count as in truth."""
    await house.post(
        [event("d"), event("v", reason="Not ours"), event("q", source="busy"), event("p", source="nobody")]
    )
    for id, state in (("d", "delivered"), ("v", "vetoed"), ("q", "queued"), ("p", "parked")):
        await house.until(id, state)
    wish = {"type": "return", "again": again}
    _, dry = await house.ask("POST", "/replay", json=wish | {"dry_run": True})
    _, done = await house.ask("POST", "/replay", json=wish)
    assert dry == {"count": 1 + again, "left_alone": 3 - again}
    assert done == {"replayed": dry["count"], "left_alone": dry["left_alone"]}


@pytest.mark.parametrize("dry_run", [False, True])
async def test_a_criterion_that_no_endpoint_has_cannot_be_set_aside(house: House, dry_run: bool) -> None:
    """As by id: a typo is named, and nothing is sent."""
    wish = {"state": "vetoed", "skip_criteria": ["rules", "maxage"], "dry_run": dry_run}
    status, told = await house.ask("POST", "/replay", json=wish)
    assert (status, told["title"]) == (422, "the replay cannot be made")
    detail = "no endpoint in the conf has a criterion 'maxage' (there is: rules)"
    assert told["errors"] == [{"pointer": "/skip_criteria", "detail": detail}]


async def test_a_filter_that_cannot_be_read_replays_nothing(house: House) -> None:
    """Every wrong filter is named; a typo never means `all`."""
    status, told = await house.ask("POST", "/replay", json={"state": "park", "since": "soon"})
    assert status == 422
    assert [error["pointer"] for error in told["errors"]] == ["/state", "/since"]


async def test_more_than_a_page_is_replayed_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are an inner matter: nothing is left out or sent twice between them."""
    monkeypatch.setattr("gateway.web.events.LARGEST_PAGE", 7)
    monkeypatch.setattr("gateway.web.events._AT_ONCE", 3)
    await house.post([event(f"e-{index}", reason="Not ours") for index in range(20)])
    async with asyncio.timeout(5):
        while (await house.ask("POST", "/replay", json={"state": "vetoed", "dry_run": True}))[1][
            "count"
        ] < 20:
            await asyncio.sleep(0.01)
    told = await house.ask("POST", "/replay", json={"state": "vetoed", "skip_criteria": ["rules"]})
    assert told == (202, {"replayed": 20, "left_alone": 0})
    await house.partner.arrived(20)
    await asyncio.sleep(0.05)
    assert len({received.key for received in house.partner.received}) == house.partner.total == 20
