"""What SQLite adds to the contract: one daemon, one writer, and what happens when the machine fails."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway import jsontext
from gateway.errors import StoreError, StoreUnavailable
from gateway.model import Replay, Values
from gateway.store import Filter, facts, folder, reading, transaction
from gateway.store.rows import attempt_row, entry_row
from gateway.store.sql import MIGRATIONS, QUERIES, SCHEMA
from gateway.store.sqlite import SqliteStore

ADDER = Path(__file__).with_name("adder.py")
ENDPOINT = "acme/return"


def shape(database):
    """Every table and index, without comments and white space: an added column brings neither."""
    found = database.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    return [(kind, name, re.sub(r"--.*|\s", "", sql or "")) for kind, name, sql in found]


async def limit_pages(store, pages):
    """Make the file as full as a full disk would, or let it grow again."""
    await store._change(lambda database: database.execute(f"PRAGMA max_page_count = {pages}").fetchall())


class TestFolder:
    async def test_second_opener(self, tmp_path):
        """A data folder that is in use is refused with a sentence that names it, and is free after `close`."""
        first = await SqliteStore.open(tmp_path / "data")
        with pytest.raises(StoreError) as refused:
            await SqliteStore.open(tmp_path / "data")
        await first.close()
        await (await SqliteStore.open(tmp_path / "data")).close()
        assert str(refused.value) == (
            f"the data folder {tmp_path}/data is in use by another daemon"
            " (stop that one, or give this one another `data` folder)"
        )

    async def test_an_emptied_folder_is_not_free(self, tmp_path):
        """The folder itself is held: whatever is removed in it, nobody else gets in."""
        first = await SqliteStore.open(tmp_path / "data")
        for path in (tmp_path / "data").iterdir():
            path.unlink()
        with pytest.raises(StoreError, match="is in use by another daemon"):
            await SqliteStore.open(tmp_path / "data")
        await first.close()

    async def test_modes(self, tmp_path, make):
        """Nobody else may look into the folder or any of its files, whatever the umask."""
        before = os.umask(0)
        try:
            store = await SqliteStore.open(tmp_path / "data")
            await store.add([make.entry("a")])
            modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "data").iterdir()}
            await store.close()
        finally:
            os.umask(before)
        assert oct((tmp_path / "data").stat().st_mode & 0o777) == "0o700"
        assert modes == dict.fromkeys(["events.db", "events.db-wal", "events.db-shm"], "0o600")

    async def test_no_folder(self, tmp_path):
        """A file in the place of the folder is named."""
        (tmp_path / "data").write_text("")
        with pytest.raises(
            StoreError, match=r"^the data folder .*/data cannot be used: File exists \(it must be a folder"
        ):
            await SqliteStore.open(tmp_path / "data")

    async def test_another_file(self, tmp_path):
        """A file that SQLite did not write is named and left as it is; the folder is free again."""
        (tmp_path / "events.db").write_text("these are my notes, dear daemon, and no database" * 100)
        for _ in range(2):
            with pytest.raises(StoreError, match=r"events\.db cannot be opened: file is not a database"):
                await SqliteStore.open(tmp_path)
        assert (tmp_path / "events.db").read_text().startswith("these are my notes")

    async def test_newer_file(self, tmp_path):
        """A file from a newer version is refused with a sentence, and not touched."""
        await (await SqliteStore.open(tmp_path)).close()
        with sqlite3.connect(tmp_path / "events.db") as database:
            database.execute("PRAGMA user_version = 99")
        database.close()
        with pytest.raises(StoreError) as refused:
            await SqliteStore.open(tmp_path)
        assert str(refused.value) == (
            f"{tmp_path}/events.db is from a newer version of the gateway: its format is 99, not {max(MIGRATIONS)}"
            " (run the newer version, or use another `data` folder)"
        )

    async def test_what_was_stored_is_there_again(self, tmp_path, make):
        """Closed and opened again, the file holds every event with its future and every attempt."""
        posted, values = make.event("a"), Values("u", (), {"a": 1})
        store = await SqliteStore.open(tmp_path)
        await store.add([make.entry(posted)])
        await store.record(make.attempt(posted, "error", due_at=make.after(5), values=values))
        before = await store.story("a")
        await store.close()
        store = await SqliteStore.open(tmp_path)
        after, waiting = await store.story("a"), await store.next_due(ENDPOINT, ())
        await store.close()
        assert (after, waiting) == (before, make.after(5))
        assert sorted(path.name for path in tmp_path.iterdir()) == ["events.db"]


class TestShape:
    def test_migrations_make_the_schema(self):
        """All migrations together make what the schema file says, and end at its version."""
        migrated, wanted = sqlite3.connect(":memory:", isolation_level=None), sqlite3.connect(":memory:")
        folder.migrate(migrated, "memory")
        wanted.executescript(SCHEMA)
        version = migrated.execute("PRAGMA user_version").fetchone()[0]
        assert shape(migrated) == shape(wanted)
        assert list(MIGRATIONS) == list(range(1, version + 1))
        migrated.close()
        wanted.close()

    async def test_a_file_of_the_first_version(self, tmp_path, make):
        """Its events and attempts are all there, and what was delivered counts from when its source took it."""
        database = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
        folder.migrate(database, "events.db", {1: MIGRATIONS[1]})
        posted = {id: make.event(id, lead={"id": "L"}) for id in ("a", "b", "c")}
        first = "id, source, flow, type, lead_id, endpoint, received_at, body, checksum, digest, state, outcome, reason, due_at, key"
        for made in posted.values():
            row = entry_row(make.entry(made))
            digest = jsontext.digest(made.body)
            database.execute(
                f"INSERT INTO event ({first}) VALUES ({', '.join('?' * 15)})", (*row[:9], digest, *row[9:])
            )
        tries = [
            make.attempt(posted["a"], "error", started_at=make.after(-9)),
            make.attempt(posted["a"], number=2, started_at=make.after(5), ms=1250.75),
            make.attempt(posted["a"], "failure", number=3, started_at=make.after(60)),
            make.attempt(posted["b"], "failure", values=Values("u")),
        ]
        for tried in tries:
            id, *row = attempt_row(tried)
            (seq,) = database.execute("SELECT seq FROM event WHERE id = ?", (id,)).fetchone()
            database.execute(
                "INSERT INTO attempt (event, number, facts, mapped, checksum) VALUES (?, ?, ?, ?, ?)",
                (seq, *row),
            )
        database.execute(
            "UPDATE event SET state = 'delivered', due_at = NULL, outcome = 'success' WHERE id = 'a'"
        )
        database.execute(
            "UPDATE event SET state = 'rejected', due_at = NULL, outcome = 'failure' WHERE id = 'b'"
        )
        database.close()
        store = await SqliteStore.open(tmp_path)
        found = await store.history(Filter(), 9)
        counts = [await store.deliveries(ENDPOINT, make.after(since)) for since in (6.2, 6.252)]
        voices = [voice.id for voice in await store.voices(posted["b"])]
        (waiting,) = await store.due(ENDPOINT, make.now, 9, ())
        await store.record(make.attempt(posted["c"], marks=("m",)))
        held = await store.given(ENDPOINT, "m", "b")
        again = make.event("a", text='{"lead": {"id": "L"}, "type": "return", "source": "acme", "id": "a"}')
        receipts = await store.add([make.entry(again), make.entry(make.event("b", lead={"id": "M"}))])
        await store.close()
        assert [one.event for one in found] == [posted["c"], posted["b"], posted["a"]]
        assert [one.last for one in found] == [
            None,
            facts.attempt_json(tries[3]),
            facts.attempt_json(tries[2]),
        ]
        assert (counts, voices, waiting.event.id, held.id) == ([1, 0], ["a", "c"], "c", "c")
        assert [receipt.added for receipt in receipts] == ["known", "conflict"]

    def test_a_migration_that_fails_changes_nothing(self):
        """It is undone as a whole; those before it stay."""
        database = sqlite3.connect(":memory:", isolation_level=None)
        broken = {1: "CREATE TABLE a (x);", 2: "CREATE TABLE b (x); CREATE TABLE a (x);"}
        with pytest.raises(sqlite3.OperationalError, match="table a already exists"):
            folder.migrate(database, "memory", broken)
        assert [name for _, name, _ in shape(database)] == ["a"]
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        database.close()

    def test_every_query_has_its_purpose(self):
        """Each query stands with a name and a line of purpose, and SQLite understands it."""
        files = [
            path for path in Path(transaction.__file__).parent.glob("sql/*s.sql") if "events" not in path.name
        ]
        text = "".join(path.read_text() for path in files)
        assert text.count("-- name: ") == len(QUERIES)
        assert text.count(";\n") == len(QUERIES)

    @pytest.mark.parametrize(
        ("which", "index"),
        [
            (Filter(), "event_by_time"),
            (Filter(state="parked"), "event_by_state (state=?"),
            (Filter(state="parked", source="acme", type="return"), "event_by_state (state=?"),
            (Filter(state="delivered", source="acme"), "event_by_source (source=?"),
            (Filter(state="delivered"), "event_by_state (state=?"),
            (Filter(outcome="error"), "event_by_outcome (outcome=?"),
            (Filter(outcome="error", source="acme"), "event_by_outcome (outcome=?"),
            (Filter(outcome="success", type="return"), "event_by_type (type=?"),
            (Filter(lead_id="1", source="acme", state="parked"), "event_by_lead (lead_id=?"),
        ],
    )
    def test_lists_are_indexed(self, make, which, index):
        """Each filter goes by an index, together with the times, and nothing is sorted."""
        database = sqlite3.connect(":memory:")
        database.executescript(SCHEMA)
        timed = replace(which, since=make.now, until=make.after(9))
        for filter_ in (which, timed):
            where, asked = reading._where(filter_)
            sql = "EXPLAIN QUERY PLAN " + QUERIES["list"].format(where=where)
            (plan,) = [row[3] for row in database.execute(sql, {**asked, "limit": 5})]
            assert index in plan
            assert filter_ is which or "received_at>" in plan
        database.close()

    @pytest.mark.parametrize(
        ("index", "first", "others"),
        [
            ("event_by_state", "state", {"source", "type", "outcome"}),
            ("event_by_outcome", "outcome", {"source", "type", "state"}),
            ("event_by_source", "source", {"type"}),
        ],
    )
    def test_a_second_filter_is_read_from_the_index_of_the_first(self, index, first, others):
        """Of what it leaves out no row is looked up: that took seconds where it left out a hundred thousand."""
        database = sqlite3.connect(":memory:")
        database.executescript(SCHEMA)
        columns = [row[2] for row in database.execute(f"PRAGMA index_info({index})")]
        database.close()
        assert columns[:3] == [first, "received_at", "seq"]
        assert set(columns[3:]) == others

    @pytest.mark.parametrize(
        "which", [Filter(), Filter(source="a"), Filter(state="parked"), Filter(lead_id="1")]
    )
    @pytest.mark.parametrize("before", ["", f" AND {reading._BEFORE}"])
    def test_history_is_indexed(self, which, before):
        """However far back a part of the history begins, it goes by an index, and nothing is sorted."""
        database = sqlite3.connect(":memory:")
        database.executescript(SCHEMA)
        where, asked = reading._where(which)
        sql = "EXPLAIN QUERY PLAN " + QUERIES["history"].format(where=where + before)
        plan = [row[3] for row in database.execute(sql, {**asked, "before": 1})]
        assert any("event USING INDEX event_by_" in step for step in plan)
        assert not any("TEMP B-TREE" in step for step in plan)
        assert not before or any("received_at<" in step for step in plan)
        database.close()

    @pytest.mark.parametrize(
        ("name", "wanted"),
        [
            (
                "deliveries",
                "SEARCH event USING COVERING INDEX event_delivered (endpoint=? AND delivered_at>?)",
            ),
            ("voices", "SEARCH event USING INDEX event_by_lead (lead_id=?)"),
            ("given", "SEARCH mark USING PRIMARY KEY (endpoint=? AND mark=?)"),
        ],
    )
    def test_the_past_is_indexed(self, name, wanted):
        """What a criterion asks before every attempt is found by an index, and nothing is sorted."""
        database = sqlite3.connect(":memory:")
        database.executescript(SCHEMA)
        names = ("endpoint", "since", "without", "id", "lead_id", "source", "mark", "limit")
        asked = dict.fromkeys(names)
        plan = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + QUERIES[name], asked)]
        assert wanted in plan
        assert not any("TEMP B-TREE" in step or "SCAN event" in step for step in plan)
        database.close()

    def test_a_backlog_is_counted_in_the_order_of_its_index(self):
        """A million that wait are not sorted to be counted: that would take a second."""
        database = sqlite3.connect(":memory:")
        database.executescript(SCHEMA)
        (plan,) = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + QUERIES["backlog"])]
        assert plan == "SCAN event USING COVERING INDEX event_due"
        database.close()

    @pytest.mark.parametrize("name", ["due", "next_due", "to_move", "planned_until"])
    def test_lanes_are_indexed(self, name):
        """A lane finds what is due by the index of what has a future, and nothing is sorted."""
        database = sqlite3.connect(":memory:")
        database.executescript(SCHEMA)
        names = {"endpoint", "now", "limit", "without", "source", "flow", "type", "due_at"}
        asked = dict.fromkeys(names | {"after_endpoint", "after_due_at", "after_seq", "after_id", "job"})
        plan = [row[3] for row in database.execute("EXPLAIN QUERY PLAN " + QUERIES[name], asked)]
        assert "INDEX event_due" in plan[0]
        assert not any("TEMP B-TREE" in step for step in plan)
        database.close()

    @pytest.mark.parametrize(
        ("name", "width"),
        [("settle", 15), ("record", 5), ("forget_bytes", 2), ("mark", 3), ("begin", 1), ("end", 1)],
    )
    def test_writes_are_indexed(self, name, width):
        """However many rows are written at once, each finds its event by id: no table is read through."""
        database = sqlite3.connect(":memory:")
        database.executescript(SCHEMA)
        sql = "EXPLAIN QUERY PLAN " + transaction._filled(name, 64, width)
        plan = " · ".join(row[3] for row in database.execute(sql, [None] * 64 * width))
        assert "SEARCH event USING" in plan
        assert "SCAN event" not in plan
        assert "SCAN attempt" not in plan
        assert "SCAN middle" not in plan
        database.close()


class TestGroupCommit:
    async def test_callers_share_a_commit(self, file_store, make):
        """A hundred adds at once take two commits: the first of them, and all that waited meanwhile."""
        await asyncio.gather(*(file_store.add([make.entry(f"e{n}")]) for n in range(100)))
        assert await file_store.count(Filter()) == 100
        assert file_store.commits <= 2

    async def test_few_statements(self, file_store, make):
        """However many events and attempts: each statement costs as much as some rows. Nothing is asked in vain."""
        run = file_store._writer._connection.run
        asked = []
        await run(lambda database: database.set_trace_callback(asked.append))
        await file_store.add([make.entry(f"e{number}") for number in range(40)])
        await asyncio.gather(
            *(file_store.record(make.attempt(make.event(f"e{number}"))) for number in range(40))
        )
        await run(lambda database: database.set_trace_callback(None))
        what = re.compile(r"BEGIN|COMMIT|^SELECT|(?:INSERT INTO|UPDATE) \w+")
        assert [what.search(sql)[0] for sql in asked] == [
            *("BEGIN", "INSERT INTO event", "COMMIT"),
            *("BEGIN", "UPDATE event", "INSERT INTO attempt", "COMMIT"),
        ]

    async def test_reads_see_what_was_committed(self, file_store, make):
        """Right after `add` and `record` every reader sees the event as it is then."""
        for n in range(50):
            posted = make.event(f"e{n}")
            await file_store.add([make.entry(posted)])
            assert len(await file_store.due(ENDPOINT, make.now, 9, ())) == 1
            await file_store.record(make.attempt(posted))
            assert (await file_store.story(posted.id)).summary.state == "delivered"

    async def test_a_cancelled_caller(self, file_store, make):
        """Callers that are cancelled at any moment break nothing: the batch is written, the next one too."""
        for n in range(30):
            tasks = [asyncio.create_task(file_store.add([make.entry(f"e{n}-{k}")])) for k in range(4)]
            await asyncio.sleep(n * 0.0002)
            tasks[0].cancel()
            tasks[2].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await file_store.add([make.entry("last")])
        kept = {f"e{n}-{k}" for n in range(30) for k in (1, 3)}
        page = await file_store.list(Filter(), 1000)
        assert kept | {"last"} <= {summary.id for summary in page.events}
        assert file_store.trouble is None

    async def test_a_cancelled_record_is_written(self, file_store, make):
        """What did happen is recorded, also when its caller does not wait for it."""
        posted = make.event("a")
        await file_store.add([make.entry(posted)])
        recording = asyncio.create_task(file_store.record(make.attempt(posted)))
        await asyncio.sleep(0)
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
        await file_store.add([make.entry("b")])
        assert (await file_store.story("a")).summary.state == "delivered"

    async def test_one_bad_row_harms_no_other(self, file_store, make):
        """What SQLite cannot take is refused to its own caller only."""
        entries = [make.entry(f"e{n}") for n in range(5)]
        bad = make.entry("bad", state=object())
        results = await asyncio.gather(
            *(file_store.add([one]) for one in (*entries, bad)), return_exceptions=True
        )
        assert [result[0].added for result in results[:5]] == ["added"] * 5
        assert isinstance(results[5], StoreError)
        assert not isinstance(results[5], StoreUnavailable)
        assert str(results[5]).startswith("this cannot be stored: ")

    async def test_checkpoints(self, file_store, make, monkeypatch):
        """The write-ahead log is carried over, and used anew instead of growing."""
        monkeypatch.setattr("gateway.store.writer.CHECKPOINT_BYTES", 256 * 1024)
        for n in range(200):
            await file_store.add([make.entry(make.event(f"e{n}", note="x" * 4000))])
        log = Path(f"{file_store._place}-wal").stat().st_size
        assert Path(file_store._place).stat().st_size > 200 * 4000 * 0.9
        assert log < 1024 * 1024


def remove(file):
    file.unlink()


def remove_folder(file):
    shutil.rmtree(file.parent)


def replace_by_a_copy(file):
    shutil.copy(file, f"{file}.copy")
    file.unlink()
    Path(f"{file}.copy").rename(file)


class TestGone:
    @pytest.mark.parametrize("do", [remove, remove_folder, replace_by_a_copy])
    @pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
    async def test_nothing_is_acknowledged_any_more(self, tmp_path, make, do, suffix):
        """The batch in hand is refused for good, and so is all that follows; the daemon is told once."""
        told = []
        store = await SqliteStore.open(tmp_path / "data", on_fatal=told.append)
        posted = make.event("a")
        await store.add([make.entry(posted)])
        gone = tmp_path / "data" / f"events.db{suffix}"
        do(gone)
        calls = [
            store.add([make.entry("b")]),
            store.add([make.entry("a")]),
            store.record(make.attempt(posted)),
        ]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        answers += await asyncio.gather(store.add([make.entry("c")]), return_exceptions=True)
        await store.close()
        first = "events.db" if do is remove_folder else gone.name
        sentence = (
            f"the file {tmp_path}/data/{first} was removed or replaced while the daemon ran"
            " (nothing is acknowledged any more; put the data folder in order, then start the daemon again)"
        )
        assert [(type(answer), str(answer)) for answer in answers] == [(StoreError, sentence)] * 4
        assert [str(error) for error in told] == [sentence]

    async def test_a_full_disk_hides_nothing(self, tmp_path, make):
        """Who removes the file to free the disk learns it at once, though nothing can be written anyway; once."""
        told = []
        store = await SqliteStore.open(tmp_path, on_fatal=told.append)
        posted, big = make.event("a"), make.event("b", note="x" * 100_000)
        await store.add([make.entry(posted)])
        await limit_pages(store, 1)
        with pytest.raises(StoreUnavailable):
            await store.add([make.entry(big)])
        (tmp_path / "events.db").unlink()
        calls = [store.add([make.entry(big)]), store.record(make.attempt(posted))]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        await store.close()
        assert [type(answer) for answer in answers] == [StoreError] * 2
        assert [str(error) for error in told] == [str(answers[0])]

    async def test_what_was_put_in_its_place_is_left_alone(self, tmp_path, make):
        """A backup that was put back under a running daemon is whole after that has ended, its log too."""
        source = await SqliteStore.open(tmp_path / "source")
        await source.add([make.entry("backup")])
        told = []
        store = await SqliteStore.open(tmp_path / "data", on_fatal=told.append)
        await store.add([make.entry("a")])
        for path in (tmp_path / "data").iterdir():
            path.unlink()
        for suffix in ("", "-wal"):
            shutil.copy(tmp_path / "source" / f"events.db{suffix}", tmp_path / "data")
        await source.close()
        await store.close()
        await store.close()
        assert len(told) == 1
        store = await SqliteStore.open(tmp_path / "data")
        assert [summary.id for summary in (await store.list(Filter(), 9)).events] == ["backup"]
        await store.close()


class TestFailure:
    async def test_trouble_is_told(self, tmp_path, make, monkeypatch):
        """Once when it begins and once when it is over, which is noticed though nobody posts any more."""
        monkeypatch.setattr("gateway.store.writer.LONGEST_PAUSE", 0.02)
        told, over = [], asyncio.Event()

        def tell(why):
            told.append(why)
            if why is None:
                over.set()

        store = await SqliteStore.open(tmp_path, on_trouble=tell)
        await store._change(lambda database: database.execute("PRAGMA busy_timeout = 1").fetchall())
        other = sqlite3.connect(store._place, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await store.add([make.entry("a")])
        await asyncio.sleep(0.1)
        assert [why is None for why in told] == [False]
        other.close()
        async with asyncio.timeout(5):
            await over.wait()
        await store.close()
        sentence = f"nothing could be stored in {tmp_path}/events.db: database is locked (the same may be posted again later)"
        assert told == [sentence, None]

    async def test_full_disk(self, file_store, make):
        """Adds are refused with a sentence, nothing of them is stored, and all is well once there is room."""
        await limit_pages(file_store, 1)
        entries = iter([make.entry(make.event(f"e{n}", note="x" * 4000)) for n in range(100)])

        async def add_until_full():
            for one in entries:
                await file_store.add([one])

        with pytest.raises(StoreUnavailable) as refused:
            await add_until_full()
        assert str(refused.value) == (
            f"nothing could be stored in {file_store._place}: database or disk is full"
            " (free some disk space; the same may be posted again)"
        )
        stored = await file_store.count(Filter())
        assert await file_store.story(f"e{stored}") is None
        assert file_store.trouble == str(refused.value)
        await limit_pages(file_store, 1_000_000)
        assert (await file_store.add([make.entry(f"e{stored}")]))[0].added == "added"
        assert file_store.trouble is None

    async def test_an_attempt_waits_for_room(self, file_store, make):
        """`record` goes on until it succeeds; meanwhile adds are refused, not kept waiting."""
        posted = make.event("a")
        await file_store.add([make.entry(posted)])
        await limit_pages(file_store, 1)
        big = make.attempt(posted, values=Values("u", (), "x" * 100_000))
        recording = asyncio.create_task(file_store.record(big))
        for n in range(3):
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(5):
                    await file_store.add([make.entry(make.event(f"b{n}", note="x" * 100_000))])
        assert not recording.done()
        await limit_pages(file_store, 1_000_000)
        async with asyncio.timeout(5):
            await recording
        story = await file_store.story("a")
        assert (story.summary.state, len(story.attempts)) == ("delivered", 1)

    async def test_an_attempt_is_not_held_up_by_an_add(self, file_store, make):
        """An attempt that fits gets through, though adds that do not fit keep coming."""
        posted = make.event("a")
        await file_store.add([make.entry(posted)])
        await file_store.record(make.attempt(posted, "error", due_at=make.after(1)))
        await limit_pages(file_store, 1)
        stop = asyncio.Event()

        async def keep_adding():
            refused = 0
            while not stop.is_set():
                with pytest.raises(StoreUnavailable):
                    await file_store.add([make.entry(make.event("b", note="x" * 100_000))])
                refused += 1
            return refused

        adding = [asyncio.create_task(keep_adding()) for _ in range(3)]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            await file_store.record(make.attempt(posted, "error", due_at=make.after(2)))
        stop.set()
        assert min(await asyncio.gather(*adding)) > 0
        assert await file_store.next_due(ENDPOINT, ()) == make.after(2)

    async def test_closing_a_full_store(self, tmp_path, make):
        """`close` does not wait for room that never comes; whoever waits learns that it was not written."""
        store = await SqliteStore.open(tmp_path)
        posted = make.event("a")
        await store.add([make.entry(posted)])
        await limit_pages(store, 1)
        recording = asyncio.create_task(store.record(make.attempt(posted, values=Values("x" * 100_000))))
        await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            await store.close()
        with pytest.raises(StoreUnavailable, match="database or disk is full"):
            await recording

    @pytest.mark.parametrize("code", ["SQLITE_IOERR_FSYNC", "SQLITE_CORRUPT"])
    async def test_nothing_goes_on_after_a_failing_fsync(self, tmp_path, make, monkeypatch, code):
        """Every caller and every later call gets a StoreError; the daemon is told once."""
        told = []
        store = await SqliteStore.open(tmp_path, on_fatal=told.append)
        await store.add([make.entry("a")])

        def fail(database, jobs):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = getattr(sqlite3, code)
            raise error

        monkeypatch.setattr(transaction, "write", fail)
        calls = [store.add([make.entry("b")]), store.record(make.attempt(make.event("a")))]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        monkeypatch.undo()
        for call in (store.add([make.entry("c")]), store.story("a"), store.due(ENDPOINT, make.now, 1, ())):
            answers += await asyncio.gather(call, return_exceptions=True)
        await store.close()
        sentence = (
            f"the store stopped, since it is not known what of {tmp_path}/events.db is on disk: disk I/O error"
            " (look after the disk, then start the daemon again)"
        )
        assert [(type(answer), str(answer)) for answer in answers] == [(StoreError, sentence)] * 5
        assert [str(error) for error in told] == [sentence]

    async def test_a_checkpoint_that_fails_to_sync(self, tmp_path, make, monkeypatch):
        """A failing fsync of a checkpoint stops the store as well; what was acknowledged before stays so."""
        told = []
        store = await SqliteStore.open(tmp_path, on_fatal=told.append)

        def fail(database):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error

        monkeypatch.setattr(transaction, "checkpoint", fail)
        monkeypatch.setattr("gateway.store.writer.CHECKPOINT_BYTES", 1)
        (receipt,) = await store.add([make.entry("a")])
        with pytest.raises(StoreError, match="the store stopped"):
            await store.add([make.entry("b")])
        await store.close()
        assert receipt.added == "added"
        assert len(told) == 1

    async def test_somebody_else_writes(self, file_store, make):
        """A file that another program keeps locked is a trouble that passes."""
        await file_store._change(lambda database: database.execute("PRAGMA busy_timeout = 1").fetchall())
        other = sqlite3.connect(file_store._place, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable) as refused:
            await file_store.add([make.entry("a")])
        other.close()
        assert (await file_store.add([make.entry("a")]))[0].added == "added"
        assert str(refused.value) == (
            f"nothing could be stored in {file_store._place}: database is locked (the same may be posted again later)"
        )

    async def test_a_read_that_fails(self, file_store):
        """What the disk does not give is said to whoever asked; the store goes on."""
        await file_store._change(
            lambda database: database.execute("ALTER TABLE event RENAME TO elsewhere").rowcount
        )
        with pytest.raises(
            StoreUnavailable, match=r"could not be read: no such table: event \(the same may be asked"
        ):
            await file_store.story("a")
        await file_store._change(
            lambda database: database.execute("ALTER TABLE elsewhere RENAME TO event").rowcount
        )
        assert await file_store.story("a") is None

    @pytest.mark.skipif(
        shutil.which("cc") is None, reason="makes a library whose fsync fails, which needs a C compiler"
    )
    def test_a_real_failing_fsync(self, tmp_path):
        """Where the kernel says that fsync failed, the process ends, and acknowledges nothing from then on."""
        source, library, failing = (tmp_path / name for name in ("sync.c", "sync.so", "failing"))
        source.write_text(
            "#include <errno.h>\n#include <stdlib.h>\n#include <unistd.h>\n#include <sys/syscall.h>\n"
            f'static int sync_(int fd, int call) {{ if (!access("{failing}", 0)) {{ errno = EIO; return -1; }}'
            " return syscall(call, fd); }\n"
            "int fsync(int fd) { return sync_(fd, SYS_fsync); }\n"
            "int fdatasync(int fd) { return sync_(fd, SYS_fdatasync); }\n"
        )
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        command = [sys.executable, ADDER, tmp_path / "data"]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LD_PRELOAD": str(library)},
            text=True,
        ) as child:
            child.stdout.readline()
            failing.write_text("")
            rest, errors = child.communicate(timeout=20)
        assert child.returncode == 1
        assert rest.count("fatal: the store stopped, since it is not known what of") == 1
        assert rest.splitlines()[-1].startswith("fatal: ")
        assert "StoreError: the store stopped" in errors

    async def test_kill(self, tmp_path):
        """Whenever the process is killed: each id that it had acknowledged is in the file, sound, and the lock is free."""
        seen = 0
        for pause in (0.0, 0.01, 0.03, 0.06, 0.1):
            data = tmp_path / f"data{pause}"
            with subprocess.Popen([sys.executable, ADDER, data], stdout=subprocess.PIPE, text=True) as child:
                first = child.stdout.readline()
                await asyncio.sleep(pause)
                child.send_signal(signal.SIGKILL)
                printed = [
                    line.strip()
                    for line in (first + child.stdout.read()).splitlines(keepends=True)
                    if line.endswith("\n")
                ]
            store = await SqliteStore.open(data)
            stored = {summary.id for summary in (await store.list(Filter(), 1_000_000)).events}
            sound = await store.due(ENDPOINT, datetime.now(UTC), 1_000_000, ())
            await store.close()
            assert set(printed) <= stored
            assert {delivery.event.id for delivery in sound} == stored
            seen += len(printed)
        assert seen > 50


class TestDamage:
    @pytest.mark.parametrize("column", ["body", "mapped"])
    async def test_a_flipped_bit_is_not_delivered(self, file_store, make, column):
        """An event that is not as it was stored is parked with the reason; what stands behind it is delivered."""
        posted = make.event("a", lead={"id": "Lead"})
        await file_store.add([make.entry(posted)])
        await file_store.record(make.attempt(posted, "failure", values=Values("u", (), {"lead": "Lead"})))
        await file_store.replay("a", Replay("same"), ENDPOINT, make.now)
        await file_store.add([make.entry("b")])
        table = "event" if column == "body" else "attempt"
        sql = f"UPDATE {table} SET {column} = replace({column}, 'Lead', 'Lea`')"
        await file_store._change(lambda database: database.execute(sql).rowcount)
        found = await file_store.due(ENDPOINT, make.now, 9, ())
        told = (await file_store.story("a")).summary
        assert [delivery.event.id for delivery in found] == ["b"]
        assert (told.state, told.outcome, told.due_at) == ("parked", "error", None)
        assert told.reason == "it was damaged on disk: its checksum differs (post it again under a new id)"

    async def test_what_was_taken_once_and_is_not_any_more(self, file_store, make):
        """A post that this version would refuse, or a wish that it cannot read, is parked; its lane goes on."""
        text = '{"id": "a", "type": "return", "source": "acme", "x": 1, "x": 2}'
        posted = replace(make.event("a"), text=text)
        await file_store.add([make.entry(posted), make.entry("b"), make.entry("c")])
        await file_store._change(
            lambda database: database.execute("UPDATE event SET replay = '{}' WHERE id = 'c'").rowcount
        )
        found = await file_store.due(ENDPOINT, make.now, 9, ())
        reasons = [(await file_store.story(id)).summary.reason for id in ("a",)]
        reasons += [
            summary.reason for summary in (await file_store.list(Filter(), 9)).events if summary.id == "c"
        ]
        assert [delivery.event.id for delivery in found] == ["b"]
        assert reasons == [
            "what is stored of it cannot be read: the key 'x' stands twice in one object (/x) (post it again under a new id)",
            "what is stored of it cannot be read: KeyError (post it again under a new id)",
        ]

    @pytest.mark.parametrize(
        ("millis", "year"), [(2**63 - 1, 9999), (253_402_300_800_000, 9999), (-(2**63), 1)]
    )
    async def test_a_time_that_there_is_not(self, file_store, make, millis, year):
        """It is shown as the nearest that there is, and breaks no list."""
        await file_store.add([make.entry("a")])
        await file_store._change(
            lambda database: (
                database.execute(f"UPDATE event SET due_at = {millis}, received_at = {millis}").rowcount
            )
        )
        (told,) = (await file_store.list(Filter(), 9)).events
        (waiting,) = await file_store.backlog()
        assert {told.received_at.year, told.due_at.year, waiting.next_due.year, waiting.oldest.year} == {year}
        assert (await file_store.story("a")).summary == told
        assert (await file_store.next_due(ENDPOINT, ())).year == year

    async def test_a_post_that_is_no_json_any_more(self, file_store, make):
        """The story shows it as it stands."""
        await file_store.add([make.entry("a")])
        await file_store._change(
            lambda database: database.execute("UPDATE event SET body = '{oops'").rowcount
        )
        assert (await file_store.story("a")).posted == "{oops"
