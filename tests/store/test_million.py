"""A million events: whatever a person or retention asks stays quick. Minutes long; `--long` runs it."""

import time
from contextlib import contextmanager

import pytest

from gateway import jsontext
from gateway.model import Request, Response, Values
from gateway.store import Filter
from gateway.store.rows import attempt_row, entry_row, settle_row
from gateway.store.sqlite import SqliteStore
from gateway.store.transaction import _many
from gateway.store.verifying import verify
from tests.store.test_removing import cutoffs

EVENTS = 1_000_000
DAYS = 100


def write(database, make, start, count):
    """Delivered events of the last hundred days, each with one attempt; every lead has two."""
    settled, tried, added = [], [], []
    for n in range(start, start + count):
        at = make.after(-DAYS * 86400 * (1 - n / EVENTS))
        body = {
            "lead": {"id": f"L{n // 2}", "email": f"{n}@example.com", "state": "TX"},
            "reason": "Wrong number",
        }
        made = make.event(f"e{n}", at=at, **body)
        request = Request("POST", "https://a.example/returns", (), jsontext.dumps(body).encode())
        told = make.attempt(
            made, started_at=at, request=request, response=Response(200, (), b'{"status": "ok"}', False), values=Values("u", (), body)
        )  # fmt: skip
        added.append(entry_row(make.entry(made)))
        settled.append(settle_row(told))
        tried.append(attempt_row(told))
    database.execute("BEGIN")
    for name, rows in (("add", added), ("settle", settled), ("record", tried)):
        _many(database, name, rows)
    database.execute("COMMIT")


@contextmanager
def timed(took, what):
    begun = time.perf_counter()
    yield
    took[what] = round(time.perf_counter() - begun, 4)


@pytest.mark.timeout(1200)
async def test_a_million_events(tmp_path, make, long, capsys):
    """List, show and each step of retention take less than 200 ms; forgetting a lead less than a second."""
    if not long:
        pytest.skip("a million events take minutes (--long)")
    took = {}
    store = await SqliteStore.open(tmp_path)
    with timed(took, "fill"):
        for start in range(0, EVENTS, 5000):
            await store._writer._connection.run(write, make, start, 5000)
    with timed(took, "empty log"):
        await store.forget([])
    with timed(took, "list"):
        await store.list(Filter(source="acme"), 50)
    with timed(took, "show"):
        assert (await store.story("e500000")).attempts
    with timed(took, "forget"):
        assert (await store.forget(["e900000", "e900001"])).attempts == 2
    steps, removed, faded = [], 0, 0
    begun = time.perf_counter()
    async for step in store.sweep(cutoffs(make, events=-98, bodies=-95)):
        steps.append(time.perf_counter() - begun)
        removed, faded = removed + step.events, faded + step.bodies
        begun = time.perf_counter()
    await store.close()
    with timed(took, "verify"):
        assert verify(tmp_path / "events.db", lambda rows: None).damage == ()
    steps.sort()
    took |= {"step p50": steps[len(steps) // 2], "step p99": steps[-len(steps) // 100], "step max": steps[-1]}
    took |= {"removed": removed, "faded": faded, "bytes": (tmp_path / "events.db").stat().st_size}
    with capsys.disabled():
        print(took)
    assert removed == pytest.approx(20_000, rel=0.01)
    assert faded == pytest.approx(30_000, rel=0.01)
    assert max(took["list"], took["show"], took["step p99"]) < 0.2
    assert took["forget"] < 1
