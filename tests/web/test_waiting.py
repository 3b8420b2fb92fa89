"""`Prefer: wait`: who posts an event may wait for what becomes of it."""

import asyncio
from typing import Any

import pytest

from gateway.errors import StoreUnavailable
from tests.web.conftest import House, event


@pytest.mark.parametrize(
    "prefer", ["wait=5", "respond-async, wait=5", 'handling=lenient; x=1, wait="5"', "Wait=5"]
)
async def test_whoever_prefers_to_wait_is_told_the_outcome(house: House, prefer: str) -> None:
    """200 with state and outcome as soon as the event is settled (RFC 7240: names are case-insensitive)."""
    expected = {"id": "e-1", "state": "delivered", "outcome": "success", "reason": None}
    assert await house.post(event(), Prefer=prefer) == (200, expected)


async def test_a_veto_and_a_no_are_outcomes_too(house: House) -> None:
    """Who waits hears why nothing was sent, or that the source said no."""
    status, told = await house.post(event(reason="Not ours"), Prefer="wait=5")
    assert (status, told["state"], told["outcome"]) == (200, "vetoed", "skip")
    status, told = await house.post(event("e-2", source="sorry"), Prefer="wait=5")
    assert (status, told["state"], told["outcome"]) == (200, "rejected", "failure")


async def test_who_waits_too_short_gets_the_acknowledgement(house: House) -> None:
    """After the time that was preferred 202 is right: it is stored, and not settled yet; a try that failed is told."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    answer = await house.post(event(source="busy"), Prefer="wait=1")
    failed = {"outcome": "error", "reason": "the source answered 503 Service Unavailable"}
    assert answer == (202, {"id": "e-1", "state": "queued", **failed})
    assert 0.9 < loop.time() - started < 3
    again = await house.post(event(source="busy"), Prefer="wait=1")
    assert again == (200, {"id": "e-1", "state": "queued", **failed})


async def test_what_is_stored_is_acknowledged_whatever_else_cannot_be_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waited in vain is told that it is on disk, also where the store says nothing of a try."""

    async def none(id: str) -> Any:
        raise StoreUnavailable("it cannot be read right now")

    monkeypatch.setattr(house.daemon.store, "story", none)
    answer = await house.post(event(source="busy"), Prefer="wait=1")
    assert answer == (202, {"id": "e-1", "state": "queued"})


async def test_who_posts_again_may_wait_for_the_first_post(house: House) -> None:
    """A poster whose connection was lost asks with the same id, and hears what became of the event."""
    await house.post(event(source="slow"))
    status, told = await house.post(event(source="slow"), Prefer="wait=5")
    assert (status, told["state"], told["outcome"]) == (200, "delivered", "success")
    assert house.partner.total == 1


async def test_nobody_is_remembered_who_does_not_wait_any_more(house: House) -> None:
    """Known ids, conflicts, times that ran out and refused posts leave no future behind."""
    waiting = house.daemon.lanes._waiting
    await house.post(event(), Prefer="wait=5")
    await house.post(event(), Prefer="wait=5")
    await house.post(event(reason="other"), Prefer="wait=5")
    await house.post(event("e-2", source="busy"), Prefer="wait=1")

    async def full(entries: Any) -> Any:
        raise StoreUnavailable("no room")

    house.daemon.store.add = full  # type: ignore[method-assign]
    await house.post(event("e-3"), Prefer="wait=5")
    assert len(waiting) == 0
