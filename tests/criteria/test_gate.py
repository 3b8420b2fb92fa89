"""once and one_voice by real lanes and a real store: what is in flight counts, and what is undecided is waited for."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.model import Pass, Response
from gateway.store import Story
from tests import making
from tests.criteria.scene import Scene, asked, event


def about(lead: str, **more: Any) -> dict[str, Any]:
    return {"lead": {"id": lead}, **more}


def conversion(id: str, lead: str = "L-1", **more: Any) -> Any:
    return event(id, type="conversion", **about(lead, **more))


def returned(id: str, lead: str = "L-1", **more: Any) -> Any:
    return event(id, **about(lead, **more))


def last_vote(story: Story) -> tuple[str, str | None, Any]:
    [vote] = story.attempts[-1]["criteria"]
    return vote["verdict"], vote["reason"], vote["seen"]


async def test_the_same_is_given_once(on_disk: Scene) -> None:
    """A hundred events about ten leads, all at once: one delivery for each lead, the others vetoed naming it."""
    scene = on_disk

    async def soon(key: str) -> Response:
        await asyncio.sleep(0.002)
        return Response(200)

    scene.answer = soon
    await scene.swap(scene.route(criteria=asked(once="lead.id")))
    ids = [f"e-{number}" for number in range(100)]
    await scene.post(*(returned(id, f"L-{number % 10}") for number, id in enumerate(ids)))
    await scene.settle()
    states = await scene.states(*ids)
    assert states.count("delivered") == len(scene.sent) == 10
    assert states.count("vetoed") == 90
    [given] = [id for id in scene.sent if int(id[2:]) % 10 == 7]
    other = next(id for id in ids if int(id[2:]) % 10 == 7 and id != given)
    said = f"event {given} gave Acme a return for the same lead.id"
    assert last_vote(await scene.story(other)) == ("veto", said, "L-7")
    assert len(scene.gate) == 0


async def test_what_was_given_is_known_after_a_restart(scene: Scene) -> None:
    """Marks are stored with the delivery; what failed has left none."""

    async def no(key: str) -> Response:
        return Response(422)

    await scene.swap(scene.route(criteria=asked(once=["lead.id", "feedback.reason"])))
    await scene.post(returned("a"))
    await scene.rest()
    scene.answer = no
    await scene.post(returned("b", "L-2"))
    await scene.rest()
    following = Scene(scene.store)
    await following.swap(following.route(criteria=asked(once=["lead.id", "feedback.reason"])))
    await following.post(returned("c"), returned("d", "L-2"), returned("e", reason="Disconnected"))
    await following.settle()
    assert await following.states("a", "b", "c", "d", "e") == [
        "delivered", "rejected", "vetoed", "delivered", "delivered",
    ]  # fmt: skip


@pytest.mark.parametrize("rule", ["first", "park", "agree"])
async def test_one_lead_one_voice(on_disk: Scene, rule: str) -> None:
    """Three voices at once at two endpoints: the first stored is heard first, and then the rule says who else."""
    scene = on_disk
    opened = asyncio.Event()

    async def slow(key: str) -> Response:
        await opened.wait()
        return Response(200)

    scene.answer = slow
    criteria = asked(one_voice=rule)
    await scene.swap(scene.route(criteria=criteria), scene.route("acme/conversion", criteria=criteria))
    await scene.post(conversion("first", recipient={"id": "crm"}), returned("second"), conversion("third"))
    await scene.until(lambda: len(scene.done) == 2)
    assert scene.sent == ["first"]
    reason = "an earlier voice on lead L-1 is undecided: a conversion (event first, from crm)"
    assert last_vote(await scene.story("second")) == ("defer", reason, "first")
    opened.set()
    await scene.settle()
    against = "parked" if rule == "park" else "vetoed"
    third = "delivered" if rule == "agree" else against
    assert await scene.states("first", "second", "third") == ["delivered", against, third]
    said = "Acme has heard of lead L-1 already: a conversion (event first, from crm)"
    verdict = "park" if rule == "park" else "veto"
    assert last_vote(await scene.story("second")) == (verdict, said, "first")
    assert scene.told == []


async def test_a_replay_does_not_speak_while_another_voice_is_asked_about(scene: Scene) -> None:
    """A criterion that takes its time leaves no gap: whoever is asked first is heard first, and alone."""
    thinks, opened = asyncio.Event(), asyncio.Event()

    async def ponder(event: Any, endpoint: Any, view: Any) -> Pass:
        if event.id == "second":
            thinks.set()
            await opened.wait()
        return Pass()

    async def not_at_first(key: str) -> Response:
        return Response(422 if scene.sent == ["first"] else 200)

    scene.answer = not_at_first
    criteria = (*asked(one_voice="first"), making.asked(ponder))
    await scene.swap(scene.route(criteria=criteria), scene.route("acme/conversion", criteria=criteria))
    await scene.post(returned("first"))
    await scene.rest()
    await scene.post(conversion("second"))
    await thinks.wait()
    await scene.replay("first")
    await asyncio.sleep(0.05)
    opened.set()
    await scene.settle()
    assert sorted(await scene.states("first", "second")) == ["delivered", "vetoed"]


async def test_a_voice_that_fails_leaves_the_word_to_the_next(scene: Scene) -> None:
    """What the source rejected was not heard."""

    async def rejects_first(key: str) -> Response:
        return Response(422 if key == "first" else 200)

    scene.answer = rejects_first
    await scene.swap(scene.route(criteria=asked(one_voice="first")))
    await scene.post(returned("first"), returned("second"), returned("third"))
    await scene.settle()
    assert await scene.states("first", "second", "third") == ["rejected", "delivered", "vetoed"]


async def test_waiting_for_a_voice_is_no_hot_loop(scene: Scene) -> None:
    """While the first is tried for a day, the second asks ever more seldom: a hundred and some times, not a million."""

    async def down(key: str) -> Response:
        return Response(503)

    scene.answer = down
    await scene.swap(scene.route(criteria=asked(one_voice="first")))
    await scene.post(returned("first"))
    await scene.rest()
    await scene.post(returned("second"))
    await scene.settle(hours=12)
    asks = [made for made in scene.done if made.event.id == "second"]
    assert 40 < len(asks) < 70
    assert "second" not in scene.sent


async def test_a_replayed_voice_waits_for_a_later_one_in_flight(scene: Scene) -> None:
    """An earlier event that a person sends again does not overtake what is on its way right now."""
    opened = asyncio.Event()

    async def answer(key: str) -> Response:
        if key == "first":
            return Response(422)
        await opened.wait()
        return Response(200)

    scene.answer = answer
    await scene.swap(scene.route(criteria=asked(one_voice="first")))
    await scene.post(returned("first"))
    await scene.rest()
    await scene.post(returned("second"))
    await scene.until(lambda: scene.sent == ["first", "second"])
    await scene.replay("first", why="try again")
    await scene.until(lambda: len(scene.done) == 2)
    assert scene.done[-1].votes[0].verdict == "defer"
    opened.set()
    await scene.settle()
    assert await scene.states("first", "second") == ["vetoed", "delivered"]


async def test_a_second_recipient_is_told_of_once_per_flow(scene: Scene) -> None:
    """Nothing is stopped; whoever runs it hears that two speak about one lead, and one_voice is not set."""
    await scene.swap(scene.route())
    crm, dialer = {"id": "crm"}, {"id": "dialer"}
    for id, lead, recipient in (
        ("a", "L-1", crm), ("b", "L-2", dialer), ("c", "L-1", crm), ("d", "L-1", dialer), ("e", "L-2", crm),
        ("f", "L-1", {}),
    ):  # fmt: skip
        await scene.post(returned(id, lead, recipient=recipient))
    await scene.post(event("g", flow="solar", **about("L-1", recipient=crm)))
    await scene.settle()
    assert set(await scene.states(*"abcdefg")) == {"delivered"}
    assert scene.told == [("d", "crm"), ("g", "dialer")]


async def test_hours_and_what_is_due(scene: Scene) -> None:
    """A closed source gets nothing; the event shows when it is due, and goes at that very moment."""
    await scene.swap(scene.route(criteria=asked(hours={"days": "Tue", "between": "08:30-16:45"})))
    await scene.post(event("a"))
    await scene.rest()
    summary = (await scene.story("a")).summary
    assert (summary.state, summary.outcome) == ("queued", "skip")
    assert summary.due_at == making.NOON.replace(day=24, hour=8, minute=30)
    assert summary.due_at - scene.now == timedelta(hours=20, minutes=30)
    assert scene.sent == []
    await scene.settle()
    assert await scene.states("a") == ["delivered"]
