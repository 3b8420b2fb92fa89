"""What must not be sent twice: the start of a try is on disk before it is sent."""

import pytest

from gateway.model import Replay, Values
from gateway.store.sqlite import SqliteStore

ENDPOINT = "acme/return"


def begun(make, posted, **more):
    said = {"reason": "it was being sent", "rule": "no answer came"}
    return make.attempt(posted, "error", said=said, maybe_received=True, **more)


async def test_what_was_begun_and_never_recorded_is_parked(store, make):
    """Its attempt says so, with the values that went out; it has no future, and a person may send it again."""
    posted = make.event("a")
    await store.add([make.entry(posted), make.entry("b")])
    await store.begin(begun(make, posted, values=Values("u", (), {"x": "1"}), tries=1, spent=2.0))
    assert [one.event.id for one in await store.due(ENDPOINT, make.now, 9, ())] == ["a", "b"]
    (found,) = await store.park_unfinished()
    assert (found.id, found.endpoint, found.state) == ("a", ENDPOINT, "queued")
    story = await store.story("a")
    assert (story.summary.state, story.summary.outcome, story.summary.reason) == (
        "parked", "error", "it was being sent",
    )  # fmt: skip
    assert (story.summary.attempts, story.summary.due_at, len(story.attempts)) == (1, None, 1)
    assert [one.event.id for one in await store.due(ENDPOINT, make.now, 9, ())] == ["b"]
    assert await store.park_unfinished() == []
    await store.replay("a", Replay("same"), ENDPOINT, make.now)
    again = next(one for one in await store.due(ENDPOINT, make.now, 9, ()) if one.event.id == "a")
    assert (again.values.tree, again.attempts, again.tries, again.spent) == ({"x": "1"}, 1, 0, 0)


@pytest.mark.parametrize("kind", ["success", "error"])
async def test_what_was_begun_and_recorded_is_what_was_recorded(store, make, kind):
    """The record replaces what was noted before, also where both are written at once."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    due_at = make.after(10) if kind == "error" else None
    await store.begin(begun(make, posted))
    await store.record(make.attempt(posted, kind, due_at=due_at))
    assert await store.park_unfinished() == []
    story = await store.story("a")
    assert (story.summary.state, len(story.attempts)) == ("queued" if due_at else "delivered", 1)
    assert story.attempts[0]["outcome"] == kind


async def test_a_delivered_event_that_was_being_sent_again_stays_delivered(store, make):
    """It has no future any more, and keeps what its source said."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    await store.record(make.attempt(posted))
    await store.replay("a", Replay(again=True), ENDPOINT, make.now)
    await store.begin(begun(make, posted, number=2))
    assert [one.id for one in await store.park_unfinished()] == ["a"]
    story = await store.story("a")
    assert (story.summary.state, story.summary.outcome, story.summary.due_at) == (
        "delivered",
        "success",
        None,
    )
    assert story.replay is None


async def test_it_is_found_by_the_next_daemon(tmp_path, make):
    """What was begun is on disk when `begin` has returned."""
    posted = make.event("a")
    store = await SqliteStore.open(tmp_path)
    await store.add([make.entry(posted)])
    await store.begin(begun(make, posted))
    await store.close()
    store = await SqliteStore.open(tmp_path)
    assert [one.id for one in await store.park_unfinished()] == ["a"]
    await store.close()
