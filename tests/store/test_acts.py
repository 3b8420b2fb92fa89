"""What is kept of administrative acts: in order, for good, changed by nothing but its own end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.errors import StoreError
from gateway.store.acts import Act, ActFilter, hidden


@pytest.fixture
def act(make):
    """A pause at noon."""
    return Act(make.now, "token ops", "ops (ada)", "pause", "endpoint acme/return", "they move")


async def test_an_act_and_its_end(store, act):
    """It is found as it was stored, first as begun, then with what came of it."""
    seq = await store.begin_act(act)
    assert (await store.acts(ActFilter(), 9)).acts == (replace(act, seq=seq),)
    await store.end_act(seq, "done", None, {"replayed": 3})
    (found,) = (await store.acts(ActFilter(), 9)).acts
    assert found == replace(act, seq=seq, result="done", detail={"replayed": 3})


async def test_it_ends_once(store, act):
    """What was done stays on record."""
    seq = await store.begin_act(act)
    await store.end_act(seq, "done", None, {})
    with pytest.raises(StoreError, match="what was done stays on record"):
        await store.end_act(seq, "refused", 403, {})


async def test_filters(store, act, make):
    """Each filter alone, and its opposite."""
    other = Act(make.after(60), "local", "local", "forget", "lead #1", "", "refused", 409)
    for one in (act, other):
        await store.begin_act(one)
    for which, expected in [
        (ActFilter(who="token ops"), "pause"), (ActFilter(act="forget"), "forget"),
        (ActFilter(subject="lead #1"), "forget"), (ActFilter(result="begun"), "pause"),
        (ActFilter(since=make.after(1)), "forget"), (ActFilter(until=make.after(1)), "pause"),
    ]:  # fmt: skip
        assert [one.act for one in (await store.acts(which, 9)).acts] == [expected]


async def test_pages(store, act, make):
    """Newest first, without a gap; the cursor of the last page is None."""
    for number in range(5):
        await store.begin_act(replace(act, at=make.now - timedelta(hours=number), why=f"{number}"))
    seen, after = [], None
    while True:
        page = await store.acts(ActFilter(), 2, after)
        seen += [one.why for one in page.acts]
        after = page.next
        if after is None:
            break
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1.5", "9" * 30, "٣"])
async def test_a_cursor_that_is_none(store, cursor):
    with pytest.raises(ValueError, match="is no cursor of a list"):
        await store.acts(ActFilter(), 1, cursor)


async def test_odd_text(store, act):
    """A lone surrogate, as a JSON body may carry it to no handler, would not keep an act off the record."""
    await store.begin_act(replace(act, why="a\udc80b", by="\x00"))
    (found,) = (await store.acts(ActFilter(), 1)).acts
    assert (found.why, found.by) == ("a?b", "\x00")


async def test_a_forgotten_event_is_named_no_more(store, act, make):
    """Its hash stands for it; other events keep their names."""
    await store.add([make.entry("gone"), make.entry("stays")])
    for name in ("gone", "stays", "gone"):
        await store.begin_act(replace(act, act="replay", subject=f"event {name}"))
    await store.forget(["gone"])
    found = [one.subject for one in (await store.acts(ActFilter(), 9)).acts]
    assert found == [f"event {hidden('gone')}", "event stays", f"event {hidden('gone')}"]
