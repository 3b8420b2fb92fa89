"""POST /forget: a lead is forgotten through the running daemon."""

import json

from tests.web.conftest import event


async def forget(house, **wish):
    body = json.dumps({"lead_id": "L-1", **wish})
    return await house.ask("POST", "/forget", data=body, headers={"Content-Type": "application/json"})


async def held(house, *ids):
    """Events that wait: their source says 503."""
    for id in ids:
        await house.post(event(id, source="busy"))
    for id in ids:
        await house.until(id, "queued", "parked")
        while not (await house.story(id))["attempts"]:
            pass


async def test_all_about_a_lead(house):
    """It is counted first; then all is gone, what was removed is told, and another lead's events stay."""
    await house.post([event("a"), event("b", reason="Not ours"), event("c", lead={"id": "L-2"})])
    for id in ("a", "b", "c"):
        await house.until(id, "delivered", "vetoed")
    assert await forget(house, dry_run=True) == (200, {"events": 2, "waiting": 0, "sending": 0})
    assert await forget(house, why="request 77", by="me") == (
        200,
        {"events": 2, "cancelled": 0, "attempts": 2, "marks": 0},
    )
    assert [(await house.ask("GET", f"/events/{id}"))[0] for id in ("a", "b", "c")] == [404, 404, 200]
    assert await forget(house) == (200, {"events": 0, "cancelled": 0, "attempts": 0, "marks": 0})
    _, told = await house.post(event("a"))
    assert told == {"id": "a", "state": "delivered", "outcome": "success"}
    assert 'feedback_gateway_removed_total{what="forgotten"} 2.0' in house.daemon.metrics.text().decode()


async def test_what_waits(house):
    """That it is cancelled must be said; then it is sent no more."""
    await held(house, "w")
    status, told = await forget(house)
    assert (status, told["waiting"]) == (409, 1)
    assert (
        told["title"] == '1 event is still to be sent; that this is cancelled must be said: {"cancel": true}'
    )
    status, told = await forget(house, cancel=True)
    assert (status, told["cancelled"]) == (200, 1)
    assert (await house.ask("GET", "/events/w"))[0] == 404


async def test_what_is_being_sent(house):
    """Nothing is removed, the sentence names one, and a moment later it can be."""
    await house.post(event("s", source="slow"))
    await house.until("s", "sending")
    status, told = await forget(house, cancel=True)
    assert (status, told["title"]) == (
        409,
        "1 event is on the way right now, such as s (try again in a moment)",
    )
    await house.until("s", "delivered", "rejected", "parked")
    assert (await forget(house))[1]["events"] == 1


async def test_what_is_gone_already(house, monkeypatch):
    """An earlier try may have left it in the store's log: that is emptied all the same."""
    asked, real = [], house.daemon.store.forget

    async def heard(events):
        asked.append(tuple(events))
        return await real(events)

    monkeypatch.setattr(house.daemon.store, "forget", heard)
    assert (await forget(house))[1]["events"] == 0
    assert asked == [()]


async def test_a_wrong_wish(house):
    """The lead must be named; every wrong key is told."""
    status, told = await house.ask(
        "POST", "/forget", data='{"lead": "L-1"}', headers={"Content-Type": "application/json"}
    )
    assert (status, told["title"]) == (422, "the lead cannot be forgotten")
    assert {one["pointer"] for one in told["errors"]} == {"/lead", "/lead_id"}
