"""What age removes, and what a person who is to be forgotten leaves behind: the contract first, then the files."""

import random
import sqlite3

import pytest

from gateway.errors import StoreUnavailable
from gateway.model import Replay, Request, Response, Values
from gateway.store import Cutoffs, Filter, Forgotten, Swept
from gateway.store.sql import QUERIES, SCHEMA
from gateway.store.sqlite import SqliteStore

ENDPOINT = "acme/return"
DAY = 86400.0


def cutoffs(make, *, events=-1000.0, bodies=-1000.0, ids=-1000.0):
    """Cut-offs in days from noon; without any, nothing is too old."""
    return Cutoffs(make.after(events * DAY), make.after(bodies * DAY), make.after(ids * DAY))


async def swept(store, before):
    removed = Swept()
    async for step in store.sweep(before):
        removed += step
    return removed


def old(make, id, days, **more):
    return make.event(id, at=make.after(-days * DAY), **more)


async def settle(store, make, made, kind="success", **more):
    """One attempt at an event, a second after it was posted."""
    started = more.pop("started_at", made.received_at)
    await store.record(make.attempt(made, kind, started_at=started, **more))


async def ids(store):
    return sorted(event.id for event in (await store.list(Filter(), 1000)).events)


class TestEvents:
    async def test_only_what_is_over(self, store, make):
        """What waits stays however old it is; what is over goes in any state, and says how much was parked."""
        events = {
            state: old(make, state, 100) for state in ("delivered", "rejected", "parked", "queued", "retried")
        }
        await store.add([make.entry(made) for made in events.values()])
        for state, kind in (("delivered", "success"), ("rejected", "failure"), ("parked", "error")):
            await settle(store, make, events[state], kind)
        await settle(store, make, events["retried"], "error", due_at=make.after(1))
        await store.add([make.entry(old(make, "vetoed", 100), final=True, state="vetoed", outcome="skip")])
        await store.add([make.entry(old(make, "young", 89), final=True, state="vetoed", outcome="skip")])
        removed = await swept(store, cutoffs(make, events=-90))
        assert removed == Swept(events=4, parked=1, attempts=3)
        assert await ids(store) == ["queued", "retried", "young"]
        assert len((await store.story("retried")).attempts) == 1

    async def test_since_the_last_attempt(self, store, make):
        """What a person had sent again stays as long as if it had been posted then."""
        made = old(make, "a", 100)
        await store.add([make.entry(made)])
        await settle(store, make, made, "failure")
        await store.replay("a", Replay(), ENDPOINT, make.now)
        await settle(store, make, made, "failure", number=2, started_at=make.after(-80 * DAY))
        assert await swept(store, cutoffs(make, events=-90)) == Swept()
        assert await swept(store, cutoffs(make, events=-80)) == Swept()
        assert (await swept(store, cutoffs(make, events=-79.9))).events == 1

    async def test_a_replay_meanwhile_wins(self, store, make):
        """What got a future after it was found to be too old, and before it was removed, stays."""
        made = old(make, "a", 100)
        await store.add([make.entry(made, final=True, state="vetoed", outcome="skip")])
        change = store._change

        async def replayed_first(work, *args):
            store._change = change
            assert await store.replay("a", Replay(), ENDPOINT, make.now) == "queued"
            return await change(work, *args)

        store._change = replayed_first
        steps = store.sweep(cutoffs(make, events=-90))
        assert [step async for step in steps] == [Swept()]
        assert await ids(store) == ["a"]

    async def test_many(self, store, make, monkeypatch):
        """However many there are, and whatever stays between them, a step is small and all are reached."""
        monkeypatch.setattr("gateway.store.removing.AT_ONCE", 10)
        for n in range(60):
            state = {"final": True, "state": "vetoed", "outcome": "skip"} if n % 3 else {}
            await store.add([make.entry(old(make, f"e{n:02}", 100 - n // 30), **state)])
        steps = [step.events async for step in store.sweep(cutoffs(make, events=-90))]
        assert (len(steps), sum(steps)) == (6, 40)
        assert await ids(store) == [f"e{n:02}" for n in range(0, 60, 3)]


class TestIds:
    async def test_a_late_repeat(self, store, make):
        """An event that age removed is known by its id and content; other content is a conflict; a third is new."""
        made = old(make, "a", 100, note=[1, 2])
        await store.add([make.entry(made)])
        await settle(store, make, made)
        await swept(store, cutoffs(make, events=-90))
        again = make.event("a", text='{"note": [1, 2],  "source": "acme", "type": "return", "id": "a"}')
        receipts = await store.add(
            [make.entry(again), make.entry(make.event("a", note=[2, 1])), make.entry("b")]
        )
        assert [(one.added, one.state, one.outcome) for one in receipts] == [
            ("known", "delivered", "success"),
            ("conflict", "delivered", "success"),
            ("added", "queued", None),
        ]
        assert await ids(store) == ["b"]

    async def test_for_how_long(self, store, make):
        """Once its id is too old as well, the event is new, and its marks are free."""
        made = old(make, "a", 500)
        await store.add([make.entry(made)])
        await settle(store, make, made, marks=("m",))
        assert (await swept(store, cutoffs(make, events=-90))).ids == 0
        assert await store.given(ENDPOINT, "m", "b") is not None
        assert await swept(store, cutoffs(make, events=-90, ids=-400)) == Swept(ids=1)
        assert await store.given(ENDPOINT, "m", "b") is None
        assert (await store.add([make.entry(made)]))[0].added == "added"

    async def test_what_was_given_stays_given(self, store, make):
        """A mark outlives its event: `once` still finds it, though not what held it."""
        made = old(make, "a", 100)
        await store.add([make.entry(made)])
        await settle(store, make, made, marks=("m",))
        await swept(store, cutoffs(make, events=-90))
        await store.add([make.entry("b")])
        held = await store.given(ENDPOINT, "m", "b")
        assert (held.id, held.type, held.endpoint) == ("that is not kept any more", "return", ENDPOINT)
        assert (held.state, held.earlier, held.recipient) == ("delivered", True, None)
        assert abs((held.received_at - made.received_at).total_seconds()) < 0.001

    async def test_a_damaged_event(self, file_store, make):
        """What is damaged goes as well; a repeat of it is a conflict, for nobody knows what it was."""
        made = old(make, "a", 100)
        await file_store.add([make.entry(made, final=True, state="vetoed", outcome="skip")])
        await file_store._change(lambda database: database.execute("UPDATE event SET body = '{'").rowcount)
        assert (await swept(file_store, cutoffs(make, events=-90))).events == 1
        assert (await file_store.add([make.entry(made)]))[0].added == "conflict"


class TestBodies:
    @pytest.fixture
    def told(self, make):
        """The bytes of one attempt."""
        request = Request("POST", "https://a.example/", (("A", "b"),), b"asked")
        response = Response(200, (("C", "d"),), b"\xff", False)
        return {"request": request, "response": response, "values": Values("u", (), {"lead": "L"})}

    async def test_the_bytes_go_first(self, store, make, told):
        """Bytes of old attempts go, and a note says so; facts, and values for a replay, stay with the event."""
        for id, days in (("old", 31), ("young", 29)):
            made = old(make, id, days)
            await store.add([make.entry(made)])
            await settle(store, make, made, "failure", **told)
        assert await swept(store, cutoffs(make, events=-90, bodies=-30)) == Swept(bodies=1)
        assert await swept(store, cutoffs(make, events=-90, bodies=-30)) == Swept()
        (faded,), (whole,) = [(await store.story(id)).attempts for id in ("old", "young")]
        assert faded["request"] == {"method": "POST", "url": "https://a.example/", "headers": {"A": "b"}}
        assert faded["response"] == {"status": 200, "headers": {"C": "d"}, "truncated": False}
        assert faded["notes"] == ["the bytes were kept for as long as retention.bodies says"]
        assert (whole["request"]["body"], whole["response"]["body_base64"], whole["notes"]) == (
            "asked",
            "/w==",
            [],
        )
        await store.replay("old", Replay(), ENDPOINT, make.now)
        (delivery,) = await store.due(ENDPOINT, make.now, 9, ())
        assert delivery.values == told["values"]

    async def test_what_waits_keeps_them(self, store, make, told):
        """An event that has a future loses nothing."""
        made = old(make, "a", 40)
        await store.add([make.entry(made)])
        await settle(store, make, made, "error", due_at=make.after(1), **told)
        assert await swept(store, cutoffs(make, bodies=-30)) == Swept()
        assert (await store.story("a")).attempts[0]["request"]["body"] == "asked"

    async def test_new_attempts_under_old_numbers(self, store, make, told):
        """Where the newest attempts are removed, those that follow get their numbers, and lose their bytes in time."""
        for id in ("a", "b"):
            made = old(make, id, 31, lead={"id": id})
            await store.add([make.entry(made)])
            await settle(store, make, made, **told)
        assert (await swept(store, cutoffs(make, bodies=-30))).bodies == 2
        await store.forget(["a", "b"])
        made = old(make, "c", 31)
        await store.add([make.entry(made)])
        await settle(store, make, made, **told)
        assert (await swept(store, cutoffs(make, bodies=-30))).bodies == 1


class TestForget:
    async def test_all_that_is_kept(self, store, make):
        """Events in every state with their attempts and marks; nobody else's; what waited is not due any more."""
        posted = {id: make.event(id, lead={"id": "L"}) for id in ("given", "waits", "begun")}
        await store.add(
            [make.entry(made) for made in (*posted.values(), make.event("other", lead={"id": "M"}))]
        )
        await store.record(make.attempt(posted["given"], marks=("m", "n")))
        await store.record(make.attempt(posted["waits"], "error", due_at=make.after(9)))
        await store.begin(make.attempt(posted["begun"], "error"))
        found = await store.forget([*posted, "unknown"])
        assert found == Forgotten(events=3, cancelled=2, attempts=3, marks=2)
        assert await ids(store) == ["other"]
        assert [one.event.id for one in await store.due(ENDPOINT, make.after(99), 9, ())] == ["other"]
        assert await store.given(ENDPOINT, "m", "x") is None
        assert await store.park_unfinished() == []
        assert await store.forget(list(posted)) == Forgotten()

    async def test_posted_again(self, store, make):
        """A late repeat brings nothing back: it is known, as delivered or as not sent."""
        posted = {id: make.event(id, lead={"id": "L"}) for id in ("given", "waits")}
        await store.add([make.entry(made) for made in posted.values()])
        await store.record(make.attempt(posted["given"]))
        await store.forget(list(posted))
        receipts = await store.add([make.entry(made) for made in posted.values()])
        assert [(one.added, one.state, one.outcome) for one in receipts] == [
            ("known", "delivered", "success"),
            ("known", "vetoed", "skip"),
        ]
        assert await ids(store) == []

    async def test_no_byte_is_left(self, tmp_path, make):
        """Neither the file nor its log holds a trace: not in free pages, not in gaps, not in an index.

        Among a thousand others, posted, tried and forgotten in disorder, so that pages are split, merged and moved.
        """
        chance = random.Random(7)
        store = await SqliteStore.open(tmp_path)
        names = [f"CANARY{n % 50:03}" if n % 20 == 0 else f"other{n:05}" for n in range(1000)]
        events = [
            make.event(
                f"{name}-{n}",
                lead={"id": name, "note": f"{name} " * chance.choice((1, 30, 900))},
                more=f"{name}@x",
            )
            for n, name in enumerate(names)
        ]
        chance.shuffle(events)
        for start in range(0, 1000, 50):
            await store.add([make.entry(made) for made in events[start : start + 50]])
        for made in events:
            lead = made.lead_id
            values = Values(f"https://a.example/{lead}", (), {"lead": lead * chance.choice((1, 200))})
            request = Request("POST", values.url, (), f"lead={lead}".encode() * chance.choice((1, 300)))
            await store.record(
                make.attempt(made, request=request, values=values, marks=(f"{lead}-mark{made.id}",))
            )
        found = {path.name: path.read_bytes().count(b"CANARY") for path in tmp_path.glob("events.db*")}
        for lead in {name for name in names if name.startswith("CANARY")}:
            await store.forget([event.id for event in (await store.list(Filter(lead_id=lead), 99)).events])
        left = {path.name: path.read_bytes().count(b"CANARY") for path in tmp_path.glob("events.db*")}
        await store.close()
        assert found["events.db"] + found["events.db-wal"] > 50
        assert left == {"events.db": 0, "events.db-wal": 0, "events.db-shm": 0}
        assert b"other00001" in (tmp_path / "events.db").read_bytes()

    async def test_a_reader_in_the_way(self, tmp_path, make, monkeypatch):
        """A long reading keeps the log; that is said, the store goes on, and asked again it is emptied."""
        monkeypatch.setattr("gateway.store.writer.LOG_TRIES", 2)
        store = await SqliteStore.open(tmp_path)
        await store.add([make.entry("a")])
        reading = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM event").fetchone()
        with pytest.raises(
            StoreUnavailable, match=r"could not be emptied: somebody reads it, such as a backup \("
        ):
            await store.forget(["a"])
        await store.add([make.entry("b")])
        reading.close()
        await store.forget([])
        assert (await ids(store), (tmp_path / "events.db-wal").stat().st_size) == (["b"], 0)
        await store.close()


async def test_the_file_does_not_grow(tmp_path, make, monkeypatch):
    """What is removed makes room for what comes: after the first rounds the file keeps its size."""
    store = await SqliteStore.open(tmp_path)
    sizes = []
    for day in range(12):
        for n in range(0, 200, 50):
            at = make.after(day * DAY)
            made = [make.event(f"{day}-{n}-{k}", at=at, note="x" * 1500) for k in range(50)]
            await store.add([make.entry(one, final=True, state="vetoed", outcome="skip") for one in made])
        await swept(store, cutoffs(make, events=day - 2.5, ids=day - 4.5))
        await store.forget([])
        sizes.append((tmp_path / "events.db").stat().st_size)
    await store.close()
    assert sizes[-1] <= sizes[5] * 1.05


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("oldest", "SEARCH event USING INDEX event_by_time (received_at>? AND received_at<?)"),
        ("oldest_gone", "SEARCH gone USING COVERING INDEX gone_by_time (received_at<?)"),
        ("next_to_fade", "SEARCH attempt USING INTEGER PRIMARY KEY (rowid>?)"),
        ("remove_attempts", "SEARCH attempt USING INDEX sqlite_autoindex_attempt_1 (event=?)"),
        ("remove_marks", "SEARCH mark USING COVERING INDEX mark_by_event (event=?)"),
    ],
)
def test_removals_are_indexed(name, wanted):
    """However many rows there are, a step finds its own by an index, and sorts nothing but what has one time."""
    database = sqlite3.connect(":memory:")
    database.executescript(SCHEMA)
    names = ["young", "before", "after_received_at", "after_seq", "limit"]
    asked = ("[]",) if "?" in QUERIES[name] else dict.fromkeys(names)
    plan = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + QUERIES[name], asked)]
    database.close()
    assert wanted in plan
    assert not any("TEMP B-TREE" in step for step in plan)
