"""The contract of gateway.store, as any engine must keep it."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.errors import StoreError
from gateway.model import Replay, Request, Response, Secret, Values, Voice
from gateway.store import Backlog, Filter, Pause, Receipt, Trip
from gateway.store.facts import attempt_json
from gateway.store.sqlite import SqliteStore

ENDPOINT = "acme/return"


async def test_an_added_event_is_due(store, make):
    """What was added comes back as a delivery that holds the post to the letter, and its numbers exactly."""
    text = '{"type":"return", "source":"acme","price":12.50,"big":123456789012345678901234567890}'
    posted = make.event("a", text=text)
    receipts = await store.add([make.entry(posted)])
    (delivery,) = await store.due(ENDPOINT, make.now, 10, ())
    assert receipts == [Receipt("a", "added", "queued", None)]
    assert delivery.event == posted
    assert (delivery.event.text, delivery.event.body) == (posted.text, posted.body)
    assert str(delivery.event.body["price"]) == "12.50"
    assert (delivery.endpoint, delivery.state, delivery.due_at) == (ENDPOINT, "queued", make.now)
    assert (delivery.attempts, delivery.tries, delivery.spent_at, delivery.key) == (0, 0, None, "a")
    assert (delivery.replay, delivery.values) == (None, None)


async def test_nothing_to_add(store):
    """Adding nothing is no error and makes no transaction."""
    assert await store.add([]) == []
    assert store.commits == 0


async def test_a_final_event_has_no_future(store, make):
    """An event that ends as it arrives is kept with its reason and is never due."""
    await store.add([make.entry("a", final=True, state="vetoed", outcome="skip", reason="returns are off")])
    assert await store.due(ENDPOINT, make.after(1e9), 10, ()) == []
    told = (await store.story("a")).summary
    assert (told.state, told.outcome, told.reason, told.due_at) == ("vetoed", "skip", "returns are off", None)


async def test_the_same_post_again_is_known(store, make):
    """The same id with equal content is known, with the present state; with other content it is a conflict."""
    first = make.event("a", n=1)
    again = make.event("a", text='{ "n": 1.0, "source": "acme", "id": "a", "type": "return" }')
    await store.add([make.entry(first)])
    await store.record(make.attempt(first))
    receipts = await store.add([make.entry(again), make.entry(make.event("a", n=2)), make.entry("b")])
    assert receipts == [
        Receipt("a", "known", "delivered", "success"),
        Receipt("a", "conflict", "delivered", "success"),
        Receipt("b", "added", "queued", None),
    ]
    assert (await store.story("a")).posted == first.body


async def test_the_same_id_twice_in_one_post(store, make):
    """Within one call the first is stored, the second is known or a conflict."""
    entries = [make.entry(make.event("a", n=n)) for n in (1, 1, 2)]
    assert [receipt.added for receipt in await store.add(entries)] == ["added", "known", "conflict"]
    assert await store.count(Filter()) == 1


async def test_the_same_id_in_calls_at_the_same_time(store, make):
    """Of calls that share a batch exactly one adds an id."""
    calls = [store.add([make.entry(make.event("a", n=n % 2))]) for n in range(20)]
    kinds = [receipts[0].added for receipts in await asyncio.gather(*calls)]
    assert kinds == ["added", "conflict"] + ["known", "conflict"] * 9


async def test_more_events_than_one_statement_holds(store, make):
    """A post of hundreds of events is stored whole, and each attempt finds its own event."""
    events = [make.event(f"e{n}", n=n) for n in range(200)]
    receipts = await store.add([make.entry(event) for event in events])
    await asyncio.gather(
        *(store.record(make.attempt(event, said={"reference": event.id})) for event in events)
    )
    stories = [await store.story(event.id) for event in events]
    assert {receipt.added for receipt in receipts} == {"added"}
    assert [story.reference for story in stories] == [event.id for event in events]
    assert [len(story.attempts) for story in stories] == [1] * 200


async def test_due_is_in_order(store, make):
    """Longest due first, then in the order of arrival; nothing before its time, nothing of another endpoint."""
    due = {"late": 3, "early": 1, "first": 2, "second": 2, "future": 100}
    await store.add([make.entry(id, due_at=make.after(seconds)) for id, seconds in due.items()])
    await store.add([make.entry("other", endpoint="other/return")])
    found = await store.due(ENDPOINT, make.after(50), 10, ())
    assert [delivery.event.id for delivery in found] == ["early", "first", "second", "late"]


async def test_due_leaves_out(store, make):
    """The limit counts what is left once the ids under way are left out."""
    await store.add([make.entry(f"e{n}", due_at=make.after(n)) for n in range(5)])
    found = await store.due(ENDPOINT, make.after(50), 2, {"e0", "e2"})
    assert [delivery.event.id for delivery in found] == ["e1", "e3"]
    assert await store.next_due(ENDPOINT, {"e0", "e1"}) == make.after(2)
    assert await store.next_due(ENDPOINT, {f"e{n}" for n in range(5)}) is None


async def test_due_goes_on_behind_the_last(store, make):
    """Page by page everything is met once, whatever became of the last one of a page in the meantime."""
    await store.add([make.entry(f"e{n}", due_at=make.after(n // 3)) for n in range(9)])
    met, page = [], await store.due(ENDPOINT, make.after(50), 4, ())
    while page:
        met += [delivery.event.id for delivery in page]
        await store.record(make.attempt(page[-1].event, due_at=make.after(100)))
        page = await store.due(ENDPOINT, make.after(50), 4, (), page[-1])
    assert met == [f"e{n}" for n in range(9)]


async def test_nothing_is_early(store, make):
    """A due time between two milliseconds is asked for at the later one, and found there."""
    await store.add([make.entry("a", due_at=make.after(0.000002))])
    due_at = await store.next_due(ENDPOINT, ())
    assert due_at == make.after(0.001)
    assert await store.due(ENDPOINT, make.now, 1, ()) == []
    assert len(await store.due(ENDPOINT, due_at, 1, ())) == 1


async def test_an_attempt_that_is_tried_again(store, make):
    """An error with a further try leaves the event queued, due then, with its tries counted."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    facts = {
        "due_at": make.after(10),
        "tries": 1,
        "spent": 1.5,
        "spent_at": make.now,
        "said": {"reason": "HTTP 500"},
    }
    await store.record(make.attempt(posted, "error", **facts))
    (delivery,) = await store.due(ENDPOINT, make.after(10), 1, ())
    told = (await store.story("a")).summary
    assert (delivery.attempts, delivery.tries) == (1, 1)
    assert (delivery.spent, delivery.spent_at) == (1.5, make.now)
    assert (told.state, told.outcome, told.reason, told.attempts) == ("queued", "error", "HTTP 500", 1)
    assert told.due_at == make.after(10)


async def test_a_final_attempt(store, make):
    """What the source said stands in the story; the tries begin anew for a later replay."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    said = {"reason": "ok", "price": Decimal("12.50"), "reference": "R-1", "capture": {"lead": "L1"}}
    await store.record(make.attempt(posted, tries=3, spent=2.0, spent_at=make.now, said=said))
    story = await store.story("a")
    assert (story.summary.state, story.summary.outcome, story.summary.due_at) == (
        "delivered",
        "success",
        None,
    )
    assert (story.price, story.reference, story.capture) == ("12.50", "R-1", {"lead": "L1"})
    await store.replay("a", Replay(again=True), ENDPOINT, make.now)
    (delivery,) = await store.due(ENDPOINT, make.now, 1, ())
    assert (delivery.attempts, delivery.tries, delivery.spent, delivery.spent_at) == (1, 0, 0, None)


async def test_the_story_tells_every_attempt(store, make):
    """Attempts stand in order, in the shape of the HTTP interface, to the letter."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    first = make.attempt(posted, "error", due_at=make.after(10), network_error="reset", maybe_received=True)
    request = Request("POST", "https://acme.example/", (("X-Key", "***"),), b"{}")
    second = make.attempt(
        posted, number=2, request=request, response=Response(200, (("Server", "x"),), b"ok")
    )
    await store.record(first)
    await store.record(second)
    assert (await store.story("a")).attempts == (attempt_json(first), attempt_json(second))
    assert await store.story("b") is None


async def test_the_same_attempt_again(store, make):
    """Recording a number again replaces it and counts once."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    await asyncio.gather(*(store.record(make.attempt(posted, conf=conf)) for conf in ("one", "two")))
    story = await store.story("a")
    assert (story.summary.attempts, [told["conf"] for told in story.attempts]) == (1, ["two"])


async def test_two_attempts_in_one_batch(store, make):
    """Attempts of one event that are recorded at the same time count in the order they were asked for."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    first = make.attempt(posted, "error", due_at=make.after(1), said={"reason": "first"})
    await asyncio.gather(store.record(first), store.record(make.attempt(posted, number=2)))
    told = (await store.story("a")).summary
    assert (told.state, told.reason, told.due_at, told.attempts) == ("delivered", None, None, 2)


async def test_an_attempt_for_no_event(store, make):
    """It has no place, and its caller learns so; the rest of its batch is recorded."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    calls = [store.record(make.attempt(made)) for made in (posted, make.event("b"))]
    recorded, lost = await asyncio.gather(*calls, return_exceptions=True)
    assert recorded is None
    assert isinstance(lost, StoreError)
    assert str(lost) == "no event b is stored, so its attempt has no place (add it first)"
    assert (await store.story("a")).summary.state == "delivered"


@pytest.mark.parametrize("kind", ["failure", "error", "skip"])
async def test_delivered_stays_delivered(store, make, kind):
    """A delivered event that is sent again keeps state, outcome and what the source said, whatever comes of it."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    await store.record(
        make.attempt(
            posted, said={"reason": "ok", "price": Decimal(5), "reference": "R", "capture": {"x": "y"}}
        )
    )
    assert await store.replay("a", Replay(again=True), ENDPOINT, make.now) == "queued"
    (delivery,) = await store.due(ENDPOINT, make.now, 1, ())
    await store.record(make.attempt(posted, kind, number=2, said={"reason": "no", "price": Decimal(1)}))
    story = await store.story("a")
    assert delivery.state == "delivered"
    assert (story.summary.state, story.summary.outcome, story.summary.reason) == (
        "delivered",
        "success",
        "ok",
    )
    assert (story.price, story.reference, story.capture) == ("5", "R", {"x": "y"})
    assert story.summary.due_at is None


async def test_delivered_again(store, make):
    """A delivered event that is delivered again tells what the source said last."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    await store.record(make.attempt(posted, said={"price": Decimal(5)}))
    await store.replay("a", Replay(again=True), ENDPOINT, make.now)
    await store.record(make.attempt(posted, number=2, said={"price": Decimal(6)}))
    assert (await store.story("a")).price == "6"


async def test_what_cannot_be_replayed(store, make):
    """An unknown event, one that waits, and a delivered one without `again` are left alone."""
    posted = make.event("a")
    assert await store.replay("a", Replay(), ENDPOINT, make.now) == "unknown"
    await store.add([make.entry(posted, due_at=make.after(5))])
    assert await store.replay("a", Replay(again=True), ENDPOINT, make.now) == "waiting"
    await store.record(make.attempt(posted))
    assert await store.replay("a", Replay(), ENDPOINT, make.now) == "delivered"
    assert (await store.story("a")).summary.due_at is None


async def test_replay_with_the_same_values(store, make):
    """`same` sends the last values there were, secrets as references, under the key they were sent with."""
    posted = make.event("a")
    values = Values(
        "https://acme.example/", (("X-Key", Secret("file", "k")),), {"n": Decimal("1.50")}, ("b",)
    )
    await store.add([make.entry(posted)])
    await store.record(make.attempt(posted, "failure", values=values, key="a"))
    await store.replay("a", Replay("fresh"), ENDPOINT, make.now)
    await store.record(make.attempt(posted, "skip", number=2, key="a.2"))
    wish = Replay("same", ("max_age",), why="the source asked for it")
    assert await store.replay("a", wish, "acme@x/return", make.after(1)) == "queued"
    (delivery,) = await store.due("acme@x/return", make.after(1), 1, ())
    story = await store.story("a")
    assert (delivery.values, delivery.replay, delivery.key) == (values, wish, "a")
    assert (story.summary.state, story.replay) == ("queued", wish)


async def test_replay_with_fresh_values(store, make):
    """Each `fresh` replay goes out under a new key, and brings no values along."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    await store.record(make.attempt(posted, "failure", values=Values("https://acme.example/")))
    keys = []
    for number in (2, 3):
        await store.replay("a", Replay("fresh"), ENDPOINT, make.now)
        (delivery,) = await store.due(ENDPOINT, make.now, 1, ())
        assert delivery.values is None
        await store.record(
            make.attempt(posted, "failure", number=number, key=delivery.key, values=Values("x"))
        )
        keys.append(delivery.key)
    await store.replay("a", Replay("same"), ENDPOINT, make.now)
    (delivery,) = await store.due(ENDPOINT, make.now, 1, ())
    assert (keys, delivery.key) == (["a.2", "a.3"], "a.3")


async def test_a_replay_lasts_until_it_is_final(store, make):
    """A retry within a replay still knows the wish; the final attempt ends it."""
    posted = make.event("a")
    await store.add([make.entry(posted, final=True, state="parked")])
    wish = Replay("fresh", why="conf mended")
    await store.replay("a", wish, ENDPOINT, make.now)
    await store.record(make.attempt(posted, "error", due_at=make.after(1), replay=wish, key="a.2", tries=1))
    (delivery,) = await store.due(ENDPOINT, make.after(1), 1, ())
    await store.record(make.attempt(posted, number=2, replay=wish, key="a.2"))
    assert (delivery.replay, delivery.tries, delivery.key) == (wish, 1, "a.2")
    assert (await store.story("a")).replay is None


async def test_backlog(store, make):
    """What has a future is counted by endpoint, with its next due time and its oldest event."""
    early, late = make.event("b", at=make.after(-60)), make.event("c", flow="x")
    await store.add([make.entry("a", due_at=make.after(9)), make.entry(early, due_at=make.after(3))])
    await store.add([make.entry(late, endpoint="acme@x/return"), make.entry("d", final=True, state="parked")])
    assert sorted(await store.backlog(), key=lambda one: one.endpoint) == [
        Backlog(ENDPOINT, 2, make.after(3), make.after(-60)),
        Backlog("acme@x/return", 1, make.now, make.now),
    ]
    assert {(one.flow, one.endpoint) for one in await store.waiting()} == {
        (None, ENDPOINT), ("x", "acme@x/return")
    }  # fmt: skip


async def test_move(store, make, monkeypatch):
    """What waits for one flow goes to its new endpoint, due by then, in the order it had; nothing else is touched."""
    monkeypatch.setattr("gateway.store.sqlite.MOVED_AT_ONCE", 3)
    waiting = [make.entry(make.event(f"e{n}", flow="x"), due_at=make.after(n * 10)) for n in range(8)]
    done = make.event("done", flow="x")
    await store.add([*waiting, make.entry("plain"), make.entry(done)])
    await store.record(make.attempt(done))
    await store.move("acme", "x", "return", "acme@x/return", make.after(30))
    found = await store.due("acme@x/return", make.after(30), 99, ())
    assert [delivery.event.id for delivery in found] == [f"e{n}" for n in range(8)]
    assert [delivery.due_at for delivery in found] == [make.after(min(n * 10, 30)) for n in range(8)]
    assert [delivery.event.id for delivery in await store.due(ENDPOINT, make.after(99), 99, ())] == ["plain"]
    assert (await store.story("done")).summary.endpoint == ENDPOINT


async def test_a_retry_that_waits_is_due_at_once(store, make):
    """A move to the endpoint it has already brings what waits forward."""
    await store.add([make.entry("a", due_at=make.after(900))])
    await store.move("acme", None, "return", ENDPOINT, make.after(1))
    assert await store.next_due(ENDPOINT, ()) == make.after(1)


@pytest.fixture
async def filled(store, make):
    """Twelve events: two sources, both types, three leads; every third delivered, one rejected."""
    for n in range(12):
        more = {"source": "acme" if n % 2 else "bolt", "type": "return" if n < 6 else "conversion"}
        posted = make.event(f"e{n}", at=make.after(n), lead={"id": n % 3}, **more)
        await store.add([make.entry(posted)])
        if n % 3 == 0:
            await store.record(make.attempt(posted))
    await store.record(make.attempt(posted, "failure"))
    return store


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        ({"state": "delivered"}, [9, 6, 3, 0]),
        ({"state": "rejected"}, [11]),
        ({"outcome": "success"}, [9, 6, 3, 0]),
        ({"outcome": "failure", "source": "acme"}, [11]),
        ({"outcome": "skip"}, []),
        ({"source": "bolt"}, [10, 8, 6, 4, 2, 0]),
        ({"type": "return"}, [5, 4, 3, 2, 1, 0]),
        ({"lead_id": "1"}, [10, 7, 4, 1]),
        ({"since": 8}, [11, 10, 9, 8]),
        ({"until": 3}, [2, 1, 0]),
        ({"since": 2, "until": 9, "source": "bolt", "state": "queued", "type": "return"}, [4, 2]),
        ({"source": "nobody"}, []),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5, 12, 100])
async def test_list(filled, make, which, expected, limit):
    """Every filter, alone and together, page by page: newest first, each event once, and the count agrees."""
    moments = {name: make.after(which[name]) for name in ("since", "until") if name in which}
    wanted, found, after = Filter(**{**which, **moments}), [], None
    while True:
        page = await filled.list(wanted, limit, after)
        found += [summary.id for summary in page.events]
        assert len(page.events) <= limit
        if page.next is None:
            break
        after = page.next
    assert found == [f"e{n}" for n in expected]
    assert await filled.count(wanted) == len(expected)


async def test_a_list_while_events_arrive(store, make):
    """What arrives between two pages neither repeats nor hides an event of the list, in the same millisecond too."""
    await store.add([make.entry(f"e{n}") for n in range(4)])
    first = await store.list(Filter(), 2)
    await store.add([make.entry("new")])
    second = await store.list(Filter(), 2, first.next)
    assert [summary.id for page in (first, second) for summary in page.events] == ["e3", "e2", "e1", "e0"]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", "1.2.3", "1.9999999999999999999", "١.١"])
async def test_no_cursor(store, cursor):
    """A cursor that no page gave is refused."""
    with pytest.raises(ValueError, match=r"is no cursor of a list \(take `next` of the page before\)"):
        await store.list(Filter(), 1, cursor)


async def test_bytes_in_the_middle_are_let_go(store, make):
    """Of an event that is tried often, all facts are kept, and the bytes of the first and the last five attempts."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    sent = {"request": Request("POST", "u", (), b"{}"), "response": Response(500, (), b"\xff")}
    for number in range(1, 10):
        await store.record(make.attempt(posted, "error", number=number, values=Values(f"u{number}"), **sent))
    told = (await store.story("a")).attempts
    with_bytes = [
        one["number"] for one in told if "body" in one["request"] and "body_base64" in one["response"]
    ]
    assert with_bytes == [1, 5, 6, 7, 8, 9]
    assert [one["number"] for one in told] == list(range(1, 10))
    assert told[1]["request"] == {"method": "POST", "url": "u", "headers": {}}
    assert told[1]["response"] == {"status": 500, "headers": {}, "truncated": False}
    assert told[1]["notes"] == ["bytes are kept of the first and the last attempts only"]
    assert told[0]["notes"] == []


async def test_the_last_values_outlive_their_bytes(store, make):
    """A `same` replay finds the last values there were, however many attempts without values came after them."""
    posted, values = make.event("a"), Values("u", (), {"n": Decimal("1.50")})
    await store.add([make.entry(posted)])
    for number in range(1, 10):
        await store.record(
            make.attempt(posted, "skip", number=number, values=values if number == 2 else None)
        )
    await store.replay("a", Replay("same"), ENDPOINT, make.now)
    (delivery,) = await store.due(ENDPOINT, make.now, 1, ())
    assert delivery.values == values


async def test_what_a_plugin_left_in_an_attempt_is_no_obstacle(store, make):
    """Lone surrogates and objects that JSON does not know are kept as text, so that the attempt is recorded."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    said = {"reason": "\udcff?", "reference": "\ud800", "capture": {"k": "\udc80"}, "notes": (make.now,)}
    answer = Response(200, (("X", "\udcff"),), b"")
    await store.record(
        make.attempt(posted, said=said, response=answer, values=Values("u", (), {"at": make.now}))
    )
    story = await store.story("a")
    assert (story.summary.reason, story.reference, story.capture) == ("??", "?", {"k": "?"})
    assert story.attempts[0]["notes"] == [str(make.now)]
    assert story.attempts[0]["response"]["headers"] == {"X": "?"}


async def test_closing_writes_what_waits(store, make):
    """What was asked for before `close` is answered; afterwards every call says that the store is closed."""
    adding = asyncio.gather(*(store.add([make.entry(f"e{n}")]) for n in range(10)))
    await asyncio.sleep(0)
    await store.close()
    assert [receipts[0].added for receipts in await adding] == ["added"] * 10
    for call in (
        store.add([make.entry("x")]),
        store.story("e1"),
        store.record(make.attempt(make.event("e1"))),
    ):
        with pytest.raises(StoreError, match=r"^the store is closed$"):
            await call
    await store.close()


async def test_history(filled, make):
    """Events with what their last attempts made of them, in the order of a list, every filter, part by part."""
    for which in (Filter(), Filter(source="acme"), Filter(state="delivered"), Filter(since=make.after(7))):
        found, before = [], None
        while part := await filled.history(which, 2, before):
            found += part
            before = part[-1].seq
        assert [one.event.id for one in found] == [told.id for told in (await filled.list(which, 99)).events]
        assert await filled.history(which, 99) == found


async def test_history_tells_the_last_attempt(store, make):
    """An event comes to the letter, with the facts and the values of its last attempt; without one, without them."""
    posted, values = make.event("a", note="ü"), Values("u", (), {"key": Secret("file", "k")})
    await store.add([make.entry(posted), make.entry("b")])
    await store.record(make.attempt(posted, "error", values=Values("old"), due_at=make.after(1)))
    last = make.attempt(posted, "failure", number=2, values=values, said={"reason": "no"})
    await store.record(last)
    fresh, told = await store.history(Filter(), 9)
    assert (told.event, told.event.text, told.event.body) == (posted, posted.text, posted.body)
    assert (told.endpoint, told.state, told.outcome, told.reason) == (ENDPOINT, "rejected", "failure", "no")
    assert (told.last, told.values) == (attempt_json(last), values)
    assert (fresh.event.id, fresh.state, fresh.last, fresh.values) == ("b", "queued", None, None)
    assert fresh.seq > told.seq


async def test_deliveries(store, make):
    """What was delivered at that endpoint since a moment is counted, by when the source took it; nothing else."""
    kinds = {"a": "success", "b": "success", "c": "failure", "d": "error", "e": "skip"}
    for n, (id, kind) in enumerate(kinds.items()):
        posted = make.event(id)
        await store.add([make.entry(posted)])
        await store.record(make.attempt(posted, kind, started_at=make.after(n), ms=500))
    await store.add([make.entry("waits")])
    other = make.event("other", source="bolt")
    await store.add([make.entry(other)])
    await store.record(make.attempt(other))
    counts = [await store.deliveries(ENDPOINT, make.after(since)) for since in (-9, 0.5, 0.501, 1.5, 1.501)]
    assert counts == [2, 2, 1, 1, 0]
    assert await store.deliveries("bolt/return", make.now) == 1


async def test_a_delivery_again_counts_at_its_last_time(store, make):
    """A delivered event that is delivered again is one delivery, of now; one that fails then keeps its time."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    for number, kind in enumerate(["success", "success", "error"]):
        at = make.after(number * 100)
        await store.record(make.attempt(posted, kind, number=number + 1, started_at=at))
    counts = [await store.deliveries(ENDPOINT, make.after(since)) for since in (0, 100, 200)]
    assert counts == [1, 1, 0]


async def test_an_event_that_moved_belongs_where_it_was_delivered(store, make):
    """What was assigned to another endpoint while it was on its way counts at the one that took it."""
    posted = make.event("a")
    await store.add([make.entry(posted)])
    await store.move("acme", None, "return", "acme@x/return", make.now)
    await store.record(make.attempt(posted, endpoint=ENDPOINT, marks=("m",)))
    assert (await store.story("a")).summary.endpoint == ENDPOINT
    assert await store.deliveries(ENDPOINT, make.now) == 1
    assert await store.deliveries("acme@x/return", make.now) == 0
    assert (await store.given(ENDPOINT, "m", "b")).id == "a"


async def test_voices(store, make):
    """The other events of a lead to a source that were delivered or have a future, of any type and flow."""
    lead = {"lead": {"id": "L"}}
    parts = {
        "delivered": (make.event("delivered", recipient={"id": 7}, **lead), "success"),
        "rejected": (make.event("rejected", **lead), "failure"),
        "queued": (make.event("queued", flow="x", recipient={"id": "crm"}, **lead), None),
        "asked": (make.event("asked", **lead), None),
        "later": (make.event("later", type="conversion", recipient="odd", **lead), None),
        "elsewhere": (make.event("elsewhere", source="bolt", **lead), None),
        "another": (make.event("another", lead={"id": "M"}), None),
    }
    for posted, kind in parts.values():
        await store.add([make.entry(posted)])
        if kind:
            await store.record(make.attempt(posted, kind))
    asked = parts["asked"][0]
    assert await store.voices(asked) == [
        Voice("delivered", "return", ENDPOINT, "7", make.now, "delivered", True),
        Voice("queued", "return", ENDPOINT, "crm", make.now, "queued", True),
        Voice("later", "conversion", "acme/conversion", None, make.now, "queued", False),
    ]
    assert await store.voices(make.event("nobody")) == []


async def test_every_voice_is_earlier_than_an_event_that_is_not_stored(store, make):
    """As in a preview; what waits to be sent again is delivered all the same."""
    posted = make.event("a", lead={"id": 5})
    await store.add([make.entry(posted)])
    await store.record(make.attempt(posted))
    await store.replay("a", Replay(again=True), ENDPOINT, make.now)
    (voice,) = await store.voices(make.event("new", lead={"id": "5"}))
    assert (voice.id, voice.state, voice.earlier) == ("a", "delivered", True)


async def test_marks(store, make):
    """A delivered event holds its marks at its endpoint, for others; one that was not delivered holds none."""
    first, second = make.event("a", recipient={"id": "crm"}), make.event("b")
    await store.add([make.entry(first), make.entry(second)])
    await store.record(make.attempt(second, "failure", marks=("L1",)))
    assert await store.given(ENDPOINT, "L1", "a") is None
    await asyncio.gather(store.record(make.attempt(first, marks=("L1", "L2", "L1"))))
    held = Voice("a", "return", ENDPOINT, "crm", make.now, "delivered", True)
    assert [await store.given(ENDPOINT, mark, "b") for mark in ("L1", "L2", "L3")] == [held, held, None]
    assert await store.given("bolt/return", "L1", "b") is None
    assert await store.given(ENDPOINT, "L1", "a") is None


async def test_a_mark_held_twice(store, make):
    """Where a person let a second event through, each of the two still sees the other."""
    events = [make.event("a"), make.event("b")]
    for posted in events:
        await store.add([make.entry(posted)])
        await store.record(make.attempt(posted, marks=("L",)))
        await store.record(make.attempt(posted, number=2, marks=("L",)))
    assert [(await store.given(ENDPOINT, "L", id)).id for id in ("a", "b", "c")] == ["b", "a", "a"]


async def test_what_lanes_remember(store, make):
    """A pause and an open breaker are found again, by their endpoint, until they are undone; each is one row."""
    pause, trip = Pause("joe", make.now, "they move"), Trip(make.now, make.after(30), 30.0)
    assert (await store.pauses(), await store.trips()) == ({}, {})
    await store.pause("acme/return", Pause("ann", make.now))
    await store.pause("acme/return", pause)
    await store.trip("acme/return", replace(trip, pause=15.0))
    await store.trip("acme/return", trip)
    assert (await store.pauses(), await store.trips()) == ({"acme/return": pause}, {"acme/return": trip})
    await store.pause("bolt/return", None)
    await store.pause("acme/return", None)
    await store.trip("acme/return", None)
    assert (await store.pauses(), await store.trips()) == ({}, {})


async def test_a_pause_outlives_the_daemon(make, tmp_path):
    """What was answered is on disk."""
    pause = Pause("joe", make.now, "half a \ud83d")
    opened = await SqliteStore.open(tmp_path)
    await opened.pause("acme/return", pause)
    await opened.close()
    opened = await SqliteStore.open(tmp_path)
    assert await opened.pauses() == {"acme/return": replace(pause, why="half a ?")}
    await opened.close()
