"""The record of administrative acts: each is on it before it is done, refused ones too, and it names no person."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest
import structlog

from gateway.errors import StoreFull
from gateway.store.acts import hidden
from gateway.web.acting import REFUSED
from tests.web.conftest import House, event


async def record(house: House, query: str = "") -> list[dict[str, Any]]:
    status, told = await house.ask("GET", f"/audit{query}")
    assert status == 200, told
    return list(told["acts"])


def shown(act: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(act[key] for key in ("by", "act", "subject", "why", "result", "status", "detail"))


async def test_every_act_is_on_record(house: House) -> None:
    """Who, when, what, why, and what came of it, newest first; in the log, too."""
    await house.post(event("e-1", source="sorry", lead={"id": "L-9"}))
    await house.until("e-1", "rejected")
    asks = [
        ("/endpoints/acme/return/pause", {"by": "joe", "why": "they move"}),
        ("/endpoints/acme/return/resume", {}),
        ("/events/e-1/replay", {"by": "ada", "why": "again"}),
        ("/replay", {"state": "parked", "lead_id": "L-9", "since": "2026-01-01T00:00:00Z", "job": "j-1"}),
        ("/-/reload", {}),
        ("/forget", {"lead_id": "nobody", "by": "joe", "why": "request 7"}),
    ]
    with structlog.testing.capture_logs() as log:
        for path, body in asks:
            assert (await house.ask("POST", path, json=body))[0] in (200, 202)
    lines = [line for line in log if line["event"] == "act.recorded"]
    found = await record(house)
    conf = house.daemon.reloader.conf.digest
    filters = "since=2026-01-01T00:00:00.000Z"
    assert [shown(act) for act in reversed(found)] == [
        ("joe", "pause", "endpoint acme/return", "they move", "done", None, {}),
        ("local", "resume", "endpoint acme/return", "", "done", None, {}),
        ("ada", "replay", "event e-1", "again", "done", None, {}),
        ("local", "replay", f"events state=parked lead_id={hidden('L-9')} {filters}", "", "done", None,
         {"replayed": 0, "left_alone": 0, "job": "j-1"}),
        ("local", "reload", "", "", "done", None, {"conf": conf, "problems": 0}),
        ("joe", "forget", f"lead {hidden('nobody')}", "request 7", "done", None,
         {"events": 0, "cancelled": 0, "attempts": 0, "marks": 0}),
    ]  # fmt: skip
    assert [(line["by"], line["act"], line["result"]) for line in lines] == [
        (act["by"], act["act"], act["result"]) for act in reversed(found)
    ]


async def test_what_only_asks_is_not(house: House) -> None:
    """Posts, questions and counts leave the record empty."""
    await house.post(event())
    for path, body in (("/replay", {"dry_run": True}), ("/forget", {"lead_id": "L", "dry_run": True})):
        assert (await house.ask("POST", path, json=body))[0] == 200
    await house.post({"type": "nonsense"})
    assert await record(house) == []


async def test_refused_attempts(house: House) -> None:
    """Whether the wish itself is refused or it comes to nothing, with the status, and what it was about."""
    for path, more, status in [
        ("/events/nobody/replay", {"json": {"by": "joe"}}, 404),
        ("/replay", {"json": {"nope": 1}}, 422),
        ("/endpoints/nobody/return/pause", {"json": {}}, 404),
        ("/-/reload", {"headers": {"Origin": "https://page.example"}}, 403),
        ("/forget", {"data": "{", "headers": {"Content-Type": "application/json"}}, 400),
    ]:
        assert (await house.ask("POST", path, **more))[0] == status
    assert [shown(act)[:6] for act in reversed(await record(house))] == [
        ("joe", "replay", f"event {hidden('nobody')}", "", "refused", 404),
        ("local", "replay", "", "", "refused", 422),
        ("local", "pause", "endpoint nobody/return", "", "refused", 404),
        ("local", "reload", "", "", "refused", 403),
        ("local", "forget", "", "", "refused", 400),
    ]


async def test_a_flood_of_refused_attempts_does_not_fill_the_disk(house: House) -> None:
    """So many are recorded, and no more."""
    for _ in range(REFUSED.times + 20):
        await house.ask("POST", "/endpoints/nobody/return/pause", json={})
    assert REFUSED.times <= len(await record(house, "?limit=1000")) < REFUSED.times + 5


async def test_filters_and_pages(house: House) -> None:
    """By who, what, on what, with which result and when; a page at a time."""
    for number in range(5):
        await house.ask("POST", "/endpoints/acme/return/pause", json={"by": f"p{number}"})
    await house.ask("POST", "/forget", json={"lead_id": "L-7"})
    assert len(await record(house, "?act=pause&who=local&result=done&subject=endpoint acme/return")) == 5
    assert [one["act"] for one in await record(house, "?lead_id=L-7")] == ["forget"]
    assert await record(house, "?until=2026-01-01T00:00:00Z") == []
    assert await record(house, "?result=failed") == []
    seen, after = [], ""
    while True:
        _, told = await house.ask("GET", f"/audit?act=pause&limit=2{after}")
        seen += [act["by"] for act in told["acts"]]
        if told["next"] is None:
            break
        after = f"&after={told['next']}"
    assert seen == ["p4", "p3", "p2", "p1", "p0"]


@pytest.mark.parametrize(
    ("query", "pointer", "detail"),
    [
        ("actt=pause", "actt", "unknown parameter (did you mean 'act'?)"),
        ("act=post", "act", "'post' is none of: replay, pause, resume, forget, reload, release"),
        ("since=now", "since", "'now' is no time (write RFC 3339 such as 2026-11-23T09:15:00Z)"),
        ("limit=0", "limit", "'0' is no page size (1 to 1000)"),
        ("after=x", "after", "'x' is no cursor of a list (take `next` of the page before)"),
        (
            "lead_id=1&subject=x",
            "lead_id",
            "a lead is a subject of its own (leave out one of: lead_id, subject)",
        ),
    ],
)
async def test_a_wrong_question(house: House, query: str, pointer: str, detail: str) -> None:
    """400, with what would be right."""
    status, told = await house.ask("GET", f"/audit?{query}")
    assert (status, told["errors"]) == (400, [{"pointer": pointer, "detail": detail}])


async def test_nothing_is_done_that_cannot_be_recorded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk a pause is refused before it is one; a reload, which the watcher would make anyway, is done."""

    async def full(_: object) -> int:
        raise StoreFull("nothing could be stored (free some disk space)")

    monkeypatch.setattr(house.daemon.store, "begin_act", full)
    async with house.client.post("/endpoints/acme/return/pause", json={}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (507, "30")
    assert house.daemon.lanes.look("acme/return").paused is None
    assert (await house.ask("POST", "/-/reload"))[0] == 200


async def test_the_record_outlives_a_lead_and_does_not_name_it(house: House) -> None:
    """After `forget` neither the lead nor its events stand in any byte of the record; the fact does."""
    await house.post(event("CANARYEVENT-1", source="sorry", lead={"id": "CANARYLEAD-1"}))
    await house.until("CANARYEVENT-1", "rejected")
    await house.ask("POST", "/events/CANARYEVENT-1/replay", json={"why": "again"})
    await house.until("CANARYEVENT-1", "rejected")
    await house.ask("POST", "/replay", json={"lead_id": "CANARYLEAD-1"})
    await house.until("CANARYEVENT-1", "rejected")
    status, _ = await house.ask("POST", "/forget", json={"lead_id": "CANARYLEAD-1", "cancel": True})
    while status == 409:
        status, _ = await house.ask("POST", "/forget", json={"lead_id": "CANARYLEAD-1", "cancel": True})
    assert status == 200
    subjects = [act["subject"] for act in await record(house) if act["result"] == "done"]
    assert subjects == [
        f"lead {hidden('CANARYLEAD-1')}", f"events lead_id={hidden('CANARYLEAD-1')}", f"event {hidden('CANARYEVENT-1')}",
    ]  # fmt: skip
    data = house.folder.parent / "data"
    assert not [path for path in data.iterdir() if b"CANARY" in path.read_bytes()]


async def test_who_asks_for_a_forgotten_event_does_not_bring_it_back(house: House) -> None:
    """A replay of an event that is not there, or not any more, leaves a hash of its id, refused early or late."""
    for more in ({"json": {}}, {"json": {"nope": 1}}):
        assert (await house.ask("POST", "/events/CANARYEVENT-1/replay", **more))[0] in (404, 422)
    assert {act["subject"] for act in await record(house)} == {f"event {hidden('CANARYEVENT-1')}"}


async def test_no_wish_makes_a_large_record(house: House) -> None:
    """What is acted on is cut: a replay may be wished for a source with a name of any length, and for any path."""
    assert (await house.ask("POST", "/replay", json={"source": "s" * 60_000}))[0] == 202
    assert (await house.ask("POST", f"/events/{'e' * 6000}/replay", json={}))[0] == 404
    found = await record(house)
    assert [act["result"] for act in found] == ["refused", "done"]
    assert all(len(act["subject"]) <= 500 for act in found)


async def test_the_record_cannot_be_rewritten(house: House) -> None:
    """Whoever opens the file finds it refuses to lose or change what was done."""
    await house.ask("POST", "/endpoints/acme/return/pause", json={"by": "joe"})
    file = house.folder.parent / "data" / "events.db"
    with closing(sqlite3.connect(file)) as database:
        for statement in (
            "DELETE FROM act",
            "UPDATE act SET by = 'ada'",
            "UPDATE act SET result = 'refused'",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="what was done stays on record"):
                database.execute(statement)
