"""A cap is never passed, whatever happens at once, and no place of it is lost."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from gateway.model import Pass, Response
from tests import making
from tests.criteria.scene import Scene, asked, event


async def test_a_thousand_at_once_deliver_exactly_fifty(on_disk: Scene) -> None:
    """On a real file, 8 at a time: 50 are delivered, 950 are vetoed, none is sent in vain."""
    scene = on_disk

    async def soon(key: str) -> Response:
        await asyncio.sleep(0.003)
        return Response(200)

    scene.answer = soon
    await scene.swap(scene.route(criteria=asked(cap={"max": 50, "per": "day"})))
    ids = [f"e-{number}" for number in range(1000)]
    await scene.post(*map(event, ids))
    await scene.settle()
    assert Counter(await scene.states(*ids)) == {"delivered": 50, "vetoed": 950}
    assert len(scene.sent) == 50
    assert scene.most > 1
    assert len(scene.gate) == 0


async def test_a_cap_that_defers_delivers_exactly_so_many_a_day_in_order(on_disk: Scene) -> None:
    """Of 300 at once, 100 go today, 100 tomorrow and the others on the day after: first come, first sent.

    At the edge of a day those that are on their way at once, 8 at a time, may change places.
    """
    scene = on_disk
    days: dict[str, int] = {}

    async def soon(key: str) -> Response:
        days[key] = (scene.now - making.NOON + timedelta(hours=12)).days
        await asyncio.sleep(0.001)
        return Response(200)

    scene.answer = soon
    await scene.swap(scene.route(criteria=asked(cap={"max": 100, "per": "day", "then": "defer"})))
    ids = [f"e-{number}" for number in range(300)]
    await scene.post(*map(event, ids))
    await scene.settle(hours=72)
    assert Counter(days.values()) == {0: 100, 1: 100, 2: 100}
    went = [days[id] for id in ids]
    assert all(earlier <= later for earlier, later in zip(went, went[16:], strict=False))
    assert len(scene.sent) == 300
    assert Counter(await scene.states(*ids)) == {"delivered": 300}
    assert scene.most > 1


async def test_a_place_that_failed_today_is_given_to_what_waits(scene: Scene) -> None:
    """With `then: defer`, too, exactly as many are delivered as the cap allows, not fewer, and the rest later."""

    taken: list[int] = []

    async def every_other(key: str) -> Response:
        await asyncio.sleep(0)
        if not int(key[2:]) % 2:
            return Response(422)
        taken.append(scene.now.day)
        return Response(200)

    scene.answer = every_other
    await scene.swap(scene.route(criteria=asked(cap={"max": 10, "per": "day", "then": "defer"})))
    ids = [f"e-{number}" for number in range(50)]
    await scene.post(*map(event, ids))
    await scene.settle(hours=72)
    today = making.NOON.day
    assert Counter(taken) == {today: 10, today + 1: 10, today + 2: 5}
    assert Counter(await scene.states(*ids)) == {"delivered": 25, "rejected": 25}


async def test_what_waits_past_its_age_is_vetoed(scene: Scene) -> None:
    """What a cap kept until it was too old does not go: `max_age` vetoes it when its day has come."""
    criteria = asked(
        cap={"max": 1, "per": "day", "then": "defer"}, max_age={"of": "lead.sold_at", "max": "36h"}
    )
    await scene.swap(scene.route(criteria=criteria))
    sold = making.NOON.isoformat()
    ids = ("a", "b", "c")
    for id in ids:
        await scene.post(event(id, lead={"id": id, "sold_at": sold}))
        await scene.rest()
    await scene.settle(hours=72)
    assert await scene.states(*ids) == ["delivered", "delivered", "vetoed"]
    assert (
        (await scene.story("c"))
        .attempts[-1]["reason"]
        .startswith("lead.sold_at is more than 1 day 12 hours old")
    )


async def test_a_place_that_failed_is_given_to_another(scene: Scene) -> None:
    """What the source rejects takes no place: exactly as many are delivered as the cap allows, not fewer."""

    async def every_other(key: str) -> Response:
        await asyncio.sleep(0)
        return Response(200 if int(key[2:]) % 2 else 422)

    scene.answer = every_other
    await scene.swap(scene.route(criteria=asked(cap="10/day")))
    ids = [f"e-{number}" for number in range(100)]
    await scene.post(*map(event, ids))
    await scene.settle()
    assert (await scene.states(*ids)).count("delivered") == 10


async def test_what_is_on_its_way_is_waited_for_not_vetoed(scene: Scene) -> None:
    """While the last place may come free again the next event is deferred, by a second at first, then ever longer."""
    opened = asyncio.Event()

    async def slow(key: str) -> Response:
        await opened.wait()
        return Response(200)

    scene.answer = slow
    await scene.swap(scene.route(criteria=asked(cap="1/day")))
    await scene.post(event("first"))
    await scene.until(lambda: scene.sent == ["first"])
    await scene.post(event("second"))
    await scene.until(lambda: len(scene.done) == 1)
    [deferred] = scene.done
    assert deferred.due_at == scene.now + timedelta(seconds=1)
    [vote] = deferred.votes
    assert (vote.verdict, vote.rule, vote.seen) == ("defer", "1 per day", 1)
    assert vote.reason == "the last of 1 places per day are taken by events that are on their way"
    scene.now += timedelta(hours=10)
    scene.lanes.wake("acme/return")
    await scene.until(lambda: len(scene.done) == 2)
    assert scene.done[-1].due_at == scene.now + timedelta(minutes=15)
    opened.set()
    await scene.settle()
    assert await scene.states("first", "second") == ["delivered", "vetoed"]
    assert scene.done[-1].votes[0].seen == 1


async def test_the_next_day_has_places_of_its_own(scene: Scene) -> None:
    """The calendar of the cap's time zone says when: what is vetoed today would go tomorrow."""
    scene.now = making.NOON.replace(hour=4, minute=59)
    await scene.swap(
        scene.route(criteria=asked(cap={"max": 1, "per": "day", "timezone": "America/New_York"}))
    )
    for id in ("a", "b"):
        await scene.post(event(id, scene.now))
        await scene.rest()
    scene.now += timedelta(minutes=2)  # midnight in New York is 5 o'clock in UTC
    await scene.post(event("c", scene.now))
    await scene.rest()
    assert await scene.states("a", "b", "c") == ["delivered", "vetoed", "delivered"]


async def test_a_cap_set_while_events_are_on_their_way_counts_them(scene: Scene) -> None:
    """What took off by an older conf is in flight all the same."""
    opened = asyncio.Event()

    async def slow(key: str) -> Response:
        await opened.wait()
        return Response(200)

    scene.answer = slow
    await scene.swap(scene.route())
    await scene.post(event("a"), event("b"))
    await scene.until(lambda: len(scene.sent) == 2)
    await scene.swap(scene.route(criteria=asked(cap="2/day")), digest="n3w")
    await scene.post(event("c"))
    await scene.until(lambda: len(scene.done) == 1)
    assert scene.done[0].votes[0].verdict == "defer"
    opened.set()
    await scene.settle()
    assert await scene.states("a", "b", "c") == ["delivered", "delivered", "vetoed"]


async def test_retries_that_fail_hold_no_place(scene: Scene) -> None:
    """An event that waits for its next try leaves its place to others, and is asked again."""

    async def down_for_first(key: str) -> Response:
        return Response(503 if key == "first" else 200)

    scene.answer = down_for_first
    await scene.swap(scene.route(criteria=asked(cap="1/day")))
    for id in ("first", "second"):
        await scene.post(event(id))
        await scene.rest()
    await scene.settle()
    assert await scene.states("first", "second") == ["vetoed", "delivered"]


async def test_a_cap_that_a_person_sets_aside_is_recorded(scene: Scene) -> None:
    """A replay without the cap goes, and its story says who was set aside and why."""
    await scene.swap(scene.route(criteria=asked(cap="1/day", reasons=["wrong number"])))
    for id in ("a", "b"):
        await scene.post(event(id))
        await scene.rest()
    await scene.replay("b", skip_criteria=("cap",), why="the account manager asked")
    await scene.rest()
    story = await scene.story("b")
    assert story.summary.state == "delivered"
    last = story.attempts[-1]
    assert [(vote["name"], vote["verdict"]) for vote in last["criteria"]] == [
        ("cap", "skipped"),
        ("reasons", "pass"),
    ]
    assert last["replay"]["skip_criteria"] == ["cap"]
    assert last["replay"]["why"] == "the account manager asked"


@pytest.mark.parametrize("fails", ["criterion", "render"])
async def test_nothing_stays_in_flight_that_failed(scene: Scene, fails: str) -> None:
    """Whatever goes wrong after an event was let go, its place is free once the attempt is recorded."""

    def broken(*_: object) -> object:
        raise SystemExit(3)

    async def letting(*_: object) -> Pass:
        return Pass()

    criteria = (*asked(cap="5/day"), making.asked(letting, "letting"))
    route = scene.route(criteria=criteria)
    if fails == "render":
        route = making.route(criteria=criteria, transport=making.transport(render=broken))
    await scene.swap(route)
    await scene.post(*(event(f"e-{number}") for number in range(20)))
    await scene.rest()
    assert len(scene.gate) == 0


async def test_a_stop_leaves_nothing_counted_that_was_not_recorded(scene: Scene) -> None:
    """What a shutdown cut off is recorded as an error: the next daemon's cap does not count it."""

    async def never(key: str) -> Response:
        await asyncio.sleep(3600)
        return Response(200)

    scene.answer = never
    await scene.swap(scene.route(criteria=asked(cap="1/day")))
    await scene.post(event("cut"))
    await scene.until(lambda: scene.sent == ["cut"])
    await scene.lanes.drain(0)
    following = Scene(scene.store)
    await following.swap(following.route(criteria=asked(cap="1/day")))
    await following.settle()
    assert await following.states("cut") == ["delivered"]


@pytest.mark.parametrize("criteria", [{"cap": "1/day"}, {"once": "lead.id"}])
async def test_votes_are_taken_one_at_a_time(scene: Scene, criteria: dict[str, str]) -> None:
    """Eight that are asked about in the same moment do not all find the one place free."""

    async def soon(key: str) -> Response:
        await asyncio.sleep(0.002)
        return Response(200)

    scene.answer = soon
    await scene.swap(scene.route(criteria=asked(**criteria)))
    await scene.post(*(event(f"e-{number}") for number in range(8)))
    await scene.settle()
    assert len(scene.sent) == 1


async def test_what_was_delivered_takes_no_second_place_when_it_is_sent_again(scene: Scene) -> None:
    """A full cap does not veto the replay of an event that has its place already."""
    await scene.swap(scene.route(criteria=asked(cap="1/day")))
    await scene.post(event("a"))
    await scene.rest()
    await scene.replay("a", again=True)
    await scene.rest()
    assert scene.sent == ["a", "a"]
    await scene.post(event("b"))
    await scene.settle(hours=1)
    assert await scene.states("a", "b") == ["delivered", "vetoed"]
