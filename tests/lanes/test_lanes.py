"""Lanes: what is due is sent once, in order, within the limits, whatever happens around it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.conf.model import Conf
from gateway.errors import StoreError, StoreUnavailable
from gateway.model import Attempt, Delivery, Outcome, Replay
from gateway.store.sqlite import SqliteStore
from tests import making
from tests.lanes.world import SUCCESS, Gate, Shaky, World, held, yes

ACME = making.route("acme/return", concurrency=2)
BOLT = making.route("bolt/return", concurrency=2)
SOLAR = making.route("acme@solar/return", concurrency=2)
ONE = making.conf(ACME)
BOTH = making.conf(ACME, BOLT)
FLOWS = making.conf(ACME, SOLAR, digest="f10w5")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of these tests is set by hand: lanes look at it all the time, and come back soon from trouble."""
    monkeypatch.setattr("gateway.lanes.lane.LONGEST_WAIT", 0.01)
    monkeypatch.setattr("gateway.lanes.claims.PAUSE", timedelta(milliseconds=5))
    monkeypatch.setattr("gateway.lanes.tasks.PAUSE", 0.005)


@pytest.fixture
async def store() -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.in_memory()
    yield opened
    await opened.close()


@pytest.fixture(params=["memory", "file"])
async def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await (SqliteStore.in_memory() if request.param == "memory" else SqliteStore.open(tmp_path))
    yield opened
    await opened.close()


def ids(count: int, start: int = 0) -> list[str]:
    return [f"e-{index:04}" for index in range(start, start + count)]


async def test_an_event_goes_straight_on(store: SqliteStore) -> None:
    """With room in its lane an event is sent without being read from the store again."""
    world = World(store, ONE)
    store.due = None  # type: ignore[method-assign, assignment]
    [receipt] = await world.post("e-1")
    assert (receipt.added, receipt.state) == ("added", "queued")
    await world.until(lambda: len(world.done) == 1)
    story = await store.story("e-1")
    assert story is not None
    assert (story.summary.state, story.summary.due_at) == ("delivered", None)
    await world.until(world.is_empty)


async def test_concurrency_is_never_exceeded_and_always_used(any_store: SqliteStore) -> None:
    """A lane has as many attempts under way as it may, and not one more, until all is sent."""
    gate = Gate()
    world = World(any_store, making.conf(replace(ACME, concurrency=3)), gate)
    await world.post(*ids(20))
    await world.post(*ids(20, 20))
    for done in range(0, 40, 3):
        expected = min(done + 3, 40)
        await world.until(lambda expected=expected: len(world.begun) == expected)
        await world.quiet(0.01)
        assert len(world.begun) == expected
        gate.open(*world.sent())
    await world.until(lambda: len(world.done) == 40)
    assert world.most["acme/return"] == 3
    assert Counter(world.sent()) == Counter(ids(40))
    await world.until(world.is_empty)


async def test_a_lane_is_first_in_first_out_by_due_time(any_store: SqliteStore) -> None:
    """What waits is taken longest due first, also when it was stored in another order."""
    gate = Gate()
    world = World(any_store, making.conf(replace(ACME, concurrency=1)), gate)
    await world.post("first")
    await world.until(lambda: world.sent() == ["first"])
    due = list(range(30))
    random.Random(7).shuffle(due)
    for second in due:
        at = making.NOON + timedelta(seconds=second - 60)
        await world.post(f"due-{second:02}", at=at)
    gate.open("first", *(f"due-{second:02}" for second in due))
    await world.until(lambda: len(world.done) == 31)
    assert world.sent() == ["first", *(f"due-{second:02}" for second in range(30))]


async def test_a_lane_that_is_full_delays_no_other(store: SqliteStore) -> None:
    """A source that never answers keeps its own lane busy, and only that."""
    gate = Gate()

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return SUCCESS if delivery.event.source == "bolt" else await gate(delivery)

    world = World(store, BOTH, decide)
    await world.post(*ids(50))
    for index in range(20):
        await world.post(making.event(f"b-{index}", source="bolt"))
    await world.until(lambda: len(world.done) == 20)
    assert {attempt.event.source for attempt in world.done} == {"bolt"}
    assert world.lanes.under_way("acme/return") == 2
    gate.open(*ids(50))
    await world.until(lambda: len(world.done) == 70)


async def test_memory_holds_a_short_row_however_long_the_backlog(store: SqliteStore) -> None:
    """Of a long backlog a lane knows no more than a few times its concurrency."""
    gate = Gate()
    world = World(store, ONE, gate)
    await world.post(*ids(500))
    most = 0
    while len(world.done) < 500:
        gate.open(*world.sent()[-2:])
        await asyncio.sleep(0.0005)
        most = max(most, len(world.lanes._lanes["acme/return"].known))
    assert most <= 2 + 4 * 2
    assert Counter(world.sent()) == Counter(ids(500))


async def test_a_retry_waits_for_its_time(store: SqliteStore) -> None:
    """What is due later is sent when the clock says so, not before, and then at once."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return timedelta(minutes=10) if delivery.attempts == 0 else SUCCESS

    world = World(store, ONE, decide)
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    world.now += timedelta(minutes=9, seconds=59)
    await world.quiet()
    assert len(world.begun) == 1
    world.now += timedelta(seconds=1)
    await world.until(lambda: len(world.done) == 2)
    assert [attempt.number for attempt in world.done] == [1, 2]


async def test_a_clock_that_is_put_back_keeps_nothing_waiting(store: SqliteStore) -> None:
    """What was stored or put off by a clock that was a year ahead is due at once when that is mended."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return timedelta(minutes=10) if delivery.attempts == 0 else SUCCESS

    world = World(store, ONE, decide)
    await world.lanes.start()
    world.now += timedelta(days=365)
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    world.now -= timedelta(days=365)
    await world.until(lambda: len(world.done) == 2)


async def test_a_clock_that_is_put_back_while_nothing_is_sent_keeps_nothing_waiting(
    store: SqliteStore,
) -> None:
    """Also what only came while it was a year ahead, at an endpoint that was held, is due once that goes on."""
    world = World(store, making.conf(held(ACME)))
    await world.lanes.start()
    world.now += timedelta(days=365)
    await world.post("e-1")
    world.now -= timedelta(days=365)
    world.conf = ONE
    world.lanes.wake("acme/return")
    await world.until(lambda: len(world.done) == 1)


async def test_a_clock_that_was_put_back_between_two_daemons_keeps_nothing_waiting(
    store: SqliteStore,
) -> None:
    """What an earlier daemon put off by a clock that was a year ahead is due when the next one starts."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return timedelta(minutes=10) if delivery.attempts == 0 else SUCCESS

    world = World(store, ONE, decide, now=making.NOON + timedelta(days=365))
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    await world.lanes.drain(1)
    world = World(store, ONE, decide)
    await world.lanes.start()
    await world.until(lambda: len(world.done) == 1)


async def test_a_small_step_back_changes_nothing(store: SqliteStore) -> None:
    """A clock that is corrected by a moment brings no retry forward."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return timedelta(minutes=10) if delivery.attempts == 0 else SUCCESS

    world = World(store, ONE, decide)
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    world.now -= timedelta(seconds=30)
    await world.quiet()
    assert len(world.begun) == 1


async def test_what_waits_is_taken_up_at_the_start(any_store: SqliteStore) -> None:
    """A daemon that starts sends what another one left behind."""
    await any_store.add([making.entry(making.event(id)) for id in ids(30)])
    world = World(any_store, ONE)
    await world.lanes.start()
    await world.until(lambda: len(world.done) == 30)
    assert Counter(world.sent()) == Counter(ids(30))


async def test_at_the_start_what_waits_moves_to_where_the_conf_wants_it(store: SqliteStore) -> None:
    """The conf may have changed while no daemon ran."""
    await store.add([making.entry(making.event("e-1", flow="solar"), "acme/return")])
    world = World(store, FLOWS)
    await world.lanes.start()
    await world.until(lambda: world.begun == [("e-1", "acme@solar/return")])


async def test_an_endpoint_that_is_held_keeps_its_events_until_it_is_ready(store: SqliteStore) -> None:
    """Nothing is tried while something is missing; once it is there, everything goes, woken by name."""
    world = World(store, making.conf(held(ACME)))
    await world.post(*ids(5))
    await world.quiet(0.05)
    assert world.begun == []
    world.conf = ONE  # as the preparer does it: no reload
    world.lanes.wake("acme/return")
    await world.until(lambda: len(world.done) == 5)


async def test_an_endpoint_that_becomes_held_under_way_loses_nothing(store: SqliteStore) -> None:
    """What was next when the endpoint became held waits in the store."""
    gate = Gate()
    world = World(store, ONE, gate)
    await world.post(*ids(20))
    await world.until(lambda: len(world.begun) == 2)
    world.conf = making.conf(held(ACME))
    gate.open(*ids(20))
    await world.until(lambda: len(world.done) == 2)
    await world.quiet(0.05)
    assert len(world.begun) == 2
    world.conf = ONE
    world.lanes.wake("acme/return")
    await world.until(lambda: len(world.done) == 20)
    assert Counter(world.sent()) == Counter(ids(20))


async def test_an_endpoint_that_is_removed_holds_what_waits(store: SqliteStore) -> None:
    """With its file gone nothing is sent or dropped; with the file back it goes on by itself."""
    gate = Gate()
    world = World(store, BOTH, gate)
    await world.post(*ids(10))
    await world.until(lambda: len(world.begun) == 2)
    await world.swap(making.conf(BOLT, digest="w1thout"))
    gate.open(*ids(10))
    await world.until(lambda: len(world.done) == 2)
    await world.quiet(0.05)
    assert len(world.begun) == 2
    await world.swap(BOTH)
    await world.until(lambda: len(world.done) == 10)


async def test_an_event_follows_its_flow_to_a_new_endpoint(any_store: SqliteStore) -> None:
    """A flow's own file takes over what waits; the attempt that is under way ends where it began, once."""
    gate = Gate()
    world = World(any_store, ONE, gate)
    await world.post(*(making.event(id, flow="solar") for id in ids(10)))
    await world.until(lambda: len(world.begun) == 2)
    await world.swap(FLOWS)
    await world.until(lambda: world.lanes.under_way("acme@solar/return") == 2)
    assert world.lanes.under_way("acme/return") == 2
    gate.open(*ids(10))
    await world.until(lambda: len(world.done) == 10)
    assert Counter(world.sent()) == Counter(ids(10))
    assert Counter(endpoint for _, endpoint in world.begun) == {"acme/return": 2, "acme@solar/return": 8}
    await world.until(world.is_empty)


async def test_what_stood_in_a_row_is_taken_by_its_new_lane(store: SqliteStore) -> None:
    """What a lane had in memory when a reload moved it is not forgotten by both."""
    gate = Gate()
    world = World(store, making.conf(replace(ACME, concurrency=1)), gate)
    await world.post(*(making.event(id, flow="solar") for id in ids(4)), making.event("w-1", flow="wind"))
    gate.open("e-0000")
    await world.until(lambda: len(world.lanes._lanes["acme/return"].next) == 3)
    await world.swap(making.conf(ACME, SOLAR, making.route("acme@wind/return"), digest="w1nd"))
    await world.until(lambda: world.lanes.under_way("acme@solar/return") == 2)
    gate.open(*ids(4), "w-1")
    await world.until(lambda: len(world.done) == 5)


async def test_a_retry_of_what_was_under_way_follows_too(store: SqliteStore) -> None:
    """An attempt that fails after the reload is tried again in the new lane."""
    gate = asyncio.Event()

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        await gate.wait()
        return timedelta(seconds=10) if delivery.attempts == 0 else SUCCESS

    world = World(store, ONE, decide)
    await world.post(making.event("e-1", flow="solar"))
    await world.until(lambda: len(world.begun) == 1)
    await world.swap(FLOWS)
    gate.set()
    await world.until(lambda: len(world.done) == 1)
    world.now += timedelta(seconds=10)
    await world.until(lambda: len(world.done) == 2)
    assert world.begun == [("e-1", "acme/return"), ("e-1", "acme@solar/return")]


@pytest.mark.parametrize(("same", "again"), [(True, 1), (False, 2)])
async def test_a_changed_source_is_tried_again_at_once(store: SqliteStore, same: bool, again: int) -> None:
    """After an edit of its file what waits for a retry is due; after an edit of another one it is not."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return timedelta(minutes=10) if delivery.attempts == 0 else SUCCESS

    world = World(store, ONE, decide)
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    changed = making.conf(ACME, digest="ed1ted")
    if same:
        changed = replace(changed, sources=ONE.sources)
    await world.swap(changed)
    await world.quiet()
    assert len(world.done) == again


async def test_a_mended_secret_is_tried_at_once(store: SqliteStore) -> None:
    """A new credential is a change of the source, although its file is the same."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return timedelta(minutes=10) if delivery.attempts == 0 else SUCCESS

    world = World(store, ONE, decide)
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    await world.swap(making.conf(ACME, secrets={making.KEY: "new"}))
    await world.until(lambda: len(world.done) == 2)


async def test_a_reload_while_an_event_is_being_stored_loses_nothing(store: SqliteStore) -> None:
    """An event that was entered by the old conf and stored after the new one's moves reaches its new lane."""
    world = World(store, making.conf(SOLAR))
    adding = store.add
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(entries: Any) -> Any:
        reached.set()
        await go_on.wait()
        return await adding(entries)

    store.add = slow  # type: ignore[method-assign]
    posting = asyncio.ensure_future(world.post(making.event("e-1", flow="solar")))
    await reached.wait()
    await world.swap(making.conf(ACME, digest="g0ne"))
    go_on.set()
    await posting
    await world.until(lambda: world.begun == [("e-1", "acme/return")])
    await world.until(world.is_empty)


async def test_a_poster_that_leaves_loses_nothing(any_store: SqliteStore) -> None:
    """A post that is cut off while it is being written is sent if it was stored, without waiting for another event."""
    world = World(any_store, ONE)
    for index in range(20):
        posting = asyncio.ensure_future(world.post(f"e-{index}"))
        for _ in range(index // 2):
            await asyncio.sleep(0)
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
    await any_store.add([making.entry(making.event("last"), due_at=None)])  # whatever was begun is written
    stored = {f"e-{index}" for index in range(20) if await any_store.story(f"e-{index}")}
    assert stored
    await world.until(lambda: {attempt.event.id for attempt in world.done} == stored)
    await world.until(world.is_empty)
    assert Counter(world.sent()) == Counter(stored)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("entered", [ONE, FLOWS], ids=["here", "at its kin"])
async def test_a_repeated_post_hides_its_event_from_no_look(
    store: SqliteStore, entered: Conf, fails: bool
) -> None:
    """What waits since the last daemon is sent, also where it is posted again, in vain too, while the lane looks.

    And where a reload came between the post and the look, so that it was entered at another lane.
    """
    world = World(store, entered)
    event = making.event("e-1", flow="solar")
    await store.add([making.entry(event)])
    reached, go_on, add = asyncio.Event(), asyncio.Event(), store.add

    async def slow(entries: Any) -> Any:
        reached.set()
        await go_on.wait()
        if fails:
            raise StoreUnavailable("no room")
        return await add(entries)

    store.add = slow  # type: ignore[method-assign]
    posting = asyncio.ensure_future(world.post(event))
    await reached.wait()
    world.conf = ONE
    await world.lanes.start()
    await world.quiet()
    assert world.begun == []
    go_on.set()
    await asyncio.gather(posting, return_exceptions=True)
    await world.until(lambda: len(world.done) == 1)


async def test_the_same_post_twice_at_once_is_sent_once(any_store: SqliteStore) -> None:
    """Of two posts of one id that are stored at the same time one is added, one is known, and one attempt is made."""
    world = World(any_store, making.conf(replace(ACME, concurrency=50)))
    posted = await asyncio.gather(*(world.post(*ids(20)) for _ in range(5)))
    added = Counter(receipt.added for receipts in posted for receipt in receipts)
    assert added == {"added": 20, "known": 80}
    await world.until(lambda: len(world.done) == 20)
    await world.quiet(0.05)
    assert Counter(world.sent()) == Counter(ids(20))
    await world.until(world.is_empty)


async def test_one_id_twice_in_one_post_sends_only_what_was_stored(store: SqliteStore) -> None:
    """The first content under an id counts: where that has no way, the second one is not sent in its place."""
    world = World(store, ONE)
    unknown = making.event("e-1", source="nobody")
    receipts = await world.post(unknown, making.event("e-1"))
    assert [receipt.added for receipt in receipts] == ["added", "conflict"]
    await world.quiet(0.05)
    assert world.begun == []


async def test_a_failed_post_leaves_nothing_behind(store: SqliteStore) -> None:
    """Where the store refuses, the post fails, and the same id can be posted again."""
    broken = [True]
    shaky = Shaky(store, lambda name: name == "add" and broken[0], lambda: 0.0)
    world = World(shaky, ONE)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable):
        await world.post("e-1")
    await world.until(world.is_empty)
    broken[0] = False
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)


async def test_drain_lets_what_is_under_way_finish(store: SqliteStore) -> None:
    """Nothing new is begun, what runs is recorded, and what waits stays for the next start."""
    gate = Gate()
    world = World(store, ONE, gate)
    await world.post(*ids(10))
    await world.until(lambda: len(world.begun) == 2)
    draining = asyncio.ensure_future(world.lanes.drain(5))
    await asyncio.sleep(0.02)
    await world.post("late")
    gate.open()
    assert await draining == 0
    assert len(world.done) == 2
    assert len(world.begun) == 2
    assert sum(one.count for one in await store.backlog()) == 9
    again = World(store, ONE)
    await again.lanes.start()
    await again.until(lambda: len(again.done) == 9)


async def test_drain_cuts_off_what_takes_too_long_and_records_it(store: SqliteStore) -> None:
    """Past the time the attempt is cancelled; what it makes of that is recorded."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            return timedelta(seconds=10)
        raise AssertionError

    world = World(store, ONE, decide)
    await world.post("e-1", "e-2")
    await world.until(lambda: len(world.begun) == 2)
    assert await world.lanes.drain(0.05) == 2
    for id in ("e-1", "e-2"):
        story = await store.story(id)
        assert story is not None
        assert (story.summary.attempts, story.summary.state) == (1, "queued")


async def test_a_record_that_is_cut_off_is_written_all_the_same(store: SqliteStore) -> None:
    """A shutdown that runs out of patience while an attempt is being recorded waits for the record."""
    recording = store.record
    begun = asyncio.Event()

    async def slow(attempt: Attempt) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        await recording(attempt)

    store.record = slow  # type: ignore[method-assign]
    world = World(store, ONE)
    await world.post("e-1")
    await begun.wait()
    await world.lanes.drain(0)
    story = await store.story("e-1")
    assert story is not None
    assert story.summary.state == "delivered"


async def test_who_waits_is_told_when_the_event_is_settled(store: SqliteStore) -> None:
    """A retry settles nothing; the attempt that ends the event does, for everybody who waits."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return timedelta(seconds=10) if delivery.attempts == 0 else SUCCESS

    world = World(store, ONE, decide)
    waiting = [world.lanes.settled("e-1", 60) for _ in range(3)]
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    assert not any(future.done() for future in waiting)
    world.now += timedelta(seconds=10)
    told = await asyncio.gather(*waiting)
    assert {attempt.number for attempt in told if attempt} == {2}
    await world.until(world.is_empty)


async def test_who_gives_up_waiting_is_forgotten(store: SqliteStore) -> None:
    """Nothing of those who leave stays in memory, also where others wait for the same event."""
    world = World(store, ONE)
    futures = [world.lanes.settled(f"e-{index % 10}", 60) for index in range(100)]
    assert len(world.lanes._waiting) == 10
    for index, future in enumerate(futures):
        world.lanes.unsettled(f"e-{index % 10}", future)
        world.lanes.unsettled(f"e-{index % 10}", future)
    assert len(world.lanes._waiting) == 0


async def test_who_waits_does_so_for_as_long_as_was_asked(store: SqliteStore) -> None:
    """Each is answered with nothing once his own time is up, in whichever order they came."""
    world = World(store, ONE)
    began = asyncio.get_running_loop().time()
    waits = (0.2, 60, 0.05, 0.1)
    futures = [world.lanes.settled(f"e-{index % 2}", seconds) for index, seconds in enumerate(waits)]
    ended = []
    for future in (futures[2], futures[3], futures[0]):
        assert await future is None
        ended.append(asyncio.get_running_loop().time() - began)
    assert all(seconds - 0.001 <= end for seconds, end in zip((0.05, 0.1, 0.2), ended, strict=True))
    assert not futures[1].done()
    world.lanes.stop()
    assert await futures[1] is None


async def test_a_daemon_that_stops_lets_nobody_wait(store: SqliteStore) -> None:
    """Those who wait, and those who come to wait, are answered at once with nothing."""
    world = World(store, ONE)
    before = world.lanes.settled("e-1", 60)
    world.lanes.stop()
    after = world.lanes.settled("e-1", 60)
    assert await asyncio.wait_for(asyncio.gather(before, after), 1) == [None, None]
    assert len(world.lanes._waiting) == 0


async def test_a_store_that_cannot_be_read_for_a_while_only_delays(store: SqliteStore) -> None:
    """A lane that could not look looks again by itself, without another event."""
    broken = [True]
    shaky = Shaky(
        store, lambda name: name in ("due", "next_due", "backlog", "move") and broken[0], lambda: 0.0
    )
    await store.add([making.entry(making.event(id)) for id in ids(10)])
    world = World(shaky, ONE)  # type: ignore[arg-type]
    starting = asyncio.ensure_future(world.lanes.start())
    world.lanes.wake("acme/return")
    await world.quiet(0.05)
    assert world.begun == []
    assert world.lost == []
    assert {type(error) for _, _, error in world.failed} == {StoreUnavailable}
    broken[0] = False
    await world.until(lambda: len(world.done) == 10)
    await starting


async def test_a_reload_while_the_store_cannot_still_takes_effect_later(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reload is not kept waiting for long, and what waits follows as soon as that can be written."""
    monkeypatch.setattr("gateway.lanes.PATIENCE", 0.02)
    broken = [False]
    shaky = Shaky(store, lambda name: name == "move" and broken[0], lambda: 0.0)

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return timedelta(minutes=10) if delivery.attempts == 0 else SUCCESS

    world = World(shaky, ONE, decide)  # type: ignore[arg-type]
    await world.post(making.event("e-1", flow="solar"))
    await world.until(lambda: len(world.done) == 1)
    broken[0] = True
    await asyncio.wait_for(world.swap(FLOWS), 1)
    await world.quiet(0.03)
    assert len(world.begun) == 1
    broken[0] = False
    await world.until(lambda: world.begun[1:] == [("e-1", "acme@solar/return")])


@pytest.mark.parametrize("name", ["due", "record"])
async def test_a_store_that_is_lost_is_told(store: SqliteStore, name: str) -> None:
    """Where the store cannot go on the daemon hears of it; what is not recorded is not sent again."""

    async def lost(*_: Any) -> Any:
        raise StoreError("the store stopped")

    setattr(store, name, lost)
    world = World(store, making.conf(replace(ACME, concurrency=1)))
    await world.post(*ids(3))
    world.lanes.wake("acme/return")
    await world.until(lambda: bool(world.lost))
    await world.quiet(0.05)
    assert str(world.lost[0]) == "the store stopped"
    assert len(world.begun) == 1


async def test_an_attempt_whose_details_cannot_be_stored_is_recorded_without_them(store: SqliteStore) -> None:
    """Whatever a plugin put into an outcome, the event is settled: it is not sent a second time."""

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        return Outcome("success", reference=object(), capture={"a": "b"})  # type: ignore[arg-type]

    world = World(store, ONE, decide)
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    await world.quiet(0.05)
    assert len(world.begun) == 1
    story = await store.story("e-1")
    assert story is not None
    assert story.summary.state == "delivered"
    assert story.attempts[0]["reason"] == "its details could not be stored; the log says why"
    assert [(endpoint, event) for endpoint, event, _ in world.failed] == [("acme/return", "e-1")]


@pytest.mark.parametrize("fault", [ZeroDivisionError, asyncio.CancelledError, SystemExit, GeneratorExit])
async def test_a_fault_of_ours_shuts_no_lane_and_is_not_repeated_at_once(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    """An attempt that raises is set aside for a while and told; the others go on; later it is tried again."""
    monkeypatch.setattr("gateway.lanes.LONGEST_WAIT", 0.2)
    faulty = [True]

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        if delivery.event.id == "e-0000" and faulty[0]:
            raise fault
        return SUCCESS

    world = World(store, ONE, decide)
    await world.post(*ids(20))
    await world.until(lambda: len(world.done) == 19)
    await world.quiet(0.05)
    assert world.sent().count("e-0000") == 1
    assert [(endpoint, event) for endpoint, event, _ in world.failed] == [("acme/return", "e-0000")]
    faulty[0] = False
    await world.until(lambda: len(world.done) == 20)
    await world.until(world.is_empty)


async def test_a_replay_is_taken_on_at_once(store: SqliteStore) -> None:
    """A final event that gets a future is sent; one that waits, or is delivered, is left alone."""
    world = World(store, ONE)
    await world.post("e-1")
    await world.until(lambda: len(world.done) == 1)
    story = await store.story("e-1")
    assert story is not None
    summary = story.summary
    assert await world.lanes.replay(summary, Replay("fresh"), "acme/return") == "delivered"
    assert await world.lanes.replay(summary, Replay("fresh", again=True), "acme/return") == "queued"
    await world.until(lambda: len(world.done) == 2)
    assert world.done[1].key == "e-1.2"


async def test_a_replay_follows_a_reload_that_came_between(store: SqliteStore) -> None:
    """A replay that was wished for by the old conf goes to the endpoint of the new one."""
    world = World(store, FLOWS)
    await world.post(making.event("e-1", flow="solar"))
    await world.until(lambda: len(world.done) == 1)
    story = await store.story("e-1")
    assert story is not None
    world.conf = ONE
    await world.lanes.replay(story.summary, Replay("fresh", again=True), "acme@solar/return")
    await world.until(lambda: world.begun[1:] == [("e-1", "acme/return")])


_CONFS = [
    ONE, FLOWS, BOTH, making.conf(replace(ACME, concurrency=1), SOLAR, BOLT, digest="1"),
    making.conf(SOLAR, digest="2"), making.conf(held(ACME), SOLAR, digest="3"),
    making.conf(replace(ACME, concurrency=6), held(SOLAR), BOLT, digest="4"), making.conf(BOLT, digest="5"),
]  # fmt: skip
_ALL = making.conf(ACME, SOLAR, BOLT, digest="a11")


@pytest.mark.parametrize("shaky", [False, True], ids=["sound", "shaky"])
@pytest.mark.parametrize("seed", range(8))
async def test_every_event_is_sent_exactly_once_whatever_happens(
    any_store: SqliteStore, seed: int, shaky: bool
) -> None:
    """A random history of posts, slow answers, retries, reloads, replays and clocks: nothing lost, nothing twice.

    Each event's attempts are numbered without a gap, never overlap, are made where the conf wants them, within each
    lane's concurrency; and in the end nothing is left in memory.
    """
    chance = random.Random(seed)

    async def decide(delivery: Delivery) -> Outcome | timedelta:
        await asyncio.sleep(chance.choice([0, 0, 0.001, 0.004]))
        if chance.random() < 0.3:
            return timedelta(seconds=chance.choice([0, 1, 10]))
        return Outcome(chance.choice(["success", "success", "failure"]))  # type: ignore[arg-type]

    storms = [shaky]
    store: Any = Shaky(
        any_store,
        lambda name: storms[0] and name != "record" and chance.random() < 0.1,
        lambda: chance.choice([0, 0, 0.001]),
    )
    world = World(store, _ALL, decide)
    await world.lanes.start()
    acknowledged: dict[str, str] = {}

    async def post(number: int) -> None:
        names = [f"e-{chance.randrange(150)}" for _ in range(chance.choice([1, 1, 3]))]
        events = [_event(name) for name in names]
        posting = asyncio.ensure_future(world.post(*events))
        if chance.random() < 0.1:
            await asyncio.sleep(0)
            posting.cancel()
        try:
            for receipt in await posting:
                acknowledged[receipt.id] = receipt.state
        except (StoreUnavailable, asyncio.CancelledError):
            return

    for step in range(60):
        work = [post(step) for _ in range(chance.randrange(6))]
        if chance.random() < 0.3:
            work.append(world.swap(chance.choice(_CONFS)))
        await asyncio.gather(*work)
        world.now += timedelta(seconds=chance.choice([0, 1, 5]))
        await asyncio.sleep(chance.choice([0, 0, 0.002]))
    storms[0] = False
    await world.swap(_ALL)
    async with asyncio.timeout(20):
        while await any_store.backlog() or not world.is_empty():
            world.now += timedelta(seconds=10)
            await asyncio.sleep(0.01)

    assert (world.lost, world.overlaps, world.misplaced) == ([], [], [])
    assert {type(error) for _, _, error in world.failed} <= {StoreUnavailable}
    assert world.most["acme@solar/return"] <= 2
    assert world.most["acme/return"] <= 6
    settled = Counter(attempt.event.id for attempt in world.done if attempt.due_at is None)
    assert set(settled.values()) <= {1}
    gone = {id for id, state in acknowledged.items() if state != "vetoed" and id not in settled}
    for id in gone:  # those that had no way when they were posted
        story = await any_store.story(id)
        assert story is not None
        assert (story.summary.state, story.attempts) == ("parked", ())
    for id in settled:
        numbers = [attempt.number for attempt in world.done if attempt.event.id == id]
        assert numbers == list(range(1, len(numbers) + 1))
        story = await any_store.story(id)
        assert story is not None
        assert len(story.attempts) == len(numbers)


def _event(name: str) -> Any:
    """Always the same event under one name."""
    number = int(name.removeprefix("e-"))
    source = "bolt" if number % 5 == 0 else "acme"
    return making.event(name, source=source, flow="solar" if source == "acme" and number % 2 else None)


async def test_a_claim_that_brought_all_there_is_asks_no_second_time(store: SqliteStore) -> None:
    """A lane that is done with what was due asks the store once, and not again for what it has in hand."""
    asking, claims = store.due, []

    async def counted(*arguments: Any) -> Any:
        claims.append(arguments[0])
        return await asking(*arguments)

    store.due = counted  # type: ignore[method-assign]
    await store.add([making.entry(making.event(id)) for id in ids(3)])
    gate = Gate()
    world = World(store, making.conf(replace(ACME, concurrency=8)), gate)
    await world.lanes.start()
    await world.until(lambda: len(world.begun) == 3)
    await world.quiet()
    assert claims == ["acme/return"]
    gate.open()
    await world.until(world.is_empty)


async def test_without_faults_it_is_quick(store: SqliteStore) -> None:
    """A burst over many lanes is through in a moment: no lane sleeps while something of its own is due."""
    routes = [making.route(f"s{index}/return", concurrency=1) for index in range(50)]
    world = World(store, making.conf(*routes), yes)
    for index in range(500):
        await world.post(making.event(f"e-{index}", source=f"s{index % 50}"))
    await world.until(lambda: len(world.done) == 500, seconds=5)
    assert max(world.most.values()) == 1
