"""POST /events: one event, an array, NDJSON; stored before it is answered, the same id any number of times."""

import json
from typing import Any

import pytest

from gateway.errors import StoreUnavailable
from tests.web.conftest import House, event

CONFLICT = "an id names one event, and this one is taken by other content; use e.g. LEAD-return"


async def test_an_event_is_acknowledged_and_delivered(any_house: House) -> None:
    """202 with id and state; a moment later the source has it, under its key."""
    assert await any_house.post(event()) == (202, {"id": "e-1", "state": "queued"})
    [received] = await any_house.partner.arrived()
    assert received.values == {"lead_id": "L-1", "reason": "Wrong number", "key": "s3cret-key"}
    assert received.key == "e-1"
    told = await any_house.until("e-1", "delivered")
    assert (told["outcome"], told["attempt_count"]) == ("success", 1)


async def test_an_event_without_an_id_gets_one(house: House) -> None:
    """The id in the answer is the one under which it is found again; each post is an event of its own."""
    _, first = await house.post(event(None))
    _, second = await house.post(event(None))
    assert first["id"] != second["id"]
    assert (await house.until(first["id"], "delivered"))["posted"] == event(None)


async def test_the_same_post_again_is_harmless(house: House) -> None:
    """The same id with the same content, however it is written, is known: 200 with the present state, sent once."""
    await house.post(event(price=12.50))
    await house.until("e-1", "delivered")
    again = json.dumps(dict(reversed(event(price=12.5).items())), indent=3)
    assert await house.post(again) == (200, {"id": "e-1", "state": "delivered", "outcome": "success"})
    assert house.partner.total == 1


async def test_other_content_under_the_same_id_is_a_conflict(house: House) -> None:
    """409 says what an id is, and changes nothing."""
    await house.post(event())
    status, told = await house.post(event(reason="Disconnected"))
    assert (status, told["title"], told["id"]) == (409, CONFLICT, "e-1")
    assert told["errors"] == [{"pointer": "/id", "detail": CONFLICT}]
    assert (await house.story("e-1"))["posted"]["reason"] == "Wrong number"


@pytest.mark.parametrize(
    ("posted", "state", "outcome", "reason"),
    [
        ({"type": "conversion"}, "vetoed", "skip", "lead conversions are off for acme"),
        ({"source": "away"}, "vetoed", "skip", "away is of kind account: only standard sources get feedback"),
        ({"source": "acmee"}, "parked", "error", "there is no source 'acmee' (did you mean 'acme'?)"),
    ],
)
async def test_what_has_no_way_ends_at_once(
    house: House, posted: dict[str, Any], state: str, outcome: str, reason: str
) -> None:
    """It is stored all the same, in its final state, with the reason; nothing is sent."""
    expected = {"id": "e-1", "state": state, "outcome": outcome, "reason": reason}
    assert await house.post(event(**posted)) == (202, expected)
    told = await house.story("e-1")
    assert (told["state"], told["outcome"], told["reason"]) == (state, outcome, reason)
    assert told["attempts"] == []
    assert await house.post(event("e-2", **posted), Prefer="wait=5") == (200, expected | {"id": "e-2"})
    assert house.partner.total == 0


async def test_every_wrong_field_is_named_at_once(house: House) -> None:
    """422 with a pointer and a sentence for each; nothing is stored."""
    wrong = {
        "id": ".x",
        "type": "retrun",
        "lead": [1],
        "flow": {"id": "a b"},
        "reason": 7,
        "timestamp": "soon",
    }
    status, told = await house.post(wrong)
    assert (status, told["title"], told["status"]) == (422, "the event cannot be accepted", 422)
    pointers = [error["pointer"] for error in told["errors"]]
    assert pointers == ["/type", "/source", "/id", "/lead", "/flow/id", "/reason", "/timestamp"]
    assert told["errors"][0]["detail"] == "'retrun' is neither return nor conversion (did you mean 'return'?)"
    assert (await house.ask("GET", "/events"))[1]["events"] == []


@pytest.mark.parametrize(
    ("body", "status", "pointer", "detail"),
    [
        (b"{", 400, "", "Expecting property name enclosed in double quotes (line 1 column 2)"),
        (b'{"a": 1, "a": 2}', 400, "/a", "the key 'a' stands twice in one object"),
        (
            b'{"lead": {"x": [{"b": 1, "b": 1}]}}',
            400,
            "/lead/x/0/b",
            "the key 'b' stands twice in one object",
        ),
        (b'{"a": NaN}', 400, "/a", "NaN is not JSON (leave the field out, or send null)"),
        (b'{"a": [-Infinity]}', 400, "/a/0", "-Infinity is not JSON (leave the field out, or send null)"),
        (b'{"a": 1e9999}', 400, "/a", "a number has more than 1,000 digits"),
        (b'{"a": "\\ud800"}', 400, "/a", "text holds a NUL or a lone surrogate"),
        (b'{"a": {"b/c": "\\u0000"}}', 400, "/a/b~1c", "text holds a NUL or a lone surrogate"),
        (b"[" * 100 + b"]" * 100, 400, "", "nested deeper than 64 levels"),
        (b"7", 422, "", "an event is a JSON object, not a number (at least `type` and `source`)"),
        (b'"x"', 422, "", "an event is a JSON object, not text (at least `type` and `source`)"),
    ],
)
async def test_what_is_no_event_is_refused_with_the_place(
    house: House, body: bytes, status: int, pointer: str, detail: str
) -> None:
    """Nothing is repaired in silence."""
    found, told = await house.post(body)
    assert found == status
    assert told["errors"] == [{"pointer": pointer, "detail": detail}]


async def test_an_empty_post_is_refused(house: House) -> None:
    """Nothing at all is not an event."""
    status, told = await house.ask("POST", "/events")
    assert (status, told["title"]) == (
        400, "the post is empty (send one event, an array of events, or application/x-ndjson)",
    )  # fmt: skip


async def test_numbers_are_kept_and_sent_as_they_were_posted(house: House) -> None:
    """No digit is lost between the post, the store, the answer and the wire."""
    house.write(
        "exact", "return: {{transport: json, url: '{partner}/json', mapping: {{n: '{{{{ n }}}}'}}}}\n"
    )
    assert (await house.ask("POST", "/-/reload"))[0] == 200
    number = "12345678901234567890.12345678901234567890"
    await house.post(f'{{"id": "e-1", "type": "return", "source": "exact", "n": {number}}}')
    [received] = await house.partner.arrived()
    assert received.body == f'{{"n":{number}}}'.encode()
    async with house.client.get("/events/e-1") as response:
        assert f'"n":{number}' in await response.text()


async def test_an_array_is_taken_in_one_go(any_house: House) -> None:
    """Good and bad stand side by side in the answer, in order; what is good is taken."""
    posted = [event("e-0"), event("e-1", type="x"), 7, event("e-3", source="nobody"), event("e-0"),
              event("e-0", reason="other"), event("e-6")]  # fmt: skip
    status, told = await any_house.post(posted)
    assert (status, told["accepted"], told["refused"]) == (202, 4, 3)
    found = told["events"]
    assert found[0] == {"id": "e-0", "state": "queued"}
    assert found[1]["index"] == 1
    assert found[1]["problem"]["errors"] == [
        {"pointer": "/type", "detail": "'x' is neither return nor conversion (there is: conversion, return)"}
    ]
    assert found[2]["index"] == 2
    assert (found[3]["id"], found[3]["state"]) == ("e-3", "parked")
    assert found[4] == {"id": "e-0", "state": "queued"}
    assert found[5] == {
        "index": 5, "problem": {"title": CONFLICT, "errors": [{"pointer": "/id", "detail": CONFLICT}]},
    }  # fmt: skip
    assert found[6] == {"id": "e-6", "state": "queued"}
    await any_house.until("e-0", "delivered")
    await any_house.until("e-6", "delivered")
    assert sorted(received.key or "" for received in any_house.partner.received) == ["e-0", "e-6"]


async def test_an_empty_array_is_no_error(house: House) -> None:
    """A poster with nothing to say says so."""
    assert await house.post([]) == (202, {"accepted": 0, "refused": 0, "events": []})


async def test_ndjson_mixes_good_and_bad_lines(any_house: House) -> None:
    """Each line is an event of its own: a broken one is named by its index, blank lines count for nothing."""
    lines = [json.dumps(event("e-0")), "", '{"id": "e-1", "type": ', "  \r", json.dumps(event("e-2")) + "\r"]
    status, told = await any_house.post("\n".join(lines) + "\n", "application/x-ndjson")
    assert (status, told["accepted"], told["refused"]) == (202, 2, 1)
    assert [one.get("id", one.get("index")) for one in told["events"]] == ["e-0", 1, "e-2"]
    [error] = told["events"][1]["problem"]["errors"]
    assert told["events"][1]["problem"]["title"] == "the post is not JSON as it is taken here"
    assert error["detail"].startswith("Expecting value (line 1 column ")
    await any_house.until("e-2", "delivered")


async def test_an_array_is_stored_in_one_transaction(house: House) -> None:
    """All that are valid are on disk before the answer, in one commit."""
    before = house.daemon.store.commits
    await house.post([event(f"e-{index}", source="nobody") for index in range(20)])
    assert house.daemon.store.commits == before + 1


async def test_a_store_that_cannot_is_a_503_with_retry_after(house: House) -> None:
    """Nothing is acknowledged that is not on disk; the poster is told when to come back."""

    async def full(entries: Any) -> Any:
        raise StoreUnavailable(
            "nothing could be stored in events.db: the disk is full (free some disk space)"
        )

    house.daemon.store.add = full  # type: ignore[method-assign]
    async with house.client.post("/events", json=event()) as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        assert (await response.json(content_type=None))["title"] == (
            "nothing could be stored in events.db: the disk is full (free some disk space)"
        )


async def test_a_daemon_that_stops_takes_nothing(house: House) -> None:
    """503 with Retry-After from the moment on that it was told to stop."""
    house.daemon.stop.set()
    status, told = await house.post(event())
    assert (status, told["title"]) == (503, "the daemon is stopping; post again in a moment")


async def test_an_event_that_is_too_large_is_refused(house: House) -> None:
    """One event has a bound of its own, alone and among others."""
    large = event("e-2", note="x" * 9000)
    words = "an event is larger than 8,192 characters (limits.event in gateway.yaml bounds it)"
    status, told = await house.post(large)
    assert (status, told["title"]) == (413, words)
    status, told = await house.post([event(), large])
    assert (status, told["accepted"], told["refused"]) == (202, 1, 1)
    assert told["events"][1]["problem"]["errors"][0]["detail"] == words


async def test_too_many_events_in_one_post_are_refused(house: House) -> None:
    """Nothing of such a post is taken."""
    status, told = await house.post([event(f"e-{index}") for index in range(21)])
    assert (status, told["title"]) == (
        413,
        "one post holds more than 20 events (limits.events in gateway.yaml bounds it)",
    )
    assert (await house.ask("GET", "/events"))[1]["events"] == []


async def test_lines_are_bounded_too(house: House) -> None:
    """Also blank ones: a post of nothing but line breaks is not worth splitting."""
    assert (await house.post("\n" * 80, "application/x-ndjson"))[0] == 202
    status, told = await house.post("\n" * 81, "application/x-ndjson")
    assert (status, told["title"]) == (
        413, "one post holds more than 20 events (limits.events in gateway.yaml bounds it)",
    )  # fmt: skip


async def test_each_event_of_an_array_is_stored_as_posted(house: House) -> None:
    """The very text of each, its numbers and spaces, however the array is laid out."""
    texts = [f'{{ "id": "e-{n}", "type":"return", "source": "nobody", "n": 1.{"0" * n}, "s": "]}}\\"[" }}' for n in (1, 2)]  # fmt: skip
    status, told = await house.post("\n [ " + " ,\n".join(texts) + "\t] ")
    assert (status, told["accepted"]) == (202, 2)
    for n in (1, 2):
        async with house.client.get(f"/events/e-{n}") as response:
            assert f'"n":1.{"0" * n},' in await response.text()


@pytest.mark.parametrize(
    ("body", "pointer", "detail"),
    [
        ("[7", "", "Expecting ',' delimiter (line 1 column 3)"),
        ("[7,]", "", "Expecting value (line 1 column 4)"),
        ("[7] 8", "", "more text follows the JSON document (line 1 column 5)"),
        ('[7, {"a": NaN}]', "/1/a", "NaN is not JSON (leave the field out, or send null)"),
        ('[7, {"a": tru}]', "/1", "Expecting value (line 1 column 7)"),
    ],
)
async def test_an_array_that_is_not_json_is_refused_whole(
    house: House, body: str, pointer: str, detail: str
) -> None:
    """Where its parts end is a guess then; the pointer names the broken one."""
    assert await house.post(body) == (400, {
        "type": "about:blank", "title": "the post is not JSON as it is taken here", "status": 400,
        "errors": [{"pointer": pointer, "detail": detail}],
    })  # fmt: skip


async def test_posts_are_counted_by_what_became_of_them(house: House) -> None:
    """The metric tells added from known, conflict and refused."""
    await house.post(event())
    await house.post(event())
    await house.post(event(reason="other"))
    await house.post(event("e-2", type="x"))
    await house.post([event("e-3"), 7])
    async with house.client.get("/metrics") as response:
        text = await response.text()
    for answer, count in {"added": 2, "known": 1, "conflict": 1, "refused": 2}.items():
        assert f'feedback_gateway_events_total{{answer="{answer}"}} {count}.0' in text
