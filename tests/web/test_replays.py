"""The wish to send events again: one by its id, or all of a filter."""

import asyncio
import getpass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.web.conftest import ACME, House, event

AGAIN = 'the event is delivered already; sending it again must be said: {"again": true}'


async def test_a_delivered_event_is_sent_again_only_on_purpose(any_house: House) -> None:
    """409 without `again`; with it the event is sent once more and never leaves `delivered`."""
    await any_house.post(event())
    await any_house.until("e-1", "delivered")
    status, told = await any_house.ask("POST", "/events/e-1/replay")
    assert (status, told["title"], told["state"]) == (409, AGAIN, "delivered")
    wish = {"again": True, "why": "they lost it", "by": "ada"}
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
    replay = told["attempts"][1]["replay"]
    assert replay.pop("by") in (
        wish.pop("by"),
        f"{getpass.getuser()} (ada)",
    )  # over a socket the user is known
    assert replay == {"values": "same", "skip_criteria": [], "job": "", **wish}
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
    said = {"reason": "set aside by a person", "until": None, "rule": None, "seen": None}
    assert told["attempts"][1]["criteria"] == [{"name": "rules", "verdict": "skipped", **said}]
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


async def test_of_many_a_dry_run_counts_some_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """No request walks through millions: where there is more to count, the answer says where to go on."""
    monkeypatch.setattr("gateway.web.replays.COUNTED", 2)
    monkeypatch.setattr("gateway.web.replays.AT_ONCE", 2)
    await house.post([event(f"e-{index}", reason="Not ours") for index in range(5)])
    for index in range(5):
        await house.until(f"e-{index}", "vetoed")
    which, counts, after = {"state": "vetoed", "dry_run": True}, [], {}
    while after is not None:
        _, told = await house.ask("POST", "/replay", json=which | after)
        counts.append(told["count"])
        after = {"after": told["next"]} if "next" in told else None
    assert counts == [2, 2, 1]


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


@pytest.mark.parametrize(
    ("name", "time", "on_record"),
    [
        ("since", "0001-01-01T00:00:00+01:00", "since=0001-01-01T00:00:00.000Z"),
        ("until", "9999-12-31T23:59:59-01:00", "until=9999-12-31T23:59:59.999Z"),
    ],
)
async def test_the_ends_of_the_calendar_are_times_here_too(
    house: House, name: str, time: str, on_record: str
) -> None:
    """Of a time that UTC does not have, the nearest that it has is on record, and the replay is made."""
    answer = await house.ask("POST", "/replay", json={"source": "slow", name: time})
    assert answer == (202, {"replayed": 0, "left_alone": 0})
    _, told = await house.ask("GET", "/audit")
    assert told["acts"][0]["subject"] == f"events source=slow {on_record}"


async def test_more_than_a_page_is_replayed_whole(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are an inner matter: nothing is left out or sent twice between them."""
    monkeypatch.setattr("gateway.web.replays.AT_ONCE", 7)
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


async def test_a_broken_off_replay_is_gone_on_with_and_sends_nothing_twice(house: House) -> None:
    """Page by page under the name of a job: what was sent again under it is left alone, whatever became of it."""
    ids = [f"e-{index}" for index in range(7)]
    await house.post([event(id) for id in ids])
    for id in ids:
        await house.until(id, "delivered")
    wish = {"state": "delivered", "again": True, "job": "j-1", "why": "they lost it", "by": "ada", "limit": 3}
    status, first = await house.ask("POST", "/replay", json=wish)
    assert (status, first["replayed"], first["left_alone"]) == (202, 3, 0)
    await house.partner.arrived(10)
    for id in ids[4:]:
        async with asyncio.timeout(5):
            while (told := await house.story(id))["attempt_count"] < 2:
                await asyncio.sleep(0.01)
        assert told["attempts"][1]["replay"] == {
            "values": "same", "skip_criteria": [], "again": True, "why": "they lost it", "by": "ada", "job": "j-1",
        }  # fmt: skip
    done, after = [], None
    while after is not None or not done:
        _, told = await house.ask("POST", "/replay", json=wish | ({"after": after} if after else {}))
        after = told["next"]
        done.append((told["replayed"], told["left_alone"]))
    assert done == [(0, 3), (3, 0), (1, 0)]
    await house.partner.arrived(14)
    await asyncio.sleep(0.05)
    assert sorted(received.key or "" for received in house.partner.received) == sorted(ids * 2)
    other = {"state": "delivered", "again": True, "job": "j-2"}
    assert await house.ask("POST", "/replay", json=other) == (202, {"replayed": 7, "left_alone": 0})


async def test_a_replay_with_a_rate_is_planned_ahead(house: House) -> None:
    """One after another at each endpoint; what is asked for later follows behind what is planned already."""
    await house.post([event(f"e-{index}", reason="Not ours") for index in range(6)])
    for index in range(6):
        await house.until(f"e-{index}", "vetoed")
    wish = {"state": "vetoed", "skip_criteria": ["rules"], "rate": "2/h", "job": "slow", "limit": 3}
    _, told = await house.ask("POST", "/replay", json=wish)
    await house.ask("POST", "/replay", json=wish | {"after": told["next"]})
    waits = [await house.story(f"e-{index}") for index in range(6)]
    due = sorted(one["due_at"] for one in waits if one["due_at"])
    assert len(due) >= 5, "the first is due at once"
    moments = [datetime.fromisoformat(one) for one in due]
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(minutes=30)}


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"rate": "often"}, "/rate"),
        ({"job": "a b"}, "/job"),
        ({"limit": 0}, "/limit"),
        ({"limit": 5, "after": "x"}, "/after"),
    ],
)
async def test_a_plan_that_cannot_be_read_is_named(house: House, more: Any, pointer: str) -> None:
    """A wrong rate, name, page or cursor replays nothing."""
    status, told = await house.ask("POST", "/replay", json={"state": "parked", **more})
    assert (status, [error["pointer"] for error in told["errors"]]) == (422, [pointer])
