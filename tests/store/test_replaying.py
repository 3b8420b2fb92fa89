"""Many events are given a future again: at their endpoint's pace, and by each job once."""

from datetime import timedelta

from gateway.model import Replay

ENDPOINT = "acme/return"


async def rejected(store, make, *ids):
    for id in ids:
        posted = make.event(id)
        await store.add([make.entry(posted)])
        await store.record(make.attempt(posted, "failure"))


async def due(store, *ids):
    return [(await store.story(id)).summary.due_at for id in ids]


async def test_a_job_replays_each_event_once(store, make):
    """Also where that came to the same end again; another job, or none, may replay it once more."""
    await rejected(store, make, "a", "b")
    wish = Replay("fresh", job="j")
    events = [("a", ENDPOINT), ("b", ENDPOINT), ("x", ENDPOINT)]
    assert await store.replay_many(events, wish, make.now, {}) == ["queued", "queued", "unknown"]
    assert await store.replay_many(events[:1], wish, make.now, {}) == ["waiting"]
    (a, _) = await store.due(ENDPOINT, make.now, 9, ())
    await store.record(make.attempt(a.event, "failure", number=2, key=a.key, replay=a.replay))
    assert await store.replay_many(events[:2], wish, make.now, {}) == ["done", "waiting"]
    assert await store.replay("a", Replay("fresh", job="k"), ENDPOINT, make.now) == "queued"
    assert (await store.story("a")).replay.job == "k"


async def test_replays_are_planned_one_after_another(store, make):
    """Each endpoint has its own row; what is left alone takes no place in it."""
    await rejected(store, make, "a", "b", "c", "d")
    apart = {ENDPOINT: timedelta(seconds=2)}
    wish = Replay(job="j")
    events = [("a", ENDPOINT), ("x", ENDPOINT), ("b", ENDPOINT), ("d", "acme@solar/return")]
    await store.replay_many(events, wish, make.now, apart)
    assert await due(store, "a", "b", "d") == [make.now, make.after(2), make.now]
    await store.replay_many([("c", ENDPOINT)], wish, make.after(1), apart)
    assert await due(store, "c") == [make.after(4)], "behind what its job has planned"


async def test_a_plan_that_is_past_holds_nothing_up(store, make):
    """What its job planned long ago is no reason to wait."""
    await rejected(store, make, "a", "b")
    apart = {ENDPOINT: timedelta(seconds=2)}
    await store.replay_many([("a", ENDPOINT)], Replay(job="j"), make.now, apart)
    await store.replay_many([("b", ENDPOINT)], Replay(job="j"), make.after(60), apart)
    assert await due(store, "b") == [make.after(60)]
